"""The documents say what is: generated ones are fresh, every setting is described once, what they name exists."""

import re

import pytest
import yaml
from province_cases import ROOT

from build_docs import documents
from documents import reference
from jianfu.config.files import read_yaml
from jianfu.indices.engine import methods
from jianfu.models.estimators.vocabulary import ESTIMATORS

SCHEMA = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")
DOCUMENTS = sorted(  # CHANGELOG.md may name what is gone
    path
    for folder in (ROOT, ROOT / "config", ROOT / "docs")
    for path in folder.glob("*.md")
    if path.name != "CHANGELOG.md"
)
PLACEHOLDERS = ("<", ">", "…", "*", "anhui", "NAME", "own.yaml", "SLUG")


@pytest.mark.parametrize(("path", "text"), documents().items(), ids=documents())
def test_generated_documents_are_fresh(path, text):
    assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path} is stale; run make docs"


def test_the_default_file_holds_the_defaults_of_the_schema():
    assert yaml.safe_load(reference.default_file(SCHEMA)) == reference.defaults(SCHEMA)


def described(node, name=""):
    """(dotted name, node) of every key of the schema, also those of lists and of common definitions."""
    for key, child in node.get("properties", {}).items():
        yield f"{name}{key}", child
        yield from described(child, f"{name}{key}.")
        yield from described(child.get("items", {}), f"{name}{key}[].")


def test_every_setting_has_its_meaning_and_says_when_to_change_it():
    groups = [*SCHEMA["$defs"].values(), SCHEMA]
    for name, node in [pair for group in groups for pair in described(group)]:
        if name.endswith(("scale.mean", "scale.sd")):
            continue
        assert all(node["meaning"][language] for language in ("zh", "en")), name
        if "properties" not in node:
            assert all(node["change"][language] for language in ("zh", "en")), name


def test_options_of_methods_have_the_defaults_of_the_schema():
    keys = SCHEMA["properties"]["indicators"]["properties"] | {
        name: SCHEMA["$defs"][name] for name in ("weights", "aggregation")
    }
    for key, table in (
        ("imputation", methods.IMPUTATION),
        ("treatment", methods.TREATMENT),
        ("normalisation", methods.NORMALISATION),
        ("weights", methods.WEIGHTS),
        ("aggregation", methods.AGGREGATION),
    ):
        for method, options in table.items():
            for option, default in options.items():
                assert keys[key]["properties"][option].get("default") == default, (key, method, option)


def test_methods_say_for_every_estimator_whose_it_is_and_name_tests_that_exist():
    text = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    lines = [
        line for line in text.split("## Which library")[1].split("\n## ")[0].splitlines() if line[:2] == "| "
    ]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    assert set(ESTIMATORS) <= {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    for name, engine, why, shown in rows:
        assert why or "own" not in engine, name  # who keeps their own says why
        assert shown.startswith(("bench", "`tests/")), name


def targets():
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_a_document_names_exists(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), f"the link {target}"
    for name in re.findall(r"`((?:config|docs|scripts|tests|workflow)/[^`\s]*)`", text):
        if not any(word in name for word in PLACEHOLDERS):
            assert (ROOT / name).exists(), f"the file {name}"
    commands = re.findall(r"`make ([a-z-]+)", text)
    for block in re.findall(r"```(?:sh|)\n(.*?)```", text, re.S):
        commands += re.findall(r"^(?:\$ )?make ([a-z-]+)", block, re.M)
    assert not set(commands) - targets()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_into_a_document_lead_to_a_heading(path):
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            text = (path.parent / target if target else path).read_text(encoding="utf-8")
            headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
            slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
            assert anchor in slugs, f"{target}#{anchor}"
