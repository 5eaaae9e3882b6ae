"""Targets: the value every declared model has on the simulator's true probabilities and conditional means.

A fixed-effects hazard with heterogeneous effects, or a linear model of a bounded score, does not estimate a structural
parameter of the simulator but a weighted mean of it. The target of a row of estimates is what the same model gives,
on the same rows, when the events in a cell are replaced by the sum of their true probabilities and a score by its
conditional mean.
"""

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError
from jianfu.exits import cells
from jianfu.models import engine
from jianfu.models.estimators.common import TRUE

EXPECTED = {"p_voluntary": "voluntary", "p_retire": "retire"}
ZERO = ("placebo", "negative_control")  # roles whose true effect is zero
# Estimators that can be fitted to expected outcomes.
ON_EXPECTED = ("ols", "cloglog", "logit", "poisson", "mediation", "mixed", "tost")


def with_probabilities(person_months, truth):
    """Person-months at risk with their true probabilities, joined by person, unit and month.

    ``truth``: person_key, unit_code, month, p_voluntary, p_retire. Raises :class:`DataError` if a person-month at risk
    has no probability.
    """
    key, known = np.zeros(len(person_months), dtype=np.int64), np.zeros(len(truth), dtype=np.int64)
    for name in ("person_key", "unit_code", "month"):
        own, other = (frame[name].astype("category") for frame in (person_months, truth))
        levels = own.cat.categories
        key = key * (len(levels) + 1) + own.cat.codes.to_numpy()
        position = np.append(levels.get_indexer(other.cat.categories), -1)
        position[position < 0] = len(levels)
        known = known * (len(levels) + 1) + position[other.cat.codes.to_numpy()]
    index = pd.Index(known).get_indexer(key)
    found = truth[list(EXPECTED)].reset_index(drop=True).reindex(index)
    missing = int(found["p_voluntary"].isna().sum())
    if missing:
        raise DataError("truth_of_another_draw", n=missing)
    return person_months.assign(**{name: found[name].to_numpy() for name in EXPECTED})


def expected_cells(person_months, truth, keys=cells.KEYS):
    """Hazard cells with the expected counts beside the observed ones (``voluntary__true``, ``retire__true``)."""
    table = cells.hazard_cells(with_probabilities(person_months, truth), sums=list(EXPECTED), keys=keys)
    return table.rename(columns={name: event + TRUE for name, event in EXPECTED.items()})


def expected_scores(scores, truth):
    """Survey scores with their conditional means (``burnout__true`` ...), joined by person and wave.

    ``truth`` holds the conditional means in standard deviations (``burnout_z``), ``<scale>_given_z`` those that
    are also conditional on the mediators, which take precedence.
    """
    known = truth.drop_duplicates(["person_key", "wave"]).set_index(["person_key", "wave"])
    found = known.reindex(
        pd.MultiIndex.from_frame(scores[["person_key", "wave"]].astype({"person_key": object}))
    )
    result = scores.copy()
    for name in [c.removesuffix("_z") for c in truth.columns if c.endswith("_z") and "_given" not in c]:
        source = f"{name}_given_z" if f"{name}_given_z" in truth else f"{name}_z"
        values = found[source].to_numpy()
        result[name + TRUE] = values * scores[name].std(ddof=1) + scores[name].mean()
    return result


def expected_frames(found, person_months, truth):
    """Frames of a simulated province (by the names of the inputs of fit_models) with expectations beside the data.

    person_months: at risk, with details (:mod:`jianfu.exits.person_months`); truth: frames person_months, survey_truth,
    unit_month_truth (unit_code, month, D8_late, ln_ratio) and unit_year_truth. The destination of an exit is drawn
    alike for everyone, so that its expectation is the same in every row.
    """
    months, years = truth["unit_month_truth"], truth["unit_year_truth"]
    late = months.rename(columns={"D8_late": "value"})[["unit_code", "month", "value"]]
    known = found["indicators"].query("indicator == 'D8_late'")[["unit_code", "month"]]
    late = known.merge(late, on=["unit_code", "month"]).assign(indicator="D8_late" + TRUE, coverage=1.0)
    outcomes = years.set_index(["unit_code", "year"]).add_suffix(TRUE).reset_index()
    ratio = months.rename(columns={"ln_ratio": "ln_ratio" + TRUE})[["unit_code", "month", "ln_ratio" + TRUE]]
    return found | {
        "hazard_cells": expected_cells(person_months, truth["person_months"]),
        "hazard_details": expected_cells(person_months, truth["person_months"], cells.DETAILS),
        "exits": found["exits"].assign(**{"upward" + TRUE: found["exits"]["upward"].mean()}),
        "survey_scores": expected_scores(found["survey_scores"], truth["survey_truth"]),
        "unit_year": found["unit_year"].merge(outcomes, on=["unit_code", "year"], how="left"),
        "chains": found["chains"].merge(ratio, on=["unit_code", "month"], how="left"),
        "indicators": pd.concat([found["indicators"], late], ignore_index=True),
    }


def has_truth(spec, table):
    """True if the expectation of every outcome of a declared model is known, and its estimator can use it."""
    if spec.estimator not in ON_EXPECTED:
        return False
    outcomes = [name for name in (*spec.outcomes, spec.mediator) if name]
    return all(name + TRUE in table.frame for name in outcomes)


def targets(specs, tables, categories, settings):
    """Target of every row of estimates whose outcome has a known expectation.

    Columns hypothesis, model, role, outcome, term, scale, target. Placebo exposures and negative-control outcomes have
    the target zero: the simulator gives them no effect.
    """
    known = [spec for spec in specs if has_truth(spec, tables[spec.data])]
    rows = engine.fit_models(known, tables, categories, settings, "", truth=True)
    rows["target"] = rows["estimate"].mask(rows["role"].isin(ZERO), 0.0)
    return rows[["hypothesis", "model", "role", "outcome", "term", "scale", "target"]]
