"""Window, extraction date and whether the roster is an opening or a closing stock, from what the files say."""

import re
import unicodedata
from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from jianfu.core.reasons import Reason
from jianfu.ingest import dates
from jianfu.ingest.people import normal_id
from jianfu.ingest.sheet import SPACES
from jianfu.ingest.values import normal_wording
from jianfu.onboarding.knowledge import HIGH, LOW, MEDIUM

EVENT_DATES = {
    "tasks": ("done_at",),
    "survey": ("fieldwork_date",),
    "ledger": ("date",),
}
FEW = 0.15  # months with a smaller share of the usual number of rows are strays
_DAY = re.compile(r"(20\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")


@dataclass(frozen=True)
class Guess:
    """A proposed setting with its confidence and evidence (a Reason); ``value`` None where nothing points to one."""

    value: object
    confidence: str
    evidence: Reason | None


def guess_window(pages):
    """First and last month of the task log, else of the app statistics; ``pages``: [(Recognised, headings)]."""
    for table, column, source in (
        ("tasks", "issue_at", Reason("ev_issue_times")),
        ("app_activity", "month", Reason("ev_app_months")),
    ):
        months = Counter()
        for texts in _columns(pages, table, column):
            days, rows = _days(texts)
            for month, n in zip(np.datetime_as_string(days, unit="M").tolist(), rows, strict=True):
                months[month] += int(n)
        for recognised, headings in pages if table == "app_activity" else ():
            if recognised.table == table and not any(h.column == "month" for h in headings):
                found = dates.month_in(f"{recognised.title}") or dates.month_in(recognised.sheet.file)
                months[found or "NaT"] += recognised.sheet.height
        months.pop("NaT", None)
        if months:
            # the size of the month in which the middle row lies: stray dates have many months but few rows
            sizes = np.sort(list(months.values()))
            usual = sizes[np.searchsorted(np.cumsum(sizes), sizes.sum() / 2)]
            solid = sorted(m for m, n in months.items() if n >= FEW * usual)
            strays = sum(n for m, n in months.items() if not solid[0] <= m <= solid[-1])
            evidence = Reason("ev_with_strays", source=source, rows=strays) if strays else source
            return Guess([solid[0], solid[-1]], HIGH, evidence)
    return Guess(None, LOW, Reason("ev_no_dates"))


def guess_extraction(pages, window):
    """The latest date in titles and events that is near the end of the window; else its last day."""
    year, month = map(int, window[1].split("-"))
    end = date(year, month, monthrange(year, month)[1])
    latest = end
    for table, columns in EVENT_DATES.items():
        for column in columns:
            for texts in _columns(pages, table, column):
                days, _ = _days(texts)
                near = days[(days > np.datetime64(end)) & (days <= np.datetime64(end + timedelta(days=120)))]
                if len(near):
                    latest = max(latest, near.max().astype(object))
    for recognised, _ in pages:
        for y, m, d in _DAY.findall(
            unicodedata.normalize("NFKC", f"{recognised.title} {recognised.sheet.file}")
        ):
            try:
                found = date(int(y), int(m), int(d))
            except ValueError:
                continue
            if end < found <= end + timedelta(days=365):
                latest = max(latest, found)
    return Guess(latest.isoformat(), LOW, Reason("ev_latest_date" if latest > end else "ev_window_end"))


def guess_roster(pages, window, knowledge):
    """'opening' where the leavers of the ledger stand on the roster, 'closing' where those who came do."""
    people = {"in": set(), "out": set()}
    roster = set().union(*(_ids(texts) for texts in _columns(pages, "roster", "id_number")))
    known = {normal_wording(k): v for k, v in knowledge.wordings.of("movement").items()}
    for recognised, headings in pages:
        places = {h.column: h.place for h in headings if h.column}
        if recognised.table == "ledger" and {"id_number", "movement"} <= set(places):
            moves = recognised.sheet.filled(places["movement"], recognised.bottom).to_pylist()
            numbers = recognised.sheet.columns[places["id_number"]].to_pylist()
            for move, number in zip(moves, numbers, strict=True):
                kind = known.get(normal_wording(move or ""))
                identity = normal_id(number or "") if kind else None
                if identity:
                    people[kind].add(identity)
    leavers, comers = people["out"] - people["in"], people["in"] - people["out"]
    if roster and len(leavers) + len(comers) >= 10:
        gone = len(leavers & roster) / len(leavers) if leavers else 0.0
        came = len(comers & roster) / len(comers) if comers else 0.0
        value = "opening" if gone >= came else "closing"
        sure = HIGH if abs(gone - came) > 0.5 else MEDIUM
        return Guess(value, sure, Reason("ev_leavers_and_comers", gone=gone, came=came))
    late = total = 0
    for texts in _columns(pages, "roster", "spell_start"):
        days, rows = _days(texts)
        late += int(rows[days > np.datetime64(f"{window[0]}-01")].sum())
        total += int(rows.sum())
    if late > 0.02 * total:
        return Guess("closing", MEDIUM, Reason("ev_late_comers", n=late))
    if total:
        return Guess("opening", MEDIUM, Reason("ev_no_late_comers"))
    return Guess("opening", LOW, Reason("ev_nothing"))


def _columns(pages, table, column):
    """Texts of one canonical column with their counts, sheet by sheet."""
    for recognised, headings in pages:
        place = next((h.place for h in headings if h.column == column), None)
        if recognised.table == table and place is not None:
            cells = recognised.sheet.filled(place, recognised.bottom).slice(recognised.bottom)
            counts = Counter()
            for entry in cells.value_counts().to_pylist():
                counts[(entry["values"] or "").strip(SPACES)] += entry["counts"]
            counts.pop("", None)
            yield counts


def _days(counts):
    """Days of different texts (NaT where unreadable) and the rows of each; ``counts`` {text: rows}."""
    moments, _ = dates.read_times(pa.array(list(counts), pa.string()))
    return moments.astype("datetime64[D]"), np.array(list(counts.values()), np.int64)


def _ids(texts):
    return {identity for text in texts if (identity := normal_id(text))}
