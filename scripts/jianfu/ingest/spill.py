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

RANGE_ROWS = 500_000  # rows of the result that are put together at a time
SAMPLE_ROWS = 1_000  # every so many rows a key is looked at to divide the keys into ranges
PLAIN_TYPES = ("id", "code", "person")  # text columns in which most texts differ


@dataclass
class Spill:
    """Rows of ``table`` in files below ``folder``; ``keys`` are samples of the first key column.

    ``several`` lists frames of the raw rows that became several rows.
    """

    table: object
    folder: Path
    parts: list = field(default_factory=list)
    odd: list = field(default_factory=list)
    several: list = field(default_factory=list)
    keys: list = field(default_factory=list)
    rows: int = 0

    def __post_init__(self):
        columns = self.table.columns.values()
        self.schema = pa.schema(
            [("src", pa.int32()), ("row", pa.int32())]
            + [(column.name, _stored(column)) for column in columns]
        )
        self.key = self.table.key[0]

    def write(self, number, built):
        """Write a batch of rows as file ``number`` (in any thread); returns what :meth:`add` needs."""
        rows = pa.table({kind.name: _as_stored(built.rows[kind.name], kind.type) for kind in self.schema})
        key = _text_key(rows[self.key])
        if not pc.all(pc.less_equal(key[:-1], key[1:])).as_py():
            rows = rows.take(pc.sort_indices(key))
            key = _text_key(rows[self.key])
        path = self.folder / f"rows-{number:05d}.arrow"
        _write(path, rows)
        odd = None
        if built.odd.num_rows:
            odd = self.folder / f"odd-{number:05d}.arrow"
            _write(odd, built.odd)
        return path, rows.num_rows, odd, key[::SAMPLE_ROWS].to_pylist()

    def add(self, path, rows, odd, keys):
        """Take note of a batch that :meth:`write` has written."""
        self.parts.append(path)
        self.rows += rows
        self.keys += keys
        if odd:
            self.odd.append(odd)

    def settled(self, connection, pool):
        """Yields ``(kept rows in order, duplicates, conflicts)`` range by range, see :mod:`duplicates`."""

        yield from self.ranges(lambda rows: settle(connection, rows, self.table), pool)

    def ranges(self, work, pool):
        """Yields ``work(rows)`` for every range of keys, in order."""
        yield from ordered(pool, lambda pieces: work(_gather(pieces, self.schema)), self._ranges())

    def _ranges(self):
        """Yields for every range of keys the slices (path, first row, rows) that hold them."""
        keys = sorted(self.keys)
        step = max(1, RANGE_ROWS // SAMPLE_ROWS)
        starts = sorted(set(keys[step::step]))
        begins = [0] * len(self.parts)
        ends = [self._bounds(path, starts) for path in self.parts]
        for number in range(len(starts) + 1):
            pieces = []
            for part, path in enumerate(self.parts):
                if ends[part][number] > begins[part]:
                    pieces.append((path, begins[part], ends[part][number] - begins[part]))
                begins[part] = ends[part][number]
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
        for path in self.odd:
            with pa.memory_map(str(path)) as source:
                odd = pa.ipc.open_file(source).read_all()
                src, row, kind = (odd[name].to_numpy().astype(np.int64) for name in odd.column_names)
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
    for path, first, rows in pieces:
        with pa.memory_map(str(path)) as source:
            tables.append(pa.ipc.open_file(source).read_all().slice(first, rows))
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
