"""Names of the tables: those that the pipeline works on, and the raw ones that they are made of."""

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
