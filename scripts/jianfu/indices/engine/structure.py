"""The indicator table: which indicators there are, and what is aggregated into what, at any number of levels."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.spelling import did_you_mean, nearest, valid_are
from jianfu.indices.engine.treat import TRANSFORMATIONS

TEXTS = ("parent", "transformation", "treatment", "denominator", "label")
NUMBERS = ("direction", "weight", "low", "high", "lower", "upper", "reference")
COLUMNS = ("code", *TEXTS, *NUMBERS)
SIGNS = {"+": 1, "-": -1, "−": -1}  # of a direction
DESCRIPTIVE = (
    "name",
    "label_zh",
    "label_en",
    "description",
    "unit",
    "level",
    "source",
    "note",
)  # for readers only


@dataclass(frozen=True)
class Group:
    """An aggregate: its code, its level (indicators are 1), the codes it is made of and their declared weights."""

    code: str
    level: int
    children: tuple
    weights: tuple


@dataclass(frozen=True)
class Structure:
    """``indicators``: frame by code with direction, transformation, treatment, denominator, label, low, high, lower,
    upper, reference (NaN = not given); ``groups``: aggregates from the lowest level upwards, so that each stands after
    those it is made of."""

    indicators: pd.DataFrame
    groups: tuple

    @property
    def codes(self):
        return list(self.indicators.index)

    @property
    def levels(self):
        """Number of levels of aggregates."""
        return max(group.level for group in self.groups) - 1

    def without(self, code: str) -> "Structure":
        """The same without one indicator, and without an aggregate that it alone makes up."""
        if code not in self._fewer:
            self._fewer[code] = self._without(code)
        return self._fewer[code]

    @cached_property
    def _fewer(self):
        """What :meth:`without` has made: a multiverse asks for the same a thousand times."""
        return {}

    def _without(self, code):
        gone, groups = {code}, []
        for group in self.groups:
            kept = [pair for pair in zip(group.children, group.weights, strict=True) if pair[0] not in gone]
            if kept:
                groups.append(Group(group.code, group.level, *map(tuple, zip(*kept, strict=True))))
            else:
                gone.add(group.code)
        return Structure(self.indicators.drop(code), tuple(groups))


def build_structure(table, name="structure"):
    """:class:`Structure` of a table with the columns code, parent and optionally the others of ``COLUMNS``.

    A code that is the parent of another is an aggregate; a parent without a row of its own is a top of the tree.
    ``name`` stands in the sentences of :class:`ConfigError`.
    """
    table = _clean(table, name)
    parents = table["parent"]
    aggregates = set(parents.dropna())
    for code in table.index[parents.isna()]:
        if code not in aggregates:
            raise ConfigError("code_without_parent", file=name, code=code)
    level = _levels(parents, aggregates, name)
    _check(table, aggregates, name)
    tops = sorted(aggregates - set(table.index))
    _check_tops(tops, aggregates, parents, name)
    groups = []
    for code in [*(code for code in table.index if code in aggregates), *tops]:
        children = table.index[parents == code]
        weights = table.loc[children, "weight"].fillna(1.0)
        groups.append(Group(code, level[code], tuple(children), tuple(weights)))
    groups.sort(key=lambda group: group.level)
    indicators = table.loc[~table.index.isin(aggregates)].drop(columns=["parent", "weight"])
    return Structure(indicators, tuple(groups))


def _check_tops(tops, aggregates, parents, name):
    """A parent without a row that a single code names and that another parent resembles is a slip of the pen."""
    for top in tops if len(tops) > 1 else ():
        close = nearest(top, sorted(aggregates - {top}), parts=False)
        if close and (parents == top).sum() == 1 < (parents == close).sum():
            raise ConfigError(
                "parent_misspelt", file=name, parent=top, code=parents.index[parents == top][0], name=close
            )


def _clean(table, name):
    """The table by code, with all columns, texts stripped and numbers as floats."""
    table = table.rename(columns=lambda column: str(column).strip().lower())
    table = table.drop(columns=[column for column in table.columns if column in DESCRIPTIVE])
    for column in table.columns:
        if column not in COLUMNS:
            advice = did_you_mean(column, COLUMNS)
            raise ConfigError("unknown_column", file=name, column=column, advice=advice)
    for column in ("code", "parent"):
        if column not in table:
            raise ConfigError("structure_column_missing", file=name, column=column)
    table = table.dropna(how="all").reindex(columns=COLUMNS)
    for column in ("code", *TEXTS):
        table[column] = table[column].map(_text)
    for column in NUMBERS:
        numbers = pd.to_numeric(table[column].replace(SIGNS), errors="coerce")
        given = table[column].notna() & table[column].map(_text).notna()
        wrong = table.loc[given & ~np.isfinite(numbers.astype(float)), "code"]
        if len(wrong):
            raise ConfigError("structure_no_number", file=name, column=column, code=wrong.iloc[0])
        table[column] = numbers.astype(float)
    if table["code"].isna().any():
        raise ConfigError("row_without_code", file=name, row=int(np.argmax(table["code"].isna())) + 1)
    twice = table.loc[table["code"].duplicated(), "code"]
    if len(twice):
        raise ConfigError("code_twice", file=name, code=twice.iloc[0])
    if table.empty:
        raise ConfigError("structure_without_row", file=name)
    return table.set_index("code")


def _text(value):
    """Text of a cell; whole numbers without decimals; None where it is empty or NA, as R writes it."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return None if text in ("", "NA", "NaN", "nan") else text


def _levels(parents, aggregates, name):
    """Level of every code: 1 for indicators, one more than the highest child for aggregates."""
    children = {code: [] for code in aggregates}
    for code, parent in parents.items():
        if parent is not None and not pd.isna(parent):
            children[parent].append(code)
    level, path = {}, []

    def climb(code):
        if code in path:
            circle = " → ".join([*path[path.index(code) :], code])
            raise ConfigError("parents_in_circle", file=name, circle=circle)
        if code not in level:
            path.append(code)
            level[code] = 1 + max((climb(child) for child in children.get(code, [])), default=0)
            path.pop()
        return level[code]

    for code in [*parents.index, *aggregates]:
        climb(code)
    return level


def _check(table, aggregates, name):
    own = ~table.index.isin(aggregates)
    table["direction"] = table["direction"].fillna(1.0)
    table["transformation"] = table["transformation"].fillna("none")
    table["treatment"] = table["treatment"].fillna("default")
    for code, row in table.iterrows():
        if row["direction"] not in (-1.0, 1.0):
            raise ConfigError("wrong_direction", file=name, code=code, value=f"{row['direction']:g}")
        if row["weight"] < 0:
            raise ConfigError("negative_weight", file=name, code=code)
        if row["transformation"] not in TRANSFORMATIONS:
            raise ConfigError(
                "wrong_transformation",
                file=name,
                code=code,
                value=row["transformation"],
                advice=valid_are(TRANSFORMATIONS),
            )
        if row["treatment"] not in ("default", "none"):
            raise ConfigError("wrong_treatment", file=name, code=code)
        for first, second in (("low", "high"), ("lower", "upper")):
            if row[first] >= row[second]:
                raise ConfigError("not_below", file=name, code=code, first=first, second=second)
    for parent, weights in table["weight"].groupby(table["parent"]):
        if (weights == 0).all():
            raise ConfigError("no_weight_above_zero", file=name, code=parent)
    for code in table.index[~own & (table["direction"] == -1)]:
        raise ConfigError("direction_of_aggregate", file=name, code=code)
