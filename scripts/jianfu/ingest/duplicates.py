"""Rows with one key: all equal means re-exported (the first is kept), any difference means a conflict (none is).

A column that only one province has decides over no row of a common table: rows that differ there alone are
re-exported ones, and the cell of the row that is kept has the value on which they agree, else none.
"""

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.core.tables import OWN, own_columns
from jianfu.ingest.texts import coded, plain

SURVEY_KEY = (
    "person_key",
    "CASE WHEN person_key IS NOT NULL THEN wave END",
    "CASE WHEN person_key IS NULL THEN submission_id END",
    "CASE WHEN person_key IS NULL AND submission_id IS NULL THEN content END",
)


def settle(connection, rows, table):
    """``(kept rows, duplicates, conflicts, disputed)`` of an Arrow table with src, row and the columns of ``table``.

    Kept rows come in order of key, src and row. The first row in order of src and row is kept. Duplicates and
    conflicts are frames src, row; disputed: Counter {own column: kept rows that have no value there, as the rows of
    their key have several}. A key column that is empty counts as a value of its own; survey answers without a
    person go by submission or by the whole record.
    """
    none = pd.DataFrame({"src": np.zeros(0, np.int32), "row": np.zeros(0, np.int32)})
    if _rises(rows[table.key[0]]):
        return rows, none, as_rejects(none), Counter()
    cursor = connection.cursor()
    place = pa.array(np.arange(rows.num_rows))
    cursor.register("incoming", rows.append_column("place", place))
    order = cursor.sql(f"SELECT place FROM incoming ORDER BY {_order(table)}").to_arrow_table()["place"]
    shared = cursor.sql(_shared(table)).to_arrow_table()
    cursor.close()
    agreed = shared.filter(pc.equal(shared["outcome"], "kept"))
    shared = shared.filter(pc.not_equal(shared["outcome"], "kept"))
    rows, disputed = _agreed(rows, agreed, _own(table))
    lost = pc.is_in(order, shared["place"])
    kept = rows.take(order.filter(pc.invert(lost)))
    lost = {
        outcome: rows.select(["src", "row"])
        .take(shared["place"].filter(pc.equal(shared["outcome"], outcome)))
        .to_pandas()
        .sort_values(["src", "row"], ignore_index=True)
        for outcome in ("duplicate", "conflict")
    }
    return kept, lost["duplicate"], as_rejects(lost["conflict"]), disputed


def _own(table):
    """The own columns of a common table; those of an own table are its content."""
    return [] if table.name.startswith(OWN) else own_columns(table.columns)


def _agreed(rows, agreed, own):
    """The rows with what those of one key say together in ``own`` columns, and in how many they contradict each other.

    agreed: the place of the row that is kept, and its value of every own column and whether there are several.
    """
    places, disputed = np.arange(rows.num_rows), Counter()
    places[agreed["place"].to_numpy()] = rows.num_rows + np.arange(agreed.num_rows)
    for number, name in enumerate(own) if agreed.num_rows else ():
        cells, said = rows[name], agreed[f"own{number}"].combine_chunks()
        if pa.types.is_dictionary(cells.type):
            said = coded(plain(said))
        both = pa.chunked_array([*cells.chunks, said.cast(cells.type)])
        column = rows.column_names.index(name)
        rows = rows.set_column(column, name, both.unify_dictionaries().combine_chunks().take(places))
        disputed[name] += pc.sum(agreed[f"several{number}"]).as_py() or 0
    return rows, +disputed


def _rises(key):
    """Whether every key comes after the one before: then all differ and the rows are in order."""
    texts = plain(key.combine_chunks() if isinstance(key, pa.ChunkedArray) else key)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    return not texts.null_count and pc.all(pc.less(texts[:-1], texts[1:])).as_py() is not False


def _shared(table):
    """Query for the rows that share their key with another: their place, and duplicate, conflict or kept, with what
    all rows of the key say in own columns."""
    names, own = table.arrow_schema().names, _own(table)
    content, every = (
        "hash(" + ", ".join(f'"{name}"' for name in some) + ")"
        for some in ([name for name in names if name not in own], names)
    )
    key, source = tuple(f'"{name}"' for name in table.key), "incoming"
    if table.name == "survey":
        key, source = SURVEY_KEY, f"(SELECT *, {every} AS content FROM incoming)"
    columns = ", ".join(f"{part} AS k{number}" for number, part in enumerate(key))
    cells = "".join(f', "{name}" AS own{n}' for n, name in enumerate(own))
    ends = "".join(
        f", min(own{n}) OVER same AS low{n}, max(own{n}) OVER same AS high{n}" for n, _ in enumerate(own)
    )
    said = "".join(
        f", CASE WHEN low{n} = high{n} THEN low{n} END AS own{n}, low{n} <> high{n} AS several{n}"
        for n, _ in enumerate(own)
    )
    # Most keys occur once: a first pass over their hashes leaves only the few rows that may share one.
    return f"""
        WITH keyed AS (SELECT *, hash({", ".join(key)}) AS hashed FROM {source}),
        several AS (SELECT hashed FROM keyed GROUP BY hashed HAVING count(*) > 1),
        compared AS (
            SELECT place, src, "row", {content} AS content, {columns}{cells}
            FROM keyed SEMI JOIN several USING (hashed)
        ),
        groups AS (
            SELECT *, min(content) OVER same AS low, max(content) OVER same AS high, count(*) OVER same AS n,
                row_number() OVER (same ORDER BY src, "row") AS number{ends}
            FROM compared
            WINDOW same AS (PARTITION BY {", ".join(f"k{n}" for n in range(len(key)))})
        )
        SELECT place, CASE WHEN low <> high THEN 'conflict' WHEN number > 1 THEN 'duplicate' ELSE 'kept' END AS outcome
            {said}
        FROM groups WHERE n > 1
    """


def _order(table):
    return ", ".join([*(f'"{name}" NULLS FIRST' for name in table.key), "src", '"row"'])


def as_rejects(places):
    """Frame of conflicting rows as rejects."""
    return pd.DataFrame(
        {
            "src": places["src"],
            "row": places["row"],
            "column": "",
            "reason": "conflicting_duplicate",
            "value": "",
        }
    ).reset_index(drop=True)
