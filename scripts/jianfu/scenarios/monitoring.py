"""Did relief last: a control chart of every county after its first relief rule, and of counties that began together.

The chart is a cumulative sum (Page 1954) of the county's monthly means above an allowance, units taken at their own
means and the season of the calendar month (common to the counties, from months before their rules) taken out, in units
of the county's spread. Spreads are drawn towards each other as far as they are alike (Smyth 2004), as that of one short
baseline is uncertain. The limit is the one that the stated share of counties without any change would cross within the
horizon, found by simulation of as many counties with the same months before their rules: means, season, spreads and
autocorrelation are estimated from few months and counties there as here.

How large a rebound must be to ring within half a year in nine of ten cases stands beside each chart: with fewer than
about 17 units it is more than half a standard deviation of the unit-months. That is the data's limit, not the chart's
(docs/methods.md); all counties with one date together, charted as if they were one, hear what no county can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import pandas as pd
from scipy.special import digamma, polygamma

from jianfu.core.months import month_number
from jianfu.models.tables.unit_months import policy_timing

ALLOWANCE = 0.5  # spreads that a month's mean may lie above the baseline without adding to the sum
FEWEST = 18  # months before the rule; with fewer nothing can be told
HORIZON = 12  # months after the rule within which false alarms are counted
FALSE_ALARM = 0.1  # share of counties without a change that ring within the horizon
SOON, HEARD = 6, 0.9  # a rebound is detectable that rings within so many months with this probability
SERIES, REPLICATES = 20_000, 200  # simulated counties behind a limit; at least so many provinces of them
CORRELATIONS = np.arange(0, 0.85, 0.1)  # autocorrelations for which limits are found
LIKE = (2.0, 4.0, 8.0, 16.0, 32.0, np.inf)  # degrees of freedom of the spreads' common part, the same
MOST = 0.9  # largest autocorrelation that is simulated
LARGEST = 50.0  # spreads, of a rebound that is looked for
TOGETHER = "together"  # in the place of a county: all those with one date
NO_BASELINE, QUIET, ALARM = "no_baseline", "quiet", "alarm"
COLUMNS = ["county_code", "county_name", "city_name", "persons", "measure", "state", "first_rule"]
COLUMNS += ["baseline_months", "alarm_month", "highest", "limit", "detectable"]


@dataclass(frozen=True)
class Chart:
    """state: one of :data:`NO_BASELINE`, :data:`QUIET`, :data:`ALARM`; months: of the baseline; alarm: position of the
    first month above the limit, -1 = none; sums: (months after the rule,) in spreads; limit; detectable: smallest
    lasting rebound, in the units of the series, that rings within :data:`SOON` months (probability :data:`HEARD`)."""

    state: str
    months: int
    alarm: int = -1
    sums: np.ndarray = field(default_factory=lambda: np.empty(0))
    limit: float = np.nan
    detectable: float = np.nan


@dataclass(frozen=True)
class Counties:
    """What the charts of C counties start from: position of the ``start`` of each rule, number of ``units``, and as
    bytes the mask ``calm`` (C, months) of the known months before the rules."""

    start: tuple[int, ...]
    units: tuple[int, ...]
    calm: bytes

    @cached_property
    def before(self) -> np.ndarray:
        """Mask (C, months) of the known months before the rules."""
        return np.frombuffer(self.calm, dtype=bool).reshape(len(self.start), -1)

    @cached_property
    def fitted(self) -> tuple[np.ndarray, int]:
        """What gives C means and twelve seasons from the N known months before, (C + 12, N), and its rank; counties
        count as often as they have units."""
        county, month = np.nonzero(self.before)
        design = np.zeros((len(county), len(self.start) + 12))
        design[np.arange(len(county)), county] = 1
        design[np.arange(len(county)), len(self.start) + month % 12] = 1
        root = np.sqrt(np.array(self.units))[county]
        return np.linalg.pinv(design * root[:, None]) * root, int(np.linalg.matrix_rank(design))

    @cached_property
    def df(self) -> np.ndarray:
        """Degrees of freedom (C,) of the spread of each county."""
        n = self.before.sum(axis=1)
        return np.maximum(n * (1 - self.fitted[1] / max(n.sum(), 1)), 1)

    @property
    def told(self) -> np.ndarray:
        """Mask (C,) of the counties with enough months before."""
        return self.before.sum(axis=1) >= FEWEST

    def rest(self, series: np.ndarray) -> np.ndarray:
        """``series`` (R, C, months) of R provinces without means and season."""
        found = series[:, *np.nonzero(self.before)] @ self.fitted[0].T
        season = found[:, len(self.start) :][:, np.arange(series.shape[2]) % 12]
        return series - found[:, : len(self.start), None] - season[:, None]

    def spreads(self, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Spreads (R, C) drawn towards each other, and degrees of freedom (R,) of their common part.

        By the moments of log variances (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3: 3), here of the variance times the
        number of units, as a mean of more units varies less.
        """
        squares = np.where(self.before, rest[..., : self.before.shape[1]], 0) ** 2
        variance = squares.sum(axis=2) / self.df * np.array(self.units)
        known = self.told & (variance > 0)
        half = self.df / 2
        level = np.log(np.where(known, variance, 1)) - digamma(half) + np.log(half)
        n = known.sum(axis=1)
        mean = np.where(known, level, 0).sum(axis=1) / np.maximum(n, 1)
        off = np.where(known, (level - mean[:, None]) ** 2, 0).sum(axis=1) / np.maximum(n - 1, 1)
        off -= np.where(known, polygamma(1, half), 0).sum(axis=1) / np.maximum(n, 1)
        common = np.where(off > 0, 2 * _trigamma_inverse(np.maximum(off, 1e-9)), np.inf)
        finite = np.where(np.isfinite(common), common, 1e9)
        prior = np.exp(mean + digamma(finite / 2) - np.log(finite / 2))
        weight = np.where(n < 2, 0, finite)[:, None]
        drawn = (weight * prior[:, None] + self.df * variance) / (weight + self.df)
        return np.sqrt(drawn / np.array(self.units)), common

    def after(self, values: np.ndarray, months: int) -> np.ndarray:
        """The first ``months`` under the rule (R, C, months)."""
        places = np.array(self.start)[:, None] + np.arange(months)
        return np.take_along_axis(values, places[None], axis=2)


def _trigamma_inverse(values):
    """x with trigamma(x) = ``values``, by interpolation of logarithms."""
    x = np.geomspace(1e-3, 1e9, 4000)
    return np.exp(np.interp(-np.log(values), -np.log(polygamma(1, x)), np.log(x)))


def county_series(levels: np.ndarray, county: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Monthly means (counties, months) of ``levels`` (units, months) less the means of the units before the rule.

    county: (units,) codes 0 ... C-1; start: (counties,) position of the first month under the rule.
    """
    deviation = levels - _unit_means(levels, county, start)[:, None]
    return np.stack([_mean(deviation[county == c], axis=0) for c in range(len(start))])


def unit_spread(levels: np.ndarray, county: np.ndarray, start: np.ndarray) -> float:
    """Standard deviation of the unit-months before the rules, unit means and the season taken out."""
    months = np.arange(levels.shape[1])
    calm = np.where(months[None, :] < start[county][:, None], levels, np.nan)
    rest = calm - _unit_means(levels, county, start)[:, None]
    for k in range(12):
        own = months % 12 == k
        rest[:, own] -= _mean(rest[:, own].ravel(), axis=0)
    n = (~np.isnan(rest)).sum()
    return float(np.sqrt(np.nansum(rest**2) / max(n - len(levels) - 11, 1)))


def _unit_means(levels, county, start):
    before = np.arange(levels.shape[1])[None, :] < start[county][:, None]
    return _mean(np.where(before, levels, np.nan), axis=1)


def _mean(values, axis):
    """Mean of the values present; NaN where there is none."""
    n = (~np.isnan(values)).sum(axis=axis)
    return np.divide(np.nansum(values, axis=axis), n, out=np.full(np.shape(n), np.nan), where=n > 0)


def charts(series: np.ndarray, start: np.ndarray, units: np.ndarray) -> list[Chart]:
    """The chart of every county: ``series`` (counties, months), ``start`` (counties,) of the rule, number of units."""
    calm = ~np.isnan(series) & (np.arange(series.shape[1])[None, :] < start[:, None])
    counties = Counties(tuple(map(int, start)), tuple(map(int, units)), calm.tobytes())
    months = calm.sum(axis=1)
    if not counties.told.any():
        return [Chart(NO_BASELINE, int(n)) for n in months]
    rest = counties.rest(np.nan_to_num(series)[None])
    spread, common = counties.spreads(rest)
    correlation = _correlation_of(counties, float(_autocorrelation(counties, rest)[0]))
    limits, heard = calibrated(counties, correlation, min(LIKE, key=lambda df: abs(1 / df - 1 / common[0])))
    scaled = np.where(np.isnan(series), np.nan, rest[0] / np.where(spread[0] > 0, spread[0], np.nan)[:, None])
    found = []
    for c, first in enumerate(start):
        if not (counties.told[c] and spread[0, c] > 0):
            found.append(Chart(NO_BASELINE, int(months[c])))
            continue
        sums = cumulative(scaled[c, first:])
        above = np.flatnonzero(sums > limits[c])
        alarm = int(first + above[0]) if len(above) else -1
        state = ALARM if len(above) else QUIET
        found.append(Chart(state, int(months[c]), alarm, sums, limits[c], heard[c] * spread[0, c]))
    return found


def cumulative(values: np.ndarray) -> np.ndarray:
    """Sums (..., months) of ``values`` above :data:`ALLOWANCE`, never below zero; a month without a value leaves the
    sum where it was."""
    total, found = np.zeros(values.shape[:-1]), np.empty(values.shape)
    for t in range(values.shape[-1]):
        total = np.maximum(total + np.nan_to_num(values[..., t] - ALLOWANCE), 0)
        found[..., t] = total
    return found


def _autocorrelation(counties, rest):
    """Mean first autocorrelation (R,) of the counties' months before their rules; nothing is known beside a gap."""
    calm = np.where(counties.before, rest[..., : counties.before.shape[1]], 0)
    size = (calm**2).sum(axis=2)
    each = np.divide(
        (calm[..., 1:] * calm[..., :-1]).sum(axis=2), size, out=np.zeros(size.shape), where=size > 0
    )
    return each[:, counties.told].mean(axis=1)


def _simulated(counties, seed, replicates, correlation, common=np.inf):
    """Normal AR(1) series (replicates, C, months) without a change that reach :data:`HORIZON` months beyond every rule,
    and their spreads (replicates, C), which vary with ``common`` degrees of freedom."""
    rng, n = np.random.default_rng(seed), len(counties.start)
    months = max(counties.before.shape[1], max(counties.start) + HORIZON)
    correlation = np.broadcast_to(correlation, replicates)[:, None]
    series = rng.normal(size=(months, replicates, n))
    for t in range(1, months):
        series[t] = correlation * series[t - 1] + np.sqrt(1 - correlation**2) * series[t]
    spread = np.broadcast_to(1 / np.sqrt(np.array(counties.units)), (replicates, n))
    if np.isfinite(common):
        spread = spread * np.sqrt(common / rng.chisquare(common, (replicates, n)))
    return np.moveaxis(series, 0, 2) * spread[..., None], spread


@cache
def _correlations_seen(counties):
    """Mean and standard deviation of the estimated autocorrelation for each of :data:`CORRELATIONS`: it is too low, as
    means and season are estimated, and uncertain."""
    replicates = max(REPLICATES // 4, SERIES // 2 // len(counties.start))
    seen = [
        _autocorrelation(counties, counties.rest(_simulated(counties, 1, replicates, rho)[0]))
        for rho in CORRELATIONS
    ]
    return np.array([own.mean() for own in seen]), np.array([own.std() for own in seen])


def _correlation_of(counties, seen):
    """The one of :data:`CORRELATIONS` under which the autocorrelation ``seen`` is what is expected."""
    means = np.maximum.accumulate(_correlations_seen(counties)[0])
    expected = np.interp(seen, means, CORRELATIONS)
    return float(CORRELATIONS[np.abs(CORRELATIONS - expected).argmin()])


@cache
def calibrated(counties: Counties, correlation: float, common: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits (C,) that :data:`FALSE_ALARM` of simulated counties without a change cross within the horizon, and the
    smallest rebounds (C,) in spreads that ring as :class:`Chart` says, from the first month under the rule on.

    The autocorrelation of a province is drawn around ``correlation`` as its estimate is uncertain; spreads vary with
    ``common`` degrees of freedom. Counties with equally many months before have one limit.
    """
    rng = np.random.default_rng(2)
    replicates = max(REPLICATES, SERIES // len(counties.start))
    means, errors = _correlations_seen(counties)
    error = np.interp(correlation, CORRELATIONS, errors / np.gradient(means, CORRELATIONS))
    drawn = np.clip(correlation + error * rng.normal(size=replicates), 0, MOST)
    series, true = _simulated(counties, 3, replicates, drawn, common)
    rest = counties.rest(series)
    spread, _ = counties.spreads(rest)
    scaled = counties.after(rest / spread[..., None], HORIZON)
    highest, months = cumulative(scaled).max(axis=2), counties.before.sum(axis=1)
    limits, heard = np.full(len(months), np.nan), np.full(len(months), np.nan)
    for n in np.unique(months[counties.told]):
        own = counties.told & (months == n)
        limits[own] = np.quantile(highest[:, own], 1 - FALSE_ALARM)
        ratio = true[:, own] / spread[:, own]
        moved = _heard(scaled[:, own, :SOON], ratio, limits[own][0])
        heard[own] = moved * np.median(ratio)
    return limits, heard


def _heard(scaled, ratio, limit):
    """Smallest shift, in true spreads, after which a share :data:`HEARD` of the series crosses the limit."""
    low, high = 0.0, LARGEST
    for _ in range(20):
        middle = (low + high) / 2
        ringing = cumulative(scaled + middle * ratio[..., None]).max(axis=2) > limit
        low, high = (low, middle) if ringing.mean() >= HEARD else (middle, high)
    return high


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
    """One row per county and measure, then per date on which several counties began (:data:`TOGETHER` in the place of
    the county): names of the county, persons, measure, state, rule, baseline_months, alarm_month, highest, limit,
    detectable (in standard deviations of the unit-months).

    measures: {index or indicator: (units, months)}; frame: rows of the units in the order of the arrays (county_code,
    county_name, city_name, heads); start: of :func:`first_rules`; counties without a rule in the window are left out.
    """
    places = frame[["county_code", "county_name", "city_name", "heads"]].reset_index(drop=True)
    places["first"] = places["county_code"].map(start)
    places = places[places["first"].between(0, len(months) - 1)]
    several = places.groupby("first")["county_code"].transform("nunique") > 1
    together = places[several].assign(county_code=TOGETHER, county_name=TOGETHER, city_name="")
    # each date alone: what moves all units of a month moves all dates alike
    dates = [own for _, own in together.groupby("first")]
    found = [_charted(measures, own, months) for own in (places, *dates)]
    return pd.DataFrame([row for rows in found for row in rows], columns=COLUMNS)


def _charted(measures, places, months):
    """Rows of :data:`COLUMNS`; places: county_code, county_name, city_name, heads and first of units, by number."""
    known = places.groupby(["county_code", "first"])
    numbers, traits = known.ngroup().to_numpy(), known[["county_name", "city_name"]].first()
    persons = known["heads"].sum().round().astype(int).to_numpy()
    starts = traits.index.get_level_values("first").to_numpy(int)
    rows = []
    for name, levels in measures.items() if len(places) else ():
        own = (levels[places.index], numbers, starts)
        drawn, spread = charts(county_series(*own), starts, np.bincount(numbers)), unit_spread(*own)
        for c, found in enumerate(drawn):
            alarm = months[found.alarm] if found.alarm >= 0 else ""
            highest = float(found.sums.max()) if len(found.sums) else np.nan
            detectable = found.detectable / spread if spread > 0 else np.nan
            county = (traits.index[c][0], *traits.iloc[c], persons[c])
            told = (found.state, months[starts[c]], found.months, alarm, highest, found.limit, detectable)
            rows.append((*county, name, *told))
    return rows
