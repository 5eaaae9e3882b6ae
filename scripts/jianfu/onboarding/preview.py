"""The first data-quality report, straight after drafting: ingestion in memory, with a throw-away key."""

import os
import tempfile
from pathlib import Path

from jianfu.core.errors import DataError
from jianfu.core.keys import pseudonym_key
from jianfu.core.labels import Labels
from jianfu.core.tables import CANONICAL
from jianfu.ingest.quality import join_books
from jianfu.ingest.tables import ingest_table
from jianfu.quality.facts import collect_facts
from jianfu.quality.page import write_page
from jianfu.quality.text import summary

BOOKS = ("counts", "columns", "notices")


def write_preview(settings, folder, results, knowledge):
    """Ingest everything that ``settings`` name and write the report; returns (lines for the terminal, troubles).

    ``results`` is results/<slug>: it receives quality/preview.html and, in restricted/preview, the quarantine.
    Canonical tables are kept in memory or a temporary folder only; pseudonyms are made with a
    key that is thrown away unless one is set. Troubles are (table, Reason) of tables that cannot be read yet.
    """
    key = _key(settings)
    labels = Labels(settings["language"], knowledge.plan / "labels.csv")
    report, quarantine = results / "quality" / "preview.html", results / "restricted" / "preview"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        troubles = _ingest_all(settings, folder, scratch, quarantine, knowledge, key)
        books = {book: scratch / f"{book}.csv" for book in BOOKS}
        join_books(
            *([scratch / f"{table}_{book}.csv" for table in CANONICAL] for book in BOOKS),
            folder,
            settings["sources"],
            *books.values(),
        )
        facts = collect_facts(
            **books,
            quarantine=[quarantine / f"{table}.csv" for table in CANONICAL],
            tables={table: str(scratch / f"{table}.parquet") for table in CANONICAL},
            plan=str(knowledge.plan / "indicators.csv"),
            sources=settings["sources"],
            window=settings["data"]["window"],
            limit=settings["data"]["max_reject_share"],
        )
    places = {"report": str(report), "quarantine": str(quarantine)}
    template = knowledge.root / "workflow" / "report" / "quality_report.html.jinja"
    write_page(facts, settings, labels, places, knowledge.plan / "headings.csv", template, report)
    return summary(facts, settings, labels, places), troubles


def _key(settings):
    if os.environ.get("JIANFU_KEY") or os.environ.get("JIANFU_KEY_FILE"):
        return pseudonym_key(settings["province"]["synthetic"])
    return os.urandom(32)


def _ingest_all(settings, folder, scratch, quarantine, knowledge, key):
    """Write every canonical table to ``scratch``; one that cannot be read stays empty."""
    troubles, units = [], None
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
        result.write(
            scratch / f"{table}.parquet",
            quarantine / f"{table}.csv",
            *(scratch / f"{table}_{b}.csv" for b in (*BOOKS, "titles")),
        )
    return troubles


def _ingest(table, settings, folder, knowledge, units, key):
    return ingest_table(table, folder, settings, knowledge.plan, knowledge.schema, units, key)
