"""Cumulative link models: P(Y <= j) = F(zeta_j - x' beta), by Newton's method with exact derivatives.

Same parametrisation as R ``MASS::polr`` and ``ordinal::clm``: a positive slope moves answers upwards. Standard errors
from the observed information, or the sandwich clustered by groups times G / (G - 1).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.statistics import margins
from jianfu.statistics.designs import sums_by
from jianfu.statistics.newton import Point, maximise

TOLERANCE = 1e-9


LINKS = {name: margins.LINKS[name] for name in ("logit", "probit", "cloglog")}
QUANTILES = {
    "logit": stats.logistic.ppf,
    "probit": stats.norm.ppf,
    "cloglog": lambda p: np.log(-np.log1p(-p)),
}


@dataclass(frozen=True)
class OrdinalFit:
    """Result of :func:`fit`.

    coefficients: (k,) slopes; thresholds: (J - 1,) increasing; covariance: (k + J - 1, k + J - 1), slopes first;
    levels: (J,) values of the outcome in order; n_clusters: 0 without clusters; log_likelihood; converged.
    """

    coefficients: np.ndarray
    thresholds: np.ndarray
    covariance: np.ndarray
    levels: np.ndarray
    n_clusters: int
    log_likelihood: float
    converged: bool


def fit(y, design, link="logit", clusters=None, weights=None):
    """Maximum likelihood of the ordered outcome ``y`` (N,) on ``design`` (N, k; without a constant).

    clusters: (N,) groups of the sandwich, none = observed information; weights: (N,) frequencies. Raises NotEstimable
    for fewer than two levels.
    """
    levels, codes = np.unique(np.asarray(y), return_inverse=True)
    if len(levels) < 2:
        raise NotEstimable("single_level", column="y")
    design = np.asarray(design, dtype=float).reshape(len(codes), -1)
    weights = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=float)
    center = weights @ design / weights.sum()
    likelihood = _Likelihood(codes, design - center, len(levels), LINKS[link], weights)
    shares = np.cumsum(np.bincount(codes, weights, minlength=len(levels)))[:-1] / weights.sum()
    theta = np.r_[np.zeros(design.shape[1]), QUANTILES[link](shares)]
    found = maximise(
        theta, predict=likelihood.predict, evaluate=likelihood, direction=_direction, tolerance=TOLERANCE
    )
    theta, (scores, hessian) = found.state, found.point.parts
    bread, n_clusters = np.linalg.inv(-hessian), 0
    covariance = bread
    if clusters is not None:
        groups = np.unique(np.asarray(clusters), return_inverse=True)[1]
        n_clusters = int(groups.max()) + 1
        sums = sums_by(scores, groups)
        covariance = bread @ sums.T @ sums @ bread * n_clusters / max(n_clusters - 1, 1)
    k = design.shape[1]
    back = np.eye(len(theta))  # thresholds of the uncentred design: zeta + center' beta
    back[k:, :k] = center
    theta, covariance = back @ theta, back @ covariance @ back.T
    return OrdinalFit(
        theta[:k], theta[k:], covariance, levels, n_clusters, found.point.value, found.converged
    )


def _direction(point):
    scores, hessian = point.parts
    score = scores.sum(axis=0)
    step = np.linalg.solve(-hessian, score)
    return step, score @ step


class _Likelihood:
    """Log-likelihood with scores by row (N, p) and Hessian (p, p) of theta = (slopes, thresholds); None outside."""

    def __init__(self, codes, design, n_levels, link, weights):
        self.link, self.weights = link, weights
        self.has_upper, self.has_lower = codes < n_levels - 1, codes > 0
        n, k = design.shape
        self.upper, self.lower = (np.column_stack([-design, np.zeros((n, n_levels - 1))]) for _ in range(2))
        self.upper[np.flatnonzero(self.has_upper), k + codes[self.has_upper]] = 1
        self.lower[np.flatnonzero(self.has_lower), k + codes[self.has_lower] - 1] = 1

    def predict(self, theta):
        """Linear predictors (2, N) of the upper and the lower threshold."""
        return np.stack([self.upper @ theta, self.lower @ theta])

    def __call__(self, eta):
        top, bottom = self.link(eta[0]), self.link(eta[1])
        p_top, d_top, c_top = np.where(self.has_upper, top, np.array([[1.0], [0.0], [0.0]]))
        p_low, d_low, c_low = np.where(self.has_lower, bottom, 0.0)
        p = p_top - p_low
        if not (p > 0).all():
            return None
        gradient = (d_top[:, None] * self.upper - d_low[:, None] * self.lower) / p[:, None]
        w = self.weights
        hessian = (self.upper * (w * c_top / p)[:, None]).T @ self.upper
        hessian -= (self.lower * (w * c_low / p)[:, None]).T @ self.lower
        hessian -= (gradient * w[:, None]).T @ gradient
        return Point(float(w @ np.log(p)), (gradient * w[:, None], hessian))
