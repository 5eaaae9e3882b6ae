"""The common plan as a province overlays it (``plan:`` in its file), and what follows from new rows.

A new cohort or band of tenure has a dummy for the models, and whatever is new has words: both are added to the overlay
here, where the province does not give them itself, so that a new row is written down once. A new cohort in question
(``focus``) in place of the common one takes over its dummy, so that models and hypotheses speak of the new one.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

import pandas as pd

from jianfu.config import merging
from jianfu.config.overlay import (
    OFF,
    PlanTable,
    differences,
    merged,
    overlaid,
    read_plan_file,
    read_tables,
    rows_of,
)
from jianfu.core.content import mapping_digest
from jianfu.core.errors import ConfigError
from jianfu.core.labels import LANGUAGES
from jianfu.core.spreadsheets import write_csv
from jianfu.core.tables import OWN, headings_added, tables_added

DEVIATIONS = ("table", "row", "field", "common", "own")
BAND = re.compile(r"(?:<|\d+-)(\d+)")
FROM = re.compile(r"(\d+)[-+]")
DECADE = re.compile(r"(\d\d)后")
VARIABLES = {"cohorts": "cohort", "tenure_bands": "tenure_band"}  # tables whose rows are levels of a variable
TABLE_WORDS = ("qr", "source_table")  # what the words of a table begin with
VERSION = "version.yaml"
SAYS = (VERSION, "labels.csv", "messages.csv", "hints.csv", "references.csv")  # files that decide no figure
WORDS = {  # keys of labels.csv for a new row of a table
    "events": ("outcome_{}",),
    "indices": ("{}", "short_{}"),
    "scales": ("{}", "outcome_{}"),
    "checks": ("beside_{}",),
    "scenarios": ("scenario_{}",),
}


def plan_content(plan: str | Path, overlay: Mapping, file: str) -> Callable[[str], object]:
    """Function from the name of a file of ``plan`` (the folder config/plan) to its content in a province."""
    tables = read_tables(plan)

    @cache
    def content(name: str):
        own = [table for table in tables.values() if table.file == name]
        return overlaid(own, read_plan_file(Path(plan) / name), overlay, file)

    return content


def plan_version(plan: str | Path) -> dict:
    """Version of the common plan, the digest of what stands in the folder ``plan`` now, and whether it was edited.

    ``version.yaml`` there says which digest the version has; words (:data:`SAYS`) do not count, nor do line endings.
    """
    plan = Path(plan)
    files = sorted(file for file in plan.iterdir() if file.is_file() and file.name not in SAYS)
    digest = mapping_digest({file.name: file.read_text(encoding="utf-8-sig") for file in files})
    stated = read_plan_file(plan / VERSION)
    return {"version": stated["version"], "digest": digest, "edited": digest != stated["digest"]}


def overlaid_files(plan: str | Path, overlay: Mapping) -> dict[str, dict]:
    """{file of the plan: its part of the overlay} of the files that a province overlays."""
    found: dict[str, dict] = {}
    tables = read_tables(plan)
    for name, own in overlay.items():
        found.setdefault(tables[name].file, {})[name] = own
    return found


def deviations(plan: str | Path, settings: Mapping, default: Mapping) -> list[dict]:
    """Whatever departs from the common plan: rows table, row, field, common, own.

    Of settings the table is "settings" and the row "" (:func:`jianfu.config.merging.deviations`); of the plan a row
    that only one side has is one line with the field "". common, own: values as they are, None where there is none.
    """
    found = [("settings", "", key, common, own) for key, common, own in merging.deviations(settings, default)]
    content = plan_content(plan, settings["plan"], "")
    for name, table in read_tables(plan).items():
        if name in settings["plan"]:
            pair = _common(plan, table), rows_of(table, content(table.file))
            found += [(name, *difference) for difference in differences(table, *pair)]
    return [dict(zip(DEVIATIONS, row, strict=True)) for row in found]


def write_deviations(rows: list[dict], path: str | Path) -> None:
    """Write deviations; the values as JSON."""
    values = {key: [json.dumps(row[key], ensure_ascii=False) for row in rows] for key in ("common", "own")}
    write_csv(pd.DataFrame(rows, columns=DEVIATIONS).assign(**values), path)


def read_deviations(path: str | Path) -> list[dict]:
    """What :func:`write_deviations` wrote."""
    return [row | {key: json.loads(row[key]) for key in ("common", "own")} for row in read_plan_file(path)]


def completed(plan: str | Path, overlay: Mapping, sources: Iterable[Mapping] = ()) -> dict:
    """The overlay with the dummies and words that new rows, own tables and columns need; what it says itself stays.

    sources: of the province; an own column is called what its heading says.
    """
    tables = read_tables(plan)
    categories = {}
    given = {key: words for key, words in _own(overlay, "labels") if isinstance(words, Mapping)}
    labels = {
        f"{kind}_{name}": given.get(name) or _named(name.removeprefix(OWN))
        for name in tables_added(sources)
        for kind in TABLE_WORDS
    }
    labels |= {column: _named(heading) for column, heading in headings_added(sources).items()}
    common, focus = read_plan_file(Path(plan) / tables["focus"].file)["focus"], overlay.get("focus")
    dummies = read_plan_file(Path(plan) / tables["categories"].file)["categories"]
    cohorts = dict(_own(overlay, "cohorts"))
    for name, variable in VARIABLES.items():
        for level, value in _own(overlay, name):
            dummy = _dummy(variable, level)
            if level == focus and dict(_own(overlay, name)).get(common) is OFF:
                dummy = dummies[variable][common]
            if value is OFF:
                categories.setdefault(variable, {})[level] = OFF
            elif (level,) not in _common(plan, tables[name]):
                categories.setdefault(variable, {})[level] = dummy
                for key in (f"value_{level}", dummy, f"short_{dummy}"):
                    labels[key] = _named(level)
    old, spoken = None, {}
    if cohorts.get(common) is OFF and isinstance(focus, str):
        words = read_plan_file(Path(plan) / "labels.csv")
        old = next(row for row in words if row["key"] == f"short_{dummies['cohort'][common]}")
        spoken = _spoken_of(words, old, common, focus, dummies["cohort"])
    for name, keys in WORDS.items():
        known = {row[0] for row in _common(plan, tables[name])} if name in overlay else ()
        for row, value in _own(overlay, name):
            if value is not OFF and row not in known:
                words = given.get(row) or _named(row)
                labels |= {key.format(row): words for key in keys}
    labels = spoken | {key: words for key, words in labels.items() if key not in given}
    found = dict(overlay)
    if old:
        lines = {name: rows for (name,), rows in _common(plan, tables["hypotheses"]).items()}
        found["hypotheses"] = _restated(lines, dict(_own(overlay, "hypotheses")), old, focus)
    for name, new in (("categories", categories), ("labels", labels)):
        if new and isinstance(own := overlay.get(name, {}), dict):
            found[name] = {key: _under(new.get(key), own.get(key)) for key in [*new, *own]}
    return found


def check_cohorts(plan: str | Path, overlay: Mapping, window: list[str] | None, file: str) -> None:
    """Raise :class:`ConfigError` for a cohort or a band of tenure that its name puts elsewhere, a cohort born after the
    ``window``, and a focus beside the common one, of which models and hypotheses would go on to speak; what is no year
    or no cohort is refused elsewhere."""
    tables = read_tables(plan)
    common, focus = read_plan_file(Path(plan) / tables["focus"].file)["focus"], overlay.get("focus")
    cohorts = dict(_own(overlay, "cohorts"))
    for name, year in cohorts.items():
        decade = DECADE.fullmatch(name)
        if decade and type(year) is int and year > 1900 and year % 100 != int(decade[1]):
            raise ConfigError(
                "cohort_of_another_decade", file=file, name=name, year=str(year), said=decade[1]
            )
        if window and type(year) is int and int(window[1][:4]) < year < 9999:
            raise ConfigError("cohort_after_window", file=file, name=name, year=str(year), last=window[1])
    for name, months in _own(overlay, "tenure_bands"):
        years = BAND.fullmatch(name)
        if years and type(months) is int and 0 < months != 12 * int(years[1]):
            raise ConfigError("band_of_other_months", file=file, name=name, months=months, said=years[1])
        if name.endswith("+") and type(months) is int:
            raise ConfigError("band_without_end", file=file, name=name, months=months)
    if _own(overlay, "tenure_bands"):
        bands = merged(
            tables["tenure_bands"], _common(plan, tables["tenure_bands"]), overlay["tenure_bands"], file
        )
        _check_starts([(name, months) for (name,), months in bands.items()], file)
    known = {row[0] for row in _common(plan, tables["cohorts"])} | cohorts.keys()
    if focus != common and focus in known and cohorts.get(common) is not OFF:
        raise ConfigError("focus_beside", file=file, focus=focus, common=common)


def _check_starts(bands, file):
    """Every band of tenure, (name, months that lie above), begins where its name says."""
    for (_, before), (name, _) in pairwise(bands):
        years = FROM.match(name)
        if years and type(before) is int and before != 12 * int(years[1]):
            raise ConfigError("band_of_other_start", file=file, name=name, months=before, said=years[1])


def _spoken_of(words, old, common, focus, cohorts):
    """The words that speak of the ``common`` cohort in question (``old``), and of no other, now of ``focus``."""
    others = [name for name in cohorts if name != common]
    return {
        row["key"]: {language: row[language].replace(old[language], focus) for language in LANGUAGES}
        for row in words
        if old["zh"] in row["zh"]
        and not row["key"].endswith(common)
        and not any(name in row["zh"] for name in others)
    }


def _restated(lines, own, old, focus):
    """The overlay of hypotheses with those that speak of the cohort in question (``old``) now speaking of ``focus``.

    lines: {hypothesis: its rows}; own: what the province says, which stays.
    """
    found = {}
    for name, rows in lines.items():
        said = own.get(name, {})
        if isinstance(said, Mapping) and any(old["zh"] in row["statement_zh"] for row in rows):
            texts = {f"statement_{language}": old[language] for language in LANGUAGES}
            rows = [row | {key: row[key].replace(word, focus) for key, word in texts.items()} for row in rows]
            found[name] = [row | dict(said) for row in rows]
    return own | found


def _named(text):
    """Words of something that only has a name."""
    return dict.fromkeys(LANGUAGES, text)


def _own(overlay, name):
    """Pairs (row, value) of a table of the overlay; none where it is no group, which is refused elsewhere."""
    own = overlay.get(name, {})
    return [(str(row), value) for row, value in own.items()] if isinstance(own, Mapping) else []


def _common(plan, table: PlanTable):
    return rows_of(table, read_plan_file(Path(plan) / table.file))


def _dummy(variable, level):
    """Name of a level's dummy: ``cohort_85s`` for 85后, ``tenure_3_4`` for 3-4."""
    if decade := DECADE.fullmatch(level):
        return f"{variable}_{decade[1]}s"
    text = level.replace("<", "0_").replace("+", "_plus").replace("-", "_")
    return f"{variable.removesuffix('_band')}_{text}"


def _under(new, own):
    """What follows, below what the province says itself."""
    return (
        {**new, **own}
        if isinstance(new, Mapping) and isinstance(own, Mapping)
        else new
        if own is None
        else own
    )
