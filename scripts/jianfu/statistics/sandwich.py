"""Covariance of regression coefficients from scores: conventional, robust (HC0-HC3) and clustered.

White (1980); MacKinnon and White (1985) for HC1-HC3; Liang and Zeger (1986) for clusters. As R's ``sandwich``
(``vcovHC``, ``vcovCL``) for ``lm`` and ``glm``: row i has the score x_i s_i, the leverage h_i = w_i x_i B x_i'.
"""

from collections.abc import Sequence

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.statistics.designs import nested, standardised, sums_by

SMALL_SAMPLE = ("G", "none", "full")
NOTHING_LEFT = 1e-10  # share of the largest singular value below which a combination of columns is unknown
ALONE = 1e-9  # what is left of a leverage of one


def robust(design, scores, bread, kind, working=None):
    """Heteroskedasticity-robust covariance (k, k).

    design: (N, k) with the constant; scores: (N,) derivative of the log likelihood by the linear predictor; bread:
    (k, k) inverse information; working: (N,) working weights, needed for HC2 and HC3.
    """
    n, k = design.shape
    squares = scores**2
    if kind in ("HC2", "HC3"):
        leverage = working * np.einsum("ij,jk,ik->i", design, bread, design)
        check_leverage(leverage, kind)
        squares = squares / (1 - leverage) ** (1 if kind == "HC2" else 2)
    meat = design.T @ (design * squares[:, None])
    return bread @ meat @ bread * (hc1(n, k) if kind == "HC1" else 1.0)


def check_leverage(leverage, kind):
    """Raise :class:`NotEstimable` where a row tells a coefficient alone: HC2 and HC3 divide by nothing."""
    if (leverage > 1 - ALONE).any():
        raise NotEstimable("leverage_one", vcov=kind)


def clustered(design, scores, bread, clusters, factor):
    """Cluster-robust covariance (k, k): ``clusters`` (N,) codes, ``factor`` of the small-sample adjustment."""
    sums = sums_by(design * scores[:, None], clusters)
    return bread @ (sums.T @ sums) @ bread * factor


def meat(sums):
    """Sum of the outer products of the scores ``sums`` (G, k) of clusters, times G / (G - 1): (k, k)."""
    return sums.T @ sums * small_sample("G", len(sums), 0, 0)


def left_out(
    design: np.ndarray,
    effects: Sequence[np.ndarray],
    clusters: np.ndarray,
    scores: np.ndarray,
    working: np.ndarray,
) -> np.ndarray:
    """Covariance (k, k) by leaving out one cluster after another: (G - 1) / G times the sum of the squared moves of the
    coefficients, each found by one step from the fit to all rows, which for least squares is exact (CV3: MacKinnon,
    Nielsen and Webb 2023, J. Appl. Econometrics 38: 671-694; of other models its linearised form).

    design: (N, k), no column a combination of the others and the effects; effects: arrays (N,) of codes, none = a
    constant; clusters: (N,) codes 0 ... G-1; scores: (N,) derivative of the log likelihood by the linear predictor, at
    the fit; working: (N,) working weights. An effect whose levels lie inside clusters leaves with them.
    """
    design, _, unit = standardised(design, working)
    k, others = design.shape[1], list(effects)
    inside = next((j for j, codes in enumerate(others) if nested(codes, clusters)), None)
    own = None if inside is None else others.pop(inside)
    if not effects:
        others = [np.zeros(len(design), dtype=int)]
    starts = np.cumsum([k, *(int(codes.max()) + 1 for codes in others)])
    informations, sums = [], []
    for rows in np.split(np.argsort(clusters, kind="stable"), np.cumsum(np.bincount(clusters))[:-1]):
        columns, weight = np.zeros((len(rows), starts[-1])), working[rows]
        columns[:, :k] = design[rows]
        for codes, start in zip(others, starts, strict=False):
            columns[np.arange(len(rows)), start + codes[rows]] = 1
        if own is not None:
            levels = np.unique(own[rows], return_inverse=True)[1]
            means = sums_by(columns * weight[:, None], levels) / np.bincount(levels, weight)[:, None]
            columns = columns - means[levels]
        informations.append(columns.T @ (columns * weight[:, None]))
        sums.append(columns.T @ scores[rows])
    whole = np.sum(informations, axis=0)
    moves = np.array(
        [
            np.linalg.lstsq(whole - information, score, rcond=NOTHING_LEFT)[0][:k] / unit
            for information, score in zip(informations, sums, strict=True)
        ]
    )
    return moves.T @ moves * (len(moves) - 1) / len(moves)


def hc1(n: int, k: int) -> float:
    """Factor of HC1, n/(n-k); infinite where nothing is left."""
    return n / (n - k) if n > k else np.inf


def small_sample(kind, n_clusters, n, k):
    """Factor of clustered covariances: ``none`` 1, ``G`` G/(G-1), ``full`` G/(G-1) (n-1)/(n-k).

    k are coefficients and absorbed levels, without the levels of effects that lie inside clusters, as ``fixest`` counts
    them (``ssc(fixef.K = "nested")``).
    """
    if kind == "none":
        return 1.0
    factor = n_clusters / max(n_clusters - 1, 1)
    return factor * ((n - 1) / (n - k) if n > k else np.inf) if kind == "full" else factor
