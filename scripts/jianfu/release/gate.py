"""Disclosure control: the one gate between ``restricted/`` and ``release/``.

Only outputs declared in ``config/plan/outputs.csv`` pass, column by column, each by its method:

``cells``  rows are cells of a table: a row with fewer than ``min_cell`` persons in one of its counts (so also a zero),
           or in the rest of a whole (100 % cells), or dominated by two units, loses its figures; further rows are
           withheld until no withheld count can be worked out from totals.
``steps``  rows are points of a cumulative curve: points are left out until ``min_cell`` events lie between two.
``flow``   rows are chains of remaining and dropped persons: small dropped groups are merged.
``rows``   rows count the rows of source tables, which are persons in some: small counts and reasons are left out.
``open``   no persons are behind the figures (tasks, policy dates, burden indicators).

Counts are rounded where their like in another output would tell few persons (:mod:`jianfu.release.ledger`). Estimates
pass by :func:`jianfu.release.estimates.release_estimates`, reasons of any table by :mod:`jianfu.release.reasons`.
Everything that was done, and every check that found nothing, is a line of the disclosure log.
"""

import logging
from pathlib import Path

import pandas as pd

from jianfu.core.errors import DataError
from jianfu.core.labels import Labels
from jianfu.core.reasons import read_reasons
from jianfu.core.spreadsheets import write_csv
from jianfu.models.reasons import because
from jianfu.models.words import said
from jianfu.release.estimates import (
    counts_persons,
    release_estimates,
    with_reason,
    write_estimates,
)
from jianfu.release.ledger import ESTIMATES, LEDGER, round_alike
from jianfu.release.outputs import DIGITS, WITHHELD, Limits, Output, check_grain, read_outputs
from jianfu.release.reasons import coarse_texts
from jianfu.release.source_rows import in_words as rows_in_words
from jianfu.release.source_rows import release_rows
from jianfu.release.suppression import cell_keys, release_cells, release_flow, release_open, release_steps
from jianfu.release.vintage import (
    AS_BEFORE,
    PART,
    as_before,
    block_columns,
    counts_of,
    counts_of_models,
    read_vintage,
    with_parts,
    write_vintage,
)

LOGGER = logging.getLogger("jianfu")
LOG_COLUMNS = ["output", "rule", "cells", "result", "action"]


METHODS = {
    "cells": release_cells,
    "steps": release_steps,
    "flow": release_flow,
    "rows": release_rows,
    "open": release_open,
}


def release_frame(
    output: Output, frame: pd.DataFrame, limits: Limits, shown: frozenset[str] = frozenset()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """What of one output may leave, and the number of rows touched by each rule.

    shown: keys of the cells that are already released (:func:`jianfu.release.suppression.cell_keys`). Raises
    :class:`DataError` where the output may not leave in any form.
    """
    check_grain(output, frame)
    released, counts = METHODS[output.method](frame, output, limits, shown)
    if "reasons" in released:
        hidden = released["status"].eq(WITHHELD) if "status" in released else None
        released["reasons"], counts["reasons"] = coarse_texts(released["reasons"], limits.min_cell, hidden)
    return released, counts


# ------------------------------------------------------------------------------------------------ files


def release_all(
    *,
    published: dict[str, str],
    estimates: str,
    plan: str,
    settings: dict,
    labels: Labels,
    synthetic: bool,
    folder: str | Path,
    vintage: str | Path,
    earlier: str | Path | None = None,
) -> None:
    """Pass every published table and the estimates through the gate and write what may leave.

    published: paths of parquet files by output name; ``plan``: config/plan/outputs.csv; ``settings``: the group
    ``disclosure``; ``folder``: the release folder. Writes figures/<name>.csv, tables/<name>.csv, estimates.csv,
    reasons.csv and disclosure_log.csv there. vintage: file with the release before, which this one takes the place of
    (:mod:`jianfu.release.vintage`); earlier: that of other results which this release will stand beside, for what has
    no release before of its own.
    """
    limits, outputs = Limits(**settings), read_outputs(plan)
    mark = labels("synthetic_mark") if synthetic else ""
    unknown = sorted(set(published) - set(outputs))
    if unknown:
        raise DataError("undeclared_output", file=published[unknown[0]], output=unknown[0])
    tables, counts, touched, shown = {}, {}, {}, set()
    for name in sorted(published, key=lambda name: bool(outputs[name].linked)):
        frame = pd.read_parquet(published[name])
        tables[name], touched[name] = release_frame(outputs[name], frame, limits, frozenset(shown))
        counts[name] = counts_of(frame, outputs[name])
        shown |= cell_keys(tables[name], outputs[name])
    full = pd.read_parquet(estimates)
    frame, touched[ESTIMATES] = release_estimates(full, limits)
    counts[ESTIMATES] = counts_of_models(full, counts_persons(full))
    tables, frame, changed = round_alike(tables, frame, limits.min_cell, counts_persons(frame))
    for name in {ESTIMATES, *(entry.output for entry in LEDGER)} & set(touched):
        touched[name] |= {"linked_counts": changed[name]}
    before, now = (read_vintage(earlier) if earlier else {}) | read_vintage(vintage), {}
    for name, table in {**tables, ESTIMATES: with_parts(frame)}.items():
        by = PART if name == ESTIMATES else block_columns(outputs[name])
        table, repeated, kept, close = as_before(name, table, by, counts[name], before, limits.min_cell)
        if counts[name]:
            touched[name] |= {"as_before": repeated}
            old = {block for output, block in before if output == name}
            if old and not old & counts[name].keys():  # as an earlier version of the program stored them
                touched[name] |= {"unrecognised": len(old)}
                LOGGER.warning("%s: %s", name, labels("gate_unrecognised"))
            now |= kept
        if name == ESTIMATES:
            table = with_reason(table, close, because(AS_BEFORE))
        tables[name] = table
    frame = tables.pop(ESTIMATES)
    write_vintage(before | now, vintage)
    write_estimates(frame, folder, labels, mark)
    for name, table in tables.items():
        path = Path(folder) / outputs[name].area / f"{name}.csv"
        write_csv(in_words(table, outputs[name], labels), path, mark=mark, digits=DIGITS)
    log = [line for name, counts in touched.items() for line in log_lines(name, counts, limits, labels)]
    write_csv(pd.DataFrame(log, columns=LOG_COLUMNS), Path(folder) / "disclosure_log.csv", mark=mark)
    for line in log:
        LOGGER.info("%s: %s: %s cells, %s", *line[:4])


def in_words(table: pd.DataFrame, output: Output, labels: Labels) -> pd.DataFrame:
    """A released table as it is written: ``reasons`` become a ``note``, those of source rows stand in words."""
    if output.method == "rows":
        return rows_in_words(table, labels)
    if "reasons" not in table:
        return table
    notes = [said(read_reasons(text), labels) for text in table["reasons"]]
    return table.assign(reasons=notes).rename(columns={"reasons": "note"})


def log_lines(name: str, counts: dict[str, int], limits: Limits, labels: Labels) -> list[list]:
    """Lines of the disclosure log for one output: output, rule, cells affected, result, action."""
    values = {"n": limits.min_cell, "share": f"{limits.dominance:.0%}", "df": limits.min_residual_df}
    found = [[name, labels("gate_grain"), 0, labels("gate_passed"), labels("gate_none")]]
    for rule, cells in counts.items():
        rule_text = labels(f"gate_{rule}", **values)
        if cells:
            found.append([name, rule_text, cells, labels("gate_applied"), labels(f"gate_{rule}_action")])
        else:
            found.append([name, rule_text, 0, labels("gate_passed"), labels("gate_none")])
    return found
