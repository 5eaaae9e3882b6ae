"""Evaluation turned round: units ranked in another way (by county, with bands), and what goes with the workload."""

from collections.abc import Mapping

import duckdb
import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError, NotEstimable
from jianfu.core.numbers import significant
from jianfu.models.prediction import predictor
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.scenarios.effects import ALL, DRAWS, interval
from jianfu.scenarios.people import groups_of
from jianfu.scenarios.plan import Scenario

REPLICATES = 999
KINDS = {"units": int, "persons": int, "shift": float, "low": float, "high": float}
COLUMNS = ["scenario", "county_code", "county_name", "city_name", "units", "persons", "shift", "low", "high"]


def scores(con, scenario: Scenario) -> pd.DataFrame:
    """unit_code, year and both scores (``old``, ``new``) of every unit-year that has them.

    con: connection with the prepared views. Raises :class:`ConfigError` for an expression that cannot be evaluated.
    """
    source = "unit_year_read"
    for name, expression in scenario.ranks.let.items():
        source = f"(SELECT *, {expression} AS {name} FROM {source})"
    try:
        frame = con.execute(
            f"""SELECT unit_code, year, CAST({scenario.ranks.by} AS DOUBLE) AS old,
            CAST({scenario.ranks.instead} AS DOUBLE) AS new FROM {source} ORDER BY unit_code, year"""
        ).df()
    except duckdb.Error as error:
        detail = str(error).splitlines()[0]
        raise ConfigError("scenario_expression", name=scenario.id, detail=detail) from error
    return frame[np.isfinite(frame[["old", "new"]].astype(float)).all(axis=1)]


def shifts(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean over the years of the places that a unit moves up (+) or down (-): unit_code, shift, of :func:`scores`.

    Places are those among a hundred units, so that years with more units count alike; ties share their mean place.
    """
    scores = pd.DataFrame(significant(frame[["old", "new"]]), frame.index, ["old", "new"])
    ranks = scores.groupby(frame["year"]).rank(pct=True) * 100
    moved = frame.assign(shift=ranks["new"] - ranks["old"])
    return moved.groupby("unit_code", as_index=False)["shift"].mean()


def rank_changes(
    con, scenario: Scenario, units: pd.DataFrame, seed: int
) -> tuple[pd.DataFrame, tuple[float, float, float, int]]:
    """Mean shift of the units of every county (:data:`COLUMNS`), with a bootstrap band over its units; and the mean
    absolute shift of all units with its band and their number.

    units: rows by unit_code (county_code, county_name, city_name, heads).
    """
    found = shifts(scores(con, scenario)).set_index("unit_code").join(units, how="inner")
    rng = np.random.default_rng(seed)
    rows = []
    for code, own in found.groupby("county_code", sort=True):
        moved, first = own["shift"].to_numpy(), own.iloc[0]
        named = (code, first["county_name"], first["city_name"], len(own), round(own["heads"].sum()))
        rows.append((scenario.id, *named, moved.mean(), *_band(moved, rng)))
    size = found["shift"].abs().to_numpy()
    whole = (size.mean(), *_band(size, rng)) if len(size) else (np.nan, np.nan, np.nan)
    return pd.DataFrame(rows, columns=COLUMNS).astype(KINDS), (*whole, len(size))


def _band(values, rng):
    """95 % band of the mean, values resampled; one value has none."""
    if len(values) < 2:
        return np.nan, np.nan
    drawn = rng.integers(0, len(values), (REPLICATES, len(values)))
    return tuple(np.quantile(values[drawn].mean(axis=1), (0.025, 0.975)))


def workload(indicators: pd.DataFrame) -> pd.DataFrame:
    """unit_code, year, workload: standardised mean of the tasks per head over the months of a year."""
    tasks = indicators[(indicators["indicator"] == "A1_tasks") & indicators["value"].notna()]
    frame = tasks.assign(year=tasks["month"].str[:4].astype(int))
    frame = frame.groupby(["unit_code", "year"], as_index=False)["value"].mean()
    values = frame.pop("value")
    return frame.assign(workload=(values - values.mean()) / values.std(ddof=1))


def slope_tables(
    load: pd.DataFrame, unit_year: pd.DataFrame, respondents: pd.DataFrame, counties: pd.Series
) -> dict[str, AnalysisTable]:
    """Tables ``unit_scores`` (unit, county, year) and ``respondents`` (persons of the survey) with ``workload``.

    load: of :func:`workload`; respondents: the frame of the survey table; counties: county by unit.
    """
    years = unit_year.merge(load, on=["unit_code", "year"]).rename(columns={"unit_code": "unit"})
    years = years.assign(county=years["unit"].map(counties))
    people = respondents.assign(
        unit_code=respondents["unit"].astype(object),
        year=pd.to_numeric(respondents["fieldwork_month"].astype(str).str[:4], errors="coerce"),
    ).merge(load, on=["unit_code", "year"], how="left")
    return {
        "unit_scores": AnalysisTable(years, None, len(years), persons=False),
        "respondents": AnalysisTable(people, None, len(people)),
    }


def slopes(
    spec: ModelSpec, table: AnalysisTable, categories: Mapping, seed: int, *, by_group: bool
) -> list[tuple[str, float, float, float, int]]:
    """Rows (group, estimate, low, high, behind): what goes with one SD of workload, for everyone and ``by_group``.

    Groups without an estimate are left out.
    """
    rows = []
    groups = groups_of(table.frame) if by_group else {ALL: np.ones(len(table.frame), dtype=bool)}
    for name, mask in groups.items():
        own = table.frame[mask].reset_index(drop=True)
        try:
            found = predictor(spec, AnalysisTable(own, None, len(own)), categories)
        except NotEstimable:
            continue
        drawn = np.concatenate([found.coefficients[:1], found.draws(DRAWS, seed)[:, 0]])
        rows.append((name, *interval(drawn), len(found.model.used)))
    return rows
