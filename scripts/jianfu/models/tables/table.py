"""What every analysis table is, and how exposures and traits of the unit are joined to it."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jianfu.core.tables import own_columns
from jianfu.core.units import latest_units
from jianfu.indices.exposures import SURVEY, Exposure
from jianfu.models.small_levels import Merging

NAMES = {"unit_code": "unit", "county_code": "county", "person_key": "person"}
LOGGED_TRAITS = ("population", "area_km2", "revenue")
TRAITS = ("county_code", "unit_type", "distance_km", "hardship", *LOGGED_TRAITS)


@dataclass(frozen=True)
class AnalysisTable:
    """Rows for the models.

    frame: one row per cell or respondent, with columns named as in config/plan/models.yaml (unit, month, wave ...);
    weight: column with the number of observations behind a row, None = one; n_read: observations read before anything
    was dropped; dropped: {reason: observations} lost on the way to ``frame``; exposures: {term: name of the exposure
    in exposures.parquet}; absent: {column that could not be derived: column of the source that is missing for it};
    persons: whether the rows are persons or counts of them, so that counts of rows fall under the disclosure rules;
    merging: the rule for levels with few of them; remarks: reasons that stand beside every estimate.
    """

    frame: pd.DataFrame
    weight: str | None
    n_read: int
    dropped: dict = field(default_factory=dict)
    exposures: dict = field(default_factory=dict)
    absent: dict = field(default_factory=dict)
    persons: bool = True
    merging: Merging = Merging()
    remarks: tuple = ()

    def weights(self, rows):
        """Observations behind each of ``rows`` (mask) as integer array."""
        if self.weight is None:
            return np.ones(int(rows.sum()), dtype=int)
        return self.frame[self.weight].to_numpy()[rows]


def categorical(values):
    """Values as pandas categorical with the sorted levels that occur; a categorical stays as it is."""
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


def with_exposures(frame, exposures, month, survey):
    """Exposure columns at the month in column ``month`` added to ``frame``, and {column: name of the exposure}.

    ``survey``: those of the six months before (OD is then OD_6m), otherwise all the others.
    """
    units, months = categorical(frame["unit_code"]), categorical(frame[month])
    names = {}
    for name in sorted(exposures["exposure"].unique()):
        exposure = Exposure.of(name)
        if (exposure.window == SURVEY) == survey:
            column = exposure.term
            frame[column] = exposure_at(units, months, exposures, name)
            names[column] = name
    return frame, names


def with_traits(frame, units):
    """Traits of the unit (its latest row) added to ``frame``; sizes as natural logarithm (``ln_population``).

    Own columns of the unit table are traits like any other, those of yes or no as 1 and 0.
    """
    traits = (*TRAITS, *own_columns(units))
    latest = latest_units(units).set_index("unit_code").reindex(columns=traits)
    codes = categorical(frame["unit_code"])
    latest = latest.reindex(codes.cat.categories)
    for trait in traits:
        values = latest[trait]
        if trait in LOGGED_TRAITS:
            trait, positive = f"ln_{trait}", pd.to_numeric(values).astype(float)
            values = np.log(positive.where(positive > 0))
        elif trait in ("county_code", "unit_type") or _is_text(values):
            values = categorical(values.astype(object))
        else:
            values = pd.to_numeric(values.astype("Float64")).astype(float)
        frame[trait] = values.array.take(codes.cat.codes.to_numpy())
    return frame


def _is_text(values):
    """Whether a trait holds texts (an own column may)."""
    return bool(values.map(lambda value: isinstance(value, str)).any())
