"""Targets: the value every declared model has on the simulator's true probabilities and conditional means.

A fixed-effects hazard with heterogeneous effects, or a linear model of a bounded score, does not estimate a structural
parameter of the simulator but a weighted mean of it. The target of a row of estimates is what the same model gives,
on the same rows, when the events in a cell are replaced by the sum of their true probabilities and a score by its
conditional mean.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError, NotEstimable
from jianfu.exits import cells
from jianfu.models import engine
from jianfu.models.estimates import INDIRECT
from jianfu.models.sample import select
from jianfu.models.tables.variables import derive, parts_of

TIMES = 1000
TRUE = "__true"  # suffix of the columns that hold expected counts and conditional means beside the data
EXPECTED = {"p_voluntary": "voluntary", "p_retire": "retire"}
ZERO = ("placebo", "negative_control")  # roles whose true effect is zero
# Estimators that can be fitted to expected outcomes.
ON_EXPECTED = ("ols", "cloglog", "logit", "poisson", "mediation", "mixed", "tost")
AFFINE = ("z", "mean", "mean_z")  # operations whose expectation is that of their sources, transformed alike


def with_probabilities(person_months, truth):
    """Person-months at risk with their true probabilities, joined by person, unit and month.

    ``truth``: person_key, unit_code, month, p_voluntary, p_retire. Raises :class:`DataError` if a person-month at risk
    has no probability.
    """
    key, known = np.zeros(len(person_months), dtype=np.int64), np.zeros(len(truth), dtype=np.int64)
    inside = np.ones(len(truth), dtype=bool)  # those left out of the analysis have probabilities too
    for name in ("person_key", "unit_code", "month"):
        own, other = (frame[name].astype("category") for frame in (person_months, truth))
        levels = own.cat.categories
        key = key * (len(levels) + 1) + own.cat.codes.to_numpy()
        position = np.append(levels.get_indexer(other.cat.categories), -1)
        position[position < 0] = len(levels)
        places = position[other.cat.codes.to_numpy()]
        inside &= places < len(levels)
        known = known * (len(levels) + 1) + places
    index = pd.Index(known[inside]).get_indexer(key)
    found = truth.loc[inside, list(EXPECTED)].reset_index(drop=True).reindex(index)
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


def expectations(table, declared) -> pd.DataFrame:
    """Expectations of the outcomes of a table by column, missing where the outcome is; among them those of the
    ``declared`` variables, on the scale that these have in the data."""
    frame = table.frame
    names = [name.removesuffix(TRUE) for name in frame if name.endswith(TRUE)]
    known = {name: frame[name + TRUE].where(frame[name].notna()) for name in names}
    for name, definition in declared.items():
        operation, sources, _ = parts_of(name, definition)
        if operation in AFFINE and set(sources) <= set(known):
            expected = replace(table, frame=frame.assign(**known))
            known[name] = derive(expected, {name: definition}, like=frame).frame[name]
    return pd.DataFrame(known, index=frame.index)


def has_target(spec, expected) -> bool:
    """True if the expectation of every outcome of a declared model is known, and its estimator can use it."""
    return spec.estimator in ON_EXPECTED and all(
        name in expected for name in (*spec.outcomes, spec.mediator) if name
    )


def targets(specs, tables, declared, categories, settings):
    """Target of every row of estimates whose outcome has a known expectation.

    declared: variables of each table ({name of data: declarations}). Columns hypothesis, model, role, outcome, term,
    scale, target. Placebo exposures and negative-control outcomes have the target zero: the simulator gives them no
    effect.
    """
    expected = {name: expectations(table, declared.get(name, {})) for name, table in tables.items()}
    known = [spec for spec in specs if has_target(spec, expected[spec.data])]
    rows = pd.concat(
        [_target(spec, tables[spec.data], expected[spec.data], categories, settings) for spec in known],
        ignore_index=True,
    )
    rows["target"] = rows["estimate"].mask(rows["role"].isin(ZERO), 0.0)
    return rows[["hypothesis", "model", "role", "outcome", "term", "scale", "target"]]


def _target(spec, table, expected, categories, settings):
    """Rows of a model on its expected outcome; of a mediation with linear paths, on the mediator as it was measured, of
    another on the expected one.

    Events and trials count :data:`TIMES` over, which moves no estimate: many small expectations are no sparse data.
    """
    spec = replace(spec, standardise=_norms(spec, table, categories))

    def fitted(*names):
        values = {name: expected[name] for name in names}
        if table.weight:
            values |= {name: TIMES * expected[name] for name in names if name in spec.outcomes}
            values[table.weight] = TIMES * table.frame[table.weight]
        return engine.fit_model(
            spec, replace(table, frame=table.frame.assign(**values)), categories, settings
        )

    if spec.mediator and spec.options:
        return fitted(*spec.outcomes, spec.mediator)
    rows = fitted(*spec.outcomes)
    return _products(spec, rows, fitted(spec.mediator)) if spec.mediator else rows


def _norms(spec, table, categories):
    """Mean and SD of the standardised variables as the data have them: expectations vary less."""
    try:
        rows = select(spec, table, categories)[0].rows
    except NotEstimable:
        return spec.standardise
    values = {name: table.frame.loc[rows, name].to_numpy(dtype=float) for name in spec.standardise}
    return {name: (own.mean(), own.std(ddof=1)) for name, own in values.items()}


def _products(spec, rows, first):
    """Rows of a mediation with the paths of ``first``, which explains the expected mediator, and their products."""
    own, paths = (found.set_index("term")["estimate"].to_dict() for found in (rows, first))
    for term in spec.terms if f"{spec.mediator}_b" in own else ():
        own[f"{term}_a"] = paths[f"{term}_a"]
        own[term + INDIRECT] = own[f"{term}_a"] * own[f"{spec.mediator}_b"]
        own[f"{term}_total"] = own[term + INDIRECT] + own[f"{term}_direct"]
    return rows.assign(estimate=rows["term"].map(own))
