"""Hazards on cells: cloglog, logit and Poisson with absorbed effects."""

from dataclasses import replace

import numpy as np

from jianfu.design import NotEstimable
from jianfu.estimators.common import (
    TRUE,
    codes_of,
    collinear_note,
    effects_of,
    few_clusters,
    outcomes_of,
)
from jianfu.statistics import hazard, regression, wild

# Below these the note of a hazard begins with FEW_EVENTS; the coverage study has between four and five per unit.
EVENTS_PER_SLOPE, EVENTS_PER_UNIT = 10, 2
FEW_EVENTS = "few events"


def fit(spec, used, weights, columns, settings, truth):
    """Maximum likelihood of events in cells; expected information, errors clustered times G / (G - 1)."""
    suffix = TRUE if truth else ""
    events = used[[name + suffix for name in outcomes_of(spec)]].sum(axis=1).to_numpy(dtype=float)
    effects = [codes_of(used[name]) for name in spec.get("effects", [])]
    absorbed = max(1, sum(codes.max() + 1 for codes in effects) - max(len(effects) - 1, 0))
    if not truth and events.sum() <= len(columns) + absorbed:
        raise NotEstimable(f"{int(events.sum())} events for {len(columns) + absorbed} coefficients")
    clusters = codes_of(used[spec["cluster"]])
    design = np.column_stack(list(columns.values()))
    fitted = hazard.fit(events, weights, design, effects, clusters, spec["estimator"])
    if fitted.separated:
        names = [list(columns)[j] for j in fitted.moving] or spec.get("effects", [])
        raise NotEstimable(f"events are separated by {', '.join(names)}")
    df = fitted.n_clusters - 1
    notes = ["expected information", "G/(G-1)", f"t({df})", *few_clusters(fitted.n_clusters)]
    notes += _events_notes(events.sum(), len(columns) - len(fitted.collinear), effects, spec)
    notes += collinear_note(fitted.collinear, columns)
    errors = np.sqrt(np.diag(fitted.covariance))
    found = effects_of(columns, fitted.coefficients, errors, df, "cluster_G", settings)
    if fitted.converged and fitted.n_clusters < regression.FEW_CLUSTERS and settings.bootstrap and not truth:
        data = (events, weights, design, effects, clusters, spec["estimator"])
        found = [
            _with_wild_p(effect, data, j, settings) if effect.term in spec["terms"] else effect
            for j, effect in enumerate(found)
        ]
    return found, {
        "converged": bool(fitted.converged),
        "n_clusters": fitted.n_clusters,
        "n_events": float(events.sum()),
        "residual_df": int(weights.sum() - len(columns) - absorbed),
        "notes": notes,
    }


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
