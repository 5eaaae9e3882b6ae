"""Which canonical table a sheet holds: by its headings, by words in file, sheet and title, and by its answers."""

import re
import unicodedata
from dataclasses import dataclass

from jianfu.ingest.headings import IDENTIFIERS, IGNORED, PERSONAL, find_header, normal_heading
from jianfu.onboarding.knowledge import TABLES
from jianfu.onboarding.look import Page

ENOUGH = 1.5  # weight of known headings that makes a sheet a table ...
ENOUGH_COMPLETE = 0.6  # ... or this much where most required columns are there
ITEM = re.compile(r"(q|第|题)?\s*\d{1,3}\s*(题|[.、．:：]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Recognised:
    """A sheet as a table: its headings (one per column) end above row ``bottom``; ``weight`` of what speaks for it."""

    page: Page
    table: str
    top: int
    bottom: int
    headings: list
    weight: float
    title: str

    @property
    def sheet(self):
        return self.page.sheet


def recognise(page, knowledge):
    """:class:`Recognised` for a sheet, or None where it looks like none of the tables."""
    sheet = page.sheet
    if not sheet.columns or (sheet.height < 2 and sheet.headings is None):
        return None
    found = [_as_table(page, table, knowledge) for table in TABLES]
    found = [f for f in found if f]
    return max(found, key=lambda f: f.weight, default=None)


def _as_table(page, table, knowledge):
    matcher = knowledge.matchers[table]
    layout = layout_of(page.sheet, matcher)
    if layout is None:
        return None
    top, bottom, headings = layout
    title = " ".join(dict.fromkeys(c.strip() for row in page.sheet.head()[:top] for c in row if c.strip()))
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
    if table == "survey":
        known += 0.2 * min(sum(bool(ITEM.match(heading)) for heading in headings), 10)
    complete = _complete(table, names, knowledge)
    text = unicodedata.normalize("NFKC", f"{page.sheet.file} {page.sheet.name} {title}").casefold()
    hint = bool(re.search(knowledge.hints["table"][table], text))
    weight = known + complete + hint
    if known < ENOUGH and not (complete >= 0.6 and known >= ENOUGH_COMPLETE) and not (hint and known >= 1):
        return None
    return Recognised(page, table, top, bottom, headings, weight, title)


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
