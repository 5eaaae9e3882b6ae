"""Raw files as columns of text: the content decides how a file is read, never its name.

A file gives one or more :class:`Sheet`. Every cell is text as a person would see it; an empty cell is the empty text.
Row numbers are positions in the used range, counted from 1, so that they match what Excel shows.
"""

import contextlib
import io
import lzma
import os
import subprocess
import sys
import zipfile
import zlib
from functools import partial

import lxml.etree
import lxml.html
import pyarrow as pa
import python_calamine

from jianfu.core.reasons import Reason
from jianfu.ingest import database, tabular
from jianfu.ingest.delimited import TextSheet, find_encoding, first_records, first_text, text_chunks
from jianfu.ingest.sheet import Sheet, cell_text, unreadable

MAX_UNZIPPED = 2 * 1024**3  # bytes that one archive may expand to
MAX_MEMORY = 2 * 1024**3  # bytes that reading a binary workbook may take (the largest possible needs 1 GB)
START = 1 << 16  # bytes from which the kind of a file is told
# What the library raises for damaged archives, wrong passwords and unknown ways of packing.
_BAD_ARCHIVE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError)
# the part of a compound file that holds an encrypted workbook
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# other files that offices send, and what to do with them
OTHER_KINDS = {
    b"Rar!": Reason("an_archive", kind="RAR"),
    b"7z\xbc\xaf": Reason("an_archive", kind="7z"),
    b"\x1f\x8b": Reason("an_archive", kind="gzip"),
    b"%PDF": Reason("a_pdf_document"),
}
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive without members


def read_source(path, name, source, max_unzipped=MAX_UNZIPPED):
    """Yields lists of sheets that are to be judged together: those of a workbook, or each batch of a long table.

    ``path``, ``name`` and ``source`` as from :func:`jianfu.core.sources.find_files`.
    """
    if "database" in source:
        yield from ([sheet] for sheet in database.batches(source["database"], path, name))
    elif tabular.kind_of(_start(partial(open, path, "rb"), name)):
        yield from ([sheet] for sheet in tabular.batches(path, name))
    else:
        yield read_file(path, name, max_unzipped)


def read_file(path, name, max_unzipped=MAX_UNZIPPED):
    """Sheets of the file at ``path``; ``name`` is what messages and counts call it.

    Raises :class:`DataError` with one sentence where a file is empty, locked, damaged or of an unknown kind, or an
    archive that expands to more than ``max_unzipped`` bytes.
    """
    return _read(partial(open, path, "rb"), name, max_unzipped)


def read_bytes(content, name, max_unzipped=MAX_UNZIPPED):
    """Sheets of a file given by its content."""
    return _read(partial(io.BytesIO, content), name, max_unzipped)


def _start(open_file, name):
    try:
        with open_file() as file:
            return file.read(START)
    except OSError:
        raise unreadable(name, "file_unopened") from None


def _read(open_file, name, max_unzipped):
    """Sheets of the bytes that ``open_file`` opens; delimited text opens them again whenever it is read."""
    start = _start(open_file, name)
    if not start.strip() and len(start) < START:
        raise unreadable(name, "file_empty")
    if start.startswith((OLE, *ZIP)) or tabular.kind_of(start):
        with open_file() as file:
            content = file.read()
        if start.startswith(OLE):
            return _workbook(content, name)
        if start.startswith(ZIP):
            return _zip(content, name, max_unzipped)
        return list(tabular.batches(content, name))
    for mark, kind in OTHER_KINDS.items():
        if start.startswith(mark):
            raise unreadable(name, "file_of_other_kind", kind=kind)
    encoding, mark = find_encoding(open_file)
    sample, whole = first_text(open_file, name, encoding, mark)
    if _is_html(sample):
        return _html(b"".join(text_chunks(open_file, name, encoding, mark)), name)
    if "<Workbook" in sample[:2000]:
        raise unreadable(name, "file_xml_2003")
    found = first_records(sample, whole)
    if found is None:
        raise unreadable(name, "file_no_table")
    if "\0" in sample[:4096]:
        raise unreadable(name, "file_kind_unknown")
    return [TextSheet(name, open_file, encoding, mark, *found)]


def decode(content, name):
    """Text of a file in UTF-8, UTF-16 or GB18030."""
    open_file = partial(io.BytesIO, content)
    return b"".join(text_chunks(open_file, name, *find_encoding(open_file))).decode()


# --- workbooks -------------------------------------------------------------------------------------------------


def _workbook(content, name):
    if _ENCRYPTED in content:
        raise unreadable(name, "file_locked")
    if content.startswith(OLE) and not _fits_memory(content):
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
    return [sheet for meta in book.sheets_metadata if (sheet := _worksheet(book, meta, name))]


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


def _worksheet(book, meta, name):
    if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
        return None
    try:
        with _silence():
            sheet = book.get_sheet_by_name(meta.name)
            rows = sheet.to_python(skip_empty_area=False)
            merged = [(*first, *last) for first, last in sheet.merged_cell_ranges or []]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # a panic of the library is no Exception
        raise unreadable(name, "sheet_unreadable", sheet=meta.name) from None
    visible = meta.visible == python_calamine.SheetVisibleEnum.Visible
    columns = [_text_array(column) for column in zip(*rows, strict=True)]
    return Sheet(name, meta.name, columns, merged, visible)


def _text_array(cells):
    if set(map(type, cells)) <= {str}:
        return pa.array(cells, pa.string())
    return pa.array([cell if cell.__class__ is str else cell_text(cell) for cell in cells], pa.string())


# --- archives --------------------------------------------------------------------------------------------------


def _zip(content, name, max_unzipped):
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = [info for info in archive.infolist() if not info.is_dir()]
    except _BAD_ARCHIVE:
        raise unreadable(name, "file_damaged") from None
    names = {info.filename for info in members}
    if names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        return _workbook(content, name)
    if "word/document.xml" in names:
        raise unreadable(name, "file_word")
    if sum(info.file_size for info in members) > max_unzipped:
        raise unreadable(name, "archive_too_large", gigabytes=max_unzipped / 1024**3)
    if any(info.flag_bits & 1 for info in members):
        raise unreadable(name, "archive_locked")
    sheets = []
    for info in sorted(members, key=_member_name):
        member = _member_name(info)
        if member.startswith("__MACOSX/") or member.rsplit("/", 1)[-1].startswith((".", "~$")):
            continue
        try:
            part = archive.read(info)
        except _BAD_ARCHIVE:
            raise unreadable(name, "archive_member_damaged", member=member) from None
        if part.startswith(ZIP) and _is_archive(part):
            raise unreadable(name, "archive_in_archive", member=member)
        sheets += read_bytes(part, f"{name}/{member}", max_unzipped)
    if not sheets:
        raise unreadable(name, "archive_empty")
    return sheets


def _is_archive(content):
    """True for a zip file that is no workbook."""
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except _BAD_ARCHIVE:
        return False
    return not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}


def _member_name(info):
    """Name of an archive member; archives hold names in UTF-8 or, from Chinese Windows, GBK without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return info.filename


# --- HTML that is called xls -----------------------------------------------------------------------------------


def _is_html(text):
    start = text[:2000].lstrip("\ufeff \r\n\t").lower()
    return start.startswith("<") and any(
        tag in start for tag in ("<html", "<table", "<!doctype", "<meta", "<tr")
    )


def _html(content, name):
    try:
        document = lxml.html.document_fromstring(content, parser=lxml.html.HTMLParser(encoding="utf-8"))
    except lxml.etree.LxmlError:
        raise unreadable(name, "html_unreadable") from None
    tables = [table for table in document.iter("table") if table.find(".//table") is None]
    sheets = []
    for number, table in enumerate(tables, start=1):
        rows, merged = _grid(table)
        if rows:
            sheets.append(Sheet(name, "" if len(tables) == 1 else f"表{number}", _columns(rows), merged))
    if not sheets:
        raise unreadable(name, "html_without_table")
    return sheets


def _grid(table):
    """Cells of an HTML table as rows of text, with the ranges that rowspan and colspan merge."""
    rows, merged, taken = [], [], {}
    for top, line in enumerate(table.iter("tr")):
        cells, column = {}, 0
        for cell in line.iterchildren("td", "th"):
            while (top, column) in taken:
                column += 1
            height, width = _span(cell, "rowspan"), _span(cell, "colspan")
            cells[column] = cell.text_content()
            if height * width > 1:
                merged.append((top, column, top + height - 1, column + width - 1))
                taken |= {(top + i, column + j): True for i in range(height) for j in range(width)}
            column += width
        rows.append([cells.get(i, "") for i in range(max(cells, default=-1) + 1)])
    return rows, [(t, l, min(b, len(rows) - 1), r) for t, l, b, r in merged]


def _span(cell, attribute):
    value = cell.get(attribute, "1").strip()
    return max(1, min(int(value), 10_000)) if value.isdigit() else 1


def _columns(rows):
    width = max(map(len, rows))
    padded = [row + [""] * (width - len(row)) for row in rows]
    return [pa.array(column, pa.string()) for column in zip(*padded, strict=True)]
