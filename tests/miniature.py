"""Small canonical tables for tests: rows as dictionaries, other contract columns empty, typed as in the contract."""

from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import yaml

from jianfu.core.calendar import Calendar
from jianfu.core.tables import MEASURED
from jianfu.exits.definitions import read_definitions

SCHEMA = Path(__file__).parents[1] / "workflow" / "schemas" / "canonical.yaml"
TYPES = {
    "count": "float64",
    "number": "float64",
    "duration": "float64",
    "boolean": "boolean",
    "time": "datetime64[us]",
    "date": "datetime64[us]",
    "year": "Int64",
    "wave": "Int64",
}
CALENDAR = Calendar()
DEFINITIONS = read_definitions(Path(__file__).parents[1] / "config" / "plan" / "exits.yaml")


@cache
def _schema():
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["tables"]


def table(name, rows=()):
    """Canonical table ``name`` with these rows."""
    columns = _schema()[name]["columns"]
    frame = pd.DataFrame(list(rows), columns=list(columns))
    unknown = set().union(*rows) - set(columns) if rows else set()
    assert not unknown, f"{name} has no column {unknown}"
    for column, entry in columns.items():
        kind = TYPES.get(entry["type"], "string")
        frame[column] = (
            pd.to_datetime(frame[column], format="ISO8601") if "datetime" in kind else frame[column]
        )
        frame[column] = frame[column].astype(kind)
    return frame


def task(unit, issue, due=None, label="任务", **more):
    """A row of ``tasks``; an issue time without a clock has day precision."""
    return {
        "task_id": more.pop("task_id", f"{unit}{issue}{due}{label}{len(more)}"),
        "unit_code": unit,
        "event_label": label,
        "issue_at": issue,
        "issue_precision": "minute" if ":" in issue else "day",
        "due_at": due,
        **more,
    }


@cache
def _empty(name):
    return pa.Table.from_pandas(table(name))


def tables(**rows):
    """All canonical tables as Arrow tables, with the given rows."""
    return {
        name: pa.Table.from_pandas(table(name, rows[name])) if name in rows else _empty(name)
        for name in MEASURED
    }


def unit_months(units=("A",), months=("2024-03",), headcount=4, **more):
    """unit_months of these units and months, logged throughout unless ``more`` says otherwise."""
    frame = pd.DataFrame(
        [(unit, month) for unit in units for month in months], columns=["unit_code", "month"]
    )
    frame = frame.assign(county_code="C", unit_type="镇", headcount=headcount, establishment=10.0)
    frame["workdays"] = frame["month"].map(CALENDAR.workdays)
    frame["rest_days"] = frame["month"].map(CALENDAR.rest_days)
    return frame.assign(tasks_logged=True, app_logged=True).assign(**more)
