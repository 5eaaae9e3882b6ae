"""Units × months as arrays: from long frames and back, means over neighbouring months. Missing is NaN."""

import numpy as np
import pandas as pd

from jianfu.core.months import month_range

DECIMALS = 10  # of stored values: below this, processors may differ in the last digit


class Grid:
    """Units × months of a long frame with the columns unit_code and month; months without gaps.

    ``units`` and ``months``: labels, sorted; ``valid`` (units, months): the frame has a row there.
    """

    def __init__(self, frame):
        self.units = pd.Index(_labels(frame["unit_code"])).sort_values()
        present = _labels(frame["month"])
        self.months = pd.Index(
            month_range(min(present), max(present)) if len(present) else [], dtype="object"
        )
        self.at = positions(frame["unit_code"], self.units), positions(frame["month"], self.months)
        self.valid = np.zeros((len(self.units), len(self.months)), dtype=bool)
        self.valid[self.at] = True

    def fill(self, column):
        """Array (units, months) of a column of the frame that made the grid."""
        array = np.full(self.valid.shape, np.nan)
        array[self.at] = column
        return array

    def spread(self, indicators, codes):
        """Array (units, months, codes) of the values of a long frame unit_code, month, indicator, value."""
        unit = positions(indicators["unit_code"], self.units)
        month = positions(indicators["month"], self.months)
        code = positions(indicators["indicator"], pd.Index(codes))
        place = (unit * len(self.months) + month) * len(codes) + code
        cube, values = np.full((*self.valid.shape, len(codes)), np.nan), indicators["value"].to_numpy(float)
        inside = (unit >= 0) & (month >= 0) & (code >= 0)
        if not inside.all():
            place, values = place[inside], values[inside]
        cube.ravel()[place] = values
        return cube

    def window(self, first, last):
        """Which months (bool) lie between the first and the last, both included."""
        return np.asarray((self.months >= first) & (self.months <= last), dtype=bool)

    def wide(self, array, columns):
        """Frame unit_code, month and one column per entry of ``array`` (units, months, columns); valid cells only."""
        unit, month = np.nonzero(self.valid)
        frame = pd.DataFrame(array[unit, month], columns=list(columns))
        if frame.dtypes.eq("float64").all():
            frame = frame.round(DECIMALS)
        frame.insert(0, "unit_code", self.units.take(unit))
        frame.insert(1, "month", self.months.take(month))
        return frame

    def long(self, key, arrays, **more):
        """The values present in a dict of arrays (units, months), as rows by unit, month and the order of the dict."""
        cube = np.stack(list(arrays.values()), axis=-1)
        unit, month, name = np.nonzero(~np.isnan(cube))
        columns = {
            "unit_code": self.units.take(unit),
            "month": self.months.take(month),
            key: pd.Index(list(arrays)).take(name),
            "value": np.round(cube[unit, month, name], DECIMALS),
        }
        for column, others in more.items():
            columns[column] = np.stack(list(others.values()), axis=-1)[unit, month, name]
        return pd.DataFrame(columns)


def positions(column, labels):
    """Place of every value of ``column`` in the index ``labels``, -1 where it is not there."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.append(labels.get_indexer(column.cat.categories), -1)[column.cat.codes]
    return labels.get_indexer(column)


def shift(array, months):
    """Array moved ``months`` later along its second axis (earlier if negative); never across units."""
    moved = np.full(array.shape, np.nan)
    width = array.shape[1]
    if abs(months) < width:
        moved[:, max(months, 0) : width + min(months, 0)] = array[:, max(-months, 0) : width - max(months, 0)]
    return moved


def mean_of_months(levels, first, last, least):
    """Mean over the months m+first … m+last (both ends included), where at least ``least`` are present."""
    step = 1 if last >= first else -1
    return mean_of([shift(levels, -offset) for offset in range(first, last + step, step)], least)


def mean_of(arrays, least):
    """Mean of the values present, where at least ``least`` are."""
    total, n = np.zeros(arrays[0].shape), np.zeros(arrays[0].shape, dtype=np.int64)
    for array in arrays:
        known = ~np.isnan(array)
        total += np.where(known, array, 0)
        n += known
    return np.divide(total, n, out=np.full(total.shape, np.nan), where=n >= least)


def _labels(column):
    """Distinct values of a column."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.categories[np.unique(column.cat.codes)].to_numpy(dtype=object)
    return column.unique().tolist()
