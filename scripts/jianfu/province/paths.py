"""Files and folders that settings name: found before any job, with the nearest existing name where they are not."""

import csv
from pathlib import Path

from jianfu.config.files import display
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError, DataError
from jianfu.core.keys import pseudonym_key
from jianfu.core.sources import find_files, matching_files
from jianfu.core.spelling import nearest, suggestion
from jianfu.core.tables import PARTS
from jianfu.province.panel_files import replace_files
from jianfu.province.rules import brings_ready_tables

HOLIDAY_COLUMNS = {"date", "is_workday"}
PERSON_TABLES = ("roster", "ledger", "survey")
LISTED = 2000  # so many files of a folder are looked at for the nearest name


def province_file(slug, folders):
    """Path of ``<slug>.yaml`` in the first of ``folders`` that has it; one sentence with the nearest name if none."""
    for folder in folders:
        path = Path(folder) / f"{slug}.yaml"
        if path.is_file():
            return path
    existing = sorted({path.stem for folder in folders for path in Path(folder).glob("*.yaml")})
    where = " or ".join(display(folder) for folder in folders)
    raise ConfigError(f"There is no province file '{slug}.yaml' in {where}; {suggestion(slug, existing)}")


def resolve_paths(settings, folder, file):
    """Paths in a province file are relative to that file; returns settings with paths from the working directory."""

    def resolve(value, key, kind):
        path = Path(folder, value)
        if not path.exists():
            raise ConfigError(
                f"{file}: '{key}' names '{value}', which does not exist (looked in {display(folder)})."
            )
        if not (path.is_dir() if kind == "folder" else path.is_file()):
            raise ConfigError(f"{file}: '{key}' names '{value}', which is no {kind}.")
        return display(path.resolve())

    if settings["data"]["folder"] is not None:
        found = resolve(settings["data"]["folder"], "data.folder", "folder")
        settings = merge(settings, {"data": {"folder": found}})
    if settings["calendar"]["holidays"]:
        found = resolve(settings["calendar"]["holidays"], "calendar.holidays", "file")
        _check_holidays(found, file)
        settings = merge(settings, {"calendar": {"holidays": found}})
    if settings["indices"]["anchors"]:
        found = resolve(settings["indices"]["anchors"], "indices.anchors", "file")
        settings = merge(settings, {"indices": {"anchors": found}})
    if settings["indicators"]:
        found = replace_files(settings["indicators"], lambda value, key: resolve(value, key, "file"))
        settings = {**settings, "indicators": found}
    if settings["models_on"]:
        data = settings["models_on"]["data"]
        if isinstance(data, str):
            data = resolve(data, "models_on.data", "file")
        else:
            data = {name: resolve(path, f"models_on.data.{name}", "file") for name, path in data.items()}
        settings = merge(settings, {"models_on": settings["models_on"] | {"data": data}})
    if settings["simulate"]:
        found = resolve(settings["simulate"]["parameters"], "simulate.parameters", "file")
        simulate = {"seed": settings["simulate"].get("seed", 1), "parameters": found}
        settings = merge(settings, {"simulate": simulate})
    return settings


def _check_holidays(path, file):
    try:
        with open(path, encoding="utf-8-sig", newline="") as lines:
            found = next(csv.reader(lines), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ConfigError(f"{file}: 'calendar.holidays' names '{path}', which is no UTF-8 text.") from None
    if not set(found) >= HOLIDAY_COLUMNS:
        raise ConfigError(
            f"{file}: 'calendar.holidays' names '{path}', whose first line lacks the columns date and is_workday."
        )


def check_files(settings, file):
    """Every pattern and database file must be there, and no file may be read twice; not where exports are simulated."""
    if settings["simulate"] or brings_ready_tables(settings):
        return
    folder = settings["data"]["folder"]
    for row, source in enumerate(settings["sources"], start=1):
        if "database" in source:
            _check_database(folder, source, f"{file}: 'sources[{row}].database.file'")
            continue
        for pattern in source["files"]:
            if not matching_files(folder, {"files": [pattern]}):
                raise ConfigError(
                    f"{file}: 'sources[{row}].files' names '{pattern}', but no such file is in {folder}"
                    f"{_nearest_file(folder, pattern)}"
                )
    together = {table: names for names in PARTS.values() for table in names}
    for table in dict.fromkeys(source["table"] for source in settings["sources"]):
        names = together.get(table, (table,))
        try:
            find_files(folder, [source for source in settings["sources"] if source["table"] in names])
        except DataError as error:
            raise ConfigError(f"{file}: {error}") from None


def _check_database(folder, source, key):
    for path in matching_files(folder, source):
        if not path.is_file():
            name = source["database"]["file"]
            raise ConfigError(
                f"{key} names '{name}', but no such file is in {folder}{_nearest_file(folder, name)}"
            )


def _nearest_file(folder, name):
    """``; did you mean 'x'?`` for the existing file nearest to a name or pattern."""
    existing = []
    for path in Path(folder).rglob("*"):
        if path.is_file() and not path.name.startswith(("~$", ".")):
            existing.append(path.relative_to(folder).as_posix())
            if len(existing) == LISTED:
                break
    if not existing:
        return ", which holds no file at all; correct 'data.folder'."
    close = nearest(name, sorted(existing), cutoff=0.4)
    return f"; did you mean '{close}'?" if close else "; correct the name or pattern."


def check_key(settings, file):
    """Real persons need a key for pseudonyms before anything is read."""
    if not any(source["table"] in PERSON_TABLES for source in settings["sources"]):
        return
    try:
        pseudonym_key(settings["province"]["synthetic"])
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
