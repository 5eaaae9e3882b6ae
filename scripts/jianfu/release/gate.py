"""Disclosure control: the one gate between ``restricted/`` and ``release/``.

Only outputs declared in ``config/plan/outputs.csv`` pass, column by column, each by its method:

``cells``  rows are cells of a table: a row with fewer than ``min_cell`` persons in one of its counts (so also a zero),
           or in the rest of a whole (100 % cells), or dominated by two units, loses its figures; further rows are
           withheld until no withheld count can be worked out from totals.
``steps``  rows are points of a cumulative curve: points are left out until ``min_cell`` events lie between two.
``flow``   rows are chains of remaining and dropped persons: small dropped groups are merged.
``rows``   rows count the rows of source tables, which are persons in some: small counts and reasons are left out.
``open``   no persons are behind the figures (tasks, policy dates, burden indicators).

Counts are not rounded, save those that their like in another output would tell (:mod:`jianfu.release.linked`).
Estimates pass by :func:`release_estimates`. Everything that was done, and every check that found nothing, is a line
of the disclosure log.
"""

import json
import logging
from pathlib import Path

import pandas as pd

from jianfu.core.errors import DataError
from jianfu.models.estimates import ESTIMATE_COLUMNS
from jianfu.release.linked import LINKED, round_linked
from jianfu.release.notes import coarse_notes, rates_of_released
from jianfu.release.outputs import Limits, check_grain, read_outputs, write_csv
from jianfu.release.source_rows import in_words, release_rows
from jianfu.release.suppression import cell_keys, gather_small, release_cells, release_flow, release_steps

LOGGER = logging.getLogger("jianfu")
ESTIMATE_FIGURES = ["estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted", "n_events"]
LOG_COLUMNS = ["output", "rule", "cells", "result", "action"]


def release_frame(output, frame, limits, shown=frozenset()):
    """What of one output may leave, and the number of rows touched by each rule.

    shown: keys of the cells that are already released (:func:`jianfu.release.suppression.cell_keys`). Raises
    :class:`DataError` where the output may not leave in any form.
    """
    check_grain(output, frame)
    if output.method == "open":
        return frame[output.released].copy(), {}
    methods = {
        "cells": release_cells,
        "steps": release_steps,
        "flow": release_flow,
        "rows": release_rows,
    }
    return methods[output.method](frame, output, limits, shown)


def release_estimates(estimates, limits, withheld_text):
    """Estimates that may leave, in the fixed columns, and log lines.

    A row keeps its place but loses its figures where fewer than ``min_cell`` observations or events are behind it, or
    fewer than ``min_residual_df`` residual degrees of freedom (column ``residual_df``; without it, observations less
    one per unit); event counts that would tell a withheld one go with it. Where observations are persons (rows
    without events; column ``persons``: not those whose rows are units, months or chains), small dropped groups are
    merged. A small number of observations used goes with the counts whose difference it is, unless none was used.
    """
    missing = [column for column in ESTIMATE_COLUMNS if column not in estimates]
    if missing:
        raise DataError(
            f"estimates_full.parquet: the column '{missing[0]}' is absent; correct the rule fit_models."
        )
    released = estimates[ESTIMATE_COLUMNS].copy().reset_index(drop=True)
    used, events = (pd.to_numeric(released[c]) for c in ("n_used", "n_events"))
    fitted = released["estimate"].notna().to_numpy()
    few = (used.lt(limits.min_cell) | events.lt(limits.min_cell)).to_numpy(dtype=bool, na_value=False)
    freedom = (
        pd.to_numeric(estimates["residual_df"]).reset_index(drop=True)
        if "residual_df" in estimates
        else used - pd.to_numeric(released["n_units"])
    )
    thin = freedom.lt(limits.min_residual_df).to_numpy(dtype=bool, na_value=False)
    hidden = fitted & (few | thin) | few & events.notna().to_numpy()
    for column in ESTIMATE_FIGURES:
        released[column] = released[column].mask(hidden)
    persons = _counts_persons(estimates)
    small = (persons & used.gt(0) & used.lt(limits.min_cell)).to_numpy(dtype=bool, na_value=False)
    for column in ("n_used", "n_dropped"):
        released[column] = released[column].mask(small)
    released["dropped_by_reason"] = released["dropped_by_reason"].mask(small, "{}")
    siblings = _part_outcomes(released, few & hidden)
    released["n_events"] = released["n_events"].mask(siblings)
    note = released["note"].fillna("").astype(str)
    note = coarse_notes(note, limits.min_cell)
    released["note"] = note.mask(hidden, (note + "; " + withheld_text).str.strip("; "))
    merged = _merge_dropped(released, (persons & events.isna()).to_numpy(), limits.min_cell)
    counts = {
        "small_cells": int((hidden & few).sum()),
        "residual_df": int((hidden & thin & ~few).sum()),
        "dropped_groups": merged,
    }
    return released, counts


def _counts_persons(estimates):
    """Whether the observations behind each row are persons or counts of them; without the column, they are."""
    if "persons" not in estimates:
        return pd.Series(True, index=range(len(estimates)))
    return estimates["persons"].reset_index(drop=True).map(lambda known: known is None or bool(known))


def _part_outcomes(released, hidden):
    """Rows whose events, taken from the primary model's, would tell those of a row withheld for few events.

    The causes of exit add up to all voluntary exits: where one is withheld, the event counts of the others go as well.
    """
    found = pd.Series(False, index=released.index)
    for hypothesis in released.loc[hidden, "hypothesis"].unique():
        same = released["hypothesis"] == hypothesis
        whole = set(released.loc[same & (released["role"] == "primary"), "outcome"])
        found |= same & ~released["outcome"].isin(whole)
    return found


def _merge_dropped(released, persons, min_cell):
    """Merge small dropped groups of persons in place; number of rows changed."""
    changed = 0
    for row in released.index[persons]:
        text = released.loc[row, "dropped_by_reason"]
        drops = {
            r: int(n)
            for r, n in (json.loads(text) if isinstance(text, str) and text else {}).items()
            if n > 0
        }
        if not drops or all(n >= min_cell for n in drops.values()):
            continue
        changed += 1
        if sum(drops.values()) >= min_cell:
            drops = gather_small(drops, min_cell)
        else:
            drops = {}
            released.loc[row, ["n_read", "n_dropped"]] = None
        released.loc[row, "dropped_by_reason"] = json.dumps(drops, ensure_ascii=False, sort_keys=True)
    return changed


# ------------------------------------------------------------------------------------------------ files


def release_all(
    published: dict,
    estimates: str,
    plan: str,
    settings: dict,
    labels,
    synthetic: bool,
    folder: str,
):
    """Pass every published table and the estimates through the gate and write what may leave.

    published: paths of parquet files by output name; ``plan``: config/plan/outputs.csv; ``settings``: the group
    ``disclosure``; ``folder``: the release folder. Writes figures/<name>.csv, tables/<name>.csv, estimates.csv and
    disclosure_log.csv there.
    """
    limits, outputs = Limits(**settings), read_outputs(plan)
    mark = labels("synthetic_mark") if synthetic else ""
    unknown = sorted(set(published) - set(outputs))
    if unknown:
        raise DataError(
            f"{published[unknown[0]]}: '{unknown[0]}' is not declared in config/plan/outputs.csv and may not be "
            "released."
        )
    tables, touched, shown = {}, {}, set()
    for name in sorted(published, key=lambda name: bool(outputs[name].linked)):
        frame = pd.read_parquet(published[name])
        tables[name], touched[name] = release_frame(outputs[name], frame, limits, frozenset(shown))
        shown |= cell_keys(tables[name], outputs[name])
    whole = pd.read_parquet(estimates)
    frame, touched["estimates"] = release_estimates(whole, limits, labels("withheld_note"))
    tables, frame, changed = round_linked(tables, frame, limits.min_cell, _counts_persons(whole))
    frame = rates_of_released(frame)
    if changed["estimates"]:
        frame["note"] = with_note(frame, labels("rounded_note", n=limits.min_cell))
    log = []
    for name, table in tables.items():
        output = outputs[name]
        linked = {"linked_counts": changed[name]} if name in LINKED else {}
        log += log_lines(name, output.method, touched[name] | linked, limits, labels)
        words = in_words(table, labels) if output.method == "rows" else table
        write_csv(words, Path(folder) / output.area / f"{name}.csv", mark)
    if synthetic:
        frame["note"] = (mark + "; " + frame["note"]).str.strip("; ")
    write_csv(frame, Path(folder) / "estimates.csv")
    log += log_lines(
        "estimates",
        "estimates",
        touched["estimates"] | {"linked_counts": changed["estimates"]},
        limits,
        labels,
    )
    write_csv(pd.DataFrame(log, columns=LOG_COLUMNS), Path(folder) / "disclosure_log.csv", mark)
    for line in log:
        LOGGER.info("%s: %s: %s cells, %s", *line[:4])


def with_note(estimates, text):
    """Notes of the estimates, with ``text`` where there is an estimate whose counts may be rounded."""
    note = estimates["note"].fillna("").astype(str)
    return note.where(estimates["estimate"].isna(), (note + "; " + text).str.strip("; "))


def log_lines(name, method, counts, limits, labels):
    """Lines of the disclosure log for one output: output, rule, cells affected, result, action."""
    values = {"n": limits.min_cell, "share": f"{limits.dominance:.0%}", "df": limits.min_residual_df}
    found = [[name, labels("gate_grain"), 0, labels("gate_passed"), labels("gate_none")]]
    for rule, cells in counts.items():
        rule_text = labels(f"gate_{rule}", **values)
        if cells:
            found.append([name, rule_text, cells, labels("gate_applied"), labels(f"gate_{rule}_action")])
        else:
            found.append([name, rule_text, 0, labels("gate_passed"), labels("gate_none")])
    if method == "open":
        found.append([name, labels("gate_open"), 0, labels("gate_passed"), labels("gate_none")])
    return found
