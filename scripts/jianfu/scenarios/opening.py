"""A province read from its files and opened for scenarios: rows, burden as it was, fitted models."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from jianfu.core import frames, logs
from jianfu.core.calendar import calendar_of
from jianfu.core.tables import MEASURED
from jianfu.core.units import latest_units
from jianfu.indicators.plan import read_plan
from jianfu.indicators.views import Means
from jianfu.indices.construction import read_anchors
from jianfu.indices.specification import index_spec, read_members
from jianfu.models.tables.reading import read_hazard, read_survey
from jianfu.models.term import names_of
from jianfu.scenarios import evaluation
from jianfu.scenarios.asking import Opened, fitted, specs_of
from jianfu.scenarios.burden import burden
from jianfu.scenarios.edits import Rows
from jianfu.scenarios.effects import Models, focus_of, staff_of

CLUSTERS = "clusters"  # value of inference.scenario_draws


def open_province(
    plan: Mapping,
    declared: Mapping,
    inputs: Mapping[str, str],
    seed: int,
    *,
    window: tuple[str, str],
    reference: tuple[str, str],
    calendar: Mapping,
    exclude: Mapping,
    exposure: Mapping,
    indices: Mapping,
    draws: str,
    means: Means,
) -> Opened:
    """Everything that scenarios are asked of. Models without an estimate are logged and left out.

    plan: config/plan/scenarios.yaml as settled; declared: models.yaml; inputs: files of rule build_scenarios; draws:
    ``parameters`` or ``clusters``, of which the coefficients are drawn; means: what the job may use; the others are
    settings of the province.
    """
    indicator_plan, anchors = read_plan(inputs["indicator_plan"]), read_anchors(inputs["anchors"])
    tiers = pd.read_csv(inputs["tiers"], encoding="utf-8-sig", keep_default_na=False)
    specs = specs_of(plan, tiers, anchors)
    projecting = [model for group in ("projection", "further", "personal") for model in specs[group].values()]
    named = {*names_of(term for model in projecting for term in model.terms)}
    members = read_members(inputs["members"], indicator_plan)
    named = (named & set(members["index"])) | set(tiers["used"]) - {""}
    spec = index_spec(members, reference, settings=indices, exposure=exposure).only(*sorted(named))
    frame, every = frames.load(inputs["unit_months"]), frames.load(inputs["indicators"])
    own = indicator_plan[indicator_plan["code"].isin([*spec.codes, *plan["told"]])].reset_index(drop=True)
    stored = every[every["indicator"].isin(own["code"])]
    before = burden(stored, frame, spec, anchors)
    tables = {
        "hazard_cells": read_hazard(inputs, declared)[0],
        "survey_scores": read_survey(inputs, declared)[0],
    }
    heads = frame.groupby("unit_code")["headcount"].mean()
    units = latest_units(frames.load(inputs["units"])).set_index("unit_code")
    units = units.reindex(before.built.cube.grid.units).assign(heads=heads)
    slopes = evaluation.slope_tables(
        evaluation.workload(every),
        frames.load(inputs["unit_year"]),
        tables["survey_scores"].frame,
        units["county_code"],
    )
    rows = {table: inputs[table] for table in MEASURED} | {Path(path).stem: path for path in inputs["own"]}
    categories = declared["categories"]
    known = {
        group: _fitted(own, tables, categories, draws, seed)
        for group, own in specs.items()
        if group != "slopes"
    }
    predictors = known["projection"]
    focus = focus_of(plan["projection"]["exits"]["terms"], categories)
    models = Models(predictors, tables, focus, further=known["further"])
    if "exits" in predictors:
        staff = staff_of(predictors["exits"], tables["hazard_cells"], frame, before, focus[0])
        models = replace(models, staff=staff)
    return Opened(
        rows=Rows(rows, frame, calendar_of(calendar), window, reference, exclude, means),
        frame=frame,
        stored=stored,
        plan=own,
        before=before,
        models=models,
        personal=known["personal"],
        slopes={outcome: (model, slopes[model.data]) for outcome, model in specs["slopes"].items()},
        units=units,
        categories=categories,
        seed=seed,
    )


def _fitted(specs, tables, categories, draws, seed):
    found, lacking = fitted(specs, tables, categories, samples_seed=seed if draws == CLUSTERS else None)
    for name, reason in lacking.items():
        logs.LOGGER.warning("%s: %s", name, reason.data())
    return found
