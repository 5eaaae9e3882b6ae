"""Average marginal effects on the scale of the outcome, with delta-method standard errors.

Covariates are held at their observed values and taken as fixed (Williams 2012; R ``margins``). An average effect is
theta = sum w_i h_i / sum w_i, with h_i either the derivative mu'(eta_i) * (d eta_i / dx) or the discrete change
mu(eta_i, x = high) - mu(eta_i, x = low). Its gradient is kept in two parts, so that effects absorbed by the hazard
fit (one parameter per unit) enter the delta method without dummy columns: ``rows`` multiplies the gradient of eta_i,
``direct`` belongs to the slopes themselves.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.statistics import glm, hazard
from jianfu.statistics.absorption import Blocks
from jianfu.statistics.designs import codes_of


@dataclass(frozen=True)
class Average:
    """An average effect before its standard error.

    estimate: theta; rows: (N,) derivative of theta with respect to the linear predictor of each row; direct: (k,)
    derivative with respect to the slopes at fixed linear predictors.
    """

    estimate: float
    rows: np.ndarray
    direct: np.ndarray

    def __sub__(self, other):
        return Average(self.estimate - other.estimate, self.rows - other.rows, self.direct - other.direct)

    def __mul__(self, factor):
        return Average(self.estimate * factor, self.rows * factor, self.direct * factor)


LINKS = {
    "ols" if name == "linear" else name: family.link for name, family in glm.FAMILIES.items()
}  # by estimator


def average_derivative(eta, slopes, coefficients, link, weights=None):
    """Average derivative of the mean by one variable.

    eta: (N,) linear predictor; slopes: (N, k) derivative of the design columns by the variable (1 in its own column,
    the other factor in an interaction); coefficients: (k,), NaN for columns left out; weights: (N,), 0 leaves a row
    out of the average, none = equal.
    """
    share = np.ones(len(eta)) if weights is None else np.asarray(weights, dtype=float)
    share = share / share.sum()
    kept = np.nan_to_num(coefficients)
    eta = np.asarray(eta, dtype=float)
    first, second = LINKS[link].inverse_deriv(eta), LINKS[link].inverse_deriv2(eta)
    change = slopes @ kept
    return Average(float(share @ (first * change)), share * second * change, (share * first) @ slopes)


def average_change(eta, up, down, coefficients, link, weights=None):
    """Average change of the mean when one variable goes from a low to a high value in every row.

    up, down: (N, k) what the design columns change by when the variable takes the high and the low value; the others
    as in :func:`average_derivative`.
    """
    share = np.ones(len(eta)) if weights is None else np.asarray(weights, dtype=float)
    share, kept = share / share.sum(), np.nan_to_num(coefficients)
    high, low = eta + up @ kept, eta + down @ kept
    rises, falls = share * LINKS[link].inverse_deriv(high), share * LINKS[link].inverse_deriv(low)
    change = float(share @ (LINKS[link].inverse(high) - LINKS[link].inverse(low)))
    return Average(change, rises - falls, rises @ up - falls @ down)


def average_mean(eta, change, coefficients, link, weights=None):
    """Average mean when the design columns of every row change by ``change`` (N, k); the others as in
    :func:`average_derivative`."""
    share = np.ones(len(eta)) if weights is None else np.asarray(weights, dtype=float)
    share = share / share.sum()
    there = eta + change @ np.nan_to_num(coefficients)
    first = share * LINKS[link].inverse_deriv(there)
    return Average(float(share @ LINKS[link].inverse(there)), first, first @ change)


def std_error(average, design, covariance):
    """Delta-method standard error from the covariance (k, k) of the coefficients of ``design`` (N, k), with constant.

    Columns left out of the model have NaN in ``covariance`` and do not count.
    """
    gradient = design.T @ average.rows + average.direct
    free = ~np.isnan(np.diag(covariance))
    return float(np.sqrt(gradient[free] @ covariance[np.ix_(free, free)] @ gradient[free]))


def absorbed_std_errors(averages, y, n, design, effects, clusters, link, fit):
    """Delta-method standard errors of ``averages`` after ``hazard.fit``, absorbed effects included.

    y, n, design, effects, clusters, link: as given to that fit; fit: its result. Sandwich with expected information,
    clusters independent, times G / (G - 1), as for the coefficients. The variance is the sum over clusters of
    (v' s_c)^2, with v the solution of information * v = gradient and s_c the score of the cluster.
    """
    y, n = np.asarray(y, dtype=float), np.asarray(n, dtype=float)
    columns = [j for j in range(design.shape[1]) if j not in fit.collinear]
    used = design[:, columns] - n @ design[:, columns] / n.sum()
    blocks = Blocks(used, list(effects))
    score, weight, _ = hazard.LINKS[link](fit.eta, y, n)
    reduced, free = blocks.reduced(weight), blocks.independent(n)
    codes, n_clusters = codes_of(clusters)
    errors = []
    for average in averages:
        gradient, first = blocks.score(average.rows)
        gradient[: len(columns)] += average.direct[columns]
        influence = score * blocks.predict(*reduced.solve(gradient, first, free))
        sums = np.bincount(codes, influence, minlength=n_clusters)
        errors.append(float(np.sqrt(sums @ sums * n_clusters / max(n_clusters - 1, 1))))
    return errors
