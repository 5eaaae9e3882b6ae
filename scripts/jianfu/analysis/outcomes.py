"""Outcomes of persons: hazard cells and survey scores, joined with exposures and unit traits."""

import pandas as pd

from jianfu import frames
from jianfu.analysis.table import NAMES, AnalysisTable, categorical, with_exposures, with_traits


def read_and_dropped(flow, column):
    """Observations read and {reason: observations} dropped on the way to a table, from its flow."""
    read = int(flow.loc[flow["step"] == "read", column].sum())
    dropped = flow[(flow["step"] == "dropped") & (flow[column] > 0)]
    return read, {reason: int(n) for reason, n in zip(dropped["reason"], dropped[column], strict=True)}


def hazard_table(cells, flow, exposures, units):
    """Hazard cells with exposures of the month (OD, OD_lead ...) and unit traits; observations are person-months."""
    frame = cells.copy()
    for column in ("unit_code", "month", "cohort", "sex", "tenure_band"):
        frame[column] = categorical(frame[column])
    frame, names = with_exposures(frame, exposures, "month", survey=False)
    n_read, dropped = read_and_dropped(flow, "person_months")
    frame = with_traits(frame, units).rename(columns=NAMES)
    return AnalysisTable(frame, "n", n_read, dropped, names)


def survey_table(scores, flow, exposures, units):
    """Respondents with the exposures of the six months before fieldwork (OD is OD_6m here) and unit traits."""
    frame = scores.copy()
    for column in ("unit_code", "fieldwork_month", "cohort", "sex", "tenure_band"):
        frame[column] = categorical(frame[column])
    frame, names = with_exposures(frame, exposures, "fieldwork_month", survey=True)
    n_read, dropped = read_and_dropped(flow, "respondents")
    frame = with_traits(frame, units).rename(columns=NAMES)
    return AnalysisTable(frame, None, n_read, dropped, names)


def read_hazard(inputs):
    """Hazard table and its flow from the files ``inputs`` (hazard_cells, flow_exits, exposures, units)."""
    flow = pd.read_csv(inputs["flow_exits"], encoding="utf-8-sig", keep_default_na=False)
    cells, exposures, units = (frames.load(inputs[name]) for name in ("hazard_cells", "exposures", "units"))
    return hazard_table(cells, flow, exposures, units), flow


def read_survey(inputs):
    """Survey table and its flow from the files ``inputs`` (survey_scores, flow_survey, exposures, units)."""
    flow = pd.read_csv(inputs["flow_survey"], encoding="utf-8-sig", keep_default_na=False)
    scores, exposures, units = (frames.load(inputs[name]) for name in ("survey_scores", "exposures", "units"))
    return survey_table(scores, flow, exposures, units), flow


def read_tables(inputs):
    """Both analysis tables and their flows, each as {name of data: ...}."""
    hazard, exits = read_hazard(inputs)
    survey, respondents = read_survey(inputs)
    return {"hazard_cells": hazard, "survey_scores": survey}, {
        "hazard_cells": exits,
        "survey_scores": respondents,
    }
