"""Workbooks of the simulated exports: columns of cells in, an .xlsx file with the same bytes every time out.

A column is an object array with one entry per row: a text, a number, ``None`` for an empty cell, or a pair
(serial number, style) for a real date or time; made by :func:`texts`, :func:`numbers` and :func:`dates`.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from jianfu.core.spreadsheets import workbook

DATE, TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
EMPTY = None
STAMP = datetime(2000, 1, 1)


def texts(values):
    """Cells of a list or array of texts; the empty text is an empty cell."""
    cells = np.array(values, dtype=object)
    cells[cells == ""] = EMPTY
    return cells


def numbers(values, style=None):
    """Cells of numbers (missing = empty), optionally with the style of a date or time."""
    values = np.asarray(values, dtype=float)
    cells = np.empty(len(values), dtype=object)
    cells[:] = [EMPTY if v != v else (v, style) if style else v for v in values.tolist()]
    return cells


def dates(days):
    """Cells of real dates from numpy days (NaT = empty)."""
    return numbers(serials(days), DATE)


def serials(moments):
    """Excel serial numbers of numpy days or minutes."""
    minutes = moments.astype("M8[m]")
    number = (minutes - np.datetime64("1899-12-30T00:00", "m")).astype(float) / 1440
    return np.where(np.isnat(minutes), np.nan, np.round(number, 9))


@dataclass
class Sheet:
    """A sheet: ``top`` rows of texts above the body, ``columns`` of cells, ``bottom`` rows of texts, merged ranges
    (top, left, bottom, right) counted from 0."""

    name: str
    top: list
    columns: list
    bottom: list = field(default_factory=list)
    merged: list = field(default_factory=list)


def _write_sheet(worksheet, sheet, styles):
    rows = [*map(texts, sheet.top), *zip(*sheet.columns, strict=True), *map(texts, sheet.bottom)]
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, str):
                worksheet.write_string(r, c, cell)
            elif isinstance(cell, tuple):
                worksheet.write_number(r, c, cell[0], styles[cell[1]])
            elif cell is not EMPTY:
                worksheet.write_number(r, c, cell)
    for range_ in sheet.merged:
        first = rows[range_[0]][range_[1]]
        worksheet.merge_range(*range_, "" if first is EMPTY else first)


def write_workbook(path, sheets):
    """Write the sheets to ``path``."""
    with workbook(path) as book:
        book.set_properties({"created": STAMP})
        styles = {style: book.add_format({"num_format": style}) for style in (DATE, TIME)}
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, styles)
