"""Canonical rows as a scenario would have them: changed within a transaction that is rolled back. The stored tables are
only read."""

from collections.abc import Mapping
from contextlib import contextmanager

import duckdb
import pandas as pd

from jianfu.core.calendar import Calendar
from jianfu.core.errors import ConfigError, NotEstimable
from jianfu.core.tables import MEASURED
from jianfu.indicators import views
from jianfu.indicators.evaluation import evaluate_prepared, long_values
from jianfu.indicators.plan import available, source_of
from jianfu.scenarios.plan import Edit, Scenario

MACROS = """
CREATE MACRO workdays_after(day, n) AS (
    SELECT min(later.date)::TIMESTAMP FROM days issued JOIN days later
    ON later.is_workday AND later.workday_number = issued.workday_number + n WHERE issued.date = day::DATE);
"""
# What the expressions of a table see: its rows, for tasks with the columns behind the indicators.
SEEN = {"tasks": "SELECT r.*, v.* EXCLUDE ({columns}) FROM tasks_read r LEFT JOIN tasks v USING (edited_row)"}

# Views of one canonical table alone; the others may hold rows of several.
OF_ONE_TABLE = {
    "tasks": "tasks",
    "veto": "tasks",
    "open_tasks": "tasks",
    "cascade": "tasks",
    "uniformity": "tasks",
    "task_issuers": "tasks",
    "task_categories": "tasks",
    "app_activity": "app_activity",
    "unit_year": "unit_year",
    "documents": "documents",
    "posts": "spells",
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
        means: views.Means = views.ONE_THREAD,
    ):
        self.tables, self.means, self.con = dict(tables), means, views.connect(means)
        self.unit_months = unit_months.reset_index(drop=True)
        self.con.execute("ATTACH ':memory:' AS edited (COMPRESS); USE edited")
        self.filled, self.summed = views.open_tables(self.con, tables, reference)
        for table in MEASURED:  # rows that can be changed, in place of the view of the file
            self.con.execute(f"DROP VIEW {table}_read")
            self.con.execute(
                f"CREATE TABLE {table}_read AS SELECT row_number() OVER () AS edited_row, * FROM read_parquet(?)",
                [tables[table]],
            )
        self.con.execute("CHECKPOINT")  # compresses them: six million tasks take 0.3 GB in the place of 1.8
        views.register_unit_months(self.con, self.unit_months)
        views.prepare(self.con, self.summed, calendar, window, reference, exclude)
        self.con.execute(MACROS)

    def lacking(self, scenario: Scenario) -> list[str]:
        """Columns ("table.column") that ``scenario`` needs and the province lacks; of alternatives ("a|b") all."""
        absent = []
        for need in scenario.needs:
            columns = [name.split(".") for name in need.split("|")]
            if not any(column in self.filled.get(table, ()) for table, column in columns):
                absent += [".".join(name) for name in columns]
        return absent

    @contextmanager
    def under(self, scenario: Scenario):
        """The connection in which ``<table>_read`` and all prepared views are those after the edits of ``scenario``.

        Raises :class:`ConfigError` for an expression that cannot be evaluated, :class:`NotEstimable` where the rows are
        too many for the memory.
        """
        self.con.execute("BEGIN TRANSACTION")
        try:
            for edit in scenario.edits:
                self._apply(edit)
            if any(edit.table == "tasks" for edit in scenario.edits):
                views.follow_tasks(self.con)
            yield self.con
        except duckdb.OutOfMemoryException:
            raise NotEstimable("beyond_memory", mb=self.means.memory) from None
        except duckdb.Error as error:
            detail = str(error).splitlines()[0]
            raise ConfigError("scenario_expression", name=scenario.id, detail=detail) from error
        finally:
            self.con.execute("ROLLBACK")

    def indicators(self, scenario: Scenario, plan: pd.DataFrame) -> pd.DataFrame:
        """unit_code, month, indicator, value, coverage of the indicators of ``plan`` that the edits can change."""
        touched = {edit.table for edit in scenario.edits}
        read = [_tables_of(source_of(source)[0]) for source in plan["source"]]
        touching = plan[[bool(touched & tables) for tables in read]].reset_index(drop=True)
        own = available(touching, self.filled, self.summed)[0]
        with self.under(scenario) as con:
            _, _, values, coverage = evaluate_prepared(con, own, self.unit_months)
        return long_values(self.unit_months, own, values, coverage)

    def touched(self, scenario: Scenario) -> float:
        """Share of the records of the edited tables that the edits drop or change."""
        tables = list(dict.fromkeys(edit.table for edit in scenario.edits))
        changed = whole = 0
        with self.under(scenario) as con:
            for table in tables:
                stored, now = (
                    "SELECT * FROM read_parquet(?)",
                    f"SELECT * EXCLUDE (edited_row) FROM {table}_read",
                )
                whole += con.execute(f"SELECT count(*) FROM ({stored})", [self.tables[table]]).fetchone()[0]
                gone = f"SELECT count(*) FROM ({stored} EXCEPT ALL {now})"
                changed += con.execute(gone, [self.tables[table]]).fetchone()[0]
        return changed / whole if whole else 0.0

    def _apply(self, edit: Edit) -> None:
        """Set and drop the rows of ``<table>_read`` as ``edit`` says; rows whose values stay are left alone."""
        table = f"{edit.table}_read"
        kinds = dict(self.con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall())
        seen = SEEN.get(edit.table, f"SELECT * FROM {table}").format(columns=", ".join(kinds))
        for column, expression in [*edit.let.items(), ("dropped", edit.drop or "false")]:
            seen = f"SELECT *, {expression} AS {column} FROM ({seen}) AS edited"
        values = "".join(
            f", CAST({expression} AS {kinds[column]}) AS {column}, {column} AS {column}_before"
            for column, expression in edit.set.items()
        )
        changed = [f"{column} IS DISTINCT FROM {column}_before" for column in edit.set]
        self.con.execute(
            f"""CREATE OR REPLACE TEMP TABLE changes AS SELECT * FROM (
                SELECT edited_row, coalesce(dropped, false) AS dropped{values} FROM ({seen}) AS edited
            ) WHERE {" OR ".join(["dropped", *changed])}"""
        )
        if edit.set:
            new = ", ".join(f"{column} = c.{column}" for column in edit.set)
            self.con.execute(f"UPDATE {table} r SET {new} FROM changes c WHERE r.edited_row = c.edited_row")
        self.con.execute(
            f"DELETE FROM {table} WHERE edited_row IN (SELECT edited_row FROM changes WHERE dropped)"
        )


def _tables_of(source):
    """Canonical tables whose rows a prepared view holds."""
    return {OF_ONE_TABLE[source]} if source in OF_ONE_TABLE else {"tasks", "unit_year", "spells", "documents"}
