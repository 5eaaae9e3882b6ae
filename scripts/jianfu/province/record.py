"""What a province asks and how, as one record: what decides a figure, and how two records differ.

It holds the rows of every table of the plan that provinces may overlay (without words and layout) and the settings in
which provinces should not differ, with the window of the data.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from jianfu.config import merging
from jianfu.config.overlay import differences, read_tables, rows_of

WORDS = (
    "labels",
    "tables",
    "index_roles",
)  # tables of the plan that decide how something is shown, not what it is


def plan_record(plan: str | Path, content: Callable[[str], object], settings: Mapping) -> dict:
    """{"settings": {...}, "tables": {table: [[names of the row, value], ...]}} of a province.

    plan: the folder config/plan; content: from the name of a file of the plan to its content with the overlay
    (:func:`jianfu.province.plan.plan_content`).
    """
    tables = {
        name: [[list(names), value] for names, value in rows_of(table, content(table.file)).items()]
        for name, table in read_tables(plan).items()
        if name not in WORDS
    }
    decided = {"window": settings["data"]["window"], **merging.shared(settings)}
    return json.loads(json.dumps({"settings": decided, "tables": tables}))


def departures(plan: str | Path, registered: Mapping, now: Mapping) -> list[dict]:
    """Whatever differs between two records: rows table, row, field, common (the registered value), own (that of now).

    As :func:`jianfu.province.plan.deviations`; a table of the plan that one of the two does not know is left out.
    """
    found = [
        {"table": "settings", "row": "", "field": key, "common": old, "own": new}
        for key, old, new in merging.differing(registered["settings"], now["settings"])
    ]
    for name, table in read_tables(plan).items():
        if name in registered["tables"] and name in now["tables"]:
            pair = (
                {tuple(names): value for names, value in record["tables"][name]}
                for record in (registered, now)
            )
            found += [
                {"table": name, "row": row, "field": key, "common": old, "own": new}
                for row, key, old, new in differences(table, *pair)
            ]
    return found
