"""Mediation: products of linear paths, or natural effects of nonlinear models by g-computation."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimates import INDIRECT
from jianfu.models.estimators import ols
from jianfu.models.estimators.common import (
    CORRELATIONS,
    COUNT_FROM_1,
    POSITIVE,
    RELIABILITY,
    TWO_NUMBERS,
    Effect,
    Estimator,
    Fit,
    few_clusters,
    renamed,
)
from jianfu.models.reasons import because
from jianfu.statistics import hazard, inference, mediation, natural_effects
from jianfu.statistics.designs import demean, dummies

OPTIONS = {
    "outcome_model": natural_effects.LINKS,
    "mediator_model": natural_effects.LINKS,
    "interaction": bool,
    "contrast": TWO_NUMBERS,
    "reference_mediator": float,
    "horizon": COUNT_FROM_1,
    "per": POSITIVE,
    "reliability": RELIABILITY,
    "rho": CORRELATIONS,
}
LINEAR = {"outcome_model", "mediator_model"}
EVENTS_PER_COEFFICIENT = 2  # below, a bootstrap of nonlinear models with effects is no guide
LARGEST_DESIGN = (
    30_000_000  # values of a design with a column for every level: some 3 GB with what comes of it
)
RATIOS = ("total_ratio", "direct_ratio", "indirect_ratio")


def fit(model, settings):
    """Paths a (terms -> mediator), b (mediator -> outcome), indirect, direct and total effects.

    With linear models and no interaction the effects are products of the paths, with absorbed effects of any size.
    Other models (options) are integrated over the mediator's distribution: :mod:`jianfu.statistics.natural_effects`.
    """
    options = model.spec.options
    linear = all(options.get(name, "linear") == "linear" for name in LINEAR)
    if linear and not options.get("interaction") and options.get("horizon", 1) == 1:
        return _fit_linear(model, settings)
    return _fit_natural(model, settings)


# ------------------------------------------------------------------------------------------------ linear paths


def _fit_linear(model, settings):
    spec, options, name, terms = model.spec, model.spec.options, model.spec.mediator, model.of_interest
    mediator, outcome = model.values(name), model.outcome
    within = _within_first(model, outcome, mediator)
    second = model.changed(options={})
    paths_a = ols.fit(second.changed(outcomes=(name,)), settings)
    paths = ols.fit(replace(second, columns=model.columns.with_first(name, mediator)), settings)
    a, c = ({effect.term: effect for effect in found.effects} for found in (paths_a, paths))
    inner, notes, bootstrap = 1.0, [], None
    if options.get("reliability", 1.0) < 1:
        inner = _inner_reliability(mediator, model, within, options["reliability"])
        notes.append(because("reliability_corrected", reliability=options["reliability"], within=inner))
    rows = [renamed(c[name], f"{name}_b", spec.outcome_name)]
    if settings.bootstrap:
        bootstrap = _bootstrap(model, outcome, mediator, settings)
        notes.append(because("bootstrap", replicates=settings.bootstrap))
    few = few_clusters(paths.n_clusters) if spec.cluster else []
    for j, term in enumerate(terms):
        rows.append(renamed(a[term], f"{term}_a", name))
        b = c[name].estimate
        product, direct = (
            a[term].estimate * b / inner,
            c[term].estimate - a[term].estimate * b * (1 / inner - 1),
        )
        draws, direct_draws = (None, None) if bootstrap is None else (part[:, j] for part in bootstrap)
        if inner < 1 and draws is not None:
            direct_draws, draws = direct_draws - draws * (1 / inner - 1), draws / inner
        plain = renamed(c[term], f"{term}_direct", spec.outcome_name)
        rows.append(plain if inner == 1 else _row(f"{term}_direct", direct, direct_draws, settings, notes))
        arrays = (*within, np.ones(len(outcome)))
        alone = len(terms) == 1
        note = [because("vanishes_at", rho=natural_effects.rho_zero(*arrays)[0])] if alone else []
        rows.append(_row(term + INDIRECT, product, draws, settings, [*few, *notes, *note]))
        total = None if draws is None else draws + direct_draws
        rows.append(_row(f"{term}_total", product + direct, total, settings, [*few, *notes]))
        if alone and options.get("rho"):
            rows += _at_rho(term, options["rho"], arrays)
    return replace(paths, effects=rows)


def _linear_design(model):
    """Constant, terms, controls and effects as columns, for the residuals of the linear models."""
    terms, rest = _split(model)
    levels = [dummies(codes) for codes in model.effects]
    return np.column_stack([np.ones(len(model.used)), *terms, *rest, *levels])


def _within_first(model, outcome, mediator):
    """Outcome (N,), mediator (N,) and the columns of :func:`_linear_design` (N, k), less their means in the levels of
    the first effect: with the same residuals, and without a column for every unit."""
    terms, rest = _split(model)
    first, *later = model.effects or [np.zeros(len(outcome), dtype=int)]
    columns = [outcome, mediator, *terms, *rest, *map(dummies, later)]
    columns = demean(np.column_stack(columns), first)
    return columns[:, 0], columns[:, 1], np.column_stack([np.ones(len(outcome)), columns[:, 2:]])


def _split(model):
    """Design columns of the terms and those of the controls."""
    names = model.of_interest
    rest = [values for name, values in model.columns.items() if name not in names]
    return [model.columns[name] for name in names], rest


def _clusters(model):
    return np.arange(len(model.used)) if model.clusters is None else model.clusters


def _inner_reliability(mediator, model, within, reliability):
    _, values, design = within
    residual = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    levels = model.effects[0].max() if model.effects else 0
    spread = (residual**2).sum() / max(len(residual) - np.linalg.matrix_rank(design) - levels, 1)
    inner = 1 - (1 - reliability) * mediator.var(ddof=1) / spread
    if inner <= 0:
        raise NotEstimable("mediator_too_noisy")
    return inner


def _at_rho(term, correlations, arrays):
    """Rows ``<term>_indirect_rho_<r>`` of the correlations that the options list."""
    values = natural_effects.indirect_at_rho(correlations, *arrays)
    return [
        Effect(f"{term}{INDIRECT}_rho_{rho:g}", float(value), reasons=(because("if_rho", rho=rho),))
        for rho, value in zip(correlations, values, strict=True)
    ]


def _row(term, estimate, draws, settings, notes, scale="", null=0.0):
    """A row with the percentile interval of the bootstrap, where there was one."""
    row = Effect(term, float(estimate), vcov="cluster_G", reasons=tuple(notes), scale=scale)
    if draws is None or not np.isfinite(draws).all():
        return row
    low, high, p_value = inference.percentile_interval(draws - null, settings.confidence)
    return replace(row, std_error=float(draws.std(ddof=1)), low=low + null, high=high + null, p_value=p_value)


def _bootstrap(model, outcome, mediator, settings):
    terms, rest = _split(model)
    controls = np.column_stack(rest) if rest else np.empty((len(outcome), 0))
    arrays = (outcome, mediator, np.column_stack(terms), controls, model.effects, _clusters(model))
    return mediation.bootstrap(*arrays, settings.bootstrap, settings.seed)


# ------------------------------------------------------------------------------------------------ natural effects


def _fit_natural(model, settings):
    spec, options, (term, *more) = model.spec, model.spec.options, model.of_interest
    if more:
        raise NotEstimable("one_term_only")
    if _clusters(model).max() == 0:
        raise NotEstimable("single_cluster")
    link = options.get("outcome_model", "linear")
    binary, dropped = link in ("logit", "probit", "cloglog"), {}
    if binary:
        if model.events.min() < 0 or (model.events > model.weights).any():
            raise NotEstimable("no_share_of_events", outcome=spec.outcome_name)
        dropped, kept = _without_events(model)
        model = model.at(kept)
    y, weights, mediator = model.events, model.weights, model.values(spec.mediator)
    if binary:
        y, weights, first = _collapsed(model, mediator)
        model, mediator = model.at(first), mediator[first]
    columns = 1 + len(model.columns) + sum(int(codes.max()) for codes in model.effects)
    if binary and y.sum() < EVENTS_PER_COEFFICIENT * columns:
        raise NotEstimable("too_few_events", events=int(y.sum()), coefficients=columns + 1)
    if len(y) * columns > LARGEST_DESIGN:
        raise NotEstimable("design_too_large", rows=len(y), columns=columns)
    clusters, design = _clusters(model), _linear_design(model)
    outcome = y / weights if binary else y
    found = natural_effects.fit(
        outcome,
        mediator,
        design[:, 1],
        design[:, 2:],
        weights.astype(float),
        clusters,
        link,
        options.get("mediator_model", "linear"),
        options.get("interaction", False),
        tuple(options.get("contrast", (0.0, 1.0))),
        options.get("reference_mediator"),
        options.get("horizon", 1),
        options.get("reliability", 1.0),
        settings.bootstrap,
        settings.seed,
    )
    n_clusters = int(clusters.max()) + 1
    zero = natural_effects.rho_zero(outcome, mediator, design, weights.astype(float))[0]
    notes = _natural_notes(options, found, zero, settings)
    per = options.get("per", 1.0)
    scale = ("risk_difference" if binary else "mean_difference") + (f"_per_{per:g}" if per != 1 else "")
    rows = [Effect(f"{term}_a", found.a, outcome=spec.mediator), Effect(f"{spec.mediator}_b", found.b)]
    uncertain = _around_zero(found.draws.get("total"), settings)
    for name, value in found.estimates.items():
        ratio, factor = name in RATIOS, 1.0 if name in (*RATIOS, "proportion") else per
        draws = found.draws.get(name)
        kind = "ratio" if ratio else "share" if name == "proportion" else scale
        null = 1.0 if ratio else 0.0
        own = few_clusters(n_clusters) if name in ("indirect", "total") else []
        own += [because("share_of_nothing")] if name == "proportion" and uncertain else []
        draws = None if draws is None else draws * factor
        rows.append(_row(f"{term}_{name}", value * factor, draws, settings, own, kind, null))
    n_events = float(y.sum()) if binary else np.nan
    left = int(weights.sum() - design.shape[1] - 1)
    return Fit(rows, notes, left, found.converged, n_clusters, n_events, dropped=dropped)


def _around_zero(draws, settings):
    """Whether zero lies in the percentile interval of a total (B,): a share of it then says nothing."""
    if draws is None or not np.isfinite(draws).all():
        return False
    low, high, _ = inference.percentile_interval(draws, settings.confidence)
    return bool(low <= 0 <= high)


def _without_events(model):
    """({reason: observations}, rows kept) after levels of the effects without any event are left out."""
    groups = dict(zip(model.spec.effects, model.effects, strict=True))
    kept, lost = hazard.drop_separated(model.events, model.weights, groups)
    if not kept.any():
        raise NotEstimable("no_events")
    dropped = {}
    for (name, _), n in lost.items():
        dropped[f"separated_{name}"] = dropped.get(f"separated_{name}", 0) + n
    return dropped, kept


def _collapsed(model, mediator):
    """Rows that are alike in cluster, mediator and design added up, by which the likelihood of shares stays the same:
    events (n,), observations (n,) and the first row of each (n,)."""
    rows = np.column_stack([_clusters(model), mediator, *model.columns.values(), *model.effects])
    order = np.lexsort(rows.T[::-1])
    new = np.r_[True, (rows[order][1:] != rows[order][:-1]).any(axis=1)]
    place = np.cumsum(new) - 1
    totals = [np.bincount(place, values[order].astype(float)) for values in (model.events, model.weights)]
    return *totals, order[new]


def _natural_notes(options, found, zero, settings):
    low, high = options.get("contrast", (0, 1))
    notes = [
        because(
            "natural_models",
            mediator=options.get("mediator_model", "linear"),
            outcome=options.get("outcome_model", "linear"),
        ),
        because("contrast", low=low, high=high),
    ]
    if options.get("interaction"):
        notes.append(because("with_interaction"))
    if options.get("horizon", 1) > 1:
        notes.append(because("horizon", periods=options["horizon"]))
    if found.reliability < 1:
        notes.append(because("reliability_within", within=found.reliability))
    if settings.bootstrap:
        code = "bootstrap_one_step" if found.one_step else "bootstrap"
        notes.append(because(code, replicates=settings.bootstrap))
    notes.append(because("vanishes_at_linear", rho=zero))
    return notes


ENTRIES = {
    "mediation": Estimator(
        fit,
        "unit",
        needs=("outcome", "terms", "mediator"),
        options=OPTIONS,
        reports_all=True,
    ),
}
