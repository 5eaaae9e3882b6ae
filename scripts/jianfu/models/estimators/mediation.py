"""Mediation: products of linear paths, or natural effects of nonlinear models by g-computation."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimates import INDIRECT
from jianfu.models.estimators import ols
from jianfu.models.estimators.common import (
    Effect,
    Estimator,
    codes_of,
    few_clusters,
    renamed,
    variable,
)
from jianfu.models.reasons import because
from jianfu.statistics import hazard, inference, mediation, natural_effects
from jianfu.statistics.designs import dummies

OPTIONS = {
    "outcome_model": natural_effects.LINKS,
    "mediator_model": natural_effects.LINKS,
    "interaction": bool,
    "contrast": list,
    "reference_mediator": float,
    "horizon": int,
    "per": float,
    "reliability": float,
    "rho": list,
}
LINEAR = {"outcome_model", "mediator_model"}
EVENTS_PER_COEFFICIENT = 2  # below, a bootstrap of nonlinear models with effects is no guide
RATIOS = ("total_ratio", "direct_ratio", "indirect_ratio")


def fit(spec, used, weights, columns, settings, truth):
    """Paths a (terms -> mediator), b (mediator -> outcome), indirect, direct and total effects.

    With linear models and no interaction the effects are products of the paths, with absorbed effects of any size.
    Other models (options) are integrated over the mediator's distribution: :mod:`jianfu.statistics.natural_effects`.
    """
    options = spec.options
    linear = all(options.get(name, "linear") == "linear" for name in LINEAR)
    if linear and not options.get("interaction") and options.get("horizon", 1) == 1:
        return _fit_linear(spec, used, weights, columns, settings, truth)
    return _fit_natural(spec, used, weights, columns, settings)


# ------------------------------------------------------------------------------------------------ linear paths


def _fit_linear(spec, used, weights, columns, settings, truth):
    options, mediator = spec.options, spec.mediator
    clusters = _clusters(spec, used)
    own = spec if spec.cluster else replace(spec, options={})
    observed = {mediator: variable(used, mediator, spec)}
    first_stage = replace(own, outcomes=(mediator,), options={})
    paths_a, extra = ols.fit(first_stage, used, weights, columns, settings, truth)
    paths, extra = ols.fit(replace(own, options={}), used, weights, observed | columns, settings, truth)
    a = {effect.term: effect for effect in paths_a}
    c = {effect.term: effect for effect in paths}
    inner, y = 1.0, variable(used, spec.outcome, spec, truth)
    design = _linear_design(spec, used, columns)
    ones = np.ones(len(used))
    notes = []
    if options.get("reliability", 1.0) < 1:
        inner = _inner_reliability(observed[mediator], design, options["reliability"])
        notes.append(because("reliability_corrected", reliability=options["reliability"], within=inner))
    rows = [renamed(c[mediator], f"{mediator}_b", spec.outcome_name)]
    bootstrap = None
    if settings.bootstrap and not truth:
        bootstrap = _bootstrap(spec, used, columns, observed[mediator], clusters, settings)
        notes.append(because("bootstrap", replicates=settings.bootstrap))
    for j, term in enumerate(spec.terms):
        rows.append(renamed(a[term], f"{term}_a", mediator))
        b = c[mediator].estimate
        product, direct = (
            a[term].estimate * b / inner,
            c[term].estimate - a[term].estimate * b * (1 / inner - 1),
        )
        draws = None if bootstrap is None else bootstrap.draws[:, j]
        direct_draws = None if bootstrap is None else bootstrap.direct_draws[:, j]
        if inner < 1 and draws is not None:
            direct_draws, draws = direct_draws - draws * (1 / inner - 1), draws / inner
        plain = renamed(c[term], f"{term}_direct", spec.outcome_name)
        rows.append(plain if inner == 1 else _row(f"{term}_direct", direct, direct_draws, settings, notes))
        note = _rho_notes(y, observed[mediator], design, term, spec, ones) if len(spec.terms) == 1 else []
        few = few_clusters(extra["n_clusters"]) if spec.cluster else []
        rows.append(_row(term + INDIRECT, product, draws, settings, [*few, *notes, *note]))
        total = None if draws is None else draws + direct_draws
        rows.append(_row(f"{term}_total", product + direct, total, settings, [*few, *notes]))
        rows += _at_rho(options, term, y, observed[mediator], design, spec, ones)
    return rows, extra


def _clusters(spec, used):
    return codes_of(used[spec.cluster]) if spec.cluster else np.arange(len(used))


def _linear_design(spec, used, columns):
    """Constant, terms, controls and effects as columns, for the residuals of the linear models."""
    terms = [columns[term] for term in spec.terms]
    rest = [values for name, values in columns.items() if name not in spec.terms]
    levels = [dummies(codes_of(used[name])) for name in spec.effects]
    return np.column_stack([np.ones(len(used)), *terms, *rest, *levels])


def _inner_reliability(mediator, design, reliability):
    residual = mediator - design @ np.linalg.lstsq(design, mediator, rcond=None)[0]
    spread = (residual**2).sum() / max(len(residual) - np.linalg.matrix_rank(design), 1)
    inner = 1 - (1 - reliability) * mediator.var(ddof=1) / spread
    if inner <= 0:
        raise NotEstimable("mediator_too_noisy")
    return inner


def _rho_notes(y, mediator, design, term, spec, weights):
    zero = natural_effects.rho_zero(y, mediator, design, weights)[0]
    return [because("vanishes_at", rho=zero)]


def _at_rho(options, term, y, mediator, design, spec, weights):
    """Rows ``<term>_indirect_rho_<r>`` of the correlations that the options list."""
    if len(spec.terms) > 1 or not options.get("rho"):
        return []
    values = natural_effects.indirect_at_rho(options["rho"], y, mediator, design, weights)
    return [
        Effect(f"{term}{INDIRECT}_rho_{rho:g}", float(value), reasons=(because("if_rho", rho=rho),))
        for rho, value in zip(options["rho"], values, strict=True)
    ]


def _row(term, estimate, draws, settings, notes, scale="", null=0.0):
    """A row with the percentile interval of the bootstrap, where there was one."""
    if draws is None or not np.isfinite(draws).all():
        return Effect(term, float(estimate), vcov="cluster_G", reasons=tuple(notes), scale=scale)
    low, high, p_value = inference.percentile_interval(draws - null, settings.confidence)
    error = draws.std(ddof=1)
    return Effect(
        term,
        float(estimate),
        float(error),
        low + null,
        high + null,
        p_value,
        "cluster_G",
        reasons=tuple(notes),
        scale=scale,
    )


def _bootstrap(spec, used, columns, mediator, clusters, settings):
    terms = np.column_stack([columns[term] for term in spec.terms])
    rest = [values for name, values in columns.items() if name not in spec.terms]
    controls = np.column_stack(rest) if rest else np.empty((len(used), 0))
    return mediation.fit(
        variable(used, spec.outcome, spec),
        mediator,
        terms,
        controls,
        [codes_of(used[name]) for name in spec.effects],
        clusters,
        settings.bootstrap,
        settings.seed,
    )


# ------------------------------------------------------------------------------------------------ natural effects


def _fit_natural(spec, used, weights, columns, settings):
    options, term = spec.options, spec.terms[0]
    if len(spec.terms) > 1:
        raise NotEstimable("one_term_only")
    link = options.get("outcome_model", "linear")
    binary = link in ("logit", "probit", "cloglog")
    y = used[list(spec.outcomes)].sum(axis=1).to_numpy(dtype=float)
    if binary and (y.min() < 0 or (y > weights).any()):
        raise NotEstimable("no_share_of_events", outcome=spec.outcome_name)
    dropped, kept = (
        _without_events(spec, used, y, weights) if binary else ({}, np.ones(len(used), dtype=bool))
    )
    columns = {name: values[kept] for name, values in columns.items()}
    used, y, weights = used[kept], y[kept], weights[kept]
    clusters = _clusters(spec, used)
    mediator = variable(used, spec.mediator, spec)
    design = _linear_design(spec, used, columns)
    if binary:
        y, weights, clusters, mediator, design = _collapsed(y, weights, clusters, mediator, design)
        if y.sum() < EVENTS_PER_COEFFICIENT * design.shape[1]:
            raise NotEstimable("too_few_events", events=int(y.sum()), coefficients=design.shape[1] + 1)
    columns = {term: design[:, 1]}
    outcome = y / weights if binary else y
    found = natural_effects.fit(
        outcome,
        mediator,
        columns[term],
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
    for name, value in found.estimates.items():
        ratio, factor = name in RATIOS, 1.0 if name in (*RATIOS, "proportion") else per
        draws = found.draws.get(name)
        kind = "ratio" if ratio else "share" if name == "proportion" else scale
        null = 1.0 if ratio else 0.0
        own = few_clusters(n_clusters) if name in ("indirect", "total") else []
        draws = None if draws is None else draws * factor
        rows.append(_row(f"{term}_{name}", value * factor, draws, settings, own, kind, null))
    return rows, {
        "converged": found.converged,
        "n_clusters": n_clusters,
        "n_events": float(y.sum()) if binary else np.nan,
        "residual_df": int(weights.sum() - design.shape[1] - 1),
        "notes": notes,
        "dropped": dropped,
    }


def _without_events(spec, used, events, weights):
    """({reason: observations}, rows kept) after levels of the effects without any event are left out."""
    groups = {name: codes_of(used[name]) for name in spec.effects}
    kept, lost = hazard.drop_separated(events, weights, groups)
    if not kept.any():
        raise NotEstimable("no_events")
    dropped = {}
    for (name, _), n in lost.items():
        dropped[f"separated_{name}"] = dropped.get(f"separated_{name}", 0) + n
    return dropped, kept


def _collapsed(events, weights, clusters, mediator, design):
    """Rows that are alike in cluster, mediator and design added up: the likelihood of shares stays the same."""
    rows = np.column_stack([clusters, mediator, design])
    order = np.lexsort(rows.T[::-1])
    new = np.r_[True, (rows[order][1:] != rows[order][:-1]).any(axis=1)]
    place = np.cumsum(new) - 1
    first = order[new]
    totals = [np.bincount(place, values[order].astype(float)) for values in (events, weights)]
    return *totals, clusters[first], mediator[first], design[first]


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
