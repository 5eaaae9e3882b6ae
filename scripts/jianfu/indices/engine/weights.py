"""Weights of the components of one group, summing to one (zeros, if none can be had).

``directed`` (m, k): reference rows, already multiplied by the direction, NaN = missing. A column that is constant or
missing carries no information: its weight is zero for entropy, CRITIC and PC1.
"""

import numpy as np

from jianfu.core.errors import ConfigError, DataError
from jianfu.indices.engine import treat

# Saaty (1980), The Analytic Hierarchy Process: mean consistency index of random matrices of order 1, 2, 3, …
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)


def share(weights):
    """Weights divided by their sum; zeros stay zeros."""
    weights = np.asarray(weights, dtype=float)
    with np.errstate(over="ignore"):
        total = weights.sum()
    if np.isinf(total) and np.isfinite(weights).all():  # a sum that no double holds
        weights, total = weights / weights.max(), (weights / weights.max()).sum()
    return weights / total if total > 0 else np.zeros(len(weights))


def minmax(directed):
    """Columns on [0, 1]; constant and missing ones become NaN."""
    low, high = _extremes(directed)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(treat.varies(low, high), (directed - low) / (high - low), np.nan)


def rows_used(directed: np.ndarray, each: bool) -> list[int]:
    """Reference rows behind the weight of each column: those present in it (``each``), else those complete."""
    if each:
        return [int(n) for n in (~np.isnan(directed)).sum(axis=0)]
    return [len(_complete(directed))] * directed.shape[1]


def entropy(directed):
    """Entropy weights of min-max values: p = y / Σy, E = -Σ p ln p / ln m with 0·ln 0 = 0, w ∝ 1 - E.

    Shannon's measure as in Hwang & Yoon (1981), on min-max values of directed data; m = rows present in the column.
    """
    y = minmax(directed)
    n = (~np.isnan(y)).sum(0)
    totals = np.nansum(y, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = y / totals
        terms = np.where(p > 0, p * np.log(p), 0.0)
        divergence = 1 + terms.sum(0) / np.log(n)
    return share(np.where((n > 1) & (totals > 0), divergence, 0.0))


def critic(directed):
    """CRITIC weights of min-max values on complete rows: w_j ∝ s_j Σ_k (1 - r_jk), sample s, Pearson r.

    Diakoulaki, Mavrotas & Papayannakis (1995), Computers & Operations Research 22: 763–770.
    """
    y = _complete(minmax(directed))
    low, high = _extremes(y)
    varies = treat.varies(low, high)
    weights = np.zeros(directed.shape[1])
    if varies.any():
        y = y[:, varies]
        weights[varies] = y.std(axis=0, ddof=1) * (1 - correlation(y)).sum(0)
        if varies.sum() == 1:
            weights[varies] = 1.0
    return share(np.maximum(weights, 0.0))


def pc1(directed, codes=None):
    """Weights ∝ loadings on the first principal component of the correlations: (weights, explained share).

    Complete rows only; ``codes`` name the columns in messages.

    Raises :class:`DataError` where the loadings have mixed signs: as weights they would turn a component around.
    """
    k = directed.shape[1]
    codes = codes or [str(j + 1) for j in range(k)]
    x = _complete(directed)
    low, high = _extremes(x)
    varies = treat.varies(low, high)
    if not varies.any():
        return np.zeros(k), np.nan
    values, vectors = np.linalg.eigh(correlation(x[:, varies]))
    first = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
    names = [code for code, kept in zip(codes, varies, strict=True) if kept]
    against = [f"{code} ({value:.3f})" for code, value in zip(names, first, strict=True) if value < -1e-12]
    if against:
        raise DataError("mixed_signs", negative=against)
    weights = np.zeros(k)
    weights[varies] = np.maximum(first, 0.0)
    return share(weights), float(values[-1] / varies.sum())


def comparisons(matrix, parent, children):
    """The pairwise comparisons (n, n) of the ``children`` of one ``parent``, from {code: {code: number}}; one of a pair
    is enough. Raises :class:`ConfigError` where there is none, or the matrix has no weights."""
    if matrix is None:
        raise ConfigError("matrix_missing", key="weights.matrix")
    cells = []
    for row in children:
        for column in children:
            value = 1.0 if row == column else matrix.get(row, {}).get(column)
            if value is None and matrix.get(column, {}).get(row):
                value = 1 / matrix[column][row]
            if value is None:
                raise ConfigError("not_compared", key="weights.matrix", row=row, column=column, group=parent)
            cells.append(float(value))
    found = np.reshape(cells, (len(children), -1))
    try:
        ahp(found)
    except DataError as error:
        raise ConfigError("wrong_matrix", key="weights.matrix", group=parent, what=error.reason) from None
    return found


def ahp(matrix):
    """Weights from pairwise comparisons: (weights, largest eigenvalue, consistency index, consistency ratio).

    Principal right eigenvector; CI = (λ - n)/(n - 1), CR = CI / RI with Saaty's random index (0 up to order 2, NaN
    above order 15). Raises :class:`DataError` where the matrix is not positive and reciprocal.
    """
    matrix = np.asarray(matrix, dtype=float)
    n = len(matrix)
    if matrix.shape != (n, n) or not np.isfinite(matrix).all() or (matrix <= 0).any():
        raise DataError("matrix_not_positive")
    if not np.allclose(matrix * matrix.T, 1.0, rtol=0, atol=0.02):  # 0.33 for 1/3 is accepted
        raise DataError("matrix_not_reciprocal")
    values, vectors = np.linalg.eig(matrix)
    largest = int(np.argmax(values.real))
    weights = share(np.abs(vectors[:, largest].real))
    index = (values[largest].real - n) / (n - 1) if n > 1 else 0.0
    if n <= 2:
        return weights, float(values[largest].real), float(index), 0.0
    ratio = index / RANDOM_INDEX[n - 1] if n <= len(RANDOM_INDEX) else np.nan
    return weights, float(values[largest].real), float(index), float(ratio)


def bod(values, peers, bounds=None, bounds_of="shares"):
    """Benefit of the doubt: for each row the weights that put it in the best light: (weights (N, k), scores (N,)).

    max Σ w_j y_j subject to Σ w_j y_ij ≤ 1 for every peer i, w ≥ 0, and for bounded components
    low_j ≤ w_j y_j / Σ w y ≤ high_j (Cherchye et al. 2007, Social Indicators Research 82: 111–145) or, with
    ``bounds_of`` "weights", low_j ≤ w_j / Σ w ≤ high_j (OECD/JRC Handbook 2008, table 19). The score is the maximum:
    1 = on the frontier of the peers; a row that is no peer can exceed it.

    values  (N, k) normalised, not negative; peers (m, k), the reference rows; bounds (k, 2), NaN = none.
    Missing components of a row get weight 0; peers without one of its components do not bind it.
    """
    values, peers = np.asarray(values, dtype=float), np.asarray(peers, dtype=float)
    if (values < 0).any() or (peers < 0).any():
        raise DataError("bod_needs_no_negative")
    bounds = np.full((values.shape[1], 2), np.nan) if bounds is None else np.asarray(bounds, dtype=float)
    known, complete = ~np.isnan(values), ~np.isnan(peers)
    weights, scores = np.where(known, np.nan, 0.0), np.full(len(values), np.nan)
    patterns, rows = np.unique(known, axis=0, return_inverse=True)
    for pattern, columns in enumerate(patterns):
        if columns.any():
            frontier = peers[complete[:, columns].all(axis=1)][:, columns]
            frontier = np.unique(frontier, axis=0)
            for row in np.flatnonzero(rows.ravel() == pattern):
                weights[row, columns], scores[row] = _best(
                    values[row, columns], frontier, bounds[columns], bounds_of
                )
    return weights, scores


def _best(y, frontier, bounds, bounds_of):
    """Weights and score of one row."""
    from scipy.optimize import linprog  # a second to load, and few indices have these weights

    limits, parts = [], y if bounds_of == "shares" else np.ones(len(y))
    for own, (low, high) in zip(np.diag(parts), bounds, strict=True):
        if np.isfinite(low):
            limits.append(low * parts - own)
        if np.isfinite(high):
            limits.append(own - high * parts)
    constraints = np.vstack([frontier, *limits]) if len(frontier) or limits else None
    right = np.r_[np.ones(len(frontier)), np.zeros(len(limits))]
    found = linprog(-y, A_ub=constraints, b_ub=right, bounds=(0, None), method="highs")
    if found.status != 0:
        return np.full(len(y), np.nan), np.nan
    return np.maximum(found.x, 0.0), max(float(found.x @ y), 0.0)


def correlation(x):
    """Pearson correlations (k, k) of complete columns that vary."""
    z = x - x.mean(axis=0)
    z /= np.sqrt((z**2).sum(axis=0))
    return np.clip(z.T @ z, -1.0, 1.0)


def _complete(x):
    """Rows without a missing value, in the columns that have any value at all."""
    used = ~np.isnan(x).all(axis=0)
    rows = ~np.isnan(x[:, used]).any(axis=1)
    return x[rows] if used.any() else x[:0]


def _extremes(x):
    """Smallest and largest value of each column; NaN where it has none."""
    empty = np.isnan(x).all(axis=0) if len(x) else np.ones(x.shape[1], dtype=bool)
    low = np.where(empty, np.nan, np.min(np.where(np.isnan(x), np.inf, x), axis=0, initial=np.inf))
    high = np.where(empty, np.nan, np.max(np.where(np.isnan(x), -np.inf, x), axis=0, initial=-np.inf))
    return low, high
