"""Generalised estimating equations with robust errors."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import COLUMN, Effect, Estimator, Fit, effects_of, few_clusters
from jianfu.models.reasons import because
from jianfu.models.term import CONSTANT
from jianfu.statistics import gee
from jianfu.statistics.designs import independent

OPTIONS = {
    "family": tuple(gee.FAMILIES),
    "correlation": gee.STRUCTURES,
    "time": COLUMN,
    "small_sample": ("none", "G"),
}
SCALES = {"gaussian": "unit", "binomial": "log_odds", "poisson": "log_rate"}


def fit(model, settings):
    """Estimating equations within ``cluster``; sandwich as geepack, times G / (G - 1) only if asked for."""
    spec, options, columns, design = model.spec, model.spec.options, model.columns, model.with_constant
    family, structure = options.get("family", "gaussian"), options.get("correlation", "exchangeable")
    if len(independent(design)) < design.shape[1]:
        raise NotEstimable("collinear_terms", terms=list(columns))
    n_clusters = int(model.clusters.max()) + 1
    if n_clusters <= design.shape[1]:
        raise NotEstimable("too_few_clusters", clusters=n_clusters, coefficients=design.shape[1])
    _check_outcome(model.outcome, family, spec.outcome)
    fitted = gee.fit(
        model.outcome,
        design,
        model.clusters,
        family=family,
        structure=structure,
        times=model.used[options["time"]].to_numpy() if options.get("time") else None,
        weights=model.column("weights"),
        offset=model.column("offset"),
    )
    corrected = options.get("small_sample", "none") == "G"
    covariance = fitted.covariance * (n_clusters / (n_clusters - 1) if corrected else 1)
    vcov = "cluster_G" if corrected else "cluster"
    errors = np.sqrt(np.diag(covariance))
    effects = effects_of([CONSTANT, *columns], fitted.coefficients, errors, np.inf, vcov, settings)
    effects = [replace(effect, scale=SCALES[family]) for effect in effects]
    if structure != "independence":
        effects.append(Effect("correlation", fitted.correlation, scale="correlation"))
    effects.append(Effect("scale", fitted.scale, scale="variance"))
    notes = [
        because("family", family=family, correlation=structure),
        because("factor_G" if corrected else "factor_none"),
        because("normal"),
        *few_clusters(n_clusters),
    ]
    return Fit(effects, notes, len(design) - design.shape[1], fitted.converged, n_clusters)


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
