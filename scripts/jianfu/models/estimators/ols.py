"""Least squares with absorbed effects."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import regression as shared
from jianfu.models.estimators.common import (
    COLUMN,
    COLUMNS,
    REGRESSION,
    Estimator,
    Fit,
    collinear_note,
    few_clusters,
)
from jianfu.models.reasons import because
from jianfu.statistics import measured, regression, wild

OPTIONS = shared.OPTIONS | {"trials": COLUMN, "sampling": COLUMNS}
PERFECT = 1e-20  # share of the outcome's variance below which what is left is rounding


def fit(model, settings):
    """Least squares; without other options errors are clustered times G / (G - 1), CR2 with fewer than 40 clusters.

    Where an outcome counts events in several observations behind a row (cells, or the option ``trials``), it is the
    share of them, weighted by the observations: the linear probability model on rows.
    """
    spec, solved = model.spec, solve(model)
    effects = shared.rows(model, solved, settings)
    few = solved.fit.n_clusters < regression.FEW_CLUSTERS and len(spec.clusters) == 1
    automatic = few and "vcov" not in spec.options
    if (solved.vcov == "CR2" or automatic) and settings.bootstrap and model.columns:
        effects = _with_wild_p(effects, model, settings)
    return replace(solved.fit, effects=effects)


def _with_wild_p(effects, model, settings):
    """Effects whose remarks have the p-value of the restricted wild cluster bootstrap, for the terms of interest."""
    outcome, weights = outcome_of(model)
    names, arrays = list(model.columns), (outcome, model.design, model.effects, model.clusters)
    drawn = {"weights": wild.weights_name(model.clusters.max() + 1), "replicates": settings.bootstrap}
    result = []
    for effect in effects:
        if effect.term in model.of_interest and not np.isnan(effect.estimate):
            place = names.index(effect.term)
            p_value = wild.cluster_p_value(*arrays, place, settings.bootstrap, settings.seed, weights)
            known = np.isfinite(p_value)
            reason = because("wild_cluster", p=p_value, **drawn) if known else because("wild_cluster_none")
            effect = replace(effect, reasons=(*effect.reasons, reason))
        result.append(effect)
    return result


def solve(model):
    """The :class:`~jianfu.models.estimators.regression.Solved` regression, the constant in front unless effects are
    absorbed."""
    spec, used, columns, effects = model.spec, model.used, model.columns, model.effects
    if shared.is_two_way(spec):
        return shared.two_way(solve, model)
    if "sampling" in spec.options:
        return _solve_measured(model)
    outcome, weights = outcome_of(model)
    if len(used) <= len(columns) + max(1, sum(codes.max() + 1 for codes in effects)):
        raise NotEstimable("too_few_observations", observations=len(used))
    few = used[spec.cluster].nunique() < regression.FEW_CLUSTERS if spec.cluster else False
    cells = not (model.trials == 1).all()
    errors = shared.errors_of(model, few="CR2" if few and not cells else "cluster")
    if errors.kind == "CR2" and cells:
        raise NotEstimable("cr2_on_cells")
    if errors.kind in ("HC2", "HC3") and effects:
        raise NotEstimable("vcov_with_effects", vcov=errors.kind)
    if effects:
        arrays = (outcome, model.design, effects, errors.clusters, weights)
        try:
            fitted = regression.fit(*arrays, errors.kind, errors.small)
        except ValueError as error:
            if "collinear" not in str(error):
                raise
            raise NotEstimable("collinear_with_effects", terms=list(columns)) from None
    else:
        arrays = (outcome, model.with_constant, weights)
        fitted = regression.fit_plain(*arrays, errors.kind, errors.clusters, errors.small)
    if fitted.unexplained < PERFECT:
        raise NotEstimable("perfect_fit")
    known = fitted.df[np.isfinite(fitted.df) & ~np.isnan(fitted.coefficients)]
    first = known[0 if effects or len(known) < 2 else 1] if len(known) else np.nan
    notes = [*shared.note_of(errors, first), *collinear_note(fitted.collinear, columns)]
    notes += few_clusters(errors.n_clusters) if errors.kind == "cluster" else []
    n_clusters = fitted.n_clusters if errors.clusters is not None else 0
    found = Fit(reasons=notes, residual_df=fitted.residual_df, n_clusters=n_clusters)
    return shared.Solved(fitted.coefficients, fitted.covariance, fitted.df, errors.name, found)


def _solve_measured(model):
    """The same for terms that are means of samples, whose sampling covariance the columns ``sampling`` hold: the upper
    triangle in the order of the terms. Errors are clustered times G / (G - 1)."""
    spec, columns = model.spec, list(model.columns)
    places = [columns.index(term) for term in spec.terms]
    pairs = [(a, b) for k, a in enumerate(places) for b in places[k:]]
    if len(pairs) != len(spec.options["sampling"]):
        raise NotEstimable("sampling_columns", wanted=len(pairs), found=len(spec.options["sampling"]))
    noise = np.zeros((len(model.used), len(columns), len(columns)))
    for (a, b), name in zip(pairs, spec.options["sampling"], strict=True):
        noise[:, a, b] = noise[:, b, a] = model.used[name].to_numpy(dtype=float)
    effects = [np.eye(int(codes.max()) + 1)[codes] for codes in model.effects]
    levels = np.column_stack(effects or [np.ones(len(noise))])
    errors = shared.errors_of(model, allowed=("cluster",))
    try:
        fitted = measured.fit(model.outcome, model.design, levels, noise, errors.clusters)
    except ValueError:
        raise NotEstimable("only_sampling") from None
    df = errors.n_clusters - 1
    reliability = {columns[place]: round(float(fitted.reliability[place]), 3) for place in places}
    notes = [
        *shared.note_of(errors, df),
        because("sampling_taken_off", reliability=list(reliability.values())),
    ]
    left = len(noise) - len(columns) - np.linalg.matrix_rank(levels)
    found = Fit(
        reasons=[*notes, *few_clusters(errors.n_clusters)],
        residual_df=int(left),
        n_clusters=errors.n_clusters,
    )
    return shared.Solved(fitted.coefficients, fitted.covariance, df, errors.name, found)


def outcome_of(model):
    """Outcome (N,) and the weights of the rows, None = all the same."""
    own, trials = model.column("weights"), model.trials
    if (trials == 1).all():
        return model.outcome - model.column("offset", 0.0), own
    return model.events / trials, trials if own is None else trials * own


ENTRIES = {
    "ols": Estimator(fit, "unit", takes=REGRESSION, options=OPTIONS, adds_up=True),
}
