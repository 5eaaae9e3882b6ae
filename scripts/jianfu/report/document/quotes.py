"""Numbers that a head reads, each a formula over cells of released files.

The brief prints no number that was not made here, so that every one of them can be found again: the table
``brief_numbers`` lists number, formula and cells, and :func:`found_again` works each of them out a second time.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jianfu.models.estimates import missing
from jianfu.report.reading import read_release
from jianfu.report.tables.table import LARGEST_RATIO, number

AND, IS, BESIDE = " & ", "=", " | "
COLUMNS = ["number", "formula", "cells"]


@dataclass(frozen=True)
class Cell:
    """The values of one column of a released file (path below ``release/``) in the rows that hold all of ``where``."""

    file: str
    where: Mapping[str, str]
    column: str

    def __str__(self) -> str:
        rows = AND.join(f"{column}{IS}{value}" for column, value in self.where.items())
        return f"{self.file}[{rows}].{self.column}"

    @classmethod
    def of(cls, text: str) -> "Cell":
        """The cell that a text of :meth:`__str__` names."""
        file, rest = text.split("[", 1)
        rows, column = rest.rsplit("].", 1)
        pairs = (pair.split(IS, 1) for pair in rows.split(AND)) if rows else ()
        return cls(file, dict(pairs), column)


# Each takes one list of values per cell.
FORMULAS = {
    "value": lambda a: a[0],
    "ratio": lambda a: told(a[0]),
    "ratio_of_sum": lambda a, b: told(a[0] + b[0]),
    "percent": lambda a: 100 * a[0],
    "per_year": lambda a: 12 * a[0],
    "product": lambda a, b: a[0] * b[0],
    "total": lambda a: sum(present(a)),
    "after_three": lambda a: len(present(a)) - 3,  # how many figures there are beyond three
    "without": lambda a, b: len(a) - len(present(b)),  # rows less those that have a figure elsewhere
    "share_percent": lambda a, b: 100 * sum(present(a)) / sum(present(b)),
    "weighted_percent": lambda a, b: 100 * weighted_mean(a, b),
    "rest_per_year": lambda n, part, time, part_time: (
        12_000 * (n[0] - part[0]) / (time[0] - part_time[0])
    ),  # events and person-months of those who are not of the part, per 1,000 and year
}


def told(coefficient: float) -> float:
    """The ratio of a coefficient on a log scale; NaN for one that is too large to say anything."""
    return math.exp(coefficient) if coefficient <= math.log(LARGEST_RATIO) else math.nan


def present(values: Sequence[float]) -> list[float]:
    """The values that are not missing."""
    return [value for value in values if not missing(value)]


def weighted_mean(weights: Sequence[float], values: Sequence[float]) -> float:
    """Mean of the values, weighted, over the rows where neither is missing."""
    pairs = [pair for pair in zip(weights, values, strict=True) if len(present(pair)) == len(pair)]
    return sum(map(math.prod, pairs)) / sum(weight for weight, _ in pairs)


class Quotes:
    """Makes the numbers and remembers them; ``release``: folder with the released files."""

    def __init__(self, release: str | Path):
        self.release, self.frames, self.made = Path(release), {}, {}

    def frame(self, file: str) -> pd.DataFrame:
        """A released file, read once."""
        if file not in self.frames:
            self.frames[file] = read_release(self.release / file)
        return self.frames[file]

    def values(self, cell: Cell) -> list[float]:
        """The values of a cell in the order of the rows."""
        frame = self.frame(cell.file)
        for column, value in cell.where.items():
            frame = frame[frame[column].astype(str) == value]
        return [float(value) for value in frame[cell.column]]

    def __call__(self, formula: str, *cells: Cell, digits: int = 1, size: bool = False) -> str | None:
        """The number as printed with so many decimals, as its ``size`` without a sign; None where a cell is missing."""
        text = worked_out(formula, [self.values(cell) for cell in cells], digits)
        if text is not None:
            text = text.lstrip("−") if size else text
            self.made[text, formula, BESIDE.join(map(str, cells))] = True
        return text

    def table(self) -> pd.DataFrame:
        """Every number made so far: columns :data:`COLUMNS`."""
        return pd.DataFrame(list(self.made), columns=COLUMNS, dtype=object)


def worked_out(formula: str, values: Sequence[Sequence[float]], digits: int) -> str | None:
    """A formula over lists of values as printed; None where a list holds no value, or a ratio says nothing."""
    if not all(map(present, values)):
        return None
    value = FORMULAS[formula](*values)
    return None if missing(value) else number(value, digits)


def found_again(made: pd.DataFrame, release: str | Path) -> list[str]:
    """The numbers of a table of :meth:`Quotes.table` that their cells do not give."""
    quotes, wrong = Quotes(release), []
    for row in made.to_dict("records"):
        values = [quotes.values(Cell.of(text)) for text in row["cells"].split(BESIDE)]
        digits = len(row["number"].partition(".")[2])
        if row["number"] not in (text := worked_out(row["formula"], values, digits) or "", text.lstrip("−")):
            wrong.append(row["number"])
    return wrong
