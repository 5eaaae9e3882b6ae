"""Delimited text of any length: read as a stream of blocks that end where a record ends.

Every block becomes columns of text. Rows with too few or too many cells, blank lines and line breaks inside quotation
marks keep their place, so that the number of a record is what a person counts.
"""

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from jianfu.ingest.pipeline import ordered
from jianfu.ingest.quotes import Unclear, find_records, literal
from jianfu.ingest.sheet import HEAD_ROWS, SPACES, Sheet, unreadable
from jianfu.ingest.texts import CODED

BLOCK = 1 << 24  # bytes read at a time
PARSED = 1 << 20  # bytes parsed at a time: what fits into the cache of a processor takes a third less time
LONGEST = 1 << 26  # bytes that one record may take
SAMPLE = 1 << 17  # characters from which delimiter and width are found
DELIMITERS = (",", "\t", ";", "|")
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
csv.field_size_limit(LONGEST)


def find_encoding(open_file):
    """``(encoding, bytes of the mark)``: byte order mark, UTF-16 without one, then UTF-8, then GB18030.

    The first block with anything but ASCII decides between the last two.
    """
    with open_file() as file:
        block = file.read(BLOCK)
        for mark, encoding in MARKS:
            if block.startswith(mark):
                return encoding, len(mark)
        if encoding := _unmarked_utf16(block[:SAMPLE]):
            return encoding, 0
        decoder = codecs.getincrementaldecoder("utf-8")()
        while block:
            try:
                decoder.decode(block, final=len(block) < BLOCK)
            except UnicodeDecodeError:
                return "gb18030", 0
            if not block.isascii():
                break
            block = file.read(BLOCK)
    return "utf-8", 0


def _unmarked_utf16(start):
    """utf-16-le or -be where every other byte is often zero, as in delimiters and digits; else None."""
    first, second = start[::2].count(0), start[1::2].count(0)
    if max(first, second) < 0.02 * len(start) or max(first, second) < 3 * min(first, second):
        return None
    return "utf-16-le" if second > first else "utf-16-be"


def text_chunks(open_file, name, encoding, mark, size=BLOCK):
    """The content of a file as chunks of UTF-8; raises :class:`DataError` with the line of an unreadable byte."""
    decoder, done = codecs.getincrementaldecoder(encoding)(), 0
    with open_file() as file:
        file.read(mark)
        while True:
            raw = file.read(size)
            try:
                text = decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                # the object may begin with bytes of the chunk before
                place = done + error.start - (len(error.object) - len(raw))
                line = _line_of(open_file, mark + place)
                raise unreadable(name, "line_undecodable", line=line, encoding=encoding.upper()) from None
            done += len(raw)
            chunk = raw if encoding == "utf-8" else text.encode()
            if chunk:
                yield chunk
            if not raw:
                return


def _line_of(open_file, place):
    """Line of a file that holds the byte at ``place``."""
    lines = 1
    with open_file() as file:
        while place > 0 and (raw := file.read(min(place, BLOCK))):
            lines += raw.count(b"\n")
            place -= len(raw)
    return lines


def first_text(open_file, name, encoding, mark):
    """The first characters of a file, and whether they are all there is."""
    chunks = text_chunks(open_file, name, encoding, mark, 4 * SAMPLE)
    text = codecs.getincrementaldecoder("utf-8")().decode(next(chunks, b""))
    return text[:SAMPLE], len(text) <= SAMPLE and not next(chunks, b"")


def first_records(sample, whole):
    """``(delimiter, first rows, number of cells of most rows)`` of a text; None where it holds no table."""
    best = None
    for delimiter in DELIMITERS:
        try:
            usual = _usual_width(_csv_rows(sample, delimiter))
        except csv.Error:
            continue
        records = _first_rows(sample.encode(), delimiter, usual, whole)
        # the delimiter that splits most rows; the widest row is as wide as the table
        widths = list(map(len, records))
        score = (sum(width > 1 for width in widths), sum(widths))
        if records and max(widths) > 1 and (best is None or score > best[0]):
            best = (score, delimiter, records, usual)
    return best and best[1:]


def _usual_width(rows):
    """Number of cells of most rows; those of one line, on which no quotation mark can mislead, count before others."""
    alone, all_rows = Counter(), Counter()
    for row in rows:
        all_rows[len(row)] += 1
        alone[len(row)] += not any("\n" in cell or "\r" in cell for cell in row)
    return max(all_rows, key=lambda width: (width > 1, alone[width], all_rows[width]), default=0)


def _first_rows(data, delimiter, usual, whole):
    """The first rows of a text, as far as it is clear where they end."""
    try:
        found = find_records(data, delimiter, usual, whole)
        data = literal(data[: found.end], found.strays, delimiter)
    except Unclear:  # the file stops when it is read
        pass
    return list(islice(_csv_rows(data.decode(), delimiter), HEAD_ROWS))


@dataclass(frozen=True)
class TextSheet:
    """Delimited text as a sheet without a name; ``first`` are its first rows, ``open_file`` opens its bytes anew.

    ``usual`` is the number of cells that most rows have.
    """

    file: str
    open_file: object
    encoding: str
    mark: int
    delimiter: str
    first: list
    usual: int
    name: str = ""
    visible: bool = True
    headings: None = None
    start: int = 0
    left_out: None = None

    @property
    def width(self):
        return max(map(len, self.first))

    @property
    def height(self):
        """Number of records; reads the file."""
        return sum(batch.height for batch in self.batches())

    def head(self):
        """The first rows as lists of text of one length."""
        return [row + [""] * (self.width - len(row)) for row in self.first]

    def whole(self):
        """All rows as one :class:`Sheet` in memory, for files that are known to be small."""
        batches = list(self.batches())
        columns = [_one_array(pa.chunked_array(c)) for c in zip(*(b.columns for b in batches), strict=True)]
        surplus, strays = sum(batch.surplus for batch in batches), sum(batch.strays for batch in batches)
        return Sheet(self.file, "", columns, surplus=surplus, strays=strays)

    def batches(self, pool=None, coded=()):
        """Yields the rows as :class:`Sheet` of some 16 MB; the columns at the places ``coded`` come as codes.

        ``pool`` parses while the caller works; without it everything happens in this thread.
        """
        chunks = text_chunks(self.open_file, self.file, self.encoding, self.mark)
        pieces = whole_records(chunks, self.delimiter, self.usual, self.file)
        types = [CODED if place in coded else pa.string() for place in range(self.width)]

        def read(piece):
            return piece.strays, *read_block(piece, self.file, self.delimiter, types)

        start = 0
        for strays, columns, surplus in ordered(pool, read, pieces) if pool else map(read, pieces):
            yield Sheet(self.file, "", columns, surplus=surplus, strays=strays, start=start)
            start += len(columns[0])


@dataclass(frozen=True)
class Piece:
    """Whole records as bytes: their number, the line that they begin on, and how many stray quotation marks they hold.

    Cells that began with a stray mark are enclosed.
    """

    data: object
    records: int
    line: int
    strays: int


def whole_records(chunks, delimiter, usual, name):
    """Yields the text in :class:`Piece` that end with a record; most records have ``usual`` cells.

    Raises :class:`DataError` with the line of a cell over several lines that may have swallowed rows.
    """
    waiting, line = b"", 1
    for chunk in chain(chunks, [b""]):
        data = waiting + chunk
        try:
            found = find_records(data, delimiter, usual, final=not chunk)
        except Unclear as unclear:
            raise unreadable(name, "quotes_unclear", line=line + unclear.lines) from None
        if len(data) - found.end > LONGEST:
            raise unreadable(name, "line_too_long", line=line)
        if found.number:
            text = memoryview(data)[: found.end]
            strays = len(found.strays)
            yield Piece(
                literal(text, found.strays, delimiter) if strays else text, found.number, line, strays
            )
        line += found.lines
        waiting = data[found.end :]


def read_block(piece, name, delimiter, types):
    """``(columns, surplus)`` of a :class:`Piece`: one text array for each of ``types``."""
    columns, surplus = _parsed(piece.data, delimiter, types)
    if b'="' in memoryview(piece.data).tobytes():
        columns = [_without_formula(column) for column in columns]
    if len(columns[0]) != piece.records:
        raise unreadable(name, "rows_and_lines", line=piece.line, rows=len(columns[0]), lines=piece.records)
    return columns, surplus


def _without_formula(cells):
    """Texts that were saved as a formula (="00123"), so that a spreadsheet leaves them as they are."""
    if pa.types.is_dictionary(cells.type):
        return pa.DictionaryArray.from_arrays(cells.indices, _without_formula(cells.dictionary))
    return pc.replace_substring_regex(cells, '^\\s*="(.*)"\\s*$', r"\1")


def _parsed(data, delimiter, types):
    odd = []

    def keep_odd(row):
        odd.append((row.number, row.text))
        return "skip"

    names = [f"c{i}" for i in range(len(types))]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            # one thread: only then do odd rows come with their row number; the text is known to be UTF-8
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=PARSED),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep_odd,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict(zip(names, types, strict=True)),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return _padded(_csv_rows(bytes(data).decode(), delimiter), types)
    columns = [_one_array(column) for column in table.columns]
    if not odd:
        return columns, 0
    rows = [next(_csv_rows(text, delimiter), []) for _, text in odd]
    return _insert(columns, [number - 1 for number, _ in odd], rows)


def _one_array(column):
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks() if column.num_chunks else pa.array([], column.type)


def _insert(columns, places, rows):
    """Put rows of another length (parsed by hand) back at their places; returns columns and the surplus rows."""
    width, height = len(columns), len(columns[0]) + len(rows)
    # the parsed rows stand behind the others and are taken from there
    order = np.empty(height, np.int64)
    order[places] = np.arange(len(columns[0]), height)
    order[np.setdiff1d(np.arange(height), places)] = np.arange(len(columns[0]))
    parsed, surplus = _padded(rows, [column.type for column in columns])
    joined = [_one_array(pa.chunked_array(pair)) for pair in zip(columns, parsed, strict=True)]
    assert len(joined) == width
    return [column.take(pa.array(order)) for column in joined], surplus


def _padded(rows, types):
    """Rows of any length as columns of these types, and the number of rows with filled cells beyond them."""
    width = len(types)
    surplus = sum(any(cell.strip(SPACES) for cell in row[width:]) for row in rows)
    cut = [row[:width] + [""] * (width - len(row)) for row in rows]
    columns = zip(*cut, strict=True) if cut else [[]] * width
    return [pa.array(c, pa.string()).cast(t) for c, t in zip(columns, types, strict=True)], surplus


def _csv_rows(text, delimiter):
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
