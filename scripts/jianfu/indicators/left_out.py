"""What a province leaves out (``exclude`` in its file): which rows of which canonical table, and how many.

Units (by county or type) and apps are left out before anything is measured: every later step reads the tables without
them. Topics, months and emergencies are left out of the log where it is measured (:mod:`jianfu.indicators.views`); here
they are counted.
"""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jianfu.indicators.views import connect

OF_UNITS = {  # kind: SQL of the units meant by one value
    "counties": "SELECT unit_code FROM units WHERE county_code = ? OR county_name = ?",
    "unit_types": """SELECT unit_code FROM units GROUP BY unit_code
        HAVING arg_max(unit_type, coalesce(valid_from::DATE, DATE '0001-01-01')) IN (?, ?)""",
}
OF_ROWS = {  # kind: table, SQL of the rows meant by one value
    "apps": ("app_activity", "app_name = ?"),
    "topics": ("tasks", "topic = ?"),
    "months": ("tasks", "strftime(issue_at, '%Y-%m') = ?"),
    "emergency": ("tasks", "emergency"),
}
REMOVED = (*OF_UNITS, "apps")  # kinds whose rows are taken out of the tables
PLACE = "unit_of_answer"  # beside the survey, whose answers mostly say the person and not the unit


def without(
    table: str, paths: Mapping[str, str], exclude: Mapping, kept: str, answered_at: pd.Series | None = None
) -> None:
    """Write a canonical table without the rows that are left out.

    paths: of ``table`` and of ``units``; kept: the file to write, rows in their order; answered_at: the unit of every
    answer, in the order of the survey, where that is the table.
    """
    con = _opened(paths, answered_at)
    asked = [(kind, value) for kind in REMOVED for value in exclude[kind]]
    conditions = [found for kind, value in asked if (found := _condition(con, kind, value, table))]
    schema = pq.read_schema(paths[table])
    where = " OR ".join(f"coalesce({sql}, false)" for sql, _ in conditions)
    values = [value for _, own in conditions for value in own]
    columns = ", ".join(f'"{name}"' for name in schema.names)
    rows = con.sql(f"SELECT {columns} FROM {table} WHERE NOT ({where})", params=values).to_arrow_reader()
    with pq.ParquetWriter(kept, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch.cast(schema))


def counted(paths: Mapping[str, str], exclude: Mapping, answered_at: pd.Series | None = None) -> pd.DataFrame:
    """Rows that are left out: kind, value, table, rows, rows_read; one line for every table that a value touches.

    paths: of all canonical tables, by name, with every row; answered_at: as for :func:`without`.
    """
    con = _opened(paths, answered_at)
    found = []
    for kind in (*OF_UNITS, *OF_ROWS):
        values = [""] if exclude[kind] is True else exclude[kind] or []
        for value in values:
            for table in paths:
                if condition := _condition(con, kind, value, table):
                    sql, own = condition
                    counts = f"SELECT count(*) FILTER ({sql}), count(*) FROM {table}"
                    found.append((kind, value, table, *con.execute(counts, own).fetchone()))
    rows = pd.DataFrame(found, columns=["kind", "value", "table", "rows", "rows_read"])
    return rows[rows["rows"] > 0].reset_index(drop=True)


def _opened(paths, answered_at):
    con = connect()
    for table, path in paths.items():
        quoted = str(path).replace("'", "''")
        rows = f"read_parquet('{quoted}')"
        if table == "survey" and answered_at is not None:
            con.register("places", pa.table({PLACE: pa.array(answered_at, pa.string(), from_pandas=True)}))
            rows += " POSITIONAL JOIN places"
        con.execute(f"CREATE VIEW {table} AS SELECT * FROM {rows}")
    return con


def _condition(con, kind, value, table):
    """(SQL of the rows of a table that a value means, values of its places); None where it means none of this table."""
    columns = {row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()}
    if kind in OF_UNITS:
        unit = f"coalesce({PLACE}, unit_code)" if PLACE in columns else "unit_code"
        return (f"{unit} IN ({OF_UNITS[kind]})", [value, value]) if "unit_code" in columns else None
    owner, sql = OF_ROWS[kind]
    return (sql, [value] if "?" in sql else []) if table == owner else None
