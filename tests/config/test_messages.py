"""What the house says to its users: a code with values where it is raised, a row of config/plan/messages.csv in words.

Sentences are never written where something is refused, every code has its words in both languages, and both languages
say the same values.
"""

import ast
import csv
import re
import string
from collections import Counter

import pytest
from province_cases import FILE, MINIMAL, ROOT, province_loader

from jianfu.commands.settings import load_command
from jianfu.config.files import read_yaml
from jianfu.core.errors import ConfigError
from jianfu.core.messages import sentences, speak

SCRIPTS = ROOT / "scripts"
SPOKEN = (
    "ConfigError",
    "DataError",
    "JianfuError",
    "NotEstimable",
    "Reason",
    "unreadable",
    "passing",
    "progress",
    "words",
)


def _calls():
    """(place, first argument, names of values) of whatever is said with a code."""
    for file in sorted(SCRIPTS.rglob("*.py")):
        place = file.relative_to(SCRIPTS)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = (
                getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            )
            if name in SPOKEN and node.args:
                first = node.args[1] if name == "unreadable" else node.args[0]
                yield f"{place}:{node.lineno}", first, {keyword.arg for keyword in node.keywords}


def _codes(node):
    """Codes that an argument may be: itself, or the outcomes of a condition; None of what is looked up."""
    if isinstance(node, ast.IfExp):
        return [*_codes(node.body), *_codes(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) else []


def test_what_is_raised_is_a_code_with_words():
    for place, first, _ in _calls():
        assert not isinstance(first, ast.BinOp | ast.Call), place
        if isinstance(first, ast.JoinedStr):  # a family of labels, such as reason_<reason>
            assert isinstance(first.values[0], ast.Constant) and first.values[0].value.endswith("_"), place
        for code in _codes(first):
            assert _words(code), f"{place}: '{code}' has no row in config/plan/messages.csv"


def test_what_is_raised_gives_the_values_that_its_words_name():
    for place, first, given in _calls():
        if None in given:  # values handed on as **values
            continue
        for code in _codes(first):
            assert _places(_words(code)) <= given, f"{place}: {code}"


def _words(code):
    """A message, or the label by which a model says why there is no estimate."""
    known = sentences("zh")
    return known.get(code) or known.get(f"why_{code}")


def _places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_message_says_the_same_in_both_languages():
    with open(ROOT / "config" / "plan" / "messages.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(ROOT / "config" / "plan" / "labels.csv", encoding="utf-8-sig", newline="") as file:
        labels = [row["key"] for row in csv.DictReader(file)]
    codes = Counter([*(row["code"] for row in rows), *set(labels)])
    assert not [code for code, n in codes.items() if n > 1]
    for row in rows:
        assert row["zh"].strip() and row["en"].strip(), row["code"]
        assert _places(row["zh"]) == _places(row["en"]), row["code"]


def test_every_form_of_the_schema_has_words():
    def forms(node):
        if isinstance(node, dict):
            yield from [node["form"]] if isinstance(node.get("form"), str) else []
            for child in node.values():
                yield from forms(child)
        elif isinstance(node, list):
            for child in node:
                yield from forms(child)

    found = set(forms(read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")))
    assert len(found) > 20 and found <= set(sentences("zh"))


MISTAKES = {
    "key": "exlcude: {}\n",
    "key without a near one": "5: 1\n",
    "kind of value": "inference: {bootstrap: many}\n",
    "bounds": "inference: {confidence: 95}\n",
    "form": "exclude: {months: [2024.6]}\n",
    "choice": "disclosure: {min_cell: []}\n",
    "model": "models: [H2_exit]\n",
    "indicator": "indices: {goalposts: {A1_task: [0, 1]}}\n",
    "wording": "values: {exit_type: {选走了: 选走}}\n",
    "order": "exposure: {lags: [3, 1]}\n",
    "window": 'indices: {reference_window: ["2023-01", "2023-12"]}\n',
    "path": "calendar: {holidays: days.csv}\n",
    "file": "",
    "source": "",
}
CHANGED = {
    "file": ("[tasks.csv]", "[tsaks.csv]"),
    "source": ("  - {table: roster, files: [roster.xlsx]}\n", ""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_said_in_the_language_of_the_province(mistake, tmp_path, monkeypatch):
    load = province_loader(tmp_path, monkeypatch)
    said = {}
    for language in ("zh", "en"):
        base = MINIMAL.replace(*CHANGED.get(mistake, ("", "")), 1) + f"language: {language}\n"
        with pytest.raises(ConfigError):
            load(MISTAKES[mistake], base)
        said[language] = _said_by_a_command()
    assert said["zh"] != said["en"] and len(said["zh"].splitlines()) == len(said["en"].splitlines()) == 1
    assert all(sentence.startswith(FILE) for sentence in said.values())
    assert re.search("[\u4e00-\u9fff]", said["zh"]) and re.search("[a-z]{3} [a-z]{2}", said["en"])
    assert not re.search("[，。；：]", said["en"]) and not re.search("; |\\. |: ", said["zh"])


def test_a_file_that_cannot_be_read_is_said_in_the_language_of_the_system(tmp_path, monkeypatch):
    load = province_loader(tmp_path, monkeypatch)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with pytest.raises(ConfigError):
        load("language: en\nexclude: {topics: [\n")
    assert "写法不符合 YAML 格式" in _said_by_a_command()
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert not re.search("[\u4e00-\u9fff]", _said_by_a_command())


def _said_by_a_command():
    """What a command says of the province file, in the language that it speaks by then."""
    try:
        load_command({"provinces": "sichuan", "provinces_dir": "config/provinces"}, ROOT)
    except ConfigError as error:
        return str(error)
    finally:
        speak("en")
    raise AssertionError("nothing was refused")
