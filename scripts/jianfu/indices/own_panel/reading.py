"""Reading a user's own indicator panel: a ready unit × period table and its indicator table.

Settings are those of the key ``indicators`` of a province file (manual: config/own-panel.md). A table has one row per
unit and period and one column per indicator; or is long, one row per unit, period and indicator, with the columns
``code`` and ``value``.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.spelling import suggestion
from jianfu.indices.engine import anchors as stored
from jianfu.indices.engine.methods import check_structure, resolve_all
from jianfu.indices.engine.structure import build_structure
from jianfu.indices.own_panel import layout, periods
from jianfu.ingest.user_tables import numbers, read_table

FIXED = ("reference_window", "treatment", "normalisation", "weights", "aggregation")  # are part of anchors


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
    if layout.is_long(cells.columns, structure.codes):
        cells = layout.chosen(cells, _needed(structure), name)
        cells["value"] = numbers(cells["value"], name, null_tokens)
        cells = layout.widen(cells, keys, _needed(structure), name)
    units, labels = _keys(cells, settings, name)
    below = structure.indicators["denominator"]
    columns = {code: numbers(cells[code], name, null_tokens) for code in _needed(structure)}
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
