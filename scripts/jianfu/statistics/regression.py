"""Least squares with absorbed effects and cluster-robust errors.

Point estimates and the sandwich come from pyfixest (``feols``; G / (G - 1), no adjustment for the number of
coefficients). With fewer than 40 clusters the covariance is CR2 (Bell and McCaffrey 2002) with Satterthwaite degrees
of freedom per coefficient (Pustejovsky and Tipton 2018), working model independent and homoskedastic.
"""

import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.linalg import orth

from jianfu.statistics import sandwich
from jianfu.statistics.designs import demean, dummies, independent, left_out, placed, pruned

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
    codes = {name: pd.factorize(np.asarray(values))[0] for name, values in effects.items()}
    rows = np.ones(len(next(iter(codes.values()), [])))
    keep, dropped = pruned(codes, rows, lambda of, kept, size: np.bincount(of[kept], minlength=size) == 1)
    return keep, dict(Counter(name for name, _ in dropped))


def fit(y, design, effects=(), clusters=None, weights=None, vcov=None, small="G"):
    """Least squares of ``y`` (N,) on ``design`` (N, k) with absorbed ``effects`` (arrays of codes; none = constant).

    clusters: (N,) codes, needed by ``vcov`` cluster and CR2; weights: (N,) or None; vcov: iid, HC0, HC1, cluster or
    CR2, None = clustered, CR2 when there are fewer than 40 clusters; small: factor of clustered errors (G, none, full;
    see :func:`jianfu.statistics.sandwich.small_sample`).
    """
    import pyfixest

    y, design = np.asarray(y, dtype=float), np.asarray(design, dtype=float).reshape(len(y), -1)
    k = design.shape[1]
    clusters = np.arange(len(y)) if clusters is None else pd.factorize(np.asarray(clusters))[0]
    n_clusters = int(clusters.max()) + 1
    if vcov is None:
        vcov = "CR2" if n_clusters < FEW_CLUSTERS else "cluster"
    names = [f"x{j}" for j in range(k)]
    data = pd.DataFrame(design - design.mean(axis=0), columns=names).assign(y=y, cluster=clusters)
    for j, effect in enumerate(effects):
        data[f"e{j}"] = pd.factorize(np.asarray(effect))[0]
    if weights is not None:
        data["w"] = np.asarray(weights, dtype=float)
    absorbed = " + ".join(f"e{j}" for j in range(len(effects)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*dropped due to multicollinearity")
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # of pyfixest with pandas 3
        model = pyfixest.feols(
            f"y ~ {' + '.join(names)}" + (f" | {absorbed}" if effects else ""),
            data,
            vcov={"iid": "iid", "HC0": "hetero", "HC1": "hetero"}.get(vcov, {"CRV1": "cluster"}),
            weights=None if weights is None else "w",
            ssc=pyfixest.ssc(
                k_adj=vcov in ("iid", "HC1") or small == "full",
                k_fixef="nonnested" if vcov == "cluster" else "full",
                G_adj=vcov == "CR2" or vcov == "cluster" and small != "none",
            ),
            fixef_rm="none",
            fixef_tol=DEMEAN_TOLERANCE,
            lean=True,
            copy_data=False,
        )
    order = [list(model._coefnames).index(name) for name in names if name in model.coef().index]
    free = [j for j in range(k) if names[j] in model.coef().index]
    covariance = np.asarray(model._vcov)[np.ix_(order, order)]
    absorbed_levels = sum(int(data[f"e{j}"].max()) + 1 for j in range(len(effects))) - max(
        len(effects) - 1, 0
    )
    residual_df = len(y) - len(free) - max(absorbed_levels, 1)
    df = np.full(k, float(n_clusters - 1 if vcov == "cluster" else residual_df))
    if vcov == "CR2":
        covariance, df[free] = cr2(y, design[:, free], list(effects), clusters, weights)
    return RegressionFit(
        coefficients=placed(model.coef()[[names[j] for j in free]].to_numpy(), free, k),
        covariance=placed(covariance, free, k),
        df=df,
        collinear=left_out(free, k),
        n_clusters=n_clusters,
        vcov="cluster_G" if vcov == "cluster" else vcov,
        residual_df=residual_df,
    )


def fit_plain(y, design, weights=None, vcov="iid", clusters=None, small="G"):
    """Least squares of ``y`` (N,) on ``design`` (N, k), the constant in its first column, without absorbed effects.

    As :func:`fit`, with HC2 and HC3 as well; coefficients and covariance include the constant.
    """
    y, design = np.asarray(y, dtype=float), np.asarray(design, dtype=float)
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    k, free = design.shape[1], independent(design * np.sqrt(weights)[:, None])
    fitted = sm.WLS(y, design[:, free], weights).fit()
    n_clusters = 0 if clusters is None else int(clusters.max()) + 1
    residual_df = len(y) - len(free)
    df = np.full(k, float(n_clusters - 1 if vcov == "cluster" else residual_df))
    if vcov == "CR2":
        found, df[free] = cr2(y, design[:, free], None, clusters, weights)
    elif vcov == "cluster":
        plain = fitted.get_robustcov_results("cluster", groups=clusters, use_correction=False)
        found = plain.cov_params() * sandwich.small_sample(small, n_clusters, len(y), len(free))
    else:
        found = (fitted if vcov == "iid" else fitted.get_robustcov_results(vcov)).cov_params()
    return RegressionFit(
        coefficients=placed(fitted.params, free, k),
        covariance=placed(found, free, k),
        df=df,
        collinear=tuple(j - 1 for j in left_out(free, k)),
        n_clusters=n_clusters,
        vcov=vcov,
        residual_df=residual_df,
    )


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
    nested = weights is None and bool(groups) and _nested(groups[0], clusters)
    levels = [dummies(codes, first=0) for codes in (groups[1:] if nested else groups)]
    full = np.column_stack([y, design, *levels]).astype(float)
    full = demean(full, groups[0]) if nested else full
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


def _nested(codes, clusters):
    return len(np.unique(codes * (clusters.max() + 1) + clusters)) == codes.max() + 1
