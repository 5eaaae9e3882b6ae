"""Cloglog, logit and Poisson regression of events: on persons, person-periods or cells."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import regression
from jianfu.models.estimators.common import (
    COLUMN,
    REGRESSION,
    Estimator,
    Fit,
    collinear_note,
    few_clusters,
    separated,
    whole,
)
from jianfu.models.reasons import because
from jianfu.statistics import glm, hazard, sandwich, wild
from jianfu.statistics.designs import nested
from jianfu.statistics.regression import FEW_CLUSTERS, added_ranks

# Below these a hazard rests on few events; the coverage study has between four and five per unit.
EVENTS_PER_SLOPE, EVENTS_PER_UNIT = 10, 2
RARE = 0.02  # share of trials below which links do not differ: the bias of the first effect is of that order
OPTIONS = regression.OPTIONS | {"trials": COLUMN, "information": ("expected", "observed")}
ABSORBED_VCOV = ("iid", "HC0", "HC1", "cluster")
DENSE_VCOV = ("iid", "HC0", "HC1", "HC2", "HC3", "cluster")


def solve(model):
    """The :class:`~jianfu.models.estimators.regression.Solved` hazard, the constant in front unless effects are
    absorbed."""
    if regression.is_two_way(model.spec):
        return regression.two_way(solve, model)
    spec, columns, effects = model.spec, model.columns, model.effects
    events, trials = model.events, model.trials
    own = (np.asarray(model.weights) == 1).all()  # a table of persons or of the user's own cells
    if (events < 0).any() or (own and spec.estimator != "poisson" and (events > trials).any()):
        raise NotEstimable("outcome_outside_trials")
    ranks = added_ranks(effects)
    total = len(columns) + 1 + sum(ranks)
    # Poisson with effects, as any hazard of rare events is, is the multinomial of its events given the totals of the
    # first one, which cost no event.
    rare = spec.estimator == "poisson" or events.sum() < RARE * trials.sum()
    estimated = total - 1 - ranks[0] if effects and rare else total
    if events.sum() <= estimated:
        raise NotEstimable("too_few_events", events=whole(events.sum()), coefficients=estimated)
    errors = regression.errors_of(model, allowed=ABSORBED_VCOV if effects else DENSE_VCOV)
    weights = model.column("weights", 1.0)
    data = (events * weights, trials * weights, model.column("offset", 0.0), errors)
    estimates, covariance, collinear, converged = (_absorbed if effects else _dense)(model, *data)
    df = errors.n_clusters - 1 if errors.kind == "cluster" else np.inf
    information = spec.options.get("information", "expected")
    notes = [because(f"{information}_information"), *regression.note_of(errors, df)]
    notes += few_clusters(errors.n_clusters) if errors.clusters is not None else []
    notes += _events_notes(events.sum(), len(columns) - len(collinear), effects, spec)
    notes += collinear_note(collinear, columns)
    residual_df = int(model.weights.sum() - total + len(collinear))
    found = Fit((), notes, residual_df, converged, errors.n_clusters, float(events.sum()))
    return regression.Solved(estimates, covariance, df, errors.name, found)


def fit(model, settings):
    """Maximum likelihood; expected information, errors clustered times G / (G - 1) unless the options say otherwise."""
    spec, solved = model.spec, solve(model)
    found = regression.rows(model, solved, settings)
    plain = not (spec.weights or spec.offset or regression.is_two_way(spec))
    if solved.fit.converged and plain and 0 < solved.fit.n_clusters < FEW_CLUSTERS and settings.bootstrap:
        arrays = (model.design, model.effects, model.clusters, spec.estimator)
        data, names = (model.events, model.trials, *arrays), list(model.columns)
        found = [
            _with_wild_p(effect, data, names.index(effect.term), settings)
            if effect.term in model.of_interest
            else effect
            for effect in found
        ]
    return replace(solved.fit, effects=found)


def _absorbed(model, events, trials, offset, errors):
    """Coefficients, covariance, collinear columns and convergence with absorbed effects."""
    spec, columns, effects, design, n = model.spec, model.columns, model.effects, model.design, len(events)
    information = spec.options.get("information", "expected")
    fitted = hazard.fit(events, trials, design, effects, errors.clusters, spec.estimator, offset, information)
    if fitted.separated:
        raise separated([list(columns)[j] for j in fitted.moving] or list(spec.effects))
    if errors.kind == "iid":
        return fitted.coefficients, fitted.bread, fitted.collinear, bool(fitted.converged)
    ranks = zip(added_ranks(effects), effects, strict=True)
    counted = (rank for rank, codes in ranks if errors.clusters is None or not nested(codes, errors.clusters))
    total = design.shape[1] - len(fitted.collinear) + sum(counted) + 1
    wanted, own = (
        1.0,
        sandwich.small_sample("G", fitted.n_clusters, 0, 0),
    )  # what is in the covariance already
    if errors.kind == "HC1":
        wanted = sandwich.hc1(n, total)
    elif errors.kind == "cluster":
        wanted = sandwich.small_sample(errors.small, fitted.n_clusters, n, total)
    covariance = fitted.covariance * (wanted / own)
    return fitted.coefficients, covariance, fitted.collinear, bool(fitted.converged)


def _dense(model, events, trials, offset, errors):
    """The same without absorbed effects, the constant first."""
    spec, columns, design = model.spec, model.columns, model.with_constant
    information = spec.options.get("information", "expected")
    fitted = glm.fit(events, trials, design, link=spec.estimator, offset=offset, information=information)
    if fitted.separated:
        raise separated([list(columns)[j - 1] for j in fitted.moving if j])
    covariance = fitted.bread
    if errors.kind == "cluster":
        free = design.shape[1] - len(fitted.collinear)
        factor = sandwich.small_sample(errors.small, errors.n_clusters, len(events), free)
        covariance = sandwich.clustered(design, fitted.scores, fitted.bread, errors.clusters, factor)
    elif errors.kind != "iid":
        covariance = sandwich.robust(design, fitted.scores, fitted.bread, errors.kind, fitted.working)
    covariance[list(fitted.collinear), :] = covariance[:, list(fitted.collinear)] = np.nan
    return fitted.coefficients, covariance, tuple(j - 1 for j in fitted.collinear), bool(fitted.converged)


def _with_wild_p(effect, data, column, settings):
    """The effect with p-value and interval of the wild score bootstrap; as it is where that cannot be had."""
    if np.isnan(effect.estimate):
        return effect
    scores = hazard.efficient_scores(*data, column)
    if scores is None:
        return replace(effect, reasons=(because("wild_unconverged"),))
    p_value = wild.p_value(scores, settings.bootstrap, settings.seed)
    low, high = wild.interval(
        lambda value: hazard.efficient_scores(*data, column, value),
        effect.estimate,
        effect.std_error,
        settings.bootstrap,
        settings.seed,
        settings.confidence,
    )
    drawn = {"weights": wild.weights_name(len(scores)), "replicates": settings.bootstrap}
    if np.isnan([low, high]).any():
        return replace(effect, p_value=p_value, vcov="wild", reasons=(because("wild_score_p", **drawn),))
    reasons = (because("wild_score", **drawn),)
    return replace(effect, p_value=p_value, low=low, high=high, vcov="wild", reasons=reasons)


def _events_notes(events, n_slopes, effects, spec):
    """Remarks on how many events stand behind a slope and, with absorbed effects, behind a level of the first one."""
    per_slope = events / max(n_slopes, 1)
    per_level = {name: events / (codes.max() + 1) for name, codes in zip(spec.effects, effects, strict=True)}
    first = dict(list(per_level.items())[:1])
    few = per_slope < EVENTS_PER_SLOPE or first.get("unit", EVENTS_PER_UNIT) < EVENTS_PER_UNIT
    behind = [
        because("events_per_level", per_slope=per_slope, per_level=n, column=name)
        for name, n in first.items()
    ] or [because("events_per_slope", per_slope=per_slope)]
    return [*([because("few_events")] if few else []), *behind]


ENTRIES = {
    "logit": Estimator(fit, "log_odds", takes=REGRESSION, options=OPTIONS, counts=True, adds_up=True),
    "cloglog": Estimator(fit, "log_hazard", takes=REGRESSION, options=OPTIONS, counts=True, adds_up=True),
    "poisson": Estimator(fit, "log_rate", takes=REGRESSION, options=OPTIONS, counts=True, adds_up=True),
}
