"""What a province leaves out must be in its data; checked before any job, where that can be known."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean
from jianfu.core.tables import raw_tables
from jianfu.ingest.tables import ingest_table

OF_TABLE = {  # kind of `exclude`: the table that holds its values, their columns, names before codes
    "counties": ("units", ["county_name", "county_code"]),
    "apps": ("app_activity", ["app_name"]),
    "topics": ("tasks", ["topic"]),
}
SMALL = ("units",)  # tables that are read for it alone; others are known once they have been read


def check_excluded(settings: Mapping, root: str | Path, file: str, read: str | Path) -> None:
    """Raise :class:`ConfigError` for a county (name or code), an app or a topic of ``exclude`` that no row has.

    settings: of a province; file: its file; read: folder with its canonical tables, as far as they have been made.
    A name that a long table does not have there is looked for in the raw files, which may have changed; a table that
    was never read, stands in a database, is still to be simulated or cannot be read is left to the job that reads it.
    """
    for kind, (table, columns) in OF_TABLE.items():
        asked, made = settings["exclude"][kind], Path(read) / f"{table}.parquet"
        if not asked or not (table in SMALL or made.is_file()):
            continue
        if table not in SMALL and {*asked} <= _values(
            pq.read_table(made, columns=columns, read_dictionary=columns)
        ):
            continue
        rows = _raw(table, settings, Path(root))
        if rows is None:
            continue
        known = _values(rows.select(columns))
        for number, name in enumerate(asked, start=1):
            if name not in known:
                advice = did_you_mean(name, sorted(_values(rows.select(columns[:1]))))
                key = f"exclude.{kind}[{number}]"
                what = Reason("excluded_unknown", key=key, name=name, advice=advice)
                raise ConfigError("in_file", file=file, what=what)


def _raw(table, settings, root):
    """A canonical table as its raw files are now; None where they cannot be read here and now."""
    needed = {"units", *raw_tables(table)}
    sources = [source for source in settings["sources"] if source["table"] in needed]
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
