"""Reliability of a scale: Cronbach's alpha with Feldt's interval and McDonald's omega."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from jianfu.core.errors import NotEstimable
from jianfu.survey.psychometrics.items import checked, positive_definite


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of the raw items with its interval; n complete rows, k items."""

    alpha: float
    low: float
    high: float
    n: int
    k: int


def cronbach_alpha(items, confidence=0.95):
    """Cronbach's alpha, k / (k - 1) (1 - sum of item variances / variance of the sum).

    The interval is Feldt's (1965): (1 - alpha) F with n - 1 and (k - 1)(n - 1) degrees of freedom, as
    ``alpha.ci`` of R psych. Raises :class:`NotEstimable` where items are too few, constant or cancel out.
    """
    items = checked(items)
    n, k = items.shape
    covariance = np.cov(items, rowvar=False)
    total = covariance.sum()
    if not total > 1e-12 * np.trace(covariance):
        raise NotEstimable("items_cancel_out")
    alpha = k / (k - 1) * (1 - np.trace(covariance) / total)
    quantiles = stats.f.ppf([(1 + confidence) / 2, (1 - confidence) / 2], n - 1, (k - 1) * (n - 1))
    low, high = 1 - (1 - alpha) * quantiles
    return Alpha(float(alpha), float(low), float(high), n, k)


def omega_total(fit):
    """McDonald's omega total of the sum of all items from a confirmatory factor model fitted in one group.

    omega = 1' L P L' 1 / (1' L P L' 1 + 1' T 1) with loadings L, factor covariances P and residual covariances T
    (McDonald 1999, eq. 6.20; model-implied variance). With one factor: (sum of loadings)^2 over itself plus the
    sum of the residual variances. ``fit`` comes from :func:`jianfu.survey.psychometrics.cfa.fit`; NaN if it did not
    converge.
    """
    if not fit.converged:
        return float("nan")
    loadings, factors, residuals = fit.matrices[0][:3]
    common = (loadings @ factors @ loadings.T).sum()
    return float(common / (common + residuals.sum()))


def minres_loadings(correlation):
    """Loadings (p,) of one factor by minimum residuals: least squares on the correlations off the diagonal.

    As ``fa(fm = "minres")`` of R psych (Harman and Jones 1966). The sign makes their sum positive.
    """
    p = len(correlation)
    values, vectors = np.linalg.eigh(correlation)
    start = vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.1))
    rows, columns = np.tril_indices(p, -1)

    def residuals(loadings):
        return correlation[rows, columns] - loadings[rows] * loadings[columns]

    loadings = optimize.least_squares(residuals, start, xtol=1e-14, ftol=1e-14, gtol=1e-14).x
    return loadings if loadings.sum() >= 0 else -loadings


def omega_minres(items):
    """Omega total of the standardised items from one factor by minimum residuals.

    omega = 1 - sum of uniquenesses / sum of the correlation matrix, as ``omega(nfactors = 1)$omega.tot`` of R psych.
    """
    items = checked(items, fewest=3)
    correlation = np.corrcoef(items, rowvar=False)
    if not positive_definite(correlation):
        raise NotEstimable("not_positive_definite")
    loadings = minres_loadings(correlation)
    return float(1 - (1 - loadings**2).sum() / correlation.sum())
