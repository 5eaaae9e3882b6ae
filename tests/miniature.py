"""Small canonical tables for tests: rows as dictionaries, every other contract column empty, typed as in the contract."""

from pathlib import Path

import pandas as pd
import yaml

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
SPELLS = ["person_key", "unit_code", "on_post", "spell_start", "spell_end"]


def table(name, rows=()):
    """Canonical table ``name`` with these rows."""
    columns = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["tables"][name]["columns"]
    frame = pd.DataFrame(list(rows), columns=list(columns))
    unknown = set().union(*rows) - set(columns) if rows else set()
    assert not unknown, f"{name} has no column {unknown}"
    for column, entry in columns.items():
        kind = TYPES.get(entry["type"], "string")
        frame[column] = pd.to_datetime(frame[column]) if "datetime" in kind else frame[column]
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


def tables(**rows):
    """All canonical tables, with the given rows."""
    return {
        name: table(name, rows.get(name, ()))
        for name in ("units", "tasks", "app_activity", "spells", "documents", "unit_year", "app_days")
    }
