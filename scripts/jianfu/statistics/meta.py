"""Meta-analysis: random-effects and equal-effects models, with or without moderators, in metafor's conventions.

y_i = x_i' b + u_i + e_i, Var(u) = tau2, Var(e_i) = v_i known. b by weights 1 / (v_i + tau2). (Viechtbauer 2005.)
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from jianfu.core.errors import NotEstimable

METHODS = ("REML", "ML", "DL", "PM", "EE")
TESTS = ("knha", "adhoc", "z")


@dataclass(frozen=True)
class Meta:
    """A fitted model: coefficients (p,), the heterogeneity, and the prediction interval of a new true effect.

    df: of the t reference, inf = normal. i2 in percent. The prediction interval is that of a model without moderators,
    NaN with them. hk: factor of the variances by Hartung and Knapp (1 without).
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    df: float
    tau2: float
    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    hk: float
    prediction: tuple
    k: int

    @property
    def std_errors(self):
        return np.sqrt(np.diag(self.covariance))


def _projection(v, x, tau2):
    """P = W - W X (X'WX)^-1 X'W, (k, k)."""
    weighted = x / (v + tau2)[:, None]
    return np.diag(1 / (v + tau2)) - weighted @ np.linalg.solve(x.T @ weighted, weighted.T)


def _rss(y, v, x, tau2):
    """Weighted sum of squared residuals, Q at tau2 = 0."""
    return float((v + tau2) @ (_projection(v, x, tau2) @ y) ** 2)


def _score(y, v, x, tau2, method):
    """Derivative of the (restricted) log likelihood with respect to tau2."""
    projection = _projection(v, x, tau2)
    trace = np.trace(projection) if method == "REML" else (1 / (v + tau2)).sum()
    return 0.5 * (((projection @ y) ** 2).sum() - trace)


def _likelihood(y, v, x, tau2, method):
    """(Restricted) log likelihood without constants."""
    restricted = np.linalg.slogdet(x.T @ (x / (v + tau2)[:, None]))[1] if method == "REML" else 0.0
    return -0.5 * (np.log(v + tau2).sum() + restricted + _rss(y, v, x, tau2))


def _likelihood_tau2(y, v, x, method):
    """The tau2 >= 0 of highest likelihood: every maximum on a fine grid is refined, so that none is overlooked."""
    top = 10 * (np.var(y, ddof=1) + v.max()) + 1e-12
    grid = np.concatenate([[0.0], np.geomspace(top * 1e-10, top, 200)])
    scores = np.array([_score(y, v, x, t, method) for t in grid])
    candidates = [0.0] if scores[0] <= 0 else []
    for i in np.flatnonzero((scores[:-1] > 0) & (scores[1:] <= 0)):
        candidates.append(
            optimize.brentq(
                lambda t: _score(y, v, x, t, method), grid[i], grid[i + 1], xtol=1e-300, rtol=1e-14
            )
        )
    return max(candidates, key=lambda t: _likelihood(y, v, x, t, method))


def tau2_at(y, v, x, target):
    """tau2 >= 0 at which the weighted sum of squared residuals, which falls with tau2, is ``target``."""

    def excess(t):
        return _rss(y, v, x, t) - target

    if excess(0.0) <= 0:
        return 0.0
    upper = np.var(y, ddof=1) + v.max()
    while excess(upper) > 0:
        upper *= 2
    return float(optimize.brentq(excess, 0.0, upper, xtol=1e-300, rtol=1e-14))


def tau2(y, v, x, method):
    """Heterogeneity variance by ``method``; 0 for equal effects (EE) and with as many estimates as coefficients."""
    left = len(y) - x.shape[1]
    if method == "EE" or left <= 0:
        return 0.0
    if method == "DL":
        return max(0.0, float((_rss(y, v, x, 0.0) - left) / np.trace(_projection(v, x, 0.0))))
    if method == "PM":
        return tau2_at(y, v, x, left)
    return float(_likelihood_tau2(y, v, x, method))


def _design(k, moderators):
    """Constant and moderators, (k, p)."""
    return np.column_stack([np.ones(k), *([] if moderators is None else [moderators])])


def checked(estimates, variances, moderators):
    y, v = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    x = _design(len(y), moderators)
    if not (np.isfinite(y).all() and np.isfinite(v).all()):
        raise NotEstimable("estimate_missing")
    if not (v > 0).all():
        raise NotEstimable("variance_not_positive")
    if len(y) < x.shape[1]:
        raise NotEstimable("too_few_estimates", estimates=len(y), coefficients=x.shape[1])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NotEstimable("moderators_collinear")
    return y, v, x


def fit(estimates, variances, moderators=None, method="REML", test="knha", confidence=0.95):
    """Meta-analysis of ``estimates`` (k,) with known ``variances`` (k,) and ``moderators`` (k, q) or None.

    method: REML, ML, DL (DerSimonian-Laird), PM (Paule-Mandel), EE (equal effects, inverse variance). test: ``knha``
    (Hartung and Knapp 2001: variances times the weighted mean squared residual, t with k - p), ``adhoc`` (the same,
    the factor never below 1, so that the interval is never narrower), ``z`` (normal); EE is always z. As
    ``metafor::rma``. Raises :class:`NotEstimable` where there is nothing to pool.
    """
    y, v, x = checked(estimates, variances, moderators)
    k, p = x.shape
    between = tau2(y, v, x, method)
    weighted = x / (v + between)[:, None]
    covariance = np.linalg.inv(x.T @ weighted)
    b = covariance @ (weighted.T @ y)
    df, factor = np.inf, 1.0
    if test != "z" and method != "EE":
        if k == p:
            raise NotEstimable("knapp_hartung_saturated")
        df, factor = float(k - p), _rss(y, v, x, between) / (k - p)
        factor = max(factor, 1.0) if test == "adhoc" else factor
    covariance = covariance * factor
    q, i2, h2 = _rss(y, v, x, 0.0), np.nan, np.nan
    if k > p and method == "EE":
        i2, h2 = (max(0.0, 100 * (q - (k - p)) / q) if q > 0 else 0.0), q / (k - p)
    elif k > p:
        i2, h2 = heterogeneity_at(between, v, moderators)
    prediction = (np.nan, np.nan)
    if p == 1:
        quantile = stats.t.ppf((1 + confidence) / 2, df)
        half = quantile * np.sqrt(covariance[0, 0] + between)
        prediction = (float(b[0] - half), float(b[0] + half))
    q_p = float(stats.chi2.sf(q, k - p)) if k > p else np.nan
    return Meta(b, covariance, df, between, q, k - p, q_p, i2, h2, factor, prediction, k)


def tau2_interval(estimates, variances, moderators=None, confidence=0.95):
    """Q-profile interval of tau2 (Viechtbauer 2007): (low, high), both 0 where even the upper bound is below 0."""
    y, v, x = checked(estimates, variances, moderators)
    if len(y) <= x.shape[1]:
        return np.nan, np.nan
    quantiles = stats.chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], len(y) - x.shape[1])
    return tuple(tau2_at(y, v, x, quantile) for quantile in quantiles)


def heterogeneity_at(value, variances, moderators=None):
    """(I2 in percent, H2) that a tau2 of ``value`` means for these variances.

    Against the typical sampling variance of Higgins and Thompson (2002), (k - p) / tr(P).
    """
    v = np.asarray(variances, dtype=float)
    x = _design(len(v), moderators)
    typical = float((len(v) - x.shape[1]) / np.trace(_projection(v, x, 0.0)))
    return 100 * value / (typical + value), value / typical + 1


def leave_one_out(estimates, variances, moderators=None, **options):
    """The model without each estimate in turn: list of :class:`Meta`, None where the rest cannot be pooled."""
    found = []
    for i in range(len(estimates)):
        rest = np.arange(len(estimates)) != i
        others = None if moderators is None else np.asarray(moderators)[rest]
        try:
            found.append(fit(np.asarray(estimates)[rest], np.asarray(variances)[rest], others, **options))
        except NotEstimable:
            found.append(None)
    return found
