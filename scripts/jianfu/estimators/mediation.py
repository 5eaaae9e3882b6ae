"""Linear mediation: products of two paths with a cluster bootstrap."""

import numpy as np

from jianfu.estimators import ols
from jianfu.estimators.common import (
    INDIRECT,
    Effect,
    codes_of,
    few_clusters,
    outcome_name,
    renamed,
    variable,
)
from jianfu.statistics import inference, mediation


def fit(spec, used, weights, columns, settings, truth):
    """Paths a (terms -> mediator), b (mediator -> outcome), indirect and direct effects."""
    mediator = spec["mediator"]
    observed = {mediator: variable(used, mediator, spec)}
    first_stage = spec | {"outcome": mediator}
    paths_a, extra = ols.fit(first_stage, used, weights, columns, settings, truth)
    paths, extra = ols.fit(spec, used, weights, observed | columns, settings, truth)
    a = {effect.term: effect for effect in paths_a}
    c = {effect.term: effect for effect in paths}
    rows = [renamed(c[mediator], f"{mediator}_b", outcome_name(spec))]
    bootstrap = None
    if settings.bootstrap and not truth:
        bootstrap = _bootstrap(spec, used, columns, observed[mediator], settings)
    for j, term in enumerate(spec["terms"]):
        rows.append(renamed(a[term], f"{term}_a", mediator))
        rows.append(renamed(c[term], f"{term}_direct", outcome_name(spec)))
        product = a[term].estimate * c[mediator].estimate
        low, high, p_value, error = np.nan, np.nan, np.nan, np.nan
        if bootstrap is not None:
            draws = bootstrap.draws[:, j]
            low, high, p_value = inference.percentile_interval(draws, settings.confidence)
            error = draws.std(ddof=1)
        note = f"percentile interval of the cluster bootstrap, {settings.bootstrap} replicates"
        note = "; ".join([*few_clusters(extra["n_clusters"]), note])
        rows.append(Effect(term + INDIRECT, product, error, low, high, p_value, "cluster_G", note=note))
    return rows, extra


def _bootstrap(spec, used, columns, mediator, settings):
    terms = np.column_stack([columns[term] for term in spec["terms"]])
    rest = [values for name, values in columns.items() if name not in spec["terms"]]
    controls = np.column_stack(rest) if rest else np.empty((len(used), 0))
    return mediation.fit(
        variable(used, spec["outcome"], spec),
        mediator,
        terms,
        controls,
        [codes_of(used[name]) for name in spec.get("effects", [])],
        codes_of(used[spec["cluster"]]),
        settings.bootstrap,
        settings.seed,
    )
