"""Which heading is which canonical column: known headings, then similar headings whose cells fit."""

import difflib
import re
from dataclasses import dataclass, field

import numpy as np

from jianfu.core.reasons import Reason
from jianfu.ingest import dates
from jianfu.ingest.headings import IDENTIFIERS, IGNORED, PERSONAL, UNMAPPED, Column, Header, normal_heading
from jianfu.ingest.stage import MIN_DAYS, day_places
from jianfu.ingest.values import normal_wording
from jianfu.onboarding.contents import content_of, fits
from jianfu.onboarding.knowledge import HIGH, LOW, MEDIUM
from jianfu.onboarding.recognise import ITEM

_SOFT = re.compile(r"^(是否|您的|您所在的|您|所属|本次|实际)|[(（].*?[)）]")


@dataclass
class Heading:
    """One heading of a sheet. ``status``: known, proposed, personal, ignored or open; ``evidence`` a Reason.

    ``candidates``: [(column, score)] for open headings.
    """

    place: int
    text: str
    column: str = ""
    status: str = "open"
    confidence: str = ""
    evidence: Reason | None = None
    candidates: list = field(default_factory=list)


def propose_columns(found, knowledge, units=None):
    """A :class:`Heading` for every heading of a recognised sheet (survey items are left to `survey`)."""
    matcher, table = knowledge.matchers[found.table], knowledge.tables[found.table]
    headings = [Heading(place, text) for place, text in enumerate(found.headings) if text]
    claims = {}
    for heading in headings:
        names, tier = matcher.match(heading.text)
        if names and names[0] in (PERSONAL, IGNORED):
            heading.status = "personal" if names[0] == PERSONAL else "ignored"
        elif names:
            claims.setdefault(heading.place, (names, tier))
    contents = {}

    def content(heading):
        if heading.place not in contents:
            contents[heading.place] = content_of(
                found.sheet, heading.place, found.bottom, knowledge.null_tokens, units
            )
        return contents[heading.place]

    _settle_known(headings, claims, content, found, knowledge)
    taken = {h.column for h in headings if h.column}
    days = _day_like(found, headings) if "count" in table.columns and "count" not in taken else set()
    # a heading that the dictionary knows is nothing else, even where another one is the better name of its column
    rest = [h for h in headings if h.status == "open" and h.place not in days and h.place not in claims]
    rest = [h for h in rest if not (found.table == "survey" and ITEM.match(normal_heading(h.text)))]
    for heading in rest:
        kind = content(heading).person()
        wanted = kind == "person_id" and "id_number" in table.inputs and "id_number" not in taken
        if kind and not wanted:
            heading.status, heading.confidence = "personal", HIGH
            heading.evidence = Reason("ev_cells_like", kind=Reason(f"kind_{kind}"))
    rest = [h for h in rest if h.status == "open"]
    _propose(rest, taken, content, found, knowledge)
    return headings


def _settle_known(headings, claims, content, found, knowledge):
    """Headings of the dictionary; where two fit one column or one fits two, the cells decide."""
    by_column = {}
    for heading in headings:
        if heading.place not in claims:
            continue
        names, tier = claims[heading.place]
        if len(names) > 1:
            grades = [
                (fits(content(heading), *_kind(found, n, knowledge)), -i, n) for i, n in enumerate(names)
            ]
            heading.evidence, heading.confidence = Reason("ev_may_be_others", columns=names), MEDIUM
            names = [max(grades)[2]]
        by_column.setdefault(names[0], []).append((tier, heading))
    for column, rivals in by_column.items():
        best = min(tier for tier, _ in rivals)
        first = [h for tier, h in rivals if tier == best]
        winner = first[0]
        if len(first) > 1:
            grades = [
                (fits(content(h), *_kind(found, column, knowledge)), content(h).filled, -h.place)
                for h in first
            ]
            winner = first[grades.index(max(grades))]
            others = [h.text for h in first if h is not winner]
            winner.confidence, winner.evidence = MEDIUM, Reason("ev_others_alike", headings=others)
        winner.column = column
        winner.status = "proposed" if winner.confidence else "known"


def _kind(found, column, knowledge):
    """Type of a column and the wordings known for it."""
    kind = knowledge.column_type(found.table, column)
    return kind, known_wordings(found.table, column, knowledge)


def known_wordings(table, column, knowledge):
    """{wording: value} that need no mapping, for a category or a boolean; empty for other columns."""
    declared = knowledge.tables[table].columns.get(column)
    if declared is None or declared.type not in ("category", "boolean"):
        return {}
    names = (column, "boolean") if declared.type == "boolean" else (column,)
    return {normal_wording(str(v)): v for v in declared.values} | knowledge.wordings.of(*names)


def _propose(rest, taken, content, found, knowledge):
    """Give open headings the columns that suit them best, the surest first."""
    table = knowledge.tables[found.table]
    guessed = (c for c in table.known if c not in table.columns or table.columns[c].expected)
    columns = [c for c in guessed if c not in taken and not _pointless(c, taken, table)]
    scored = []
    for heading in rest:
        for column in columns:
            score, evidence = _score(heading, column, content(heading), found, knowledge)
            if score >= 0.35:
                scored.append((score, -heading.place, column, heading, evidence))
    scored += _issue_time(rest, taken, content, found)
    for score, _, column, heading, evidence in sorted(scored, key=lambda s: (-s[0], -s[1], s[2])):
        heading.candidates.append((column, score))
        if heading.status != "open" or column in taken:
            continue
        if (
            column in ("unit_name", "unit_code")
            and taken & {"unit_name", "unit_code"}
            and table.name != "units"
        ):
            continue
        if column in IDENTIFIERS and taken & set(IDENTIFIERS):
            continue
        confidence = HIGH if score >= 0.85 else MEDIUM if score >= 0.6 else LOW
        heading.column, heading.status = column, "proposed"
        heading.confidence, heading.evidence = confidence, evidence
        taken.add(column)


def _pointless(column, taken, table):
    declared = table.columns.get(column)
    if declared is not None and declared.derived:
        return True
    return declared is not None and declared.type in ("person", "item")


def _score(heading, column, content, found, knowledge):
    kind, known = _kind(found, column, knowledge)
    fit = fits(content, kind, known)
    if not fit:
        return 0.0, None
    near, word = _nearest(heading.text, knowledge.headings[found.table].get(column, []))
    hint = bool(re.search(knowledge.hints["column"].get(column, "$^"), normal_heading(heading.text)))
    declared = knowledge.tables[found.table].columns.get(column)
    required = (declared is not None and declared.required) or column in ("unit_name", "id_number")
    strong = fit == 1 and kind in ("unit", "person_id")
    score = 0.6 * near + 0.2 * hint + 0.2 * (fit == 1) + 0.35 * strong
    score += 0.1 * (required and fit == 1) + 0.2 * (required and hint and fit < 1)
    if kind == "text" and near < 0.7:
        score = min(score, 0.5)
    return score, _evidence(word if near >= 0.5 else None, kind if fit == 1 else None, hint)


def _evidence(word, kind, hint):
    """What speaks for a column: a similar heading ``word``, cells of its ``kind``, a word that hints at it."""
    near = word and Reason("ev_near", word=word)
    cells = Reason("ev_cells_are", kind=Reason(f"kind_{kind}")) if kind not in (None, "text") else None
    if near and cells:
        return Reason("ev_both", first=near, second=cells)
    return near or cells or Reason("ev_hint" if hint else "ev_no_conflict")


def _nearest(heading, known):
    """Similarity (0 to 1) to the nearest known heading, and that heading."""
    text = _plain(heading)
    return max(((_similar(text, _plain(word)), word) for word in known), default=(0.0, ""))


def _plain(heading):
    text = normal_heading(heading).rpartition("|")[2]
    return _SOFT.sub("", _SOFT.sub("", text)) or text


def _similar(a, b):
    if a == b:
        return 1.0
    short, long = sorted((a, b), key=len)
    if len(short) >= 2 and short in long:
        return 0.55 + 0.4 * len(short) / len(long)
    return difflib.SequenceMatcher(None, a, b).ratio()


def _issue_time(rest, taken, content, found):
    """In a task log without a known issue time: the date column that is (nearly) always filled and the earliest."""
    if found.table != "tasks" or "issue_at" in taken:
        return []
    clocks = [h for h in rest if content(h).share("date") >= 0.6 and content(h).filled > 0.9]
    if not clocks:
        return []
    first = min(clocks, key=lambda h: (_middle_day(content(h)), h.place))
    return [(0.8, -first.place, "issue_at", first, Reason("ev_earliest_date"))]


def _middle_day(content):
    days = [d[0] for text in content.texts if (d := dates.parse(text))]
    return float(np.median([d.toordinal() for d in days])) if days else float("inf")


def header_of(found, headings):
    """The sheet's headings as ingestion knows them."""
    columns = [Column(h.place, h.text, h.column, "mapped" if h.column else UNMAPPED) for h in headings]
    levels = [] if found.sheet.headings is not None else found.sheet.head()[found.top : found.bottom]
    return Header(found.top, found.bottom, columns, levels)


def _day_like(found, headings):
    """Places of the headings 1 … 31 of a sheet that is wide by day."""
    places = day_places(header_of(found, headings))
    return set(places.values()) if len(places) >= MIN_DAYS else set()
