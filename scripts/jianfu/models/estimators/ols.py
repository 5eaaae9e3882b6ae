"""Least squares with absorbed effects."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import regression as shared
from jianfu.models.estimators.common import (
    COLUMN,
    REGRESSION,
    TRUE,
    Estimator,
    codes_of,
    collinear_note,
    few_clusters,
    trials_of,
    variable,
)
from jianfu.models.reasons import because
from jianfu.statistics import regression, wild

OPTIONS = shared.OPTIONS | {"trials": COLUMN}


def fit(spec, used, weights, columns, settings, truth):
    """Least squares; without other options errors are clustered times G / (G - 1), CR2 with fewer than 40 clusters.

    Where an outcome counts events in several observations behind a row (cells, or the option ``trials``), it is the
    share of them, weighted by the observations: the linear probability model on rows.
    """
    estimates, covariance, extra = solve(spec, used, weights, columns, settings, truth)
    df, vcov = extra.pop("df"), extra.pop("vcov")
    effects = shared.rows(spec, used, columns, estimates, covariance, df, vcov, settings)
    few = extra["n_clusters"] < regression.FEW_CLUSTERS and len(spec.clusters) == 1
    automatic = few and "vcov" not in spec.options
    if (vcov == "CR2" or automatic) and settings.bootstrap and not truth:
        effects = _with_wild_p(effects, spec, used, weights, columns, settings)
    return effects, extra


def _with_wild_p(effects, spec, used, weights, columns, settings):
    """Effects whose remarks have the p-value of the restricted wild cluster bootstrap, for the terms of interest."""
    outcome, analytic = _outcome(spec, used, weights, False)
    if not columns:
        return effects
    absorbed = [codes_of(used[name]) for name in spec.effects]
    design, clusters = np.column_stack(list(columns.values())), codes_of(used[spec.cluster])
    result = []
    for effect in effects:
        if effect.term in spec.terms and effect.term in columns and not np.isnan(effect.estimate):
            place = list(columns).index(effect.term)
            p_value = wild.cluster_p_value(
                outcome, design, absorbed, clusters, place, settings.bootstrap, settings.seed, analytic
            )
            reason = because("wild_cluster_none")
            if np.isfinite(p_value):
                weights_name = wild.weights_name(clusters.max() + 1)
                reason = because(
                    "wild_cluster", p=p_value, weights=weights_name, replicates=settings.bootstrap
                )
            effect = replace(effect, reasons=(*effect.reasons, reason))
        result.append(effect)
    return result


def solve(spec, used, weights, columns, settings, truth=False):
    """Coefficients (the constant in front unless effects are absorbed), covariance and ``extra`` of a model."""
    if shared.is_two_way(spec):
        return shared.two_way(solve, spec, used, weights, columns, settings, truth)
    effects = [codes_of(used[name]) for name in spec.effects]
    outcome, analytic = _outcome(spec, used, weights, truth)
    if len(used) <= len(columns) + sum(codes.max() + 1 for codes in effects):
        raise NotEstimable("too_few_observations", observations=len(used))
    few = used[spec.cluster].nunique() < regression.FEW_CLUSTERS if spec.cluster else False
    cells = not (trials_of(spec, used, weights) == 1).all()
    errors = shared.errors_of(spec, used, few="CR2" if few and not cells else "cluster")
    if errors.kind == "CR2" and cells:
        raise NotEstimable("cr2_on_cells")
    if errors.kind in ("HC2", "HC3") and effects:
        raise NotEstimable("vcov_with_effects", vcov=errors.kind)
    if effects:
        design = np.column_stack(list(columns.values()))
        try:
            fitted = regression.fit(
                outcome, design, effects, errors.clusters, analytic, errors.kind, errors.small
            )
        except ValueError as error:
            if "collinear" not in str(error):
                raise
            raise NotEstimable("collinear_with_effects", terms=list(columns)) from None
    else:
        design = shared.with_constant(columns, len(used))
        fitted = regression.fit_plain(outcome, design, analytic, errors.kind, errors.clusters, errors.small)
    known = fitted.df[np.isfinite(fitted.df) & ~np.isnan(fitted.coefficients)]
    first = known[0 if effects or len(known) < 2 else 1] if len(known) else np.nan
    notes = [*shared.note_of(errors, first), *collinear_note(fitted.collinear, columns)]
    notes += few_clusters(errors.n_clusters) if errors.kind == "cluster" else []
    return (
        fitted.coefficients,
        fitted.covariance,
        {
            "converged": True,
            "n_clusters": fitted.n_clusters if errors.clusters is not None else 0,
            "residual_df": fitted.residual_df,
            "notes": notes,
            "vcov": errors.name,
            "df": fitted.df,
        },
    )


def _outcome(spec, used, weights, truth):
    """Outcome (N,) and the weights of the rows, None = all the same."""
    own = used[spec.weights].to_numpy(dtype=float) if spec.weights else None
    trials = trials_of(spec, used, weights)
    if (trials == 1).all():
        outcome = variable(used, spec.outcome, spec, truth)
        return outcome - (used[spec.offset].to_numpy(dtype=float) if spec.offset else 0.0), own
    suffix = TRUE if truth else ""
    events = used[[name + suffix for name in spec.outcomes]].sum(axis=1).to_numpy(dtype=float)
    return events / trials, trials if own is None else trials * own


ENTRIES = {
    "ols": Estimator(fit, "unit", takes=REGRESSION, options=OPTIONS),
}
