"""Treatment of outliers: skewness and kurtosis, winsorising, limits.

Limits are estimated once, from the rows of the reference window, and then hold for every row.
"""

import numpy as np

from jianfu.core.errors import DataError

ROUNDING = 1e-12  # share of a value within which others are equal to it
TRANSFORMATIONS = ("none", "log1p", "log", "log10")


def transform(values, transformation, code="an indicator"):
    """``none``, ``log1p`` (ln(1+x), x ≥ 0), ``log`` (ln x, x > 0) or ``log10`` of an array."""
    if transformation == "none":
        return values
    if transformation == "log1p":
        if np.any(values < 0):
            raise DataError("count_below_zero", code=code)
        return np.log1p(values)
    if np.any(values <= 0):
        raise DataError("no_logarithm", code=code)
    return np.log(values) if transformation == "log" else np.log10(values)


def varies(low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray | np.bool_:
    """Whether values between ``low`` and ``high`` differ by more than rounding (0.1·n/n·100); never where NaN."""
    with np.errstate(invalid="ignore"):
        return np.subtract(high, low) > ROUNDING * np.maximum(np.abs(low), np.abs(high))


def skewness(values):
    """Adjusted Fisher–Pearson skewness (type 2: SAS, Excel, COINr) of the values present; NaN below 3 or constant."""
    x = _centred(values)
    n = len(x)
    if n < 3 or not x.any():
        return np.nan
    square = x * x
    return np.sqrt(n) * (square * x).sum() / square.sum() ** 1.5 * np.sqrt(n * (n - 1)) / (n - 2)


def kurtosis(values):
    """Adjusted excess kurtosis (type 2) of the values present; NaN below 4 or if constant."""
    x = _centred(values)
    n = len(x)
    if n < 4 or not x.any():
        return np.nan
    square = x * x
    ratio = n * (square * square).sum() / square.sum() ** 2
    return ((n + 1) * (ratio - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


def is_outlying(values, skew=2.0, kurt=3.5):
    """Whether |skewness| and kurtosis both reach their thresholds (never where they are undefined)."""
    return abs(skewness(values)) >= skew and kurtosis(values) >= kurt


def winsor_limits(values, skew=2.0, kurt=3.5, points=5):
    """Limits (lower, upper, number of points moved) that bring skewness or kurtosis below their thresholds.

    While both are reached and fewer than ``points`` values have been moved, the most extreme value of the longer
    tail, with those tied to it, takes the value of its neighbour (COINr's rule). ``-inf`` / ``inf`` where a side is
    untouched. Clipping ``values`` to the limits gives the winsorised values.
    """
    x = np.sort(values[~np.isnan(values)])
    lower, upper, low, high = -np.inf, np.inf, 0, 0
    while low + high < points and is_outlying(x, skew, kurt):
        if skewness(x) >= 0:
            upper = x[x < x[-1]][-1]
            high = int((x == x[-1]).sum())
            x = np.minimum(x, upper)
        else:
            lower = x[x > x[0]][0]
            low = int((x == x[0]).sum())
            x = np.maximum(x, lower)
    return lower, upper, low + high


def _centred(values):
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values) or not varies(values.min(), values.max()):
        return np.zeros(len(values))
    return values - values.mean()
