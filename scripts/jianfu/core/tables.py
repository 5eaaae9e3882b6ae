"""Names of the tables: those that the pipeline works on, and the raw ones that they are made of."""

from collections.abc import Iterable, Mapping

# The canonical tables (workflow/schemas/canonical.yaml), in the order in which they are listed.
CANONICAL = (
    "units",
    "tasks",
    "app_activity",
    "spells",
    "survey",
    "documents",
    "unit_year",
    "policies",
    "app_days",
)
# Those on which the indicators are evaluated.
MEASURED = tuple(table for table in CANONICAL if table != "policies")
# The raw tables behind a canonical one, where that is not just its own.
PARTS = {"spells": ("roster", "ledger"), "app_activity": ("punches", "app_activity")}
# Those without which no burden can be related to exits.
REQUIRED = ("units", "tasks", "app_activity", "roster")


def raw_tables(table: str) -> tuple[str, ...]:
    """The raw tables of which the canonical ``table`` is made."""
    return PARTS.get(table, (table,))


# All raw tables, in the order of the canonical ones.
RAW = tuple(name for table in CANONICAL for name in raw_tables(table))

OWN = "own_"  # how the name of a table that only one province has begins, and that of its own column of another table


def tables_added(sources: Iterable[Mapping]) -> list[str]:
    """Names of the tables that only this province has, among its sources, each once."""
    return list(dict.fromkeys(source["table"] for source in sources if source["table"].startswith(OWN)))


def headings_added(sources: Iterable[Mapping]) -> dict[str, str]:
    """{column: its heading} of the columns that only this province has on common tables; of two lines the lower one."""
    return {
        column: heading.rpartition("|")[2].strip()
        for source in sources
        for heading, column in source.get("columns", {}).items()
        if column in source.get("types", {}) and column.startswith(OWN)
    }


def own_columns(names: Iterable[str]) -> list[str]:
    """Those of a common table's columns that only this province has."""
    return [name for name in names if name.startswith(OWN)]


def with_own(tables: Mapping[str, Mapping], sources: Iterable[Mapping]) -> dict[str, Mapping]:
    """Declared tables (as in workflow/schemas/canonical.yaml) with the own tables and columns of ``sources``.

    An own table has a row per unit and month, or per unit and day where a heading is its ``date``; the column of a
    roster stands in the spells, too.
    """
    tables = dict(tables)
    for source in sources:
        own = {column: {"type": kind} for column, kind in source.get("types", {}).items()}
        if source["table"].startswith(OWN) and source["table"] not in tables:
            day = "date" in source.get("columns", {}).values()
            when = {"type": "date" if day else "month", "required": True, "earliest": "1990-01-01"}
            tables[source["table"]] = {
                "key": ["unit_code", "date" if day else "month"],
                "inputs": ["unit_name", "county_name"],
                "default": {} if day else {"month": "place"},
                "columns": {
                    "unit_code": {"type": "unit", "required": True},
                    "date" if day else "month": when,
                },
            }
        for name in (source["table"], "spells") if source["table"] == "roster" else (source["table"],):
            if own and name in tables:
                tables[name] = {**tables[name], "columns": tables[name]["columns"] | own}
    return tables
