"""Layouts of a user's own panel: long tables made wide, and periods written in one way."""

import re

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError
from jianfu.indices.own_panel import periods

LONG = ("code", "value")  # columns of a table with one row per unit, period and indicator
WHOLE = re.compile(r"(-?\d+)\.0+")


def is_long(columns, codes):
    """Whether a table with these columns has one row per indicator: none of ``codes`` is a column of its own."""
    return set(LONG) <= set(columns) and not set(codes) & set(columns)


def chosen(cells, wanted, name):
    """The rows of a long table whose code is in ``wanted``; every code must stand somewhere, every row have one."""
    if (cells["code"] == "").any():
        row = cells.index[cells["code"] == ""][0] + 2
        raise DataError("row_without", file=name, row=row, key="code")
    lacking = [code for code in wanted if code not in set(cells["code"])]
    if lacking:
        raise DataError("code_never_said", file=name, code=lacking[0])
    return cells[cells["code"].isin(wanted)].copy()


def widen(cells, keys, wanted, name):
    """One row per ``keys`` and one column per code in ``wanted`` from a long table, in the order of the rows.

    ``cells`` has ``keys`` and ``code`` as text. Raises :class:`DataError` where a cell stands twice.
    """
    twice = cells.duplicated([*keys, "code"])
    if twice.any():
        unit, *period, code = cells.loc[twice, [*keys, "code"]].iloc[0]
        if period:
            raise DataError("cell_twice_in", file=name, code=code, unit=unit, period=period[0])
        raise DataError("cell_twice", file=name, code=code, unit=unit)
    rows = cells.groupby(keys, sort=False).ngroup().to_numpy()
    values = np.full((rows.max() + 1, len(wanted)), np.nan)
    values[rows, [wanted.index(code) for code in cells["code"]]] = cells["value"]
    wide = cells[keys].drop_duplicates().reset_index(drop=True)
    return pd.concat([wide, pd.DataFrame(values, columns=wanted)], axis=1)


def tidy_periods(labels):
    """Labels of periods (text series): 2020.0 is 2020; dates of which no month has two are months."""
    return periods.written(labels.str.replace(WHOLE, r"\1", regex=True))
