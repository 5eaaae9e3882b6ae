"""What a model predicts over the observed range of its exposure, group by group.

Hazards are averaged over the persons at risk of a group, each at its own covariates and effects, with the exposure of
all of them set to the same value; errors by the delta method with the absorbed effects
(:mod:`jianfu.statistics.margins`), which leave out what is uncertain about the level of a unit.
A least-squares model with absorbed units says how the outcome differs from that at an exposure of zero, the mean of the
reference window; its level is that of units, not of the exposure.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import Settings
from jianfu.models.estimators.diagnostics import PER, Observed
from jianfu.models.journal import subgroups
from jianfu.models.sample import prepare
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.statistics import inference, margins

POINTS, TAILS = 9, (0.025, 0.975)  # values of the exposure, between these quantiles of what was observed
COLUMNS = ["model", "group", "point", "exposure", "estimate", "ci_low", "ci_high", "behind", "residual_df"]


def hazards_over(
    spec: ModelSpec, table: AnalysisTable, categories: dict, by: str, settings: Settings
) -> pd.DataFrame:
    """Predicted events per 1,000 and month of a hazard model in every level of ``by``: frame :data:`COLUMNS`.

    The first term of ``spec`` is the exposure. Levels of absorbed effects without any event count as hazard zero, which
    is what the model predicts there. Intervals are made on the log scale; behind: events of the group. Empty where the
    model cannot be estimated, or where its merged levels are one.
    """
    try:
        model, everyone = (prepare(one, table, categories) for one in (spec, replace(spec, effects=())))
        data = Observed(model.changed(options={"model": spec.estimator}))
        fitted = data.fit()
    except NotEstimable:
        return pd.DataFrame(columns=COLUMNS)
    if not fitted.converged:
        return pd.DataFrame(columns=COLUMNS)
    used, columns, exposure = model.used, model.columns, spec.terms[0]
    groups = used[by].astype(str).to_numpy()
    at_risk = pd.Series(everyone.weights).groupby(everyone.used[by].astype(str).to_numpy()).sum()
    if len(at_risk) < 2:
        return pd.DataFrame(columns=COLUMNS)
    grid = _grid(everyone.used[exposure], everyone.weights)
    moved = [_change(columns, used, exposure, value)[data.keep] for value in grid]
    places, averages = [], []
    for group in sorted(set(groups)):
        inside = groups[data.keep] == group
        events = data.y[inside].sum()
        if not events > 0:
            continue
        share = np.where(inside, data.n, 0.0)
        for point, (value, change) in enumerate(zip(grid, moved, strict=True), 1):
            places.append((spec.name, group, point, value, events))
            average = margins.average_mean(fitted.eta, change, fitted.coefficients, data.link, share)
            averages.append(average * (PER * share.sum() / at_risk[group]))
    rows = (data.y, data.n, data.design, data.effects, data.clusters, data.link, fitted)
    errors = np.array(margins.absorbed_std_errors(averages, *rows))
    values = np.array([average.estimate for average in averages])
    spread = np.exp(inference.t_quantile(settings.confidence, fitted.n_clusters - 1) * errors / values)
    found = pd.DataFrame(places, columns=["model", "group", "point", "exposure", "behind"])
    figures = {"estimate": values, "ci_low": values / spread, "ci_high": values * spread}
    return found.assign(**figures, residual_df=data.found().residual_df)[COLUMNS]


def differences_over(
    spec: ModelSpec, table: AnalysisTable, categories: dict, by: str, settings: Settings, *, least: int
) -> pd.DataFrame:
    """How the outcome of a linear model differs from that at an exposure of zero in every level of ``by``:
    frame :data:`COLUMNS`; slopes as from :func:`jianfu.models.journal.subgroups`."""
    slopes = subgroups([spec], [by], {spec.data: table}, categories, settings, least=least)
    if slopes.empty:
        return pd.DataFrame(columns=COLUMNS)
    model, parts = prepare(spec, table, categories), []
    for point, value in enumerate(_grid(model.used[spec.terms[0]], model.weights), 1):
        ends = np.sort(slopes[["ci_low", "ci_high"]].to_numpy() * value, axis=1)
        parts.append(
            slopes.assign(
                group=slopes["level"],
                point=point,
                exposure=value,
                estimate=slopes["estimate"] * value,
                ci_low=ends[:, 0],
                ci_high=ends[:, 1],
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(["group", "point"], ignore_index=True)[COLUMNS]


def _grid(values, weights):
    ends = np.quantile(np.asarray(values, dtype=float), TAILS, weights=weights, method="inverted_cdf")
    return np.linspace(*ends, POINTS)


def _change(columns, used, exposure, value):
    """What the design columns change by when the exposure of every row is set to ``value``."""
    there = columns.at(used.assign(**{exposure: value}))
    return np.column_stack([there[name] - columns[name] for name in columns])
