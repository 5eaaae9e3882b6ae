"""The province `usual`: files as the writer makes them, settings as the library drafts them, rows of the sample."""

import json
import sys

import pytest
from ingest_cases import PLAN, ROOT, SCHEMA, sample_results

from jianfu.ingest.tables import ingest_table
from jianfu.onboarding.draft import make_draft
from jianfu.onboarding.knowledge import Knowledge
from jianfu.province.load import load_province

FOLDER = ROOT / "tests" / "data" / "usual"
sys.path.append(str(FOLDER))
from make_raw import write_raw  # noqa: E402


@pytest.fixture(scope="module")
def province():
    return load_province("usual", ROOT, [ROOT / "config" / "provinces"])


@pytest.fixture(scope="module")
def tasks(province):
    units = sample_results()["units"].canonical.to_pandas()
    return ingest_table("tasks", FOLDER / "raw", province, PLAN, SCHEMA, units)


def test_the_files_are_what_the_writer_makes(tmp_path):
    write_raw(tmp_path)
    made, kept = (
        {path.name: path.read_bytes() for path in folder.iterdir()} for folder in (tmp_path, FOLDER / "raw")
    )
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_the_province_file_is_what_the_library_drafts(province):
    drafted = make_draft(str(FOLDER / "raw"), Knowledge(ROOT)).settings()
    assert json.dumps(province["sources"], sort_keys=True) == json.dumps(drafted["sources"], sort_keys=True)
    for key in ("window", "extraction_date", "roster"):
        assert province["data"][key] == drafted["data"][key]


def test_every_row_of_the_sample_is_there(tasks):
    """Every task of every unit, also of rows for several units, with the same times; none is rejected."""
    sample = sample_results()["tasks"].canonical.to_pandas()
    usual = tasks.canonical.to_pandas()
    assert tasks.quarantine.empty and len(usual) == len(sample)
    assert tasks.counts.query("outcome == 'several_units'")["rows"].sum() > 100
    keys = ["unit_code", "issue_at"]
    found, wanted = (frame[keys].sort_values(keys).reset_index(drop=True) for frame in (usual, sample))
    assert found.equals(wanted)


def test_ends_are_those_of_the_sample(tasks):
    """The end that the ledger leaves out is found by feedback and state, but for tasks in one cell with others."""
    sample = sample_results()["tasks"].canonical.to_pandas()
    usual = tasks.canonical.to_pandas()
    ends = [sorted(frame["done_at"].dropna().dt.floor("D")) for frame in (usual, sample)]
    assert len(ends[0]) > 0.97 * len(ends[1])
    assert usual["coded"].str.contains("done_at").mean() > 0.1
    assert (usual["issuer_level"] == "县").mean() == pytest.approx(
        (sample["issuer_level"] == "县").mean(), abs=0.01
    )


def test_titles_carry_what_the_flags_say(tasks):
    """Shares of what is coded from titles are near those of the sample's columns."""
    sample = sample_results()["tasks"].canonical.to_pandas()
    usual = tasks.canonical.to_pandas()
    labels = [frame["event_label"].value_counts(normalize=True) for frame in (usual, sample)]
    assert labels[0].sub(labels[1], fill_value=0).abs().sum() < 0.25
    is_task = [frame["event_label"] == "任务" for frame in (usual, sample)]
    for number, asked in (("n_table", "asks_table"), ("n_text", "asks_text"), ("n_photo", "asks_photo")):
        coded, true = usual.loc[is_task[0], asked].mean(), (sample.loc[is_task[1], number] > 0).mean()
        assert coded == pytest.approx(true, abs=0.15), asked
