"""Meta-analysis of a table of estimates."""

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import COLUMN, Effect, Estimator, Fit, effects_of
from jianfu.models.reasons import because
from jianfu.models.term import CONSTANT
from jianfu.statistics import meta

OPTIONS = {
    "se": COLUMN,
    "variance": COLUMN,
    "method": meta.METHODS,
    "test": meta.TESTS,
    "label": COLUMN,
    "leave_one_out": bool,
}
POOLED = "pooled"


def fit(model, settings):
    """Pooled effect (row ``pooled``), or coefficients of moderators; tau2, I2, H2, Q, prediction interval.

    ``leave_one_out``: a further row ``without <label>`` for every estimate.
    """
    used, columns, options = model.used, model.columns, model.spec.options
    y, v = used[model.spec.outcome].to_numpy(dtype=float), _variances(used, options)
    moderators = model.design if columns else None
    chosen = {"method": options.get("method", "REML"), "test": options.get("test", "knha")}
    chosen["confidence"] = settings.confidence
    found = meta.fit(y, v, moderators, **chosen)
    names = [CONSTANT, *columns] if columns else [POOLED]
    rows = effects_of(names, found.coefficients, found.std_errors, found.df, "iid", settings)
    rows += _heterogeneity(found, y, v, moderators, settings)
    if options.get("leave_one_out"):
        rows += _without_each(used, options, y, v, moderators, names, chosen, settings)
    df = because("t", df=float(found.df)) if np.isfinite(found.df) else because("normal")
    test = chosen["test"] if chosen["method"] != "EE" else "z"
    notes = [
        because("meta_method", method=chosen["method"], test=test),
        df,
        because("estimates", estimates=found.k),
    ]
    if test != "z":
        notes.append(because("hartung_knapp", factor=found.hk))
    return Fit(rows, notes, found.q_df)


def _variances(used, options):
    if ("se" in options) == ("variance" in options):
        raise NotEstimable("name_error_column")
    if "variance" in options:
        return used[options["variance"]].to_numpy(dtype=float)
    errors = used[options["se"]].to_numpy(dtype=float)
    if (errors <= 0).any():
        raise NotEstimable("error_not_positive")
    return errors**2


def _heterogeneity(found, y, v, moderators, settings):
    rows = []
    if found.q_df > 0:
        low, high = meta.tau2_interval(y, v, moderators, settings.confidence)
        ends = [meta.heterogeneity_at(end, v, moderators) for end in (low, high)]
        reasons = (because("q_profile"),)
        rows = [
            Effect("tau2", found.tau2, low=low, high=high, reasons=reasons, scale="variance"),
            Effect("I2", found.i2, low=ends[0][0], high=ends[1][0], reasons=reasons, scale="percent"),
            Effect("H2", found.h2, low=ends[0][1], high=ends[1][1], reasons=reasons, scale="ratio"),
            Effect(
                "Q",
                found.q,
                p_value=found.q_p,
                reasons=(because("chi_squared", df=found.q_df),),
                scale="chi2",
            ),
        ]
    if np.isfinite(found.prediction[0]):
        low, high = found.prediction
        rows.append(
            Effect(
                "prediction",
                float(found.coefficients[0]),
                low=low,
                high=high,
                reasons=(because("new_effect"),),
            )
        )
    return rows


def _without_each(used, options, y, v, moderators, names, chosen, settings):
    label = options.get("label")
    labels = used[label].astype(str) if label else [str(i + 1) for i in range(len(used))]
    rows = []
    for name, found in zip(labels, meta.leave_one_out(y, v, moderators, **chosen), strict=True):
        if found is None:
            continue
        here = names[-1]
        (effect,) = effects_of(
            [f"{here} without {name}"],
            found.coefficients[-1:],
            found.std_errors[-1:],
            found.df,
            "iid",
            settings,
        )
        rows.append(effect)
    return rows


ENTRIES = {
    "meta": Estimator(
        fit,
        "unit",
        needs=("outcome",),
        takes=("terms",),
        options=OPTIONS,
        reports_all=True,
        of_results=True,
    ),
}
