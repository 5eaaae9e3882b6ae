"""A user's own analysis table: read as it is, categorical columns recognised, nothing cleaned.

Formats by the ending of the file: csv (UTF-8 or GB18030; comma, semicolon or tab), xlsx (first sheet), parquet, Stata
(dta), SPSS (sav, zsav). Columns of text and columns with value labels are categorical: levels sorted (labels in the
order of their codes), the first one is the reference. Truth values become 1 and 0.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from jianfu.errors import DataError

FORMATS = (".csv", ".xlsx", ".parquet", ".dta", ".sav", ".zsav")
MOST_LEVELS = 100  # a categorical term with more levels is an identifier


def _csv(path, rows):
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with open(path, encoding=encoding, newline="") as file:
                first = file.readline()
            separator = max(",;\t", key=first.count)
            return pd.read_csv(path, encoding=encoding, sep=separator, nrows=rows, low_memory=False)
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path}: the file is neither UTF-8 nor GB18030 text; save it again with encoding UTF-8.")


def _parquet(path, rows):
    if rows is not None:
        from pyarrow import parquet

        return parquet.read_schema(path).empty_table().to_pandas()
    return pd.read_parquet(path)


def _labelled(path, rows):
    import pyreadstat

    read = pyreadstat.read_dta if path.suffix == ".dta" else pyreadstat.read_sav
    frame, about = read(str(path), row_limit=rows or 0, metadataonly=rows is not None)
    for column, labels in about.variable_value_labels.items():
        if frame[column].dropna().isin(list(labels)).all() and not frame[column].isna().all():
            levels = [labels[code] for code in sorted(labels)]
            frame[column] = pd.Categorical(frame[column].map(labels), list(dict.fromkeys(levels)))
    return frame


READERS = {
    ".csv": _csv,
    ".xlsx": lambda path, rows: pd.read_excel(path, nrows=rows, engine="calamine"),
    ".parquet": _parquet,
    ".dta": _labelled,
    ".sav": _labelled,
    ".zsav": _labelled,
}


def read_table(path, rows=None):
    """The table in ``path`` as frame; with ``rows`` = 0 its columns only. Raises :class:`DataError` in one sentence."""
    path = Path(path)
    if path.suffix.lower() not in READERS:
        raise DataError(f"{path.name}: a table of models_on must end in {', '.join(FORMATS)}.")
    try:
        frame = READERS[path.suffix.lower()](path, rows)
    except DataError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path.name}: the file cannot be read ({reason}); save it again.") from None
    frame.columns = [str(column).strip() for column in frame.columns]
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{path.name}: the column '{twice[0]}' stands twice; rename one.")
    return frame if rows is not None else _plain(frame)


def _plain(frame):
    """Truth values as 1.0 and 0.0, numbers as float or int, text without blanks around it."""
    for column in frame.columns:
        values = frame[column]
        if isinstance(values.dtype, pd.CategoricalDtype):
            continue
        if pd.api.types.is_bool_dtype(values.dtype):
            frame[column] = values.astype(float)
        elif pd.api.types.is_numeric_dtype(values.dtype):
            if values.dtype.kind not in "iuf" or not isinstance(values.dtype, np.dtype):
                frame[column] = values.astype(float)
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            frame[column] = values.dt.strftime("%Y-%m-%d")
        else:
            known = values.dropna()
            if len(known) and known.map(lambda value: isinstance(value, bool)).all():
                frame[column] = values.astype(float)
            else:
                text = values.astype("object").where(values.isna(), values.astype(str).str.strip())
                frame[column] = text.where(text != "", None)
    return frame


def is_text(values):
    """True for categorical and text columns, False for numbers."""
    return not pd.api.types.is_numeric_dtype(values.dtype)


def levels_of(values):
    """Levels of a categorical column: in the order of their codes if it has labels, else sorted."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        present = set(values.dropna().unique())
        return [level for level in values.cat.categories if level in present]
    return sorted(values.dropna().unique())
