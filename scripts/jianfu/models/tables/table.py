"""What every analysis table is, and how exposures and traits of the unit are joined to it."""

from collections.abc import Iterable
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
class ByMonth:
    """Exposures by unit and month, with the levels of both; grids as from :func:`exposure_grids`.

    Rows look theirs up: as columns of millions of cells they would take gigabytes.
    """

    units: pd.Index = field(default_factory=lambda: pd.Index([]))
    months: pd.Index = field(default_factory=lambda: pd.Index([]))
    grids: dict[str, np.ndarray] = field(default_factory=dict)

    def column(self, name: str, units: pd.Series, months: pd.Series) -> np.ndarray:
        """Values (N,) of one exposure at the units and months of rows (categorical)."""
        return self.grids[name][_places(self.units, units), _places(self.months, months)]


@dataclass(frozen=True)
class AnalysisTable:
    """Rows for the models.

    frame: one row per cell or respondent, with columns named as in config/plan/models.yaml (unit, month, wave ...);
    weight: column with the number of observations behind a row, None = one; n_read: observations read before anything
    was dropped; dropped: {reason: observations} lost on the way to ``frame``; exposures: {term: name of the exposure
    in exposures.parquet}; absent: {column that could not be derived: column of the source that is missing for it};
    persons: whether the rows are persons or counts of them, so that counts of rows fall under the disclosure rules;
    merging: the rule for levels with few of them; remarks: reasons that stand beside every estimate; by_month: further
    columns, which rows look up by their unit and month.
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
    by_month: ByMonth = ByMonth()

    def of(self, names: Iterable[str]) -> pd.DataFrame:
        """All rows in those of the columns ``names`` that the table has, each once."""
        own = [name for name in dict.fromkeys(names) if name in self.frame]
        found = [name for name in dict.fromkeys(names) if name in self.by_month.grids and name not in own]
        at = (self.frame["unit"], self.frame["month"]) if found else ()
        return self.frame[own].assign(**{name: self.by_month.column(name, *at) for name in found})

    def whole(self) -> pd.DataFrame:
        """All rows in all columns."""
        return self.of([*self.frame, *self.by_month.grids])

    def weights(self, rows):
        """Observations behind each of ``rows`` (mask) as integer array."""
        if self.weight is None:
            return np.ones(int(rows.sum()), dtype=int)
        return self.frame[self.weight].to_numpy()[rows]


def categorical(values):
    """Values as pandas categorical with the sorted levels that occur; a categorical stays as it is."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values
    codes, levels = pd.factorize(values)
    levels = levels.to_numpy()
    found = pd.Categorical.from_codes(codes, list(levels)).set_categories(sorted(levels))
    return pd.Series(found, index=values.index)


def exposure_at(units, months, exposures, name):
    """Values of one exposure at categorical ``units`` and ``months`` (row by row, float array; NaN = not known)."""
    grids = exposure_grids(units, months, exposures[exposures["exposure"] == name])
    grid = grids.get(name)
    return np.full(len(units), np.nan) if grid is None else grid[_codes(units), _codes(months)]


def exposure_grids(units, months, exposures):
    """{name of the exposure: values by level of ``units`` and level of ``months``}, in order of the names.

    units, months: categorical columns; exposures: unit_code, month, exposure, value, one row per value. Each grid has
    one row and one column more than there are levels, of NaN, so that the code -1 of a missing level finds no value.
    """
    name = categorical(exposures["exposure"])
    unit = _places(units.cat.categories, exposures["unit_code"])
    month = _places(months.cat.categories, exposures["month"])
    levels = name.cat.categories
    shape = (len(levels), len(units.cat.categories) + 1, len(months.cat.categories) + 1)
    grids, inside = np.full(shape, np.nan), (unit >= 0) & (month >= 0)
    places = (name.cat.codes.to_numpy()[inside], unit[inside], month[inside])
    grids[places] = exposures["value"].to_numpy(dtype=float)[inside]
    return dict(zip(levels, grids, strict=True))


def _codes(values):
    return values.cat.codes.to_numpy()


def _places(levels, values):
    """Place of each of ``values`` among ``levels``; -1 where it is none of them."""
    values = categorical(values)
    return np.append(levels.get_indexer(values.cat.categories), -1)[_codes(values)]


def exposures_by_month(units, months, exposures, survey):
    """Exposures of categorical ``units`` and ``months`` by column, and {column: name of the exposure}.

    ``survey``: those of the six months before (OD is then OD_6m), otherwise all the others; single months (OD_lag3)
    in both.
    """
    grids = exposure_grids(units, months, exposures)
    wanted = {name: Exposure.of(name) for name in grids}
    names = {
        found.term: name for name, found in wanted.items() if found.lag or (found.window == SURVEY) == survey
    }
    by_column = {column: grids[name] for column, name in names.items()}
    return ByMonth(units.cat.categories, months.cat.categories, by_column), names


def with_exposures(frame, exposures, month, survey):
    """``frame`` with exposure columns at the month in column ``month``, and {column: name of the exposure}.

    survey: as in :func:`exposures_by_month`.
    """
    at = categorical(frame["unit_code"]), categorical(frame[month])
    found, names = exposures_by_month(*at, exposures, survey)
    columns = pd.DataFrame({column: found.column(column, *at) for column in names}, index=frame.index)
    return pd.concat([frame, columns], axis=1), names


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
