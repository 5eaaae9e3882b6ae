"""The registered plan: what it holds, when it is after the fact, and what a later run departs from it by."""

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from docx import Document
from province_cases import FURTHER, MINIMAL, ROOT

import freeze_plan
from jianfu.core.errors import ConfigError
from jianfu.core.labels import Labels
from jianfu.province.plan import plan_content, plan_version
from jianfu.province.record import departures, plan_record
from jianfu.province.registration import (
    Registration,
    binding,
    inputs_there,
    outcomes_there,
    read_registration,
    write_registration,
)
from jianfu.report.document.registration import declared_diagrams, page_tables

PLAN = ROOT / "config" / "plan"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for province files with an empty one for their exports."""
    (tmp_path / "raw").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def freeze(folder, extra="", hour=9):
    (folder / "anhui.yaml").write_text(MINIMAL + FURTHER + extra, encoding="utf-8")
    return freeze_plan.main("anhui", str(folder), folder / "results", datetime(2025, 3, 1, hour))


def stored(folder):
    return [read_registration(path) for path in sorted(folder.glob("registrations/anhui/*.json"))]


def test_a_plan_is_registered_before_any_file_is_there(folder):
    sentence, files = freeze(folder, "exclude: {topics: [防汛]}\nplan: {indices: {OD: {A1_tasks: 2}}}\n")
    (found,) = stored(folder)
    assert not found.after_the_fact and found.inputs == {} and found.digest in sentence
    assert found.made == "2025-03-01T09:00:00"
    text = "\n".join(p.text for p in Document(files[0]).paragraphs)
    assert "事后" not in text and found.digest[:32] in text and "防汛" in text
    cells = {cell.text for table in Document(files[0]).tables for row in table.rows for cell in row.cells}
    assert {"H1", "H2", "H3", "0.10", "确证性"} <= cells
    assert len(Document(files[0]).inline_shapes) == 3  # a diagram of each confirmatory hypothesis
    assert files[1].read_bytes().startswith(b"%PDF")


def test_what_was_there_is_stored_and_outcomes_make_it_after_the_fact(folder):
    (folder / "raw" / "tasks.csv").write_text("一", encoding="utf-8")
    freeze(folder)
    (folder / "raw" / "survey.csv").write_text("二", encoding="utf-8")
    sentence, files = freeze(folder, "exclude: {topics: [防汛]}\n", hour=10)
    first, second = stored(folder)
    assert list(first.inputs) == ["tasks.csv"] and first.outcomes == ()
    assert list(second.inputs) == ["survey.csv", "tasks.csv"] and second.outcomes == ("survey",)
    assert "事后" in "\n".join(p.text for p in Document(files[0]).paragraphs)
    assert binding([first, second]) == first and binding([second]) == second and binding([]) is None
    later = replace(first, made="2025-03-02T09:00:00")
    assert binding([first, later, second]) == later


def test_the_same_plan_is_not_registered_twice(folder):
    freeze(folder)
    with pytest.raises(ConfigError, match="registered at 2025-03-01T09:00:00|2025-03-01T09:00:00 登记"):
        freeze(folder, hour=11)


def test_outcomes_of_a_database_or_of_an_earlier_run_count_as_seen(tmp_path):
    empty = {
        "sources": [{"table": "roster", "files": ["*.xlsx"]}],
        "simulate": None,
        "data": {"folder": str(tmp_path)},
    }
    assert outcomes_there(empty, tmp_path / "results") == () and inputs_there(empty) == {}
    database = {**empty, "sources": [{"table": "survey", "database": {"url_env": "X", "query": "q"}}]}
    assert outcomes_there(database, tmp_path / "results") == ("survey",)
    canonical = tmp_path / "results" / "restricted" / "canonical"
    canonical.mkdir(parents=True)
    for rows, expected in (([], ()), ([1], ("spells",))):
        pd.DataFrame({"person": rows}).to_parquet(canonical / "spells.parquet")
        assert outcomes_there(empty, tmp_path / "results") == expected


def test_a_registration_that_was_changed_is_refused(folder):
    freeze(folder)
    (path,) = folder.glob("registrations/anhui/*.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    for change in ({"made": "2024-01-01T09:00:00"}, {"outcomes": ["survey"]}, {"inputs": {"a": "b"}}):
        path.write_text(json.dumps(content | change), encoding="utf-8")
        with pytest.raises(ConfigError, match="digest|摘要"):
            read_registration(path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="no registered plan|不是登记过的方案"):
        read_registration(path)


def record_of(overlay, **settings):
    resolved = {"data": {"window": ["2024-01", "2024-12"]}, "exposure": {"lags": [1, 3]}, **settings}
    return plan_record(PLAN, plan_content(PLAN, overlay, ""), resolved)


def test_every_departure_is_listed_in_words_of_the_plan():
    before = record_of({"hypotheses": {"H2": {"smallest": 0.2}}})
    now = record_of(
        {"hypotheses": {"H2": {"smallest": 0.1}}, "models": {"H2_poisson": False}},
        exposure={"lags": [1, 6]},
    )
    found = departures(PLAN, before, now)
    assert [(row["table"], row["row"], row["field"], row["common"], row["own"]) for row in found[:1]] == [
        ("settings", "", "exposure.lags", [1, 3], [1, 6])
    ]
    assert [(row["table"], row["row"], row["field"]) for row in found[1:]] == [
        ("models", "H2_poisson", ""),
        ("hypotheses", "H2", "smallest"),
    ]
    assert departures(PLAN, now, now) == []


def test_words_and_layout_are_no_part_of_a_record():
    plain = record_of({})
    said = record_of({"labels": {"OD": {"zh": "甲"}}, "tables": {"main_regression": ["H1_burnout"]}})
    assert plain == said


def test_what_is_stored_is_read_alike(tmp_path):
    found = Registration(
        made="2025-03-01T09:00:00", record=record_of({}), inputs={"a.csv": "0"}, outcomes=("survey",)
    )
    write_registration(found, tmp_path / "a" / "b.json")
    assert read_registration(tmp_path / "a" / "b.json") == found


def test_every_confirmatory_hypothesis_has_a_diagram():
    content = plan_content(PLAN, {}, "")
    confirmatory = {row["hypothesis"] for row in content("hypotheses.csv") if row["family"] == "confirmatory"}
    assert confirmatory <= set(declared_diagrams(content))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_tables_of_the_page_are_in_words(language):
    settings = {"data": {"window": ["2024-01", "2024-12"]}}
    found = Registration(made="", record={}, inputs={}, outcomes=())
    labels = Labels(language, str(PLAN / "labels.csv"))
    tables = page_tables(found, plan_content(PLAN, {}, ""), settings, [], labels)
    rows = plan_content(PLAN, {}, "")("hypotheses.csv")
    assert len(tables["hypotheses"].rows) == len(rows)
    assert not {"cohort", "tenure_band"} & {cell for row in tables["models"].rows for cell in row}
    if language == "zh":  # functions of columns are all that is left in small letters
        cells = " ".join(cell for row in tables["models"].rows for cell in row)
        assert set(re.findall(r"\b[a-z_]+\b", cells)) == {"log"}


def test_an_edited_plan_is_told_from_the_version(tmp_path):
    for file in PLAN.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert plan_version(tmp_path)["edited"] is False
    for name, edited in (("messages.csv", False), ("labels.csv", False), ("exits.yaml", True)):
        with open(tmp_path / name, "a", encoding="utf-8") as file:
            file.write("\n")
        assert plan_version(tmp_path)["edited"] is edited, name


def test_the_version_does_not_hang_on_line_endings(tmp_path):
    for file in PLAN.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert Path(tmp_path).is_dir() and plan_version(tmp_path)["digest"] == plan_version(PLAN)["digest"]
