"""p-values adjusted for many tests."""

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import COLUMN, Effect, Estimator, Fit
from jianfu.models.reasons import because
from jianfu.statistics import inference

OPTIONS = {"method": tuple(inference.ADJUSTMENTS), "label": COLUMN, "family": COLUMN}


def fit(model, settings):
    """One row per test: estimate and p_adjusted hold the adjusted p-value, p_value the one that was read."""
    spec, used = model.spec, model.used
    p_values = used[spec.outcome].to_numpy(dtype=float)
    if not ((p_values >= 0) & (p_values <= 1)).all():
        raise NotEstimable("no_p_values", column=spec.outcome)
    method, family = spec.options["method"], spec.options.get("family")
    label = spec.options.get("label")
    names = used[label].astype(str) if label else [f"row_{i + 1}" for i in used.index]
    groups = used[family].to_numpy() if family else [""] * len(used)
    adjusted = inference.adjusted_within(p_values, groups, method)
    found = [
        Effect(name, float(new), p_value=float(old), p_adjusted=float(new))
        for name, old, new in zip(names, p_values, adjusted, strict=True)
    ]
    reason = because("adjusted", method=method, tests=len(p_values))
    if family:
        families = len(set(groups))
        reason = because("adjusted_in_families", method=method, tests=len(p_values), families=families)
    return Fit(found, [reason], len(used))


ENTRIES = {
    "p_adjust": Estimator(
        fit,
        "p_value",
        needs=("outcome",),
        takes=(),
        options=OPTIONS,
        required=("method",),
        reports_all=True,
        of_results=True,
    ),
}
