"""Rows with one key: all equal means re-exported (the first is kept), any difference means a conflict (none is)."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.ingest.texts import plain

SURVEY_KEY = (
    "person_key",
    "CASE WHEN person_key IS NOT NULL THEN wave END",
    "CASE WHEN person_key IS NULL THEN submission_id END",
    "CASE WHEN person_key IS NULL AND submission_id IS NULL THEN content END",
)


def settle(connection, rows, table):
    """``(kept rows, duplicates, conflicts)`` of an Arrow table with src, row and the columns of ``table``.

    Kept rows come in order of key, src and row. The first row in order of src and row is kept. Duplicates and
    conflicts are frames src, row. A key column that is empty counts as a value of its own; survey answers without a
    person go by submission or by the whole record.
    """
    none = pd.DataFrame({"src": np.zeros(0, np.int32), "row": np.zeros(0, np.int32)})
    if _rises(rows[table.key[0]]):
        return rows, none, as_rejects(none)
    cursor = connection.cursor()
    place = pa.array(np.arange(rows.num_rows))
    cursor.register("incoming", rows.append_column("place", place))
    order = cursor.sql(f"SELECT place FROM incoming ORDER BY {_order(table)}").to_arrow_table()["place"]
    shared = cursor.sql(_shared(table)).to_arrow_table()
    cursor.close()
    lost = pc.is_in(order, shared["place"])
    kept = rows.take(order.filter(pc.invert(lost)))
    lost = {
        outcome: rows.select(["src", "row"])
        .take(shared["place"].filter(pc.equal(shared["outcome"], outcome)))
        .to_pandas()
        .sort_values(["src", "row"], ignore_index=True)
        for outcome in ("duplicate", "conflict")
    }
    return kept, lost["duplicate"], as_rejects(lost["conflict"])


def _rises(key):
    """Whether every key comes after the one before: then all differ and the rows are in order."""
    texts = plain(key.combine_chunks() if isinstance(key, pa.ChunkedArray) else key)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    return not texts.null_count and pc.all(pc.less(texts[:-1], texts[1:])).as_py() is not False


def _shared(table):
    """Query for the rows that share their key with another: their place, and duplicate or conflict."""
    content = "hash(" + ", ".join(f'"{name}"' for name in table.arrow_schema().names) + ")"
    key, source = tuple(f'"{name}"' for name in table.key), "incoming"
    if table.name == "survey":
        key, source, content = SURVEY_KEY, f"(SELECT *, {content} AS content FROM incoming)", "content"
    columns = ", ".join(f"{part} AS k{number}" for number, part in enumerate(key))
    # Most keys occur once: a first pass over their hashes leaves only the few rows that may share one.
    return f"""
        WITH keyed AS (SELECT *, hash({", ".join(key)}) AS hashed FROM {source}),
        several AS (SELECT hashed FROM keyed GROUP BY hashed HAVING count(*) > 1),
        compared AS (
            SELECT place, src, "row", {content} AS content, {columns} FROM keyed SEMI JOIN several USING (hashed)
        ),
        groups AS (
            SELECT *, min(content) OVER same AS low, max(content) OVER same AS high,
                row_number() OVER (same ORDER BY src, "row") AS number
            FROM compared
            WINDOW same AS (PARTITION BY {", ".join(f"k{n}" for n in range(len(key)))})
        )
        SELECT place, CASE WHEN low <> high THEN 'conflict' ELSE 'duplicate' END AS outcome
        FROM groups WHERE low <> high OR number > 1
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
