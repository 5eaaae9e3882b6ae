"""Typed rows of one raw table on disk, and from there in order of their key with duplicates settled.

Every batch is one file of rows in order of the first key column. For the result the keys are divided into ranges of
some hundred thousand rows; a range takes its slice of every batch. So the whole table is sorted, and all rows of one
key are looked at together, while only a few ranges are in memory. The folder is private and is removed in the end.
"""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from jianfu.ingest.build import ODD_KINDS
from jianfu.ingest.duplicates import settle
from jianfu.ingest.pipeline import ordered
from jianfu.ingest.texts import coded, plain
from jianfu.ingest.titles.fill import said_columns, said_type

RANGE_ROWS = 500_000  # rows of the result that are put together at a time
SAMPLE_ROWS = 1_000  # every so many rows a key is looked at to divide the keys into ranges
CODES = (pa.int8(), pa.int16(), pa.int32())
PLAIN_TYPES = ("id", "code", "person")  # text columns in which most texts differ


@dataclass(frozen=True)
class Part:
    """A batch on disk: number and file of its ``rows``, file of its ``odd`` cells (or None), samples of the first key
    column; ``first``: the number of the sheet that both files call 0."""

    path: Path
    rows: int
    odd: Path | None
    keys: list
    first: int = 0


@dataclass
class Spill:
    """Rows of ``table`` in files below ``folder``, batch by batch."""

    table: object
    folder: Path
    parts: list[Part] = field(default_factory=list)

    def __post_init__(self):
        columns = self.table.columns.values()
        self.schema = pa.schema(
            [("src", pa.int32()), ("row", pa.int32())]
            + [(column.name, _stored(column)) for column in columns]
            + [(name, said_type(column)) for name, column in said_columns(self.table).items()]
        )
        self.key = self.table.key[0]

    def write(self, number, built):
        """Write a batch of rows as file ``number`` (in any thread); returns its :class:`Part`."""
        rows = pa.table({kind.name: _as_stored(built.rows[kind.name], kind.type) for kind in self.schema})
        key = _text_key(rows[self.key])
        if not pc.all(pc.less_equal(key[:-1], key[1:])).as_py():
            rows = rows.take(pc.sort_indices(key))
            key = _text_key(rows[self.key])
        path = self.folder / f"rows-{number:05d}.arrow"
        narrow = {name: _narrow(rows[name]) for name in rows.column_names if name != self.key}
        _write(path, pa.table(narrow | {self.key: rows[self.key]}))
        odd = None
        if built.odd.num_rows:
            odd = self.folder / f"odd-{number:05d}.arrow"
            _write(odd, built.odd)
        return Part(path, rows.num_rows, odd, key[::SAMPLE_ROWS].to_pylist())

    @property
    def rows(self):
        """Number of all rows."""
        return sum(part.rows for part in self.parts)

    def settled(self, connection, pool):
        """Yields ``(kept rows in order, duplicates, conflicts, disputed)`` range by range, see :mod:`duplicates`."""

        yield from self.ranges(lambda rows: settle(connection, rows, self.table), pool)

    def ranges(self, work, pool):
        """Yields ``work(rows)`` for every range of keys, in order."""
        yield from ordered(pool, lambda pieces: work(_gather(pieces, self.schema)), self._ranges())

    def _ranges(self):
        """Yields for every range of keys the slices (part, first row, rows) that hold them."""
        keys = sorted(key for part in self.parts for key in part.keys)
        step = max(1, RANGE_ROWS // SAMPLE_ROWS)
        starts = sorted(set(keys[step::step]))
        begins = [0] * len(self.parts)
        ends = [self._bounds(part.path, starts) for part in self.parts]
        for number in range(len(starts) + 1):
            pieces = []
            for place, part in enumerate(self.parts):
                if ends[place][number] > begins[place]:
                    pieces.append((part, begins[place], ends[place][number] - begins[place]))
                begins[place] = ends[place][number]
            if pieces or not self.rows:
                yield pieces

    def _bounds(self, path, starts):
        """Rows of a batch before each of the keys in ``starts``, and all its rows."""
        with pa.memory_map(str(path)) as source:
            key = _text_key(pa.ipc.open_file(source).read_all()[self.key])
            view = _View(key)
            return [*(bisect_left(view, start) for start in starts), len(key)]

    def odd_counts(self, lost):
        """Counter {(src, column, kind): rows} of odd cells; rows in the frame ``lost`` (src, row) do not count."""
        names, counts = list(self.table.columns), Counter()
        struck = _place(lost["src"].to_numpy(np.int64), lost["row"].to_numpy(np.int64))
        for part in self.parts:
            if part.odd is None:
                continue
            with pa.memory_map(str(part.odd)) as source:
                odd = pa.ipc.open_file(source).read_all()
                src, row, kind = (odd[name].to_numpy().astype(np.int64) for name in odd.column_names)
            src = src + part.first
            kept = ~np.isin(_place(src, row), struck) if len(struck) else slice(None)
            both, numbers = np.unique(_place(src[kept], kind[kept]), return_counts=True)
            for code, number in zip(both.tolist(), numbers.tolist(), strict=True):
                sheet, cell = divmod(code, 1 << 32)
                column, kind_of = divmod(cell, len(ODD_KINDS))
                counts[sheet, names[column], ODD_KINDS[kind_of]] += number
        return counts


class _View:
    """A text column that bisection can look into."""

    def __init__(self, texts):
        self.texts = texts

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, place):
        return self.texts[place].as_py()


def _place(high, low):
    return high * (1 << 32) + low


def _stored(column):
    """Type of a column on disk: texts that occur often are codes."""
    few = column.arrow == pa.string() and column.type not in PLAIN_TYPES
    return pa.dictionary(pa.int32(), pa.string()) if few else column.arrow


def _as_stored(cells, kind):
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.chunk(0) if cells.num_chunks else pa.array([], cells.type)
    if pa.types.is_dictionary(kind):
        return coded(cells)
    return plain(cells).cast(kind)


def _narrow(cells):
    """The same values in fewer bytes, which :func:`_gather` reads back as they were: half of the disk."""
    cells = cells.combine_chunks()
    if cells.null_count == len(cells):
        return pa.nulls(len(cells))
    if pa.types.is_dictionary(cells.type):
        codes = next(kind for kind in CODES if len(cells.dictionary) <= 2 ** (kind.bit_width - 1))
        return pa.DictionaryArray.from_arrays(cells.indices.cast(codes), cells.dictionary)
    if cells.type == pa.float64():
        half = cells.cast(pa.float32())
        return half if pc.all(pc.equal(half.cast(pa.float64()), cells)).as_py() else cells
    return cells


def _text_key(cells):
    """A key column as one array of text, empty where it is null: that comes first, and no key is empty."""
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.chunk(0) if cells.num_chunks else pa.array([], cells.type)
    cells = plain(cells)
    return cells.fill_null("") if cells.null_count else cells


def _write(path, table):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _gather(pieces, schema):
    """Rows of several slices as one table."""
    tables = [schema.empty_table()]
    for part, begin, rows in pieces:
        with pa.memory_map(str(part.path)) as source:
            table = pa.ipc.open_file(source).read_all().slice(begin, rows).select(schema.names).cast(schema)
        if part.first:
            src = pc.add(table["src"], pa.scalar(part.first, pa.int32()))
            table = table.set_column(table.column_names.index("src"), "src", src)
        tables.append(table)
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
