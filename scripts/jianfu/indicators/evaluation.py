"""Indicators by unit and month, as the rows of config/plan/indicators.csv define them (:mod:`jianfu.indicators.plan`).

All rows of one source are evaluated in one scan over the prepared views (:mod:`jianfu.indicators.views`).
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from jianfu.core.calendar import Calendar
from jianfu.core.errors import ConfigError
from jianfu.core.units import latest_units
from jianfu.indicators import views
from jianfu.indicators.plan import DENOMINATORS, available, source_of

CANDIDATES = re.compile(r"Candidate (bindings|functions): .+")  # names near to one that is not there
NUMERIC = r"BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT|FLOAT|DOUBLE|DECIMAL"  # types of DuckDB that are numbers
STEPS = ("raw", "denominated", "values", "coverage")
NOTHING_EXCLUDED = {"topics": (), "months": (), "emergency": False}


@dataclass(frozen=True)
class Evaluation:
    """Indicators step by step: arrays (rows of ``unit_months`` × rows of ``plan``), missing = NaN.

    ``raw`` before division, ``denominated`` after it, ``values`` without those below the minimum coverage,
    ``coverage`` the usable share of the rows; ``plan`` without the indicators that are switched off.
    """

    unit_months: pd.DataFrame
    plan: pd.DataFrame
    raw: np.ndarray
    denominated: np.ndarray
    values: np.ndarray
    coverage: np.ndarray
    notices: pd.DataFrame

    def long(self):
        """unit_code, month, indicator, value, coverage; unit-months of a log that was not kept have no row."""
        return long_values(self.unit_months, self.plan, self.values, self.coverage)

    def step(self, name):
        """``raw`` or ``denominated`` as a frame: unit_code, month and one column per indicator."""
        frame = pd.DataFrame(getattr(self, name), columns=self.plan["code"].tolist())
        frame.insert(0, "unit_code", self.unit_months["unit_code"].to_numpy())
        frame.insert(1, "month", self.unit_months["month"].to_numpy())
        return frame


def build_indicators(*arguments, **options) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Indicators (:meth:`Evaluation.long`) and notices of :func:`evaluate`, which has the same arguments."""
    evaluation = evaluate(*arguments, **options)
    return evaluation.long(), evaluation.notices


def evaluate(
    tables,
    unit_months: pd.DataFrame,
    plan: pd.DataFrame,
    calendar: Calendar,
    window: tuple[str, str],
    reference_window: tuple[str, str],
    exclude=NOTHING_EXCLUDED,
    means: views.Means = views.ONE_THREAD,
    parts: Iterable[str | Path] = (),
) -> Evaluation:
    """Evaluate the plan on canonical tables, or put together the ``parts`` in which counties were evaluated apart
    (files of :func:`evaluate_counties`): the same to the last digit.

    ``tables``: canonical table → Parquet path or frame, for every table of the contract. ``unit_months`` as from
    :func:`jianfu.indicators.unit_months.build_unit_months`. The result holds

    * indicators: unit_code, month, indicator, value, coverage, ordered by unit, month and plan. A month in which
      the log was not kept has no row; a value that cannot be known is missing. A yearly value of year y stands in the
      months of y+1.
    * notices: indicator, outcome (switched_off, computed_without, from_title, no_values, cascade_links,
      cascade_orphans, cascade_cycles), column, n.
    """
    con = views.connect(means)
    filled, summed = views.open_tables(con, tables, reference_window)
    unit_months = unit_months.reset_index(drop=True)
    plan, missing = available(plan, filled, summed)
    if parts:
        cascade, arrays = _joined(parts, (len(unit_months), len(plan)))
    else:
        views.register_unit_months(con, unit_months)
        cascade = views.prepare(con, summed, calendar, window, reference_window, exclude)
        arrays = evaluate_prepared(con, plan, unit_months)
    raw, denominated, values, coverage = arrays
    notices = [("A5_amp", outcome, "", n) for outcome, n in cascade.items() if n]
    notices += missing + _from_titles(con, plan)
    empty = plan["code"][np.isnan(values).all(axis=0)]
    notices += [(code, "no_values", "", 0) for code in empty]
    remarks = pd.DataFrame(notices, columns=["indicator", "outcome", "column", "n"])
    return Evaluation(unit_months, plan, raw, denominated, values, coverage, remarks)


def evaluate_counties(
    into: str | Path,
    number: int,
    jobs: int,
    tables,
    unit_months: pd.DataFrame,
    plan: pd.DataFrame,
    calendar: Calendar,
    window: tuple[str, str],
    reference_window: tuple[str, str],
    exclude=NOTHING_EXCLUDED,
    means: views.Means = views.ONE_THREAD,
) -> None:
    """Evaluate the plan for the counties of job ``number`` (from 1) of ``jobs``, as a file for :func:`evaluate`.

    No measure looks beyond a county but by what is counted of the whole province (views.tasks_of_all_units).
    """
    con = views.connect(means)
    units = units_of_job(con.execute("SELECT * FROM read_parquet(?)", [tables["units"]]).df(), number, jobs)
    rows = np.flatnonzero(unit_months["unit_code"].isin(units))
    own = unit_months.iloc[rows].reset_index(drop=True)
    filled, summed = views.open_tables(con, tables, reference_window, units)
    plan = available(plan, filled, summed)[0]
    views.register_unit_months(con, own)
    cascade = views.prepare(con, summed, calendar, window, reference_window, exclude)
    arrays = dict(zip(STEPS, evaluate_prepared(con, plan, own), strict=True))
    with open(into, "wb") as file:
        np.savez(file, rows=rows, cascade=np.array(list(cascade.items()), dtype=str).reshape(-1, 2), **arrays)


def units_of_job(units: pd.DataFrame, number: int, jobs: int) -> list[str]:
    """Codes of the units whose counties are looked at by job ``number`` (from 1) of ``jobs``; about as many for each.

    A county is never cut: the units without one are one.
    """
    latest = latest_units(units)
    county = latest["county_code"].fillna("")
    sizes = county.value_counts().sort_index()
    middle = sizes.cumsum() - sizes / 2
    job = (middle * jobs / sizes.sum()).astype(int) + 1
    return latest["unit_code"][county.map(job) == number].tolist()


def _joined(parts, shape):
    """Counts of the cascade, and the arrays of ``shape`` that :func:`evaluate_prepared` gives, from all parts."""
    arrays, cascade, seen = [np.full(shape, np.nan) for _ in STEPS], Counter(), 0
    for path in parts:
        with np.load(path) as part:
            for name, array in zip(STEPS, arrays, strict=True):
                array[part["rows"]] = part[name]
            cascade.update({name: int(n) for name, n in part["cascade"]})
            seen += len(part["rows"])
    assert seen == shape[0], "a unit-month belongs to no part or to two"
    return cascade, arrays


def evaluate_prepared(
    con, plan: pd.DataFrame, unit_months: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """raw, denominated, values and coverage of :class:`Evaluation` from the views of ``con``, which are prepared.

    plan: indicators of which the province has the columns; unit_months: as registered in ``con``.
    """
    raw, coverage = _evaluate(con, plan, unit_months)
    denominated, values = np.empty(raw.shape), np.empty(raw.shape)
    for k, row in enumerate(plan.itertuples()):
        with np.errstate(divide="ignore", invalid="ignore"):
            divided = raw[:, k] / DENOMINATORS[row.denominator](unit_months).to_numpy(float)
        known = np.isfinite(divided)
        denominated[:, k] = np.where(known, divided, np.nan)
        coverage[:, k] = np.where(known, np.nan_to_num(coverage[:, k], nan=1.0), 0.0)
        values[:, k] = np.where(known & (coverage[:, k] >= row.min_coverage), divided, np.nan)
    return raw, denominated, values, coverage


def check_expressions(plan: pd.DataFrame, tables) -> None:
    """Raise :class:`ConfigError` for an expression of the plan that cannot be evaluated, or gives no number.

    tables: {canonical table: the table without rows}, all columns there. Nothing else can be read: no file, no address.
    """
    con = views.connect()
    con.execute("SET enable_external_access = false")
    views.open_tables(con, tables)
    months = pd.DataFrame({"row": [0], "unit_code": ["-"], "month": ["2024-01"], "year": [2023]})
    con.register("unit_months", months.assign(workdays=1.0, tasks_logged=True, app_logged=True))
    known = {name: set(table.schema.names) for name, table in tables.items()}
    year = ("2024-01", "2024-12")  # any year of the calendar: there are no rows
    views.prepare(con, known, Calendar(), year, year, NOTHING_EXCLUDED)
    _evaluate(con, plan, months)
    for row in plan.itertuples():
        kind = con.execute(f"DESCRIBE SELECT {row.expression} FROM {row.source}").fetchone()[1]
        if not re.match(NUMERIC, kind):
            raise ConfigError("expression_no_number", name=row.code, kind=kind)


def _from_titles(con, plan):
    """Notices about indicators that need a column of tasks which was taken from titles."""
    marks = con.execute("SELECT DISTINCT coded FROM tasks_read WHERE coded IS NOT NULL").fetchall()
    coded = {column for (mark,) in marks for column in mark.split()}
    return [
        (row.code, "from_title", column, 0)
        for row in plan[plan["source"].map(lambda source: source_of(source)[0] == "tasks")].itertuples()
        for column in re.split(r"[ |]", f"{row.needs} {row.optional}")
        if column in coded
    ]


def _evaluate(con, plan, unit_months):
    """Arrays (rows of unit_months × rows of plan) of values before division, and of coverage."""
    values = np.full((len(unit_months), len(plan)), np.nan)
    coverage = np.full((len(unit_months), len(plan)), np.nan)
    for (source, frequency), rows in plan.groupby(["source", "frequency"], sort=False):
        result = _query(con, source, frequency, rows)
        at = result["row"]
        for k in rows.index:
            values[at, k] = np.ma.filled(np.ma.asarray(result[f"v{k}"], float), np.nan)
            coverage[at, k] = np.ma.filled(np.ma.asarray(result[f"c{k}"], float), np.nan)
    return values, coverage


def _query(con, source, frequency, rows):
    """Columns row, v<k> (value) and c<k> (coverage) of all the rows of one source, in one scan."""
    expressions = ", ".join(
        f"CAST({row.expression} AS DOUBLE) AS v{row.Index}, CAST({row.coverage or 'NULL'} AS DOUBLE) AS c{row.Index}"
        for row in rows.itertuples()
    )
    if frequency == "year":
        query = f"""SELECT u.row, w.* FROM unit_months u
            JOIN (SELECT unit_code, year, {expressions} FROM {source} GROUP BY unit_code, year) w
            USING (unit_code, year) ORDER BY row"""
    else:
        logged = source_of(source)[1]
        join, where = ("RIGHT JOIN", f"WHERE {logged}") if logged else ("JOIN", "")
        query = f"""SELECT row, {expressions}
            FROM {source} {join} (SELECT row, unit_code, month FROM unit_months {where}) u USING (unit_code, month)
            GROUP BY row ORDER BY row"""
    try:
        return con.execute(query).fetchnumpy()
    except duckdb.OutOfMemoryException:  # no fault of the expression
        raise
    except duckdb.Error as error:
        if len(rows) > 1:
            for k in rows.index:
                _query(con, source, frequency, rows.loc[[k]])
        detail = str(error).splitlines()[0]
        if near := CANDIDATES.search(str(error)):
            detail += f" {near[0]}"
        raise ConfigError("expression_wrong", names=rows["code"].tolist(), detail=detail) from error


def long_values(
    unit_months: pd.DataFrame, plan: pd.DataFrame, values: np.ndarray, coverage: np.ndarray
) -> pd.DataFrame:
    """unit_code, month, indicator, value, coverage; unit-months of a log that was not kept are left out."""
    present = np.ones(values.shape, dtype=bool)
    for k, row in enumerate(plan.itertuples()):
        logged = source_of(row.source)[1]
        if logged and row.frequency == "month":
            present[:, k] = unit_months[logged]
    at, k = np.nonzero(present)
    return pd.DataFrame(
        {
            "unit_code": unit_months["unit_code"].to_numpy()[at],
            "month": unit_months["month"].to_numpy()[at],
            "indicator": plan["code"].to_numpy()[k],
            "value": values[at, k],
            "coverage": coverage[at, k],
        }
    )
