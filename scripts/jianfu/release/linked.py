"""Counts of one data set that stand in several outputs: their differences must not tell small groups either.

The survey answers used by two models, or the exits counted in a figure and in a model, are nearly the same persons, and
the difference of two such counts is a count of the persons in one and not in the other. Where any two of them differ by
fewer than ``min_cell``, the counts of the models and of the descriptions are rounded to multiples of ``min_cell``:
then at most one of two counts is exact, and their difference is known to within ``min_cell`` persons at best. The exact
ones (the sample flow of the survey, the totals of the dose-response figure) pass the gate by their own rules.
"""

import itertools
import json

import numpy as np
import pandas as pd

from jianfu.release.outputs import TOTAL

MAIN_EVENT = "voluntary"
LINKED = ("descriptives", "sample_flow", "dose_response")  # tables whose counts may be rounded


def close(values, min_cell: int) -> bool:
    """True if two different counts differ by fewer than ``min_cell``."""
    known = sorted({float(value) for value in values if not pd.isna(value)})
    return any(after - before < min_cell for before, after in itertools.pairwise(known))


def rounded(values, base) -> pd.Series:
    """Counts rounded to the nearest multiple of ``base``, halves upwards; missing ones stay missing."""
    return np.floor(pd.to_numeric(values).astype(float) / base + 0.5) * base


def round_linked(
    tables, estimates: pd.DataFrame, min_cell: int, persons=True
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, dict[str, int]]:
    """Released tables (by name) and estimates, linked counts rounded where they must be; cells changed by output.

    persons: mask of the estimates whose observations are persons or counts of them.
    """
    tables, estimates = {name: frame.copy() for name, frame in tables.items()}, estimates.copy()
    changed = dict.fromkeys((*tables, "estimates"), 0)
    for name, column, rows in (
        *_answers(tables, estimates, min_cell, persons),
        *_events(tables, estimates, min_cell),
        *_persons(tables, min_cell),
    ):
        frame = estimates if name == "estimates" else tables[name]
        before = pd.to_numeric(frame.loc[rows, column])
        frame.loc[rows, column] = rounded(before, min_cell)
        changed[name] += int((before.notna() & (before != frame.loc[rows, column])).sum())
        if name == "estimates" and column == "n_used":
            _round_dropped(estimates, rows, min_cell)
    return tables, estimates, changed


def _rows(tables, name, column, **equal):
    """Mask of the rows of a table with the given values, and their counts; empty where there is no such table."""
    if name not in tables:
        return np.zeros(0, dtype=bool), []
    frame = tables[name]
    mask = np.ones(len(frame), dtype=bool)
    for key, value in equal.items():
        mask &= (frame[key].astype(str) == value).to_numpy()
    return mask, list(frame.loc[mask, column])


def _answers(tables, estimates, min_cell, counted):
    """Survey answers: read and used by models, scored, described."""
    persons = (
        counted & estimates["n_events"].isna() & ~estimates["scale"].astype(str).str.startswith("log_")
    ).to_numpy()
    scores, described = _rows(tables, "descriptives", "n", block="scores")
    flow = tables["sample_flow"] if "sample_flow" in tables else pd.DataFrame(columns=["unit", "reason", "n"])
    left = flow.loc[flow["unit"].eq("respondents") & flow["reason"].eq(""), "n"]
    values = [*estimates.loc[persons, "n_used"], *estimates.loc[persons, "n_read"], *described, *left]
    if close(values, min_cell):
        yield "estimates", "n_used", persons
        if scores.any():
            yield "descriptives", "n", scores


def _events(tables, estimates, min_cell):
    """Exits: used by models of one outcome, and for voluntary exits those of the figure and of the sample flow."""
    for outcome in sorted(estimates["outcome"].unique()):
        rows = (estimates["outcome"].eq(outcome) & estimates["n_events"].notna()).to_numpy()
        values, flow = list(estimates.loc[rows, "n_events"]), np.zeros(0, dtype=bool)
        if outcome == MAIN_EVENT:
            flow, left = _rows(tables, "sample_flow", "n", unit="events")
            values += [*left, *_rows(tables, "dose_response", "exits", cohort=TOTAL, bin=TOTAL)[1]]
        if close(values, min_cell):
            yield "estimates", "n_events", rows
            if flow.any():
                yield "sample_flow", "n", flow


def _persons(tables, min_cell):
    """Persons of a cohort: all at risk, and those with a known exposure (the totals of the figure)."""
    if "dose_response" not in tables:
        return
    for cohort in sorted(tables["dose_response"]["cohort"].astype(str).unique()):
        rows, values = _rows(tables, "dose_response", "persons", cohort=cohort, bin=TOTAL)
        values += _rows(tables, "descriptives", "n", row="persons", cohort=cohort)[1]
        if close(values, min_cell):
            yield "dose_response", "persons", rows


def _round_dropped(estimates, rows, min_cell):
    """Round the dropped groups in place and let n_read and n_dropped be the sums, so that they still add up."""
    for row in estimates.index[rows]:
        if pd.isna(estimates.loc[row, "n_read"]) or pd.isna(estimates.loc[row, "n_used"]):
            continue
        text = estimates.loc[row, "dropped_by_reason"]
        drops = json.loads(text) if isinstance(text, str) and text else {}
        drops = {reason: int(n) for reason, n in rounded(pd.Series(drops, dtype=float), min_cell).items()}
        estimates.loc[row, "n_dropped"] = sum(drops.values())
        estimates.loc[row, "n_read"] = estimates.loc[row, "n_used"] + sum(drops.values())
        estimates.loc[row, "dropped_by_reason"] = json.dumps(drops, ensure_ascii=False, sort_keys=True)
