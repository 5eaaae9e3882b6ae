"""A province's overlay of the plan: rows changed, added or switched off, by one function for every table.

Which tables may be overlaid and how their rows are named stands in ``config/plan/overlays.yaml``. A row is a value
under a name, a tuple of one text per level: ``{("A1_tasks",): {"label_zh": ...}}``, ``{("OD", "A1_tasks"): 1}``. In the
overlay ``{name: {key: value}}`` changes the row of this name, or adds it where there is none, and ``{name: off}``
switches it off.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from jianfu.config.files import read_yaml, write_yaml
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean, nearest
from jianfu.core.spreadsheets import write_plan_csv

OFF = False  # what YAML makes of `off`
LANGUAGES = ("zh", "en")
NAMES = {"word": r"[^\W\d][\w-]*", "": r".*\S.*"}  # what a new name looks like


@dataclass(frozen=True, kw_only=True)
class PlanTable:
    """One entry of overlays.yaml; the keys are described at the head of that file."""

    name: str
    file: str
    shape: str
    at: str = ""
    key: tuple[str, ...] = ()
    value: str = ""
    depth: int = 1
    needs: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)
    open: str = ""
    follows: bool = False
    names: str = ""

    @property
    def levels(self) -> int:
        """How many names a row has; 0 where the table is one value."""
        return 0 if self.shape in ("whole", "before") else len(self.key) or self.depth


def read_tables(plan: str | Path) -> dict[str, PlanTable]:
    """{name: table} that provinces may overlay; ``plan``: the folder config/plan."""
    declared = read_yaml(Path(plan) / "overlays.yaml")
    lists = ("key", "needs")
    return {
        name: PlanTable(
            name=name, **{key: tuple(value) if key in lists else value for key, value in entry.items()}
        )
        for name, entry in declared.items()
    }


# ------------------------------------------------------------------------------------------------ files and rows


def read_plan_file(path: str | Path):
    """Content of a file of the plan: of YAML as it is, of CSV the list of its rows, all text."""
    if Path(path).suffix == ".yaml":
        return read_yaml(path)
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_plan_file(content, path: str | Path) -> None:
    """Write what :func:`read_plan_file` reads."""
    if Path(path).suffix == ".yaml":
        write_yaml(content, path)
        return
    write_plan_csv(pd.DataFrame(content), path)


def rows_of(table: PlanTable, content) -> dict[tuple[str, ...], object]:
    """The rows of a table in the content of its file, in their order."""
    if table.shape in ("rows", "several"):
        return _rows_of_csv(table, content)
    part = content[table.at] if table.at else content
    if table.shape == "entries":
        (key,) = table.key
        return {
            (entry[key],): {name: value for name, value in entry.items() if name != key} for entry in part
        }
    return _flat(part, table.levels)


def _rows_of_csv(table, content):
    rows = {}
    for line in content:
        name = tuple(line[key] for key in table.key)
        fields = {column: text for column, text in line.items() if column not in table.key}
        if table.shape == "several":
            rows.setdefault(name, []).append(fields)
        else:
            rows[name] = fields[table.value] if table.value else fields
    return rows


def _flat(tree, levels):
    """{names: value} of a group with so many levels of names."""
    if not levels:
        return {(): tree}
    return {
        (str(name), *rest): value
        for name, inner in tree.items()
        for rest, value in _flat(inner, levels - 1).items()
    }


def _content_of(table, rows, content):
    """The content of the file with ``rows`` in place of those of ``table``."""
    if table.shape in ("rows", "several"):
        lines = []
        for name, value in rows.items():
            fields = {table.value: value} if table.value else value
            several = fields if table.shape == "several" else [fields]
            lines += [dict(zip(table.key, name, strict=True)) | one for one in several]
        return lines
    if table.shape == "entries":
        part = [{table.key[0]: name, **value} for (name,), value in rows.items()]
    elif not table.levels:
        part = rows[()]
    else:
        part = {}
        for name, value in rows.items():
            inner = part
            for one in name[:-1]:
                inner = inner.setdefault(one, {})
            inner[name[-1]] = value
    return {**content, table.at: part} if table.at else part


def _text(value):
    """A value as it stands in a CSV: a list is its members with blanks between them."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


# ------------------------------------------------------------------------------------------------ the overlay


def overlaid(tables: Iterable[PlanTable], content, overlay: Mapping, where: str):
    """The content of one file of the plan with the overlay of its ``tables``.

    content: as from :func:`read_plan_file`; overlay: {table: what a province says under ``plan:``}, tables of other
    files are left alone; where: the province file, for messages. Raises :class:`ConfigError` for a row that is switched
    off but not there, for a column that the table does not have, and for a new row that lacks what it needs.
    """
    for table in tables:
        if table.name in overlay:
            rows = merged(table, rows_of(table, content), overlay[table.name], where)
            content = _content_of(table, rows, content)
    return content


def merged(table: PlanTable, common: Mapping, own, where: str) -> dict:
    """The rows of ``table`` with a province's ``own`` ones; ``common`` and the result as from :func:`rows_of`."""
    if table.shape == "whole":
        return {(): own}
    if table.shape == "before":
        return {(): [*own, *common[()]]}
    rows, names = dict(common), [name[0] for name in common]
    for name, value in _named(table, own, where):
        place = ".".join(["plan", table.name, *name])
        if value is OFF:
            gone = [known for known in rows if known[: len(name)] == name]
            if not gone:
                advice = did_you_mean(name[-1], _siblings(rows, name))
                raise ConfigError("plan_row_unknown", file=where, key=place, advice=advice)
            for known in gone:
                del rows[known]
        elif name in rows:
            rows[name] = _changed(table, rows[name], value, where, place)
        else:
            _check_name(table, rows, name, where)
            rows[name] = _added(
                table, common, value, where, place, partial(nearest, name[0], names, parts=False)
            )
    if not rows:
        raise ConfigError("plan_table_empty", file=where, key=f"plan.{table.name}")
    return _in_order(table, rows)


def _named(table, own, where):
    """(names of a row, what is said of it) of everything under the table; fewer names where a group is switched off."""

    def walk(tree, name):
        if len(name) == table.levels or tree is OFF:
            yield name, tree
            return
        if not isinstance(tree, Mapping) or (name and not tree):
            raise _no_group(tree, ".".join(["plan", table.name, *name]), where)
        for key, inner in tree.items():
            yield from walk(inner, (*name, str(key)))

    return walk(own, ())


def _check_name(table, rows, name, where):
    """Raise :class:`ConfigError` for a new row of a table that takes none, or a name that formulas could not hold."""
    key = ".".join(["plan", table.name, *name[:-1]])
    if table.names == "none":
        advice = did_you_mean(name[-1], _siblings(rows, name))
        raise ConfigError("plan_name_unknown", file=where, key=key, name=name[-1], advice=advice)
    for part in name:
        if not re.fullmatch(NAMES[table.names], part):
            code = "plan_row_name" if table.names else "plan_row_unnamed"
            raise ConfigError(code, file=where, key=f"plan.{table.name}", name=part)


def _siblings(rows, name):
    """Names that stand where the last of ``name`` should."""
    known = [row[len(name) - 1] for row in rows if row[: len(name) - 1] == name[:-1]]
    return list(dict.fromkeys(known))


def _fields(table, value, columns, where, place):
    """The keys of a row, checked: a CSV has its columns and no others."""
    if not isinstance(value, Mapping) or not value:
        raise _no_group(value, place, where)
    if table.shape in ("rows", "several"):
        for column in value:
            if column not in columns:
                advice = did_you_mean(column, columns)
                what = Reason("unknown_key", key=f"{place}.{column}", advice=advice)
                raise ConfigError("in_file", file=where, what=what)
        return {column: _text(inner) for column, inner in value.items()}
    return value


def _no_group(value, place, where):
    """Error of a row that is no group of keys; of a word or nothing also how a row is switched off."""
    form = Reason("a_group" if isinstance(value, list | Mapping) else "a_group_or_off")
    key, shown = Reason("quoted", text=place), Reason("quoted", text=str(value))
    return ConfigError("in_file", file=where, what=Reason("must_be", key=key, form=form, shown=shown))


def _changed(table, common, value, where, place):
    if table.value:
        return _text(value)
    if not (isinstance(common, Mapping) or table.shape == "several"):
        return value
    if table.shape == "several":
        if isinstance(value, list):
            return [_row(table, common[0], one, where, place) for one in value]
        fields = _fields(table, value, list(common[0]), where, place)
        for column in fields:
            if len({row[column] for row in common}) > 1:
                raise ConfigError("plan_rows_differ", file=where, key=place, column=column, n=len(common))
        return [row | fields for row in common]
    return merge(common, _fields(table, value, list(common), where, place))


def _added(table, common, value, where, place, meant):
    if table.value:
        return _text(value)
    if table.shape == "groups" and not table.needs:
        return value
    like = next(iter(common.values()))
    if table.shape == "several":
        values = value if isinstance(value, list) else [value]
        return [_row(table, like[0], one, where, place, meant) for one in values]
    return _row(table, like, value, where, place, meant)


def _row(table, like, value, where, place, meant=lambda: None):
    """A new row: what is said of it, what follows, and for a CSV every column that the row ``like`` has.

    meant: gives the known row of which the new one, where it lacks a key, is a misspelling.
    """
    fields = dict(_fields(table, value, list(like), where, place))
    for name in list(fields):
        for language in LANGUAGES:
            if name == language or name.endswith(f"_{language}"):
                (other,) = (o for o in LANGUAGES if o != language)
                fields.setdefault(name.removesuffix(language) + other, fields[name])
    for need in table.needs:
        if fields.get(need) in (None, ""):
            key, close = Reason("quoted", text=place), meant()
            what = Reason("did_you_mean", name=close) if close else Reason("lacks_key", key=key, missing=need)
            raise ConfigError("plan_row_new" if close else "in_file", file=where, key=place, what=what)
    fields = {**table.defaults, **fields}
    if table.shape in ("rows", "several"):
        fields = {column: _text(fields.get(column)) for column in like}
    return fields


def _in_order(table, rows):
    """Limits that are open at one end stand in order, wherever the overlay wrote them."""
    if not table.open:
        return rows
    limits = {name: value for name, value in rows.items() if isinstance(value, int | float)}
    others = {name: value for name, value in rows.items() if name not in limits}
    ordered = dict(sorted(limits.items(), key=lambda row: row[1]))
    return {**others, **ordered} if table.open == "first" else {**ordered, **others}


# ------------------------------------------------------------------------------------------------ differences


def differences(table: PlanTable, common: Mapping, own: Mapping) -> list[tuple[str, str, object, object]]:
    """(row, key, from, to) of whatever differs between two states of a table; None where one has nothing.

    A row that is only in one of them is one difference with the key ""; of a table that ``follows`` it is none. Of a
    list with own entries before the common ones these are the difference.
    """
    found = []
    for name in dict.fromkeys([*common, *own]):
        row, old, new = ".".join(name), common.get(name), own.get(name)
        if old == new or (table.follows and not (name in common and name in own)):
            continue
        if table.shape == "before":
            old, new = None, new[: len(new) - len(old)]
        if name in common and name in own and isinstance(old, Mapping) and isinstance(new, Mapping):
            found += [
                (row, key, old.get(key), new.get(key))
                for key in dict.fromkeys([*old, *new])
                if old.get(key) != new.get(key)
            ]
        elif name in common and name in own and table.shape == "several" and len(old) == len(new):
            found += [
                (row, key, one[key], other[key])
                for one, other in zip(old, new, strict=True)
                for key in one
                if one[key] != other[key]
            ]
        else:
            found.append((row, "", old, new))
    return found
