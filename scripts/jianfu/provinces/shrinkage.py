"""Estimates of several places drawn to their mean, and what one more place would have: a normal hierarchical model.

What is not known of the heterogeneity enters by its confidence distribution (:func:`tau2_draws`).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.statistics import meta


def interval_variances(low, high, confidence):
    """Variances of the normal distributions with these intervals at a level of ``confidence``.

    An error from few clusters is too small more often than too large; the interval, of a t distribution or of a
    bootstrap, makes up for it.
    """
    half = (np.asarray(high, dtype=float) - np.asarray(low, dtype=float)) / 2
    return (half / stats.norm.ppf((1 + np.asarray(confidence, dtype=float)) / 2)) ** 2


def tau2_draws(estimates, variances, n=200):
    """``n`` equally likely values of tau2: its confidence distribution by the generalised Q statistic, ascending.

    The weighted sum of squares at the true tau2 is chi-squared with k - 1 degrees of freedom; each of its quantiles
    gives the tau2 at which the estimates have it (Viechtbauer 2007, the Q profile; Nagashima et al. 2019).
    """
    y, v, _ = meta.checked(estimates, variances, None)
    if len(y) < 2:
        raise NotEstimable("too_few_estimates", estimates=len(y), coefficients=2)
    return _tau2_with(y, v, np.ones((len(y), 1)), stats.chi2.ppf(1 - _levels(n), len(y) - 1))


def _levels(n):
    return (np.arange(n) + 0.5) / n


def _tau2_with(estimates, variances, groups, squares):
    """tau2 >= 0 (n,) at which the weighted squares about the means of groups, which fall with tau2, are ``squares``.

    estimates, variances: (k,) or (n, k); groups: membership (k, g) of zeros and ones.
    """

    def excess(tau2):
        means, _ = means_given(estimates, variances, tau2, groups)
        return ((estimates - means @ groups.T) ** 2 / (variances + tau2[:, None])).sum(axis=1) - squares

    low, high = np.zeros(len(squares)), np.full(len(squares), np.var(estimates) + np.max(variances))
    none = excess(low) <= 0
    while (far := excess(high) > 0).any():
        high = np.where(far, 2 * high, high)
    for _ in range(60):
        middle = (low + high) / 2
        below = excess(middle) > 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(none, 0.0, (low + high) / 2)


def means_given(estimates, variances, tau2, groups):
    """Means of groups (n, g) and their variances where tau2 (n,) is known; arguments as in :func:`_tau2_with`."""
    weights = 1 / (variances + np.asarray(tau2, dtype=float)[..., None])
    total = weights @ groups
    return (weights * estimates) @ groups / total, 1 / total


def mean_given(estimates, variances, tau2):
    """The mean of true effects and its variance where tau2 is known; ``tau2`` may be an array (n,)."""
    y, v = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    mean, variance = means_given(y, v, tau2, np.ones((y.shape[-1], 1)))
    return mean[..., 0], variance[..., 0]


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
    """Estimates of the normal hierarchical model, drawn to their mean: values, low, high, (3, k).

    Means and quantiles of :func:`drawn_to_mean` over :func:`tau2_draws`, so that what is not known of the heterogeneity
    stands in the interval; a plug-in of one tau2, often 0, makes intervals too short.
    """
    draws = tau2_draws(estimates, variances)
    return _summary(*drawn_to_mean(estimates, variances, draws), confidence)


def prediction(estimates, variances, confidence=0.95):
    """Interval (low, high) for the true effect of one more, over :func:`tau2_draws` like :func:`shrunken`."""
    draws = tau2_draws(estimates, variances)
    mean, variance = mean_given(estimates, variances, draws)
    _, low, high = _summary(mean[:, None], (draws + variance)[:, None], confidence)[:, 0]
    return float(low), float(high)


def _quantiles(means, spreads, level):
    """The quantile at ``level`` of mixtures of normals, one per column of ``means`` and ``spreads`` (n, k)."""
    reach = 8 * spreads.max(axis=0)
    low, high = means.min(axis=0) - reach, means.max(axis=0) + reach
    for _ in range(60):
        middle = (low + high) / 2
        below = stats.norm.cdf((middle - means) / spreads).mean(axis=0) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class Nested:
    """Effects of counties within provinces: y = mean + province (tau2) + county (omega2) + error of known variance.

    mean: of provinces, by REML with the errors of Hartung and Knapp, from the means of their counties; its ``tau2`` is
    that between provinces. omega2, omega2_low, omega2_high: variance between the counties of a province (Paule-Mandel
    within provinces, Q profile). provinces: means (p,) of the counties that gave estimates, before anything is drawn.
    of_provinces, of_counties: drawn values, low, high, (3, p) and (3, k). province, county: intervals (low, high) for a
    further province, and for a county of a further province.
    """

    mean: meta.Meta
    omega2: float
    omega2_low: float
    omega2_high: float
    provinces: np.ndarray
    of_provinces: np.ndarray
    of_counties: np.ndarray
    province: tuple
    county: tuple


def nested(estimates, variances, members, confidence=0.95, n=400):
    """:class:`Nested` of ``estimates`` (k,) of counties with ``variances``; ``members`` (k,): 0..p-1, the province.

    Where omega2 is known, the means of provinces have known variances and are independent of the squares within them.
    So draws of omega2 come from the Q profile within provinces, those of tau2 from that of the means which each draw of
    omega2 gives, and what counties and provinces are drawn to is the normal model given both, mixed over the draws.
    Raises :class:`NotEstimable` with fewer than two provinces or where no province has two counties.
    """
    y, v, _ = meta.checked(estimates, variances, None)
    members = np.asarray(members)
    groups = (members[:, None] == np.arange(members.max() + 1)).astype(float)
    left = len(y) - groups.shape[1]
    if groups.shape[1] < 2 or left < 1:
        raise NotEstimable("too_few_estimates", estimates=len(y), coefficients=groups.shape[1] + 1)
    tails = stats.chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], left)
    point, low, high = _tau2_with(y, v, groups, np.array([left, *tails]))
    means, spread = means_given(y, v, point, groups)
    omega2 = _tau2_with(y, v, groups, stats.chi2.ppf(1 - _levels(n), left))[:, None]
    own, own_variances = means_given(y, v, omega2[:, 0], groups)
    lattice = _levels(n)[
        np.argsort(np.arange(n) * (np.sqrt(5) - 1) / 2 % 1)
    ]  # pairs that fill the square evenly
    tau2 = _tau2_with(
        own, own_variances, np.ones((groups.shape[1], 1)), stats.chi2.ppf(lattice, groups.shape[1] - 1)
    )
    centre, around = (part[:, None] for part in mean_given(own, own_variances, tau2))
    provinces, of_provinces = drawn_to_mean(own, own_variances, tau2)
    share = omega2 / (omega2 + v)
    counties = share * y + (1 - share) * provinces[:, members]
    of_counties = share * v + (1 - share) ** 2 * of_provinces[:, members]
    further = around + tau2[:, None]
    return Nested(
        meta.fit(means, spread, confidence=confidence),
        *(float(value) for value in (point, low, high)),
        means,
        _summary(provinces, of_provinces, confidence),
        _summary(counties, of_counties, confidence),
        *(tuple(_summary(centre, wide, confidence)[1:, 0]) for wide in (further, further + omega2)),
    )


def _summary(means, variances, confidence):
    """Mean, low and high of mixtures of normals, one per column: (3, k)."""
    ends = [_quantiles(means, np.sqrt(variances), (1 + sign * confidence) / 2) for sign in (-1, 1)]
    return np.array([means.mean(axis=0), *ends])
