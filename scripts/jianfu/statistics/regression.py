"""Least squares with absorbed effects and cluster-robust errors.

Effects are eliminated exactly, as in the hazards (:mod:`jianfu.statistics.absorption`), so that the figures do not hang
on an order of demeaning; the sandwich has the factor G / (G - 1), no adjustment for the number of coefficients.
With fewer than 40 clusters the covariance is CR2 (Bell and McCaffrey 2002) with Satterthwaite degrees of freedom per
coefficient (Pustejovsky and Tipton 2018), working model independent and homoskedastic.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import orth
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from statsmodels.regression.linear_model import WLS

from jianfu.statistics import sandwich
from jianfu.statistics.absorption import Blocks
from jianfu.statistics.designs import (
    demean,
    dummies,
    independent,
    left_out,
    nested,
    placed,
    pruned,
    standardised,
)

FEW_CLUSTERS = 40


@dataclass(frozen=True)
class RegressionFit:
    """Result of :func:`fit`.

    coefficients: (k,), NaN for a collinear column; covariance: (k, k); df: (k,) degrees of freedom of the t
    distribution; collinear: indices of the columns left out; n_clusters: G; vcov: cluster_G or CR2; residual_df:
    observations less columns and absorbed levels; unexplained: share of the outcome's variance that is left;
    contributions: (G, columns that are not left out) of the clusters, their cross-product is the covariance (clustered
    with absorbed effects only).
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    df: np.ndarray
    collinear: tuple
    n_clusters: int
    vcov: str
    residual_df: int
    unexplained: float
    contributions: np.ndarray | None = None


def drop_singletons(effects):
    """Rows whose level occurs once in some effect explain nothing; mask of the rows to keep, and counts by effect.

    ``effects`` maps names to arrays of level codes; repeated until no singleton is left.
    """
    codes = {name: pd.factorize(np.asarray(values))[0] for name, values in effects.items()}
    rows = np.ones(len(next(iter(codes.values()), [])))
    keep, dropped = pruned(codes, rows, lambda of, kept, size: np.bincount(of[kept], minlength=size) == 1)
    return keep, dict(Counter(name for name, _ in dropped))


def fit(y, design, effects=(), clusters=None, weights=None, vcov=None, small="G"):
    """Least squares of ``y`` (N,) on ``design`` (N, k) with absorbed ``effects`` (arrays of codes; none = constant).

    clusters: (N,) codes, needed by ``vcov`` cluster and CR2; weights: (N,) or None; vcov: iid, HC0, HC1, cluster or
    CR2, None = clustered, CR2 when there are fewer than 40 clusters; small: factor of clustered errors (G, none, full,
    in which levels inside clusters do not count; see :func:`jianfu.statistics.sandwich.small_sample`). Raises
    ValueError where the effects explain every column.
    """
    y, design = np.asarray(y, dtype=float), np.asarray(design, dtype=float).reshape(len(y), -1)
    n, k = design.shape
    clusters = np.arange(n) if clusters is None else pd.factorize(np.asarray(clusters))[0]
    n_clusters = int(clusters.max()) + 1
    if vcov is None:
        vcov = "CR2" if n_clusters < FEW_CLUSTERS else "cluster"
    heft = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    scaled, _, unit = standardised(design, heft)
    blocks = Blocks(scaled, [pd.factorize(np.asarray(effect))[0] for effect in effects])
    found = blocks.least_squares(y - heft @ y / heft.sum(), heft)
    beta, free, residual = found.coefficients, found.kept, found.residual
    if not len(free):
        raise ValueError("every column is collinear with the effects")
    factors = (blocks.first, *blocks.others)
    ranks = added_ranks([factor.codes for factor in factors])
    total = len(free) + 1 + sum(ranks)
    df, contributions = np.full(k, float(n_clusters - 1 if vcov == "cluster" else n - total)), None
    if vcov == "CR2":
        covariance, df[free] = cr2(y, design[:, free], list(effects), clusters, weights)
    elif vcov == "iid":
        covariance = found.bread[free] * (heft @ residual**2 / (n - total))
    else:
        groups = clusters if vcov == "cluster" else np.arange(n)
        size = int(groups.max()) + 1
        scores = blocks.cluster_scores(heft * residual, groups, size, found.reduced) @ found.bread
        inside = sum(
            rank for rank, factor in zip(ranks, factors, strict=True) if nested(factor.codes, clusters)
        )
        own = {"HC0": 1.0, "HC1": n / (n - total)}
        factor = own.get(vcov, sandwich.small_sample(small, n_clusters, n, total - inside))
        covariance, contributions = scores.T @ scores * factor, scores / unit[free] * np.sqrt(factor)
    if vcov != "CR2":
        covariance = covariance / np.outer(unit[free], unit[free])
    return RegressionFit(
        coefficients=placed(beta[free] / unit[free], free, k),
        covariance=placed(covariance, free, k),
        df=df,
        collinear=left_out(free, k),
        n_clusters=n_clusters,
        vcov="cluster_G" if vcov == "cluster" else vcov,
        residual_df=n - total,
        unexplained=_unexplained(residual, y, heft),
        contributions=contributions,
    )


def fit_plain(y, design, weights=None, vcov="iid", clusters=None, small="G"):
    """Least squares of ``y`` (N,) on ``design`` (N, k), the constant in its first column, without absorbed effects.

    As :func:`fit`, with HC2 and HC3 as well; coefficients and covariance include the constant.
    """
    y, design = np.asarray(y, dtype=float), np.asarray(design, dtype=float)
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    k, free = design.shape[1], independent(design * np.sqrt(weights)[:, None])
    unit = sizes(design[:, free])  # a pseudo-inverse takes columns that are small beside others for nothing
    fitted = WLS(y, design[:, free] / unit, weights).fit()
    n_clusters = 0 if clusters is None else int(clusters.max()) + 1
    residual_df = len(y) - len(free)
    df = np.full(k, float(n_clusters - 1 if vcov == "cluster" else residual_df))
    if vcov == "CR2":
        found, df[free] = cr2(y, design[:, free], None, clusters, weights)
    elif vcov == "cluster":
        plain = fitted.get_robustcov_results("cluster", groups=clusters, use_correction=False)
        found = plain.cov_params() * sandwich.small_sample(small, n_clusters, len(y), len(free))
    else:
        if vcov in ("HC2", "HC3"):
            sandwich.check_leverage((np.linalg.qr(fitted.model.wexog)[0] ** 2).sum(axis=1), vcov)
        found = (fitted if vcov == "iid" else fitted.get_robustcov_results(vcov)).cov_params()
    if vcov != "CR2":
        found = found / np.outer(unit, unit)
    return RegressionFit(
        coefficients=placed(fitted.params / unit, free, k),
        covariance=placed(found, free, k),
        df=df,
        collinear=tuple(j - 1 for j in left_out(free, k)),
        n_clusters=n_clusters,
        vcov=vcov,
        residual_df=residual_df,
        unexplained=_unexplained(fitted.resid, y, weights),
    )


def sizes(design):
    """Powers of two near the largest absolute value of each column (N, k): dividing by them loses no digit."""
    return 2.0 ** np.round(np.log2(np.abs(design).max(axis=0)))


def _unexplained(residual, y, weights):
    """Share of the weighted variance of ``y`` (N,) that the residuals (N,) have."""
    return float(weights @ residual**2 / (weights @ (y - weights @ y / weights.sum()) ** 2))


def cr2(y, design, effects, clusters, weights=None):
    """CR2 covariance (k, k) and Satterthwaite degrees of freedom (k,) of least squares, by diff-diff.

    The working model is independent and homoskedastic, ``weights`` (N,) or not: weights of sampling, as in
    ``clubSandwich::vcovCR`` of a weighted ``lm``. ``effects`` None: ``design`` holds its own constant. Effects enter as
    columns, except that without weights the first one is swept out by group means where its levels lie inside clusters
    (the adjustment matrices are then the same; with weights they are not). No column of ``design`` (N, k) may be a
    combination of the others and the effects.
    """
    from diff_diff.linalg import compute_robust_vcov

    k, groups = design.shape[1], [pd.factorize(np.asarray(effect))[0] for effect in effects or []]
    if effects is not None and not groups:
        groups = [np.zeros(len(y), dtype=int)]
    weights = None if weights is None or np.ptp(weights) == 0 else np.asarray(weights, dtype=float)
    inside = weights is None and bool(groups) and nested(groups[0], clusters)
    levels = [dummies(codes, first=0) for codes in (groups[1:] if inside else groups)]
    full = np.column_stack([y, design, *levels]).astype(float)
    full = demean(full, groups[0]) if inside else full
    size = np.linalg.norm(full[:, 1 : k + 1], axis=0)
    columns = np.column_stack([full[:, 1 : k + 1] / size, orth(full[:, k + 1 :]) if levels else full[:, :0]])
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    beta = np.linalg.lstsq(columns * root[:, None], full[:, 0] * root, rcond=None)[0]
    residual = full[:, 0] - columns @ beta
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Satterthwaite DOF")  # of the columns of effects
        covariance, df = compute_robust_vcov(
            columns, residual, clusters, weights, vcov_type="hc2_bm", return_dof=True
        )
    return covariance[:k, :k] / np.outer(size, size), df[:k]


def added_ranks(factors: Sequence[np.ndarray]) -> list[int]:
    """What the dummies of each factor, arrays (N,) of codes, add to the rank of a constant and those before it.

    Two factors share as many columns as their levels fall into connected components (Abowd, Creecy and Kramarz 2002):
    one as a rule, every level of the larger where one is nested in the other. Exact for two factors; of further ones
    the largest overlap with one of those before counts.
    """
    found = []
    for place, codes in enumerate(factors):
        shared = max((components(other, codes) for other in factors[:place]), default=1)
        found.append(int(codes.max()) + 1 - shared)
    return found


def components(one: np.ndarray, other: np.ndarray) -> int:
    """Connected components of the levels of two factors (N,), joined where they occur in one row."""
    n = int(one.max()) + 1
    size = n + int(other.max()) + 1
    links = coo_array((np.ones(len(one)), (one, other + n)), shape=(size, size))
    return connected_components(links, directed=False)[0]
