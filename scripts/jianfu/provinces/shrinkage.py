"""Estimates of several places drawn to their mean, and what one more place would have: a normal hierarchical model.

What is not known of the heterogeneity enters by its confidence distribution (:func:`tau2_draws`).
"""

import numpy as np
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.statistics import meta


def t_variances(std_errors, df):
    """Variances of t distributions with these scales and degrees of freedom; NaN with two or fewer.

    An error from few clusters is too small more often than too large; df / (df - 2) is the factor that makes up for it.
    """
    errors, df = (np.asarray(a, dtype=float) for a in np.broadcast_arrays(std_errors, df))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(np.isinf(df), 1.0, df / (df - 2))
    return np.where(df > 2, factor * errors**2, np.nan)


def tau2_draws(estimates, variances, n=200):
    """``n`` equally likely values of tau2: its confidence distribution by the generalised Q statistic, ascending.

    The weighted sum of squares at the true tau2 is chi-squared with k - 1 degrees of freedom; each of its quantiles
    gives the tau2 at which the estimates have it (Viechtbauer 2007, the Q profile; Nagashima et al. 2019).
    """
    y, v, x = meta.checked(estimates, variances, None)
    if len(y) < 2:
        raise NotEstimable("too_few_estimates", estimates=len(y), coefficients=2)
    quantiles = stats.chi2.ppf((np.arange(n) + 0.5) / n, len(y) - 1)
    top = meta.tau2_at(y, v, x, quantiles[0])
    grid = np.concatenate([[0.0], np.geomspace(1e-4 * v.min(), top, 400)]) if top > 0 else np.zeros(1)
    mean, _ = mean_given(y, v, grid)
    squares = ((y - mean[:, None]) ** 2 / (v + grid[:, None])).sum(axis=1)  # falls with tau2
    return np.interp(quantiles[::-1], squares[::-1], grid[::-1])


def mean_given(estimates, variances, tau2):
    """The mean of true effects and its variance where tau2 is known; ``tau2`` may be an array (n,)."""
    weights = 1 / (np.asarray(variances, dtype=float) + np.asarray(tau2, dtype=float)[..., None])
    total = weights.sum(axis=-1)
    return (weights * np.asarray(estimates, dtype=float)).sum(axis=-1) / total, 1 / total


def drawn_to_mean(estimates, variances, tau2):
    """The true effects behind ``estimates`` (k,) where tau2 is known: (values, variances), each (..., k).

    Best linear unbiased predictions as ``metafor::blup``: weight tau2 / (tau2 + v) on the own estimate, the rest on the
    mean, whose variance counts.
    """
    y, v = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    mean, variance = (part[..., None] for part in mean_given(y, v, tau2))
    tau2 = np.asarray(tau2, dtype=float)[..., None]
    own = tau2 / (tau2 + v)
    return own * y + (1 - own) * mean, own * v + (1 - own) ** 2 * variance


def shrunken(estimates, variances, confidence=0.95):
    """Estimates of the normal hierarchical model, drawn to their mean: (values, low, high), each (k,).

    Means and quantiles of :func:`drawn_to_mean` over :func:`tau2_draws`, so that what is not known of the heterogeneity
    stands in the interval; a plug-in of one tau2, often 0, makes intervals too short.
    """
    values, spread = drawn_to_mean(estimates, variances, tau2_draws(estimates, variances))
    ends = [_quantiles(values, np.sqrt(spread), (1 + sign * confidence) / 2) for sign in (-1, 1)]
    return values.mean(axis=0), *ends


def prediction(estimates, variances, confidence=0.95):
    """Interval (low, high) for the true effect of one more, over :func:`tau2_draws` like :func:`shrunken`."""
    draws = tau2_draws(estimates, variances)
    mean, variance = mean_given(estimates, variances, draws)
    spread = np.sqrt(draws + variance)[:, None]
    return tuple(float(_quantiles(mean[:, None], spread, (1 + sign * confidence) / 2)[0]) for sign in (-1, 1))


def _quantiles(means, spreads, level):
    """The quantile at ``level`` of mixtures of normals, one per column of ``means`` and ``spreads`` (n, k)."""
    reach = 8 * spreads.max(axis=0)
    low, high = means.min(axis=0) - reach, means.max(axis=0) + reach
    for _ in range(60):
        middle = (low + high) / 2
        below = stats.norm.cdf((middle - means) / spreads).mean(axis=0) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
