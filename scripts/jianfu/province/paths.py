"""Files and folders that settings name: found before any job, with the nearest existing name where they are not."""

import csv
import re
import zipfile
from collections import Counter
from pathlib import Path

from jianfu.config.files import display
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError, DataError
from jianfu.core.keys import pseudonym_key
from jianfu.core.reasons import Reason
from jianfu.core.sources import check_readable, find_files, matching_files
from jianfu.core.spelling import did_you_mean, one_of
from jianfu.core.tables import PARTS
from jianfu.province.panel_files import replace_files
from jianfu.province.rules import brings_ready_tables

SLUG = re.compile("[A-Za-z0-9_-]+")
HOLIDAY_COLUMNS = {"date", "is_workday"}
PERSON_TABLES = {"roster", "ledger", "survey"}
RESULT_FILES = (  # what is read of the results of another run, from their folder
    *("provenance/plan.json", "provenance/run.json", "plan/hypotheses.csv"),
    *("release/estimates.csv", "release/reasons.csv"),
)
PATHS = (  # settings that name one file or folder
    ("data", "folder", "folder"),
    ("calendar", "holidays", "file"),
    ("report", "compared_with", "folder"),
    ("report", "template", "file"),
    ("titles", "labelled", "file"),
    ("indices", "anchors", "file"),
    ("indices", "frozen", "file"),
    ("map", "file", "file"),
)
RESULT_TABLES = (  # what is laid out of the released estimates, in this order
    "main_regression",
    "hypotheses",
    "checks",
    "identification",
    "identification_main",
    "robustness",
    "robustness_main",
    "joint_faces",
    "outflow_models",
    "mediation",
    "policy_models",
    "scale_quality",
    "invariance_verdicts",
    "response_rates",
    "scenarios",
    "fe_versus_pooled",
    "sample_by_cohort",
    "sample_by_burden",
    "correlation_matrix",
    "stepwise_columns",
    "subgroup_slopes",
)
WORD_TYPE, STRICT = "wordprocessingml.document.main+xml", "purl.oclc.org/ooxml"
SHAPEFILE = (".shx", ".dbf", ".cpg")  # beside the .shp
LISTED = 2000  # so many files of a folder are looked at for the nearest name


def province_file(slug: str, folders: list) -> Path:
    """Path of ``<slug>.yaml`` in the first of ``folders`` that has it; one sentence with the nearest name if none."""
    check_slug(slug)
    for folder in folders:
        path = Path(folder) / f"{slug}.yaml"
        if path.is_file():
            return path
    existing = sorted(
        {path.stem for folder in folders for path in Path(folder).glob("*.yaml") if path.is_file()}
    )
    where = one_of([display(folder) for folder in folders])
    raise ConfigError("no_province_file", slug=slug, folders=where, advice=did_you_mean(slug, existing))


def finished_results(slug: str, folders: list, results: str | Path = "results") -> Path:
    """The folder with the results of a province; one sentence where it has no file in ``folders`` or no release."""
    province_file(slug, folders)
    folder = Path(results, slug)
    if not (folder / "release" / "manifest.json").is_file():
        raise ConfigError("nothing_finished", province=slug)
    return folder


def check_slug(slug: str) -> None:
    """Raise :class:`ConfigError` where a text cannot be the short name of a province: no path, nothing empty."""
    if not SLUG.fullmatch(slug):
        raise ConfigError("invalid_province_name", slug=slug)


def registration_files(file: str | Path, slug: str) -> list[Path]:
    """The registered plans of a province (``make freeze``), the earliest first; ``file``: its province file."""
    return sorted(Path(file).parent.joinpath("registrations", slug).glob("*.json"))


def resolve_paths(settings: dict, folder: Path, file: str) -> dict:
    """Paths in a province file are relative to that file; returns settings with paths from the working directory."""

    def resolve(value, key, kind):
        path = Path(folder, value)
        if not path.exists():
            raise ConfigError("no_such_path", file=file, key=key, name=value, folder=display(folder))
        if not (path.is_dir() if kind == "folder" else path.is_file()):
            raise ConfigError(
                "is_no_folder" if kind == "folder" else "is_no_file", file=file, key=key, name=value
            )
        if kind == "folder":
            check_readable(display(path.resolve()))
        return display(path.resolve())

    for group, key, kind in PATHS:
        if value := settings[group][key]:
            found = resolve(value, f"{group}.{key}", kind)
            settings = merge(settings, {group: {key: found}})
    if settings["calendar"]["holidays"]:
        _check_holidays(settings["calendar"]["holidays"], file)
    if settings["report"]["template"]:
        _check_template(settings["report"]["template"], file)
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
        raise ConfigError("holidays_not_utf8", file=file, path=path) from None
    if not set(found) >= HOLIDAY_COLUMNS:
        raise ConfigError("holidays_lack_columns", file=file, path=path)


def _check_template(path, file):
    """A Word document: no other kind of file under its name, no template, not encrypted, not in the strict format."""
    try:
        with zipfile.ZipFile(path) as parts:
            types, links = (parts.read(name).decode() for name in ("[Content_Types].xml", "_rels/.rels"))
    except (OSError, KeyError, UnicodeDecodeError, zipfile.BadZipFile):
        types = links = ""
    if WORD_TYPE not in types or STRICT in links:
        raise ConfigError("template_no_word_file", file=file, path=path)


def check_files(settings: dict, file: str) -> None:
    """Every pattern and database file must be there, and no file may be read twice; not where exports are simulated."""
    if settings["simulate"] or brings_ready_tables(settings):
        return
    folder = settings["data"]["folder"]
    for row, source in enumerate(settings["sources"], start=1):
        if "database" in source:
            key = f"sources[{row}].database.file"
            there = all(path.is_file() for path in matching_files(folder, source))
            missing = [] if there else [source["database"]["file"]]
        else:
            key = f"sources[{row}].files"
            missing = [name for name in source["files"] if not matching_files(folder, {"files": [name]})]
        if missing:
            advice = _nearest_file(folder, missing[0])
            raise ConfigError(
                "no_such_file", file=file, key=key, name=missing[0], folder=str(folder), advice=advice
            )
    together = {table: names for names in PARTS.values() for table in names}
    for table in dict.fromkeys(source["table"] for source in settings["sources"]):
        names = together.get(table, (table,))
        try:
            find_files(folder, [source for source in settings["sources"] if source["table"] in names])
        except DataError as error:
            raise ConfigError("in_file", file=file, what=error.reason) from None


def _nearest_file(folder, name):
    """Advice for a name or pattern: the nearest existing file, or pattern of several that differ in numbers alone."""
    existing = []
    for path in Path(folder).rglob("*"):
        if path.is_file() and not path.name.startswith(("~$", ".")):
            existing.append(path.relative_to(folder).as_posix())
            if len(existing) == LISTED:
                break
    if not existing:
        return Reason("folder_holds_no_file")
    series = Counter(re.sub(r"\d+", "*", path) for path in existing)
    alone = [path for path in existing if series[re.sub(r"\d+", "*", path)] == 1]
    return did_you_mean(name, sorted([*alone, *(pattern for pattern, n in series.items() if n > 1)]))


def check_key(settings: dict, file: str) -> None:
    """Real persons need a key for pseudonyms before anything is read."""
    if not any(source["table"] in PERSON_TABLES for source in settings["sources"]):
        return
    try:
        pseudonym_key(settings["province"]["synthetic"])
    except ConfigError as error:
        raise ConfigError("in_file", file=file, what=error.reason) from None


def map_files(file: str | Path) -> list[str]:
    """A file of boundaries and, of a shapefile, the files of the same name that are read with it, in their order."""
    path = Path(file)
    if path.suffix.lower() != ".shp":
        return [str(path)]
    return [str(path), *(str(part) for end in SHAPEFILE if (part := path.with_suffix(end)).exists())]
