"""Each documented mistake in a province file gives its documented sentence, before any job."""

from pathlib import Path

import pytest
import yaml
from province_cases import MINIMAL, ROOT, load_command, province_loader

from jianfu.commands import settings as settings_of
from jianfu.config import files, merging
from jianfu.core.errors import ConfigError
from jianfu.core.messages import message


@pytest.fixture
def load(tmp_path, monkeypatch):
    return province_loader(tmp_path, monkeypatch)


def test_overlay_is_merged_key_by_key_and_lists_replace(load):
    settings = load("exposure: {min_months: 3}\n")
    assert settings["exposure"] == {
        "lags": [1, 3],
        "min_months": 3,
        "survey_months": 6,
        "survey_min_months": 4,
    }
    assert settings["data"]["window"] == ["2024-01", "2025-06"]
    assert settings["data"]["max_reject_share"] == 0.05


MISTAKES = {
    "misspelt top level": (
        "exlcude: {}\n",
        "config/provinces/sichuan.yaml: unknown key 'exlcude'; did you mean 'exclude'?",
    ),
    "key that has moved": (
        "weights: [{index: OD, indicator: A1_tasks}]\n",
        "config/provinces/sichuan.yaml: 'weights' is no longer a key; write what it says under 'plan.indices'",
    ),
    "misspelt nested": (
        "disclosure: {min_cells: 12}\n",
        "config/provinces/sichuan.yaml: unknown key 'disclosure.min_cells'; did you mean 'disclosure.min_cell'?",
    ),
    "right key in the wrong place": (
        "min_cell: 12\n",
        "config/provinces/sichuan.yaml: unknown key 'min_cell'; did you mean 'disclosure.min_cell'?",
    ),
    "wrong type": (
        "inference: {bootstrap: many}\n",
        "config/provinces/sichuan.yaml: 'inference.bootstrap' must be a whole number, not 'many'.",
    ),
    "cells smaller than the rule allows": (
        "disclosure: {min_cell: 9}\n",
        "config/provinces/sichuan.yaml: 'disclosure.min_cell'",
    ),
    "not in the list": (
        "language: zn\n",
        "config/provinces/sichuan.yaml: 'language' cannot be 'zn'; valid are zh, en.",
    ),
    "month in another form": (
        "exclude: {months: [2024.6]}\n",
        "config/provinces/sichuan.yaml: 'exclude.months[1]' must be a month written as 'YYYY-MM', not '2024.6'.",
    ),
    "model that does not exist": (
        "models: [H2_exit]\n",
        "config/provinces/sichuan.yaml: 'models' names the model 'H2_exit', which does not exist; "
        "did you mean 'H2_exits'?",
    ),
    "indicator that does not exist": (
        "indices: {goalposts: {A1_task: [0, 1]}}\n",
        "config/provinces/sichuan.yaml: 'indices.goalposts' names the indicator 'A1_task', which does not exist; "
        "did you mean 'A1_tasks'?",
    ),
    "index of the sensitivity that does not exist": (
        "sensitivity: {indices: [OD, ODD]}\n",
        "config/provinces/sichuan.yaml: 'sensitivity.indices[2]' names the index 'ODD', which does not exist; "
        "did you mean 'OD'?",
    ),
    "nothing where a group belongs": (
        "exposure: null\n",
        "config/provinces/sichuan.yaml: 'exposure' must be a group of keys, not null.",
    ),
    "a word that YAML reads as false": (
        "language: no\n",
        "config/provinces/sichuan.yaml: 'language' cannot be false; valid are zh, en.",
    ),
    "lags the wrong way round": (
        "exposure: {lags: [3, 1]}\n",
        "config/provinces/sichuan.yaml: 'exposure.lags' must name the nearer month first, e.g. [1, 3].",
    ),
    "reference window outside": (
        'indices: {reference_window: ["2023-01", "2023-12"]}\n',
        "config/provinces/sichuan.yaml: 'indices.reference_window' must lie inside 'data.window'.",
    ),
    "month to leave out outside": (
        'exclude: {months: ["2042-06"]}\n',
        "config/provinces/sichuan.yaml: 2042-06 of 'exclude.months' lies outside 'data.window'",
    ),
    "key written twice": (
        "language: zh\nlanguage: en\n",
        "config/provinces/sichuan.yaml (line 10): the key 'language' stands twice",
    ),
    "list as a key": (
        "? [a, b]\n: 1\n",
        "config/provinces/sichuan.yaml (line 9): a key must be one word or number, not a list or group",
    ),
    "full-width colon": (
        "exclude：\n  topics: [甲]\n",
        "config/provinces/sichuan.yaml (line 10): line 9 has the full-width '：' where ':' must stand",
    ),
    "full-width colon in braces": (
        "plan: {cohorts: {85后：1985}}\n",
        "config/provinces/sichuan.yaml (line 9): line 9 has the full-width '：' where ':' must stand",
    ),
    "full-width comma": (
        "plan: {cohorts: {85后: 1985，95后: 1995}}\n",
        "config/provinces/sichuan.yaml (line 9): line 9 has the full-width '，' where ',' must stand",
    ),
    "broken YAML": ("exclude: {topics: [\n", "config/provinces/sichuan.yaml (line"),
}


@pytest.mark.parametrize("extra, sentence", MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_gives_its_sentence(load, extra, sentence):
    with pytest.raises(ConfigError) as caught:
        load(extra)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_the_manual_shows_what_is_said(load):
    with pytest.raises(ConfigError) as caught:
        load("exlcude: {}\n")
    assert message(caught.value.reason, "zh") in (ROOT / "config" / "README.md").read_text(encoding="utf-8")


def test_wrong_column_names_the_nearest(load):
    base = MINIMAL.replace("files: [tasks.csv]}", "files: [tasks.csv], columns: {下达日期: issued_at}}")
    with pytest.raises(
        ConfigError, match=r"sources\[2\].columns' maps '下达日期' to 'issued_at'.*did you mean 'issue_at'"
    ):
        load(base=base)


SOURCES = {
    "files and database": (
        "files: [tasks.csv], database: {url_env: U, query: select 1}",
        "'sources[2]' needs either 'files' or 'database', and not both.",
    ),
    "neither": ("sheets: [x]", "'sources[2]' needs either 'files' or 'database', and not both."),
    "no files": (
        "files: []",
        "'sources[2].files' must be a list of at least one file name pattern, not an empty list.",
    ),
    "variable and file": (
        "database: {url_env: U, file: a.db, query: select 1}",
        "'sources[2].database' needs either 'url_env' or 'file', and not both.",
    ),
    "no query": ("database: {url_env: U}", "'sources[2].database' lacks the key 'query'; add it."),
    "the address itself": (
        "database: {url_env: 'postgresql://u:s3cret@host/x', query: select 1}",
        "'sources[2].database.url_env' must be the name of an environment variable that holds the address of the "
        "database, not the address itself.",
    ),
}


@pytest.mark.parametrize("entry, sentence", SOURCES.values(), ids=SOURCES.keys())
def test_sources_that_are_no_sources(load, entry, sentence):
    with pytest.raises(ConfigError) as caught:
        load(base=MINIMAL.replace("files: [tasks.csv]", entry))
    assert str(caught.value) == f"config/provinces/sichuan.yaml: {sentence}"


def test_a_province_of_databases_needs_no_folder(load):
    names = {"url_env": "U", "query": "select 1"}
    sources = [{"table": table, "database": names} for table in ("units", "tasks", "app_activity", "roster")]
    base = yaml.safe_dump(
        {"province": {"synthetic": True}, "data": {"window": ["2024-01", "2025-06"]}, "sources": sources}
    )
    assert load(base=base)["data"]["folder"] is None


def test_missing_source_table_is_named(load):
    with pytest.raises(ConfigError, match="'sources' has no entry for roster; name the files of each."):
        load(base=MINIMAL.replace("  - {table: roster, files: [roster.xlsx]}\n", ""))


def test_missing_folder_is_named(load):
    with pytest.raises(ConfigError, match="'data.folder' names 'rwa', which does not exist"):
        load(base=MINIMAL.replace("folder: raw", "folder: rwa"))


def test_unknown_province_suggests_the_nearest(load):
    load()
    with pytest.raises(
        ConfigError, match="no province file 'sichaun.yaml' in config/provinces; did you mean 'sichuan'"
    ):
        settings_of.load_checked("sichaun", ROOT, ["config/provinces"])


def test_unknown_command_key_is_refused():
    with pytest.raises(ConfigError, match="--config: unknown key 'province'; did you mean 'provinces'"):
        load_command({"province": "demo"})


def test_simulated_province_must_say_so(load):
    text = MINIMAL.replace("synthetic: true", "synthetic: false").replace("folder: raw, ", "")
    Path("config/provinces/p.yaml").write_text("a: 1", encoding="utf-8")
    with pytest.raises(ConfigError, match="a simulated province must say"):
        load("simulate: {parameters: p.yaml}\n", base=text)


def test_deviations_list_what_departs_from_the_common_plan(load):
    default = files.read_yaml(ROOT / "config" / "default.yaml")
    settings = load("exclude: {topics: [秸秆禁烧]}\nindices: {min_share: 0.5}\n")
    assert merging.deviations(settings, default) == [
        ("exclude.topics", [], ["秸秆禁烧"]),
        ("indices.min_share", 0.6, 0.5),
    ]
    assert merging.deviations(load(), default) == []


def test_every_key_of_the_default_is_in_the_schema_and_vice_versa():
    schema = files.read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    default = files.read_yaml(ROOT / "config" / "default.yaml")

    def keys_of_schema(node, prefix=""):
        for name, child in node.get("properties", {}).items():
            yield prefix + name
            if name not in ("sources", "simulate", "models_on", "indicators", "weights", "plan"):
                yield from keys_of_schema(child, f"{prefix}{name}.")

    def keys_of_default(node, prefix=""):
        for name, child in node.items():
            yield prefix + name
            if isinstance(child, dict):
                yield from keys_of_default(child, f"{prefix}{name}.")

    assert set(keys_of_schema(schema)) == set(keys_of_default(default))


def test_schema_is_strict_at_every_level():
    schema = files.read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")

    def objects(node):
        if isinstance(node, dict):
            if "properties" in node and "type" in node:
                yield node
            for child in node.values():
                yield from objects(child)
        elif isinstance(node, list):
            for child in node:
                yield from objects(child)

    assert all(node.get("additionalProperties") is False for node in objects(schema))


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "provinces").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_province_file_is_valid(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    settings = settings_of.load_checked(path.stem, ".", ["config/provinces"])
    assert yaml.safe_dump(settings, allow_unicode=True)


def test_province_files_are_short():
    for path in (ROOT / "config" / "provinces").glob("*.yaml"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, (
            f"{path.name} is no overlay but a copy"
        )
