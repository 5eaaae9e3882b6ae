"""The release of a province made again: window moved, release of before kept, what changed."""

import json
from datetime import date

import pytest

import update_release
from jianfu.core.errors import ConfigError
from jianfu.release.manifest import PARTS

TODAY = date(2026, 8, 5)
FILE = 'data:\n  window: ["2024-01", "2026-06"]  # months\n  extraction_date: "2026-07-10"\n'
MANIFEST = dict.fromkeys(PARTS, "same")


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """A project with finished results of a fictional province; what the comparison was called with."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(update_release, "ROOT", tmp_path)
    (tmp_path / "config" / "provinces").mkdir(parents=True)
    (tmp_path / "config" / "provinces" / "x.yaml").write_text(FILE, encoding="utf-8")
    for name in update_release.KEPT:
        (tmp_path / "results" / "x" / name).mkdir(parents=True)
    write(tmp_path, MANIFEST)
    compared = []
    monkeypatch.setattr(
        update_release, "compare", lambda now, before: compared.append((now, before)) or ["changed"]
    )
    return tmp_path, compared


def write(root, manifest):
    (root / "results" / "x" / "release" / "manifest.json").write_text(json.dumps(manifest))
    return True


def test_a_new_month_keeps_the_release_before_and_compares(finished):
    root, compared = finished
    lines = update_release.main("x", "2026-07", TODAY, lambda: write(root, MANIFEST | {"seed": "other"}))
    assert lines[-1] == "changed"
    ((now, before),) = compared
    assert (
        before.name == "2026-08-05"
        and json.loads((before / "release" / "manifest.json").read_text()) == MANIFEST
    )
    text = (root / "config" / "provinces" / "x.yaml").read_text(encoding="utf-8")
    assert 'window: ["2024-01", "2026-07"]  # months' in text and 'extraction_date: "2026-08-05"' in text
    again = update_release.main("x", "", TODAY, lambda: write(root, MANIFEST | {"seed": "third"}))
    assert again[-1] == "changed" and compared[-1][1].name == "2026-08-05-2"


def test_nothing_new_keeps_nothing(finished):
    root, compared = finished
    update_release.main("x", "", TODAY, lambda: True)
    assert not compared and not list((root / "results" / "x" / "vintages").iterdir())


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_run_that_stops_leaves_settings_and_release(finished, interrupted):
    root, compared = finished
    release = root / "results" / "x" / "release"

    def half():
        (release / "report.docx").write_text("of a half-made release")
        (release / "manifest.json").unlink()
        if interrupted:
            raise KeyboardInterrupt
        return False

    with pytest.raises(ConfigError) as error:
        update_release.main("x", "2026-07", TODAY, half)
    assert [file.name for file in release.iterdir()] == ["manifest.json"]
    assert json.loads((release / "manifest.json").read_text()) == MANIFEST
    assert not list((root / "results" / "x" / "vintages").iterdir())
    assert error.value.reason.code == "update_stopped" and not compared
    assert (root / "config" / "provinces" / "x.yaml").read_text(encoding="utf-8") == FILE


@pytest.mark.parametrize("until", ["2026-13", "July", "2026-7"])
def test_what_is_no_month_is_refused(until):
    with pytest.raises(ConfigError) as error:
        update_release.moved(FILE, until, TODAY, "x.yaml")
    assert error.value.reason.code == "update_window"


def test_results_without_a_record_of_their_making_are_not_finished(finished):
    root, _ = finished
    (root / "results" / "x" / "provenance").rmdir()
    with pytest.raises(ConfigError) as error:
        update_release.main("x", "2026-07", TODAY, lambda: True)
    assert (
        error.value.reason.code == "nothing_finished" and not (root / "results" / "x" / "vintages").exists()
    )
    assert (root / "config" / "provinces" / "x.yaml").read_text(encoding="utf-8") == FILE


def test_without_results_or_a_window_nothing_is_done(finished):
    with pytest.raises(ConfigError) as error:
        update_release.main("y", "", TODAY, lambda: True)
    assert error.value.reason.code == "no_province_file"
    with pytest.raises(ConfigError):
        update_release.moved("data:\n  folder: x\n", "2026-07", TODAY, "x.yaml")
