"""Equivalence of a slope, or of estimates made elsewhere, to zero within given bounds."""

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import ols
from jianfu.models.estimators.common import COLUMN, Effect, Estimator
from jianfu.models.estimators.regression import CONSTANT
from jianfu.models.estimators.regression import OPTIONS as OF_REGRESSION
from jianfu.models.reasons import because
from jianfu.statistics import equivalence

OPTIONS = OF_REGRESSION | {
    "low": float,
    "high": float,
    "alpha": float,
    "estimate": COLUMN,
    "std_error": COLUMN,
    "df": COLUMN,
}
OF_TABLE = ("estimate", "std_error")


def fit(spec, used, weights, columns, settings, truth):
    """Two one-sided tests of low < effect < high: for each term of least squares, or each row of a table of results."""
    options = spec.options
    low, high, alpha = options["low"], options["high"], options.get("alpha", 0.05)
    if not low < high:
        raise NotEstimable("bounds_out_of_order", low=low, high=high)
    if all(name in options for name in OF_TABLE):
        triples, extra = _of_table(options, used), {"residual_df": np.nan}
        notes, vcov = [], ""
    else:
        if not spec.outcome or not columns:
            raise NotEstimable("needs_outcome_or_results", options=list(OF_TABLE))
        found, extra = ols.fit(spec, used, weights, columns, settings, truth)
        triples = [(e.term, e.estimate, e.std_error, e.df) for e in found if e.term != CONSTANT]
        vcov = next((e.vcov for e in found), "")
        notes = extra["notes"]
    effects = []
    for term, estimate, error, df in triples:
        result = equivalence.tost(estimate, error, low, high, df, alpha)
        effects.append(Effect(term, estimate, error, result.ci_low, result.ci_high, result.p_value, vcov))
    reason = because("equivalence", low=low, high=high, share=1 - 2 * alpha)
    return effects, extra | {"converged": True, "notes": [reason, *notes]}


def _of_table(options, used):
    degrees = used[options["df"]].to_numpy(dtype=float) if options.get("df") else np.full(len(used), np.inf)
    values = [used[options[name]].to_numpy(dtype=float) for name in OF_TABLE]
    return [(f"row {i + 1}", *map(float, row)) for i, row in enumerate(zip(*values, degrees, strict=True))]


ENTRIES = {
    "tost": Estimator(
        fit,
        "unit",
        needs=(),
        takes=("outcome", "terms", "controls", "effects", "cluster"),
        options=OPTIONS,
        required=("low", "high"),
        reports_all=True,
        of_results=True,
    ),
}
