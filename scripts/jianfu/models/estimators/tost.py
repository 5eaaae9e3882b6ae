"""Equivalence of a slope, or of estimates made elsewhere, to zero within given bounds."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import ols
from jianfu.models.estimators.common import COLUMN, SHARE, Effect, Estimator, Fit
from jianfu.models.estimators.regression import OPTIONS as OF_REGRESSION
from jianfu.models.reasons import because
from jianfu.models.term import CONSTANT
from jianfu.statistics import equivalence

OPTIONS = OF_REGRESSION | {
    "low": float,
    "high": float,
    "alpha": SHARE,
    "estimate": COLUMN,
    "std_error": COLUMN,
    "df": COLUMN,
}
OF_TABLE = ("estimate", "std_error")


def fit(model, settings):
    """Two one-sided tests of low < effect < high: for each term of least squares, or each row of a table of results."""
    options = model.spec.options
    low, high, alpha = options["low"], options["high"], options.get("alpha", 0.05)
    if not low < high:
        raise NotEstimable("bounds_out_of_order", low=low, high=high)
    if all(name in options for name in OF_TABLE):
        inner, triples, vcov = Fit(), _of_table(options, model.used), ""
    else:
        if not model.spec.outcome or not model.columns:
            raise NotEstimable("needs_outcome_or_results", options=list(OF_TABLE))
        inner = ols.fit(model, settings)
        triples = [(e.term, e.estimate, e.std_error, e.df) for e in inner.effects if e.term != CONSTANT]
        vcov = next((e.vcov for e in inner.effects), "")
    effects = []
    for term, estimate, error, df in triples:
        result = equivalence.tost(estimate, error, low, high, df, alpha)
        effects.append(Effect(term, estimate, error, result.ci_low, result.ci_high, result.p_value, vcov))
    reason = because("equivalence", low=low, high=high, share=1 - 2 * alpha)
    return replace(inner, effects=effects, reasons=[reason, *inner.reasons])


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
