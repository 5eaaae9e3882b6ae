"""Intervals, p-values and adjustment for many tests."""

import numpy as np
import pandas as pd
from scipy import stats

ADJUSTMENTS = {
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "bonferroni": "bonferroni",
    "BH": "fdr_bh",
    "BY": "fdr_by",
}


def t_interval(estimate, std_error, df, confidence):
    """Interval and two-sided p-value from the t distribution; arrays in, (low, high, p) out."""
    estimate, std_error = np.asarray(estimate, dtype=float), np.asarray(std_error, dtype=float)
    half = stats.t.ppf((1 + confidence) / 2, df) * std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * stats.t.sf(np.abs(estimate / std_error), df)
    return estimate - half, estimate + half, p_value


def t_quantile(level, df):
    """Quantile of the t distribution that bounds a two-sided interval at ``level``; df = inf is the normal."""
    return float(stats.t.ppf((1 + level) / 2, df))


def percentile_interval(draws, confidence):
    """Percentile interval and two-sided p-value of bootstrap replicates (B,) against zero."""
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    tail = min((draws <= 0).sum(), (draws >= 0).sum())
    return low, high, min(1.0, 2 * (tail + 1) / (len(draws) + 1))


def adjusted(p_values, method):
    """Adjusted p-values; tests that could not be made count as p = 1 and stay missing."""
    # only here, as it takes longer to load than most of what reads this module runs
    from statsmodels.stats.multitest import multipletests

    p_values = np.asarray(p_values, dtype=float)
    result = multipletests(np.where(np.isnan(p_values), 1.0, p_values), method=method)[1]
    return np.where(np.isnan(p_values), np.nan, result)


def adjusted_within(p_values, families, method):
    """Adjusted p-values (N,) as R's ``p.adjust`` (``method``: a key of :data:`ADJUSTMENTS`), inside each family."""
    own = pd.Series(np.asarray(p_values, dtype=float)).groupby(
        np.asarray(families, dtype=object), dropna=False
    )
    return own.transform(adjusted, method=ADJUSTMENTS[method]).to_numpy()
