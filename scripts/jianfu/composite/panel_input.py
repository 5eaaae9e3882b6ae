"""Reading a user's own indicator panel: a ready unit × period table and its indicator table.

Settings are those of the key ``indicators`` of a province file (manual: config/README.md). Tables are csv, xlsx,
parquet or Stata dta, one row per unit and period, one column per indicator; or long, one row per unit, period and
indicator, with the columns ``code`` and ``value``.
"""

import codecs
import csv
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from jianfu.composite import anchors as stored
from jianfu.composite import layout, periods
from jianfu.composite.methods import check_structure, resolve_all
from jianfu.composite.structure import build_structure
from jianfu.config.spelling import suggestion
from jianfu.errors import ConfigError, DataError
from jianfu.ingest.numbers import parse_number

FIXED = ("reference_window", "treatment", "normalisation", "weights", "aggregation")  # are part of anchors
MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "..", "...", "#n/a"}


@dataclass(frozen=True)
class Panel:
    """units, labels of the periods ("" without periods), numbered periods, reference (bool): (N,); raw values and
    denominators (N, k), columns in the order of the structure, all NaN where an indicator has no denominator."""

    units: np.ndarray
    labels: np.ndarray
    period: np.ndarray
    reference: np.ndarray
    raw: np.ndarray
    denominators: np.ndarray


def read_table(path, texts=None, rows=None):
    """The table in ``path`` as a frame; columns named in ``texts`` (None: all) are text, empty text = missing.

    ``rows`` = 0: the columns only. Raises :class:`DataError` in one sentence.
    """
    path = Path(path)
    readers = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet, ".dta": _dta}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path.name}: tables of an indicator panel must end in {', '.join(readers)}.")
    try:
        frame = readers[path.suffix.lower()](path, texts, rows)
    except DataError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path.name}: the file cannot be read ({reason}); save it again.") from None
    frame.columns = [str(column).strip() for column in frame.columns]
    if frame.columns.empty:
        raise DataError(f"{path.name}: the file is empty; save the table again.")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{path.name}: the column '{twice[0]}' stands twice; rename one.")
    for column in frame.columns if texts is None else texts:
        if column in frame:
            frame[column] = _texts(frame[column])
    return frame


def _csv(path, texts, rows):
    content = path.read_bytes()
    try:
        content.decode("utf-8-sig")
        content = content.removeprefix(codecs.BOM_UTF8)
    except UnicodeDecodeError:
        try:
            content = content.decode("gb18030").encode()
        except UnicodeDecodeError:
            raise DataError(
                f"{path.name}: the file is neither UTF-8 nor GB18030 text; save it again with encoding UTF-8."
            ) from None
    first = content.split(b"\n", 1)[0].decode()
    separator = max(",;\t", key=first.count)
    names = next(csv.reader([first.rstrip("\r")], delimiter=separator), [])
    if rows == 0 or not names or len(set(names)) < len(names):
        return pd.DataFrame([], columns=names)
    text = dict.fromkeys(names, pa.string())
    if texts is None:
        return _arrow_csv(content, separator, text)
    try:
        return _arrow_csv(content, separator, {name: pa.string() for name in names if name.strip() in texts})
    except pa.ArrowInvalid:  # a column whose later cells are of another kind than its first ones
        return _arrow_csv(content, separator, text)


def _arrow_csv(content, separator, types):
    return arrow_csv.read_csv(
        pa.BufferReader(content),
        parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types, strings_can_be_null=False, null_values=[""]
        ),
    ).to_pandas()


def _xlsx(path, texts, rows):
    return pd.read_excel(path, nrows=rows, dtype=object, engine="calamine", keep_default_na=False)


def _parquet(path, texts, rows):
    """Without what pandas keeps beside the table, so that its index is a column like the others."""
    table = parquet.read_schema(path).empty_table() if rows == 0 else parquet.read_table(path)
    return table.replace_schema_metadata().to_pandas()


def _dta(path, texts, rows):
    if rows == 0:
        return pd.DataFrame([], columns=pyreadstat.read_dta(str(path), metadataonly=True)[1].column_names)
    return pd.read_stata(path, convert_categoricals=False)


def _texts(column):
    """The cells of a column as text without blanks around it; categories and dates too."""
    names = pd.unique(column.astype(object))
    return (
        column.astype(object)
        .map({name: _text(name) for name in names if name == name})
        .fillna("")
        .astype(object)
    )


def _text(value):
    """A cell as text: whole numbers without decimals, others with all digits, dates as YYYY-MM-DD."""
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, (float, np.floating)):
        whole = float(value).is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else repr(float(value))
    return str(value)


def replace_files(settings, resolve):
    """The settings with every file replaced by ``resolve(value, key)``: data, structure, anchors, comparisons."""
    settings = {**settings, "data": resolve(settings["data"], "indicators.data")}
    for key in ("structure", "anchors"):
        if isinstance(settings.get(key), str):
            settings[key] = resolve(settings[key], f"indicators.{key}")

    def matrices(part, key):
        if not isinstance(part, dict):
            return part
        part = dict(part)
        if isinstance(part.get("matrix"), str):
            part["matrix"] = resolve(part["matrix"], f"{key}.matrix")
        if part.get("levels"):
            part["levels"] = [matrices(x, f"{key}.levels[{row}]") for row, x in enumerate(part["levels"], 1)]
        if part.get("parents"):
            part["parents"] = {
                code: matrices(x, f"{key}.parents.{code}") for code, x in part["parents"].items()
            }
        return part

    if "weights" in settings:
        settings["weights"] = matrices(settings["weights"], "indicators.weights")
    return settings


def files_of(settings):
    """Every file that the settings name."""
    found = []
    replace_files(settings, lambda value, key: found.append(value))
    return list(dict.fromkeys(found))


def check(settings, file):
    """Raise :class:`ConfigError` in one sentence where settings, structure or headings do not fit, before any job."""
    try:
        structure, _ = read_plan(settings)
        read_anchors(settings, structure)
        _check_columns(list(read_table(settings["data"], rows=0).columns), structure, settings)
    except (ConfigError, DataError) as error:
        sentence = str(error)
        group = "'indicators." if sentence.startswith("'") else ""
        raise ConfigError(f"{file}: {group}{sentence[1:] if group else sentence}") from None


def read_plan(settings):
    """(:class:`Structure`, resolved settings) of a panel, with matrices of comparisons read and everything checked."""
    table = settings["structure"]
    name = "'structure'" if isinstance(table, list) else Path(table).name
    cells = (
        pd.DataFrame(table, dtype=object) if isinstance(table, list) else read_table(table).replace("", None)
    )
    structure = build_structure(cells, name)
    used = resolve_all(settings)
    for part in (
        used["weights"]["default"],
        *used["weights"]["levels"],
        *used["weights"]["parents"].values(),
    ):
        if part["method"] == "ahp" and part["matrix"] is not None:
            part["matrix"] = _comparisons(part["matrix"])
    check_structure(used, structure)
    if settings.get("reference_window") and not settings.get("period"):
        raise ConfigError("'reference_window' needs 'period', the column that says when a row was observed.")
    return structure, used


def read_anchors(settings, structure):
    """The anchors of another run that the settings name, or None. Raises where they do not fit the structure."""
    if not settings.get("anchors"):
        return None
    for key in FIXED:
        if settings.get(key):
            raise ConfigError(
                f"'{key}' cannot stand beside 'anchors', which hold it already; delete one of them."
            )
    anchors = stored.read(settings["anchors"])
    stored.check_fit(anchors, structure, Path(settings["anchors"]).name)
    return anchors


def _comparisons(matrix):
    """Pairwise comparisons {code: {code: number}} from a file or a mapping; fractions such as 1/3 are numbers."""
    if isinstance(matrix, str):
        cells = read_table(matrix)
        rows = {row.iloc[0]: row.iloc[1:].to_dict() for _, row in cells.iterrows()}
        name = Path(matrix).name
    else:
        rows, name = matrix, "'weights.matrix'"
    found = {}
    for row, values in rows.items():
        found[str(row)] = {}
        for column, value in values.items():
            if str(value).strip() == "":
                continue
            try:
                found[str(row)][str(column)] = float(Fraction(str(value).strip()))
            except (ValueError, ZeroDivisionError):
                raise ConfigError(
                    f"{name}: '{value}' ({row}, {column}) is no number; write 3 or 1/3."
                ) from None
    return found


def _check_columns(columns, structure, settings):
    name = Path(settings["data"]).name
    wanted = [("unit", settings["unit"])]
    if settings.get("period"):
        wanted.append(("period", settings["period"]))
    if not layout.is_long(columns, structure.codes):
        wanted += [("structure", code) for code in _needed(structure)]
    for key, column in wanted:
        if column not in columns:
            raise ConfigError(
                f"'{key}' names '{column}', which is no column of {name}; {suggestion(column, columns)}"
            )


def _needed(structure):
    """Columns of the data that the structure names: indicators, then further denominators."""
    return list(dict.fromkeys([*structure.codes, *structure.indicators["denominator"].dropna()]))


def read_panel(settings, structure, null_tokens=()):
    """The :class:`Panel` of the data file. Raises :class:`DataError` or :class:`ConfigError` in one sentence."""
    name = Path(settings["data"]).name
    keys = [settings[key] for key in ("unit", "period") if settings.get(key)]
    cells = read_table(settings["data"], [*keys, "code"])
    _check_columns(list(cells.columns), structure, settings)
    blank = (cells[keys] == "").all(axis=1)
    if blank.any():
        blank[blank] = (cells[blank].isna() | (cells[blank] == "")).all(axis=1)
        cells = cells[~blank]
    if cells.empty:
        raise DataError(f"{name}: the table has no row.")
    if settings.get("period"):
        cells[settings["period"]] = layout.tidy_periods(cells[settings["period"]])
    _check_filled(cells, settings, name)
    missing = MISSING | {token.lower() for token in null_tokens}
    if layout.is_long(cells.columns, structure.codes):
        cells = layout.chosen(cells, _needed(structure), name)
        cells["value"] = _numbers(cells["value"], missing, name)
        cells = layout.widen(cells, keys, _needed(structure), name)
    units, labels = _keys(cells, settings, name)
    below = structure.indicators["denominator"]
    columns = {code: _numbers(cells[code], missing, name) for code in _needed(structure)}
    nothing = np.full(len(cells), np.nan)
    return Panel(
        units,
        labels,
        periods.number(labels)[1] if settings.get("period") else np.zeros(len(cells), dtype=np.int64),
        _reference(labels, settings, name),
        np.column_stack([columns[code] for code in structure.codes]),
        np.column_stack([nothing if pd.isna(code) else columns[code] for code in below]),
    )


def _check_filled(cells, settings, name):
    """Every row has a unit and, where the panel has periods, a period."""
    for key in ("unit", "period"):
        if settings.get(key):
            empty = cells.index[cells[settings[key]] == ""]
            if len(empty):
                raise DataError(f"{name}: row {empty[0] + 2} has no {key}; fill it in or delete the row.")


def _keys(cells, settings, name):
    """Units and labels of the periods; every row has its own."""
    with_periods = bool(settings.get("period"))
    units = cells[settings["unit"]].to_numpy(dtype=object)
    labels = (
        cells[settings["period"]].to_numpy(dtype=object)
        if with_periods
        else np.full(len(cells), "", dtype=object)
    )
    twice = pd.DataFrame({"unit": units, "period": labels}).duplicated().to_numpy()
    if twice.any():
        first = int(np.argmax(twice))
        if with_periods:
            raise DataError(
                f"{name}: '{units[first]}' stands twice in {labels[first]}; keep one row per unit and period."
            )
        raise DataError(
            f"{name}: '{units[first]}' stands twice; keep one row per unit, or name the column of the period under "
            "'indicators.period'."
        )
    return units, labels


def _numbers(column, missing, name):
    """Floats of a column of numbers or text."""
    if column.dtype == np.float32:  # with the digits it has, not those of the nearest double
        numbers = column.to_numpy().astype(str).astype(float)
    elif pd.api.types.is_numeric_dtype(column.dtype):  # true and false are 1 and 0
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
    else:
        numbers = _parsed(_texts(column), missing, name)
    if np.isinf(numbers).any():
        raise DataError(f"{name}: column '{column.name}' holds an infinite number; correct the cell.")
    return numbers


def _parsed(column, missing, name):
    """Floats of a column of text; numbers as people type them, NaN for the words in ``missing``."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, copy=True)
    for row in np.flatnonzero(np.isnan(numbers)):
        text = column.iloc[row]
        if text.lower() in missing:
            continue
        value = parse_number(text)
        if value is None:
            raise DataError(
                f"{name}: '{text}' in column '{column.name}', row {column.index[row] + 2}, is no number; correct the "
                "cell or leave it empty."
            )
        numbers[row] = value
    return numbers


def _reference(labels, settings, name):
    window = settings.get("reference_window")
    if not settings.get("period"):
        return np.ones(len(labels), dtype=bool)
    rows = periods.reference_rows(labels, window)
    if rows is None or not rows.any():
        raise ConfigError(
            f"'indicators.reference_window' [{window[0]}, {window[1]}] holds no row of {name}; its periods run from "
            f"{min(labels)} to {max(labels)}."
        )
    return rows
