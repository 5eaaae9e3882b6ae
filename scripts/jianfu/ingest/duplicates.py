"""Rows with one key: all equal means re-exported (the first is kept), any difference means a conflict (none is)."""

import pandas as pd

SURVEY_KEY = (
    "person_key",
    "CASE WHEN person_key IS NOT NULL THEN wave END",
    "CASE WHEN person_key IS NULL THEN submission_id END",
    "CASE WHEN person_key IS NULL AND submission_id IS NULL THEN content END",
)


def settle(connection, rows, table):
    """``(kept rows, duplicates, conflicts)`` of an Arrow table with src, row and the columns of ``table``.

    The first row in order of src and row is kept. Duplicates and conflicts are frames src, row. A key column that is
    empty counts as a value of its own; survey answers without a person go by submission or by the whole record.
    """
    connection.register("incoming", rows)
    content = ", ".join(f'"{name}"' for name in table.columns)
    key = SURVEY_KEY if table.name == "survey" else tuple(f'"{name}"' for name in table.key)
    # Most keys occur once: a first pass over their hashes leaves only the few rows that may share one.
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE shared AS
        WITH keyed AS (
            SELECT src, "row", content, hash({", ".join(key)}) AS hashed, {_columns(key)}
            FROM (SELECT *, hash({content}) AS content FROM incoming)
        ),
        several AS (SELECT hashed FROM keyed GROUP BY hashed HAVING count(*) > 1),
        groups AS (
            SELECT *, min(content) OVER same AS low, max(content) OVER same AS high,
                row_number() OVER (same ORDER BY src, "row") AS place
            FROM keyed SEMI JOIN several USING (hashed)
            WINDOW same AS (PARTITION BY {", ".join(f"k{n}" for n in range(len(key)))})
        )
        SELECT src, "row", CASE WHEN low <> high THEN 'conflict' ELSE 'duplicate' END AS outcome
        FROM groups WHERE low <> high OR place > 1
        """
    )
    kept = connection.sql(
        f'SELECT * FROM incoming ANTI JOIN shared USING (src, "row") ORDER BY {_order(table)}'
    ).to_arrow_table()
    shared = connection.sql('SELECT * FROM shared ORDER BY src, "row"').df()
    connection.unregister("incoming")
    connection.execute("DROP TABLE shared")
    places = {o: shared.loc[shared["outcome"] == o, ["src", "row"]] for o in ("duplicate", "conflict")}
    return kept, places["duplicate"].reset_index(drop=True), _as_rejects(places["conflict"])


def _columns(key):
    return ", ".join(f"{part} AS k{number}" for number, part in enumerate(key))


def _order(table):
    return ", ".join([*(f'"{name}" NULLS FIRST' for name in table.key), "src", '"row"'])


def _as_rejects(places):
    return pd.DataFrame(
        {
            "src": places["src"],
            "row": places["row"],
            "column": "",
            "reason": "conflicting_duplicate",
            "value": "",
        }
    ).reset_index(drop=True)
