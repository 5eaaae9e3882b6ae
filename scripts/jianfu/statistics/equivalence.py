"""Equivalence by two one-sided tests (Schuirmann 1987): is an effect small enough not to matter?"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from jianfu.core.errors import NotEstimable


@dataclass(frozen=True)
class Equivalence:
    """Result of :func:`tost`: p-values against 'at or below low' and 'at or above high', and the larger of the two;
    ci_low, ci_high: the interval of confidence 1 - 2 alpha, which lies inside (low, high) exactly when p < alpha."""

    p_low: float
    p_high: float
    p_value: float
    ci_low: float
    ci_high: float


def tost(estimate, std_error, low, high, df=np.inf, alpha=0.05):
    """Two one-sided t tests of low < effect < high; raises NotEstimable unless low < high."""
    if not low < high:
        raise NotEstimable("bounds_out_of_order", low=low, high=high)
    p_low = float(stats.t.sf((estimate - low) / std_error, df))
    p_high = float(stats.t.cdf((estimate - high) / std_error, df))
    half = stats.t.isf(alpha, df) * std_error
    return Equivalence(p_low, p_high, max(p_low, p_high), float(estimate - half), float(estimate + half))
