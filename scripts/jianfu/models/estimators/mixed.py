"""Linear mixed models with random intercepts and slopes."""

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import (
    COLUMNS,
    TEXTS,
    Effect,
    Estimator,
    Fit,
    codes_of,
    collinear_note,
    effects_of,
    few_clusters,
)
from jianfu.models.reasons import because
from jianfu.models.term import CONSTANT
from jianfu.statistics import mixed

OPTIONS = {"groups": COLUMNS, "slopes": TEXTS, "method": ("reml", "ml")}


def fit(model, settings):
    """A random intercept by ``cluster``, further ones by ``options: groups``, slopes of terms by ``cluster``."""
    options, columns, design = model.spec.options, model.columns, model.with_constant
    further = options.get("groups", [])
    names = [model.spec.cluster, *([further] if isinstance(further, str) else further)]
    groups = [codes_of(model.used[name]) for name in names]
    sizes = [int(codes.max()) + 1 for codes in groups]
    slopes = options.get("slopes", [])
    unknown = [name for name in slopes if name not in columns]
    if unknown:
        raise NotEstimable("slope_no_term", slope=unknown[0], terms=list(columns))
    if len(design) <= design.shape[1] + 1 or min(sizes) == 1:
        raise NotEstimable("few_in_groups", observations=len(design), groups=sum(sizes))
    if max(sizes) >= len(design):
        raise NotEstimable("group_for_each")
    reml = options.get("method", "reml") == "reml"
    random = np.column_stack([columns[name] for name in slopes]) if slopes else None
    fitted = mixed.fit(model.outcome, design, groups, random, reml)
    errors = np.sqrt(np.diag(fitted.covariance))
    effects = effects_of([CONSTANT, *columns], fitted.coefficients, errors, np.inf, "iid", settings)
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
    notes += [because("groups", n=n, column=name) for name, n in zip(names, sizes, strict=True)]
    notes += few_clusters(sizes[0])
    notes += [because("singular_fit")] if fitted.singular else []
    notes += collinear_note([j - 1 for j in fitted.collinear], columns)
    return Fit(effects, notes, len(design) - design.shape[1], fitted.converged, sizes[0])


def _variance(term, value):
    return Effect(term, float(value), scale="variance")


ENTRIES = {
    "mixed": Estimator(
        fit, "unit", needs=("outcome", "terms", "cluster"), takes=("controls",), options=OPTIONS
    ),
}
