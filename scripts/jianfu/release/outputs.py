"""What may leave ``restricted/``: the declarations of ``config/plan/outputs.csv``, and what is refused outright."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.reasons import Reason

TOTAL = "all"  # the value of a dimension that marks a row as the total over that dimension
OTHER = "other"  # the reason under which small dropped groups are added up
SHOWN, WITHHELD = "shown", "withheld"  # the column ``status`` of released tables
DIGITS = 10  # significant digits of released figures
FEW_DIGITS = 3  # of those beside a rounded count
METHODS = ("cells", "steps", "flow", "rows", "open")
LISTS = ("dimensions", "persons", "persons_hidden", "totals", "complements", "figures", "plain")
PERSONAL = {"person_key", "submission_id", "birth_ym", "hire_date", "spell_start", "spell_end", "id_number"}
UNIT_COLUMNS = {"unit_code", "unit_name", "predecessor_code", "aliases"}
COUNTY_COLUMNS = {"county_code", "county_name"}
EXTREMES = re.compile(r"(^|_)(min|max|minimum|maximum|p0|p100)($|_)")
UNIT_CODE = r"\d{9}(?:\d{3})?"


@dataclass(frozen=True)
class Limits:
    """Limits of the gate: persons per cell, residual degrees of freedom, share of the two largest contributors."""

    min_cell: int
    min_residual_df: int
    dominance: float


@dataclass(frozen=True)
class Output:
    """One line of ``config/plan/outputs.csv``: what an output holds, the rule that makes it, how it passes the gate.

    persons: counts of persons that are published; persons_hidden: counts that only the gate sees. ``totals`` maps a
    count to the dimensions over which it adds up to a total that is known, be it a row with the value ``all`` in
    that dimension or a figure published elsewhere. ``complements`` are pairs (whole, part). ``dominance`` is the
    column with the share of the two largest units in a cell, ``linked`` the column with the key of a cell of another
    output (``output|dimension|...``) that shows the same number and with which the row is withheld, ``freedom`` that
    with the residual degrees of freedom of the model behind the row; only the gate sees these three. ``figures`` are
    blank in a row that is withheld, ``plain`` columns never are.
    """

    name: str
    area: str
    method: str
    geography: str
    time: str
    dimensions: tuple = ()
    persons: tuple = ()
    persons_hidden: tuple = ()
    totals: dict = field(default_factory=dict)
    complements: tuple = ()
    dominance: str = ""
    linked: str = ""
    freedom: str = ""
    figures: tuple = ()
    plain: tuple = ()
    rule: str = ""

    @property
    def counts(self):
        return self.persons + self.persons_hidden

    @property
    def released(self):
        return [*self.dimensions, *self.persons, *self.figures, *self.plain]

    @property
    def columns(self):
        return [
            *self.released,
            *self.persons_hidden,
            *filter(None, (self.dominance, self.linked, self.freedom)),
        ]


def read_outputs(path: str | Path) -> dict[str, Output]:
    """Declared outputs by name, from ``config/plan/outputs.csv``."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return {row["name"]: parse_output(row, path) for row in table.to_dict("records")}


def parse_output(row: dict[str, str], path: str | Path) -> Output:
    """One declared output; raises :class:`ConfigError` where the declaration contradicts itself."""
    lists = {key: tuple(filter(None, row[key].split(";"))) for key in LISTS}
    totals = {}
    for entry in lists["totals"]:
        count, dimension = entry.split(":")
        totals[count] = (*totals.get(count, ()), dimension)
    lists["totals"] = totals
    lists["complements"] = tuple(tuple(pair.split("-")) for pair in lists["complements"])
    keys = ("name", "rule", "area", "method", "geography", "time", "dominance", "linked", "freedom")
    output = Output(**{key: row[key] for key in keys}, **lists)
    problem = _contradiction(output)
    if problem:
        raise ConfigError("output_contradiction", file=str(path), output=output.name, what=problem)
    return output


def _contradiction(output):
    used = {*output.totals, *(part for pair in output.complements for part in pair)}
    over = {dimension for dimensions in output.totals.values() for dimension in dimensions}
    if output.method not in METHODS:
        return Reason("output_method", method=output.method, methods=list(METHODS))
    if not used <= set(output.counts):
        return Reason("output_no_count", column=sorted(used - set(output.counts))[0])
    if not over <= set(output.dimensions):
        return Reason("output_no_dimension", column=sorted(over - set(output.dimensions))[0])
    if (output.method == "open") == bool(output.counts):
        return Reason("output_open")
    return None


def check_grain(output: Output, frame: pd.DataFrame) -> None:
    """Raise :class:`DataError` where an output may not leave at all, whatever its figures are.

    Looks at the declaration and at what the frame really holds: a column of unit codes is found under any name.
    """
    columns = set(frame.columns)
    by_unit = bool(columns & UNIT_COLUMNS) or output.geography == "township" or _holds_unit_codes(frame)
    by_county = bool(columns & COUNTY_COLUMNS) or output.geography == "county"
    by_month = "month" in columns or output.time == "month"
    extremes = sorted(c for c in columns if EXTREMES.search(c))
    odd = sorted(columns ^ set(output.columns))
    if columns & PERSONAL:
        problem = Reason("grain_personal", column=sorted(columns & PERSONAL)[0])
    elif by_unit and by_month and "cohort" in columns:
        problem = Reason("grain_township_cohort_month")
    elif by_unit and output.counts:
        problem = Reason("grain_persons_by_township")
    elif by_county and by_month and output.persons:
        problem = Reason("grain_persons_by_county_month")
    elif extremes:
        problem = Reason("grain_extreme", column=extremes[0])
    elif odd:
        problem = Reason("grain_columns", columns=odd)
    else:
        return
    raise DataError("output_refused", output=output.name, what=problem)


def _holds_unit_codes(frame):
    text = frame.select_dtypes(include=["object", "string", "category"]).dropna(how="all", axis=1)
    return any(len(text) and text[c].dropna().astype(str).str.fullmatch(UNIT_CODE).all() for c in text)
