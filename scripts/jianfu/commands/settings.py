"""The settings of a command: every province it names, checked before any job by every room that they concern."""

from pathlib import Path

from jianfu.config import display
from jianfu.core.errors import ConfigError
from jianfu.core.spelling import suggestion
from jianfu.indices.methods import check_methods
from jianfu.indices.own_panel import reading
from jianfu.province import load_province
from jianfu.province.paths import check_key, province_file
from jianfu.province.rules import brings_ready_tables, check_length

COMMAND_KEYS = ("provinces", "provinces_dir")


def load_checked(slug, root, folders):
    """Resolved settings of one province, with what indices and models say of theirs."""
    settings = load_province(slug, root, folders)
    file = display(province_file(slug, folders))
    if not brings_ready_tables(settings):
        check_methods(settings["indices"], file)
    if settings["indicators"]:
        reading.check(settings["indicators"], file)
    if settings["models_on"]:
        from jianfu.models import own_tables  # loads the estimators, which only such a province needs here

        own_tables.check(settings["models_on"], file)
    return settings


def load_command(command, root):
    """Settings of every province named on the command line: ``{slug: settings}``, ready for a run.

    ``command`` is Snakemake's ``--config``: ``provinces`` (a name, or several with commas; default demo) and
    ``provinces_dir`` (a further folder with province files, searched first).
    """
    for key in command:
        if key not in COMMAND_KEYS:
            raise ConfigError(f"--config: unknown key '{key}'; {suggestion(key, COMMAND_KEYS)}")
    slugs = [slug.strip() for slug in str(command.get("provinces", "demo")).split(",") if slug.strip()]
    if not slugs:
        raise ConfigError("--config provinces: no province is named; write e.g. provinces=sample.")
    for slug in slugs:
        if not slug.replace("-", "").replace("_", "").isalnum() or not slug.isascii():
            raise ConfigError(
                f"--config provinces: '{slug}' is no valid name; use letters, digits, - and _ only."
            )
    folders = [Path(root) / "config" / "provinces"]
    if command.get("provinces_dir"):
        folders.insert(0, Path(str(command["provinces_dir"])))
        if not folders[0].is_dir():
            raise ConfigError(f"--config provinces_dir: the folder '{folders[0]}' does not exist.")
    loaded = {slug: load_checked(slug, root, folders) for slug in slugs}
    for slug, settings in loaded.items():
        file = display(province_file(slug, folders))
        check_length(settings, file)
        check_key(settings, file)
    return loaded
