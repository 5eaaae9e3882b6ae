"""A sheet of raw data as columns of text, whatever kind of file or database it came from."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pyarrow as pa

from jianfu.core.errors import DataError
from jianfu.core.reasons import Reason

HEAD_ROWS = 20  # rows from the top in which title and headings are looked for
MAX_CELLS = 1 << 26  # places between the outermost cells of a sheet in memory
FAILED = "\u2060"  # stands before the text of a cell that holds an error (#N/A) and not that text
NO_VALUE = FAILED + "#NO_VALUE!"  # a formula whose value was never calculated
SPACES = " \t\r\n\u3000\xa0\ufeff\u200b"


def unreadable(file: str, code: str, /, **values) -> DataError:
    """The error of a file that cannot be read; code and values say why, without the name of the file."""
    return DataError("in_file", file=file, what=Reason(code, **values))


def sheet_place(file: str, sheet: str) -> Reason | str:
    """Where something stands in messages: the sheet of a file, or the file where it has one only."""
    return Reason("sheet_of_file", file=file, sheet=sheet) if sheet else file


@dataclass(frozen=True)
class Sheet:
    """One sheet: ``columns`` are text arrays of one length, ``merged`` ranges are (top, left, bottom, right) from 0.

    ``surplus`` counts rows with more cells than columns whose extra cells were not empty, ``strays`` quotation marks
    that begin a cell and enclose none. ``headings`` are the names
    of the columns where they are no row of the sheet: for each column its names, the preferred one first. A long
    sheet may come in batches; ``start`` is then the number of rows before this one. ``left_out`` says why a part of an
    archive is no table and has no columns. ``from_1904``: plain numbers of days count from 1904, not 1900.
    """

    file: str
    name: str
    columns: list
    merged: list = field(default_factory=list)
    visible: bool = True
    surplus: int = 0
    strays: int = 0
    headings: list | None = None
    start: int = 0
    left_out: Reason | None = None
    from_1904: bool = False

    @property
    def height(self):
        return len(self.columns[0]) if self.columns else 0

    def head(self):
        """The first rows as lists of text, merged cells filled with the text of their first cell."""
        rows = [
            list(row) for row in zip(*(c.slice(0, HEAD_ROWS).to_pylist() for c in self.columns), strict=True)
        ]
        for top, left, bottom, right in self.merged:
            for row in range(top, min(bottom + 1, len(rows))):
                for column in range(left, min(right + 1, len(self.columns))):
                    rows[row][column] = rows[top][left]
        return rows

    def batches(self, pool=None, coded=()):
        """The sheet as its only batch; see :meth:`jianfu.ingest.delimited.TextSheet.batches`."""
        yield self

    def whole(self):
        """The sheet in memory; see :meth:`jianfu.ingest.delimited.TextSheet.whole`."""
        return self

    def filled(self, column, first_row, shared=True):
        """Column ``column`` with vertically merged body cells filled inside their range; ``first_row`` from 0.

        What is not ``shared`` belongs to the rows of the range together: none of them has it.
        """
        spans = [
            (top, bottom)
            for top, left, bottom, right in self.merged
            if left <= column <= right and bottom > top and top >= first_row
        ]
        if not spans:
            return self.columns[column]
        cells = self.columns[column].to_pylist()
        anchors = {top: left for top, left, _, right in self.merged if left <= column <= right}
        for top, bottom in spans:
            text = self.columns[anchors[top]][top].as_py() if shared else ""
            cells[top : bottom + 1] = [text] * (bottom + 1 - top)
        return pa.array(cells, pa.string())


def cell_text(cell):
    """A workbook cell as text: 12.0 is '12', dates are ISO, numbers beyond 15 digits stay visibly damaged."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        if abs(cell) >= 1e15:
            return f"{cell:.15g}" if "e" in f"{cell:.15g}" else f"{cell:.14e}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        # Excel keeps times as fractions of a day; half a second of rounding noise is not a time.
        return (cell + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
