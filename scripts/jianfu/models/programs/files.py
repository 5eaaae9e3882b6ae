"""Analysis tables as .dta (Stata 14 and later) and .sav (SPSS)."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from jianfu.models.programs.variables import Variable

MADE = datetime(2020, 1, 1)  # as files say, so that equal contents are equal bytes
SPSS_DATE, SPSS_TIME = (84, b"01 Jan 20"), (93, b"00:00:00")  # places in the header of a .sav
SPSS_TITLE, SPSS_VALUE = 64, 120  # bytes of the label of a file and of a value


def write_dta(frame: pd.DataFrame, variables: Sequence[Variable], path: Path, *, title: str) -> None:
    """A frame of :func:`~jianfu.models.programs.variables.described` for Stata; months in its format %tm.

    title: label of the file, at most 80 characters.
    """
    months = {variable.name: "tm" for variable in variables if variable.month}
    shown = frame.assign(**{name: _as_dates(frame[name]) for name in months})
    shown.to_stata(
        path,
        write_index=False,
        version=118,
        time_stamp=MADE,
        data_label=title[:80],
        variable_labels={variable.name: variable.label for variable in variables},
        value_labels={v.name: dict(v.levels) for v in variables if v.levels and not v.month},
        convert_dates=months,
    )


def _as_dates(months):
    """Months since 1960 as dates, which the writer of .dta turns into months again."""
    whole = months.astype("Int64")
    dates = np.array(whole.fillna(0), dtype="datetime64[M]") - np.timedelta64(10 * 12, "M")
    return pd.Series(dates.astype("datetime64[ns]"), months.index).where(whole.notna())


def write_sav(frame: pd.DataFrame, variables: Sequence[Variable], path: Path, *, title: str) -> None:
    """The same for SPSS; months carry their names as labels of values."""
    pyreadstat.write_sav(
        frame,
        str(path),
        file_label=_cut(title, SPSS_TITLE),
        column_labels={variable.name: variable.label for variable in variables},
        variable_value_labels={
            variable.name: {float(code): _cut(text, SPSS_VALUE) for code, text in variable.levels.items()}
            for variable in variables
            if variable.levels
        },
    )
    with path.open("r+b") as file:
        for place, text in (SPSS_DATE, SPSS_TIME):
            file.seek(place)
            file.write(text)


def _cut(text, most):
    """A text of at most ``most`` bytes in UTF-8."""
    return text.encode()[:most].decode(errors="ignore")
