"""Fit measures, standardised solution and robust statistics of a fitted factor model, in lavaan's conventions."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from jianfu.survey.psychometrics.measurement import implied

NAN = float("nan")


@dataclass(frozen=True)
class Measures:
    """Global fit. RMSEA with its 90 % interval and the p-value of RMSEA <= 0.05; NaN where undefined."""

    chi2: float = NAN
    df: int = 0
    p_value: float = NAN
    cfi: float = NAN
    tli: float = NAN
    rmsea: float = NAN
    rmsea_low: float = NAN
    rmsea_high: float = NAN
    rmsea_close: float = NAN
    srmr: float = NAN
    baseline_chi2: float = NAN
    baseline_df: int = 0
    loglik: float = NAN
    aic: float = NAN
    bic: float = NAN


def measures(fit):
    """Global fit measures of a converged :class:`jianfu.survey.psychometrics.cfa.Fit`; otherwise all NaN."""
    if not fit.converged:
        return Measures(df=fit.df)
    total, groups, p = sum(fit.n), len(fit.n), len(fit.model.items)
    baseline = sum(
        n * (np.log(np.diag(c)).sum() - np.linalg.slogdet(c)[1])
        for n, (c, _) in zip(fit.n, fit.moments, strict=True)
    )
    baseline_df = groups * p * (p - 1) // 2
    excess, free = max(fit.chi2 - fit.df, 0.0), max(baseline - baseline_df, 0.0)
    cfi = 1.0 if max(excess, free) == 0 else 1 - excess / max(excess, free)
    rmsea, low, high, close = _rmsea(fit.chi2, fit.df, total, groups)
    loglik = _loglik(fit)
    parameters = len(fit.parameters)
    return Measures(
        chi2=fit.chi2,
        df=fit.df,
        p_value=float(stats.chi2.sf(fit.chi2, fit.df)) if fit.df else NAN,
        cfi=float(cfi),
        tli=_tli(fit.chi2, fit.df, baseline, baseline_df),
        rmsea=rmsea,
        rmsea_low=low,
        rmsea_high=high,
        rmsea_close=close,
        srmr=_srmr(fit),
        baseline_chi2=float(baseline),
        baseline_df=baseline_df,
        loglik=loglik,
        aic=2 * parameters - 2 * loglik,
        bic=float(np.log(total)) * parameters - 2 * loglik,
    )


def _tli(chi2, df, baseline, baseline_df):
    """Tucker-Lewis index: (t_0 - t) / (t_0 - 1) with t the chi-squared over its degrees of freedom."""
    if df == 0:
        return 1.0
    null = baseline / baseline_df
    return float((null - chi2 / df) / (null - 1)) if null != 1 else NAN


def _rmsea(chi2, df, n, groups):
    """RMSEA, its 90 % interval by the noncentral chi-squared, P(RMSEA <= 0.05) (Steiger 1998: times sqrt(groups))."""
    if df == 0:
        return 0.0, 0.0, 0.0, NAN
    estimate = np.sqrt(max(chi2 / n / df - 1 / n, 0.0) * groups)
    bounds = [
        np.sqrt(_noncentrality(chi2, df, probability) / (n * df) * groups) for probability in (0.95, 0.05)
    ]
    close = stats.ncx2.sf(chi2, df, n * df * 0.05**2 / groups)
    return float(estimate), float(bounds[0]), float(bounds[1]), float(close)


def _noncentrality(chi2, df, probability):
    """Noncentrality at which ``chi2`` is exceeded with 1 - ``probability``; 0 where none is needed."""
    if stats.chi2.cdf(chi2, df) < probability:
        return 0.0
    upper = max(chi2, 1.0)
    while stats.ncx2.cdf(chi2, df, upper) > probability:
        upper *= 2
    return optimize.brentq(
        lambda value: stats.ncx2.cdf(chi2, df, value) - probability, 1e-10, upper, xtol=1e-10
    )


def _srmr(fit):
    """Standardised root mean square residual (Bentler 1995), the mean over groups weighted by their size."""
    found = []
    for (covariance, mean), matrices in zip(fit.moments, fit.matrices, strict=True):
        scale = np.sqrt(np.diag(covariance))
        model, model_mean = implied(matrices)
        residual = ((covariance - model) / np.outer(scale, scale))[np.tril_indices(len(scale))]
        if fit.layout.means:
            residual = np.concatenate([residual, (mean - model_mean) / scale])
        found.append(np.sqrt((residual**2).mean()))
    return float(np.average(found, weights=fit.n))


def _loglik(fit):
    """Normal log likelihood; means that the model leaves out are those of the data."""
    total = 0.0
    for n, (covariance, mean), matrices in zip(fit.n, fit.moments, fit.matrices, strict=True):
        model, model_mean = implied(matrices)
        residual = mean - model_mean if fit.layout.means else np.zeros(len(mean))
        inverse = np.linalg.inv(model)
        determinant = np.linalg.slogdet(model)[1]
        trace = np.trace(inverse @ covariance) + residual @ inverse @ residual
        total -= n / 2 * (len(mean) * np.log(2 * np.pi) + determinant + trace)
    return float(total)


def standardised_loadings(fit):
    """Completely standardised loadings of every group with delta-method errors.

    List of (group, factor, item, estimate, std_error): loading times SD of the factor over SD of the item, both as the
    model implies them (``std.all`` of lavaan). Derivatives are exact to rounding (complex step).
    """
    layout, step = fit.layout, 1e-30
    places = [
        (g, i, j)
        for g in range(len(layout.groups))
        for j, factor in enumerate(layout.factors)
        for i in (layout.items.index(item) for item in fit.model.factors[factor])
    ]

    def solution(values):
        found = []
        matrices = layout.matrices(values)
        scales = [(np.sqrt(np.diag(implied(m)[0])), np.sqrt(np.diag(m[1]))) for m in matrices]
        for g, i, j in places:
            found.append(matrices[g][0][i, j] * scales[g][1][j] / scales[g][0][i])
        return np.array(found)

    with np.errstate(invalid="ignore"):
        estimates = solution(fit.estimates.astype(float))
        steps = np.eye(len(fit.estimates)) * 1j * step
        slopes = np.array([solution(fit.estimates + row).imag / step for row in steps]).T
        errors = np.sqrt(np.einsum("ij,jk,ik->i", slopes, fit.covariance, slopes))
    return [
        (layout.groups[g], layout.factors[j], layout.items[i], float(estimate), float(error))
        for (g, i, j), estimate, error in zip(places, estimates, errors, strict=True)
    ]


@dataclass(frozen=True)
class Robust:
    """Scaled chi-squared, its factor, and robust standard errors (q,)."""

    chi2: float
    scaling: float
    p_value: float
    std_errors: np.ndarray


def satorra_bentler(fit):
    """Satorra and Bentler's (1994) mean-scaled chi-squared and robust errors (lavaan ``estimator = "MLM"``).

    With slopes D, normal-theory weight W and fourth-moment matrix G of the moments, U = W - W D (D' W D)^-1 D' W:
    scaling tr(U G) / df, errors from (D' W D)^-1 D' W G W D (D' W D)^-1 / N. Means are moments too, unless the
    model leaves them out.
    """
    layout, total = fit.layout, sum(fit.n)
    d_covariance, d_mean = layout.derivatives(fit.matrices)
    q = len(fit.estimates)
    bread, meat, trace, parts = np.zeros((q, q)), np.zeros((q, q)), 0.0, []
    for g, n in enumerate(fit.n):
        covariance = implied(fit.matrices[g])[0]
        slopes, weight, gamma = _moment_matrices(
            fit.rows[g], covariance, d_covariance[g], d_mean[g], layout.means
        )
        share = n / total
        weighted = weight @ slopes
        bread += share * slopes.T @ weighted
        meat += share * weighted.T @ gamma @ weighted
        trace += np.einsum("ij,ji->", weight, gamma)
        parts.append((share, weighted, gamma))
    inverse = np.linalg.inv(bread)
    trace -= np.einsum("ij,ji->", inverse, meat)
    errors = np.sqrt(np.diag(inverse @ meat @ inverse) / total)
    if fit.df == 0:
        return Robust(fit.chi2, NAN, NAN, errors)
    scaling = trace / fit.df
    return Robust(
        fit.chi2 / scaling, float(scaling), float(stats.chi2.sf(fit.chi2 / scaling, fit.df)), errors
    )


def _moment_matrices(rows, covariance, d_covariance, d_mean, means):
    """Slopes (m, q), normal-theory weight (m, m) and fourth-moment matrix (m, m) of one group's moments."""
    p = rows.shape[1]
    lower = np.tril_indices(p)
    slopes = d_covariance[:, lower[0], lower[1]].T
    inverse = np.linalg.inv(covariance)
    double = np.where(lower[0] == lower[1], 1.0, 2.0)
    # vech form of (S^-1 x S^-1) / 2: off-diagonal elements stand for two
    a, b = lower
    weight = (
        0.25
        * np.outer(double, double)
        * (inverse[np.ix_(a, a)] * inverse[np.ix_(b, b)] + inverse[np.ix_(a, b)] * inverse[np.ix_(b, a)])
    )
    centered = rows - rows.mean(axis=0)
    products = centered[:, a] * centered[:, b]
    data = products
    if means:
        slopes = np.vstack([d_mean.T, slopes])
        weight = np.block([[inverse, np.zeros((p, len(a)))], [np.zeros((len(a), p)), weight]])
        data = np.column_stack([centered, products])
    return slopes, weight, np.cov(data, rowvar=False, ddof=0)
