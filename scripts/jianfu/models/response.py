"""Descriptions behind two figures: exit rates by exposure, and burnout by exposure with the fitted line of H1."""

import numpy as np
import pandas as pd
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.models.sample import prepare
from jianfu.models.tables.table import exposure_at
from jianfu.statistics.designs import demean

ALL = "all"
GROUPS = (5, 3, 2)  # numbers of groups of exposure, in the order of preference
MIN_PER_BIN = 30  # respondents behind a point of the burnout figure


def bin_numbers(values, bins):
    """Bin 0 ... bins-1 of each value by the quantiles of the values; equal values share a bin."""
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins))
    return np.searchsorted(edges, values, side="left")


def rate_interval(events, time, clusters, confidence):
    """Rate and interval on the log scale with cluster-robust error: arrays of row values in, (rate, low, high) out.

    Var(log rate) = G / (G - 1) * sum over clusters of (events - rate * time)^2 / events^2; without events the exact
    Poisson upper bound.
    """
    total, exposure = events.sum(), time.sum()
    rate = total / exposure
    if total == 0:
        return 0.0, 0.0, stats.chi2.ppf((1 + confidence) / 2, 2) / 2 / exposure
    codes = pd.factorize(clusters)[0]
    excess = np.bincount(codes, events) - rate * np.bincount(codes, time)
    n_clusters = codes.max() + 1
    if n_clusters < 2:
        return rate, np.nan, np.nan
    error = np.sqrt(n_clusters / (n_clusters - 1) * (excess**2).sum()) / total
    half = stats.t.ppf((1 + confidence) / 2, n_clusters - 1) * error
    return rate, rate * np.exp(-half), rate * np.exp(half)


def number_of_groups(values, exits, min_exits):
    """Number of exposure groups, one of GROUPS: the largest that leaves ``min_exits`` exits in each, else the last.

    values: (N,) exposures, which the groups divide into equal parts; exits: sets of exits (N,) (0 or 1), each of which
    must have that many in every group.
    """
    for bins in GROUPS if len(values) else ():
        group = bin_numbers(values, bins)
        if min(np.bincount(group, own, minlength=bins).min() for own in exits) >= min_exits:
            return bins
    return GROUPS[-1]


def dose_response(
    person_months: pd.DataFrame,
    exposures: pd.DataFrame,
    *,
    exposure: str,
    focus: str,
    min_exits: int,
    confidence: float,
) -> pd.DataFrame:
    """Voluntary exits per 1,000 person-months by cohort and quantile group of the exposure, with totals.

    The groups divide all person-months with a known exposure into equal parts, as many as leave ``min_exits`` exits
    of the cohort ``focus``, and of the others, in each (:func:`number_of_groups`): the gate publishes the sum over
    cohorts, so few exits of the others would take that cohort with them. Columns: cohort (``all`` = every one), bin
    (``all`` = every one), exposure_mean, person_months, persons, exits, rate, ci_low, ci_high. Only person-months
    with a known exposure count anywhere, each person once in a row.
    """
    value = exposure_at(person_months["unit_code"], person_months["month"], exposures, exposure)
    known = ~np.isnan(value)
    frame = person_months[known].assign(value=value[known])
    frame["exit"] = (frame["kind"] == "voluntary").astype(int)
    values, focal = frame["value"].to_numpy(), (frame["cohort"] == focus).to_numpy()
    exits = frame["exit"].to_numpy()
    bins = number_of_groups(values, (exits * focal, exits * ~focal), min_exits)
    frame["bin"] = bin_numbers(values, bins) if len(frame) else []
    groups, totals = [], []
    for cohort in (ALL, *frame["cohort"].cat.categories):
        own = frame if cohort == ALL else frame[frame["cohort"] == cohort]
        groups += [(cohort, str(n + 1), *_rate_row(part, confidence)) for n, part in own.groupby("bin")]
        totals += [(cohort, ALL, *_rate_row(own, confidence))] if len(own) else []
    columns = ["exposure_mean", "person_months", "persons", "exits", "rate", "ci_low", "ci_high"]
    return pd.DataFrame([*groups, *totals], columns=["cohort", "bin", *columns])


def _rate_row(part, confidence):
    """Mean exposure, person-months, persons, exits and rate with its interval, from rows with value and exit."""
    by_unit = part.groupby("unit_code", observed=True)["exit"].agg(["sum", "size"])
    rate = rate_interval(
        by_unit["sum"].to_numpy(float), by_unit["size"].to_numpy(float), by_unit.index, confidence
    )
    counts = (len(part), part["person_key"].nunique(), int(part["exit"].sum()))
    return (part["value"].mean(), *counts, *(1000 * r for r in rate))


def burnout_bins(spec, table, categories, bins, confidence):
    """Points and line of the outcome of an ``ols`` model against its first exposure, both net of everything else.

    Exposure and standardised outcome are replaced by their residuals on controls and effects plus their means (Frisch,
    Waugh, Lovell), so the slope of ``fitted`` is the coefficient of the model. Columns: bin, exposure_mean,
    burnout_mean, ci_low, ci_high (cluster-robust), n_persons, n_respondents, fitted; no rows if not estimable.
    """
    columns = [
        "bin",
        "exposure_mean",
        "burnout_mean",
        "ci_low",
        "ci_high",
        "n_persons",
        "n_respondents",
        "fitted",
    ]
    try:
        model = prepare(spec, table, categories)
    except NotEstimable:
        return pd.DataFrame(columns=columns)
    used = table.frame[model.sample.rows]
    exposure = used[spec.terms[0]].to_numpy(dtype=float)
    outcome = used[spec.outcome].to_numpy(dtype=float)
    outcome = (outcome - outcome.mean()) / outcome.std(ddof=1)
    x, y = (
        residual(values, model.of_controls(), model.effects) + values.mean() for values in (exposure, outcome)
    )
    slope = ((x - x.mean()) @ (y - y.mean())) / ((x - x.mean()) @ (x - x.mean()))
    number = bin_numbers(x, max(2, min(bins, len(x) // MIN_PER_BIN)))
    person = used["person"].to_numpy(dtype=object)
    person = np.where(pd.isna(person), np.arange(len(used)).astype(str), person)
    rows = []
    for code in np.unique(number):
        here = number == code
        mean, low, high = mean_interval(y[here], used["unit"].to_numpy()[here], confidence)
        center = x[here].mean()
        fitted = y.mean() + slope * (center - x.mean())
        rows.append((code + 1, center, mean, low, high, len(set(person[here])), int(here.sum()), fitted))
    return pd.DataFrame(rows, columns=columns)


def mean_interval(values, clusters, confidence):
    """Mean with cluster-robust t interval."""
    codes = pd.factorize(clusters)[0]
    sums = np.bincount(codes, values - values.mean())
    n_clusters = len(sums)
    if n_clusters < 2:
        return values.mean(), np.nan, np.nan
    error = np.sqrt(n_clusters / (n_clusters - 1) * (sums**2).sum()) / len(values)
    half = stats.t.ppf((1 + confidence) / 2, n_clusters - 1) * error
    return values.mean(), values.mean() - half, values.mean() + half


def residual(values, columns, effects):
    """Least-squares residuals of ``values`` (N,) on ``columns`` and on dummies of ``effects`` (the first swept out)."""
    dummies = [(codes[:, None] == np.arange(1, codes.max() + 1)).astype(float) for codes in effects[1:]]
    blocks = [np.column_stack(columns)] if columns else []
    first = effects[0] if effects else np.zeros(len(values), dtype=int)
    matrix = demean(np.column_stack([values, *blocks, *dummies]), first)
    design = matrix[:, 1:]
    return matrix[:, 0] - design @ np.linalg.lstsq(design, matrix[:, 0], rcond=None)[0]
