"""Roster and movement ledger joined into spells: who was on (or off) which post from when to when.

Ledger rows are applied per person in date order. A departure (减员) closes the open post, an arrival (增员) opens one,
a secondment (借调) closes the post and opens an off-post spell until the return. `spell_end` is the last day. A roster
that says who has left counts as a ledger of these departures; who left on no known day is off the post.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa

from jianfu.core.errors import DataError

SECONDED = "借调"
STAYS, LEFT = "在职", "离开"  # what a roster says of people without saying how they left
# columns of a roster with the day on which somebody left, and what they say about how
LEAVE_DATES = {"leave_date": None, "retire_date": "退休", "transfer_date": "调出"}
MAX_OVERLAP = 31  # days that two posts of one person may overlap
DAY = timedelta(days=1)


@dataclass
class Spell:
    """One spell while it is being assembled; ``origin`` is (src, row) of the raw row that opened it."""

    person: str
    unit: str
    start: date | None
    origin: tuple
    traits: dict
    on_post: bool = True
    end: date | None = None
    exit_type: str | None = None
    destination: str | None = None
    closed_by: tuple | None = None


@dataclass
class Assembled:
    """``spells`` canonical rows in order, ``origins`` (src, row) of each, rejected raw rows, and counts of oddities."""

    spells: pa.Table
    origins: list
    rejects: pd.DataFrame
    notices: Counter = field(default_factory=Counter)


def assemble(roster, ledger, schema, today, stock="opening"):
    """Spells from the kept rows of roster and ledger (Arrow tables with src, row and their columns).

    ``today``: the day of the export; a roster that names later days of leaving plans them. ``stock``: the roster lists
    who was in post before ('opening') or after ('closing') the window. Returns :class:`Assembled`. Raw rows whose post
    ends before it begins, or overlaps another by more than 31 days, are rejected; an overlap takes both rows along.
    """
    entries, movements = _by_person(roster), _by_person(ledger)
    rejects, notices, spells = [], Counter(), []
    for person in sorted(set(entries) | set(movements)):
        own, moves, early = _with_departures(
            entries.get(person, []), movements.get(person, []), today, notices
        )
        rejects += early
        moves, early = _without_early_exits(own, moves, stock)
        rejects += early
        while True:
            found, counted = _person_spells(own, moves, stock)
            clash = _overlapping(found)
            if not clash:
                break
            rejects += [
                (*origin, "spell_start", "overlapping_spell", str(start)) for origin, start in sorted(clash)
            ]
            struck = {origin for origin, _ in clash}
            own = [row for row in own if _origin(row) not in struck]
            moves = [row for row in moves if _origin(row) not in struck]
        spells += found
        notices += counted
    spells.sort(key=lambda s: (s.person, s.unit, s.start or date.min, s.end or date.max, s.on_post, s.origin))
    table = pa.table({name: [_value(s, name) for s in spells] for name in schema.names}, schema=schema)
    frame = pd.DataFrame(rejects, columns=["src", "row", "column", "reason", "value"])
    return Assembled(table, [s.origin for s in spells], frame, notices)


def _by_person(rows):
    """Rows as dicts, grouped by person, in order of files, sheets and rows."""
    people = {}
    for row in sorted(rows.to_pylist(), key=_origin):
        people.setdefault(row["person_key"], []).append(row)
    return people


def _origin(row):
    return row["src"], row["row"]


def _with_departures(own, moves, today, counted):
    """Rows of one person with the departures that the roster tells as movements, and its rows that leave too early.

    A departure that the ledger has, too, is the ledger's. Rows of people who have left get ``gone``.
    """
    kept, told, rejects = [], [], []
    for row in own:
        status = row["status"]
        days = [(row[name], how) for name, how in LEAVE_DATES.items() if row[name] and row[name] <= today]
        day, how = min(days, default=(None, None), key=lambda found: found[0])
        if status == STAYS or not (status or day or row["exit_type"]):
            counted["leave_date_of_staff"] += bool(days)
            kept.append(row)
            continue
        exit_type = row["exit_type"] or how or (status if status != LEFT else None)
        if day and day < row["spell_start"]:
            column = next(name for name in LEAVE_DATES if row[name] == day)
            rejects.append((*_origin(row), column, "exit_before_entry", str(day)))
            continue
        listed = any(
            m["movement"] == "out" and (not day or abs((m["date"] - day).days) <= MAX_OVERLAP) for m in moves
        )
        kept.append(row | {"exit_type": exit_type, "gone": True})
        if day and not listed:
            counted["roster_leavers"] += 1
            told.append(row | {"movement": "out", "date": day, "exit_type": exit_type})
    return kept, moves + told, rejects


def _without_early_exits(own, moves, stock):
    """Ledger rows of one person without departures dated before their post began; and those as rejects.

    The beginning is the one that the departure repeats, else that of the first post on an opening roster.
    """
    known = [row["spell_start"] for row in own] if stock == "opening" else []
    kept, rejects = [], []
    for row in moves:
        starts = [row["spell_start"]] if row["spell_start"] else known
        if row["movement"] == "out" and starts and min(starts) > row["date"]:
            rejects.append((*_origin(row), "spell_end", "exit_before_entry", str(row["date"])))
        else:
            kept.append(row)
    return kept, rejects


def _person_spells(own, moves, stock):
    """Spells of one person, and a counter of what did not fit."""
    counted = Counter()
    spells = [_post(row, row["spell_start"]) for row in own] if stock == "opening" else []
    for row in sorted(moves, key=lambda r: (r["date"], r["movement"] == "in", _origin(r))):
        if row["movement"] == "in":
            _arrive(spells, row, counted)
        elif row["movement"] == "out":
            _leave(spells, row, counted, stock)
        else:
            raise DataError("movement_unknown", movement=str(row["movement"]))
    if stock == "closing":
        for row in own:
            _confirm(spells, row, counted)
    gone = {_origin(row): row["exit_type"] for row in own if "gone" in row}
    for spell in spells:
        if spell.end is None and spell.on_post and spell.origin in gone:
            spell.on_post, spell.exit_type = False, gone[spell.origin]
            counted["leaver_without_date"] += 1
    return spells, counted


def _post(row, start, on_post=True):
    return Spell(row["person_key"], row["unit_code"], start, _origin(row), row, on_post)


def _open(spells, unit=None):
    """The open spell of a person, first at ``unit``, then the one begun last; None if there is none."""
    found = [s for s in spells if s.end is None]
    at_unit = [s for s in found if s.unit == unit]
    return max(at_unit or found, key=lambda s: (s.start or date.min, s.origin), default=None)


def _arrive(spells, row, counted):
    """增员: opens a post; ends an open secondment; repeats nothing that the roster already says."""
    day = row["date"]
    before = _open(spells, row["unit_code"])
    if before and before.on_post and before.unit == row["unit_code"]:
        counted["already_on_post"] += 1
        return
    if before and not before.on_post:
        before.end = day - DAY
        before.closed_by = _origin(row)
        if before.start and before.end < before.start:
            spells.remove(before)
    new = _post(row, day)
    _inherit(new, spells)
    spells.append(new)


def _leave(spells, row, counted, stock):
    """减员: closes the open post; a secondment goes on off the post.

    Without a post to close the row becomes a fragment. It begins when the row says so, unless that beginning is known
    to belong to a post that has ended already. After a closing roster such rows are the rule, not orphans.
    """
    day, unit = row["date"], row["unit_code"]
    post = _open(spells, unit)
    if post is not None and post.start and post.start > day:
        post = None
    if post is None:
        start = row["spell_start"]
        if any(s.unit == unit and s.start == start for s in spells):
            start = None
        if stock == "opening" or start is None:
            counted["orphan_movement"] += 1
        post = _post(row, start)
        _inherit(post, spells)
        spells.append(post)
    elif post.unit != unit:
        counted["exit_from_other_unit"] += 1
    post.end, post.closed_by = day, _origin(row)
    post.exit_type, post.destination = row["exit_type"], row["destination_level"]
    if post.exit_type is None:
        counted["missing_exit_type"] += 1
    elif post.destination is None and post.exit_type in ("调出", "遴选", "考录"):
        counted["missing_destination"] += 1
    if row["exit_type"] == SECONDED:
        away = _post(row, day + DAY, on_post=False)
        away.unit = post.unit
        _inherit(away, [post])
        spells.append(away)


def _confirm(spells, row, counted):
    """A closing roster confirms the post that the ledger left open, or shows one that began before the ledger."""
    for fragment in spells:
        if (
            fragment.unit == row["unit_code"]
            and fragment.start is None
            and row["spell_start"] <= fragment.end
        ):
            fragment.start = row["spell_start"]
    post = _open(spells, row["unit_code"])
    if post is None or post.unit != row["unit_code"]:
        if "gone" not in row or not any(s.unit == row["unit_code"] for s in spells):
            spells.append(_post(row, row["spell_start"]))
        return
    if post.on_post and post.start != row["spell_start"]:
        counted["start_differs"] += 1
    post.traits = _known(post.traits) | _known(row)


def _inherit(new, spells):
    """Traits that a ledger row leaves open come from the person's latest spell."""
    if spells:
        latest = max(spells, key=lambda s: (s.start or date.min, s.origin))
        new.traits = _known(latest.traits) | _known(new.traits)


def _known(traits):
    """What a row says, without what it leaves open."""
    return {name: value for name, value in traits.items() if value is not None}


def _overlapping(spells):
    """Raw rows, with their start, of on-post spells that overlap another by more than the permitted days."""
    posts = sorted((s for s in spells if s.on_post and s.start), key=lambda s: (s.start, s.origin))
    clash = set()
    for number, first in enumerate(posts):
        for second in posts[number + 1 :]:
            end = min(first.end or date.max, second.end or date.max)
            if (end - second.start).days + 1 > MAX_OVERLAP:
                clash |= {(first.origin, first.start), (second.origin, second.start)}
    return clash


def _value(spell, name):
    own = {
        "person_key": spell.person,
        "unit_code": spell.unit,
        "on_post": spell.on_post,
        "spell_start": spell.start,
        "spell_end": spell.end,
        "exit_type": spell.exit_type,
        "destination_level": spell.destination,
    }
    return own[name] if name in own else spell.traits.get(name)
