"""Least squares with absorbed effects and cluster-robust errors.

Point estimates and the sandwich come from pyfixest (``feols``; G / (G - 1), no adjustment for the number of
coefficients). With fewer than 40 clusters the covariance is CR2 (Bell and McCaffrey 2002) with Satterthwaite degrees
of freedom per coefficient (Pustejovsky and Tipton 2018), working model independent and homoskedastic.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

FEW_CLUSTERS = 40
DEMEAN_TOLERANCE = 1e-10


@dataclass(frozen=True)
class RegressionFit:
    """Result of :func:`fit`.

    coefficients: (k,), NaN for a collinear column; covariance: (k, k); df: (k,) degrees of freedom of the t
    distribution; collinear: indices of the columns left out; n_clusters: G; vcov: cluster_G or CR2; residual_df:
    observations less columns and absorbed levels.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    df: np.ndarray
    collinear: tuple
    n_clusters: int
    vcov: str
    residual_df: int


def drop_singletons(effects):
    """Rows whose level occurs once in some effect explain nothing; mask of the rows to keep, and counts by effect.

    ``effects`` maps names to arrays of level codes; repeated until no singleton is left.
    """
    keep, dropped = np.ones(len(next(iter(effects.values()), [])), dtype=bool), {}
    changed = True
    while changed and keep.any():
        changed = False
        for name, values in effects.items():
            codes = pd.factorize(np.asarray(values))[0]
            single = keep & (np.bincount(codes[keep], minlength=codes.max() + 1)[codes] == 1)
            if single.any():
                dropped[name] = dropped.get(name, 0) + int(single.sum())
                keep &= ~single
                changed = True
    return keep, dropped


def fit(y, design, effects=(), clusters=None):
    """Least squares of ``y`` (N,) on ``design`` (N, k) with absorbed ``effects`` (arrays of codes; none = constant).

    Standard errors are clustered by ``clusters`` (N,), CR2 when there are fewer than 40 of them.
    """
    import pyfixest

    y, design = np.asarray(y, dtype=float), np.asarray(design, dtype=float).reshape(len(y), -1)
    k = design.shape[1]
    clusters = pd.factorize(np.asarray(clusters))[0]
    n_clusters = int(clusters.max()) + 1
    names = [f"x{j}" for j in range(k)]
    data = pd.DataFrame(design - design.mean(axis=0), columns=names).assign(y=y, cluster=clusters)
    for j, effect in enumerate(effects):
        data[f"e{j}"] = pd.factorize(np.asarray(effect))[0]
    absorbed = " + ".join(f"e{j}" for j in range(len(effects)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*dropped due to multicollinearity")
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # of pyfixest with pandas 3
        model = pyfixest.feols(
            f"y ~ {' + '.join(names)}" + (f" | {absorbed}" if effects else ""),
            data,
            vcov={"CRV1": "cluster"},
            ssc=pyfixest.ssc(k_adj=False, G_adj=True),
            fixef_rm="none",
            fixef_tol=DEMEAN_TOLERANCE,
            lean=True,
            copy_data=False,
        )
    found = model.coef()
    free = [j for j in range(k) if names[j] in found.index]
    coefficients = np.full(k, np.nan)
    coefficients[free] = found[[names[j] for j in free]].to_numpy()
    covariance = np.full((k, k), np.nan)
    order = [list(model._coefnames).index(names[j]) for j in free]
    covariance[np.ix_(free, free)] = np.asarray(model._vcov)[np.ix_(order, order)]
    df, vcov = np.full(k, float(n_clusters - 1)), "cluster_G"
    absorbed_levels = sum(int(data[f"e{j}"].max()) + 1 for j in range(len(effects))) - max(
        len(effects) - 1, 0
    )
    if n_clusters < FEW_CLUSTERS:
        vcov = "CR2"
        covariance[np.ix_(free, free)], df[free] = cr2(y, design[:, free], list(effects), clusters)
    return RegressionFit(
        coefficients=coefficients,
        covariance=covariance,
        df=df,
        collinear=tuple(sorted(set(range(k)) - set(free))),
        n_clusters=n_clusters,
        vcov=vcov,
        residual_df=len(y) - len(free) - max(absorbed_levels, 1),
    )


def cr2(y, design, effects, clusters):
    """CR2 covariance (k, k) and Satterthwaite degrees of freedom (k,) of least squares.

    Effects enter as dummy columns, except that the first one is swept out by group means where its levels lie inside
    clusters (the adjustment matrices are then the same).
    """
    k = design.shape[1]
    columns, response = [design], np.asarray(y, dtype=float)
    groups = [pd.factorize(np.asarray(effect))[0] for effect in effects] or [np.zeros(len(y), dtype=int)]
    nested = _nested(groups[0], clusters)
    for codes in groups[1:] if nested else groups:
        columns.append((codes[:, None] == np.arange(codes.max() + 1)).astype(float))
    full = np.column_stack(columns)
    if nested:
        full, response = demean(full, groups[0]), demean(response[:, None], groups[0])[:, 0]
    bread = np.linalg.pinv(full.T @ full, hermitian=True)
    residual = response - full @ (bread @ (full.T @ response))
    n_clusters = clusters.max() + 1
    scores = np.zeros((n_clusters, k))
    loads, norms = np.zeros((k, n_clusters, full.shape[1])), np.zeros((k, n_clusters))
    for g in range(n_clusters):
        rows = np.flatnonzero(clusters == g)
        part = full[rows]
        leverage = part @ bread @ part.T
        if nested:
            same = groups[0][rows][:, None] == groups[0][rows]
            leverage = leverage + same / same.sum(axis=1)
        weights = _inverse_root(np.eye(len(rows)) - leverage) @ part @ bread[:, :k]
        scores[g] = weights.T @ residual[rows]
        loads[:, g] = weights.T @ part
        norms[:, g] = (weights**2).sum(axis=0)
    df = np.empty(k)
    for j in range(k):
        cross = np.diag(norms[j]) - loads[j] @ bread @ loads[j].T
        df[j] = np.trace(cross) ** 2 / (cross**2).sum()
    return scores.T @ scores, df


def _nested(codes, clusters):
    return len(np.unique(codes * (clusters.max() + 1) + clusters)) == codes.max() + 1


def demean(matrix, codes):
    """Columns of ``matrix`` (N, k) less their means within the levels ``codes`` 0 ... K-1."""
    counts = np.bincount(codes)
    means = np.column_stack([np.bincount(codes, column) / counts for column in matrix.T])
    return matrix - means[codes]


def _inverse_root(matrix):
    """Symmetric square root of the Moore-Penrose inverse."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.where(values > 1e-10, 1 / np.sqrt(np.where(values > 1e-10, values, 1)), 0)
    return (vectors * roots) @ vectors.T
