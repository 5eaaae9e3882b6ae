"""Confirmatory factor analysis and measurement invariance."""

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import COLUMN, FACTORS, PAIRS, TEXTS, Effect, Estimator, Fit, effects_of
from jianfu.models.reasons import because
from jianfu.survey.psychometrics import cfa, fit_measures
from jianfu.survey.psychometrics.invariance import invariance
from jianfu.survey.psychometrics.measurement import Model

OPTIONS = {
    "model": FACTORS,
    "group": COLUMN,
    "invariance": bool,
    "equal": TEXTS,
    "identification": ("marker", "std_lv"),
    "orthogonal": bool,
    "residual_covariances": PAIRS,
    "meanstructure": bool,
    "robust": ("satorra_bentler",),
}
SIGNS = {
    "loading": "=~",
    "factor_covariance": "~~",
    "residual_covariance": "~~",
    "intercept": "~",
    "factor_mean": "~",
}
FITS = ("df", "cfi", "tli", "srmr", "baseline_chi2", "loglik", "aic", "bic")
EQUALITIES = ("loadings", "intercepts", "residuals")


def fit(model, settings):
    """Parameters in lavaan's notation (f=~x, f~~g, x~~x, x~1), standardised loadings (std f=~x) and fit measures.

    In groups every parameter ends with ``[group]``, equal ones have the same figures. ``invariance``: fit and
    differences of the configural, metric and scalar model, the verdict in the note, in place of the parameters.
    """
    options, used = model.spec.options, model.used
    factors = _factors(options)
    for item in factors.items:
        if used[item].dtype.kind not in "biuf":
            raise NotEstimable("item_holds_text", item=item)
    groups = used[options["group"]] if "group" in options else None
    if options.get("invariance"):
        return _invariance(used, factors, groups)
    fitted = cfa.fit(used, factors, groups)
    if not fitted.converged:
        return _failed(fitted)
    errors, robust = fitted.std_errors, None
    if options.get("robust"):
        robust = fit_measures.satorra_bentler(fitted)
        errors = robust.std_errors
    kind = "hetero" if robust else "iid"
    names, places = _names(fitted)
    rows = _fixed(fitted) + effects_of(
        names, fitted.estimates[places], np.asarray(errors)[places], np.inf, kind, settings
    )
    rows += _standardised(fitted, settings) + _fit_rows(fitted, robust)
    information = "satorra_bentler" if robust else "expected_information"
    notes = [because(code) for code in ("normal_theory", information, "normal")] + list(fitted.problems)
    return _fit(rows, fitted, notes)


def _factors(options):
    equal = tuple(options.get("equal", ()))
    unknown = [word for word in equal if word not in EQUALITIES]
    if unknown:
        raise NotEstimable("unknown_equality", equality=unknown[0], allowed=list(EQUALITIES))
    pairs = tuple(tuple(pair) for pair in options.get("residual_covariances", ()))
    model = Model(
        {
            factor: [items] if isinstance(items, str) else list(items)
            for factor, items in options["model"].items()
        },
        options.get("identification", "marker"),
        equal,
        options.get("orthogonal", False),
        pairs,
        options.get("meanstructure"),
    )
    for pair in pairs:
        if len(pair) != 2 or not set(pair) <= set(model.items):
            raise NotEstimable("residual_covariances_pairs")
    return model


def _fit(rows, fitted, notes):
    return Fit(rows, notes, sum(fitted.n) - len(fitted.parameters), fitted.converged)


def _failed(fitted):
    problem = fitted.problems[0]
    if problem.code != "not_converged":
        raise NotEstimable(problem.code, **problem.values)
    return _fit([], fitted, [problem])


def _names(fitted):
    """Terms of the free parameters and their places; in groups, one for each group in which a parameter stands."""
    names, places = [], []
    for place, parameter in enumerate(fitted.parameters):
        name = f"{parameter.left}{SIGNS[parameter.matrix]}{parameter.right}"
        for group in [parameter.group] if parameter.group is not None else fitted.groups:
            names.append(f"{name} [{group}]" if len(fitted.groups) > 1 else name)
            places.append(place)
    return names, places


def _fixed(fitted):
    """The loadings that give the factors their unit."""
    if fitted.model.identification != "marker":
        return []
    ends = [f" [{group}]" for group in fitted.groups] if len(fitted.groups) > 1 else [""]
    return [
        Effect(f"{factor}=~{items[0]}{end}", 1.0, reasons=(because("fixed"),), scale="unit")
        for end in ends
        for factor, items in fitted.model.factors.items()
    ]


def _standardised(fitted, settings):
    found = fit_measures.standardised_loadings(fitted)
    several = len(fitted.groups) > 1
    names = [f"std {f}=~{x}" + (f" [{group}]" if several else "") for group, f, x, _, _ in found]
    values, errors = np.array([row[3] for row in found]), np.array([row[4] for row in found])
    return effects_of(names, values, errors, np.inf, "iid", settings)


def _fit_rows(fitted, robust, prefix=""):
    found = fit_measures.measures(fitted)
    df = (because("degrees", df=found.df),)
    rows = [Effect(f"{prefix}chi2", found.chi2, p_value=found.p_value, scale="fit", reasons=df)]
    if robust:
        rows.append(Effect(f"{prefix}chi2_scaled", robust.chi2, p_value=robust.p_value, scale="fit"))
        rows.append(Effect(f"{prefix}scaling_factor", robust.scaling, scale="fit"))
    rows += [Effect(prefix + name, float(getattr(found, name)), scale="fit") for name in FITS]
    interval = (found.rmsea_low, found.rmsea_high, found.rmsea_close)
    rmsea = Effect(f"{prefix}rmsea", found.rmsea, np.nan, *interval, scale="fit", reasons=(because("rmsea"),))
    return [row for row in [*rows, rmsea] if np.isfinite(row.estimate)]


def _invariance(used, model, groups):
    if groups is None:
        raise NotEstimable("invariance_needs_group")
    steps, verdict = invariance(used, model, groups)
    if not steps[0].fit.converged:
        return _failed(steps[0].fit)
    rows, notes = [], [because("invariance_verdict", verdict=verdict), because("maximum_likelihood")]
    for step in steps:
        notes += [because("at_level", level=step.level, what=problem) for problem in step.fit.problems]
        if not step.fit.converged:
            continue
        rows += _fit_rows(step.fit, None, f"{step.level} ")
        if step.df_difference:
            name = f"{step.level} "
            df = because("degrees", df=int(step.df_difference))
            test = {"p_value": step.p_difference, "reasons": (df,), "scale": "fit"}
            rows.append(Effect(f"{name}chi2_difference", step.chi2_difference, **test))
            rows.append(Effect(f"{name}cfi_difference", step.cfi_difference, scale="fit"))
            rows.append(Effect(f"{name}rmsea_difference", step.rmsea_difference, scale="fit"))
    return _fit(rows, steps[0].fit, notes)


ENTRIES = {
    "cfa": Estimator(
        fit,
        "unit",
        needs=(),
        takes=(),
        options=OPTIONS,
        required=("model",),
        reports_all=True,
    ),
}
