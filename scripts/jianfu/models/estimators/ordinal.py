"""Cumulative link models of an ordered outcome."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import Estimator, codes_of, effects_of, few_clusters
from jianfu.models.reasons import because
from jianfu.statistics import ordinal
from jianfu.statistics.designs import independent

OPTIONS = {"link": tuple(ordinal.LINKS)}
SCALES = {"logit": "log_odds", "probit": "probit", "cloglog": "log_hazard"}
MOST_LEVELS = 20


def fit(spec, used, weights, columns, settings, truth):
    """Slopes and thresholds (terms 'threshold 1|2'); errors clustered times G / (G - 1), else observed information."""
    link = spec.options.get("link", "logit")
    outcome = used[spec.outcome].to_numpy(dtype=float)
    levels = np.unique(outcome)
    if not 2 <= len(levels) <= MOST_LEVELS:
        raise NotEstimable("levels_outside", column=spec.outcome, levels=len(levels), most=MOST_LEVELS)
    design = np.column_stack(list(columns.values()))
    if len(independent(np.column_stack([np.ones(len(used)), design]))) <= design.shape[1]:
        raise NotEstimable("collinear_terms", terms=list(columns))
    clusters = codes_of(used[spec.cluster]) if spec.cluster else None
    frequencies = used[spec.weights].to_numpy(dtype=float) if spec.weights else None
    fitted = ordinal.fit(outcome, design, link, clusters, frequencies)
    if not fitted.converged or np.abs(fitted.coefficients * design.std(axis=0)).max() > 15:
        raise NotEstimable("outcomes_separated")
    df, vcov, notes = np.inf, "iid", [because("observed_information"), because("normal")]
    if clusters is not None:
        df, vcov = fitted.n_clusters - 1, "cluster_G"
        notes = [because("factor_G"), because("t", df=df), *few_clusters(fitted.n_clusters)]
    errors = np.sqrt(np.diag(fitted.covariance))
    found = effects_of(columns, fitted.coefficients, errors[: len(columns)], df, vcov, settings)
    bounds = {f"threshold {a:g}|{b:g}": None for a, b in zip(levels[:-1], levels[1:], strict=True)}
    found += effects_of(bounds, fitted.thresholds, errors[len(columns) :], df, vcov, settings)
    extra = {"n_clusters": fitted.n_clusters} if clusters is not None else {}
    return [replace(effect, scale=SCALES[link]) for effect in found], extra | {
        "converged": True,
        "residual_df": len(used) - len(errors),
        "notes": [because("cumulative", link=link), *notes],
    }


ENTRIES = {
    "ordinal": Estimator(fit, "log_odds", takes=("controls", "cluster", "weights"), options=OPTIONS),
}
