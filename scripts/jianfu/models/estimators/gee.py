"""Generalised estimating equations with robust errors."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import (
    COLUMN,
    Effect,
    Estimator,
    codes_of,
    effects_of,
    few_clusters,
    variable,
)
from jianfu.models.estimators.regression import CONSTANT
from jianfu.models.reasons import because
from jianfu.statistics import gee
from jianfu.statistics.designs import independent

OPTIONS = {
    "family": tuple(gee.FAMILIES),
    "correlation": gee.STRUCTURES,
    "time": COLUMN,
    "small_sample": ("none", "G"),
}
SCALES = {"gaussian": "unit", "binomial": "log_odds", "poisson": "log_rate"}


def fit(spec, used, weights, columns, settings, truth):
    """Estimating equations within ``cluster``; sandwich as geepack, times G / (G - 1) only if asked for."""
    options = spec.options
    family, structure = options.get("family", "gaussian"), options.get("correlation", "exchangeable")
    design = np.column_stack([np.ones(len(used)), *columns.values()])
    if len(independent(design)) < design.shape[1]:
        raise NotEstimable("collinear_terms", terms=list(columns))
    clusters = codes_of(used[spec.cluster])
    n_clusters = int(clusters.max()) + 1
    if n_clusters <= design.shape[1]:
        raise NotEstimable("too_few_clusters", clusters=n_clusters, coefficients=design.shape[1])
    outcome = variable(used, spec.outcome, spec, truth)
    _check_outcome(outcome, family, spec.outcome)
    columns_of = {
        key: used[getattr(spec, key)].to_numpy(float) if getattr(spec, key) else None
        for key in ("weights", "offset")
    }
    times = used[options["time"]].to_numpy() if options.get("time") else None
    fitted = gee.fit(outcome, design, clusters, family=family, structure=structure, times=times, **columns_of)
    corrected = options.get("small_sample", "none") == "G"
    covariance = fitted.covariance * (n_clusters / (n_clusters - 1) if corrected else 1)
    vcov = "cluster_G" if corrected else "cluster"
    errors = np.sqrt(np.diag(covariance))
    scale = SCALES[family]
    effects = effects_of({CONSTANT: None} | columns, fitted.coefficients, errors, np.inf, vcov, settings)
    effects = [replace(effect, scale=scale) for effect in effects]
    if structure != "independence":
        effects.append(Effect("correlation", fitted.correlation, scale="correlation"))
    effects.append(Effect("scale", fitted.scale, scale="variance"))
    return effects, {
        "converged": fitted.converged,
        "n_clusters": n_clusters,
        "residual_df": len(used) - design.shape[1],
        "notes": [
            because("family", family=family, correlation=structure),
            because("factor_G" if corrected else "factor_none"),
            because("normal"),
            *few_clusters(n_clusters),
        ],
    }


def _check_outcome(outcome, family, name):
    if family == "binomial" and not np.isin(outcome, (0, 1)).all():
        raise NotEstimable("outcome_not_binary", column=name)
    if family == "poisson" and (outcome < 0).any():
        raise NotEstimable("outcome_negative", column=name)


ENTRIES = {
    "gee": Estimator(
        fit,
        "unit",
        needs=("outcome", "terms", "cluster"),
        takes=("controls", "weights", "offset"),
        options=OPTIONS,
    ),
}
