"""Reading a user's own indicator panel: a ready unit × period table and its indicator table.

Settings are those of the key ``indicators`` of a province file (manual: config/README.md). Tables are csv, xlsx,
parquet or Stata dta, one row per unit and period, one column per indicator.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from jianfu.composite import periods
from jianfu.composite.methods import check_structure, resolve_all
from jianfu.composite.structure import build_structure
from jianfu.config.spelling import suggestion
from jianfu.errors import ConfigError, DataError
from jianfu.ingest.numbers import parse_number

MISSING = {"", "na", "n/a", "nan", "null", "none", ".", "..", "...", "#n/a"}


@dataclass(frozen=True)
class Panel:
    """units, labels of the periods ("" without periods), numbered periods, reference (bool): (N,); values and
    denominators (N, k), columns in the order of the structure, all NaN where an indicator has no denominator."""

    units: np.ndarray
    labels: np.ndarray
    period: np.ndarray
    reference: np.ndarray
    values: np.ndarray
    denominators: np.ndarray


def read_cells(path, rows=None):
    """The table in ``path`` as a frame of text, empty text = missing; with ``rows`` = 0 its columns only."""
    path = Path(path)
    readers = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet, ".dta": _dta}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path.name}: tables of an indicator panel must end in {', '.join(readers)}.")
    try:
        frame = readers[path.suffix.lower()](path, rows)
    except DataError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path.name}: the file cannot be read ({reason}); save it again.") from None
    frame.columns = [str(column).strip() for column in frame.columns]
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{path.name}: the column '{twice[0]}' stands twice; rename one.")
    return pd.DataFrame({column: [_text(x) for x in frame[column]] for column in frame}, dtype=object)


def _csv(path, rows):
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with open(path, encoding=encoding, newline="") as file:
                first = file.readline()
            separator = max(",;\t", key=first.count)
            header = pd.read_csv(path, encoding=encoding, sep=separator, header=None, nrows=1, dtype=str)
            frame = pd.read_csv(
                path,
                encoding=encoding,
                sep=separator,
                nrows=rows,
                dtype=str,
                na_filter=False,
                index_col=False,
            )
            return frame.set_axis(header.iloc[0].fillna("").tolist(), axis=1)  # pandas would rename doubles
        except UnicodeDecodeError:
            continue
    raise DataError(
        f"{path.name}: the file is neither UTF-8 nor GB18030 text; save it again with encoding UTF-8."
    )


def _xlsx(path, rows):
    return pd.read_excel(path, nrows=rows, dtype=object, engine="calamine", keep_default_na=False)


def _parquet(path, rows):
    frame = pd.read_parquet(path)
    return frame if rows is None else frame.head(rows)


def _dta(path, rows):
    frame = pd.read_stata(path, convert_categoricals=False)
    return frame if rows is None else frame.head(rows)


def _text(value):
    """A cell as text: whole numbers without decimals, others with all digits, dates as YYYY-MM-DD (firsts: YYYY-MM)."""
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m" if value.day == 1 else "%Y-%m-%d")
    if isinstance(value, np.float32):
        value = float(str(value))
    if isinstance(value, (float, np.floating)):
        whole = float(value).is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else repr(float(value))
    return str(value)


def replace_files(settings, resolve):
    """The settings with every file replaced by ``resolve(value, key)``: data, structure, matrices of comparisons."""
    settings = {**settings, "data": resolve(settings["data"], "indicators.data")}
    if isinstance(settings["structure"], str):
        settings["structure"] = resolve(settings["structure"], "indicators.structure")

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
        _check_columns(list(read_cells(settings["data"], 0).columns), structure, settings)
    except (ConfigError, DataError) as error:
        sentence = str(error)
        group = "'indicators." if sentence.startswith("'") else ""
        raise ConfigError(f"{file}: {group}{sentence[1:] if group else sentence}") from None


def read_plan(settings):
    """(:class:`Structure`, resolved settings) of a panel, with matrices of comparisons read and everything checked."""
    table = settings["structure"]
    name = "'structure'" if isinstance(table, list) else Path(table).name
    cells = (
        pd.DataFrame(table, dtype=object) if isinstance(table, list) else read_cells(table).replace("", None)
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


def _comparisons(matrix):
    """Pairwise comparisons {code: {code: number}} from a file or a mapping; fractions such as 1/3 are numbers."""
    if isinstance(matrix, str):
        cells = read_cells(matrix)
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
    wanted += [("structure", code) for code in structure.codes]
    wanted += [("structure", code) for code in structure.indicators["denominator"].dropna()]
    for key, column in wanted:
        if column not in columns:
            raise ConfigError(
                f"'{key}' names '{column}', which is no column of {name}; {suggestion(column, columns)}"
            )


def read_panel(settings, structure, null_tokens=()):
    """The :class:`Panel` of the data file. Raises :class:`DataError` or :class:`ConfigError` in one sentence."""
    name = Path(settings["data"]).name
    cells = read_cells(settings["data"])
    _check_columns(list(cells.columns), structure, settings)
    cells = cells[(cells != "").any(axis=1)]
    if cells.empty:
        raise DataError(f"{name}: the table has no row.")
    units, labels = _keys(cells, settings, name)
    missing = MISSING | {token.lower() for token in null_tokens}
    below = structure.indicators["denominator"]
    columns = {code: _numbers(cells[code], missing, name) for code in {*structure.codes, *below.dropna()}}
    nothing = np.full(len(cells), np.nan)
    return Panel(
        units,
        labels,
        periods.number(labels)[1] if settings.get("period") else np.zeros(len(cells), dtype=np.int64),
        _reference(labels, settings, name),
        np.column_stack([columns[code] for code in structure.codes]),
        np.column_stack([nothing if pd.isna(code) else columns[code] for code in below]),
    )


def _keys(cells, settings, name):
    """Units and labels of the periods; every row has its own."""
    with_periods = bool(settings.get("period"))
    units = cells[settings["unit"]].to_numpy(dtype=object)
    labels = (
        cells[settings["period"]].to_numpy(dtype=object)
        if with_periods
        else np.full(len(cells), "", dtype=object)
    )
    for key, column in (("unit", units), ("period", labels))[: 1 + with_periods]:
        if (column == "").any():
            raise DataError(
                f"{name}: row {cells.index[column == ''][0] + 2} has no {key}; fill it in or delete the row."
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
    """Floats of a column of text."""
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
    if np.isinf(numbers).any():
        raise DataError(f"{name}: column '{column.name}' holds an infinite number; correct the cell.")
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
