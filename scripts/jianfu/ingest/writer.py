"""A Parquet file that is written range by range in row groups of one size, whatever the ranges are."""

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 100_000


class TableWriter:
    """Writes tables one after the other into one Parquet file; texts may come as codes.

    ``metadata``: texts by name that the file carries beside its columns.
    """

    def __init__(self, path, schema, metadata=None):
        self.path, self.schema, self.metadata = path, schema, metadata or {}
        self.writer, self.waiting, self.rows = None, [], 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if not error[0] and (self.waiting or self.writer is None):
            self._flush(self.waiting or [self.schema.empty_table()])
        if self.writer:
            self.writer.add_key_value_metadata(self.metadata)
            self.writer.close()

    def write(self, table):
        """Append rows; whole row groups are written at once, the rest waits for more."""
        self.rows += table.num_rows
        self.waiting.append(table)
        ready = sum(t.num_rows for t in self.waiting)
        if ready < ROW_GROUP:
            return
        whole = self._joined(self.waiting)
        cut = ready // ROW_GROUP * ROW_GROUP
        self._flush([whole.slice(0, cut)])
        self.waiting = [whole.slice(cut)] if cut < ready else []

    def _joined(self, tables):
        return pa.concat_tables(tables, promote_options="default").unify_dictionaries()

    def _flush(self, tables):
        table = self._joined(tables)
        if self.writer is None:
            # without the Arrow schema in the file, codes are read back as the texts they stand for
            self.writer = pq.ParquetWriter(self.path, table.schema, compression="zstd", store_schema=False)
        self.writer.write_table(table, row_group_size=ROW_GROUP)
