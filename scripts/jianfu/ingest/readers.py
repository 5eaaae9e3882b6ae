"""Raw files as columns of text: the content decides how a file is read, never its name.

A file gives one or more :class:`Sheet`. Every cell is text as a person would see it; an empty cell is the empty text.
Row numbers are positions in the used range, counted from 1, so that they match what Excel shows.
"""

import csv
import io
import lzma
import zipfile
import zlib

import lxml.etree
import lxml.html
import numpy as np
import pyarrow as pa
import pyarrow.csv
import python_calamine

from jianfu.errors import DataError
from jianfu.ingest import database, tabular
from jianfu.ingest.sheet import HEAD_ROWS, SPACES, Sheet, cell_text

MAX_UNZIPPED = 2 * 1024**3  # bytes that one archive may expand to
DELIMITERS = (",", "\t", ";", "|")
# What the library raises for damaged archives, wrong passwords and unknown ways of packing.
_BAD_ARCHIVE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError)
# the part of a compound file that holds an encrypted workbook
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive without members


def read_source(path, name, source, max_unzipped=MAX_UNZIPPED):
    """Yields lists of sheets that are to be judged together: those of a workbook, or each batch of a long table.

    ``path``, ``name`` and ``source`` as from :func:`jianfu.sources.find_files`.
    """
    if "database" in source:
        yield from ([sheet] for sheet in database.batches(source["database"], path, name))
    elif tabular.kind_of(_bytes_of(path, name, 64)):
        yield from ([sheet] for sheet in tabular.batches(path, name))
    else:
        yield read_file(path, name, max_unzipped)


def read_file(path, name, max_unzipped=MAX_UNZIPPED):
    """Sheets of the file at ``path``; ``name`` is what messages and counts call it.

    Raises :class:`DataError` with one sentence where a file is empty, locked, damaged or of an unknown kind, or an
    archive that expands to more than ``max_unzipped`` bytes.
    """
    return read_bytes(_bytes_of(path, name), name, max_unzipped)


def _bytes_of(path, name, size=-1):
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        raise DataError(
            f"{name}: the file cannot be opened; check that it is there and that you may read it."
        ) from None


def read_bytes(content, name, max_unzipped=MAX_UNZIPPED):
    """Sheets of a file given by its content."""
    if not content.strip():
        raise DataError(f"{name}: the file is empty; export it again or remove it from the folder.")
    if content.startswith(OLE):
        return _workbook(content, name)
    if content.startswith(ZIP):
        return _zip(content, name, max_unzipped)
    if tabular.kind_of(content[:64]):
        return list(tabular.batches(content, name))
    text = decode(content, name)
    if _is_html(text):
        return _html(text, name)
    if "<Workbook" in text[:2000]:
        raise DataError(
            f"{name}: the file is an XML spreadsheet of 2003; open it in Excel or WPS and save it as .xlsx."
        )
    return [_text(text, name)]


def decode(content, name):
    """Text of a file in UTF-8, UTF-16 or GB18030: byte order mark, then strict UTF-8, then strict GB18030."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return _strict(content, encoding, name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(content, "gb18030", name)


def _strict(content, encoding, name):
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name}: line {line} is not readable as {encoding.upper()}; "
            "open the file in Excel or WPS and save it again as 'CSV UTF-8'."
        ) from None


# --- workbooks -------------------------------------------------------------------------------------------------


def _workbook(content, name):
    if _ENCRYPTED in content:
        raise DataError(f"{name}: the file is protected by a password; save a copy without one.")
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError:
        raise DataError(f"{name}: the file is protected by a password; save a copy without one.") from None
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # damage has many types, and a panic of the library is no Exception
        if "password" in str(error).lower():
            raise DataError(
                f"{name}: the file is protected by a password; save a copy without one."
            ) from None
        raise DataError(
            f"{name}: the workbook cannot be read (damaged or not a spreadsheet); open it in Excel or WPS and "
            "save it again as .xlsx."
        ) from None
    return [sheet for meta in book.sheets_metadata if (sheet := _worksheet(book, meta, name))]


def _worksheet(book, meta, name):
    if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
        return None
    try:
        sheet = book.get_sheet_by_name(meta.name)
        rows = sheet.to_python(skip_empty_area=False)
        merged = [(*first, *last) for first, last in sheet.merged_cell_ranges or []]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # a panic of the library is no Exception
        raise DataError(
            f"{name}: the sheet '{meta.name}' cannot be read; open the file in Excel or WPS and save it again as .xlsx."
        ) from None
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
        raise DataError(f"{name}: the file is damaged; copy it again from its source.") from None
    names = {info.filename for info in members}
    if names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        return _workbook(content, name)
    if sum(info.file_size for info in members) > max_unzipped:
        raise DataError(
            f"{name}: the archive expands to more than {max_unzipped / 1024**3:g} GB; unpack it and name the files "
            "instead, or raise 'data.max_unzipped_gb'."
        )
    if any(info.flag_bits & 1 for info in members):
        raise DataError(f"{name}: the archive is protected by a password; unpack it first.")
    sheets = []
    for info in sorted(members, key=_member_name):
        member = _member_name(info)
        if member.startswith("__MACOSX/") or member.rsplit("/", 1)[-1].startswith((".", "~$")):
            continue
        try:
            part = archive.read(info)
        except _BAD_ARCHIVE:
            raise DataError(
                f"{name}: the part '{member}' of the archive is damaged; copy it again from its source."
            ) from None
        if part.startswith(ZIP) and _is_archive(part):
            raise DataError(f"{name}: '{member}' is an archive inside the archive; unpack it first.")
        sheets += read_bytes(part, f"{name}/{member}")
    if not sheets:
        raise DataError(f"{name}: the archive holds no file; export it again or remove it from the folder.")
    return sheets


def _is_archive(content):
    """True for a zip file that is no workbook."""
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except _BAD_ARCHIVE:
        return False
    return not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}


def _member_name(info):
    """Name of an archive member; archives from Chinese Windows hold GBK names without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


# --- HTML that is called xls -----------------------------------------------------------------------------------


def _is_html(text):
    start = text[:2000].lstrip("\ufeff \r\n\t").lower()
    return start.startswith("<") and any(
        tag in start for tag in ("<html", "<table", "<!doctype", "<meta", "<tr")
    )


def _html(text, name):
    try:
        document = lxml.html.document_fromstring(
            text.encode("utf-8"), parser=lxml.html.HTMLParser(encoding="utf-8")
        )
    except lxml.etree.LxmlError:
        raise DataError(f"{name}: the HTML table cannot be read; save the file again as .xlsx.") from None
    tables = [table for table in document.iter("table") if table.find(".//table") is None]
    sheets = []
    for number, table in enumerate(tables, start=1):
        rows, merged = _grid(table)
        if rows:
            sheets.append(Sheet(name, "" if len(tables) == 1 else f"表{number}", _columns(rows), merged))
    if not sheets:
        raise DataError(f"{name}: the file is a web page without a table; export the table again.")
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


# --- delimited text --------------------------------------------------------------------------------------------


def _text(text, name):
    head = _first_records(text)
    if head is None:
        raise DataError(f"{name}: the file is neither a spreadsheet nor a table in text form.")
    delimiter, width = head
    if "\0" in text[:4096]:
        raise DataError(f"{name}: the file is of an unknown kind; export it as .xlsx or .csv.")
    odd = []

    def keep_odd(row):
        odd.append((row.number, row.text))
        return "skip"

    names = [f"c{i}" for i in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.removeprefix("\ufeff").encode("utf-8")),
            # one thread: only then do odd rows come with their row number
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=1 << 23),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep_odd,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return _plain_text(text, name, delimiter, width)
    columns = [column.combine_chunks() for column in table.columns]
    columns = [pa.concat_arrays(c.chunks) if isinstance(c, pa.ChunkedArray) else c for c in columns]
    columns = [column.fill_null("") for column in columns]
    surplus = 0
    if odd:
        columns, surplus = _insert(columns, odd, delimiter)
    return Sheet(name, "", columns, surplus=surplus)


def _first_records(text):
    """Delimiter and number of columns, from the first rows; None for text that holds no table."""
    sample = text[: 1 << 17]
    best = None
    for delimiter in DELIMITERS:
        records = []
        try:
            for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                records.append(len(record))
                if len(records) == HEAD_ROWS:
                    break
        except csv.Error:
            continue
        records = records[:-1] if len(records) > 1 and len(sample) < len(text) else records
        # the delimiter that splits most rows; the widest row is as wide as the table
        score = (sum(n > 1 for n in records), sum(records))
        if records and max(records) > 1 and (best is None or score > best[0]):
            best = (score, delimiter, max(records))
    return best and best[1:]


def _insert(columns, odd, delimiter):
    """Put rows of another length (parsed by hand) back at their places; returns columns and the surplus rows."""
    width, height = len(columns), len(columns[0]) + len(odd)
    rows = [next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []) for _, text in odd]
    surplus = sum(any(cell.strip(SPACES) for cell in row[width:]) for row in rows)
    places = np.array([number - 1 for number, _ in odd])
    # the parsed rows stand behind the others and are taken from there
    order = np.empty(height, np.int64)
    order[places] = np.arange(len(columns[0]), height)
    order[np.setdiff1d(np.arange(height), places)] = np.arange(len(columns[0]))
    order = pa.array(order)
    parsed = zip(*(row[:width] + [""] * (width - len(row)) for row in rows), strict=True)
    joined = (pa.concat_arrays([c, pa.array(p, pa.string())]) for c, p in zip(columns, parsed, strict=True))
    return [column.take(order) for column in joined], surplus


def _plain_text(text, name, delimiter, width):
    """Slow reading for files with broken quotes, which the fast parser refuses."""
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    except csv.Error:
        raise DataError(f"{name}: the file has broken quotation marks; export it again.") from None
    surplus = sum(any(cell.strip(SPACES) for cell in row[width:]) for row in rows)
    cut = [row[:width] + [""] * (width - len(row)) for row in rows]
    return Sheet(
        name, "", [pa.array(column, pa.string()) for column in zip(*cut, strict=True)], surplus=surplus
    )
