"""Restricted wild bootstraps with few clusters: p-values and, by scores (Kline and Santos 2012), intervals of hazards.

The efficient scores of the clusters at the estimate under the hypothesis are multiplied by random weights, so that
nothing is fitted again. Weights are Webb's six points below 12 clusters, else Rademacher's two.
"""

from functools import cache

import numpy as np
from scipy.optimize import brentq

from jianfu.statistics.absorption import beside
from jianfu.statistics.designs import dummies, sums_by

FEW_WEBB = 12
WEBB = np.sqrt([0.5, 1.0, 1.5])
TIES = 1e-10  # relative difference below which two statistics are equal
STEPS = (1.5, 3, 6, 12, 24)  # standard errors from the estimate at which the end of an interval is sought
END_TOLERANCE = 1e-4  # of an end, in standard errors
NOTHING = 1e-6  # a statistic, in critical values, below which it is rounding noise


def weights_name(n_clusters):
    """Name of the weights for a number of clusters."""
    return "Webb" if n_clusters < FEW_WEBB else "Rademacher"


def draws(n_clusters, replicates, seed):
    """Random weights of the clusters, (replicates, n_clusters)."""
    points = np.r_[-WEBB, WEBB] if n_clusters < FEW_WEBB else np.array([-1.0, 1.0])
    return np.random.default_rng(seed).choice(points, size=(replicates, n_clusters))


def share_beyond(observed, replicated):
    """p-value of a statistic among its replicates (B,): ties count against the hypothesis, it counts as one itself."""
    return (1 + (replicated >= observed * (1 - TIES)).sum(axis=0)) / (len(replicated) + 1)


def p_value(scores, replicates, seed):
    """Two-sided p-value of the hypothesis that the efficient cluster ``scores`` (G,) have mean zero.

    The statistic is the squared sum over the sum of squared deviations from the mean.
    """
    return float(share_beyond(*_replicates(scores, replicates, seed)))


def interval(scores_at, estimate, std_error, replicates, seed, confidence=0.95):
    """Values that the bootstrap test does not reject, (low, high): zero is outside where p < 1 - ``confidence``.

    scores_at: function of a value, giving the efficient cluster scores (G,) under the hypothesis that the coefficient
    has this value, None where that model cannot be fitted (the value then counts as not rejected); std_error: any
    approximate one, the length of the steps in which the ends are looked for. With very few clusters the test may
    reject no value on one side (within the last of ``STEPS``): that end is as far from the estimate as the test of zero
    puts it, whose statistic is the estimate over a standard error. NaN where the replicates are too few, or where that
    statistic is none.
    """
    # as many may be that large, the observed one included, at most
    beyond = int(np.ceil((1 - confidence) * (replicates + 1) - TIES)) - 1
    if beyond < 1 or not std_error > 0:
        return np.nan, np.nan

    @cache
    def excess(value):
        scores = scores_at(value)
        if scores is None:
            return -1.0
        observed, replicated = _replicates(scores, replicates, seed)
        critical = np.sort(replicated)[len(replicated) - beyond]
        return float(np.sqrt(observed * (1 - TIES) / critical)) - 1

    if excess(estimate) > 0:  # the test rejects the estimate itself
        return np.nan, np.nan
    ends = [_end(excess, estimate, side * std_error) for side in (-1, 1)]
    ratio = 1 + excess(0.0)
    half = abs(estimate) / ratio if ratio > NOTHING else np.nan
    low, high = np.where(np.isnan(ends), [estimate - half, estimate + half], ends)
    return float(low), float(high)


def _end(excess, estimate, step):
    """Where ``excess`` turns positive on the way from ``estimate`` in the direction of ``step``; NaN if it does not."""
    inner, points = estimate, [estimate + k * step for k in STEPS]
    if estimate * step < 0:  # zero lies on the way: the end is beyond it or not, as the test of zero says
        if excess(0.0) > 0:
            points = [*(point for point in points if point * estimate > 0), 0.0]
        else:
            inner, points = 0.0, [k * step for k in STEPS]
    for outer in points:
        if excess(outer) > 0:
            return brentq(excess, inner, outer, xtol=END_TOLERANCE * abs(step))
        inner = outer
    return np.nan


def _replicates(scores, replicates, seed):
    """The observed statistic and the replicated ones."""
    return statistic(scores), statistic(draws(len(scores), replicates, seed) * scores)


def statistic(scores):
    """Squared sum of the ``scores`` (..., G) over the sum of squared deviations from their mean; 0 if all are 0."""
    spread = ((scores - scores.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return np.divide(scores.sum(axis=-1) ** 2, spread, out=np.zeros(np.shape(spread)), where=spread > 0)


def cluster_p_value(y, design, effects, clusters, term, replicates, seed, weights=None):
    """Restricted wild cluster bootstrap of least squares (Cameron, Gelbach and Miller 2008; MacKinnon 2023): p-value.

    The hypothesis is that column ``term`` of ``design`` (N, k) has the coefficient zero; effects: arrays of codes (none
    = a constant). Residuals of the restricted fit are multiplied by one weight per cluster, t statistics have
    cluster-robust errors, and everything is computed from sums by cluster, so that nothing is fitted again. Two-sided,
    ties count against the hypothesis, the observed statistic counts as one replicate. NaN for a collinear column.
    weights: (N,) of weighted least squares; those of cells with a number of rows each give what the rows give.
    """
    root = np.ones(len(y)) if weights is None else np.sqrt(np.asarray(weights, dtype=float))
    design = np.asarray(design, dtype=float)
    kept = beside(design, effects, root**2, term)
    full, term = _columns(design[:, [*kept, term]], effects) * root[:, None], len(kept)
    response = np.asarray(y, dtype=float) * root
    x, others = full[:, term], np.delete(full, term, axis=1)
    residual_x = x - others @ np.linalg.lstsq(others, x, rcond=None)[0]
    if not residual_x @ residual_x > 1e-10 * (x @ x):
        return np.nan
    restricted = response - others @ np.linalg.lstsq(others, response, rcond=None)[0]
    codes = np.unique(clusters, return_inverse=True)[1]
    n_clusters = codes.max() + 1
    inverse = np.linalg.pinv(full.T @ full, hermitian=True)

    scores = np.bincount(codes, residual_x * restricted, minlength=n_clusters)
    left, right = (sums_by(full * column[:, None], codes) for column in (residual_x, restricted))
    # what fitting to the residuals of one cluster takes from another's score
    shrink = right @ inverse @ left.T
    signs = np.vstack([np.ones(n_clusters), draws(n_clusters, replicates, seed)])
    spread = ((signs * scores - signs @ shrink) ** 2).sum(axis=1)
    squared = (signs @ scores) ** 2 / spread
    return float(share_beyond(squared[0], squared[1:]))


def _columns(design, effects):
    """Design with dummies of the effects (a constant where there are none)."""
    if not effects:
        return np.column_stack([design, np.ones(len(design))])
    codes = [np.unique(effect, return_inverse=True)[1] for effect in effects]
    return np.column_stack([design, *(dummies(level, first=int(j > 0)) for j, level in enumerate(codes))])
