"""What a province leaves out must be in its data: said before any job where it can be known, else once all is read."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.reasons import Reason
from jianfu.core.sources import matching_files
from jianfu.core.spelling import all_of, did_you_mean
from jianfu.core.tables import raw_tables
from jianfu.ingest.tables import ingest_table

OF_TABLE = {  # table that holds the values of kinds of `exclude`: the columns of each kind, names before codes
    "units": {"counties": ["county_name", "county_code"], "unit_types": ["unit_type"]},
    "app_activity": {"apps": ["app_name"]},
    "tasks": {"topics": ["topic"]},
}
QUICK_BYTES = 5_000_000  # of raw files that are read for this check alone, though no job has read them yet


def check_excluded(settings: Mapping, root: str | Path, file: str, read: str | Path) -> None:
    """Raise :class:`ConfigError` for what ``exclude`` names and no row has, or if nothing is left; before any job.

    settings: of a province; file: its file; read: folder with its canonical tables, as far as they have been made.
    A name that a table does not have there is looked for in the raw files, which may have changed. Large files that
    were never read, a table in a database, one still to be simulated and one that cannot be read are left to the job
    that counts what is left out (:func:`check_read`).
    """
    for table in _asked(settings["exclude"]):
        made = Path(read) / f"{table}.parquet"
        if made.is_file():
            if not _wrong(settings["exclude"], table, _stored(made, table)):
                continue
        elif _raw_bytes(table, settings) > QUICK_BYTES:
            continue
        rows = _raw(table, settings, Path(root))
        if rows is not None and (what := _wrong(settings["exclude"], table, rows)):
            raise ConfigError("in_file", file=file, what=what)


def check_read(exclude: Mapping, paths: Mapping[str, str], file: str) -> None:
    """As :func:`check_excluded`, of the canonical tables as they have been read. paths: of the tables, by name."""
    for table in _asked(exclude):
        if what := _wrong(exclude, table, _stored(paths[table], table)):
            raise ConfigError("in_file", file=file, what=what)


def _asked(exclude):
    return [table for table, kinds in OF_TABLE.items() if any(exclude[kind] for kind in kinds)]


def _stored(path, table):
    columns = [column for own in OF_TABLE[table].values() for column in own]
    return pq.read_table(path, columns=columns, read_dictionary=columns)


def _wrong(exclude, table, rows):
    """Why the rows of a table cannot be left out as asked, as a :class:`Reason`; None where they can."""
    for kind, columns in OF_TABLE[table].items():
        known = _values(rows.select(columns))
        for number, name in enumerate(exclude[kind], start=1):
            if name not in known:
                advice = did_you_mean(name, sorted(_values(rows.select(columns[:1]))))
                return Reason("excluded_unknown", key=f"exclude.{kind}[{number}]", name=name, advice=advice)
    asked = [kind for kind in OF_TABLE[table] if exclude[kind]]
    out = {name for kind in asked for name in exclude[kind]}
    alike = rows.group_by(rows.column_names).aggregate([]).to_pylist()
    if all(out.intersection(row.values()) for row in alike):
        return Reason("excluded_everything", keys=all_of([f"exclude.{kind}" for kind in asked]))
    return None


def _sources(table, settings):
    needed = {"units", *raw_tables(table)}
    return [source for source in settings["sources"] if source["table"] in needed]


def _raw_bytes(table, settings):
    folder = settings["data"]["folder"]
    files = {file for source in _sources(table, settings) for file in matching_files(folder, source)}
    return sum(file.stat().st_size for file in files)


def _raw(table, settings, root):
    """A canonical table as its raw files are now; None where they cannot be read here and now."""
    sources = _sources(table, settings)
    if settings["simulate"] or any("url_env" in source.get("database", {}) for source in sources):
        return None
    plan, schema = root / "config" / "plan", root / "workflow" / "schemas" / "canonical.yaml"
    found, folder = None, settings["data"]["folder"]
    try:
        for name in dict.fromkeys(["units", table]):
            units = None if found is None else found.to_pandas()
            found = ingest_table(name, folder, settings, plan, schema, units).canonical
    except DataError:
        return None
    return found


def _values(table):
    """Texts in any column of an Arrow table."""
    return {
        value for column in table.unify_dictionaries().columns for value in column.unique().to_pylist()
    } - {None}
