"""Settings: the default, one overlay per province, and checks that end in one sentence.

A province file is merged over ``config/default.yaml`` key by key (lists and single values replace) and checked before
any job starts. Where a check stands: keys, types and ranges in ``workflow/schemas/config.schema.yaml`` (sentences in
:mod:`~jianfu.config.schema`), names in :mod:`~jianfu.config.names`, what wordings lead to in
:mod:`~jianfu.config.targets`, rules between keys in :mod:`~jianfu.config.rules`, files and the pseudonym key in
:mod:`~jianfu.config.paths`.
"""

from pathlib import Path

from jianfu.config.files import display, read_yaml
from jianfu.config.merging import deviations, merge
from jianfu.config.names import check_names, plan_names
from jianfu.config.paths import check_files, check_key, province_file, resolve_paths
from jianfu.config.rules import check_fields, check_length
from jianfu.config.schema import check_schema
from jianfu.config.spelling import nearest, suggestion
from jianfu.errors import ConfigError

__all__ = [
    "check_schema",
    "deviations",
    "display",
    "load_command",
    "load_province",
    "merge",
    "nearest",
    "plan_names",
    "read_yaml",
    "suggestion",
]

COMMAND_KEYS = ("provinces", "provinces_dir")


def load_province(slug, root, folders):
    """Resolved settings of one province (dict with the keys of config/default.yaml)."""
    schema = read_yaml(Path(root) / "workflow" / "schemas" / "config.schema.yaml")
    default_path = Path(root) / "config" / "default.yaml"
    default = read_yaml(default_path)
    check_schema(default, schema, display(default_path))
    path = province_file(slug, folders)
    file = display(path)
    overlay = read_yaml(path)
    check_schema(overlay, schema, file)
    settings = merge(default, _named(overlay, slug))
    check_fields(settings, file)
    check_names(settings, plan_names(root), file)
    settings = resolve_paths(settings, path.resolve().parent, file)
    check_files(settings, file)
    if settings["indicators"]:
        from jianfu.composite import panel_input  # only such a province needs it

        panel_input.check(settings["indicators"], file)
    if settings["models_on"]:
        from jianfu import models_on  # loads the estimators, which only such a province needs here

        models_on.check(settings["models_on"], file)
    return settings


def _named(overlay, slug):
    """The overlay; a name given in one language only is the slug in the other."""
    name = overlay.get("province", {}).get("name")
    return merge(overlay, {"province": {"name": {"zh": slug, "en": slug, **name}}}) if name else overlay


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
    loaded = {slug: load_province(slug, root, folders) for slug in slugs}
    for slug, settings in loaded.items():
        file = display(province_file(slug, folders))
        check_length(settings, file)
        check_key(settings, file)
    return loaded
