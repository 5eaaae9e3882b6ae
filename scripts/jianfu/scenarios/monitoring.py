"""Did relief last: a control chart of every county after its first relief rule.

The chart is an exponentially weighted moving average (Roberts 1959) of the county's monthly mean, units taken at their
own means and the season of the calendar month (common to the counties, from months before their rules) taken out. Its
limits are those that the stated share of counties without any change would cross within the horizon, found by
simulation for the length of the county's baseline and the autocorrelation in it: with few months the mean and the
spread of the baseline are themselves uncertain, and neighbouring months are alike (Schmid 1997, Sankhya B 59: 1).

A lasting rebound of half a standard deviation of the unit-months rings within six months in nine of ten counties of
twenty units with eighteen months before the rule; of ten units, in three of four.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from jianfu.core.months import month_number
from jianfu.models.tables.unit_months import policy_timing

# of the newest month in the moving average: small, as a rebound is small beside a month's spread
WEIGHT = 0.1
FEWEST = 18  # months before the rule; with fewer nothing can be told
HORIZON = 12  # months after the rule within which false alarms are counted
FALSE_ALARM = 0.1  # share of counties without a change that ring within the horizon
SERIES = 20_000  # simulated series behind a limit
STEP, MOST = 0.1, 0.8  # to which the autocorrelation is rounded for its limit, and the largest one
NO_BASELINE, QUIET, ALARM = "no_baseline", "quiet", "alarm"
COLUMNS = ["county_code", "county_name", "city_name", "persons", "measure", "state", "first_rule"]
COLUMNS += ["baseline_months", "alarm_month", "highest", "limit"]


@dataclass(frozen=True)
class Chart:
    """state: one of :data:`NO_BASELINE`, :data:`QUIET`, :data:`ALARM`; months: of the baseline; alarm: position of the
    first month above the limit, -1 = none; average: (months after the rule,) moving average in baseline SDs; limit."""

    state: str
    months: int
    alarm: int = -1
    average: np.ndarray = field(default_factory=lambda: np.empty(0))
    limit: float = np.nan


def county_series(levels: np.ndarray, county: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Monthly means (counties, months) of ``levels`` (units, months) without unit means and season.

    county: (units,) codes 0 ... C-1; start: (counties,) position of the first month under the rule. Means and season
    come from the months before it.
    """
    months = np.arange(levels.shape[1])
    before = months[None, :] < start[county][:, None]
    own = np.where(before, levels, np.nan)
    deviation = levels - _mean(own, axis=1)[:, None]
    series = np.stack([_mean(deviation[county == c], axis=0) for c in range(len(start))])
    calm = np.where(months[None, :] < start[:, None], series, np.nan)
    season = np.array([_mean(calm[:, months % 12 == k].ravel(), axis=0) for k in range(12)])
    return series - np.nan_to_num(season)[months % 12][None, :]


def _mean(values, axis):
    """Mean of the values present; NaN where there is none."""
    n = (~np.isnan(values)).sum(axis=axis)
    return np.divide(np.nansum(values, axis=axis), n, out=np.full(np.shape(n), np.nan), where=n > 0)


def charts(series: np.ndarray, start: np.ndarray) -> list[Chart]:
    """The chart of every county: ``series`` (counties, months), ``start`` (counties,) of its rule.

    The autocorrelation is the mean over the counties: that of one short baseline says little.
    """
    baselines = [own[:first][~np.isnan(own[:first])] for own, first in zip(series, start, strict=True)]
    known = [autocorrelation(baseline) for baseline in baselines if len(baseline) >= FEWEST]
    correlation = round(round(min(max(np.mean(known), 0), MOST) / STEP) * STEP, 6) if known else 0.0
    return [
        _chart(own[first:], baseline, first, correlation)
        for own, baseline, first in zip(series, baselines, start, strict=True)
    ]


def _chart(later, baseline, start, correlation):
    if len(baseline) < FEWEST:
        return Chart(NO_BASELINE, len(baseline))
    average = _averages(((later - baseline.mean()) / baseline.std(ddof=1))[None])[0]
    limit = limit_of(len(baseline), correlation)
    above = np.flatnonzero(average > limit)
    alarm = start + int(above[0]) if len(above) else -1
    return Chart(ALARM if len(above) else QUIET, len(baseline), alarm, average, limit)


def autocorrelation(values: np.ndarray) -> float:
    """First autocorrelation, corrected for the bias of short series: r + (1 + 3 r) / n (Kendall 1954)."""
    centred = values - values.mean()
    r = float(centred[1:] @ centred[:-1] / (centred @ centred))
    return r + (1 + 3 * r) / len(values)


def _averages(values):
    """Moving averages (series, months) of standardised values, from zero on, on the scale of their own limits; a month
    without a value leaves the average where it was."""
    average, found = np.zeros(len(values)), np.empty(values.shape)
    for t in range(values.shape[1]):
        known = ~np.isnan(values[:, t])
        average = np.where(known, (1 - WEIGHT) * average + WEIGHT * np.where(known, values[:, t], 0), average)
        found[:, t] = average / np.sqrt(WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * (t + 1))))
    return found


@cache
def limit_of(months: int, correlation: float) -> float:
    """The limit that :data:`FALSE_ALARM` of simulated normal AR(1) series without a change cross within the horizon.

    Mean and spread of each series are estimated from its own ``months`` of baseline, as in the chart.
    """
    rng = np.random.default_rng([months, round(100 * correlation)])
    noise = rng.normal(size=(SERIES, months + HORIZON))
    noise[:, 1:] *= np.sqrt(1 - correlation**2)
    for t in range(1, months + HORIZON):
        noise[:, t] += correlation * noise[:, t - 1]
    baseline = noise[:, :months]
    scaled = (noise[:, months:] - baseline.mean(axis=1, keepdims=True)) / baseline.std(
        axis=1, ddof=1, keepdims=True
    )
    return float(np.quantile(_averages(scaled).max(axis=1), 1 - FALSE_ALARM))


def first_rules(
    units: pd.DataFrame, policies: pd.DataFrame, words: Sequence[str], months: pd.Index
) -> pd.Series:
    """Position in ``months`` of the first month under a rule that names one of ``words``, by county code."""
    county = pd.Series(sorted(units["county_code"].dropna().unique()))
    timing = policy_timing(county, pd.Series(0, index=county.index), policies, {"rule": words})
    return pd.Series(timing["rule_start"].to_numpy() - month_number(pd.Series(months[:1]))[0], index=county)


def monitored(
    measures: Mapping[str, np.ndarray], frame: pd.DataFrame, start: pd.Series, months: pd.Index
) -> pd.DataFrame:
    """One row per county and measure: names of the county, persons, measure, state, rule, baseline_months,
    alarm_month, highest, limit.

    measures: {index or indicator: (units, months)}; frame: rows of the units in the order of the arrays (county_code,
    county_name, city_name, heads); start: of :func:`first_rules`; counties without a rule in the window are left out.
    """
    codes = [code for code in sorted(frame["county_code"].unique()) if 0 <= start.get(code, -1) < len(months)]
    inside = frame["county_code"].isin(codes).to_numpy()
    numbers = pd.Index(codes).get_indexer(frame.loc[inside, "county_code"])
    starts = start.reindex(codes).to_numpy(int)
    traits = frame.groupby("county_code")[["county_name", "city_name"]].first()
    persons = frame.groupby("county_code")["heads"].sum().round().astype(int)
    rows = []
    for name, levels in measures.items():
        drawn = charts(county_series(levels[inside], numbers, starts), starts) if codes else []
        for code, found in zip(codes, drawn, strict=True):
            first = months[int(start[code])]
            alarm = months[found.alarm] if found.alarm >= 0 else ""
            known = found.average[~np.isnan(found.average)]
            highest = float(known.max()) if len(known) else np.nan
            county = (code, *traits.loc[code], persons[code])
            rows.append((*county, name, found.state, first, found.months, alarm, highest, found.limit))
    return pd.DataFrame(rows, columns=COLUMNS)
