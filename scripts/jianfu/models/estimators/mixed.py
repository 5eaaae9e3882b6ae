"""Linear mixed models with random intercepts and slopes."""

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import (
    COLUMNS,
    Effect,
    Estimator,
    codes_of,
    collinear_note,
    effects_of,
    few_clusters,
    variable,
)
from jianfu.models.estimators.regression import CONSTANT
from jianfu.models.reasons import because
from jianfu.statistics import mixed

OPTIONS = {"groups": COLUMNS, "slopes": list, "method": ("reml", "ml")}


def fit(spec, used, weights, columns, settings, truth):
    """A random intercept by ``cluster``, further ones by ``options: groups``, slopes of terms by ``cluster``."""
    further = spec.options.get("groups", [])
    names = [spec.cluster, *([further] if isinstance(further, str) else further)]
    groups = [codes_of(used[name]) for name in names]
    slopes = spec.options.get("slopes", [])
    unknown = [name for name in slopes if name not in columns]
    if unknown:
        raise NotEstimable("slope_no_term", slope=unknown[0], terms=list(columns))
    design = np.column_stack([np.ones(len(used)), *columns.values()])
    count = sum(codes.max() + 1 for codes in groups)
    if len(used) <= design.shape[1] + 1 or min(codes.max() for codes in groups) == 0:
        raise NotEstimable("few_in_groups", observations=len(used), groups=int(count))
    if max(codes.max() for codes in groups) + 1 >= len(used):
        raise NotEstimable("group_for_each")
    reml = spec.options.get("method", "reml") == "reml"
    random = np.column_stack([columns[name] for name in slopes]) if slopes else None
    outcome = variable(used, spec.outcome, spec, truth)
    fitted = mixed.fit(outcome, design, groups, random, reml)
    named = {CONSTANT: None} | columns
    errors = np.sqrt(np.diag(fitted.covariance))
    effects = effects_of(named, fitted.coefficients, errors, np.inf, "iid", settings)
    parts = ["intercept", *slopes]
    for i, first in enumerate(parts):
        effects.append(_variance(f"variance({names[0]}: {first})", fitted.random[i, i]))
        for j in range(i):
            effects.append(_variance(f"covariance({names[0]}: {parts[j]}, {first})", fitted.random[i, j]))
    effects += [
        _variance(f"variance({n}: intercept)", v) for n, v in zip(names[1:], fitted.variances, strict=True)
    ]
    effects.append(_variance("variance(residual)", fitted.residual))
    notes = [because("reml" if reml else "maximum_likelihood"), because("model_based"), because("normal")]
    notes += [
        because("groups", n=int(codes.max()) + 1, column=name)
        for name, codes in zip(names, groups, strict=True)
    ]
    notes += few_clusters(int(groups[0].max()) + 1)
    notes += [because("singular_fit")] if fitted.singular else []
    return effects, {
        "converged": fitted.converged,
        "n_clusters": int(groups[0].max()) + 1,
        "residual_df": len(used) - design.shape[1],
        "notes": [*notes, *collinear_note([j - 1 for j in fitted.collinear], columns)],
    }


def _variance(term, value):
    return Effect(term, float(value), scale="variance")


ENTRIES = {
    "mixed": Estimator(
        fit, "unit", needs=("outcome", "terms", "cluster"), takes=("controls",), options=OPTIONS
    ),
}
