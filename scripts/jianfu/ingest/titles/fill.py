"""Columns of the task table that no file has, filled from what the titles say; each row names what it was given.

What :mod:`jianfu.ingest.progress` took from other columns is named and counted with them.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from jianfu.ingest.schema import Table
from jianfu.ingest.texts import coded
from jianfu.ingest.titles.agreement import Sample, agreement_table
from jianfu.ingest.titles.coder import code_titles, in_column
from jianfu.ingest.titles.deadlines import due_at
from jianfu.ingest.titles.learned import predicted
from jianfu.ingest.titles.rules import Rules

MARK = "coded"


@dataclass
class TitleCoder:
    """Codes the titles of one province by ``rules``, the columns of ``models`` by what was learned from its labels.

    ``filled`` counts rows by column, ``seen`` rows by title where anything is coded; ``sample`` are titles with what
    the files say beside them.
    """

    rules: Rules
    models: Mapping = field(default_factory=dict)
    seen: Counter = field(default_factory=Counter)
    filled: Counter = field(default_factory=Counter)
    sample: Sample = field(default_factory=Sample)

    def code(self, titles: list[str], columns: Collection[str]) -> pd.DataFrame:
        """:func:`code_titles` by rules and models."""
        frame = code_titles(titles, self.rules, columns=columns)
        for column in self.models.keys() & set(columns):
            frame[column] = predicted(self.models[column], titles)
        return frame

    def labels(self, titles: pa.Array) -> pa.Array:
        """event_label of every title, null where there is no title."""
        encoded = coded(titles)
        labels = self.code(encoded.dictionary.to_pylist(), ["event_label"])["event_label"]
        return pa.array(labels.replace("", None), pa.string()).take(encoded.indices)

    def fill(self, rows: pa.Table, table: Table, absent: Collection[str]) -> pa.Table:
        """``rows`` (typed, with title and the mark) with the ``absent`` columns taken from the title.

        Columns that a file has stay as they are, also where a cell is empty; a column that stands for one that a file
        has is not needed. A row without a title gets nothing. A deadline counts from issue_at.
        """
        given = given_by(rows[MARK].combine_chunks())
        titles = coded(rows["title"].combine_chunks())
        told = titles.is_valid().to_numpy(zero_copy_only=False)
        wanted = {
            name: column
            for name, column in table.columns.items()
            if column.title and name in absent and (not column.stands_for or column.stands_for in absent)
        }
        if told.any():
            own = [name for name, column in table.columns.items() if column.title and name not in absent]
            self.sample.add(titles, rows, [name for name in own if name not in given])
            if wanted or given:
                self.seen.update(pd.Series(titles.to_pandas()).value_counts().loc[lambda n: n > 0].to_dict())
            rows = self._from_titles(rows, wanted, titles, told, given)
        for name, filled in given.items():
            self.filled[name] += int(filled.sum())
        return _replaced(rows, MARK, marks_of(given)) if given else rows

    def agreement(self, table: Table) -> pd.DataFrame:
        """How well the titles of the sample agree with the columns of the files: :func:`agreement_table`."""
        return agreement_table(self.sample.frame, table, self.rules)

    def _from_titles(self, rows, wanted, titles, told, given):
        """Rows with the columns ``wanted``; masks of what was filled go into ``given``."""
        texts = titles.dictionary.to_pylist()
        frame = self.code(texts, {column.title for column in wanted.values()})
        places = titles.indices.fill_null(0).to_numpy()
        for name, column in wanted.items():
            values = in_column(frame[column.title], column).to_numpy()[places]
            if name == "due_at":
                values = _deadlines(values, rows["issue_at"].to_pylist())
            given[name] = told & pd.notna(values) & (values != "")
            cells = pa.array(np.where(given[name], values, None), column.arrow)
            rows = _replaced(rows, name, cells)
        return rows


def _replaced(rows, name, cells):
    """``rows`` with other cells in a column; texts as codes, as they stand in the spill."""
    cells = coded(cells) if pa.types.is_string(cells.type) else cells
    return rows.set_column(rows.column_names.index(name), name, cells)


def given_by(marks: pa.Array) -> dict[str, np.ndarray]:
    """{column: boolean array of the rows that name it} of a column of marks."""
    codes = coded(marks)
    texts = np.array([*codes.dictionary.to_pylist(), ""], object)[codes.indices.fill_null(-1).to_numpy()]
    names = dict.fromkeys(name for text in codes.dictionary.to_pylist() if text for name in text.split())
    return {name: np.array([name in text.split() for text in texts], bool) for name in names}


def marks_of(given: dict[str, np.ndarray]) -> pa.Array:
    """Names of the columns that are true for each row, space between; null where none is."""
    bits = sum(filled.astype(np.int64) << place for place, filled in enumerate(given.values()))
    kinds, places = np.unique(bits, return_inverse=True)
    texts = [
        " ".join(name for place, name in enumerate(given) if kind >> place & 1) or None
        for kind in kinds.tolist()
    ]
    return pa.array(texts, pa.string()).take(pa.array(places))


def _deadlines(words, issued):
    """Times that the words mean for tasks issued then, None without words, as an array of objects."""
    due = [due_at(word, at) if word and at else None for word, at in zip(words, issued, strict=True)]
    return np.array([*due, None], object)[:-1]
