"""Which heading is which canonical column: every heading and its cells against every column, in one assignment."""

import re
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from jianfu.core.reasons import Reason
from jianfu.ingest import dates
from jianfu.ingest.headings import (
    IDENTIFIERS,
    IGNORED,
    MIN_DAYS,
    PERSONAL,
    UNMAPPED,
    Column,
    Header,
    normal_heading,
)
from jianfu.ingest.numbers import parse_number
from jianfu.ingest.sheet import SPACES
from jianfu.ingest.stage import MONTHLY, day_places, from_place, month_places
from jianfu.onboarding import assignment
from jianfu.onboarding.contents import content_of, legend_of
from jianfu.onboarding.knowledge import HIGH, LOW, MEDIUM
from jianfu.onboarding.recognise import ITEM
from jianfu.onboarding.scores import guess, kind_of, known_score, refuted, told_by_cells

UNITS = ("unit_name", "unit_code")
ALTERNATIVES = (UNITS, IDENTIFIERS)  # of these one guess is enough
# dates of one row and which comes first
ORDERS = {
    "units": (("valid_from", "valid_to"),),
    "tasks": (("issue_at", "due_at"), ("issue_at", "done_at")),
    "roster": (("hire_date", "spell_start"), ("spell_start", "leave_date"), ("birth_ym", "hire_date")),
    "ledger": (("spell_start", "date"), ("hire_date", "date"), ("birth_ym", "hire_date")),
}
# numbers of one row of which the first is a part of the second
PARTS = {
    "app_activity": (("off_hours_count", "count"), ("rest_day_count", "count")),
    "app_days": (("off_hours_actions", "actions"),),
}
MOST_DISORDER, FEWEST = (
    0.2,
    5,
)  # share of rows against the order, and rows compared, from which a guess stays off
MARGIN = 0.1  # above all other scores of its heading and column: then less is enough
TOLD = 1.8  # score of a required category that the cells alone say, above that of a known heading
MOST_CODES = 7  # numbers that code the answers of a closed question are few, and begin at 0 or 1
MOST_ANSWERS = 12  # different answers of a closed question
FULL = 0.9  # share of filled, or of different, cells of a column that names every row
NUMBERED = 0.8  # share of headings with a number from which one without is no item of theirs
FEWEST_ITEMS = 5  # headings with the same few answers that make them items of a questionnaire


@dataclass
class Heading:
    """One heading of a sheet; ``evidence`` is a Reason, ``candidates`` are [(column, score)].

    ``status``: known, proposed, asked, off, personal, ignored or open. asked: other headings or columns would do as
    well; off: the dictionary knows it, but its cells or another heading say that it is not that column, so it must be
    ignored by name. ``in_dictionary``: it is a known heading of some column.
    """

    place: int
    text: str
    column: str = ""
    status: str = "open"
    confidence: str = ""
    evidence: Reason | None = None
    candidates: list = field(default_factory=list)
    in_dictionary: bool = False


def propose_columns(found, knowledge, units=None, refused=frozenset()):
    """A :class:`Heading` for every heading of a recognised sheet (survey items are left to `survey`).

    ``refused``: {(heading, column)} that reading the files has shown to be wrong.
    """
    matcher, table = knowledge.matchers[found.table], knowledge.tables[found.table]
    headings = [Heading(place, text) for place, text in enumerate(found.headings) if text]
    claims = {}
    for heading in headings:
        names, tier = matcher.match(heading.text)
        if names and names[0] in (PERSONAL, IGNORED):
            heading.status = "personal" if names[0] == PERSONAL else "ignored"
        elif names:
            claims[heading.place], heading.in_dictionary = (names, tier), True

    @cache
    def content(place):
        legend = legend_of(found.headings[place])
        return content_of(found.sheet, place, found.bottom, knowledge.null_tokens, units, legend)

    _offer_numbers(headings, claims, content, table)

    months = _month_like(found, headings)
    days = months or _day_like(found, headings)
    by_days = bool(days) and (bool(months) or found.table == "punches" or "count" in table.columns)
    for heading in headings if by_days else ():
        heading.status = "ignored" if heading.place in days else heading.status
    rest = [h for h in headings if h.status == "open" and h.place not in days]
    if found.table == "survey":
        items = _item_like(rest, claims, content)
        rest = [h for h in rest if h.place not in items]
    for heading in rest:
        if heading.place not in claims:
            _set_aside_persons(heading, content(heading.place), table, claims)
    rest = [h for h in rest if h.status == "open"]
    by_place = {name for name in ("movement",) if from_place(name, found.title, found.sheet)}
    never = {"count", "punched_at", "punched_on"} if by_days else by_place
    never |= {"month", "n_docs"} if months else set()
    columns = _columns(table, claims, content, knowledge, never)
    options = _options(rest, columns, claims, content, found, knowledge, refused)
    if rest:  # a contact list has nothing but persons
        _choose(rest, options, claims, by_days)
    _stand_in(headings, content, found.table)
    _keep_order(headings, found, claims)
    return headings


def _stand_in(headings, content, table):
    """What gives a column that must be there and that no heading names: a short name of every unit, a row number."""
    there = {h.column for h in headings if h.status in ("known", "proposed")}
    if table == "units" and "unit_name" not in there:
        short = [h for h in headings if h.column == "aliases" and content(h.place).filled > FULL]
        found, name = [h for h in short if content(h.place).distinct > FULL], "unit_name"
    elif table == "policies" and "policy_id" not in there:
        found = [
            h for h in headings if h.status in ("ignored", "open", "off") and content(h.place).counts_rows
        ]
        name = "policy_id"
    else:
        return
    if len(found) == 1:
        found[0].column, found[0].status, found[0].confidence = name, "proposed", MEDIUM
        found[0].evidence = Reason("ev_stands_in")


def _offer_numbers(headings, claims, content, table):
    """Where no heading is known as the ID number, one that only speaks of persons and holds such numbers may be it."""
    known = {name for names, _ in claims.values() for name in names}
    if "id_number" in table.inputs and "id_number" not in known:
        for heading in headings:
            if heading.status == "personal" and content(heading.place).person() == "person_id":
                heading.status = "open"


def _set_aside_persons(heading, content, table, claims):
    """Columns that name persons are not read, except the number behind the pseudonym."""
    kind = content.person()
    known = {name for names, _ in claims.values() for name in names}
    wanted = kind == "person_id" and "id_number" in table.inputs and "id_number" not in known
    if kind and not wanted:
        heading.status, heading.confidence = "personal", HIGH
        heading.evidence = Reason("ev_cells_like", kind=Reason(f"kind_{kind}"))


def _columns(table, claims, content, knowledge, never):
    """Tuples of columns of which each takes one heading: those that a heading claims, and what may be guessed."""
    claimed = {
        name
        for place, (names, _) in claims.items()
        for name in names
        if not refuted(name, content(place), table.name, knowledge)
    }
    free = [c for c in table.known if c not in claimed and _guessable(c, table)]
    found = [(name,) for name in table.known if name in claimed]
    for group in ALTERNATIVES:
        if group == UNITS and table.name == "units":
            continue
        own = tuple(name for name in group if name in free)
        free = [name for name in free if name not in own]
        if "id_number" in own and "employee_id" in claimed:
            found.append(("id_number",))  # a staff number that is known leaves the surer number to be found
        elif own and not claimed & set(group):
            found.append(own)
    return [names for names in [*found, *((name,) for name in free)] if not never & set(names)]


def _guessable(column, table):
    declared = table.columns.get(column)
    return declared is None or (not declared.derived and declared.type not in ("person", "item"))


def _options(rest, columns, claims, content, found, knowledge, refused):
    """[heading][column] -> (score, name of the column, evidence)."""
    earliest = _earliest(rest, claims, content, found)
    second = _second_best(rest, knowledge)
    options = []
    for heading in rest:
        names, tier = claims.get(heading.place, ((), 0))
        row = []
        for group in columns:
            best = (0.0, group[0], None)
            for name in group:
                if (normal_heading(heading.text), name) in refused | second:
                    continue
                if name in names:
                    score = known_score(name, tier, content(heading.place), found.table, knowledge)
                    option = (score, name, None)
                elif (
                    names
                    and not _said_by_cells(names, name, content(heading.place), found.table, knowledge)
                    and (
                        set(names) & set(IDENTIFIERS)
                        or not all(refuted(n, content(heading.place), found.table, knowledge) for n in names)
                    )
                ):
                    continue  # a heading that the dictionary knows is nothing else, nor is one that names persons
                elif names and _said_by_cells(names, name, content(heading.place), found.table, knowledge):
                    option = (TOLD, name, Reason("ev_cells_are", kind=Reason("kind_category")))
                else:
                    option = _guessed(heading, name, content, earliest, found, knowledge)
                best = max(best, option, key=lambda option: option[0])
            row.append(best)
        options.append(row)
    return options


def _second_best(rest, knowledge):
    """{(heading, column)} where a heading may be a column (进入乡镇时间) that another one names (到本单位时间)."""
    texts = [normal_heading(heading.text) for heading in rest]
    named = {name for name, words in knowledge.hints["exact"].items() for t in texts if re.search(words, t)}
    loose = {name: knowledge.hints["loose"].get(name, "$^") for name in named}
    return {(t, name) for name, words in loose.items() for t in texts if re.search(words, t)}


def _said_by_cells(names, column, content, table, knowledge):
    """Whether the cells of what the dictionary takes for free text are the wordings of a required category."""
    declared = knowledge.tables[table].columns.get(column)
    if declared is None or not declared.required or declared.type != "category":
        return False
    free = all(knowledge.column_type(table, name) == "text" for name in names)
    return free and told_by_cells(content, kind_of(table, column, content, knowledge)[1])


def _guessed(heading, name, content, earliest, found, knowledge):
    text = found.said.get(heading.text, heading.text)
    score, evidence = guess(text, name, content(heading.place), found.table, knowledge)
    if score and name == "issue_at" and heading.place == earliest and score < 0.8:
        return 0.8, name, Reason("ev_earliest_date")
    return score, name, evidence


def _earliest(rest, claims, content, found):
    """In a task log without a known issue time: the date column that is (nearly) always filled and the earliest."""
    if found.table != "tasks" or any("issue_at" in names for names, _ in claims.values()):
        return None
    clocks = [h for h in rest if content(h.place).share("date") >= 0.6 and content(h.place).filled > 0.9]
    days = {h.place: _middle_day(content(h.place)) for h in clocks}
    first = [place for place, day in days.items() if day == min(days.values())]
    return first[0] if len(first) == 1 else None


def _middle_day(content):
    """Median moment as a day number: of a visit the hours tell the coming from the going."""
    found = [d[0] for text in content.texts if (d := dates.parse(text))]
    days = [moment.toordinal() + (60 * moment.hour + moment.minute) / 1440 for moment in found]
    return float(np.median(days)) if days else float("inf")


def _choose(rest, options, claims, by_days):
    """Settle what every heading is; where two choices are as good, both are asked for."""
    scores = np.array([[score for score, _, _ in row] for row in options]).reshape(len(rest), -1)
    chosen = assignment.assign(scores) if scores.size else {}
    reading = _as_read(rest, claims)
    for number, heading in enumerate(rest):
        ranked = sorted(((s, name) for s, name, _ in options[number] if s >= assignment.LEAST), reverse=True)
        heading.candidates = [(name, score) for score, name in ranked]
        choice = chosen.get(number)
        if choice is None:
            _leave(heading, claims, reading, by_days)
            continue
        score, name, evidence = options[number][choice.column]
        heading.column, heading.evidence = name, evidence
        if choice.rivals:
            _ask(heading, name, [(rest[h], options[h][c][1]) for h, c in choice.rivals], chosen, rest)
        elif reading.get(heading.place) == name:
            heading.status = "known"
        else:
            heading.status = "proposed"
            certain = heading.place in claims
            alone = _margin(scores, chosen, number, choice.column) >= MARGIN
            heading.confidence = HIGH if score >= 0.85 and not certain else MEDIUM
            if score < (0.5 if alone else 0.6):
                heading.confidence = LOW
            if certain and not evidence:
                heading.evidence = _preferred(heading, name, rest, claims)


def _margin(scores, chosen, heading, column):
    """By how much a score is above every other of its heading and of its column."""
    others = scores.copy()
    others[heading, column] = 0.0
    for other, choice in chosen.items():  # what another heading is for sure is no rival, nor is that heading
        if other != heading and choice.score >= scores[heading, choice.column] + MARGIN:
            others[heading, choice.column] = 0.0
        if other != heading and choice.score >= scores[other, column] + MARGIN:
            others[other, column] = 0.0
    return scores[heading, column] - max(others[heading].max(), others[:, column].max())


def _as_read(rest, claims):
    """{place: column} as ingestion reads the headings without a word from the province file; ties have none."""
    by_column = {}
    for heading in rest:
        names, tier = claims.get(heading.place, ((), 0))
        if len(names) == 1:
            by_column.setdefault(names[0], []).append((tier, heading.place))
    reading = {}
    for column, rivals in by_column.items():
        first = [place for tier, place in rivals if tier == min(rivals)[0]]
        if len(first) == 1:
            reading[first[0]] = column
    return reading


def _leave(heading, claims, reading, by_days):
    """A heading that takes no column; where ingestion would take it for one, it must be ignored by name."""
    names = claims.get(heading.place, ((),))[0]
    if heading.status == "asked" or not (heading.place in reading or len(names) > 1):
        return
    heading.status, heading.confidence = "off", MEDIUM
    days = by_days and "count" in names
    heading.evidence = Reason("ev_days") if days else Reason("ev_contradicted", columns=list(names))


def _ask(heading, name, rivals, chosen, rest):
    """Two assignments are as good: the heading is one of ``rivals``' columns, or one of them is this column."""
    others = [other for other, column in rivals if column == name and other is not heading]
    columns = [name, *(column for other, column in rivals if other is heading)]
    for one in [heading, *(other for other in others if rest.index(other) not in chosen)]:
        alike = [other.text for other in [heading, *others] if other is not one]
        one.status, one.confidence, one.column = "asked", LOW, name
        one.evidence = (
            Reason("ev_tie_headings", headings=alike) if others else Reason("ev_tie_columns", columns=columns)
        )


def _preferred(heading, name, rest, claims):
    """Why a heading of the dictionary must be named in the province file."""
    names, _ = claims[heading.place]
    if len(names) > 1:
        return Reason("ev_may_be_others", columns=[other for other in names if other != name])
    others = [h.text for h in rest if h is not heading and name in claims.get(h.place, ((),))[0]]
    return Reason("ev_others_alike", headings=others)


def _item_like(rest, claims, content):
    """Places of survey headings that are items: by their number, or because many have the same few answers."""
    closed = [
        h
        for h in rest
        if h.place not in claims
        and len(content(h.place).texts) <= MOST_ANSWERS
        and not _measured(content(h.place))
    ]
    groups = {}
    for heading in closed:
        texts = content(heading.place).texts
        if len(texts) > 2:
            # numbers are one kind of answer, whatever the codes that occur
            answers = (
                "0" if content(heading.place).share("number") > 0.9 else frozenset(dict(texts.most_common(3)))
            )
            groups.setdefault(answers, set()).add(heading.place)
    several = set().union(*(places for places in groups.values() if len(places) > 1))
    items = {h.place for h in closed if ITEM.match(normal_heading(h.text))}
    items &= several | {h.place for h in closed if len(content(h.place).texts) <= 2}
    items -= {
        h.place for h in closed if content(h.place).share("county") + content(h.place).share("unit") > 0.5
    }
    numbered = {h.place for h in closed if re.search(r"\d", h.text)}
    for answers, places in groups.items():
        if answers == "0" and len(places & numbered) >= NUMBERED * len(places):
            places &= numbered  # v1 ... v31, and beside them a number of hours
    return items.union(*(places for places in groups.values() if len(places) >= FEWEST_ITEMS))


def _measured(content):
    """Whether answers are quantities (44, 47, 52 hours) and no codes: more than a few numbers, none of them small."""
    numbers = [number for text in content.texts if (number := parse_number(text)) is not None]
    return len(numbers) > MOST_CODES and min(numbers) > MOST_CODES


def _keep_order(headings, found, claims):
    """A guess that puts most dates of a row in the wrong order, or makes a part more than the whole, stays off."""
    by_column = {h.column: h for h in headings if h.column and h.status in ("known", "proposed")}
    orders = [(pair, _days) for pair in ORDERS.get(found.table, ())]
    orders += [(pair, _numbers) for pair in PARTS.get(found.table, ())]
    for (first, second), read in orders:
        pair = [by_column.get(first), by_column.get(second)]
        if None in pair or all(h.place in claims for h in pair):
            continue
        share = _disorder(*(read(found, h.place) for h in pair))
        if share > MOST_DISORDER:
            ranks = {"": 0, HIGH: 1, MEDIUM: 2, LOW: 3}
            one = max(pair, key=lambda h: (h.place not in claims, ranks[h.confidence], h.column == second))
            # of two numbers that were taken for one another both are wrong
            for wrong in [one] if read is _days else [h for h in pair if h.place not in claims]:
                wrong.status, wrong.confidence = "proposed", LOW
                wrong.evidence = Reason("ev_order", share=share, other=pair[wrong is pair[0]].text)


def _disorder(first, second):
    """Share of the rows whose second value lies before the first, or below it; None where a row has no value."""
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    return sum(b < a for a, b in both) / len(both) if len(both) >= FEWEST else 0.0


def _cells(found, place):
    cells = found.sheet.columns[place].slice(found.bottom, 2000).to_pylist()
    return [(cell or "").strip(SPACES) for cell in cells]


def _days(found, place):
    return [moment and moment[0].toordinal() for moment in map(dates.parse, _cells(found, place))]


def _numbers(found, place):
    return [parse_number(cell) for cell in _cells(found, place)]


def header_of(found, headings):
    """The sheet's headings as ingestion knows them."""
    columns = [Column(h.place, h.text, h.column, "mapped" if h.column else UNMAPPED) for h in headings]
    levels = [] if found.sheet.headings is not None else found.sheet.head()[found.top : found.bottom]
    return Header(found.top, found.bottom, columns, levels)


def _month_like(found, headings):
    """Places of the headings 1月 … 12月 of a sheet that is wide by month."""
    if found.table not in MONTHLY:
        return set()
    year = from_place("year", found.title, found.sheet)
    return set(month_places(header_of(found, headings), year).values())


def _day_like(found, headings):
    """Places of the headings 1 … 31 of a sheet that is wide by day."""
    places = day_places(header_of(found, headings))
    return set(places.values()) if len(places) >= MIN_DAYS else set()
