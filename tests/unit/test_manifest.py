"""The manifest of a release: any change of it, or of what it was made of, is said in one sentence."""

import json

import pytest

from jianfu.core.messages import message, speak
from jianfu.release.manifest import PARTS, difference, digest, made_of, make_manifest


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results" / "anhui"
    record = {"province": "anhui", "synthetic": False, "seed": 7, "code": "c"}
    files = {
        "provenance/run.json": json.dumps(
            record | {"inputs": {"名册_11010119900307123X.csv": "a", "台账.csv": "b"}}
        ),
        "provenance/config.yaml": "language: zh\n",
        "provenance/plan.json": "{}",
        "restricted/anchors.json": "{}",
        "quality/row_counts.csv": "file,rows\n",
        "release/estimates.csv": "term,estimate\n",
        "release/tables/a.csv": "a\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_same_results_have_the_same_manifest_and_it_names_every_file(results, tmp_path):
    found = make_manifest(results, tmp_path)
    assert set(found["files"]) == {"estimates.csv", "tables/a.csv"} and found["commit"] is None
    assert difference(found, make_manifest(results, tmp_path)) is None
    assert set(PARTS) < set(found)
    assert found["inputs"] == {"#1": "a", "#2": "b"}  # no names of files, which may be those of persons


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("provenance/config.yaml", "language: en\n", "the settings of the province differ"),
        ("provenance/plan.json", "[]", "the plan differs"),
        ("restricted/anchors.json", "[]", "the anchors of the indices differ"),
        ("quality/row_counts.csv", "file,rows\na,1\n", "what became of the rows differs"),
        ("release/tables/a.csv", "b\n", "1 files differ, the first is tables/a.csv"),
        ("release/b.csv", "", "1 files differ, the first is b.csv"),
    ],
)
def test_what_changed_is_named(results, tmp_path, file, text, sentence):
    speak("en")
    before = make_manifest(results, tmp_path)
    (results / file).write_text(text, encoding="utf-8")
    now = make_manifest(results, tmp_path)
    assert message(difference(before, now)) == sentence and digest(before) != digest(now)


def test_a_raw_file_comes_before_what_follows_from_it(results, tmp_path):
    before, named = make_manifest(results, tmp_path), made_of(results)
    record = json.loads((results / "provenance/run.json").read_text(encoding="utf-8"))
    record["inputs"]["台账.csv"] = "other"
    (results / "provenance/run.json").write_text(json.dumps(record), encoding="utf-8")
    (results / "release/estimates.csv").write_text("other", encoding="utf-8")
    assert difference(before, make_manifest(results, tmp_path)).values == {"n": 1, "first": "#2"}
    assert difference(named, made_of(results)).values == {"n": 1, "first": "台账.csv"}
