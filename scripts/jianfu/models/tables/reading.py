"""Analysis tables from the files of a province."""

from dataclasses import replace

import pandas as pd
import pyarrow as pa

from jianfu.core import frames
from jianfu.indicators.plan import read_plan
from jianfu.indices.exposures import ARRIVAL, Exposure
from jianfu.models.small_levels import Merging
from jianfu.models.spec import specs_of
from jianfu.models.tables.lags import lagged_exposures, since_arrival
from jianfu.models.tables.outcomes import exit_table, hazard_table, survey_table
from jianfu.models.tables.staying import STAYING, with_staying
from jianfu.models.tables.unit_months import exit_months, indicators_before, unit_month_table
from jianfu.models.tables.unit_years import (
    WAVE,
    chain_table,
    unit_year_table,
    wave_table,
    with_last_wave,
    with_year_means,
)
from jianfu.models.tables.variables import derive
from jianfu.models.terms import term_variables

AFTER = 3  # months from the fieldwork on over which the indicators of a unit-wave are averaged


def read_flow(path):
    """Flow of observations (step, reason, counts) as frame."""
    return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)


def read_hazard(inputs, plan):
    """Hazard table and its flow from the files ``inputs`` (hazard_cells, flow_exits, exposures, units).

    plan: config/plan/models.yaml as it is applied in the province.
    """
    flow = read_flow(inputs["flow_exits"])
    cells, exposures, units = (frames.load(inputs[name]) for name in ("hazard_cells", "exposures", "units"))
    return _merging(hazard_table(cells, flow, exposures, units), plan), flow


def read_survey(inputs, plan):
    """Survey table and its flow from the files ``inputs`` (survey_scores, flow_survey, exposures, units)."""
    flow = read_flow(inputs["flow_survey"])
    scores, exposures, units = (frames.load(inputs[name]) for name in ("survey_scores", "exposures", "units"))
    return _merging(survey_table(scores, flow, exposures, units), plan), flow


def _merging(table, plan):
    """The table with the plan's rule for levels with few persons or events."""
    return replace(table, merging=Merging(**plan["merging"]))


def read_tables(inputs, plan, reference, exposure):
    """All analysis tables with the variables of the plan, and the flows of exits and survey, as {name of data: ...}.

    inputs: paths by name; plan: config/plan/models.yaml; reference: first and last month of the reference
    window; exposure: settings of the province.
    """
    found, flows = read_frames(inputs)
    tables = joined(found, flows, plan, read_plan(inputs["indicator_plan"]), reference, exposure)
    del found  # of a large province as large as all tables
    pa.default_memory_pool().release_unused()
    return completed(tables, plan), flows


def read_frames(inputs):
    """Frames of all Parquet files among ``inputs`` by name, and the flows by the table that they lead to.

    The exposures that only checks use (``check_exposures``) stand among the others.
    """
    tables = {name: path for name, path in inputs.items() if ".parquet" in str(path)}
    found = {name: frames.load(path) for name, path in tables.items()}
    if "check_exposures" in found:
        parts = [found["exposures"], found.pop("check_exposures")]
        found["exposures"] = pd.concat(parts, ignore_index=True)
    flows = {
        "hazard_cells": read_flow(inputs["flow_exits"]),
        "survey_scores": read_flow(inputs["flow_survey"]),
    }
    return found, flows


def columns_named(plan) -> list[str]:
    """Columns that the declared models name in terms, controls and as mediator, each once, in order."""
    specs = specs_of(plan)
    terms = [term for spec in specs for term in (*spec.terms, *spec.controls)]
    return sorted({*term_variables(terms, {}), *(spec.mediator for spec in specs if spec.mediator)})


def assemble(found, flows, plan, indicator_plan, reference, exposure):
    """Analysis tables by name: :func:`joined` and :func:`completed`."""
    return completed(joined(found, flows, plan, indicator_plan, reference, exposure), plan)


def joined(found, flows, plan, indicator_plan, reference, exposure):
    """Analysis tables by name, with the variables that the plan declares.

    found: frames by the names of the inputs of the rule fit_models; flows: by table; plan: config/plan/models.yaml;
    indicator_plan: the indicator table; reference: months in which indicators are standardised; exposure: setting.
    """
    exposures, units = found["exposures"], found["units"]
    months = unit_month_table(
        found["unit_months"],
        found["indicators"],
        found["indices"],
        exposures,
        indicator_plan,
        reference,
        found["policies"],
        plan.get("policies", {}),
        units,
    )
    lengths = exposure["survey_months"], exposure["survey_min_months"]
    before = indicators_before(months, *lengths, plan.get("policies", {}))
    named = columns_named(plan)
    lagged = [exposure for exposure in map(Exposure.of, named) if exposure.lag]
    single = pd.concat([exposures, lagged_exposures(found["indices"], reference, lagged)], ignore_index=True)
    survey = survey_table(found["survey_scores"], flows["survey_scores"], single, units, before)
    exits = flows["hazard_cells"]
    waves = wave_table(survey, months, AFTER)
    of_wave = [name.removesuffix(WAVE) for name in named if name.endswith(WAVE)]
    hazards = hazard_table(found["hazard_cells"], exits, single, units)
    tables = {
        "hazard_cells": with_last_wave(hazards, waves, of_wave),
        "hazard_details": hazard_table(found["hazard_details"], exits, exposures, units),
        "tenure_cells": hazard_table(found["tenure_cells"], exits, exposures, units),
        "exits": exit_table(found["exits"], exposures, units),
        "survey_scores": survey,
        "unit_months": months,
        "exit_months": exit_months(months, found["hazard_cells"]),
        "unit_waves": waves,
        "chains": chain_table(found["chains"], units),
    }
    if "hazard_own" in found:
        tables["hazard_own"] = hazard_table(found["hazard_own"], exits, exposures, units)
    declared = plan.get("variables", {})
    tables = {name: derive(table, declared.get(name, {})) for name, table in tables.items()}
    years = unit_year_table(found["unit_year"], found["task_years"], found["survey_scores"], units)
    years = with_year_means(years, tables["unit_months"], tables["hazard_details"], tables["survey_scores"])
    tables["unit_years"] = derive(years, declared.get("unit_years", {}))
    lasting = {exposure.index for exposure in map(Exposure.of, named) if exposure.variant == ARRIVAL}
    for name, columns in (
        ("tenure_cells", ("month", "tenure_month")),
        ("survey_scores", ("fieldwork_month", "tenure_months")),
    ):
        tables[name] = since_arrival(tables[name], *columns, found["indices"], reference, lasting)
    return tables


def completed(tables, plan):
    """The tables with the weights of staying, where a model uses them, and the rule for small levels."""
    by_name = {spec.name: spec for spec in specs_of(plan)}
    leaving = by_name.get(plan.get(STAYING))
    if leaving and any(spec.weights == STAYING for spec in by_name.values()):
        answers, at_risk = tables["survey_scores"], tables["hazard_cells"]
        tables = tables | {"survey_scores": with_staying(answers, at_risk, leaving, plan["categories"])}
    return {name: _merging(table, plan) for name, table in tables.items()}
