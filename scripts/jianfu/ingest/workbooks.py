"""Workbooks of every kind as sheets of text; neither damage nor a panic of the library ends the process."""

import contextlib
import io
import os
import subprocess
import sys
from itertools import zip_longest

import pyarrow as pa
import python_calamine

from jianfu.ingest.binary import failed_cells, from_1904
from jianfu.ingest.sheet import Sheet, cell_text, unreadable

MAX_MEMORY = 2 * 1024**3  # bytes that reading a binary workbook may take (the largest .xls needs 1 GB)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED, _WORD, *_BOOKS = (
    text.encode("utf-16-le") for text in ("EncryptedPackage", "WordDocument", "Workbook", "Book")
)


def compound_sheets(content, name):
    """Sheets of a workbook in a compound file (.xls); the other arguments as for :func:`workbook_sheets`."""
    if _ENCRYPTED in content:
        raise unreadable(name, "file_locked")
    if not any(book in content for book in _BOOKS):
        raise unreadable(name, "file_word" if _WORD in content else "file_no_workbook")
    return workbook_sheets(
        content, name, bounded=False, failed=failed_cells(content), early=from_1904(content)
    )


def workbook_sheets(content, name, bounded, failed=(), early=False):
    """Sheets of a workbook in whatever form; ``bounded``: it is known that all its cells fit into memory; ``failed``:
    for every sheet {(row, column): text} of cells with an error, where the library does not give them;
    ``early``: days count from 1904.

    Raises :class:`DataError` with one sentence where it is locked or damaged.
    """
    if not bounded and not _fits_memory(content):
        raise unreadable(name, "workbook_damaged")
    try:
        with _silence():
            book = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError:
        raise unreadable(name, "file_locked") from None
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # damage has many types, and a panic of the library is no Exception
        if "password" in str(error).lower():
            raise unreadable(name, "file_locked") from None
        raise unreadable(name, "workbook_unreadable") from None
    every = zip_longest(book.sheets_metadata, failed[: len(book.sheets_metadata)], fillvalue={})
    return [sheet for meta, errors in every if (sheet := _worksheet(book, meta, name, errors, early))]


def _fits_memory(content):
    """Whether a binary workbook can be read within bounds; tried in a process of its own.

    A damaged cell address makes the library ask for memory for billions of cells, which nothing can catch.
    """
    command = [sys.executable, "-c", _TRIAL, str(MAX_MEMORY)]
    done = subprocess.run(command, input=content, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


_TRIAL = """
import io, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
except ImportError:
    pass
import python_calamine
try:
    book = python_calamine.load_workbook(io.BytesIO(sys.stdin.buffer.read()))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)
except MemoryError:
    sys.exit(1)
except BaseException:
    pass  # reported by the process that reads it
"""


@contextlib.contextmanager
def _silence():
    """Keeps what the library writes about a panic from terminal and log: it may quote cells."""
    stream = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(stream, 2)
        os.close(stream)
        os.close(nothing)


def _worksheet(book, meta, name, errors, early):
    if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
        return None
    try:
        with _silence():
            sheet = book.get_sheet_by_name(meta.name)
            rows = sheet.to_python(skip_empty_area=False)
            for (row, column), text in errors.items():
                rows[row][column] = text
            merged = [
                (top, left, min(bottom, len(rows) - 1), right)
                for (top, left), (bottom, right) in sheet.merged_cell_ranges or []
                if top < len(rows)
            ]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # a panic of the library is no Exception
        raise unreadable(name, "sheet_unreadable", sheet=meta.name) from None
    visible = meta.visible == python_calamine.SheetVisibleEnum.Visible
    columns = [_text_array(column) for column in zip(*rows, strict=True)]
    return Sheet(name, meta.name, columns, merged, visible, from_1904=early)


def _text_array(cells):
    if set(map(type, cells)) <= {str}:
        return pa.array(cells, pa.string())
    return pa.array([cell if cell.__class__ is str else cell_text(cell) for cell in cells], pa.string())
