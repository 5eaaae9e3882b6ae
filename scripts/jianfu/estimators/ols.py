"""Least squares with absorbed effects."""

import numpy as np

from jianfu.design import NotEstimable
from jianfu.estimators.common import codes_of, collinear_note, effects_of, variable
from jianfu.statistics import regression


def fit(spec, used, weights, columns, settings, truth):
    """Least squares; errors clustered times G / (G - 1), CR2 with fewer than 40 clusters."""
    effects = [codes_of(used[name]) for name in spec.get("effects", [])]
    outcome = variable(used, spec["outcome"], spec, truth)
    if len(used) <= len(columns) + sum(codes.max() + 1 for codes in effects):
        raise NotEstimable(f"{len(used)} observations are too few")
    clusters = codes_of(used[spec["cluster"]])
    if clusters.max() == 0:
        raise NotEstimable("a single cluster")
    fitted = regression.fit(outcome, np.column_stack(list(columns.values())), effects, clusters)
    if fitted.vcov == "CR2":
        first = next((d for d in fitted.df if np.isfinite(d)), np.nan)
        notes = [f"{fitted.n_clusters} clusters: CR2", f"Satterthwaite t({first:.1f})"]
    else:
        notes = ["G/(G-1)", f"t({fitted.n_clusters - 1})"]
    notes += collinear_note(fitted.collinear, columns)
    errors = np.sqrt(np.diag(fitted.covariance))
    return effects_of(columns, fitted.coefficients, errors, fitted.df, fitted.vcov, settings), {
        "converged": True,
        "n_clusters": fitted.n_clusters,
        "residual_df": fitted.residual_df,
        "notes": notes,
    }
