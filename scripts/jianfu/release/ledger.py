"""The ledger of counts: every released count of the same persons, answers or exits, so that all are rounded alike.

The answers used by two models, or the exits counted in a figure and in a model, are nearly the same, and the difference
of two such counts is a count of those in one and not in the other. Where two of a kind differ by fewer than
``min_cell``, all counts of that kind are rounded to multiples of ``min_cell``, in every output, parts of a total
included: then their differences tell a small group in no case, and one number reads alike wherever it stands.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jianfu.release.outputs import TOTAL

MAIN_EVENT = "voluntary"
ESTIMATES = "estimates"


@dataclass(frozen=True)
class Entry:
    """Counts in one column of an output, in the rows where the columns ``where`` have these values.

    by: column whose values tell the counts that may be compared (persons of one cohort with each other); ``total``: the
    value of a dimension that marks what may be compared where parts stand beside totals.
    """

    output: str
    column: str
    where: dict = field(default_factory=dict)
    by: str = ""
    total: tuple[str, ...] = ()


# kind of count -> where it stands; parts (waves, bins, groups) are rounded with their totals and compared with nothing
LEDGER = {
    "answers": (
        Entry("descriptives", "n", {"block": "scores"}),
        Entry("sample_flow", "n", {"unit": "respondents"}),
        Entry("scale_reliability", "respondents"),
        Entry("scale_structure", "respondents"),
        Entry("measurement_invariance", "respondents"),
        Entry("survey_response", "respondents", total=("wave",)),
        Entry("burnout_by_overload", "n_respondents", total=("bin",)),
        Entry("burnout_by_overload", "n_persons", total=("bin",)),
    ),
    "events": (
        Entry("descriptives", "n", {"block": "persons", "row": "exits"}, by="cohort"),
        Entry("sample_flow", "n", {"unit": "events"}),
        Entry("dose_response", "exits", by="cohort", total=("bin",)),
    ),
    "persons": (
        Entry("descriptives", "n", {"block": "persons", "row": "persons"}, by="cohort"),
        Entry("sample_flow", "n", {"unit": "persons"}),
        Entry("dose_response", "persons", by="cohort", total=("bin",)),
    ),
    "at_risk": (Entry("cumulative_incidence_at_risk", "n_at_risk"),),
}
# figures that follow from a rounded count: {output: (count, figures in proportion to it)}
RATES = {
    "dose_response": ("exits", ("rate", "ci_low", "ci_high")),
    "survey_response": ("respondents", ("rate",)),
}
# tables of fit: n follows from RMSEA, chi-squared and df, so that they keep few digits where n is rounded
OF_FIT = ("scale_reliability", "scale_structure", "measurement_invariance")
DIGITS_OF_FIT = 3  # significant digits


def close(values, min_cell: int) -> bool:
    """True if two different counts differ by fewer than ``min_cell``."""
    known = sorted({float(value) for value in values if not pd.isna(value)})
    return any(after - before < min_cell for before, after in itertools.pairwise(known))


def rounded(values, base) -> pd.Series:
    """Counts rounded to the nearest multiple of ``base``, halves upwards; missing ones stay missing."""
    return np.floor(pd.to_numeric(values).astype(float) / base + 0.5) * base


def round_alike(
    tables: dict[str, pd.DataFrame], estimates: pd.DataFrame, min_cell: int, persons=True
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, dict[str, int]]:
    """Released tables (by name) and estimates, counts rounded where they must be; cells changed by output.

    persons: mask of the estimates whose observations are persons or counts of them.
    """
    tables, estimates = {name: frame.copy() for name, frame in tables.items()}, estimates.copy()
    before = {**tables, ESTIMATES: estimates}
    before = {name: frame.copy() for name, frame in before.items()}
    for kind, entries in LEDGER.items():
        own = [(entry, _rows(tables[entry.output], entry)) for entry in entries if entry.output in tables]
        compared = [*_compared(tables, own), *_of_models(estimates, kind, persons)]
        groups = {}
        for group, value in compared:
            groups.setdefault(group, []).append(value)
        if any(close(values, min_cell) for values in groups.values()):
            for entry, rows in own:
                _round(tables[entry.output], entry.column, rows, min_cell)
                if entry.output in OF_FIT:
                    tables[entry.output] = _with_few_digits(tables[entry.output], entry.column)
            _round_models(estimates, kind, persons, min_cell)
    for name, frame in tables.items():
        _rescale(frame, before[name], name)
        if name == "sample_flow":
            tables[name] = _added_up(frame, before[name])
    changed = {name: _changed({**tables, ESTIMATES: estimates}[name], old) for name, old in before.items()}
    return tables, estimates, changed


def _rows(frame, entry):
    """Mask of the rows of an entry."""
    mask = frame[entry.column].notna().to_numpy()
    for column, value in entry.where.items():
        mask = mask & (frame[column].astype(str) == value).to_numpy()
    return mask


def _compared(tables, own) -> Iterator[tuple]:
    """(what is counted, count) of the totals among the entries."""
    for entry, rows in own:
        frame = tables[entry.output][rows]
        for column in entry.total:
            frame = frame[frame[column].astype(str) == TOTAL]
        if "reason" in frame:
            frame = frame[frame["reason"] == ""]
        groups = frame[entry.by].astype(str) if entry.by else [TOTAL] * len(frame)
        yield from zip(groups, pd.to_numeric(frame[entry.column]), strict=True)


def _of_answers(estimates, persons):
    """Mask of the models of persons' answers: no events, no cells of a log-linear model."""
    return (persons & estimates["n_events"].isna() & estimates["n_used"].notna()).to_numpy()


def _of_models(estimates, kind, persons) -> Iterator[tuple]:
    """(what is counted, count) of the models."""
    if kind == "answers":
        rows = estimates[_of_answers(estimates, persons)]
        yield from ((TOTAL, n) for n in [*rows["n_used"], *rows["n_read"]])
    elif kind == "events":
        for outcome, n in zip(estimates["outcome"], estimates["n_events"], strict=True):
            yield (TOTAL if outcome == MAIN_EVENT else f"outcome {outcome}"), n


def _round(frame, column, rows, base):
    frame[column] = pd.to_numeric(frame[column]).astype(float).mask(rows, rounded(frame[column], base))


def _with_few_digits(frame, count):
    """The frame with ``DIGITS_OF_FIT`` significant digits in its figures."""
    figures = [name for name in frame if name != count and pd.api.types.is_float_dtype(frame[name])]
    short = {name: frame[name].map(lambda x: float(f"{x:.{DIGITS_OF_FIT}g}")) for name in figures}
    return frame.assign(**short)


def _round_models(estimates, kind, persons, base):
    """Round the counts of the models of one kind in place; observations read, dropped and used still add up."""
    if kind == "events":
        _round(estimates, "n_events", estimates["n_events"].notna(), base)
    if kind != "answers":
        return
    rows = _of_answers(estimates, persons)
    _round(estimates, "n_used", rows, base)
    for row in estimates.index[rows & estimates["n_read"].notna().to_numpy()]:
        text, used = estimates.loc[row, "dropped_by_reason"], estimates.loc[row, "n_used"]
        drops = json.loads(text) if isinstance(text, str) and text else {}
        read = rounded(pd.Series([estimates.loc[row, "n_read"]]), base).item()
        drops = adding_up(drops, int(read - used), base)
        estimates.loc[row, ["n_read", "n_dropped"]] = read, read - used
        estimates.loc[row, "dropped_by_reason"] = json.dumps(drops, ensure_ascii=False, sort_keys=True)


def adding_up(drops: dict[str, int], total: int, base: int) -> dict[str, int]:
    """Counts by reason rounded to multiples of ``base`` so that they add up to ``total``: the largest gives way."""
    found = {reason: int(n) for reason, n in rounded(pd.Series(drops, dtype=float), base).items()}
    for reason in sorted(found, key=lambda reason: (-drops[reason], reason)):
        found[reason] = max(found[reason] + total - sum(found.values()), 0)
    return found


def _added_up(frame, before):
    """Chains whose dropped groups are the differences of what remains."""
    frame = frame.copy()
    for _, chain in frame.groupby(["chain", "unit"], sort=False):
        left = chain[chain["reason"] == ""].sort_values("position")
        changed = not chain["n"].equals(pd.to_numeric(before.loc[chain.index, "n"]).astype(chain["n"].dtype))
        for (_, earlier), (_, later) in itertools.pairwise(left.iterrows()) if changed else ():
            drops = chain[(chain["reason"] != "") & (chain["position"] == later["position"])]
            if drops["n"].isna().any() or pd.isna(earlier["n"]) or pd.isna(later["n"]):
                continue
            found = adding_up(drops.set_index("reason")["n"].to_dict(), int(earlier["n"] - later["n"]), 1)
            frame.loc[drops.index, "n"] = [float(found[reason]) for reason in drops["reason"]]
    return frame


def _rescale(frame, before, name):
    """Rates in place as they follow from the rounded counts."""
    if name not in RATES:
        return
    count, figures = RATES[name]
    factor = pd.to_numeric(frame[count]).astype(float) / pd.to_numeric(before[count]).astype(float)
    for column in frame.columns.intersection(list(figures)):
        scaled = pd.to_numeric(frame[column]).astype(float) * factor
        frame[column] = frame[column].mask(factor.ne(1) & factor.notna(), scaled)


def _changed(frame, before):
    """Number of cells that differ."""
    same = (frame.astype(object) == before.astype(object)) | (frame.isna() & before.isna())
    return int((~same).to_numpy().sum())
