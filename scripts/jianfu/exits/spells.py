"""Spells at a post: the months of each that are at risk, and what it ends with."""

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError
from jianfu.core.months import date_month, month_number
from jianfu.core.tables import own_columns
from jianfu.exits.definitions import SEXES, UNKNOWN, Definitions, Secondment

POSTS = ("bianzhi", "education", "rank")  # of the person, in the roster: texts
SAME_POST_GAP = 1  # months without a spell that do not interrupt the tenure at a post


def post_start(spells: pd.DataFrame) -> np.ndarray:
    """Month in which the present tenure at the post began (float array, one value per row of ``spells``).

    Consecutive spells of a person at the same unit form one tenure: a secondment and the return do not start it anew.
    """
    start, end = date_month(spells["spell_start"]), date_month(spells["spell_end"])
    order = np.lexsort((start, spells["unit_code"].to_numpy(), spells["person_key"].to_numpy()))
    person, unit = spells["person_key"].to_numpy()[order], spells["unit_code"].to_numpy()[order]
    same = np.r_[False, (person[1:] == person[:-1]) & (unit[1:] == unit[:-1])]
    previous = np.r_[np.nan, end[order][:-1]]
    continued = same & (start[order] <= previous + SAME_POST_GAP)
    chain = np.cumsum(~continued) - 1
    began = start[order][~continued][chain]
    result = np.empty(len(began))
    result[order] = began
    return result


def spell_months(spells: pd.DataFrame, window: tuple[str, str], definitions: Definitions) -> pd.DataFrame:
    """One row per spell with the first and last month at risk in ``window`` and everything the cells need.

    ``window`` is (first, last) as 'YYYY-MM'. Spells that do not touch the window are left out.
    """
    missing = [c for c in ("person_key", "unit_code", "birth_ym", "spell_start") if c not in spells]
    if missing:
        raise DataError("spells_column", column=missing[0])
    first, last = month_number(pd.Series(window))
    start, end = date_month(spells["spell_start"]), date_month(spells["spell_end"])
    frame = pd.DataFrame(
        {
            "person_key": spells["person_key"].to_numpy(dtype=object),
            "unit_code": spells["unit_code"].to_numpy(dtype=object),
            "birth": month_number(spells["birth_ym"]),
            "sex": spells["sex"].where(spells["sex"].isin(SEXES), UNKNOWN).to_numpy(dtype=object),
            "on_post": spells["on_post"].astype("boolean").fillna(True).to_numpy(dtype=bool),
            "start": start,
            "post_start": post_start(spells),
            "lock_until": date_month(spells["lock_until"]),
            "cause": definitions.event(spells["exit_type"], spells["destination_level"]),
            "end": end,
            "ends": ~np.isnan(end) & (end <= last),
            "no_type": spells["exit_type"].isna().to_numpy(),
            "no_destination": definitions.needs_destination(spells["exit_type"])
            & spells["destination_level"].isna(),
            "destination": spells["destination_level"].to_numpy(dtype=object, na_value=None),
            "role": _or_unknown(spells, "role"),
            "first": np.fmax(start + 1, first),
            "last": np.fmin(end, last),
            **{
                name: _or_unknown(spells, name)
                for name in POSTS
                if name in spells and spells[name].notna().any()
            },
            **{name: spells[name].to_numpy(dtype=object, na_value=None) for name in own_columns(spells)},
        }
    )
    touches = (np.isnan(end) | (end >= first)) & (np.isnan(start) | (start <= last))
    frame = frame[touches]
    frame = frame.sort_values(["person_key", "start", "unit_code"], kind="stable", ignore_index=True)
    frame["months"] = np.maximum(frame["last"] - frame["first"] + 1, 0).astype(int)
    return resolve_secondments(frame, last, definitions.secondment)


def resolve_secondments(frame: pd.DataFrame, last: float, rule: Secondment) -> pd.DataFrame:
    """What became of each departure on secondment, from the spells off the post that follow it without a gap.

    frame: ordered by person and start, with the columns of :func:`spell_months`; last: last month of the window. A
    departure that ended in an exit off the post takes over its destination, and the exit is no longer one of the spell
    off the post. ``open``: departures whose end is not known at the end of the window.
    """
    end = frame["end"].to_numpy()
    person, off, cause = (frame[name].to_numpy() for name in ("person_key", "on_post", "cause"))
    off, known = ~off, frame["ends"].to_numpy()
    same = np.r_[False, person[1:] == person[:-1]]
    follows = same & off & np.r_[False, frame["start"].to_numpy()[1:] <= end[:-1] + SAME_POST_GAP]
    block = np.cumsum(~follows) - 1
    final = np.flatnonzero(np.r_[~follows[1:], True])[block] if len(frame) else block
    left = ~off & known & (cause == rule.event)
    back = np.r_[same[1:], False][final]  # a later spell of the person: the return
    unresolved = left & ~back & ((final == np.arange(len(frame))) | ~known[final])
    away = np.where(unresolved, last, end[final]) - end
    via = left & ~unresolved & np.isin(cause[final], rule.ends) & off[final] & (away <= rule.within)
    became = np.select([via, left & (away >= rule.months)], [rule.via, rule.long], cause)
    became[final[via]] = ""
    destination = frame["destination"].to_numpy()
    destination = np.where(via, destination[final], destination)
    return frame.assign(cause=became, destination=destination, open=unresolved)


def _or_unknown(spells, column):
    """Text of an optional column, 不详 where it is missing or the column is absent."""
    if column not in spells:
        return np.full(len(spells), UNKNOWN, dtype=object)
    return spells[column].to_numpy(dtype=object, na_value=UNKNOWN)
