"""Cumulative link models: P(Y <= j) = F(zeta_j - x' beta), by Newton's method with exact derivatives.

Same parametrisation as R ``MASS::polr`` and ``ordinal::clm``: a positive slope moves answers upwards. Standard errors
from the observed information, or the sandwich clustered by groups times G / (G - 1).
"""

from dataclasses import dataclass

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.statistics import glm
from jianfu.statistics.designs import sums_by
from jianfu.statistics.newton import Point, maximise, newton_step

TOLERANCE = 1e-9
BEYOND = 36.0  # linear predictor of a threshold that does not exist: probability one up to rounding
LINKS = {name: glm.FAMILIES[name].link for name in ("logit", "probit", "cloglog")}


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
    center, k = weights @ design / weights.sum(), design.shape[1]
    above = np.column_stack([center - design, codes[:, None] == np.arange(len(levels) - 1)])
    below = np.column_stack([center - design, codes[:, None] - 1 == np.arange(len(levels) - 1)])
    last, first = codes == len(levels) - 1, codes == 0
    above[last], below[first] = 0.0, 0.0
    shares = np.cumsum(np.bincount(codes, weights, minlength=len(levels)))[:-1] / weights.sum()
    found = maximise(
        np.r_[np.zeros(k), LINKS[link](shares)],
        predict=lambda theta: np.stack([above @ theta, below @ theta]),
        evaluate=lambda eta: _point(eta, above, below, LINKS[link], weights),
        direction=newton_step,
        offset=np.stack([BEYOND * last, -BEYOND * first]),
        tolerance=TOLERANCE,
    )
    theta, (_, information, scores) = found.state, found.point.parts
    bread, n_clusters = np.linalg.inv(information), 0
    covariance = bread
    if clusters is not None:
        groups = np.unique(np.asarray(clusters), return_inverse=True)[1]
        n_clusters = int(groups.max()) + 1
        sums = sums_by(scores, groups)
        covariance = bread @ sums.T @ sums @ bread * n_clusters / max(n_clusters - 1, 1)
    back = np.eye(len(theta))  # thresholds of the uncentred design: zeta + center' beta
    back[k:, :k] = center
    theta, covariance = back @ theta, back @ covariance @ back.T
    return OrdinalFit(
        theta[:k], theta[k:], covariance, levels, n_clusters, found.point.value, found.converged
    )


def _point(eta, above, below, link, weights):
    """Log-likelihood at the predictors (2, N) of the thresholds above and below each answer; None outside its domain.

    Its parts are score (p,) and information (p, p) of theta = (slopes, thresholds), and the scores by row (N, p).
    """
    top, low = link.inverse(eta)
    p = top - low
    if not (p > 0).all():
        return None
    slope, curve = link.inverse_deriv(eta) / p, link.inverse_deriv2(eta) / p * weights
    gradient = slope[0][:, None] * above - slope[1][:, None] * below
    scores = gradient * weights[:, None]
    hessian = above.T @ (above * curve[0][:, None]) - below.T @ (below * curve[1][:, None])
    information = -(hessian - scores.T @ gradient)
    return Point(float(weights @ np.log(p)), (scores.sum(axis=0), information, scores))
