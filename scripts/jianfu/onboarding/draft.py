"""From a folder to a draft of the province's settings: look, recognise, map, guess."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from jianfu.config.merging import merge
from jianfu.core.errors import DataError
from jianfu.core.months import month_range
from jianfu.core.reasons import Reason
from jianfu.core.tables import REQUIRED
from jianfu.ingest.tables import ingest_table
from jianfu.ingest.units import UnitIndex
from jianfu.onboarding.columns import propose_columns
from jianfu.onboarding.grouping import fill_in, group_pages, skeleton
from jianfu.onboarding.knowledge import LOW, TABLES
from jianfu.onboarding.look import look
from jianfu.onboarding.periods import Guess, guess_extraction, guess_roster, guess_window
from jianfu.onboarding.recognise import recognise
from jianfu.onboarding.survey import Survey, propose_survey


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
        survey = {"ranges": self.survey.ranges, "responses": self.survey.responses}
        survey = {key: value for key, value in survey.items() if value}
        indices = {"indices": {"reference_months": self.reference_months}} if self.reference_months else {}
        return {"data": data, "sources": sources} | indices | ({"survey": survey} if survey else {})


def make_draft(folder, knowledge):
    """:class:`Draft` for a folder; raises :class:`DataError` where nothing in it can be used."""
    seen = look(folder)
    found = _recognise_all(seen.pages, knowledge)
    unknown = [(page.place, _why_unknown(page)) for page, recognised in found if recognised is None]
    recognised = [r for _, r in found if r]
    if not recognised:
        raise DataError("no_known_table", folder=str(folder), n=len(seen.files))
    units = _units([r for r in recognised if r.table == "units"], seen, knowledge, folder)
    pages = [(r, propose_columns(r, knowledge, units if r.table != "units" else None)) for r in recognised]
    proposals, troubles = group_pages(pages, seen)
    for proposal in proposals:
        fill_in(proposal, knowledge, units)
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
        troubles=seen.troubles + troubles,
        survey=propose_survey([page for page in used if page[0].table == "survey"], knowledge),
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


def _why_unknown(page):
    return Reason("sheet_empty" if page.sheet.height == 0 else "sheet_unknown")


def _units(recognised, seen, knowledge, folder):
    """Index of the units that the folder itself names; None where there is no readable unit table."""
    pages = [(r, propose_columns(r, knowledge)) for r in recognised]
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
