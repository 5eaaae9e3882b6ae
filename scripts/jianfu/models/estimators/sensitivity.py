"""How strong would something unobserved have to be: for least squares, or for estimates made elsewhere."""

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import (
    COLUMN,
    POSITIVE,
    POSITIVE_NUMBERS,
    RELIABILITY,
    SHARE,
    TEXTS,
    Effect,
    Estimator,
    Fit,
)
from jianfu.models.reasons import because
from jianfu.statistics import inference, sensitivity

OPTIONS = {
    "q": POSITIVE,
    "alpha": SHARE,
    "benchmarks": TEXTS,
    "multiples": POSITIVE_NUMBERS,
    "r_max": RELIABILITY,
    "delta": float,
    "beta": float,
    "measure": ("rr", "or", "hr", "smd", "linear"),
    "log": bool,
    "common": bool,
    "label": COLUMN,
    "estimate": COLUMN,
    "std_error": COLUMN,
    "df": COLUMN,
    "low": COLUMN,
    "high": COLUMN,
}
KINDS = {"": "least_squares", "probability": "linear_probability"}


def fit(model, settings):
    """Robustness values, bounds and Oster's figures of every term; with ``options: estimate`` of rows of results."""
    spec, columns, options = model.spec, model.columns, model.spec.options
    if options.get("estimate"):
        return Fit(*_of_results(options, model.used, settings))
    if not spec.outcome or not columns:
        raise NotEstimable("needs_outcome_or_results", options=["estimate"])
    parts, scale = parts_of(model)
    names, effects = list(columns), []
    own = model.of_interest
    for name in own:
        try:
            effects += of_column(parts, names, name, own, options, settings, scale)
        except NotEstimable as error:
            if name == own[-1] and not any(np.isfinite(effect.estimate) for effect in effects):
                raise
            reason = because("not_estimable", why=error.reason)
            effects.append(Effect(f"partial_r2({name})", np.nan, scale="r2", reasons=(reason,)))
    df = parts.n - parts.absorbed - parts.rank(range(len(names)))
    return Fit(effects, [because(KINDS[scale]), because("errors_iid")], df)


def parts_of(model):
    """Sums of squares and products of a model's rows, and their scale: cells count as their single observations."""
    weights, arrays = model.weights, (model.design, model.effects)
    if (weights == 1).all() and len(model.spec.outcomes) == 1:
        return sensitivity.linear_parts(model.outcome, *arrays), ""
    shares = model.events / weights
    return sensitivity.linear_parts(shares, *arrays, weights, grouped_events=True), "probability"


def of_column(parts, names, name, terms, options, settings, scale=""):
    """Effects of one design column: partial R2, robustness values, benchmark bounds, Oster's delta and beta.

    parts: :class:`jianfu.statistics.sensitivity.LinearParts` of the columns ``names``; terms: those of interest among
    them; options: as in ``OPTIONS``.
    """
    column = names.index(name)
    controls = [j for j in range(len(names)) if j != column]
    estimate, error, df, _ = parts.regression(column, controls)
    if df < 2 or not np.isfinite(estimate):
        raise NotEstimable("explained_by_others", term=name)
    q, alpha = options.get("q", 1.0), options.get("alpha", 1 - settings.confidence)
    t = estimate / error
    found = [
        Effect(f"partial_r2({name})", float(sensitivity.partial_r2(t, df)), scale="r2"),
        Effect(
            f"robustness_value({name})",
            float(sensitivity.robustness_value(t, df, q)),
            scale="r2",
            reasons=(because("robustness", q=q, df=df),),
        ),
        Effect(
            f"robustness_value_significance({name})",
            float(sensitivity.robustness_value(t, df, q, alpha)),
            scale="r2",
            reasons=(because("robustness_alpha", q=q, alpha=alpha, df=df),),
        ),
    ]
    for benchmark in options.get("benchmarks", []):
        group = [j for j in controls if names[j] == benchmark or names[j].startswith(f"{benchmark}_")]
        if not group:
            reason = because("no_control", control=benchmark)
            found.append(Effect(f"bound({name}; 1 x {benchmark})", np.nan, reasons=(reason,)))
            continue
        rest = [j for j in controls if j not in group]
        r2_exposure = parts.partial_r2(column, group, rest)
        r2_outcome = parts.partial_r2(-1, group, [*rest, column])
        for k in options.get("multiples", [1, 2, 3]):
            bound = sensitivity.benchmark_bounds(r2_exposure, r2_outcome, k)
            found.append(_bound(name, benchmark, k, (estimate, error, df), bound, settings, scale))
    # What moves a coefficient are the controls; the other terms of interest are held constant throughout.
    other = [j for j in controls if names[j] in terms]
    controls = [j for j in controls if j not in other]
    if controls:
        found += _oster(parts.within(other), name, column, controls, options, scale)
    return found


def _bound(name, benchmark, k, regression, bound, settings, scale):
    estimate, error, df = regression
    term = f"bound({name}; {k:g} x {benchmark})"
    if np.isnan(bound[0]):
        reason = because("no_such_confounder", times=k, control=benchmark)
        return Effect(term, np.nan, reasons=(reason,))
    value, new_error = sensitivity.adjusted_for_confounder(estimate, error, df, *bound)
    low, high, p_value = inference.t_interval(value, new_error, df - 1, settings.confidence)
    reasons = (because("confounder", exposure=bound[0], outcome=bound[1]),)
    return Effect(
        term, *map(float, (value, new_error, low, high, p_value)), "iid", reasons=reasons, scale=scale
    )


def _oster(parts, name, column, controls, options, scale):
    movement = parts.movement(column, controls)
    r2 = movement.r2_full
    r_max = options.get("r_max", movement.r_max)
    if r_max < r2:
        raise NotEstimable("r_max_too_low", r_max=r_max, r2=r2)
    delta, beta = options.get("delta", 1.0), options.get("beta", 0.0)
    shares = {"r_max": r_max, "r2": r2, "r2_short": movement.r2_short}
    return [
        Effect(
            f"oster_delta({name})",
            _finite(sensitivity.oster_delta(movement, beta, r_max)),
            scale="ratio",
            reasons=(because("oster_delta", effect=beta, **shares),),
        ),
        Effect(
            f"oster_beta({name})",
            sensitivity.oster_beta(movement, delta, r_max),
            scale=scale,
            reasons=(because("oster_beta", delta=delta, short=movement.beta_short, **shares),),
        ),
    ]


def _finite(value):
    return value if np.isfinite(value) else np.nan


def _of_results(options, used, settings):
    """E-values, and where degrees of freedom are known robustness values, of each row of a table of results."""
    measure, common = options.get("measure", "linear"), options.get("common", False)
    rows = {
        key: used[options[key]].to_numpy(dtype=float)
        for key in ("estimate", "std_error", "df", "low", "high")
        if options.get(key)
    }
    labels = (
        used[options["label"]].astype(str)
        if options.get("label")
        else [f"row {i + 1}" for i in range(len(used))]
    )
    q, alpha = options.get("q", 1.0), options.get("alpha", 1 - settings.confidence)
    effects = []
    for i, label in enumerate(labels):
        row = {key: float(values[i]) for key, values in rows.items()}
        if measure != "linear":
            effects += _e_values(label, row, measure, common, options.get("log", False), settings)
        elif "std_error" not in row or "df" not in row:
            raise NotEstimable("robustness_needs_errors")
        else:
            t = row["estimate"] / row["std_error"]
            figures = {
                "partial_r2": sensitivity.partial_r2(t, row["df"]),
                "robustness_value": sensitivity.robustness_value(t, row["df"], q),
                "robustness_value_significance": sensitivity.robustness_value(t, row["df"], q, alpha),
            }
            effects += [Effect(f"{key}({label})", float(value), scale="r2") for key, value in figures.items()]
    if measure == "linear":
        return effects, [because("robustness_settings", q=q, alpha=alpha)]
    return effects, [because(f"e_value_{measure}"), because("common_outcome" if common else "rare_outcome")]


def _e_values(label, row, measure, common, log, settings):
    """E-value of the estimate and of the limit nearer to no effect; ratios are given as such unless ``log``."""
    convert = (lambda x: x) if log or measure == "smd" else np.log
    if "low" not in row and "std_error" in row:
        half = inference.t_interval(0.0, row["std_error"], np.inf, settings.confidence)[1]
        low, high = convert(row["estimate"]) - half, convert(row["estimate"]) + half
    else:
        low, high = (convert(row.get(key, np.nan)) for key in ("low", "high"))
    ratio, low, high = (
        float(sensitivity.risk_ratio(value, measure, common))
        for value in (convert(row["estimate"]), low, high)
    )
    point, limit = sensitivity.e_value(ratio, low, high)
    return [
        Effect(f"e_value({label})", point, scale="risk_ratio", reasons=(because("risk_ratio", ratio=ratio),)),
        Effect(f"e_value_limit({label})", limit, scale="risk_ratio"),
    ]


ENTRIES = {
    "sensitivity": Estimator(
        fit,
        "unit",
        needs=(),
        takes=("outcome", "terms", "controls", "effects"),
        options=OPTIONS,
        text=("label",),
        reports_all=True,
        of_results=True,
    ),
}
