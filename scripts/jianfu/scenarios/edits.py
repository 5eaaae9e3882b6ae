"""Canonical rows as a scenario would have them. The stored tables are only read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from jianfu.core.calendar import Calendar
from jianfu.core.errors import ConfigError
from jianfu.indicators import views
from jianfu.scenarios.plan import Edit, Scenario

MACROS = """
CREATE MACRO workdays_after(day, n) AS (
    SELECT min(later.date)::TIMESTAMP FROM days issued JOIN days later
    ON later.is_workday AND later.workday_number = issued.workday_number + n WHERE issued.date = day::DATE);
"""
# What the expressions of a table see: its rows, for tasks with the columns behind the indicators.
ROWS = {
    "tasks": "SELECT r.*, v.* EXCLUDE ({columns}) FROM tasks_read r LEFT JOIN tasks v USING (task_id, unit_code)"
}


class Rows:
    """The canonical tables of a province, opened to be edited.

    tables: canonical table -> Parquet path, for every table that indicators need; the others as for
    :func:`jianfu.indicators.evaluation.evaluate`.
    """

    def __init__(
        self,
        tables: Mapping[str, str],
        unit_months: pd.DataFrame,
        calendar: Calendar,
        window: tuple[str, str],
        reference: tuple[str, str],
        exclude: Mapping,
        *,
        threads: int = 1,
    ):
        self.tables, self.con = dict(tables), views.connect(threads)
        self.filled = views.open_tables(self.con, tables)
        views.register_unit_months(self.con, unit_months)
        views.prepare(self.con, self.filled, calendar, window, reference, exclude)
        self.con.execute(MACROS)

    def lacking(self, scenario: Scenario) -> list[str]:
        """Columns ("table.column") that ``scenario`` needs and the province lacks; of alternatives ("a|b") all."""
        absent = []
        for need in scenario.needs:
            columns = [name.split(".") for name in need.split("|")]
            if not any(column in self.filled.get(table, ()) for table, column in columns):
                absent += [".".join(name) for name in columns]
        return absent

    def edited(self, scenario: Scenario, folder: Path) -> dict[str, str]:
        """Paths by canonical table after the edits of ``scenario``; edited tables are written to ``folder``.

        Raises :class:`ConfigError` for an expression that cannot be evaluated.
        """
        touched = dict.fromkeys(edit.table for edit in scenario.edits)
        try:
            for number, edit in enumerate(scenario.edits):
                self._apply(edit, f"edited_{number}")
            for table in touched:
                self.con.execute(
                    f"COPY (SELECT * FROM {table}_read) TO '{_path(folder, table)}' (FORMAT parquet)"
                )
        except duckdb.Error as error:
            detail = str(error).splitlines()[0]
            raise ConfigError("scenario_expression", name=scenario.id, detail=detail) from error
        finally:
            for table in touched:
                source = str(self.tables[table]).replace("'", "''")
                self.con.execute(
                    f"CREATE OR REPLACE VIEW {table}_read AS SELECT * FROM read_parquet('{source}')"
                )
            for number in range(len(scenario.edits)):
                self.con.execute(f"DROP TABLE IF EXISTS edited_{number}")
        return self.tables | {table: str(folder / f"{table}.parquet") for table in touched}

    def _apply(self, edit: Edit, name: str) -> None:
        """Make the table ``name`` of what ``edit`` leaves and let ``<table>_read`` be it."""
        kinds = dict(
            self.con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {edit.table}_read)").fetchall()
        )
        source = ROWS.get(edit.table, f"SELECT * FROM {edit.table}_read").format(columns=_columns(kinds))
        for column, expression in [*edit.let.items(), ("dropped", edit.drop or "false")]:
            source = f"SELECT *, {expression} AS {column} FROM ({source}) AS edited"
        values = [
            f"CAST({edit.set[column]} AS {kind}) AS {column}" if column in edit.set else column
            for column, kind in kinds.items()
        ]
        self.con.execute(
            f"""CREATE TABLE {name} AS SELECT {", ".join(values)}
            FROM ({source}) AS edited WHERE NOT coalesce(dropped, false)"""
        )
        self.con.execute(f"CREATE OR REPLACE VIEW {edit.table}_read AS SELECT * FROM {name}")


def _path(folder, table):
    return str(folder / f"{table}.parquet").replace("'", "''")


def _columns(names: Sequence[str]) -> str:
    return ", ".join(names)
