"""Periods of a panel: years, quarters, months or any other labels, put in order and numbered."""

import re

import numpy as np
import pandas as pd

MONTH = re.compile(r"(\d{4})\s*(?:[-/.年]\s*(\d{1,2})\s*月?|[mM](\d{1,2})|(\d{2}))")
QUARTER = re.compile(r"(\d{4})\s*-?\s*[qQ季]\s*([1-4])")
YEAR = re.compile(r"(\d{4})\s*年?")
PER_YEAR = {"month": 12, "quarter": 4}


def kind_of(labels):
    """``year``, ``quarter``, ``month``, ``day``, ``number`` or ``text``: what all the labels are."""
    for kind, pattern in (("year", YEAR), ("quarter", QUARTER), ("month", MONTH)):
        if all(pattern.fullmatch(label) for label in labels):
            return kind
    if all(re.fullmatch(r"\d{4}-\d\d-\d\d", label) for label in labels):
        return "day"
    return "number" if all(re.fullmatch(r"-?\d+(\.\d+)?", label) for label in labels) else "text"


def position(label, kind):
    """Sortable position of one label; neighbouring years, quarters and months are one apart. None if it is no such."""
    pattern = {"year": YEAR, "quarter": QUARTER, "month": MONTH}.get(kind)
    if pattern is None:
        return float(label) if kind == "number" else label
    match = pattern.fullmatch(label)
    if not match:
        return None
    first, *rest = (int(part) for part in match.groups() if part)
    return first * PER_YEAR.get(kind, 1) + (rest[0] if rest else 0)


def number(labels):
    """(positions, number (N,) for counting how far apart two periods are, kind) of the labels (N,).

    Years, quarters and months keep their distance in time; other labels are counted as they occur, in sorted order.
    """
    kind = kind_of(labels)
    positions = pd.Series([position(label, kind) for label in labels], dtype=object)
    if kind in ("year", "quarter", "month"):
        return positions, positions.to_numpy(dtype=np.int64), kind
    order = {value: place for place, value in enumerate(sorted(positions.unique()))}
    return positions, positions.map(order).to_numpy(dtype=np.int64), kind


def reference_rows(labels, window):
    """Rows (N,) bool of the reference window [first, last]; without one, the first year: 12 months, 4 quarters, else
    the first period. None where ``window`` names something that is no period of this kind."""
    positions, numbers, kind = number(labels)
    if window is None:
        return numbers < numbers.min() + PER_YEAR.get(kind, 1)
    first, last = (
        position(str(end).strip(), kind) if kind_of([str(end).strip()]) == kind or kind == "text" else None
        for end in window
    )
    if first is None or last is None:
        return None
    return ((positions >= first) & (positions <= last)).to_numpy(dtype=bool)
