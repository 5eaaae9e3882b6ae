"""Measurement invariance over groups: configural, metric (equal loadings), scalar (and equal intercepts)."""

from dataclasses import dataclass, replace

from scipy import stats

from jianfu.survey.psychometrics import cfa, fit_measures

NAN = float("nan")
STEPS = {"configural": (), "metric": ("loadings",), "scalar": ("loadings", "intercepts")}
CFI, RMSEA = 0.90, 0.08  # a configural model that fits: at least, at most
CFI_DROP, RMSEA_RISE = 0.010, 0.015  # an equality fails that goes beyond both (Chen 2007)


@dataclass(frozen=True)
class Step:
    """One level: fit, measures, differences to the level before, and whether the level holds (None = not fitted)."""

    level: str
    fit: object
    measures: object
    chi2_difference: float = NAN
    df_difference: int = 0
    p_difference: float = NAN
    cfi_difference: float = NAN
    rmsea_difference: float = NAN
    holds: bool | None = None


def invariance(items, model, groups):
    """The three levels in order and the verdict: ``([Step], verdict)``.

    verdict: ``scalar``, ``metric``, ``configural``, ``none`` (the highest level that holds, all before it holding), or
    ``unknown`` where the configural model, which decides whether anything may be compared, was not fitted. A configural
    model holds with CFI >= 0.90 and RMSEA <= 0.08; an equality fails where CFI falls by more than 0.010 and
    RMSEA rises by more than 0.015 (Chen 2007; RMSEA alone is erratic with few degrees of freedom). The chi-squared
    difference is reported beside, as it rejects trifles in large samples.
    """
    steps, verdict, open_ = [], "none", True
    for level, equal in STEPS.items():
        fit = cfa.fit(items, replace(model, equal=equal), groups)
        step = _step(level, fit, steps[-1] if steps else None)
        steps.append(step)
        if open_ and step.holds:
            verdict = level
        open_ = open_ and bool(step.holds)
    return steps, "unknown" if steps[0].holds is None else verdict


def _step(level, fit, before):
    now = fit_measures.measures(fit)
    if not fit.converged:
        return Step(level, fit, now)
    if len(fit.n) < 2:
        return Step(level, fit, now)
    if before is None:
        return Step(level, fit, now, holds=bool(now.cfi >= CFI and now.rmsea <= RMSEA))
    if not before.fit.converged:
        return Step(level, fit, now)
    chi2, df = fit.chi2 - before.fit.chi2, fit.df - before.fit.df
    fall, rise = before.measures.cfi - now.cfi, now.rmsea - before.measures.rmsea
    return Step(
        level,
        fit,
        now,
        chi2,
        df,
        float(stats.chi2.sf(max(chi2, 0.0), df)) if df else NAN,
        -fall,
        rise,
        bool(fall <= CFI_DROP or rise <= RMSEA_RISE),
    )
