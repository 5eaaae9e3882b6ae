"""Indicators by unit and month, as the rows of config/plan/indicators.csv define them.

A row is one indicator: an SQL expression over a prepared view (``jianfu.indicators.views``), the columns without
which it is switched off (``needs``), what it is divided by (``denominator``) and the share of usable rows below which
it is missing (``min_coverage``). All rows of one source are evaluated in one scan.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from jianfu.core.calendar import Calendar
from jianfu.core.errors import ConfigError
from jianfu.indicators import views

NOTHING_EXCLUDED = {"topics": (), "months": (), "emergency": False}
NUMBERS = ["direction", "min_coverage"]

# What moves a value through the year beside burden, and on whose keeping of which log it depends (docs/indicators.md).
SEASONS = ("none", "year_end", "campaign", "holidays", "yearly")
LOGGING = ("entry", "register", "system", "statement", "roster", "survey")

# Source → canonical table, and the column of unit_months that says in which months the log was kept. There a month
# without rows is a zero; the other sources have a value only where they have rows.
SOURCES = {
    "tasks": ("tasks", "tasks_logged"),
    "task_issuers": ("tasks", "tasks_logged"),
    "task_categories": ("tasks", "tasks_logged"),
    "task_rest_days": ("tasks", "tasks_logged"),
    "veto": ("tasks", "tasks_logged"),
    "cascade": ("tasks", "tasks_logged"),
    "uniformity": ("tasks", None),
    "app_activity": ("app_activity", "app_logged"),
    "app_runs": ("app_days", None),
    "documents": ("documents", None),
    "document_changes": ("documents", None),
    "unit_year": ("unit_year", None),
    "involution": ("unit_year", None),
    "posts": ("spells", None),
    "survey_hours": ("survey", None),
}

# What one unit of each denominator is, from the columns of unit_months. Headcount is that of the previous month's end.
DENOMINATORS = {
    "none": lambda u: u["workdays"] ** 0,
    "workdays20": lambda u: u["workdays"] / 20,
    "headcount_workdays20": lambda u: u["headcount"] * u["workdays"] / 20,
    "headcount": lambda u: u["headcount"],
    "establishment": lambda u: u["establishment"],
    "restdays": lambda u: u["rest_days"],
    "headcount_restdays": lambda u: u["headcount"] * u["rest_days"],
}


def read_plan(path: str) -> pd.DataFrame:
    """The indicator table; raises :class:`ConfigError` naming the code and the column that is wrong."""
    plan = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    plan[NUMBERS] = plan[NUMBERS].astype(float)
    permitted = {
        "source": SOURCES,
        "denominator": DENOMINATORS,
        "transformation": ("log1p", "none"),
        "frequency": ("month", "year"),
        "season": SEASONS,
        "logging": LOGGING,
    }
    for column, values in permitted.items():
        for row in plan[~plan[column].isin(list(values))].itertuples():
            raise ConfigError(
                "plan_value_unknown",
                path=str(path),
                name=row.code,
                column=column,
                value=str(getattr(row, column)),
                permitted=list(values),
            )
    if plan["code"].duplicated().any():
        twice = plan["code"][plan["code"].duplicated()].iloc[0]
        raise ConfigError("plan_code_twice", path=str(path), name=twice)
    return plan


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
        return _long(self.unit_months, self.plan, self.values, self.coverage)

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
    threads: int = 1,
) -> Evaluation:
    """Evaluate the plan on canonical tables.

    ``tables``: canonical table → Parquet path or frame, for every table of the contract. ``unit_months`` as from
    :func:`jianfu.indicators.unit_months.build_unit_months`. The result holds

    * indicators: unit_code, month, indicator, value, coverage, ordered by unit, month and plan. A month in which
      the log was not kept has no row; a value that cannot be known is missing. A yearly value of year y stands in the
      months of y+1.
    * notices: indicator, outcome (switched_off, computed_without, no_values, cascade_links, cascade_orphans,
      cascade_cycles), column, n.
    """
    con = views.connect(threads)
    filled = views.open_tables(con, tables)
    unit_months = unit_months.reset_index(drop=True)
    frame = unit_months[["unit_code", "month", "workdays", "tasks_logged", "app_logged"]]
    con.register(
        "unit_months", frame.assign(row=range(len(frame)), year=frame["month"].str[:4].astype(int) - 1)
    )
    cascade = views.prepare(con, filled, calendar, window, reference_window, exclude)
    notices = [("A5_amp", outcome, "", n) for outcome, n in cascade.items() if n]
    plan, missing = available(plan, filled)
    notices += missing
    raw, coverage = _evaluate(con, plan, unit_months)
    denominated, values = np.empty(raw.shape), np.empty(raw.shape)
    for k, row in enumerate(plan.itertuples()):
        with np.errstate(divide="ignore", invalid="ignore"):
            divided = raw[:, k] / DENOMINATORS[row.denominator](unit_months).to_numpy(float)
        known = np.isfinite(divided)
        denominated[:, k] = np.where(known, divided, np.nan)
        coverage[:, k] = np.where(known, np.nan_to_num(coverage[:, k], nan=1.0), 0.0)
        values[:, k] = np.where(known & (coverage[:, k] >= row.min_coverage), divided, np.nan)
        if np.isnan(values[:, k]).all():
            notices.append((row.code, "no_values", "", 0))
    remarks = pd.DataFrame(notices, columns=["indicator", "outcome", "column", "n"])
    return Evaluation(unit_months, plan, raw, denominated, values, coverage, remarks)


def available(plan, filled):
    """The rows of the plan whose needed columns hold any value, and the notices about the others.

    A needed column of another table than that of the source is written ``table.column``.
    """
    notices, keep = [], []
    for row in plan.itertuples():
        columns = filled[SOURCES[row.source][0]]
        others = {f"{table}.{column}" for table, names in filled.items() for column in names}
        lacking = [need for need in row.needs.split() if not (columns | others).intersection(need.split("|"))]
        if not columns:
            lacking = lacking or [f"(no rows in {SOURCES[row.source][0]})"]
        notices += [(row.code, "switched_off", column, 0) for column in lacking]
        if not lacking:
            without = [column for column in row.optional.split() if column not in columns]
            notices += [(row.code, "computed_without", column, 0) for column in without]
        keep.append(not lacking)
    return plan[keep].reset_index(drop=True), notices


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
        logged = SOURCES[source][1]
        join, where = ("LEFT JOIN", f"WHERE {logged}") if logged else ("JOIN", "")
        query = f"""SELECT row, {expressions}
            FROM (SELECT row, unit_code, month FROM unit_months {where}) u {join} {source} USING (unit_code, month)
            GROUP BY row ORDER BY row"""
    try:
        return con.execute(query).fetchnumpy()
    except duckdb.Error as error:
        if len(rows) > 1:
            for k in rows.index:
                _query(con, source, frequency, rows.loc[[k]])
        detail = str(error).splitlines()[0]
        raise ConfigError("expression_wrong", names=rows["code"].tolist(), detail=detail) from error


def _long(unit_months, plan, values, coverage):
    """The long table; unit-months of a log that was not kept are left out."""
    present = np.ones(values.shape, dtype=bool)
    for k, row in enumerate(plan.itertuples()):
        logged = SOURCES[row.source][1]
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
