"""Person-months at risk of leaving a post, and how the sample came about.

A person is at risk in month m when on the post at the end of m-1; the event falls in the month of ``spell_end``.
Months on secondment (``on_post`` false) are not at risk; after the return the person is at risk again, and a secondment
that ended in an exit is that exit. Persons who
were in post before the window enter with it (delayed entry), those still in post at its end are censored.
"""

import numpy as np
import pandas as pd

from jianfu.core.months import month_number, month_text
from jianfu.core.tables import own_columns
from jianfu.exits.definitions import KINDS, SEXES, UNKNOWN, Definitions
from jianfu.exits.spells import POSTS, spell_months

LOCK_BANDS = ("locked", "ended_1y", "ended", "none")
AGE_LIMIT = 36 * 12  # months of age from which one is above the limit of 35 years of selection exams
LOCK_YEAR = 12  # months after the end of the minimum service that count as just ended


def lock_band(months) -> np.ndarray:
    """Where a month lies after the end of the minimum service, from months since that end (array; NaN gives none).

    locked: up to the month of the end; ended_1y: the 12 months after it; ended: later; none: no minimum service known.
    """
    months = np.asarray(months, dtype=float)
    names = np.array(LOCK_BANDS, dtype=object)[np.digitize(months, (1, LOCK_YEAR + 1))]
    return np.where(np.isnan(months), "none", names)


def own_level(value: object) -> str:
    """A value of an own column as the level of a group: numbers and yes or no as numbers, '' where it is missing."""
    if value is None or value != value:
        return ""
    return value if isinstance(value, str) else repr(float(value))


def expand(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Person-months of the spells in ``frame``: row number in ``frame`` and month number, as two integer arrays."""
    counts = frame["months"].to_numpy()
    row = np.repeat(np.arange(len(frame)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return row, frame["first"].to_numpy()[row].astype(int) + offset


def flow_row(step: str, reason: str, spells: pd.DataFrame, person_months: int, events: int = 0) -> dict:
    """A row of the sample flow: persons, person-months and exits behind ``step`` and ``reason``."""
    return {
        "step": step,
        "reason": reason,
        "persons": spells["person_key"].nunique(),
        "person_months": int(person_months),
        "events": int(events),
    }


def person_months(
    spells: pd.DataFrame, window: tuple[str, str], definitions: Definitions, *, details: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Person-months at risk and how the sample came about.

    Returns ``(frame, flow)``. ``frame`` has one row per person and month: person_key, unit_code, month, cohort, sex,
    tenure_band, tenure_months, lock, aged50, ``cause`` ('' = no exit) and its ``kind`` ('' = no exit), ordered by
    person and month; the categories of cohort and cause are those of the definitions, in their order. In ``flow`` the
    rows of step 'dropped' subtracted from the row 'read' give the row 'at_risk'. With ``details`` there are also role,
    lock_band, ``within_35`` (not yet 36 years old), the kind of post, education and rank that the roster has, and
    ``upward``: 1 if the exit leads above the township, 0 if not (NaN: no exit, or unknown), and the own
    columns of the roster as categories of text (:func:`own_level`).
    """
    table = spell_months(spells, window, definitions)
    flow = [flow_row("read", "", table, table["months"].sum(), _ended(table).sum())]
    reasons = {
        "off_post": ~table["on_post"],
        "missing_start": table["start"].isna(),
        "missing_birth": table["birth"].isna(),
    }
    lost = np.select(list(reasons.values()), list(reasons), default="")
    for reason in reasons:
        out = table[lost == reason]
        if len(out):
            flow.append(flow_row("dropped", reason, out, out["months"].sum(), _ended(out).sum()))
    table = table[lost == ""].reset_index(drop=True)

    row, month = expand(table)
    keep = _first_of_person_month(table, row, month)
    if not keep.all():
        out = table.iloc[np.unique(row[~keep])]
        flow.append(flow_row("dropped", "overlapping_post", out, (~keep).sum()))
    row, month = row[keep], month[keep]

    ends = table["ends"].to_numpy()[row] & (month == table["last"].to_numpy()[row])
    birth, tenure = table["birth"].to_numpy()[row], month - table["post_start"].to_numpy()[row]
    frame = pd.DataFrame(
        {
            "person_key": _categorical(table["person_key"])[row],
            "unit_code": _categorical(table["unit_code"])[row],
            "month": _month_categorical(month, window),
            "cohort": _categorical(definitions.cohort(table["birth"] // 12), definitions.cohorts)[row],
            "sex": _categorical(table["sex"], SEXES)[row],
            "tenure_band": pd.Categorical(definitions.tenure_band(tenure), list(definitions.tenure_bands)),
            "tenure_months": tenure.astype(int),
            "lock": table["lock_until"].to_numpy()[row] >= month,
            "aged50": month - birth >= 600,
            "cause": _categorical(table["cause"], ("", *definitions.events))[row],
        }
    )
    if details:
        since = month - table["lock_until"].to_numpy()[row]
        frame["role"] = _categorical(table["role"])[row]
        frame["lock_band"] = _categorical(lock_band(since), LOCK_BANDS)
        frame["within_35"] = month - birth < AGE_LIMIT
        for name in table.columns.intersection(POSTS):
            frame[name] = _categorical(table[name])[row]
        for name in own_columns(table):
            frame[name] = _categorical(table[name].map(own_level))[row]
        frame["upward"] = np.where(ends, _upward(table, definitions)[row], np.nan)
    frame.loc[~ends, "cause"] = ""
    kinds = np.array(["", *definitions.events.values()], dtype=object)
    frame["kind"] = pd.Categorical(kinds[frame["cause"].cat.codes], ("", *KINDS))
    exits = frame["cause"] != ""
    flow.append(flow_row("at_risk", "", frame, len(frame), exits.sum()))
    flow += _remarks(table, frame, table["no_destination"].to_numpy()[row] & ends)
    return frame, pd.DataFrame(flow)


def _upward(table, definitions):
    """1.0 for spells that end with a move above the township, 0.0 for other destinations, NaN where it is unknown."""
    destination = table["destination"].to_numpy(dtype=object)
    nowhere = table["cause"].isin(definitions.nowhere).to_numpy()
    upward = np.isin(destination.astype(str), definitions.upward).astype(float)
    upward[pd.isna(destination) & ~nowhere] = np.nan
    upward[nowhere] = 0.0
    return upward


def _categorical(values, levels=None):
    """Values as pandas categorical, with the given levels or the sorted ones that occur."""
    values = np.asarray(values, dtype=object)
    return pd.Categorical(values, sorted(set(values)) if levels is None else list(levels))


def _month_categorical(numbers, window):
    """Month numbers as categorical 'YYYY-MM' whose levels are all months of the window."""
    first, last = month_number(pd.Series(window)).astype(int)
    return pd.Categorical.from_codes(numbers - first, month_text(np.arange(first, last + 1)))


def _ended(table):
    """Spells whose recorded exit falls in a month at risk."""
    return table["ends"] & (table["cause"] != "") & (table["months"] > 0)


def _first_of_person_month(table, row, month):
    """True for the first spell of a person in a month: overlapping posts must not count a person twice."""
    person = pd.factorize(table["person_key"])[0]
    if len(np.unique(person)) == len(person):
        return np.ones(len(row), dtype=bool)
    return ~pd.Series(person[row] * 40_000 + month).duplicated().to_numpy()


def _remarks(table, frame, no_destination):
    """Flow rows on person-months that stay in but rest on an assumption."""
    unknown_sex = frame["sex"] == UNKNOWN
    unwritten = table["ends"] & (table["cause"] == "") & (table["months"] > 0)
    no_type, no_exit = unwritten & table["no_type"], unwritten & ~table["no_type"]
    short = table["ends"] & (table["cause"] != "") & (table["months"] == 0)
    pending = table["open"] & (table["months"] > 0)
    remarks = [
        flow_row("kept", "sex_unknown", frame[unknown_sex], unknown_sex.sum()),
        flow_row("kept", "destination_missing", frame[no_destination], 0, no_destination.sum()),
        flow_row("censored", "secondment_open", table[pending], 0, pending.sum()),
        flow_row("censored", "exit_type_missing", table[no_type], 0, no_type.sum()),
        flow_row("censored", "counted_as_no_exit", table[no_exit], 0, no_exit.sum()),
        flow_row("never_at_risk", "exit_in_entry_month", table[short], 0, short.sum()),
    ]
    return [remark for remark in remarks if remark["persons"]]
