"""The indicator table config/plan/indicators.csv: what a row may say, and which rows a province's columns allow.

A row is one indicator: an SQL expression over a prepared view (:mod:`jianfu.indicators.views`), the columns without
which it is switched off (``needs``), what it is divided by (``denominator``) and the share of usable rows below which
it is missing (``min_coverage``).
"""

import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.tables import OWN

NUMBERS = ["direction", "min_coverage"]

# What moves a value through the year beside burden, and on whose keeping of which log it depends (docs/indicators.md).
SEASONS = ("none", "year_end", "campaign", "holidays", "yearly")
LOGGING = ("entry", "register", "system", "statement", "roster", "survey")

# Source → canonical table, and the column of unit_months that says in which months the log was kept. There a month
# without rows is a zero; the other sources have a value only where they have rows.
SOURCES = {
    "tasks": ("tasks", "tasks_logged"),
    "task_issuers": ("tasks", "tasks_logged"),
    "task_categories": ("tasks", "tasks_logged"),
    "task_rest_days": ("tasks", "tasks_logged"),
    "veto": ("tasks", "tasks_logged"),
    "open_tasks": ("tasks", "tasks_logged"),
    "cascade": ("tasks", "tasks_logged"),
    "uniformity": ("tasks", None),
    "app_activity": ("app_activity", "app_logged"),
    "app_runs": ("app_days", None),
    "documents": ("documents", None),
    "document_changes": ("documents", None),
    "unit_year": ("unit_year", None),
    "involution": ("unit_year", None),
    "posts": ("spells", None),
    "survey_hours": ("survey", None),
}

# What one unit of each denominator is, from the columns of unit_months. Headcount is that of the previous month's end.
DENOMINATORS = {
    "none": lambda u: u["workdays"] ** 0,
    "workdays20": lambda u: u["workdays"] / 20,
    "headcount_workdays": lambda u: u["headcount"] * u["workdays"],
    "headcount_workdays20": lambda u: u["headcount"] * u["workdays"] / 20,
    "headcount": lambda u: u["headcount"],
    "establishment": lambda u: u["establishment"],
    "restdays": lambda u: u["rest_days"],
    "headcount_restdays": lambda u: u["headcount"] * u["rest_days"],
}


def read_plan(path: str) -> pd.DataFrame:
    """The indicator table; raises :class:`ConfigError` naming the code and the column that is wrong."""
    return checked(pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig"), path)


def read_rows(path: str, common: str, own: bool = False) -> pd.DataFrame:
    """The rows of the table that the ``common`` one has too or, if ``own``, those that it does not have."""
    rows = read_plan(path)
    return rows[rows["code"].isin(read_plan(common)["code"]) != own].reset_index(drop=True)


def source_of(name: str) -> tuple[str, str | None]:
    """Canonical table behind a source, and the column of the months in which it was kept; an own table is its own."""
    return (name, None) if name.startswith(OWN) else SOURCES[name]


def checked(plan: pd.DataFrame, path: str) -> pd.DataFrame:
    """The table (all text) with its numbers; ``path``: the file to name where something is wrong."""
    for column in NUMBERS:
        for row in plan[pd.to_numeric(plan[column], errors="coerce").isna()].itertuples():
            value = getattr(row, column)
            raise ConfigError("plan_no_number", path=str(path), name=row.code, column=column, value=value)
    plan[NUMBERS] = plan[NUMBERS].astype(float)
    for row in plan[~plan["min_coverage"].between(0, 1)].itertuples():
        raise ConfigError("plan_no_share", path=str(path), name=row.code, value=row.min_coverage)
    permitted = {
        "source": [*SOURCES, *plan.loc[plan["source"].str.startswith(OWN), "source"]],
        "denominator": DENOMINATORS,
        "direction": (1, -1),
        "transformation": ("log1p", "none"),
        "frequency": ("month", "year"),
        "season": SEASONS,
        "logging": LOGGING,
    }
    for column, values in permitted.items():
        for row in plan[~plan[column].isin(list(values))].itertuples():
            raise ConfigError(
                "plan_value_unknown",
                path=str(path),
                name=row.code,
                column=column,
                value=str(getattr(row, column)),
                permitted=list(values),
            )
    if plan["code"].duplicated().any():
        twice = plan["code"][plan["code"].duplicated()].iloc[0]
        raise ConfigError("plan_code_twice", path=str(path), name=twice)
    return plan


def available(
    plan: pd.DataFrame, filled: dict[str, set[str]], summed: dict[str, set[str]]
) -> tuple[pd.DataFrame, list[tuple]]:
    """The rows of the plan whose needed columns hold any value, and the notices about the others.

    A needed column of another table than that of the source is written ``table.column``. filled, summed: the answers of
    :func:`jianfu.indicators.views.open_tables`.
    """
    notices, keep = [], []
    for row in plan.itertuples():
        table = source_of(row.source)[0]
        columns = filled[table]
        others = {f"{table}.{column}" for table, names in filled.items() for column in names}
        lacking = [need for need in row.needs.split() if not (columns | others).intersection(need.split("|"))]
        if not columns:
            lacking = lacking or [f"(no rows in {table})"]
        notices += [(row.code, "switched_off", column, 0) for column in lacking]
        if not lacking:
            without = [column for column in row.optional.split() if column not in summed[table]]
            notices += [(row.code, "computed_without", column, 0) for column in without]
        keep.append(not lacking)
    return plan[keep].reset_index(drop=True), notices
