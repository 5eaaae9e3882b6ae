"""Imputation: the last value of the same unit for at most some periods; never backwards, never across units."""

import numpy as np


def carry_forward(values, unit, period, limit):
    """Values with gaps filled by the unit's last value at most ``limit`` periods old, and the flags of what was filled.

    values  (N, k); unit (N,) any labels; period (N,) whole numbers, one apart for neighbouring periods.
    Returns (values, imputed), arrays (N, k); rows keep their order.
    """
    order = np.lexsort((period, unit))
    x, unit, period = values[order], np.asarray(unit)[order], np.asarray(period)[order]
    known = ~np.isnan(x)
    rows = np.arange(len(x))
    first = np.maximum.accumulate(np.where(np.r_[True, unit[1:] != unit[:-1]], rows, 0)) if len(x) else rows
    last = np.maximum.accumulate(np.where(known, rows[:, None], -1), axis=0)
    fill = ~known & (last >= first[:, None]) & (period[:, None] - period[last] <= limit)
    x[fill] = np.take_along_axis(x, np.maximum(last, 0), axis=0)[fill]
    back = np.empty_like(order)
    back[order] = rows
    return x[back], fill[back]
