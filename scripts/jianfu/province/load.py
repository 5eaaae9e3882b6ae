"""The settings of a province: the default, one overlay, and checks that end in one sentence.

A province file is merged over ``config/default.yaml`` key by key (lists and single values replace) and checked before
any job starts. Where a check stands: keys, types and ranges in ``workflow/schemas/config.schema.yaml`` (sentences in
:mod:`~jianfu.config.schema`), names in :mod:`~jianfu.province.names`, what wordings lead to in
:mod:`~jianfu.province.wordings`, rules between keys in :mod:`~jianfu.province.rules`, files and the pseudonym key in
:mod:`~jianfu.province.paths`. What the rooms above check of their own settings: :mod:`jianfu.commands.settings`.
"""

from pathlib import Path

from jianfu.config.files import display, read_yaml
from jianfu.config.merging import in_order, merge
from jianfu.config.schema import check_schema
from jianfu.core.errors import ConfigError
from jianfu.core.labels import LANGUAGES
from jianfu.core.messages import system_language
from jianfu.province.names import check_names, plan_names
from jianfu.province.paths import check_files, province_file, resolve_paths
from jianfu.province.plan import check_cohorts, completed
from jianfu.province.rules import check_fields, own_sources


def load_province(slug: str, root: str | Path, folders: list, *, awaited: bool = False) -> dict:
    """Resolved settings of one province (dict with the keys of config/default.yaml).

    awaited: the files that its sources name may be still to come.
    """
    schema = read_yaml(Path(root) / "workflow" / "schemas" / "config.schema.yaml")
    default_path = Path(root) / "config" / "default.yaml"
    default = read_yaml(default_path)
    check_schema(default, schema, display(default_path))
    path = province_file(slug, folders)
    file = display(path)
    overlay = read_yaml(path)
    check_schema(overlay, schema, file)
    settings = merge(default, _named(overlay, slug))
    sources = own_sources(settings["sources"], settings["exclude"]["sources"], file)
    settings = settings | {"sources": in_order(sources), "values": in_order(settings["values"])}
    common, own = Path(root) / "config" / "plan", overlay.get("plan", {})
    check_cohorts(common, own, settings["data"]["window"], file)
    plan = completed(common, own, settings["sources"])
    settings = settings | {"plan": plan}
    check_fields(settings, file)
    check_names(settings, plan_names(root, settings["plan"], file, settings["sources"]), file)
    settings = resolve_paths(settings, path.resolve().parent, file)
    if not awaited:
        check_files(settings, file)
    return settings


def language_of(slug: str, root: str | Path, folders: list) -> str:
    """The language of a province: that of the default where its file names none, of the system where it is not read."""
    try:
        overlay = read_yaml(province_file(slug, folders))
    except ConfigError:
        return system_language()
    default = read_yaml(Path(root) / "config" / "default.yaml")["language"]
    if not isinstance(overlay, dict):
        return system_language()
    language = overlay.get("language")
    return language if language in LANGUAGES else default


def _named(overlay, slug):
    """The overlay; a name given in one language only is the slug in the other."""
    name = overlay.get("province", {}).get("name")
    return merge(overlay, {"province": {"name": {"zh": slug, "en": slug, **name}}}) if name else overlay
