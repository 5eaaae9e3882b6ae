"""Exact variance shares of a full-factorial design (Sobol' indices without sampling).

Sobol' (1993) and Saltelli et al. (2010), for factors that are independent and uniform on their levels: with every
combination computed once, conditional means are plain averages and the shares are exact.
"""

from itertools import product

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError

CONSTANT = 1e-12  # relative spread below which an outcome does not vary


def exact_shares(design: pd.DataFrame, outcome) -> pd.DataFrame:
    """First-order and total shares of the variance of ``outcome`` (N,) over the combinations in ``design``.

    ``design`` has one column per factor and one row per combination, each combination once. Returns factor, levels,
    first_order = Var(E[Y|factor]) / Var(Y) and total = 1 - Var(E[Y|all other factors]) / Var(Y), with variances that
    divide by the number of combinations. An outcome that does not vary has no shares (NaN). First-order shares add up
    to at most one; what is missing are interactions.

    Raises DataError where a combination is absent, twice there, or without outcome: the shares would not be exact.
    """
    outcome = np.asarray(outcome, dtype=float)
    codes = [pd.factorize(design[name])[0] for name in design]
    sizes = [int(code.max()) + 1 for code in codes]
    cell = np.ravel_multi_index(codes, sizes) if codes else np.zeros(0, dtype=int)
    if len(cell) != np.prod(sizes) or len(np.unique(cell)) != len(cell):
        raise DataError(
            "design_incomplete", found=len(np.unique(cell)), expected=int(np.prod(sizes)), rows=len(cell)
        )
    if np.isnan(outcome).any():
        raise DataError("design_without_outcome", n=int(np.isnan(outcome).sum()))
    grid = np.empty(sizes)
    grid.flat[cell] = outcome
    total = grid.var()
    varies = total > (CONSTANT * max(np.abs(grid).max(), 1e-300)) ** 2
    rows = []
    for axis, name in enumerate(design):
        others = tuple(other for other in range(grid.ndim) if other != axis)
        first = grid.mean(axis=others).var() / total if varies else np.nan
        rest = 1 - grid.mean(axis=axis).var() / total if varies else np.nan
        rows.append((name, sizes[axis], first, rest))
    return pd.DataFrame(rows, columns=["factor", "levels", "first_order", "total"])


def full_factorial(factors: dict) -> pd.DataFrame:
    """Every combination of the levels in ``factors`` {name: levels}: one row each, the last factor moving fastest."""
    return pd.DataFrame(list(product(*factors.values())), columns=list(factors), dtype=object)
