"""The first data-quality report, straight after drafting: ingestion in memory, with a throw-away key."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jianfu.core.errors import DataError
from jianfu.core.keys import pseudonym_key
from jianfu.core.labels import Labels
from jianfu.core.tables import CANONICAL
from jianfu.ingest.headings import normal_heading
from jianfu.ingest.quality import join_books
from jianfu.ingest.tables import ingest_table
from jianfu.quality.facts import collect_facts
from jianfu.quality.page import write_page
from jianfu.quality.text import summary

BOOKS = ("counts", "columns", "notices")
TITLES, TO_LABEL = "tasks_titles.csv", "tasks_to_label.csv"


@dataclass(frozen=True)
class Trial:
    """What became of the rows when ``settings`` were tried out.

    ``counts`` {table: counts of :class:`jianfu.ingest.tables.IngestResult`}; ``troubles``: (table, Reason) of tables
    that cannot be read yet. The canonical tables stand in the temporary folder ``scratch``, which goes with the object.
    """

    settings: dict
    counts: dict
    troubles: list
    scratch: tempfile.TemporaryDirectory

    @property
    def kept(self):
        """Number of rows that were kept."""
        return sum(int(c.loc[c["outcome"] == "kept", "rows"].sum()) for c in self.counts.values())

    def over_limit(self):
        """Whether a sheet rejects more than a run lets pass."""
        counts = pd.concat(self.counts.values(), ignore_index=True)
        counts = counts[counts["outcome"].isin(("kept", "duplicate", "rejected"))]
        rows = counts.pivot_table(
            index=["file", "sheet"], columns="outcome", values="rows", aggfunc="sum", fill_value=0
        )
        limit = self.settings["data"]["max_reject_share"]
        return "rejected" in rows and bool((rows["rejected"] > limit * rows.sum(axis=1)).any())


def try_out(settings, folder, quarantine, knowledge) -> Trial:
    """Ingest everything that ``settings`` name; rejected rows are written to the folder ``quarantine``.

    Canonical tables are kept in memory or a temporary folder only; pseudonyms are made with a key that is thrown away
    unless one is set. A table that cannot be read stays empty.
    """
    scratch = tempfile.TemporaryDirectory()
    key, counts, troubles, units = _key(settings), {}, [], None
    for table in CANONICAL:
        try:
            result = _ingest(table, settings, folder, knowledge, units, key)
        except DataError as error:
            troubles.append((table, error.reason))
            if table == "units":
                raise
            result = _ingest(table, settings | {"sources": []}, folder, knowledge, units, key)
        if table == "units":
            units = result.canonical.to_pandas()
        counts[table] = result.counts
        place = Path(scratch.name) / table
        books = [place.with_name(f"{table}_{book}.csv") for book in BOOKS]
        of_titles = {}
        if table == "tasks":
            of_titles = {"titles": place.with_name(TITLES), "to_label": quarantine / TO_LABEL}
        result.write(place.with_suffix(".parquet"), quarantine / f"{table}.csv", *books, **of_titles)
    return Trial(settings, counts, troubles, scratch)


def write_preview(trial, folder, report, quarantine, knowledge) -> list[str]:
    """Write the data-quality page ``report`` of a trial; returns its lines for the terminal."""
    settings, scratch = trial.settings, Path(trial.scratch.name)
    labels = Labels(settings["language"], knowledge.plan / "labels.csv")
    books = {book: scratch / f"{book}.csv" for book in BOOKS}
    parts = ([scratch / f"{table}_{book}.csv" for table in CANONICAL] for book in BOOKS)
    join_books(*parts, folder, settings["sources"], *books.values())
    facts = collect_facts(
        **books,
        titles=scratch / TITLES,
        quarantine=[quarantine / f"{table}.csv" for table in CANONICAL],
        tables={table: str(scratch / f"{table}.parquet") for table in CANONICAL},
        plan=str(knowledge.plan / "indicators.csv"),
        sources=settings["sources"],
        window=settings["data"]["window"],
        limit=settings["data"]["max_reject_share"],
    )
    places = {"report": str(report), "quarantine": str(quarantine), "to_label": str(quarantine / TO_LABEL)}
    template = knowledge.root / "workflow" / "report" / "quality_report.html.jinja"
    write_page(facts, settings, labels, places, knowledge.plan / "headings.csv", template, report)
    return summary(facts, settings, labels, places)


def refused_by(trial, draft, knowledge) -> frozenset:
    """{(table, heading, column)} behind the commonest reason in sources of which too many rows are rejected."""
    counts = pd.concat(trial.counts.values(), ignore_index=True)
    counts = counts[counts["outcome"].isin(("kept", "duplicate", "rejected"))]
    found = set()
    for proposal in draft.proposals:
        own = counts[[_is_of(file, proposal.names) for file in counts["file"]]]
        rejected = own[own["outcome"] == "rejected"]
        if not rejected["rows"].sum() > trial.settings["data"]["max_reject_share"] * own["rows"].sum():
            continue
        reason, column = rejected.groupby(["reason", "column"])["rows"].sum().idxmax()
        for name in _columns_behind(reason, column, knowledge.tables[proposal.table]):
            for _, headings in proposal.pages:
                found |= {
                    (proposal.table, normal_heading(h.text), name) for h in headings if h.column == name
                }
    return frozenset(found)


def _is_of(file, names):
    """Whether a file, or the archive that it is a member of, is among ``names``."""
    return any(file == name or file.startswith(f"{name}/") for name in names)


def _columns_behind(reason, column, table):
    """Columns whose heading may be wrong where rows are rejected for ``reason`` in ``column``."""
    if reason == "unknown_category":  # its wordings are asked for
        return ()
    if reason == "conflicting_duplicate":  # numbers that begin anew in every file identify nothing
        return tuple(name for name, default in table.default.items() if default == "row")
    return {"unit_code": ("unit_code", "unit_name"), "person_key": ("id_number", "employee_id")}.get(
        column, (column,)
    )


def _key(settings):
    if os.environ.get("JIANFU_KEY") or os.environ.get("JIANFU_KEY_FILE"):
        return pseudonym_key(settings["province"]["synthetic"])
    return os.urandom(32)


def _ingest(table, settings, folder, knowledge, units, key):
    return ingest_table(table, folder, settings, knowledge.plan, knowledge.schema, units, key)
