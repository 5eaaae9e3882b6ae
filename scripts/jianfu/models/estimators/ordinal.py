"""Cumulative link models of an ordered outcome."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import Estimator, Fit, effects_of, few_clusters
from jianfu.models.reasons import because
from jianfu.statistics import ordinal
from jianfu.statistics.designs import independent

OPTIONS = {"link": tuple(ordinal.LINKS)}
SCALES = {"logit": "log_odds", "probit": "probit", "cloglog": "log_hazard"}
MOST_LEVELS = 20


def fit(model, settings):
    """Slopes and thresholds (terms 'threshold 1|2'); errors clustered times G / (G - 1), else observed information."""
    spec, columns, design = model.spec, model.columns, model.design
    link = spec.options.get("link", "logit")
    outcome = model.used[spec.outcome].to_numpy(dtype=float)
    levels = np.unique(outcome)
    if not 2 <= len(levels) <= MOST_LEVELS:
        raise NotEstimable("levels_outside", column=spec.outcome, levels=len(levels), most=MOST_LEVELS)
    if len(independent(model.with_constant)) <= design.shape[1]:
        raise NotEstimable("collinear_terms", terms=list(columns))
    fitted = ordinal.fit(outcome, design, link, model.clusters, model.column("weights"))
    if not fitted.converged or np.abs(fitted.coefficients * design.std(axis=0)).max() > 15:
        raise NotEstimable("outcomes_separated")
    df, vcov, notes = np.inf, "iid", [because("observed_information"), because("normal")]
    n_clusters = 0
    if model.clusters is not None:
        n_clusters = fitted.n_clusters
        df, vcov = n_clusters - 1, "cluster_G"
        notes = [because("factor_G"), because("t", df=df), *few_clusters(n_clusters)]
    errors = np.sqrt(np.diag(fitted.covariance))
    found = effects_of(columns, fitted.coefficients, errors[: len(columns)], df, vcov, settings)
    bounds = [f"threshold {a:g}|{b:g}" for a, b in zip(levels[:-1], levels[1:], strict=True)]
    found += effects_of(bounds, fitted.thresholds, errors[len(columns) :], df, vcov, settings)
    found = [replace(effect, scale=SCALES[link]) for effect in found]
    notes = [because("cumulative", link=link), *notes]
    return Fit(found, notes, len(design) - len(errors), n_clusters=n_clusters)


ENTRIES = {
    "ordinal": Estimator(fit, "log_odds", takes=("controls", "cluster", "weights"), options=OPTIONS),
}
