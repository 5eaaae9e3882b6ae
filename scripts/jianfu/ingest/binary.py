"""Cells with an error in binary workbooks, which the library that reads them gives as ''.

Records and their numbers: [MS-XLS] 2.4 (xls), [MS-XLSB] 2.1.4 and 2.4 (xlsb), [MS-CFB] 2 (the file around xls).
"""

import itertools
import re
import struct

from jianfu.ingest.sheet import FAILED

ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
BOF, EOF, SHEET, FORMULA, ERROR = 0x0809, 0x000A, 0x0085, (0x0006, 0x0206, 0x0406), 0x0205
DATEMODE = 0x0022  # of xls: 1 where days count from 1904
_MAY_FAIL = re.compile(rb"\x05\x02\x08\x00.{7}\x01|\x06.[\x16-\xff].{7}\x02.{5}\xff\xff", re.DOTALL)
_END = 0xFFFFFFFA  # and above: not the number of a sector
BOOK_SETTINGS = 153  # of xlsb; its first bit says the same
CELL_TEXT, CELL_ERRORS = (
    6,
    (3, 11),
)  # records of xlsb: a text of the cell; an error, and one that a formula gave


def failed_cells(content: bytes) -> list[dict]:
    """For every sheet of an xls file {(row, column) from 0: text of the error}; empty where it is damaged."""
    try:
        stream = _workbook_stream(content)
        if not _MAY_FAIL.search(stream):
            return []
        return [_failed_in(stream, start) for start in _sheet_starts(stream)]
    except (struct.error, LookupError, ValueError, OverflowError, MemoryError):
        return []


def from_1904(data: bytes) -> bool:
    """Whether the days of a workbook count from 1904: its part xl/workbook.bin, or the whole of an xls file."""
    try:
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            globals_ = itertools.takewhile(lambda r: r[0] != EOF, _records(_workbook_stream(data), 0))
            return any(number == DATEMODE and body[:1] == b"\1" for number, body in globals_)
        place = 0
        while place < len(data):
            number, body = _packed(data, place, 2)
            size, body = _packed(data, body, 4)
            if number == BOOK_SETTINGS:
                return bool(data[body] & 1)
            place = body + size
    except (struct.error, LookupError, ValueError, OverflowError, MemoryError):
        pass
    return False


def _records(stream, start):
    """Yields (number, body) of the records from ``start`` on."""
    while start + 4 <= len(stream):
        number, size = struct.unpack_from("<HH", stream, start)
        yield number, stream[start + 4 : start + 4 + size]
        start += 4 + size


def _sheet_starts(stream):
    starts = []
    for number, body in _records(stream, 0):
        if number == SHEET:
            starts.append(struct.unpack_from("<I", body)[0])
        elif number == EOF:
            break
    return starts


def _failed_in(stream, start):
    """Errors of the sheet whose records begin at ``start``; charts inside it have records of their own."""
    found, depth = {}, 0
    for number, body in _records(stream, start):
        depth += (number == BOF) - (number == EOF)
        if number == EOF and depth == 0:
            break
        if number == ERROR and body[7]:
            code = body[6]
        elif number in FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
            code = body[8]
        else:
            continue
        found[struct.unpack_from("<HH", body)] = FAILED + ERRORS.get(code, "#ERROR!")
    return found


def _workbook_stream(content):
    """The stream Workbook (or Book) of a compound file."""
    size, small = (1 << shift for shift in struct.unpack_from("<HH", content, 30))
    first_folder, cutoff, first_small = (
        struct.unpack_from("<I", content, place)[0] for place in (48, 56, 60)
    )
    tables, more = list(struct.unpack_from("<109I", content, 76)), struct.unpack_from("<I", content, 68)[0]
    while more < _END and len(tables) <= len(content):
        *further, more = struct.unpack_from(f"<{size // 4}I", content, size * (more + 1))
        tables += further
    follow = []
    for table in tables:
        if table < _END:
            follow += struct.unpack_from(f"<{size // 4}I", content, size * (table + 1))

    def chain(sector, follow, whole, width, before):
        parts = []
        while sector < _END and len(parts) <= len(whole) // width:
            parts.append(whole[width * (sector + before) : width * (sector + before + 1)])
            sector = follow[sector]
        return b"".join(parts)

    folder = chain(first_folder, follow, content, size, 1)
    entries = [folder[place : place + 128] for place in range(0, len(folder), 128)]
    named = {
        entry[: max(entry[64] - 2, 0)].decode("utf-16-le", "replace"): entry for entry in entries if entry[64]
    }
    book = named.get("Workbook") or named["Book"]
    start, length = struct.unpack_from("<II", book, 116)
    if length >= cutoff:
        return chain(start, follow, content, size, 1)[:length]
    inside = chain(struct.unpack_from("<I", entries[0], 116)[0], follow, content, size, 1)
    table = chain(first_small, follow, content, size, 1)
    return chain(start, struct.unpack(f"<{len(table) // 4}I", table), inside, small, 0)[:length]


def with_errors_as_texts(data: bytes) -> bytes:
    """A sheet of an xlsb file in which cells with an error are texts; the same object where it has none."""
    parts, done, place = [], 0, 0
    while place < len(data):
        number, body = _packed(data, place, 2)
        size, body = _packed(data, body, 4)
        if number in CELL_ERRORS and size >= 9:
            text = FAILED + ERRORS.get(data[body + 8], "#ERROR!")
            cell = data[body : body + 8] + struct.pack("<I", len(text)) + text.encode("utf-16-le")
            parts += [data[done:place], bytes([CELL_TEXT, len(cell)]), cell]
            done = body + size
        place = body + size
    return b"".join([*parts, data[done:]]) if parts else data


def _packed(data, place, most):
    """A number in groups of seven bits, the last of which has no eighth bit; and the place behind it."""
    number = 0
    for group in range(most):
        number |= (data[place] & 0x7F) << 7 * group
        place += 1
        if data[place - 1] < 0x80:
            break
    return number, place
