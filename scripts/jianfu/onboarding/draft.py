"""From a folder to a draft of the province's settings: look, recognise, map, guess."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from jianfu.config.merging import merge
from jianfu.core.errors import DataError
from jianfu.core.months import month_range
from jianfu.core.reasons import Reason
from jianfu.core.tables import REQUIRED
from jianfu.ingest.stage import from_place
from jianfu.ingest.tables import ingest_table
from jianfu.ingest.units import UnitIndex
from jianfu.onboarding.codebook import code_book
from jianfu.onboarding.columns import propose_columns
from jianfu.onboarding.grouping import fill_in, group_pages, lacking, one_series, skeleton
from jianfu.onboarding.joins import check_joins, same_sheets
from jianfu.onboarding.knowledge import HIGH, LOW, TABLES
from jianfu.onboarding.look import Look, look
from jianfu.onboarding.periods import Guess, guess_extraction, guess_roster, guess_window
from jianfu.onboarding.recognise import ALIKE, as_table, headings_of, recognise, unfamiliar
from jianfu.onboarding.survey import Survey, propose_survey

MANY_COLUMNS = 5  # so many sure columns make a table whose file does not name it
OTHERS = tuple(table for table in TABLES if table != "units")
OF_UNIT_YEAR = {
    "unit_code",
    "unit_name",
    "county_code",
    "county_name",
    "year",
}  # what it asks for; the rest is optional


@dataclass
class Draft:
    """``proposals`` that can be read, ``incomplete`` ones that lack required columns, ``unknown`` sheets and
    ``troubles`` with files as (place, Reason), and the guessed settings.
    """

    folder: Path
    proposals: list
    incomplete: list
    unknown: list
    troubles: list
    survey: Survey
    window: Guess
    extraction: Guess
    roster: Guess
    n_files: int
    n_sheets: int
    reference_months: int | None  # where the window is shorter than the default reference
    partly: list = field(default_factory=list)

    def unused(self):
        """(place, how many, reason) of what is not used; places that differ in numbers alone are one, * for these."""
        groups = {}
        for place, reason in [*self.troubles, *self.unknown]:
            groups.setdefault((re.sub(r"\d+", "*", place), str(reason)), []).append((place, reason))
        return [
            (name if len(own) > 1 else own[0][0], len(own), own[0][1]) for (name, _), own in groups.items()
        ]

    def missing_tables(self):
        there = {proposal.table for proposal in self.proposals}
        return [table for table in REQUIRED if table not in there]

    def absent_tables(self):
        """Required tables that nothing in the folder resembles."""
        like = {proposal.table for proposal in self.incomplete}
        return [table for table in self.missing_tables() if table not in like]

    def settings(self):
        """The province file's content as settings (without the province's name)."""
        sources = []
        for proposal in self.proposals:
            source = proposal.source()
            if proposal.table == "survey" and self.survey.items:
                own = {h.text for _, headings in proposal.pages for h in headings}
                items = {text: item for text, item in self.survey.items.items() if text in own}
                source["columns"] = items | source.get("columns", {})
            sources.append(source)
        data = {"folder": str(self.folder.resolve()), "roster": self.roster.value}
        if self.window.value:
            data |= {"window": self.window.value, "extraction_date": self.extraction.value}
        survey = self.survey.settings()
        indices = {"indices": {"reference_months": self.reference_months}} if self.reference_months else {}
        return {"data": data, "sources": sources} | indices | ({"survey": survey} if survey else {})


def make_draft(folder, knowledge, refused=frozenset()):
    """:class:`Draft` for a folder; raises :class:`DataError` where nothing in it can be used.

    ``refused``: {(table, heading, column)} that reading the files has shown to be wrong.
    """
    seen = look(folder)
    found = _recognise_all(seen.pages, knowledge)
    units = _units(found, seen, knowledge, folder)
    if units is None:
        found = [(page, r or _by_content(page, knowledge, None, ("units",))) for page, r in found]
        units = _units(found, seen, knowledge, folder)
    books = _explained(found, knowledge)
    listing = {id(book.page) for book in books.values()}  # a sheet that lists questions is no table
    said = [books[place].said if place in books else {} for place in range(len(found))]
    found = [
        (page, None if id(page) in listing else _settled(page, r, knowledge, units, own))
        for (page, r), own in zip(found, said, strict=True)
    ]
    unknown = [(page.place, _why_unknown(page)) for page, r in found if r is None]
    recognised = [r for _, r in found if r]
    if not recognised:
        raise DataError("no_known_table", folder=str(folder), n=len(seen.files))
    twins = same_sheets(recognised)
    again = [(recognised[n].page.place, _why_again(recognised[twin])) for n, twin in twins.items()]
    recognised = [r for n, r in enumerate(recognised) if n not in twins]
    pages = []
    for r in recognised:
        own = frozenset((heading, column) for table, heading, column in refused if table == r.table)
        pages.append((r, propose_columns(r, knowledge, units if r.table != "units" else None, own)))
    proposals, troubles = group_pages(pages, seen)
    for proposal in proposals:
        fill_in(proposal, knowledge, units)
    proposals = one_series(proposals, seen, knowledge, units)
    check_joins([p for p in proposals if not p.lacking])
    for proposal in proposals:
        proposal.lacking = lacking(proposal, knowledge)
    proposals.sort(key=lambda p: (TABLES.index(p.table), p.names))
    good = [p for p in proposals if not p.lacking]
    used = [page for proposal in good for page in proposal.pages]
    window = guess_window(used)
    extraction, roster = Guess(None, LOW, None), Guess("opening", LOW, Reason("ev_nothing"))
    if window.value:
        extraction = guess_extraction(used, window.value)
        roster = guess_roster(used, window.value, knowledge)
    return Draft(
        folder=Path(folder),
        proposals=good,
        incomplete=[p for p in proposals if p.lacking],
        unknown=unknown,
        troubles=seen.troubles + troubles + again,
        survey=propose_survey([p for p in used if p[0].table == "survey"], knowledge, seen.pages),
        window=window,
        extraction=extraction,
        roster=roster,
        n_files=len(seen.files),
        n_sheets=len(seen.pages),
        reference_months=_short_reference(window.value, knowledge.default["indices"]["reference_months"]),
        partly=sorted({page.path for page in seen.pages if page.partly}),
    )


def _short_reference(window, default):
    """Months of ``window`` where they are fewer than the reference has by default, else None (also for one month)."""
    months = len(month_range(*window)) if window else default
    return months if 1 < months < default else None


def _recognise_all(pages, knowledge):
    """[(page, Recognised or None)]; a part file that begins like an earlier one is the same table."""
    found, earlier = [], {}
    for page in pages:
        known = earlier.setdefault(skeleton(page.path), [])
        head = page.sheet.head() if page.sheet.headings is None and page.sheet.columns else None
        twin = next((r for r, rows in known if head and head[: r.bottom] == rows), None)
        own = replace(twin, page=page) if twin else recognise(page, knowledge)
        if own and not twin and head:
            known.append((own, head[: own.bottom]))
        found.append((page, own))
    return found


def _explained(found, knowledge):
    """{place in ``found``: CodeBook} of sheets of answers, or unknown ones, whose headings another one explains."""
    surveys = {page.path for page, r in found if r and r.table == "survey"}
    books = [page for page, r in found if r is None or page.path in surveys]
    read = {}
    for place, (page, r) in enumerate(found if books else ()):
        if r is None or r.table == "survey":
            headings = r.headings if r else headings_of(page.sheet)
            names = list(filter(None, headings))
            book = code_book(names, [b for b in books if b is not page], knowledge) if names else None
            read |= {place: book} if book and book.page else {}
    return read


def _settled(page, found, knowledge, units, said):
    """The table of a sheet: that of its headings, unless the cells cannot fill it and can another, or tell of moves.

    ``said``: {heading: what a code book says of it}.
    """
    if found is None:
        return _by_content(page, knowledge, units, OTHERS, said=said)
    if said:
        found = replace(found, said=said)
    if found.table == "units":
        return found
    if found.table == "roster":
        ledger = as_table(page, "ledger", knowledge)
        ledgers = [ledger] if ledger else unfamiliar(page, knowledge, ("ledger",))
        if any(_tells_moves(one, knowledge, units) for one in ledgers):
            return ledgers[0]
    if found.table in ALIKE or found.table == "survey" or not _proposal(found, knowledge, units).lacking:
        return found
    others = [table for table in OTHERS if (found.table, table) != ("roster", "ledger")]
    return _by_content(page, knowledge, units, others, found) or found


def _tells_moves(found, knowledge, units):
    """Whether every row of a sheet is a movement: a column says which way, or file or title name those who moved."""
    proposal = _proposal(found, knowledge, units)
    if proposal.lacking or found.hint < 1:
        return False
    columns = {h.column: h for h in proposal.pages[0][1] if h.status in ("known", "proposed")}
    if "movement" in columns:
        return columns["movement"].confidence != LOW
    return bool(from_place("movement", found.title, found.sheet))


def _proposal(found, knowledge, units):
    """:class:`Proposal` of one sheet by itself."""
    look = Look([found.page], [], [found.page.path])
    proposals, _ = group_pages([(found, propose_columns(found, knowledge, units))], look)
    fill_in(proposals[0], knowledge, units)
    return proposals[0]


def _by_content(page, knowledge, units, tables, known=None, said=None):
    """A sheet with unknown headings as the table whose columns its cells can fill; one that its name hints at first.

    ``known``: what its headings say, which only a table with no fewer known headings replaces.
    """
    best, least = None, len(_proposal(known, knowledge, units).known) if known else 0
    for found in unfamiliar(page, knowledge, tables):
        found = replace(found, said=said or {})
        proposal = _proposal(found, knowledge, units)
        sure = [h.confidence == HIGH for h in proposal.columns.values()]
        weight = 2 * found.weight + len(proposal.known) + 0.5 * len(sure) + 0.2 * sum(sure)
        remedied = proposal.fixed or proposal.fill
        told = sum(sure) + len(proposal.known) >= MANY_COLUMNS or found.table not in ALIKE
        read = {h.column for h in proposal.columns.values()} | set(proposal.known.values())
        if found.table == "unit_year" and read <= OF_UNIT_YEAR:
            continue  # says nothing of the unit: a table of one's own
        if found.table == "unit_year" and _many_rows_each(proposal):
            continue
        if len(proposal.known) < least:
            continue
        spoken_for = found.weight or (told and not remedied)
        if not proposal.lacking and spoken_for and (best is None or weight > best[0]):
            best = weight, found
    return best and best[1]


def _many_rows_each(proposal):
    """Whether a sheet without years names its units again and again: it is no table of a row for each."""
    ((found, headings),) = proposal.pages
    places = {h.column: h.place for h in headings if h.column}
    place = places.get("unit_code", places.get("unit_name"))
    if place is None or "year" in places:
        return False
    cells = [cell for cell in found.sheet.columns[place].slice(found.bottom).to_pylist() if cell]
    return len(set(cells)) < 0.5 * len(cells)


def _why_again(twin):
    return Reason("sheet_again", place=twin.page.place)


def _why_unknown(page):
    return Reason("sheet_empty" if page.sheet.height == 0 else "sheet_unknown")


def _units(found, seen, knowledge, folder):
    """Index of the units that the folder itself names; None where there is no readable unit table."""
    pages = [(r, propose_columns(r, knowledge)) for _, r in found if r and r.table == "units"]
    proposals, _ = group_pages(pages, seen)
    for proposal in proposals:
        fill_in(proposal, knowledge)
    sources = [proposal.source() for proposal in proposals if not proposal.lacking]
    if not sources:
        return None
    settings = merge(knowledge.default, {"sources": sources, "data": {"window": ["2000-01", "2099-12"]}})
    try:
        units = ingest_table("units", folder, settings, knowledge.plan, knowledge.schema).canonical
    except DataError:
        return None
    return UnitIndex.from_units(pd.DataFrame(units.to_pandas()))
