"""Estimators by name: a declared model and its rows in, effects in a common form out.

Every estimator takes (spec, used rows, weights, design columns, settings, truth) and returns a list of :class:`Effect`
and a dict with converged, n_clusters, residual_df, notes and, for hazards, n_events.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jianfu.design import NotEstimable
from jianfu.statistics import hazard, inference, mediation, regression, wild

# Below these the note of a hazard begins with FEW_EVENTS; the coverage study has between four and five per unit.
EVENTS_PER_SLOPE, EVENTS_PER_UNIT = 10, 2
FEW_EVENTS = "few events"
INDIRECT = "_indirect"  # ending of the terms that are products of two paths
TRUE = "__true"  # suffix of the columns that hold expected counts and conditional means (simulated provinces only)


@dataclass(frozen=True)
class Settings:
    """Settings of the inference: confidence level, bootstrap replicates (0 = no bootstrap) and seed."""

    confidence: float = 0.95
    bootstrap: int = 499
    seed: int = 20240401


@dataclass(frozen=True)
class Effect:
    """One estimate before it becomes a row; NaN where there is none."""

    term: str
    estimate: float
    std_error: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p_value: float = np.nan
    vcov: str = ""
    outcome: str = ""
    note: str = ""


def outcomes_of(spec):
    """Outcome columns of a model: one, or several event columns that are added up."""
    return [spec["outcome"]] if isinstance(spec["outcome"], str) else list(spec["outcome"])


def outcome_name(spec):
    """Name of the outcome in the estimates: causes that are added up are joined by '+'."""
    return "+".join(outcomes_of(spec))


def codes_of(values):
    """Levels that occur in a column of the analysis table as integer codes 0 ... K-1."""
    codes = (
        values.cat.codes.to_numpy()
        if isinstance(values.dtype, pd.CategoricalDtype)
        else pd.factorize(values)[0]
    )
    return hazard.codes_of(codes)[0]


def _variable(frame, name, spec, truth):
    """Values of a variable, standardised over the rows if the model says so (constants always from the data)."""
    values = frame[name].to_numpy(dtype=float)
    target = frame[name + TRUE].to_numpy(dtype=float) if truth else values
    if name in spec.get("standardise", []):
        spread = values.std(ddof=1)
        if not spread > 0:
            raise NotEstimable(f"{name} does not vary")
        return (target - values.mean()) / spread
    return target


def _fit_hazard(spec, used, weights, columns, settings, truth):
    suffix = TRUE if truth else ""
    events = used[[name + suffix for name in outcomes_of(spec)]].sum(axis=1).to_numpy(dtype=float)
    effects = [codes_of(used[name]) for name in spec.get("effects", [])]
    absorbed = max(1, sum(codes.max() + 1 for codes in effects) - max(len(effects) - 1, 0))
    if not truth and events.sum() <= len(columns) + absorbed:
        raise NotEstimable(f"{int(events.sum())} events for {len(columns) + absorbed} coefficients")
    clusters = codes_of(used[spec["cluster"]])
    design = np.column_stack(list(columns.values()))
    fit = hazard.fit(events, weights, design, effects, clusters, spec["estimator"])
    if fit.separated:
        names = [list(columns)[j] for j in fit.moving] or spec.get("effects", [])
        raise NotEstimable(f"events are separated by {', '.join(names)}")
    notes = ["expected information", "G/(G-1)", f"t({fit.n_clusters - 1})", *_few_clusters(fit.n_clusters)]
    notes += _events_notes(events.sum(), len(columns) - len(fit.collinear), effects, spec)
    notes += _collinear_note(fit.collinear, columns)
    errors = np.sqrt(np.diag(fit.covariance))
    effects_found = _effects(columns, fit.coefficients, errors, fit.n_clusters - 1, "cluster_G", settings)
    if fit.converged and fit.n_clusters < regression.FEW_CLUSTERS and settings.bootstrap and not truth:
        data = (events, weights, design, effects, clusters, spec["estimator"])
        effects_found = [
            _with_wild_p(effect, data, j, settings) if effect.term in spec["terms"] else effect
            for j, effect in enumerate(effects_found)
        ]
    return effects_found, {
        "converged": bool(fit.converged),
        "n_clusters": fit.n_clusters,
        "n_events": float(events.sum()),
        "residual_df": int(weights.sum() - len(columns) - absorbed),
        "notes": notes,
    }


def _few_clusters(n_clusters):
    few = n_clusters < regression.FEW_CLUSTERS
    return [f"few clusters ({n_clusters}): errors may be too small"] if few else []


def _with_wild_p(effect, data, column, settings):
    """The effect with the p-value of the wild score bootstrap; as it is where that cannot be had."""
    if np.isnan(effect.estimate):
        return effect
    scores = hazard.efficient_scores(*data, column)
    if scores is None:
        return replace(effect, note="restricted model did not converge: p-value from t")
    p_value = wild.p_value(scores, settings.bootstrap, settings.seed)
    weights = wild.weights_name(len(scores))
    note = (
        f"p-value: restricted wild score bootstrap ({weights}, {settings.bootstrap} replicates), interval: t"
    )
    return replace(effect, p_value=p_value, vcov="wild", note=note)


def _events_notes(events, n_slopes, effects, spec):
    """Remarks on how many events stand behind a slope and, with absorbed effects, behind a level of the first one."""
    per_slope = events / max(n_slopes, 1)
    per_level = {
        name: events / (codes.max() + 1) for name, codes in zip(spec.get("effects", []), effects, strict=True)
    }
    first = dict(list(per_level.items())[:1])
    few = per_slope < EVENTS_PER_SLOPE or first.get("unit", EVENTS_PER_UNIT) < EVENTS_PER_UNIT
    parts = [f"{per_slope:.1f} per slope", *(f"{n:.1f} per {name}" for name, n in first.items())]
    return [f"{FEW_EVENTS if few else 'events'}: {', '.join(parts)}"]


def _fit_ols(spec, used, weights, columns, settings, truth):
    effects = [codes_of(used[name]) for name in spec.get("effects", [])]
    outcome = _variable(used, spec["outcome"], spec, truth)
    if len(used) <= len(columns) + sum(codes.max() + 1 for codes in effects):
        raise NotEstimable(f"{len(used)} observations are too few")
    clusters = codes_of(used[spec["cluster"]])
    if clusters.max() == 0:
        raise NotEstimable("a single cluster")
    fit = regression.fit(outcome, np.column_stack(list(columns.values())), effects, clusters)
    if fit.vcov == "CR2":
        first = next((d for d in fit.df if np.isfinite(d)), np.nan)
        notes = [f"{fit.n_clusters} clusters: CR2", f"Satterthwaite t({first:.1f})"]
    else:
        notes = ["G/(G-1)", f"t({fit.n_clusters - 1})"]
    notes += _collinear_note(fit.collinear, columns)
    errors = np.sqrt(np.diag(fit.covariance))
    return _effects(columns, fit.coefficients, errors, fit.df, fit.vcov, settings), {
        "converged": True,
        "n_clusters": fit.n_clusters,
        "residual_df": fit.residual_df,
        "notes": notes,
    }


def _fit_mediation(spec, used, weights, columns, settings, truth):
    """Paths a (terms -> mediator), b (mediator -> outcome), indirect and direct effects."""
    mediator = spec["mediator"]
    observed = {mediator: _variable(used, mediator, spec, False)}
    first_stage = spec | {"outcome": mediator}
    paths_a, extra = _fit_ols(first_stage, used, weights, columns, settings, truth)
    paths, extra = _fit_ols(spec, used, weights, observed | columns, settings, truth)
    a = {effect.term: effect for effect in paths_a}
    c = {effect.term: effect for effect in paths}
    rows = [_renamed(c[mediator], f"{mediator}_b", outcome_name(spec))]
    bootstrap = None
    if settings.bootstrap and not truth:
        bootstrap = _bootstrap(spec, used, columns, observed[mediator], settings)
    for j, term in enumerate(spec["terms"]):
        rows.append(_renamed(a[term], f"{term}_a", mediator))
        rows.append(_renamed(c[term], f"{term}_direct", outcome_name(spec)))
        product = a[term].estimate * c[mediator].estimate
        low, high, p_value, error = np.nan, np.nan, np.nan, np.nan
        if bootstrap is not None:
            draws = bootstrap.draws[:, j]
            low, high, p_value = inference.percentile_interval(draws, settings.confidence)
            error = draws.std(ddof=1)
        note = f"percentile interval of the cluster bootstrap, {settings.bootstrap} replicates"
        note = "; ".join([*_few_clusters(extra["n_clusters"]), note])
        rows.append(Effect(term + INDIRECT, product, error, low, high, p_value, "cluster_G", note=note))
    return rows, extra


def _bootstrap(spec, used, columns, mediator, settings):
    terms = np.column_stack([columns[term] for term in spec["terms"]])
    rest = [values for name, values in columns.items() if name not in spec["terms"]]
    controls = np.column_stack(rest) if rest else np.empty((len(used), 0))
    return mediation.fit(
        _variable(used, spec["outcome"], spec, False),
        mediator,
        terms,
        controls,
        [codes_of(used[name]) for name in spec.get("effects", [])],
        codes_of(used[spec["cluster"]]),
        settings.bootstrap,
        settings.seed,
    )


ESTIMATORS = {
    "cloglog": _fit_hazard,
    "logit": _fit_hazard,
    "poisson": _fit_hazard,
    "ols": _fit_ols,
    "mediation": _fit_mediation,
}


def _renamed(effect, term, outcome):
    return replace(effect, term=term, outcome=outcome)


def _collinear_note(collinear, columns):
    names = list(columns)
    return [f"collinear and left out: {', '.join(names[j] for j in collinear)}"] if collinear else []


def _effects(columns, estimates, errors, df, vcov, settings):
    low, high, p_value = inference.t_interval(estimates, errors, df, settings.confidence)
    return [
        Effect(name, *map(float, values), vcov)
        for name, *values in zip(columns, estimates, errors, low, high, p_value, strict=True)
    ]
