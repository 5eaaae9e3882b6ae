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
from jianfu.core.logs import progress
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean
from jianfu.indices.engine import anchors as stored
from jianfu.indices.engine.impute import carry_forward
from jianfu.indices.engine.methods import check_structure
from jianfu.indices.engine.pipeline import denominate
from jianfu.indices.engine.recipe import Recipe
from jianfu.indices.engine.structure import build_structure
from jianfu.indices.own_panel import layout, periods
from jianfu.ingest.stage import is_note
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

    def screened(self, recipe: Recipe) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values divided by their denominators, the same with gaps filled as ``recipe`` says, and which those are."""
        divided, how = denominate(self.raw, self.denominators), recipe.methods["imputation"]
        if how["method"] == "none":
            return divided, divided, np.zeros(divided.shape, dtype=bool)
        return divided, *carry_forward(divided, self.units, self.period, how["limit"])


def check(settings, file):
    """Raise :class:`ConfigError` in one sentence where settings, structure or headings do not fit, before any job."""
    try:
        structure = read_recipe(settings).structure
        read_anchors(settings, structure)
        columns = read_table(settings["data"], rows=0, wanted=_headings(settings, structure)).columns
        _check_columns(list(columns), structure, settings)
    except (ConfigError, DataError) as error:
        raise ConfigError("in_file", file=file, what=_under("indicators", error.reason)) from None


def _under(group, reason):
    """A reason whose ``key``, if it names one, stands in the group of that name."""
    values = dict(reason.values)
    if "key" in values:
        values["key"] = f"{group}.{values['key']}"
    return Reason(reason.code, **values)


def read_recipe(settings) -> Recipe:
    """The :class:`Recipe` of a panel, with matrices of comparisons read and everything checked."""
    table = settings["structure"]
    name = "'structure'" if isinstance(table, list) else Path(table).name
    cells = (
        pd.DataFrame(table, dtype=object) if isinstance(table, list) else read_table(table).replace("", None)
    )
    own = {**settings, "weights": _read(settings.get("weights"))}
    recipe = Recipe(structure=build_structure(cells, name), settings=own)
    check_structure(recipe.methods, recipe.structure)
    if settings.get("reference_window") and not settings.get("period"):
        raise ConfigError("window_needs_period", key="reference_window")
    return recipe


def _read(setting):
    """A setting with every matrix of comparisons in it read."""
    if isinstance(setting, list):
        return [_read(part) for part in setting]
    if not isinstance(setting, dict):
        return setting
    return {
        key: _comparisons(part) if key == "matrix" and part is not None else _read(part)
        for key, part in setting.items()
    }


def read_anchors(settings, structure):
    """The anchors of another run that the settings name, or None. Raises where they do not fit the structure."""
    if not settings.get("anchors"):
        return None
    for key in FIXED:
        if settings.get(key):
            raise ConfigError("beside_anchors", key=key)
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
                    "comparison_no_number", file=name, value=value, row=row, column=column
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
                "no_column_of_file", key=key, name=column, file=name, advice=did_you_mean(column, columns)
            )


def _headings(settings, structure):
    """Names by which the headings of the data are told from the titles above them."""
    keys = [settings[key] for key in ("unit", "period") if settings.get(key)]
    return [*keys, *_needed(structure), *layout.LONG]


def _needed(structure):
    """Columns of the data that the structure names: indicators, then further denominators."""
    return list(dict.fromkeys([*structure.codes, *structure.indicators["denominator"].dropna()]))


def read_panel(settings, structure, null_tokens=()):
    """The :class:`Panel` of the data file. Raises :class:`DataError` or :class:`ConfigError` in one sentence."""
    name = Path(settings["data"]).name
    keys = [settings[key] for key in ("unit", "period") if settings.get(key)]
    cells = read_table(settings["data"], [*keys, "code"], wanted=_headings(settings, structure))
    _check_columns(list(cells.columns), structure, settings)
    blank = (cells[keys] == "").all(axis=1)
    if blank.any():
        blank[blank] = (cells[blank].isna() | (cells[blank] == "")).all(axis=1)
        cells = cells[~blank]
    notes = cells[settings["unit"]].map(is_note)
    if notes.any():
        progress(
            "panel_notes_left_out",
            file=name,
            n=int(notes.sum()),
            first=cells[settings["unit"]][notes].iloc[0],
        )
        cells = cells[~notes]
    if cells.empty:
        raise DataError("table_without_row", file=name)
    if settings.get("period"):
        cells[settings["period"]] = _recognised(cells[settings["period"]], settings, name)
    _check_filled(cells, settings, name)
    if layout.is_long(cells.columns, structure.codes):
        cells = layout.chosen(cells, _needed(structure), name)
        cells["value"] = numbers(cells["value"], name, null_tokens)
        cells = layout.widen(cells, keys, _needed(structure), name)
    units, labels = _keys(cells, settings, name)
    number = periods.number(labels)[1] if settings.get("period") else np.zeros(len(cells), dtype=np.int64)
    below = structure.indicators["denominator"]
    columns = {code: numbers(cells[code], name, null_tokens) for code in _needed(structure)}
    for code in below.dropna():
        if (columns[code] < 0).any():
            raise DataError("denominator_negative", file=name, column=code)
    nothing = np.full(len(cells), np.nan)
    return Panel(
        units,
        labels,
        number,
        _reference(labels, settings, name),
        np.column_stack([columns[code] for code in structure.codes]),
        np.column_stack([nothing if pd.isna(code) else columns[code] for code in below]),
    )


def _recognised(labels, settings, name):
    """Labels of the periods as they are written from here on; says on the screen what they were taken for."""
    try:
        labels = layout.tidy_periods(labels)
        positions, numbers, kind = periods.number(labels[labels != ""])
    except DataError as error:
        raise DataError("about", name=name, what=error.reason) from None
    if len(numbers):
        known = labels[labels != ""]
        first, last = known.iloc[int(np.argmin(numbers))], known.iloc[int(np.argmax(numbers))]
        rows = periods.reference_rows(known, settings.get("reference_window"))
        chosen = numbers[rows] if rows is not None and rows.any() else numbers
        ends = [known.iloc[int(np.flatnonzero(numbers == end)[0])] for end in (chosen.min(), chosen.max())]
        progress(
            "panel_periods",
            file=name,
            kind=Reason(f"periods_{kind}"),
            n=len(np.unique(numbers)),
            first=first,
            last=last,
            reference_first=ends[0],
            reference_last=ends[1],
        )
    return labels


def _check_filled(cells, settings, name):
    """Every row has a unit and, where the panel has periods, a period."""
    for key in ("unit", "period"):
        if settings.get(key):
            empty = cells.index[cells[settings[key]] == ""]
            if len(empty):
                raise DataError("row_without", file=name, row=int(empty[0]) + 2, key=key)


def _keys(cells, settings, name):
    """Units and labels of the periods; every row has its own."""
    with_periods = bool(settings.get("period"))
    units = cells[settings["unit"]].to_numpy(dtype=object)
    labels = (
        cells[settings["period"]].to_numpy(dtype=object)
        if with_periods
        else np.full(len(cells), "", dtype=object)
    )
    period = periods.number(labels)[1] if with_periods else labels  # one period may be written in two ways
    twice = pd.DataFrame({"unit": units, "period": period}).duplicated().to_numpy()
    if twice.any():
        first = int(np.argmax(twice))
        if with_periods:
            raise DataError("unit_twice_in_period", file=name, unit=units[first], period=labels[first])
        raise DataError("unit_twice", file=name, unit=units[first])
    return units, labels


def _reference(labels, settings, name):
    window = settings.get("reference_window")
    if not settings.get("period"):
        return np.ones(len(labels), dtype=bool)
    rows = periods.reference_rows(labels, window)
    if rows is None or not rows.any():
        raise ConfigError(
            "window_without_row", file=name, window=list(window), first=min(labels), last=max(labels)
        )
    return rows
