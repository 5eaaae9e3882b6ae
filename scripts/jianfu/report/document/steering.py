"""What the report says of the common plan, of the plan's registration, and of what was changed after it."""

import json
from collections.abc import Mapping
from pathlib import Path

from jianfu.core.labels import Labels
from jianfu.province.plan import read_deviations
from jianfu.report.document.plan_tables import deviations_rows
from jianfu.report.tables.table import Table


def registration_facts(plan: Mapping[str, str]) -> dict:
    """``common``: version, digest and whether edited, of the common plan; ``registrations``: made, digest, outcomes and
    held of each, the earliest first; ``departures``: rows as from :func:`jianfu.province.registration.departures`.

    plan: paths of the files that rule record_provenance wrote: resolved, registrations, departures.
    """
    return {
        "common": _json(plan["resolved"])["common"],
        "registrations": _json(plan["registrations"]),
        "departures": read_deviations(plan["departures"]),
    }


def departures_table(departures: list[dict], labels: Labels) -> Table:
    """What differs from the registered plan: what it is, the registered value, and that of this report."""
    header = tuple(labels(f"column_{key}") for key in ("setting", "registered_value", "own_value"))
    rows = tuple(deviations_rows(departures, labels))
    return Table("departures", labels("table_departures"), header, rows, left=3)


def _json(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))
