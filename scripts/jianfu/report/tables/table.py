"""Three-line tables (三线表) as data, and how they are written as CSV and Excel.

A :class:`Table` is what a reader sees: title above, header, body in groups, source and notes below.
Numbers may stand as numbers (Excel keeps them so) or as finished text such as ``0.142**``.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from jianfu.core import spreadsheets
from jianfu.core.errors import DataError
from jianfu.models.estimates import missing
from jianfu.models.words import NOTHING

STAR_LEVELS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))
FIXED_DATE = datetime(2000, 1, 1)
LARGEST_RATIO = 1000  # above which an end of an interval says no more than that it is open
SIZES = (9, 7.5)  # points of the type of a table, the smaller one where the larger would break numbers
PAGE_WIDTH, TEXT_CM = 98, 15.6  # half-width characters of the first size on a line of so many cm
JOURNAL_CM = {"single": 8.4, "double": 17.4}  # a column and a page that all usual journals have
CELL_PADDING = 2  # in half-width characters
SHORT = (14, 12, 10, 8, 6)  # widths of texts that are better not broken, tried in turn
LONGEST_WHOLE = 14  # lines of a table that is not broken across pages
WORDS = re.compile(r"[^\s\u2e80-\uffef]+")  # what stands between blanks and Chinese
UNBREAKABLE = re.compile(rf"\[[^\]]*\]|{WORDS.pattern}")  # an interval or such a word


class Figure(str):
    """A number as it is printed, which a workbook keeps as number: ``form`` is its format there."""

    __slots__ = ("form", "value")

    def __new__(cls, text: str, value: float, form: str) -> "Figure":
        figure = super().__new__(cls, text)
        figure.value, figure.form = float(value), form
        return figure

    def within(self, before: str, after: str) -> "Figure":
        """The same number with texts around it: stars behind it, brackets about it."""
        forms = (f'"{before}"{form}"{after}"' for form in self.form.split(";"))
        return Figure(f"{before}{self}{after}", self.value, ";".join(forms).replace('""', ""))


@dataclass(frozen=True)
class Table:
    """One table as the reader sees it.

    header: one text per column (``\\n`` breaks the line); rows: cells per row, text or number or None;
    groups: indices of rows that begin a new group (space above them, no line: a three-line table has three); source,
    notes: lines below the table; left: number of leading columns that are set flush left; width: in cm where it is not
    the text of a page.
    """

    name: str
    title: str
    header: tuple
    rows: tuple
    groups: tuple = ()
    source: str = ""
    notes: tuple = ()
    left: int = 1
    width: float | None = None


def stars(p_value) -> str:
    """Significance stars of a p-value: *** below 0.001, ** below 0.01, * below 0.05, none if missing."""
    if missing(p_value):
        return ""
    return next((mark for level, mark in STAR_LEVELS if p_value < level), "")


def number(value, digits=3) -> str:
    """A number with fixed decimals, a true minus sign and no negative zero; a dash if missing."""
    if missing(value):
        return NOTHING
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    form = "#,##0" + ("." + "0" * digits if digits else "")
    return Figure(text.replace("-", "−"), value, f"{form};−{form}")


def ratio(coefficient, digits=2) -> str:
    """The ratio that a coefficient on a log scale stands for; above a thousand, or without digits, a limit."""
    if missing(coefficient):
        return NOTHING
    if coefficient > math.log(LARGEST_RATIO):
        return f">{LARGEST_RATIO:,}"
    value, least = math.exp(coefficient), 10.0**-digits
    return f"<{least:.{digits}f}" if value < least / 2 else number(value, digits)


def starred(value, p_value) -> str:
    """A number with the stars of its p-value."""
    text = number(value)
    return text.within("", stars(p_value)) if isinstance(text, Figure) else text


def bracketed(value) -> str:
    """A number in brackets, as standard errors stand below estimates."""
    text = number(value)
    return text.within("(", ")") if isinstance(text, Figure) else text


def count(value) -> str:
    """A count with thousands separators; a dash if missing."""
    return NOTHING if missing(value) else Figure(f"{round(float(value)):,}", value, "#,##0")


def p_text(p_value) -> str:
    """A p-value as printed: three decimals, ``<0.001`` below that."""
    if missing(p_value):
        return NOTHING
    return Figure("<0.001", p_value, '"<0.001"') if p_value < 0.001 else number(p_value, 3)


def interval(low, high, digits=3) -> str:
    """A confidence interval as printed, ``[0.031, 0.253]``."""
    return NOTHING if missing(low) or missing(high) else f"[{number(low, digits)}, {number(high, digits)}]"


def decimals(table) -> list[int]:
    """Decimals of the numbers in each column: none for whole numbers, three below 10, else two."""
    columns = []
    for column in range(len(table.header)):
        cells = (row[column] for row in table.rows)
        values = [float(cell) for cell in cells if not missing(cell) and not isinstance(cell, str)]
        whole = all(value == round(value) for value in values)
        columns.append(0 if whole else 3 if max(map(abs, values)) < 10 else 2)
    return columns


def printed(table) -> list[list[str]]:
    """The cells as they are printed: numbers with the decimals of their column, a dash where one is missing."""
    digits = decimals(table)
    return [
        [cell if isinstance(cell, str) else number(cell, n) for cell, n in zip(row, digits, strict=True)]
        for row in table.rows
    ]


def write_csv(table, path, mark="") -> None:
    """Header and body as CSV (utf-8-sig); a ``mark`` (synthetic data) stands in a last column ``data``."""
    header = [text.replace("\n", " ") for text in table.header]
    cells = [["" if missing(cell) else str(cell).replace("\n", " ") for cell in row] for row in table.rows]
    spreadsheets.write_csv(pd.DataFrame(cells, columns=header, dtype=object), path, mark=mark)


def write_xlsx(table, path, mark="", fonts=("宋体", "黑体")) -> None:
    """The table as a one-sheet workbook: title above, 1.5 pt lines above and below, 0.75 pt under the header.

    The bytes depend on the table alone (fixed creation date).
    """
    book = spreadsheets.workbook(path)
    book.set_properties({"title": table.title, "author": "jianfu", "created": FIXED_DATE})
    sheet = book.add_worksheet(table.name[:31])
    columns = len(table.header)
    body, heading = fonts

    def style(**extra):
        return book.add_format({"font_name": body, "font_size": 10.5, "valign": "vcenter", **extra})

    title = style(font_name=heading, align="center", text_wrap=True)
    note = style(font_size=9, text_wrap=True, valign="top")
    bracketed_mark = f" ({mark})" if mark.isascii() else f"（{mark}）"
    sheet.merge_range(0, 0, 0, columns - 1, table.title + (bracketed_mark if mark else ""), title)
    sheet.set_row(0, 24)
    widths = [max(8, 1.05 * width) for width in columns_of(table).widths]
    for column, text in enumerate(table.header):
        sheet.set_column(column, column, widths[column])
        align = "left" if column < table.left else "center"
        sheet.write_string(1, column, text, style(align=align, text_wrap=True, top=2, bottom=1))
    sheet.set_row(1, 16 * (1 + max(text.count("\n") for text in table.header)))
    last, digits = len(table.rows) - 1, decimals(table)
    for index, row in enumerate(table.rows):
        lines = {"bottom": 2} if index == last else {}
        for column, cell in enumerate(row):
            align = "left" if column < table.left else "center"
            look = {"align": align, "text_wrap": True, **lines}
            _write_cell(sheet, 2 + index, column, cell, digits[column], style, look)
    below = 2 + len(table.rows)
    for line in [*([table.source] if table.source else []), *table.notes]:
        sheet.merge_range(below, 0, below, columns - 1, line, note)
        sheet.set_row(below, 13 * (1 + text_width(line) // int(sum(widths))))
        below += 1
    sheet.hide_gridlines(2)
    sheet.freeze_panes(2, 0)
    sheet.repeat_rows(1)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if columns > 6:
        sheet.set_landscape()
    if mark:
        sheet.set_header(f"&C{mark}")
    sheet.set_footer("&C&P")
    book.close()


def _write_cell(sheet, row, column, cell, digits, style, look):
    if isinstance(cell, Figure):
        sheet.write_number(row, column, cell.value, style(num_format=cell.form, **look))
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell, style(**look))
    elif missing(cell):
        sheet.write_string(row, column, NOTHING, style(**look))
    else:
        look["num_format"] = "#,##0" + ("." + "0" * digits if digits else "")
        sheet.write_number(row, column, float(cell), style(**look))


@lru_cache(maxsize=1 << 16)
def text_width(text) -> float:
    """Width of a text in half-width characters: Chinese 2, capitals 1.4, small letters 0.9, everything else 1."""
    return sum(2 if c > "\u2e7f" else 1.4 if c.isupper() else 0.9 if c.islower() else 1 for c in text)


class Columns(NamedTuple):
    """How a table stands on a page: widths of its columns in half-width characters of its type, the size of the type in
    points, and whether intervals stay on one line."""

    widths: list[float]
    size: float
    whole: bool


def columns_of(table: Table) -> Columns:
    """Columns that break no number: in the first of :data:`SIZES` that allows it, else with intervals on two lines.

    Each column gets what its longest unbreakable piece needs, and no short text is broken if the page allows it. The
    rest goes, step by step, to the column that makes most of the rows high, and then evenly to all. Raises
    :class:`DataError` where a ``width`` of its own does not hold the numbers.
    """
    texts = [list(column) for column in zip(table.header, *printed(table), strict=True)]
    line = PAGE_WIDTH * (table.width or TEXT_CM) / TEXT_CM
    ways = [(size, pieces) for pieces in (UNBREAKABLE, WORDS) for size in SIZES]
    for size, pieces in ways:
        space = line * SIZES[0] / size - CELL_PADDING * len(texts)
        trials = ([least_width(column, short, pieces) for column in texts] for short in (*SHORT, 4))
        fitting = [trial for trial in trials if sum(trial) <= space]
        if fitting:
            break
    else:
        if table.width:
            raise DataError("table_too_wide", title=table.title, width=table.width)
        fitting = [[least_width(column, 4, pieces) for column in texts]]
    shared = [share_space(texts, widths, space - sum(widths)) for widths in (fitting[0], fitting[-1])]
    best = min(shared, key=lambda widths: lines_on_page(texts, widths))
    return Columns([width + CELL_PADDING for width in best], size, pieces is UNBREAKABLE)


def share_space(columns, widths, free) -> list[float]:
    """Widths with the ``free`` space given, step by step, to the column whose broken cells make most rows high."""
    widths = list(widths)
    lines = [
        [cell_lines(text, width) for text in texts] for texts, width in zip(columns, widths, strict=True)
    ]
    own = [[text.count("\n") + 1 for text in texts] for texts in columns]
    while free >= 1:
        heights = [max(row) for row in zip(*lines, strict=True)]
        binding = [_binding(*cells, heights) for cells in zip(lines, own, strict=True)]
        if not max(binding):
            break
        widest = binding.index(max(binding))
        widths[widest] += 1
        lines[widest] = [cell_lines(text, widths[widest]) for text in columns[widest]]
        free -= 1
    return [width + max(0, free) / len(columns) for width in widths]


def _binding(lines, own, heights):
    """Lines beyond their own of the cells of a column that are as high as their row."""
    return sum(n - least for n, least, height in zip(lines, own, heights, strict=True) if n == height)


def lines_on_page(columns, widths) -> int:
    """Lines that the rows take, each as many as its longest cell."""
    rows = zip(*columns, strict=True)
    return sum(max(map(cell_lines, texts, widths)) for texts in rows)


def least_width(texts, short, pieces) -> float:
    """Width that a column needs: the longest of its ``pieces``, and its longest line if that is at most ``short``."""
    longest = [text_width(piece) + 0.5 for text in texts for piece in pieces.findall(text)]
    lines = [text_width(line) for text in texts for line in text.split("\n")]
    return max([4, *longest, *(width for width in lines if width <= short)])


def cell_lines(text, width) -> int:
    """Lines that a text takes in a column."""
    return sum(max(1, math.ceil(text_width(line) / width)) for line in text.split("\n"))


def is_short(table) -> bool:
    """True if the table is to stay on one page: at most LONGEST_WHOLE lines on a page."""
    widths = [width - CELL_PADDING for width in columns_of(table).widths]
    lines = sum(max(map(cell_lines, texts, widths)) for texts in printed(table))
    return lines <= LONGEST_WHOLE
