"""Rubin's rules on a table of estimates by imputation, or on a table of imputed rows with a model fitted in each."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import hazards, ols
from jianfu.models.estimators.common import COLUMN, NUMBERS, POSITIVE, Effect, Estimator, Fit, effects_of
from jianfu.models.reasons import because
from jianfu.statistics import pooling

MODELS = {"ols": ols.fit, "logit": hazards.fit, "cloglog": hazards.fit, "poisson": hazards.fit}
OPTIONS = {
    "imputation": COLUMN,
    "term": COLUMN,
    "se": COLUMN,
    "variance": COLUMN,
    "df": COLUMN,
    "df_complete": POSITIVE,
    "model": tuple(MODELS),
    "imputed": COLUMN,
    "delta": NUMBERS,
    "vcov": ols.OPTIONS["vcov"],
}


def fit(model, settings):
    """Pooled estimates, intervals and p-values of t with Barnard and Rubin's degrees of freedom.

    With ``model``, the outcome and terms are fitted in every imputation (rows of imputation 0, the data before
    imputation, are left out); ``delta`` repeats that with the imputed outcomes (flag ``imputed``) shifted. Without it,
    outcome, ``se`` or ``variance`` and ``term`` are columns of estimates. Further rows: df, riv, lambda, fmi of a term.
    """
    used, options = model.used, model.spec.options
    inner = "model" in options
    rows, notes, dropped = [], [], {}
    if inner:
        original = (used[options["imputation"]].astype(str).isin(["0", "0.0"])).to_numpy()
        if original.any():
            dropped = {"imputation_0": int(original.sum())}
        model = model.at(~original)
        shifts = [0.0, *(float(d) for d in options.get("delta", []))]
        if len(shifts) > 1 and "imputed" not in options:
            raise NotEstimable("delta_needs_imputed")
        for delta in shifts:
            table, remarks = _fitted(model, settings, delta)
            label = f"[delta={delta:g}]" if delta else ""
            rows += _pooled(table, options, settings, label)
            notes = notes or remarks
    else:
        rows = _pooled(_read(model.spec, used, options), options, settings, "")
    m = model.used[options["imputation"]].nunique()
    return Fit(rows, [because("rubin", imputations=m), *notes], len(used), dropped=dropped)


def _read(spec, used, options):
    """Frame imputation, term, estimate, variance, df from a table of estimates."""
    if ("se" in options) == ("variance" in options):
        raise NotEstimable("name_error_column")
    variance = used[options["variance"]] if "variance" in options else used[options["se"]] ** 2
    return pd.DataFrame(
        {
            "imputation": used[options["imputation"]].to_numpy(),
            "term": used[options["term"]].astype(str).to_numpy() if "term" in options else spec.outcome,
            "estimate": used[spec.outcome].to_numpy(dtype=float),
            "variance": variance.to_numpy(dtype=float),
            "df": used[options["df"]].to_numpy(dtype=float) if "df" in options else np.inf,
        }
    )


def _fitted(model, settings, delta):
    """The same frame from one model per imputation, and the notes of the first."""
    outcome, options, used, parts, notes = model.spec.outcome, model.spec.options, model.used, [], []
    inner = {"vcov": options["vcov"]} if "vcov" in options else {}
    if delta:
        shifted = pooling.shifted(used[outcome], used[options["imputed"]].astype(float), delta)
        model = replace(model, used=used.assign(**{outcome: shifted}))
    model = model.changed(estimator=options["model"], options=inner)
    for imputation in used[options["imputation"]].unique():
        here = (used[options["imputation"]] == imputation).to_numpy()
        found = MODELS[options["model"]](model.at(here), settings)
        if not found.converged:
            raise NotEstimable("unconverged_imputation", imputation=imputation)
        notes = notes or [because("in_each", remarks=found.reasons)]
        for effect in found.effects:
            df = effect.df if np.isfinite(effect.df) else found.residual_df
            parts.append((imputation, effect.term, effect.estimate, effect.std_error**2, df))
    return pd.DataFrame(parts, columns=["imputation", "term", "estimate", "variance", "df"]), notes


def _pooled(table, options, settings, label):
    """Rows of every term: its estimate, then what the imputations did to it."""
    rows, m = [], table["imputation"].nunique()
    if m < 2:
        raise NotEstimable("two_imputations")
    for term in dict.fromkeys(table["term"]):
        own = table[table["term"] == term]
        if len(own) != m or own["imputation"].duplicated().any():
            raise NotEstimable("term_not_once", term=term)
        if not np.isfinite(own[["estimate", "variance"]].to_numpy(dtype=float)).all():
            raise NotEstimable("term_not_estimated", term=term)
        complete = options.get("df_complete", own["df"].mean())
        found = pooling.pool(own[["estimate"]].to_numpy(), own[["variance"]].to_numpy(), complete)
        rows += effects_of([term + label], found.estimates, found.std_errors, found.df, "iid", settings)
        for name in ("df", "riv", "lambda_", "fmi"):
            value = float(getattr(found, name)[0])
            rows.append(Effect(f"{name.strip('_')}({term}){label}", value, scale=name.strip("_")))
    return rows


ENTRIES = {
    "pool_imputations": Estimator(
        fit,
        "unit",
        needs=("outcome",),
        takes=("terms", "controls", "effects", "cluster", "weights"),
        options=OPTIONS,
        required=("imputation",),
        reports_all=True,
        of_results=True,
    ),
}
