"""Periods of a panel: years, quarters, months, days, numbers or words, put in order and numbered.

What they are is told by all of them together: dates of which no month has two are months. What could be read in two
ways is refused: two kinds in one column, years of two digits, days before months.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError

NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAME = rf"(?P<name>{'|'.join(NAMES)})[a-z]*\.?"
FORMS = {  # in the order in which they are tried
    "year": [r"(?P<y>\d{4})\s*年?"],
    "quarter": [
        r"(?P<y>\d{4})\s*[-年]?\s*(?:[qQ季]\s*|第)(?P<q>[1-4一二三四])(?:季度?)?",
        r"[qQ](?P<q>[1-4])\s*[-/ ]?\s*(?P<y>\d{4})",
    ],
    "month": [
        r"(?P<y>\d{4})\s*(?:[-/.年]\s*(?P<m>\d{1,2})\s*月?|[mM](?P<m2>\d{1,2})|(?P<m3>\d{2}))",
        r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})",
        rf"{NAME}[\s,/-]*(?P<y>\d{{4}})",
        rf"(?P<y>\d{{4}})[\s,/-]*{NAME}",
    ],
    "day": [
        r"(?P<y>\d{4})(?:[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?|(?P<m2>\d\d)(?P<d2>\d\d))(?:[T ][\d:.]+)?"
    ],
    "number": [r"-?\d+(?:\.\d+)?"],
    "two_digits": [
        r"'?\d\d\s*(?:年|[-/.年]\s*\d{1,2}\s*月?|[-年]?\s*[qQ季]\s*[1-4])|'\d\d|[qQ][1-4]\s*[-/ ]?\s*\d\d",
        rf"{NAME}[\s,/-]*'?\d\d",
        rf"\d\d?[\s,/-]*{NAME}",
        r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}",
    ],
}
PATTERNS = {kind: [re.compile(form, re.IGNORECASE) for form in forms] for kind, forms in FORMS.items()}
PER_YEAR = {"month": 12, "quarter": 4}
GAP = 50  # between numbers of two digits: 99 and 00 are years around the turn of a century


def read(label: str) -> tuple[str, object]:
    """(kind, position) of one label: neighbouring years, quarters and months are one apart, days are dates."""
    text = unicodedata.normalize("NFKC", label).strip()
    for kind, patterns in PATTERNS.items():
        found = next((match for pattern in patterns if (match := pattern.fullmatch(text))), None)
        if found:
            parts = {name.rstrip("23"): part for name, part in found.groupdict().items() if part}
            return kind, _position(kind, parts, text)
    return "text", text


def _position(kind, parts, text):
    if kind == "number":
        return float(text)
    if kind == "two_digits":
        raise DataError("period_ambiguous", period=text)
    year = int(parts["y"])
    if kind == "year":
        return year
    if kind == "quarter":
        return year * 4 + (int(parts["q"]) if parts["q"].isdigit() else "一二三四".index(parts["q"]) + 1)
    month = NAMES.index(parts["name"].lower()) + 1 if "name" in parts else int(parts["m"])
    try:
        day = date(year, month, int(parts.get("d", 1)))
    except ValueError:
        raise DataError("no_such_period", period=text) from None
    return day if kind == "day" else _month(day)


def _month(day):
    return day.year * 12 + day.month


def number(labels: Sequence[str]) -> tuple[pd.Series, np.ndarray, str]:
    """(positions, number (N,) for counting how far apart two periods are, kind) of the labels (N,).

    kind: ``year``, ``quarter``, ``month``, ``day``, ``number`` or ``text``. Years, quarters and months keep their
    distance in time; other labels are counted as they occur, in sorted order. Raises :class:`DataError` where the
    labels are of two kinds or could be read in two ways.
    """
    labels = pd.Series(labels, dtype=object)
    single = {label: read(label) for label in labels.unique()}
    kind, single = _common(single)
    positions = labels.map(single).astype(object)
    if kind in ("year", "quarter", "month"):
        return positions, positions.to_numpy(dtype=np.int64), kind
    order = {value: place for place, value in enumerate(sorted(set(single.values())))}
    return positions, positions.map(order).to_numpy(dtype=np.int64), kind


def _common(single):
    """The kind of all labels together and {label: position}, from {label: (kind, position)}."""
    kinds = {kind for kind, _ in single.values()}
    if kinds <= {"number", "text"} and len(kinds) == 2:
        return "text", {label: label for label in single}
    if len(kinds) > 1:
        first, second = (
            next(la for la, (own, _) in single.items() if own == kind) for kind in sorted(kinds)[:2]
        )
        raise DataError("periods_of_two_kinds", first=first, second=second)
    kind, positions = next(iter(kinds), "text"), {label: position for label, (_, position) in single.items()}
    if kind == "day" and len({_month(day) for day in positions.values()}) == len(set(positions.values())):
        return "month", {label: _month(day) for label, day in positions.items()}
    if kind == "number" and all(re.fullmatch(r"\d\d", label) for label in positions):
        known = np.sort([*positions.values()])
        if np.diff(known).max(initial=0) > GAP:
            raise DataError("period_ambiguous", period=next(iter(positions)))
    return kind, positions


def written(labels: pd.Series) -> pd.Series:
    """Labels of periods, dates of months and months by name as 'YYYY-MM'; the others, and empty ones, as they are."""
    known = labels[labels != ""]
    positions, _, kind = number(known)
    if kind != "month":
        return labels
    months = positions.map(lambda at: f"{(at - 1) // 12:04d}-{(at - 1) % 12 + 1:02d}")
    dated = known.map(lambda label: read(label)[0] == "day" or any(name in label.lower() for name in NAMES))
    return labels.where(~dated.reindex(labels.index, fill_value=False), months.reindex(labels.index))


def reference_rows(labels: Sequence[str], window: Sequence | None) -> np.ndarray | None:
    """Rows (N,) bool of the reference window [first, last]; without one, the first year: 12 months, 4 quarters, else
    the first period. None where ``window`` names something that is no period of this kind."""
    positions, numbers, kind = number(labels)
    if window is None:
        return numbers < numbers.min() + PER_YEAR.get(kind, 1)
    ends = [_end(str(end).strip(), kind) for end in window]
    if None in ends:
        return None
    return ((positions >= ends[0]) & (positions <= ends[1])).to_numpy(dtype=bool)


def _end(label, kind):
    """Position of an end of a window among periods of ``kind``, None where it is another."""
    if kind == "text":
        return label
    own, position = read(label)
    if own == "day" and kind == "month":
        return _month(position)
    return position if own == kind or {own, kind} == {"year", "number"} else None
