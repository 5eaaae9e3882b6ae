"""Columns of the task table that no file has, filled from what the titles say; each row names what it was given.

Titles are coded as a file is read, for the columns that it lacks; what other files turn out to have is not used.

What :mod:`jianfu.ingest.progress` took from other columns is named and counted with them.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import pandas as pd
import pyarrow as pa

from jianfu.ingest.schema import Column, Table
from jianfu.ingest.texts import coded, plain
from jianfu.ingest.titles.agreement import Sample, agreement_table
from jianfu.ingest.titles.coder import COLUMNS, DEADLINE, alike, code_titles, in_column
from jianfu.ingest.titles.deadlines import due_at, words_of
from jianfu.ingest.titles.learned import predicted
from jianfu.ingest.titles.rules import Rules

MARK = "coded"
REMEMBERED = 1_000_000  # titles whose values are kept for further files
SAID = "@"  # in front of a column: what the title of a row says of it, whether it is wanted or not


@dataclass
class TitleCoder:
    """Codes the titles of one province by ``rules``, the columns of ``models`` by what was learned from its labels.

    ``known``: {columns: ({title as rules tell it from others: number of its values}, {values: their number})}, written
    by one thread at a time. ``filled`` counts rows by column, ``seen`` rows by title where anything is coded;
    ``sample`` are titles with what the files say beside them.
    """

    rules: Rules
    models: Mapping = field(default_factory=dict)
    seen: Counter = field(default_factory=Counter)
    filled: Counter = field(default_factory=Counter)
    known: dict = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    sample: Sample = field(default_factory=Sample)

    def code(self, titles: list[str], columns: Collection[str]) -> pd.DataFrame:
        """:func:`code_titles` by rules and models; of titles that no rule tells apart one is coded, and remembered."""
        columns = [name for name in COLUMNS if name in columns]
        texts = [alike(title or "", self.rules) for title in titles]
        by_rules = [name for name in columns if name != DEADLINE]
        with self.lock:
            known, found = self.known.setdefault(tuple(by_rules), ({}, {}))
            new = [text for text in dict.fromkeys(texts) if text not in known]
            if len(known) + len(new) > REMEMBERED:
                known.clear()
                new = list(dict.fromkeys(texts))
            coded_now = code_titles(new, self.rules, columns=by_rules)
            for text, values in zip(new, coded_now.itertuples(index=False, name=None), strict=True):
                known[text] = found.setdefault(values, len(found))
            places = [known[text] for text in texts]
            frame = pd.DataFrame(list(found), columns=by_rules)
        frame = frame.astype(coded_now.dtypes).iloc[places].reset_index(drop=True)
        if DEADLINE in columns:
            frame[DEADLINE] = pd.Series(words_of([title or "" for title in titles]), dtype=object)
        for column in self.models.keys() & set(columns):
            frame[column] = predicted(self.models[column], titles)
        return frame

    def said(self, titles: pa.Array, table: Table, absent: Collection[str]) -> dict[str, pa.Array]:
        """{column: what the title of every row says of it} for the ``absent`` columns of a file, in the type of the
        column (a deadline in its words); null where there is no title or nothing is said.
        """
        wanted = _wanted(table, absent)
        encoded = coded(titles)
        frame = self.code(encoded.dictionary.to_pylist(), {column.title for column in wanted.values()})
        return {
            name: pa.array(in_column(frame[column.title], column).replace("", None), said_type(column)).take(
                encoded.indices
            )
            for name, column in wanted.items()
        }

    def fill(self, rows: pa.Table, table: Table, absent: Collection[str]) -> pa.Table:
        """``rows`` (typed, with title and the mark) with the ``absent`` columns taken from the title.

        Columns that a file has stay as they are, also where a cell is empty; a column that stands for one that a file
        has is not needed. A row without a title gets nothing. A deadline counts from issue_at.
        """
        given = given_by(rows[MARK].combine_chunks())
        titles = coded(rows["title"].combine_chunks())
        told = titles.is_valid().to_numpy(zero_copy_only=False)
        wanted = [name for name, column in _wanted(table, absent).items() if not column.required]
        if told.any():
            own = [name for name, column in table.columns.items() if column.title and name not in absent]
            self.sample.add(titles, rows, [name for name in own if name not in given])
            if wanted or given:
                self.seen.update(pd.Series(titles.to_pandas()).value_counts().loc[lambda n: n > 0].to_dict())
            for name in wanted:
                cells = rows[SAID + name].combine_chunks()
                if name == "due_at":
                    cells = _deadlines(plain(cells).to_pylist(), rows["issue_at"].to_pylist())
                given[name] = cells.is_valid().to_numpy(zero_copy_only=False)
                rows = _replaced(rows, name, cells)
        for name, filled in given.items():
            self.filled[name] += int(filled.sum())
        return _replaced(rows, MARK, marks_of(given)) if given else rows

    def agreement(self, table: Table) -> pd.DataFrame:
        """How well the titles of the sample agree with the columns of the files: :func:`agreement_table`."""
        return agreement_table(self.sample.frame, table, self.rules)


def said_columns(table: Table) -> dict[str, Column]:
    """{name under which rows on their way hold it: column} of what titles may say of a row that has its label."""
    return {
        SAID + name: column for name, column in table.columns.items() if column.title and not column.required
    }


def said_type(column: Column) -> pa.DataType:
    """Type of what a title says of a column: of a time the words."""
    return pa.string() if column.type == "time" else column.arrow


def _wanted(table, absent):
    """Columns to be taken from titles where files lack the ``absent`` ones."""
    return {
        name: column
        for name, column in table.columns.items()
        if column.title and name in absent and (not column.stands_for or column.stands_for in absent)
    }


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
    """Times that the words mean for tasks issued then, null without words."""
    due = [due_at(word, at) if word and at else None for word, at in zip(words, issued, strict=True)]
    return pa.array(due, pa.timestamp("us"))
