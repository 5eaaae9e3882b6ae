"""Counties that a province leaves out must be in its table of units; checked before any job, as that table is small."""

from collections.abc import Mapping
from pathlib import Path

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean
from jianfu.ingest.tables import ingest_table


def check_counties(settings: Mapping, root: str | Path, file: str) -> None:
    """Raise :class:`ConfigError` for a county of ``exclude`` that no unit has, by name or code.

    settings: of a province; file: its file. Units in a database, or that a simulation is still to make, are left to the
    job that reads them, and so is a table that cannot be read.
    """
    asked = settings["exclude"]["counties"]
    units = [source for source in settings["sources"] if source["table"] == "units"]
    if not asked or settings["simulate"] or any("url_env" in s.get("database", {}) for s in units):
        return
    root = Path(root)
    schema = root / "workflow" / "schemas" / "canonical.yaml"
    try:
        table = ingest_table("units", settings["data"]["folder"], settings, root / "config" / "plan", schema)
    except DataError:
        return
    found = table.canonical
    names = sorted({*found["county_name"].to_pylist()} - {None})
    known = {*names, *found["county_code"].to_pylist()}
    for row, name in enumerate(asked, start=1):
        if name not in known:
            key = f"exclude.counties[{row}]"
            what = Reason("excluded_unknown", key=key, name=name, advice=did_you_mean(name, names))
            raise ConfigError("in_file", file=file, what=what)
