"""Which canonical table a sheet holds: by its headings, by words in file, sheet and title, and by its answers."""

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from jianfu.ingest import dates
from jianfu.ingest.headings import (
    IDENTIFIERS,
    IGNORED,
    MIN_DAYS,
    MIN_MONTHS,
    PERSONAL,
    day_of,
    find_header,
    join_levels,
    month_of,
    normal_heading,
)
from jianfu.ingest.numbers import parse_number
from jianfu.ingest.people import normal_id
from jianfu.ingest.stage import MONTHLY, totals
from jianfu.onboarding.knowledge import TABLES
from jianfu.onboarding.look import Page

ALIKE = (
    "tasks",
    "punches",
    "policies",
    "app_days",
)  # so little makes one that its name or many columns must say so
NO_PERSONS = (
    "tasks",
    "documents",
    "unit_year",
    "policies",
)  # no row of these is about one person with an ID number
ENOUGH = 1.5  # weight of known headings that makes a sheet a table ...
ENOUGH_COMPLETE = 0.6  # ... or this much where most required columns are there
ITEM = re.compile(r"(q|第|题)?\s*\d{1,3}\s*(题|[.、．:：]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Recognised:
    """A sheet as a table: its headings (one per column) end above row ``bottom``; ``weight`` of what speaks for it,
    ``hint`` what of that file, sheet and title say; ``said`` {heading: what a code book says that it is}.
    """

    page: Page
    table: str
    top: int
    bottom: int
    headings: list
    weight: float
    title: str
    hint: float = 0.0
    said: dict = field(default_factory=dict)

    @property
    def sheet(self):
        return self.page.sheet


def recognise(page, knowledge):
    """:class:`Recognised` for a sheet, or None where it looks like none of the tables."""
    sheet = page.sheet
    if not sheet.columns or (sheet.height < 2 and sheet.headings is None):
        return None
    found = [as_table(page, table, knowledge) for table in TABLES]
    found = [f for f in found if f]
    return max(found, key=lambda f: f.weight, default=None)


def as_table(page, table, knowledge):
    """:class:`Recognised` of a sheet as one table, None where its headings say too little for it."""
    matcher = knowledge.matchers[table]
    layout = layout_of(page.sheet, matcher)
    if layout is None:
        return None
    top, bottom, headings = layout
    never = knowledge.hints["never"].get(table)
    if never and re.search(never, "|".join(headings)):
        return None
    if table in NO_PERSONS and _of_persons(page.sheet, bottom):
        return None
    title = _title(page.sheet, top)
    known, names = 0.0, set()
    for heading in filter(None, headings):
        matched, _ = matcher.match(heading)
        matched = [name for name in matched if name not in (PERSONAL, IGNORED)]
        if matched and not names.issuperset(matched):
            last = normal_heading(heading).rpartition("|")[2]
            sharing = (
                knowledge.sharing.get(normal_heading(heading)) or knowledge.sharing.get(last) or len(TABLES)
            )
            known += 1 / sharing
            names.update(matched)
    by_days = _many_days(headings)
    if by_days and _other_days(page.sheet, bottom, headings, table):
        return None
    names |= {"punched_at", "app_name"} if by_days and table == "punches" else set()
    if table in MONTHLY and len({month_of(heading, "2000") for heading in headings} - {""}) >= MIN_MONTHS:
        names |= {"month", *totals(knowledge.tables[table])}
        known += ENOUGH_COMPLETE
    if table == "survey" and (not by_days or "fieldwork_date" in names):
        known += 0.2 * min(sum(bool(ITEM.match(heading)) for heading in headings), 10)
    complete = _complete(table, names, knowledge)
    hint = _hint(page.sheet, title, table, knowledge)
    if table == "punches" and not (hint or by_days or _clock_times(page.sheet, bottom)):
        return None  # 单位 and 时间 are much else
    weight = known + complete + hint
    if known < ENOUGH and not (complete >= 0.6 and known >= ENOUGH_COMPLETE) and not (hint and known >= 1):
        return None
    return Recognised(page, table, top, bottom, headings, weight, title, hint)


def _hint(sheet, title, table, knowledge):
    """How much the names of file and sheet, and the title, speak for a table: 1, or 0.5 where its folder alone does."""
    path = PurePosixPath(unicodedata.normalize("NFKC", sheet.file).casefold())
    own = f"{path.name} {unicodedata.normalize('NFKC', f'{sheet.name} {title}').casefold()}"
    words = knowledge.hints["table"][table]
    return 1.0 if re.search(words, own) else 0.5 * bool(re.search(words, str(path.parent)))


def _many_days(headings):
    return len({day_of(heading) for heading in headings} - {0}) >= MIN_DAYS


def _clock_times(sheet, bottom):
    """Whether a column of a sheet holds times of the day in most of its cells."""
    return any(
        sum(bool(re.search(r"\d[:：]\d\d", cell or "")) for cell in cells) > 0.5 * max(len(cells), 1)
        for cells in (column.slice(bottom, 50).to_pylist() for column in sheet.columns)
    )


def _of_persons(sheet, bottom):
    """Whether a column of a sheet holds ID numbers of persons in most of its filled cells."""
    for column in sheet.columns:
        cells = [cell.strip() for cell in column.slice(bottom, 50).to_pylist() if cell and cell.strip()]
        if len(cells) > 2 and sum(normal_id(cell) is not None for cell in cells) > 0.5 * len(cells):
            return True
    return False


def _other_days(sheet, bottom, headings, table):
    """Whether the columns of the days speak against a table: the times at which somebody punched are no counts."""
    if table not in ("app_activity", "punches"):
        return False
    places = [place for place, heading in enumerate(headings) if day_of(heading)]
    cells = [cell for place in places for cell in sheet.columns[place].slice(bottom, 50).to_pylist() if cell]
    filled = [cell for cell in cells if re.search(r"\d", cell)]
    times = sum(bool(re.search(r"\d[:：]\d\d", cell)) for cell in filled) > 0.5 * len(filled)
    return bool(places) and times != (table == "punches")


def unfamiliar(page, knowledge, tables):
    """:class:`Recognised` of a sheet with unknown headings for every one of ``tables`` that it may be.

    The weight is 1 where file, sheet or title name the table.
    """
    sheet = page.sheet
    top = _top(sheet)
    if top is None:
        return []
    headings = headings_of(sheet)
    title = _title(sheet, top)
    hinted = {table: _hint(sheet, title, table, knowledge) for table in tables}
    return [
        Recognised(page, table, top, top + 1, headings, hinted[table], title, hinted[table])
        for table in tables
        if not (_many_days(headings) and _other_days(sheet, top + 1, headings, table))
        and not (table in NO_PERSONS and _of_persons(sheet, top + 1))
    ]


def _top(sheet):
    """The first row of a sheet that looks like headings; None where none does."""
    if not sheet.columns or sheet.headings is not None or sheet.height < 2:
        return None
    head = sheet.head()
    filled = [sum(bool(cell.strip()) for cell in row) for row in head]
    return next((n for n, row in enumerate(head[:-1]) if _looks_like_headings(row, max(filled))), None)


def headings_of(sheet) -> list[str]:
    """The headings of a sheet that no table knows; empty where no row looks like headings."""
    top = _top(sheet)
    return (
        []
        if top is None
        else join_levels([[re.sub(r"\s+", " ", cell).strip() for cell in sheet.head()[top]]])
    )


def _looks_like_headings(row, width):
    """Whether a row is filled as far as the fullest one and holds different texts, no numbers but days, no dates."""
    cells = [cell.strip() for cell in row if cell.strip()]
    days = [cell for cell in cells if day_of(cell)]
    words = [c for c in cells if parse_number(c) is None and dates.parse(c) is None]
    words += days if len(days) >= MIN_DAYS else []
    return len(cells) >= max(2, 0.8 * width) and len(set(words)) >= 0.9 * len(cells)


def _title(sheet, top):
    return " ".join(dict.fromkeys(c.strip() for row in sheet.head()[:top] for c in row if c.strip()))


def layout_of(sheet, matcher):
    """``(top, bottom, headings)`` of a sheet, or None where no row names two known columns."""
    if sheet.headings is not None:
        names = [next((n for n in names if matcher.match(n)[0]), names[0]) for names in sheet.headings]
        return 0, 0, names
    found = find_header(sheet.head(), matcher)
    return found and (found[0], found[0] + found[1], found[2])


def _complete(table, names, knowledge):
    """Share of the required columns that the headings name."""
    required = [n for n, c in knowledge.tables[table].columns.items() if c.required]
    required = [n for n in required if n not in knowledge.tables[table].default]
    there = [
        n in names
        or (knowledge.tables[table].columns[n].type == "unit" and "unit_name" in names)
        or (knowledge.tables[table].columns[n].type == "person" and bool(names & set(IDENTIFIERS)))
        for n in required
    ]
    return sum(there) / len(there) if there else 0.0
