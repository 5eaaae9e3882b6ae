"""Estimates of simulated provinces, with their targets, through the code that real provinces use."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.exits import cells
from jianfu.exits.person_months import person_months
from jianfu.indicators import unit_months
from jianfu.indices.construction import build_exposures, fit_anchors
from jianfu.indices.specification import index_spec
from jianfu.models import engine
from jianfu.models.estimates import INDIRECT
from jianfu.models.estimators import common
from jianfu.models.spec import ALL
from jianfu.models.tables.outcomes import hazard_table, survey_table
from jianfu.province.reference import reference_window
from jianfu.simulate.draw import draw
from jianfu.study import targets
from jianfu.study.design import parameters_of, scenario_of, seed_of
from jianfu.survey import scoring

# A pooled row is judged by the target of the within model.
WITHIN = {"H2_pooled": "H2_exits", "H3_pooled": "H3_exits_by_cohort"}
COLUMNS = [
    "hypothesis",
    "model",
    "role",
    "term",
    "scale",
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "p_value",
]
BY_BOOTSTRAP = (INDIRECT, "_total")  # endings of terms whose only interval is a bootstrap


def sources(drawn):
    """The tables of a draw from which the analysis starts, as ingestion and build_indicators give them."""
    logged = drawn.unit_months
    return {
        "units": drawn.units,
        "spells": drawn.spells,
        "survey": drawn.survey,
        "indicators": drawn.indicators,
        "tasks_months": logged.loc[logged["tasks_logged"], ["unit_code", "month"]],
        "app_months": logged.loc[logged["app_logged"], ["unit_code", "month"]],
    }


def analysis_tables(tables, setup, truth=None):
    """Hazard and survey table of a province from :func:`sources`; with ``truth`` (a draw) expected outcomes beside."""
    settings = setup.settings
    window = tuple(settings["data"]["window"])
    frame = unit_months.build_unit_months(
        tables["units"],
        tables["spells"],
        tables["tasks_months"],
        tables["app_months"],
        window,
        setup.calendar,
    )
    own = settings["indices"]
    spec = index_spec(
        setup.members, reference_window(window, own), settings=own, exposure=settings["exposure"]
    )
    anchors = fit_anchors(tables["indicators"], frame, spec)
    exposures = build_exposures(tables["indicators"], frame, spec, anchors)
    months, flow = person_months(tables["spells"], window, setup.definitions)
    survey = settings["survey"]
    scores, survey_flow = scoring.survey_scores(
        tables["survey"],
        tables["spells"],
        scoring.with_ranges(setup.scales, survey["ranges"]),
        setup.definitions,
        min_answered=survey["min_answered"],
        drop_straightliners=survey["drop_straightliners"],
        min_seconds=survey["min_seconds"],
    )
    if truth is None:
        hazard = cells.hazard_cells(months)
    else:
        hazard = targets.expected_cells(months, truth.person_months)
        scores = targets.expected_scores(scores, truth.survey_truth)
    return {
        "hazard_cells": hazard_table(hazard, flow, exposures, tables["units"]),
        "survey_scores": survey_table(scores, survey_flow, exposures, tables["units"]),
    }


def estimates(tables, setup):
    """Estimates of the models of ``setup`` for exposures; of a mediation only its paths, as indirect and total effects
    have their intervals by bootstrap."""
    inference = common.Settings(setup.settings["inference"]["confidence"], bootstrap=0)
    specs = [replace(spec, report=None) if spec.report == ALL else spec for spec in setup.specs]
    rows = engine.fit_models(specs, tables, setup.categories, inference, "")
    return rows.loc[~rows["term"].str.endswith(BY_BOOTSTRAP), COLUMNS].reset_index(drop=True)


def with_targets(rows, tables, setup):
    """Column ``target``: what each model gives on the true probabilities and conditional means of the same draw."""
    inference = common.Settings(setup.settings["inference"]["confidence"], bootstrap=0)
    truth = targets.targets(setup.specs, tables, {}, setup.categories, inference)
    own = truth.set_index(["model", "term"])["target"]
    names = [(row.model, row.term) for row in rows.itertuples()]
    within = [(WITHIN.get(model, model), term) for model, term in names]
    names = [first if first in own.index else name for first, name in zip(within, names, strict=True)]
    return rows.assign(target=[own.get(name, np.nan) for name in names])


def one_draw(setup, seed, with_target):
    """Rows of one simulated province: :data:`COLUMNS` and ``target`` (NaN unless ``with_target``)."""
    needed = set(setup.members["indicator"])
    drawn = draw(setup.parameters, seed, identities=False, indicators=needed)
    tables = analysis_tables(sources(drawn), setup, drawn if with_target else None)
    rows = estimates(tables, setup)
    rows = with_targets(rows, tables, setup) if with_target else rows.assign(target=np.nan)
    return rows.assign(seed=seed)


def chunk_draws(setup, design, chunk):
    """Rows of all draws of a :class:`~jianfu.study.design.Chunk`, in their order, with the scenario.

    The first draws of a scenario have targets (none under the truth ``null``, where they are zero), and those of the
    scenario named under ``further`` fit more models.
    """
    scenario = scenario_of(design, chunk.scenario)
    own = setup.of(parameters=parameters_of(setup.parameters, design, scenario))
    primary, wider = own.only(design["models"]), own.only([*design["models"], *design["further"]["models"]])
    null = scenario["truth"] == "null"
    parts = []
    for number in range(chunk.first, chunk.first + chunk.n):
        more = scenario["name"] == design["further"]["scenario"] and number < design["further"]["draws"]
        targeted = more or (number < design["target_draws"] and not null)
        rows = one_draw(wider if more else primary, seed_of(design, chunk.scenario, number), targeted)
        parts.append(rows.assign(target=0.0) if null else rows)
    result = pd.concat(parts, ignore_index=True)
    result.insert(0, "scenario", chunk.scenario)
    return result
