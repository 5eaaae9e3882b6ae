"""Columns of the task table that no file has, filled from what the titles say; each row names what it was given.

What :mod:`jianfu.ingest.progress` took from other columns is named and counted with them.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from jianfu.ingest.schema import Table
from jianfu.ingest.texts import coded
from jianfu.ingest.titles.coder import code_titles
from jianfu.ingest.titles.deadlines import due_at
from jianfu.ingest.titles.rules import Rules

MARK = "coded"


@dataclass
class TitleCoder:
    """Codes the titles of one province by ``rules``, every title once.

    ``filled`` counts rows by column, ``pairs`` rows by (column, value of the file, value of the title) for columns that
    files and titles both have.
    """

    rules: Rules
    filled: Counter = field(default_factory=Counter)
    pairs: Counter = field(default_factory=Counter)
    _known: dict = field(default_factory=dict)

    def frame(self, titles: Iterable[str]) -> pd.DataFrame:
        """What :func:`code_titles` says of each title (of two topics the first)."""
        titles = list(titles)
        new = [title for title in dict.fromkeys(titles) if title not in self._known]
        if new:
            frame = code_titles(new, self.rules)
            frame["topic"] = frame["topic"].str.partition(",")[0]
            self._known |= dict(zip(new, frame.to_dict("records"), strict=True))
        return pd.DataFrame([self._known[title] for title in titles])

    def labels(self, titles: pa.Array) -> pa.Array:
        """event_label of every title, null where there is no title."""
        encoded = coded(titles)
        texts = encoded.dictionary.to_pylist()
        told = [text for text in texts if text and text.strip()]
        known = dict(zip(told, self.frame(told)["event_label"], strict=True)) if told else {}
        return pa.array([known.get(text) for text in texts], pa.string()).take(encoded.indices)

    def fill(self, rows: pa.Table, table: Table, absent: Collection[str]) -> pa.Table:
        """``rows`` (typed, with title and the mark) with the ``absent`` columns taken from the title.

        Columns that a file has stay as they are, also where a cell is empty. A row without a title gets nothing. A
        deadline counts from issue_at.
        """
        given = given_by(rows[MARK].combine_chunks())
        titles = coded(rows["title"].combine_chunks())
        told = titles.is_valid().to_numpy(zero_copy_only=False)
        if told.any():
            rows = self._from_titles(rows, table, absent, titles, told, given)
        for name, filled in given.items():
            self.filled[name] += int(filled.sum())
        return _replaced(rows, MARK, marks_of(given)) if given else rows

    def _from_titles(self, rows, table, absent, titles, told, given):
        """Rows with their absent columns; masks of what was filled go into ``given``."""
        frame = self.frame(titles.dictionary.to_pylist()).iloc[titles.indices.fill_null(0).to_numpy()]
        for name, column in table.columns.items():
            if not column.title:
                continue
            values = frame[column.title].to_numpy()
            if name not in absent:
                self._compare(name, rows[name], values, told & ~given.get(name, np.zeros(1, bool)))
                continue
            if name == "due_at":
                values = _deadlines(values, rows["issue_at"].to_pylist())
            elif column.arrow == pa.bool_():
                values = values.astype(bool)
            given[name] = told & pd.notna(values) & (values != "")
            cells = pa.array(np.where(given[name], values, None), column.arrow)
            rows = _replaced(rows, name, cells)
        return rows

    def _compare(self, name, cells, values, both):
        """Count the pairs of a column that the files have; topics in the words of the coder, veto as yes or no."""
        pairs = pd.DataFrame({"given": cells.to_pandas(), "title": values})[both].dropna()
        pairs["title"] = pairs["title"].astype(bool) if name == "is_veto" else pairs["title"]
        for (own, said), rows in pairs.astype(object).value_counts().items():
            own = self.frame([own])["topic"][0] if name == "topic" else own
            self.pairs[name, own, said] += rows


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
