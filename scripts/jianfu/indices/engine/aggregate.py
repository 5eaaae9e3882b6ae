"""Aggregation of normalised components into one score per row.

``values`` (..., k) with NaN = missing, ``weights`` (k,) or one set per row (..., k), not negative, any sum. Weights
are renormalised over the components present; a score is missing where the share of components present is below
``min_share`` (components of weight zero do not count) or nothing is present.

Monotone in every component: arithmetic and geometric always, power on values that are not negative, AMPI with the
penalty for bads between its goalposts (with the penalty for goods a single component far above the others lowers the
index). All are unchanged by a permutation of the components together with their weights.
"""

import numpy as np

from jianfu.core.errors import DataError

ROUNDING = 1e-12  # a share of exactly 0.6 must not fail for its last binary digit


def aggregate(values, weights, method="arithmetic", min_share=0.6, p=2.0, penalty="+"):
    """Scores (...,) of ``values`` (..., k); see the functions of this module for the methods.

    Raises :class:`DataError` where a method is not defined for the values (see there).
    """
    values, weights = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    total = _sum(known, weights)
    enough = (present(values, weights) >= min_share * (weights > 0).sum(-1) - ROUNDING) & (total > 0)
    total = np.where(enough, total, np.nan)
    if method == "arithmetic":
        return arithmetic(filled, weights, total)
    if method == "geometric":
        return geometric(filled, known, weights, total)
    if method == "power":
        return power(filled, known, weights, total, p)
    assert method == "ampi", method
    return ampi(filled, known, weights, total, penalty)


def present(values, weights):
    """Number of components present, of those with a weight above zero: integer (...,)."""
    return (~np.isnan(values) & (np.asarray(weights) > 0)).sum(-1)


def arithmetic(filled, weights, total):
    """Weighted arithmetic mean; ``filled`` has zeros where missing, ``total`` the weight present."""
    return _sum(filled, weights) / total


def geometric(filled, known, weights, total):
    """Weighted geometric mean; needs values above zero (the relief scale of a burden, never z-scores)."""
    _refuse(filled[known] <= 0, "geometric_needs_above_zero")
    return np.exp(_sum(np.log(np.where(known, filled, 1.0)), weights) / total)


def power(filled, known, weights, total, p=2.0):
    """Weighted power mean (Σ w x^p / Σ w)^(1/p), p ≠ 0; p = 2 lets high components weigh more, p = -1 is harmonic.

    Needs values that are not negative (p > 0) or above zero (p < 0): elsewhere it is not monotone.
    """
    if p > 0:
        _refuse(filled[known] < 0, "power_needs_no_negative")
    else:
        _refuse(filled[known] <= 0, "power_needs_above_zero")
    # in units of the component that decides where |p| is large, so that no power overflows
    size = np.where(known, filled, np.nan)
    size = (np.fmax if p > 0 else np.fmin).reduce(size, axis=-1, keepdims=True)
    size = np.where(size > 0, size, 1.0)
    powers = (np.where(known, filled, size) / size) ** p * known
    return size[..., 0] * (_sum(powers, weights) / total) ** (1 / p)


def ampi(filled, known, weights, total, penalty="+"):
    """Adjusted Mazziotta–Pareto index M ± S·cv, with S² = Σ w (r - M)² / Σ w and cv = S / M.

    Mazziotta & Pareto (2016), Social Indicators Research 127: 983–1003. For values on the scale of their goalposts,
    70–130. ``penalty`` "+" for what is bad (unbalanced burdens count as heavier), "-" for what is good.
    """
    _refuse(filled[known] <= 0, "ampi_needs_above_zero")
    mean = _sum(filled, weights) / total
    spread = _sum(np.where(known, filled - mean[..., None], 0.0) ** 2, weights) / total
    return mean + (1 if penalty == "+" else -1) * spread / mean


def _sum(values, weights):
    return values @ weights if weights.ndim == 1 else (values * weights).sum(-1)


def _refuse(wrong, code):
    if wrong.any():
        raise DataError(code, n=int(wrong.sum()))
