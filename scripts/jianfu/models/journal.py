"""What journals print beside the main models: columns that grow step by step with their fit, groups, correlations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.models.behind import Support
from jianfu.models.estimators.common import Settings
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.response import residual
from jianfu.models.sample import Prepared, prepare
from jianfu.models.spec import ALL, ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.term import Term
from jianfu.models.terms import columns_of
from jianfu.statistics import hazard

STEPS = ("alone", "controls", "unit", "full")  # terms; with controls; with the first effect; with all of them
FIGURES = ["estimate", "std_error", "ci_low", "ci_high", "p_value"]
STEPWISE = ["model", "step", "term", *FIGURES, "behind", "residual_df"]
FIT = ["model", "step", "n_used", "pseudo_r2", "r2", "r2_within"]
SUBGROUPS = ["model", "variable", "level", *FIGURES, "p_difference", "behind", "residual_df"]
CORRELATIONS = ["row", "column", "correlation", "n"]


def steps_of(model: Prepared, categories: Mapping) -> dict[str, Prepared]:
    """The model in :data:`STEPS`, all on the rows of the whole one, so that columns differ by their terms alone."""
    found = {}
    for step, controls, n_effects in zip(STEPS, (False, True, True, True), (0, 0, 1, None), strict=True):
        own = list(model.controls) if controls else []
        effects = model.spec.effects[:n_effects]
        if step == "unit" and len(model.spec.effects) < 2:
            continue
        spec = replace(model.spec, controls=tuple(own), effects=effects, report=ALL)
        columns = columns_of(model.used, [*spec.terms, *own], categories, model.weights)
        found[step] = replace(model, spec=spec, controls=own, columns=columns)
    return found


def stepwise(
    specs: Sequence[ModelSpec], tables: Mapping[str, AnalysisTable], categories: Mapping, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Coefficients, controls among them, and measures of fit of each model by step: frames STEPWISE and FIT.

    behind: fewest persons and events behind a coefficient. A model or step that cannot be estimated has no rows.
    """
    rows, fits = [], []
    for spec in specs:
        table = tables[spec.data]
        for step, model in _steps(spec, table, categories).items():
            try:
                fit = ESTIMATORS[spec.estimator].fit(model, replace(settings, bootstrap=0))
            except (NotEstimable, np.linalg.LinAlgError):
                continue
            if not fit.converged:
                continue
            support, name = Support(model, table, categories), {"model": spec.name, "step": step}
            rows += [
                name | _figures(effect, support, fit)
                for effect in fit.effects
                if effect.term in model.columns
            ]
            fits.append(name | {"n_used": int(model.weights.sum())} | fit_measures(model))
    return pd.DataFrame(rows, columns=STEPWISE), pd.DataFrame(fits, columns=FIT)


def _steps(spec, table, categories):
    try:
        return steps_of(prepare(spec, table, categories), categories)
    except NotEstimable:
        return {}


def _figures(effect, support, fit):
    """The figures of an effect with the smallest count behind them and the residual degrees of freedom."""
    behind = support.behind(effect)
    return {
        "term": effect.term,
        "estimate": effect.estimate,
        "std_error": effect.std_error,
        "ci_low": effect.low,
        "ci_high": effect.high,
        "p_value": effect.p_value,
        "behind": np.fmin(behind.persons, behind.events),
        "residual_df": fit.residual_df,
    }


def fit_measures(model: Prepared) -> dict[str, float]:
    """McFadden's pseudo-R² of events, R² and within-R² of least squares (NaN where it has none).

    Within: share of the variance within the absorbed effects. Events: binomial or Poisson log-likelihood without the
    constants of the data, against that of a constant alone. The log-likelihood itself tells the events, or the answers,
    to the last one, however few digits it has (l = E log(E/N) + ...), so it is not given.
    """
    spec, nothing = model.spec, [np.zeros(len(model.used), dtype=int)]
    if spec.estimator == "ols":
        values, columns = model.outcome, list(model.columns.values())
        left, within = (residual(values, own, model.effects) for own in (columns, []))
        rss, total = left @ left, ((values - values.mean()) ** 2).sum()
        inside = 1 - rss / (within @ within) if model.effects else np.nan
        return {"pseudo_r2": np.nan, "r2": 1 - rss / total, "r2_within": inside}
    events, trials = model.events, np.asarray(model.trials, dtype=float)
    fitted = hazard.fit(
        events, trials, model.design, model.effects or nothing, model.clusters, spec.estimator
    )
    link = hazard.LINKS[spec.estimator]
    share = events.sum() / trials.sum()
    alone = np.full(len(events), hazard.START[spec.estimator](share))
    likelihood, constant = (-link(eta, events, trials)[2] / 2 for eta in (fitted.eta, alone))
    return {"pseudo_r2": 1 - likelihood / constant, "r2": np.nan, "r2_within": np.nan}


def subgroups(
    specs: Sequence[ModelSpec],
    variables: Sequence[str],
    tables: Mapping[str, AnalysisTable],
    categories: Mapping,
    settings: Settings,
    *,
    least: int,
) -> pd.DataFrame:
    """The slope of the first term of each model in every level of each of ``variables``, frame SUBGROUPS.

    Slopes of one variable come from one model, in which the level itself stands as a control; p_difference: of the
    test that they are all equal (Wald, chi-squared). Levels with fewer than ``least`` observations, and a missing one,
    are left out.
    """
    rows = []
    for spec in specs:
        for variable in variables:
            table = tables[spec.data]
            if variable not in table.frame:
                continue
            values = table.frame[variable].astype(object).where(table.frame[variable].notna(), "").map(str)
            weights = pd.Series(table.weights(np.ones(len(values), bool)), values.index)
            counts = weights.groupby(values).sum()
            levels = sorted(level for level, n in counts.items() if n >= least and level.strip())
            if len(levels) < 2:
                continue
            dummies = {level: f"{variable}={level}" for level in levels}
            kept = replace(
                table, frame=table.frame.assign(**{variable: values})[values.isin(levels).to_numpy()]
            )
            own = spec.changed({"terms": [Term.product([spec.terms[0], variable])], "report": ALL}).changed(
                {"controls": [*(c for c in spec.controls if c != variable), variable]}
            )
            rows += _slopes(own, variable, kept, {**categories, variable: dummies}, settings)
    return pd.DataFrame(rows, columns=SUBGROUPS)


def _slopes(spec, variable, table, categories, settings):
    try:
        model = prepare(spec, table, categories)
        fit = ESTIMATORS[spec.estimator].fit(model, replace(settings, bootstrap=0))
    except (NotEstimable, np.linalg.LinAlgError):
        return []
    names = model.columns.of[spec.terms[0]]
    effects = [effect for effect in fit.effects if effect.term in names and np.isfinite(effect.estimate)]
    if not fit.converged or len(effects) < 2:
        return []
    levels = {dummy: level for level, dummy in categories[variable].items()}
    support = Support(model, table, categories)
    difference = _p_difference(spec, effects, model, settings)
    return [
        {
            **_figures(effect, support, fit),
            "model": spec.name,
            "variable": variable,
            "level": levels[Term(effect.term).names[1]],
            "p_difference": difference,
        }
        for effect in effects
    ]


def _p_difference(spec, effects, model, settings):
    """p-value of the test that the slopes are equal, from contrasts with the first one and their covariance."""
    first, *others = [effect.term for effect in effects]
    pairs = {f"d{a}_{b}": {x: 1, y: 1} for a, x in enumerate(others) for b, y in enumerate(others) if b > a}
    contrasts = {f"d{a}": {x: 1, first: -1} for a, x in enumerate(others)}
    contrasts |= {f"s{name}": {**dict.fromkeys(pair, 1), first: -2} for name, pair in pairs.items()}
    fit = ESTIMATORS[spec.estimator].fit(
        model.changed(options={"contrasts": contrasts}), replace(settings, bootstrap=0)
    )
    found = {effect.term: effect for effect in fit.effects}
    values = np.array([found[f"d{a}"].estimate for a in range(len(others))])
    covariance = np.diag([found[f"d{a}"].std_error ** 2 for a in range(len(others))])
    for a in range(len(others)):
        for b in range(a + 1, len(others)):  # Var(x + y) = Var(x) + Var(y) + 2 Cov(x, y)
            both = found[f"sd{a}_{b}"].std_error ** 2
            covariance[a, b] = covariance[b, a] = (both - covariance[a, a] - covariance[b, b]) / 2
    return float(stats.chi2.sf(values @ np.linalg.pinv(covariance) @ values, len(values)))


def correlations(frame: pd.DataFrame, variables: Sequence[str], of_some: Sequence[str] = ()) -> pd.DataFrame:
    """Pearson correlations of the variables that vary, frame CORRELATIONS, on the rows in which none is missing.

    of_some: variables that not everyone was asked; only their own pairs lose the rows in which they are missing.
    """
    present, asked = (
        [name for name in names if name in frame and frame[name].std() > 0] for names in (variables, of_some)
    )
    complete = frame.dropna(subset=present)
    rows = []
    for place, row in enumerate([*present, *asked]):
        for column in [*present, *asked][:place]:
            both = complete[[row, column]].dropna()
            rows.append((row, column, both.corr().iloc[0, 1], len(both)))
    return pd.DataFrame(rows, columns=CORRELATIONS)
