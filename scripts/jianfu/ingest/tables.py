"""One canonical table from the raw files of a province: read, check, settle duplicates, count."""

import logging
import os
import shutil
import tempfile
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jianfu.core.calendar import calendar_of
from jianfu.core.errors import DataError
from jianfu.core.keys import FINGERPRINT, key_fingerprint, pseudonym_key
from jianfu.core.spreadsheets import write_csv
from jianfu.core.tables import OWN, raw_tables
from jianfu.ingest import quality
from jianfu.ingest.blocks import Block, blocks_of
from jianfu.ingest.build import NO_ODD, Builder, Built
from jianfu.ingest.duplicates import as_rejects
from jianfu.ingest.headings import Dictionary
from jianfu.ingest.links import fill_parents
from jianfu.ingest.pieces import Read
from jianfu.ingest.pipeline import WORKERS, ordered
from jianfu.ingest.punches import monthly
from jianfu.ingest.schema import load_responses, load_tables
from jianfu.ingest.several import NO_PIECES, whole_rows
from jianfu.ingest.spells import assemble
from jianfu.ingest.spill import Spill
from jianfu.ingest.stage import Staged, Staging, check_asked, notice, notices_of_absent, notices_of_remarks
from jianfu.ingest.texts import coded
from jianfu.ingest.titles import learned
from jianfu.ingest.titles.agreement import AGREEMENT_COLUMNS
from jianfu.ingest.titles.fill import TitleCoder
from jianfu.ingest.titles.rules import load_rules
from jianfu.ingest.units import UnitIndex
from jianfu.ingest.values import Converter, Limits, Wordings
from jianfu.ingest.writer import TableWriter

LOG = logging.getLogger("jianfu")
LEAST_ROWS = 50_000  # staged rows of small files that are converted together
MEMORY = "1GB"  # what DuckDB may use
CANONICAL, PLACES, TITLES = "canonical.parquet", "places.parquet", "titles.parquet"
TITLE_SCHEMA = pa.schema([("title", pa.string())])
PLACE_SCHEMA = pa.schema([("src", pa.int32()), ("row", pa.int32())])
_NO_PLACES = PLACE_SCHEMA.empty_table().to_pandas()


class IngestResult:
    """One canonical table and its books.

    ``canonical`` Arrow table with the contract's columns in order of its key; ``origins`` Arrow table file, sheet,
    row of each of its rows (for spells: of the raw row that opened it); frames ``quarantine``, ``counts``,
    ``columns`` and ``notices`` as in :mod:`jianfu.ingest.quality`, ``titles`` as in
    :mod:`jianfu.ingest.titles.agreement`, ``to_label`` as in :mod:`jianfu.ingest.titles.learned`. The
    table stands in a file until it is asked for; the private folder of that file is removed with the result.
    """

    def __init__(self, table, schema, folder, sheets, books):
        self.table, self.schema, self.sheets = table, schema, sheets
        self.path, self._places = folder / CANONICAL, folder / PLACES
        self.quarantine, self.counts, self.columns, self.notices, self.titles, self.to_label = books
        self._removed = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    @cached_property
    def canonical(self):
        return pq.read_table(self.path).cast(self.schema)

    @cached_property
    def origins(self):
        places = pq.read_table(self._places)
        names = {sheet.number: sheet for sheet in self.sheets}
        src = places["src"].to_pylist()
        return pa.table(
            {
                "file": pa.array([names[s].file for s in src], pa.string()),
                "sheet": pa.array([names[s].name for s in src], pa.string()),
                "row": places["row"],
            }
        )

    def write(self, parquet, quarantine, counts, columns, notices, *, titles=None, to_label=None):
        """Write the table (Parquet) and its books (CSV); those of titles where they have a path."""
        Path(parquet).parent.mkdir(parents=True, exist_ok=True)
        _link(self.path, Path(parquet))
        books = (
            (self.quarantine, quarantine),
            (self.counts, counts),
            (self.columns, columns),
            (self.notices, notices),
            (self.titles, titles),
            (self.to_label, to_label),
        )
        for frame, path in books:
            if path:
                write_csv(frame, path)


@dataclass
class _Books:
    """What is collected while the raw tables of one canonical table are read."""

    sheets: list = field(default_factory=list)
    duplicates: list = field(default_factory=list)
    rejects: list = field(default_factory=list)
    odd: list = field(default_factory=list)
    several: list = field(default_factory=list)
    columns: list = field(default_factory=list)
    notices: list = field(default_factory=list)


def ingest_table(
    table, folder, settings, plan_dir, schema, units=None, key=None, scratch=None, *, scales=None, pieces=()
):
    """Read one canonical table of a province.

    table      name of a canonical table (spells reads the sources roster and ledger)
    folder     folder with the raw exports
    settings   resolved settings: the groups province, data, sources, values, survey and calendar are used
    plan_dir   config/plan; schema: path of workflow/schemas/canonical.yaml
    units      frame of the canonical units (not needed for units)
    key        pseudonym key as bytes; default: from the environment, see :mod:`jianfu.core.keys`
    scratch    folder in which a private folder for intermediate files is made, once that of a run that was killed is
               gone; default: that of the system
    scales     path of the scoring keys of the survey; default: those of plan_dir
    pieces     folders of :func:`read_piece` that hold all blocks of the table between them, in order; default: it is
               read here

    Returns :class:`IngestResult`. A table without a source has no rows and one notice. Raises DataError or
    ConfigError with one sentence.
    """
    if scratch:
        Path(scratch).mkdir(parents=True, exist_ok=True)
        for left in Path(scratch).glob(f".ingest-{table}-*"):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
    private = Path(tempfile.mkdtemp(prefix=f".ingest-{table}-", dir=scratch))
    try:
        ingestion = _Ingestion(table, settings, plan_dir, scales, schema, units, private)
        blocks = blocks_of(table, folder, settings["sources"])
        key = ingestion.key(key, blocks)
        with ThreadPoolExecutor(WORKERS) as pool:
            if pieces:
                read = _loaded(blocks, pieces)
            else:
                read = [(block, ingestion.read(block, private / block.table, key, pool)) for block in blocks]
            return ingestion.run(read, key, pool)
    except BaseException:
        shutil.rmtree(private, ignore_errors=True)
        raise


def read_piece(
    table, blocks: list[Block], settings, plan_dir, schema, into, units=None, key=None, *, scales=None
) -> None:
    """Read some ``blocks`` of the files of a table into the new folder ``into``; :func:`ingest_table` joins them.

    Other arguments and errors as there. Rows are typed and without identifiers of persons, as in the table.
    """
    into = Path(into)
    into.mkdir(parents=True)
    ingestion = _Ingestion(table, settings, plan_dir, scales, schema, units, into)
    key = ingestion.key(key, blocks)
    with ThreadPoolExecutor(WORKERS) as pool:
        for block in blocks:
            ingestion.read(block, into, key, pool).save(into / _name(block))


def _name(block):
    return f"{block.table}-{block.number:05d}"


def _loaded(blocks, pieces):
    """``(block, Read)`` of what several jobs read."""
    folders = {folder.name: folder for piece in pieces for folder in Path(piece).iterdir()}
    return [(block, Read.load(folders[_name(block)])) for block in blocks]


class _Ingestion:
    """The steps of :func:`ingest_table` and what they share; intermediate files stand in ``private``."""

    def __init__(self, table, settings, plan_dir, scales, schema, units, private):
        self.table, self.settings, self.plan_dir, self.private = table, settings, Path(plan_dir), private
        survey, self.scales = settings.get("survey") or {}, scales or self.plan_dir / "scales.yaml"
        self.tables = load_tables(
            schema, self.scales, survey.get("ranges"), survey.get("keys"), settings["sources"]
        )
        self.names = raw_tables(table)
        self.calendar = calendar_of(settings["calendar"]) if table == "app_activity" else None
        self.index = UnitIndex.from_units(units) if units is not None else UnitIndex({}, [])
        self.areas = () if units is None else {*units["county_name"].dropna(), *units["city_name"].dropna()}
        self.books = _Books()
        self.titles = None
        if table == "tasks":
            self._learn()
        self.mapped = set()
        self.connection = duckdb.connect(
            config={
                "threads": WORKERS,
                "memory_limit": MEMORY,
                "temp_directory": str(private),
                "autoinstall_known_extensions": False,
            }
        )

    def _learn(self):
        """The coder of titles, with what it learns from the labels of the province."""
        own = self.settings["titles"]
        rules = load_rules(self.plan_dir / "titles.csv", own["rules"])
        self.labels = Dictionary(self.plan_dir / "headings.csv", learned.TABLE)
        models, self.learned = {}, []
        if own["labelled"]:
            models, self.learned = learned.learn(learned.read_labelled(own["labelled"], self.labels), rules)
        self.titles = TitleCoder(rules, models)

    def _books_of_titles(self):
        """How well titles agree with files and labels, and the sheet of titles to be labelled."""
        if not self.titles:
            return pd.DataFrame(columns=AGREEMENT_COLUMNS), pd.DataFrame()
        files = self.titles.agreement(self.tables[self.table])
        labels = pd.DataFrame(self.learned, columns=AGREEMENT_COLUMNS)
        found = pd.concat([frame for frame in (files, labels) if len(frame)] or [files])
        return found, learned.sheet_to_label(self.titles.seen, self.titles.rules, self.labels)

    def key(self, key, blocks):
        """The pseudonym key where the table needs one: the given one, else that of the environment."""
        if key is None and self.table in ("spells", "survey") and blocks:
            return pseudonym_key(self.settings["province"]["synthetic"])
        return key

    def run(self, read, key, pool):
        """:class:`IngestResult` of what was ``read``: every :class:`Block` of the table with its :class:`Read`."""
        schema = self.tables[self.table].arrow_schema()
        tables = {
            name: self._joined([each for each in read if each[0].table == name], name) for name in self.names
        }
        if self.table == "spells":
            ranges = [self._spells(*(_whole(self._settled(name, *t, pool)) for name, t in tables.items()))]
        else:
            if self.table == "app_activity":
                self._add_punches(*tables["punches"], tables["app_activity"][0], pool)
            ranges = self._settled(self.table, *tables[self.table], pool)
        written = {CANONICAL: schema, PLACES: PLACE_SCHEMA}
        if self.table == "tasks":
            written[TITLES] = TITLE_SCHEMA
        with ExitStack() as stack:
            mark = {FINGERPRINT: key_fingerprint(key)} if key else {}
            writers = [
                stack.enter_context(TableWriter(self.private / name, columns, mark))
                for name, columns in written.items()
            ]
            answers = {name: [set(), 0] for name in self._flags(schema)}
            for rows in ranges:
                for writer in writers:
                    writer.write(rows.select(writer.schema.names))
                for name, seen in answers.items():
                    seen[0].update(pc.unique(rows[name]).to_pylist())
                    seen[1] += rows[name].null_count
        self.books.notices += [
            notice(self.table, "only_yes", column=name, rows=empty)
            for name, (values, empty) in answers.items()
            if values == {True, None}
        ]
        if self.table == "tasks":
            self._link(schema)
        if self.table == "units" and writers[0].rows == 0:
            raise DataError("no_units")
        return IngestResult(self.table, schema, self.private, self.books.sheets, self._joined_books())

    def _flags(self, schema):
        """Columns of yes or no that files have."""
        return [
            field.name for field in schema if pa.types.is_boolean(field.type) and field.name in self.mapped
        ]

    def _link(self, schema):
        """Parents by title where no file names any; what was found stands in the notices."""
        links = fill_parents(self.private / CANONICAL, self.private / TITLES, schema, self.areas)
        (self.private / TITLES).unlink()
        if links is None:
            return
        numbers = {
            "linked_by_title": links.linked,
            "title_fits_several": links.ambiguous,
            "title_fits_none": links.unlinked,
            "titles_fit_by_chance": links.refused,
        }
        absent = ("absent_column", "parent_task_id") if links.linked else ()
        self.books.notices = [n for n in self.books.notices if (n["kind"], n["column"]) != absent]
        self.books.notices += [
            notice("tasks", kind, column="parent_task_id", rows=rows)
            for kind, rows in numbers.items()
            if rows
        ]

    def read(self, block, folder, key, pool):
        """:class:`Read` of a block; its rows stand in a folder of its own below ``folder``."""
        own = folder / _name(block)
        own.mkdir(parents=True)
        table = self.tables[block.table]
        like = (
            ("app_days" if "date" in table.key else "documents")
            if block.table.startswith(OWN)
            else block.table
        )
        headings = Dictionary(self.plan_dir / "headings.csv", like)
        staging = Staging(table, headings, self.settings["data"]["max_unzipped_gb"] * 1024**3)
        builder = Builder(table, self.index, key, self.calendar, self.titles)
        converters = {id(source): self._converter(source) for _, _, source in block.files}
        spill = Spill(table, own)

        def convert(numbered):
            number, staged = numbered
            built = builder.build(staged.cells, converters[id(staged.source)], staged.names)
            return built.rejects, built.remarks, built.several, spill.write(number, built)

        found = Read(spill.parts, staging.sheets, staging.columns, staging.notices, staging.mapped, {})
        batches = enumerate(_several(staging.read(block.files, pool)))
        for struck, remarks, several, part in ordered(pool, convert, batches):
            spill.parts.append(part)
            if several is not None:
                found.several.append(several)
            if len(struck):
                found.rejects.append(struck)
            for key, rows in remarks.items():
                found.remarks[key] = found.remarks.get(key, 0) + rows
        return found

    def _joined(self, read, name):
        """``(spill, sheets, frames of several units)`` of the blocks of one raw table; the rest goes into the books."""
        table, books = self.tables[name], self.books
        folder = self.private / name
        folder.mkdir(exist_ok=True)
        spill, sheets, several, columns = Spill(table, folder), [], [], []
        mapped, remarks = set(), Counter()
        for _, found in read:
            found = found.numbered(len(books.sheets))
            spill.parts += found.parts
            books.sheets += found.sheets
            books.notices += found.notices
            books.rejects += found.rejects
            sheets += found.sheets
            several += found.several
            columns += found.columns
            mapped |= found.mapped
            remarks.update(found.remarks)
        self.mapped |= mapped
        books.columns += [{"table": name, **column} for column in columns]
        sources = list({id(s): s for block, _ in read for _, _, s in block.files}.values())
        if sources:
            check_asked(table, sources, columns)
            books.notices += notices_of_absent(table, sources, columns, mapped)
        elif name == self.table or self.table == "spells":
            books.notices.append(notice(name, "absent_table"))
        books.notices += notices_of_remarks(name, remarks)
        return spill, sheets, several

    def _settled(self, name, spill, sheets, several, pool):
        """Yields the kept rows of one raw table in order of its key."""
        kept, disputed, lost = 0, Counter(), {"duplicate": [_NO_PLACES], "conflict": [as_rejects(_NO_PLACES)]}
        punches = {sheet.number for sheet in self.books.sheets} - {sheet.number for sheet in sheets}
        for rows, duplicates, conflicts, own in spill.settled(self.connection, pool):
            kept += rows.num_rows
            disputed += own
            lost["duplicate"].append(duplicates)
            lost["conflict"].append(conflicts)
            if self.table == "app_activity" and punches & {*duplicates["src"], *conflicts["src"]}:
                raise DataError("punches_and_sheets")
            yield self._told(rows, spill.table)
        if self.titles:
            self._note_titles()
        LOG.info("%s: %d rows kept of %d", name, kept, sum(sheet.rows_read for sheet in sheets))
        several = pd.concat([NO_PIECES, *several], ignore_index=True)
        frames = (pd.concat(frames, ignore_index=True) for frames in lost.values())
        duplicates, conflicts, pieces = whole_rows(*frames, several, name)
        self.books.duplicates.append(duplicates)
        self.books.rejects.append(conflicts)
        self.books.several.append(pieces)
        self.books.notices += quality.notices_of_several(name, sheets, several)
        self.books.notices += [
            notice(name, "disputed_own", column=column, rows=n) for column, n in sorted(disputed.items())
        ]
        self.books.odd.append(spill.odd_counts(pd.concat([duplicates, conflicts])))
        shutil.rmtree(spill.folder)

    def _told(self, rows, table):
        """Rows with the columns that no file has taken from their titles."""
        return self.titles.fill(rows, table, set(table.columns) - self.mapped) if self.titles else rows

    def _note_titles(self):
        """One notice for every column taken from titles or other columns, instead of the one that it is absent."""
        told = {column for column, rows in self.titles.filled.items() if rows}
        self.books.notices = [
            notice
            for notice in self.books.notices
            if notice["kind"] != "absent_column" or notice["column"] not in told
        ]
        self.books.notices += [
            notice(
                self.table,
                "coded_from_title" if self.tables["tasks"].columns[column].title else "completed",
                column=column,
                rows=rows,
            )
            for column, rows in sorted(self.titles.filled.items())
            if rows
        ]

    def _add_punches(self, punches, sheets, several, spill, pool):
        """Monthly counts of the punches (raw rows on disk) as further rows of app_activity."""
        schema = spill.table.arrow_schema()
        counts = list(punches.ranges(lambda rows: monthly(rows, self.calendar, schema), pool))
        spill.parts.append(spill.write(0, Built(pa.concat_tables(counts), None, NO_ODD, {})))
        LOG.info(
            "punches: %d monthly counts of %d rows", spill.rows, sum(sheet.rows_read for sheet in sheets)
        )
        self.books.odd.append(punches.odd_counts(_NO_PLACES))
        shutil.rmtree(punches.folder)

    def _converter(self, source):
        data, survey = self.settings["data"], self.settings.get("survey") or {}
        return Converter(
            data["null_tokens"],
            Limits(_extraction_date(data)),
            Wordings(self.plan_dir / "values.csv", self.settings.get("values"), source.get("values")),
            load_responses(self.scales),
            survey.get("responses"),
            source.get("percent") or (),
        )

    def _spells(self, roster, ledger):
        """Roster and ledger joined, with src and row; rejected raw rows go into the books."""
        schema = self.tables["spells"].arrow_schema()
        data = self.settings["data"]
        joined = assemble(roster, ledger, schema, _extraction_date(data), data["roster"])
        self.books.rejects.append(joined.rejects.astype({"src": "int32", "row": "int32"}))
        self.books.notices += [
            notice("spells", kind, rows=rows) for kind, rows in sorted(joined.notices.items())
        ]
        origins = np.array(joined.origins, np.int32).reshape(-1, 2)
        columns = dict(zip(schema.names, joined.spells.columns, strict=True))
        return pa.table({"src": origins[:, 0], "row": origins[:, 1], **columns})

    def _joined_books(self):
        """Frames quarantine, counts, columns and notices."""
        books = self.books
        duplicates = pd.concat([_NO_PLACES, *books.duplicates], ignore_index=True)
        rejects = pd.concat([as_rejects(_NO_PLACES), *books.rejects], ignore_index=True)
        odd = sum(books.odd, Counter())
        return (
            quality.quarantine(books.sheets, rejects),
            quality.count_rows(books.sheets, duplicates, rejects, odd, pd.concat(books.several)),
            pd.DataFrame(books.columns, columns=quality.HEADING_COLUMNS),
            pd.DataFrame(books.notices, columns=quality.NOTICE_COLUMNS),
            *self._books_of_titles(),
        )


def _link(source, target):
    """The same file at another place; a copy where that is another disk."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _several(staged):
    """Small batches of one source with the same columns put together."""
    waiting = []
    for batch in staged:
        if waiting and (
            waiting[0].source is not batch.source
            or set(waiting[0].cells.column_names) != set(batch.cells.column_names)
            or sum(b.cells.num_rows for b in waiting) >= LEAST_ROWS
        ):
            yield _together(waiting)
            waiting = []
        waiting.append(batch)
    if waiting:
        yield _together(waiting)


def _together(batches):
    if len(batches) == 1:
        return batches[0]
    names = batches[0].cells.column_names
    cells = {}
    for name in names:
        columns = [batch.cells[name] for batch in batches]
        if len({column.type for column in columns}) > 1:
            columns = [coded(column) for column in columns]
        cells[name] = pa.chunked_array([chunk for column in columns for chunk in column.chunks])
    names = frozenset().union(*(batch.names for batch in batches))
    return Staged(batches[0].source, pa.table(cells).unify_dictionaries().combine_chunks(), names)


def _whole(ranges):
    """Ranges of rows as one table in memory, texts as text."""
    tables = list(ranges)
    return pa.concat_tables(tables)


def _extraction_date(data):
    if data["extraction_date"]:
        return date.fromisoformat(data["extraction_date"])
    year, month = map(int, data["window"][1].split("-"))
    return date(year + month // 12, month % 12 + 1, 1) - date.resolution
