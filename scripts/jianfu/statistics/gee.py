"""Generalised estimating equations (Liang and Zeger 1986) with the conventions of R ``geepack::geeglm``.

Moment estimators of scale and correlation divide by the number of residuals and of pairs, without correction for the
number of coefficients (statsmodels subtracts them); the sandwich has no small-sample factor unless asked for.
"""

from dataclasses import dataclass

import numpy as np

TOLERANCE, MAX_STEPS = 1e-10, 200

# Of the linear predictor: mean, its derivative, and the variance function at the mean.
FAMILIES = {
    "gaussian": (lambda eta: eta, lambda mu: np.ones_like(mu), lambda mu: np.ones_like(mu)),
    "binomial": (lambda eta: 1 / (1 + np.exp(-eta)), lambda mu: mu * (1 - mu), lambda mu: mu * (1 - mu)),
    "poisson": (np.exp, lambda mu: mu, lambda mu: mu),
}
STRUCTURES = ("exchangeable", "independence", "ar1")


@dataclass(frozen=True)
class GeeFit:
    """Result of :func:`fit`.

    coefficients: (k,); covariance: (k, k) robust; correlation: of two observations of a cluster (exchangeable) or of
    neighbours in time (ar1), 0 for independence; scale: dispersion; n_clusters; converged.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    correlation: float
    scale: float
    n_clusters: int
    converged: bool


def fit(
    y, design, clusters, family="gaussian", structure="exchangeable", times=None, weights=None, offset=None
):
    """GEE of ``y`` (N,) on ``design`` (N, k; with its constant) with clusters (N,).

    times: (N,) whole numbers that order the observations of a cluster for ``ar1``; none = the order of the rows,
    equally spaced. weights: (N,) as in ``geeglm`` (they divide the variance). offset: (N,). Raises ValueError for an
    unknown family or structure.
    """
    if family not in FAMILIES:
        raise ValueError(f"unknown family {family}; use one of {', '.join(FAMILIES)}")
    if structure not in STRUCTURES:
        raise ValueError(f"unknown correlation {structure}; use one of {', '.join(STRUCTURES)}")
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    position = np.arange(len(codes)) if times is None else np.asarray(times)
    order = np.lexsort((position, codes))
    codes = codes[order]
    y, design = np.asarray(y, dtype=float)[order], np.asarray(design, dtype=float)[order]
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)[order]
    offset = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=float)[order]
    gaps = np.ones(len(y)) if times is None else np.r_[1, np.diff(position[order])].astype(float)

    mean_of, slope_of, variance_of = FAMILIES[family]
    beta = _start(y, design, offset, weights, family)
    correlation, scale, converged = 0.0, 1.0, False
    for _ in range(MAX_STEPS):
        mu = mean_of(design @ beta + offset)
        root = np.sqrt(weights / variance_of(mu))
        residual, pearson = (y - mu) * root, (y - mu) / np.sqrt(variance_of(mu))
        scale = float(weights @ pearson**2 / weights.sum())
        correlation = _correlation(pearson / np.sqrt(scale), weights, codes, gaps, structure)
        derivative = design * (slope_of(mu) * root)[:, None]
        left, right = _whitened(derivative, residual, codes, gaps, correlation, structure)
        step = np.linalg.solve(left.T @ left, left.T @ right)
        beta = beta + step
        if np.abs(step).max() < TOLERANCE * max(1.0, np.abs(beta).max()):
            converged = True
            break
    bread = np.linalg.inv(left.T @ left)
    n_clusters = int(codes[-1]) + 1
    scores = np.stack(
        [np.bincount(codes, column, minlength=n_clusters) for column in (left * right[:, None]).T], 1
    )
    return GeeFit(beta, bread @ scores.T @ scores @ bread, correlation, scale, n_clusters, converged)


def _start(y, design, offset, weights, family):
    """Coefficients of one weighted least-squares step from the outcome itself."""
    if family == "gaussian":
        target, weight = y, weights
    elif family == "poisson":
        target, weight = np.log(y + 0.5), weights * (y + 0.5)
    else:
        share = (y + 0.5) / 2
        target, weight = np.log(share / (1 - share)), weights * share * (1 - share)
    root = np.sqrt(weight)[:, None]
    return np.linalg.lstsq(design * root, (target - offset) * root[:, 0], rcond=None)[0]


def _correlation(residual, weights, codes, gaps, structure):
    """Moment estimator from standardised residuals, over all pairs within clusters, weighted by w_i w_j (geepack)."""
    if structure == "independence":
        return 0.0
    if structure == "exchangeable":
        own = weights * residual
        pairs = np.bincount(codes, weights) ** 2 - np.bincount(codes, weights**2)
        products = np.bincount(codes, own) ** 2 - np.bincount(codes, own**2)
        return float(products.sum() / pairs.sum()) if (np.bincount(codes) > 1).any() else 0.0
    products, lags = _pairs(residual, codes, gaps)
    heft, _ = _pairs(weights, codes, gaps)
    near = lags == 1
    rho = float(np.clip(np.average(products[near], weights=heft[near]), -0.99, 0.99)) if near.any() else 0.0
    for _ in range(
        MAX_STEPS
    ):  # sum over pairs of (d rho^lag / d rho) * (product - rho^lag) = 0, Gauss-Newton
        slope = lags * rho ** (lags - 1)
        step = float((heft * slope) @ (products - rho**lags) / ((heft * slope) @ slope))
        rho = float(np.clip(rho + step, -0.999, 0.999))
        if abs(step) < 1e-13:
            break
    return rho


def _pairs(residual, codes, gaps):
    """Products of residuals and distances in time of all pairs within clusters."""
    time = np.cumsum(gaps)
    products, lags = [], []
    for k in range(1, int(np.bincount(codes).max())):
        same = codes[k:] == codes[:-k]
        products.append((residual[k:] * residual[:-k])[same])
        lags.append((time[k:] - time[:-k])[same])
    return np.concatenate(products), np.concatenate(lags)


def _whitened(derivative, residual, codes, gaps, correlation, structure):
    """Derivative and residual multiplied by a root of the inverse working correlation, row by row."""
    joint = np.column_stack([derivative, residual])
    if structure == "exchangeable":
        sizes = np.bincount(codes)
        means = np.stack([np.bincount(codes, column) / sizes for column in joint.T], axis=1)
        inner, outer = 1 / np.sqrt(1 - correlation), 1 / np.sqrt(1 + (sizes - 1) * correlation)
        joint = inner * (joint - means[codes]) + (outer[:, None] * means)[codes]
    elif structure == "ar1":
        follows = np.r_[False, codes[1:] == codes[:-1]]
        factor = np.where(follows, np.sign(correlation) ** gaps * np.abs(correlation) ** gaps, 0.0)
        before = np.vstack([np.zeros(joint.shape[1]), joint[:-1]])
        joint = (joint - factor[:, None] * before) / np.sqrt(1 - factor**2)[:, None]
    return joint[:, :-1], joint[:, -1]
