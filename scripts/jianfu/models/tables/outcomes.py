"""Outcomes of persons: hazard cells and survey scores, joined with exposures and unit traits."""

import pandas as pd

from jianfu.exits.spells import POSTS
from jianfu.models.tables.table import (
    NAMES,
    AnalysisTable,
    categorical,
    exposures_by_month,
    with_exposures,
    with_traits,
)
from jianfu.models.tables.unit_months import Z

RESOLVED = 24
GROUPS = ("cohort", "sex", "tenure_band", "role", "lock_band")


def read_and_dropped(flow, column):
    """Observations read and {reason: observations} dropped on the way to a table, from its flow."""
    read = int(flow.loc[flow["step"] == "read", column].sum())
    dropped = flow[(flow["step"] == "dropped") & (flow[column] > 0)]
    return read, {reason: int(n) for reason, n in zip(dropped["reason"], dropped[column], strict=True)}


def hazard_table(cells, flow, exposures, units):
    """Hazard cells with exposures by month (OD, OD_lead ...) and unit traits; observations are person-months.

    ``resolved``: the month lies more than :data:`RESOLVED` months before the last one, so that what became of a
    secondment is known.
    """
    frame = cells.copy(deep=False)
    for column in frame.columns.intersection(["unit_code", "month", "tenure_month", *POSTS, *GROUPS]):
        frame[column] = categorical(frame[column])
    by_month, names = exposures_by_month(frame["unit_code"], frame["month"], exposures, survey=False)
    months = frame["month"].cat.categories
    frame["resolved"] = frame["month"].cat.codes.to_numpy() < len(months) - RESOLVED
    n_read, dropped = read_and_dropped(flow, "person_months")
    frame = with_traits(frame, units).rename(columns=NAMES)
    return AnalysisTable(frame, "n", n_read, dropped, names, by_month=by_month)


def exit_table(exits, exposures, units):
    """Voluntary exits, one row each, with exposures of the month and unit traits."""
    frame = exits.copy(deep=False)
    for column in ("unit_code", "month", *GROUPS):
        frame[column] = categorical(frame[column])
    frame, names = with_exposures(frame, exposures, "month", survey=False)
    frame = with_traits(frame, units).rename(columns=NAMES)
    return AnalysisTable(frame, None, len(frame), {}, names)


def survey_table(scores, flow, exposures, units, before=None):
    """Respondents with the exposures of the six months before fieldwork (OD is OD_6m here) and unit traits.

    before: indicators before every month (:func:`jianfu.models.tables.unit_months.indicators_before`); the columns of
    the fieldwork month are joined under their names.
    """
    frame = scores.copy(deep=False)
    for column in ("unit_code", "fieldwork_month", "cohort", "sex", "tenure_band"):
        frame[column] = categorical(frame[column])
    frame, names = with_exposures(frame, exposures, "fieldwork_month", survey=True)
    if before is not None:
        keys = pd.MultiIndex.from_frame(frame[["unit_code", "fieldwork_month"]].astype(object))
        frame = pd.concat([frame, before.reindex(keys).set_axis(frame.index)], axis=1)
        names = names | {column: column.removesuffix(Z) for column in before if column.endswith(Z)}
    n_read, dropped = read_and_dropped(flow, "respondents")
    frame = with_traits(frame, units).rename(columns=NAMES)
    return AnalysisTable(frame, None, n_read, dropped, names)
