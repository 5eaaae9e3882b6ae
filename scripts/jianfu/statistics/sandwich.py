"""Covariance of regression coefficients from scores: conventional, robust (HC0-HC3) and clustered.

White (1980); MacKinnon and White (1985) for HC1-HC3; Liang and Zeger (1986) for clusters. As R's ``sandwich``
(``vcovHC``, ``vcovCL``) for ``lm`` and ``glm``: row i has the score x_i s_i, the leverage h_i = w_i x_i B x_i'.
"""

import numpy as np

from jianfu.statistics.designs import sums_by

SMALL_SAMPLE = ("G", "none", "full")


def robust(design, scores, bread, kind, working=None):
    """Heteroskedasticity-robust covariance (k, k).

    design: (N, k) with the constant; scores: (N,) derivative of the log likelihood by the linear predictor; bread:
    (k, k) inverse information; working: (N,) working weights, needed for HC2 and HC3.
    """
    n, k = design.shape
    squares = scores**2
    if kind in ("HC2", "HC3"):
        leverage = working * np.einsum("ij,jk,ik->i", design, bread, design)
        squares = squares / (1 - leverage) ** (1 if kind == "HC2" else 2)
    meat = design.T @ (design * squares[:, None])
    return bread @ meat @ bread * (hc1(n, k) if kind == "HC1" else 1.0)


def clustered(design, scores, bread, clusters, factor):
    """Cluster-robust covariance (k, k): ``clusters`` (N,) codes, ``factor`` of the small-sample adjustment."""
    sums = sums_by(design * scores[:, None], clusters)
    return bread @ (sums.T @ sums) @ bread * factor


def meat(sums):
    """Sum of the outer products of the scores ``sums`` (G, k) of clusters, times G / (G - 1): (k, k)."""
    return sums.T @ sums * small_sample("G", len(sums), 0, 0)


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
