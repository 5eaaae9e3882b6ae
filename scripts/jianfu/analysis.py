"""Analysis tables: cells and survey scores joined with exposures and unit traits, ready for the models."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jianfu import frames

SURVEY_WINDOW = (
    "_6m"  # suffix of the exposures that survey models use: mean of the six months before fieldwork
)
NAMES = {"unit_code": "unit", "county_code": "county", "person_key": "person"}
LOGGED_TRAITS = ("population", "area_km2", "revenue")
TRAITS = ("county_code", "unit_type", "distance_km", "hardship", *LOGGED_TRAITS)


@dataclass(frozen=True)
class AnalysisTable:
    """Rows for the models.

    frame: one row per cell or respondent, with columns named as in config/plan/models.yaml (unit, month, wave ...);
    weight: column with the number of observations behind a row, None = one; n_read: observations read before anything
    was dropped; dropped: {reason: observations} lost on the way to ``frame``; exposures: {term: name of the exposure
    in exposures.parquet}.
    """

    frame: pd.DataFrame
    weight: str | None
    n_read: int
    dropped: dict = field(default_factory=dict)
    exposures: dict = field(default_factory=dict)

    def weights(self, rows):
        """Observations behind each of ``rows`` (mask) as integer array."""
        if self.weight is None:
            return np.ones(int(rows.sum()), dtype=int)
        return self.frame[self.weight].to_numpy()[rows]


def _categorical(values):
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values
    return pd.Series(pd.Categorical(values, sorted(values.dropna().unique())), index=values.index)


def exposure_at(units, months, exposures, name):
    """Values of one exposure at categorical ``units`` and ``months`` (row by row, float array; NaN = not known)."""
    rows = exposures[exposures["exposure"] == name]
    unit = units.cat.categories.get_indexer(rows["unit_code"])
    month = months.cat.categories.get_indexer(rows["month"])
    grid = np.full((len(units.cat.categories) + 1, len(months.cat.categories) + 1), np.nan)
    inside = (unit >= 0) & (month >= 0)
    grid[unit[inside], month[inside]] = rows["value"].to_numpy(dtype=float)[inside]
    return grid[units.cat.codes.to_numpy(), months.cat.codes.to_numpy()]


def _with_exposures(frame, exposures, month, survey):
    """Exposure columns added to ``frame``; returns it and {column: name of the exposure}."""
    units, months = _categorical(frame["unit_code"]), _categorical(frame[month])
    names = {}
    for name in sorted(exposures["exposure"].unique()):
        if name.endswith(SURVEY_WINDOW) == survey:
            column = name.removesuffix(SURVEY_WINDOW)
            frame[column] = exposure_at(units, months, exposures, name)
            names[column] = name
    return frame, names


def _with_traits(frame, units):
    """Traits of the unit (its latest row) added to ``frame``; sizes also as natural logarithm (``ln_population``)."""
    order = units.assign(valid_from=pd.to_datetime(units["valid_from"]))
    latest = order.sort_values(["unit_code", "valid_from"], na_position="first").drop_duplicates(
        "unit_code", keep="last"
    )
    latest = latest.set_index("unit_code").reindex(columns=TRAITS)
    codes = _categorical(frame["unit_code"])
    latest = latest.reindex(codes.cat.categories)
    for trait in TRAITS:
        values = latest[trait]
        if trait in LOGGED_TRAITS:
            trait, positive = f"ln_{trait}", pd.to_numeric(values).astype(float)
            values = np.log(positive.where(positive > 0))
        elif trait in ("county_code", "unit_type"):
            values = values.astype(object)
        else:
            values = pd.to_numeric(values.astype("Float64")).astype(float)
        frame[trait] = values.to_numpy()[codes.cat.codes.to_numpy()]
    return frame.assign(
        county_code=_categorical(frame["county_code"]), unit_type=_categorical(frame["unit_type"])
    )


def _read_and_dropped(flow, column):
    read = int(flow.loc[flow["step"] == "read", column].sum())
    dropped = flow[(flow["step"] == "dropped") & (flow[column] > 0)]
    return read, {reason: int(n) for reason, n in zip(dropped["reason"], dropped[column], strict=True)}


def hazard_table(cells, flow, exposures, units):
    """Hazard cells with exposures of the month (OD, OD_lead ...) and unit traits; observations are person-months."""
    frame = cells.copy()
    for column in ("unit_code", "month", "cohort", "sex", "tenure_band"):
        frame[column] = _categorical(frame[column])
    frame, names = _with_exposures(frame, exposures, "month", survey=False)
    n_read, dropped = _read_and_dropped(flow, "person_months")
    frame = _with_traits(frame, units).rename(columns=NAMES)
    return AnalysisTable(frame, "n", n_read, dropped, names)


def survey_table(scores, flow, exposures, units):
    """Respondents with the exposures of the six months before fieldwork (OD is OD_6m here) and unit traits."""
    frame = scores.copy()
    for column in ("unit_code", "fieldwork_month", "cohort", "sex", "tenure_band"):
        frame[column] = _categorical(frame[column])
    frame, names = _with_exposures(frame, exposures, "fieldwork_month", survey=True)
    n_read, dropped = _read_and_dropped(flow, "respondents")
    frame = _with_traits(frame, units).rename(columns=NAMES)
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
