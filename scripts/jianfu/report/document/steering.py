"""What the report says of the common plan, of the plan's registration, and of what was changed after it.

Main results before and after a change (rows left out, cohorts cut elsewhere) are those of two successive releases of
the province: the second passed the gate in the knowledge of the first (:mod:`jianfu.release.vintage`), so that their
differences tell no small group.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from jianfu.core.labels import Labels
from jianfu.models.reasons import has
from jianfu.models.verdicts import deciding_estimates, usable, verdict
from jianfu.models.words import term_label
from jianfu.province.plan import read_deviations
from jianfu.release.vintage import AS_BEFORE
from jianfu.report.compare import Result
from jianfu.report.document.facts import born_in
from jianfu.report.document.plan_tables import deviations_rows
from jianfu.report.tables.table import NOTHING, Table, count, number

CONFIRMATORY = "confirmatory"
SIDES = ("release_before", "release_now")
RESULT = ("estimate_interval", "n_used", "verdict")


def registration_facts(plan: Mapping[str, str]) -> dict:
    """``common``: version, digest and whether edited, of the common plan; ``registrations``: made, digest, outcomes and
    held of each, the earliest first; ``departures``: rows as from :func:`jianfu.province.record.departures`.

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


def before_after_table(before: Result, now: Result, labels: Labels) -> Table:
    """The confirmatory lines, and whatever verdict differs, in an earlier release and in this one."""
    found: dict[tuple, list] = {}
    for side, result in enumerate((before, now)):
        for plan, row in deciding_estimates(result.estimates, result.hypotheses):
            code = verdict(row, plan["predicted_sign"], float(plan["smallest"]), result.alpha).code
            key = (plan["hypothesis"], plan["model"], plan["term"])
            found.setdefault(key, [None, None])[side] = (row, code, plan["family"] == CONFIRMATORY)
    rows = []
    for (hypothesis, _, term), sides in found.items():
        codes = {None if side is None else side[1] for side in sides}
        if len(codes) > 1 or any(side and side[2] for side in sides):
            cells = [cell for side in sides for cell in _cells(side, labels)]
            rows.append((hypothesis, term_label(term, labels), *cells))
    header = [f"{labels(f'column_{key}')}\n{labels(side)}" for side in SIDES for key in RESULT]
    header = (labels("column_hypothesis"), labels("column_term"), *header)
    notes = (labels("note_before_after"), *_cohorts_differ(before, now, labels))
    return Table("before_after", labels("table_before_after"), header, tuple(rows), notes=notes, left=2)


def _cohorts_differ(before, now, labels):
    """A remark where the cohort in question holds other years of birth than before; its lines are of other persons."""
    found = []
    for result in (before, now):
        tables = {name: result.record["tables"][name] for name in ("cohorts", "focus")}
        exits = {
            "cohorts": {name: year for (name,), year in tables["cohorts"]},
            "focus": tables["focus"][0][1],
        }
        found.append((exits["focus"], *born_in(exits)))
    if found[0] == found[1]:
        return []
    texts = []
    for name, first, last in found:
        kind = "until" if first is None else "from" if last is None else "between"
        texts.append(labels(f"cohort_born_{kind}", name=name, first=first, last=last))
    return [labels("note_cohorts_differ", before=texts[0], now=texts[1])]


def _cells(side, labels):
    """Estimate with interval, observations used and verdict; dashes where a release does not have the line.

    Figures that the gate took over from the release before are no result of this one, and said to be so.
    """
    if side is None:
        return (NOTHING,) * len(RESULT)
    row, code, _ = side
    if row is not None and has(row["reasons"], AS_BEFORE):
        return (labels("before_after_kept"), NOTHING, NOTHING)
    if row is None or not usable(row):
        return (NOTHING, NOTHING, labels(f"verdict_{code}"))
    interval = f"[{number(row['ci_low'])}, {number(row['ci_high'])}]"
    return (f"{number(row['estimate'])}\n{interval}", count(row["n_used"]), labels(f"verdict_{code}"))


def _json(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))
