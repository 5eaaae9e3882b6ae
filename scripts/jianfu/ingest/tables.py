"""One canonical table from the raw files of a province: read, check, settle duplicates, count."""

import logging
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jianfu.errors import DataError
from jianfu.ingest import quality
from jianfu.ingest.build import REJECT_COLUMNS, Builder, Built
from jianfu.ingest.duplicates import settle
from jianfu.ingest.headings import Dictionary
from jianfu.ingest.people import pseudonym_key
from jianfu.ingest.schema import SPELL_SOURCES, load_responses, load_tables
from jianfu.ingest.spells import assemble
from jianfu.ingest.stage import Staging
from jianfu.ingest.units import UnitIndex
from jianfu.ingest.values import Converter, Limits, Wordings
from jianfu.sources import find_files

LOG = logging.getLogger("jianfu")
CHUNK_ROWS = 1_000_000  # staged rows that are converted at a time
ROW_GROUP = 100_000


@dataclass(frozen=True)
class IngestResult:
    """One canonical table and its books.

    ``canonical`` Arrow table with the contract's columns in order of its key; ``origins`` Arrow table file, sheet,
    row of each of its rows (for spells: of the raw row that opened it); frames ``quarantine``, ``counts``,
    ``columns`` and ``notices`` as in :mod:`jianfu.ingest.quality`.
    """

    table: str
    canonical: pa.Table
    origins: pa.Table
    quarantine: pd.DataFrame
    counts: pd.DataFrame
    columns: pd.DataFrame
    notices: pd.DataFrame

    def write(self, parquet, quarantine, counts, columns, notices):
        """Write the table (Parquet) and its books (CSV)."""
        for path in (parquet, quarantine, counts, columns, notices):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.canonical, parquet, compression="zstd", row_group_size=ROW_GROUP)
        for frame, path in (
            (self.quarantine, quarantine),
            (self.counts, counts),
            (self.columns, columns),
            (self.notices, notices),
        ):
            quality.write_csv(frame, path)


@dataclass
class _Books:
    """What is collected while the raw tables of one canonical table are read."""

    sheets: list = field(default_factory=list)
    duplicates: list = field(default_factory=list)
    rejects: list = field(default_factory=list)
    cells: list = field(default_factory=list)
    columns: list = field(default_factory=list)
    notices: list = field(default_factory=list)


def ingest_table(table, folder, settings, plan_dir, schema, units=None, key=None):
    """Read one canonical table of a province.

    table      name of a canonical table (spells reads the sources roster and ledger)
    folder     folder with the raw exports
    settings   resolved settings: the groups province, data, sources, values and survey are used
    plan_dir   config/plan; schema: path of workflow/schemas/canonical.yaml
    units      frame of the canonical units (not needed for units and policies)
    key        pseudonym key as bytes; default: from the environment, see :mod:`jianfu.ingest.people`

    Returns :class:`IngestResult`. A table without a source has no rows and one notice. Raises DataError or
    ConfigError with one sentence.
    """
    plan_dir = Path(plan_dir)
    survey = settings.get("survey") or {}
    tables = load_tables(schema, plan_dir / "scales.yaml", survey.get("ranges"))
    names = SPELL_SOURCES if table == "spells" else (table,)
    files = find_files(folder, [source for source in settings["sources"] if source["table"] in names])
    if key is None and table in ("spells", "survey") and files:
        key = pseudonym_key(settings["province"]["synthetic"])
    index = UnitIndex.from_units(units) if units is not None else UnitIndex({}, [])
    books, kept = _Books(), {}
    max_unzipped = settings["data"]["max_unzipped_gb"] * 1024**3
    connection = duckdb.connect(config={"threads": 2, "autoinstall_known_extensions": False})
    for name in names:
        headings = Dictionary(plan_dir / "headings.csv", name)
        reader = Staging(tables[name], headings, len(books.sheets), max_unzipped)
        builder = Builder(tables[name], index, key)
        own = [entry for entry in files if entry[2]["table"] == name]
        built = _read(reader, builder, own, settings, plan_dir, connection)
        kept[name], duplicates, conflicts = settle(connection, built.rows, tables[name])
        books.sheets += reader.sheets
        books.columns += [{"table": name, **column} for column in reader.columns]
        books.notices += reader.notices
        books.notices += [
            {"table": name, "kind": "contradiction", "file": "", "sheet": "", "column": column, "rows": rows}
            for column, rows in sorted(built.contradictions.items())
            if rows
        ]
        books.duplicates.append(duplicates)
        books.rejects += [built.rejects, conflicts]
        books.cells.append(built.cells)
        LOG.info("%s: %d rows kept of %d", name, kept[name].num_rows, sum(s.rows_read for s in reader.sheets))
    if table == "spells":
        canonical, origins = _spells(kept, tables["spells"], settings["data"]["roster"], books)
    else:
        canonical = kept[table].select(list(tables[table].columns)).cast(tables[table].arrow_schema())
        origins = kept[table].select(["src", "row"])
    if table == "units":
        _check_units(canonical)
    return _result(table, canonical, origins, books)


def _read(reader, builder, files, settings, plan_dir, connection):
    """All rows of one raw table as :class:`Built`; ``files`` as from :func:`find_files`."""
    sources = list({id(source): source for _, _, source in files}.values())
    if not sources:
        reader.notice("absent_table")
        return _join([], builder.table)
    data, survey = settings["data"], settings.get("survey") or {}
    limits = Limits(_extraction_date(data))
    responses = load_responses(plan_dir / "scales.yaml")
    converters = {
        id(source): Converter(
            connection,
            data["null_tokens"],
            limits,
            Wordings(plan_dir / "values.csv", settings.get("values"), source.get("values")),
            responses,
            survey.get("responses"),
            source.get("percent") or (),
        )
        for source in sources
    }
    built, waiting = [], {}

    def convert(source):
        staged = waiting.pop(id(source))
        cells = pa.concat_tables([s.cells for s in staged], promote_options="default")
        built.append(builder.build(cells, converters[id(source)]))

    for staged in reader.read(files):
        pile = waiting.setdefault(id(staged.source), [])
        if pile and set(pile[0].cells.column_names) != set(staged.cells.column_names):
            convert(staged.source)
            pile = waiting.setdefault(id(staged.source), [])
        pile.append(staged)
        if sum(s.cells.num_rows for s in pile) >= CHUNK_ROWS:
            convert(staged.source)
    for source in sources:
        if id(source) in waiting:
            convert(source)
    reader.note_absent(sources)
    return _join(built, builder.table)


def _join(built, table):
    """Several :class:`Built` as one."""
    schema = pa.schema([("src", pa.int32()), ("row", pa.int32()), *table.arrow_schema()])
    places = {"src": "int32", "row": "int32"}
    contradictions = {}
    for part in built:
        for column, rows in part.contradictions.items():
            contradictions[column] = contradictions.get(column, 0) + rows
    return Built(
        pa.concat_tables([schema.empty_table(), *(part.rows.cast(schema) for part in built)]),
        pd.concat([pd.DataFrame(columns=REJECT_COLUMNS).astype(places), *(part.rejects for part in built)]),
        pd.concat(
            [pd.DataFrame(columns=["src", "row", "column", "kind"]).astype(places), *(p.cells for p in built)]
        ),
        contradictions,
    )


def _spells(kept, table, stock, books):
    """Roster and ledger joined; rejected raw rows go into the books."""
    joined = assemble(kept["roster"], kept["ledger"], table.arrow_schema(), stock)
    books.rejects.append(joined.rejects.astype({"src": "int32", "row": "int32"}))
    books.notices += [
        {"table": "spells", "kind": kind, "file": "", "sheet": "", "column": "", "rows": rows}
        for kind, rows in sorted(joined.notices.items())
    ]
    origins = np.array(joined.origins, np.int32).reshape(-1, 2)
    return joined.spells, pa.table({"src": origins[:, 0], "row": origins[:, 1]})


def _extraction_date(data):
    if data["extraction_date"]:
        return date.fromisoformat(data["extraction_date"])
    year, month = map(int, data["window"][1].split("-"))
    return date(year + month // 12, month % 12 + 1, 1) - date.resolution


def _check_units(units):
    if units.num_rows == 0:
        raise DataError(
            "The unit table has no usable row; without units no other row can be placed: check its file."
        )


def _result(table, canonical, origins, books):
    duplicates, rejects, cells = (
        pd.concat(frames, ignore_index=True) for frames in (books.duplicates, books.rejects, books.cells)
    )
    counts = quality.count_rows(books.sheets, duplicates, rejects, cells)
    names = {sheet.number: sheet for sheet in books.sheets}
    src = origins["src"].to_pylist()
    places = pa.table(
        {
            "file": pa.array([names[s].file for s in src], pa.string()),
            "sheet": pa.array([names[s].name for s in src], pa.string()),
            "row": origins["row"],
        }
    )
    return IngestResult(
        table,
        canonical,
        places,
        quality.quarantine(books.sheets, rejects),
        counts,
        pd.DataFrame(books.columns, columns=quality.HEADING_COLUMNS),
        pd.DataFrame(books.notices, columns=quality.NOTICE_COLUMNS),
    )
