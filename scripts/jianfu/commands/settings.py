"""The settings of a command: every province it names, checked before any job by every room that they concern."""

from pathlib import Path

from jianfu.config.files import display
from jianfu.core.errors import ConfigError
from jianfu.core.messages import speak
from jianfu.core.spelling import did_you_mean
from jianfu.indices.methods import check_methods
from jianfu.province.load import language_of, load_province
from jianfu.province.paths import check_key, check_slug, province_file
from jianfu.province.plan import plan_content
from jianfu.province.rules import brings_ready_tables, check_length

COMMAND_KEYS = ("provinces", "provinces_dir", "packages", "scenarios")


def province_folders(root: str | Path, further: str | Path | None) -> list[Path]:
    """Folders with province files: a ``further`` one, where it is named, before the project's own."""
    own = Path(root) / "config" / "provinces"
    return [Path(str(further)), own] if further else [own]


def load_checked(slug: str, root: str | Path, folders: list, *, awaited: bool = False) -> dict:
    """Resolved settings of one province, with what indices and models say of theirs.

    awaited: as in :func:`jianfu.province.load.load_province`.
    """
    settings = load_province(slug, root, folders, awaited=awaited)
    file = display(province_file(slug, folders))
    plan = Path(root) / "config" / "plan"
    content, common = plan_content(plan, settings["plan"], file), plan_content(plan, {}, file)
    if not brings_ready_tables(settings):
        members: dict[str, list[str]] = {}
        for row in content("indices.csv"):
            members.setdefault(row["index"], []).append(row["indicator"])
        check_methods(settings["indices"], members, file)
    if settings["plan"]:
        from jianfu.models import plan_check  # loads the estimators, which only such a province needs here

        schema = Path(root) / "workflow" / "schemas" / "canonical.yaml"
        plan_check.check_plan(settings, content, common, schema, file)
    if settings["indicators"]:
        from jianfu.indices.own_panel import reading  # loads the engine of indices, needed here alone

        reading.check(settings["indicators"], file)
    if settings["models_on"]:
        from jianfu.models import own_tables  # loads the estimators, which only such a province needs here

        own_tables.check(settings["models_on"], file)
    return settings


def load_command(command: dict, root: str | Path) -> dict[str, dict]:
    """Settings of every province named on the command line: ``{slug: settings}``, ready for a run.

    From here on the process speaks the language of the province at hand (:func:`jianfu.core.messages.speak`).

    ``command`` is Snakemake's ``--config``: ``provinces`` (a name, or several with commas; default demo) and
    ``provinces_dir`` (a further folder with province files, searched first), ``packages`` (a folder with exchange
    packages of provinces elsewhere) and ``scenarios`` (:func:`asked_scenarios`).
    """
    slugs = [slug.strip() for slug in str(command.get("provinces", "demo") or "").split(",") if slug.strip()]
    folders = province_folders(root, command.get("provinces_dir"))
    speak(language_of(slugs[0] if slugs else "", root, folders))
    for key in command:
        if key not in COMMAND_KEYS:
            raise ConfigError("unknown_command_key", key=key, advice=did_you_mean(key, COMMAND_KEYS))
    if not slugs:
        raise ConfigError("no_province_named")
    for slug in slugs:
        check_slug(slug)
    packages = command.get("packages")
    if packages and not Path(str(packages)).is_dir():
        raise ConfigError("no_packages_folder", folder=str(packages))
    if not folders[0].is_dir():
        raise ConfigError("no_provinces_folder", folder=str(folders[0]))
    return {slug: _ready(slug, root, folders) for slug in slugs}


def asked_scenarios(command: dict) -> list[str]:
    """Ids of the scenarios that a command names (``--config scenarios=S1,S4``), each once; none = not to be chosen."""
    names = (name.strip() for name in str(command.get("scenarios") or "").split(","))
    return [*dict.fromkeys(filter(None, names))]


def _ready(slug, root, folders):
    """Settings of one province that can be run."""
    speak(language_of(slug, root, folders))
    settings, file = load_checked(slug, root, folders), display(province_file(slug, folders))
    check_length(settings, file)
    check_key(settings, file)
    return settings
