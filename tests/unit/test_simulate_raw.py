"""The raw exports give back the draw: the same indicators, spells and answers, after all damage is sorted out."""

import functools
import hashlib

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from ingest_cases import PLAN, SCHEMA
from simulate_cases import drawn, ingested, parameters, province, raw_folder

from jianfu.core.calendar import Calendar
from jianfu.core.months import month_range
from jianfu.indicators import evaluation, unit_months
from jianfu.indicators.plan import read_plan
from jianfu.indices.specification import read_members
from jianfu.ingest.readers import decode, read_file
from jianfu.ingest.schema import REASONS
from jianfu.ingest.tables import ingest_table
from jianfu.simulate import raw_tasks
from jianfu.simulate.draw import draw
from jianfu.simulate.raw_text import UnitTexts
from jianfu.simulate.row_measures import OF_ROWS
from jianfu.simulate.write import write_raw, write_truth

SORTS = {
    "units": ["unit_code", "valid_from"],
    "spells": ["person_key", "spell_start", "on_post"],
    "survey": ["person_key", "wave"],
    "unit_year": ["unit_code", "year"],
    "policies": ["policy_id", "start_date", "county_code"],
}


@functools.cache
def tables():
    return {name: result.canonical.to_pandas() for name, result in ingested().items()}


@pytest.mark.parametrize("table", SORTS)
def test_tables_come_back(table):
    found, expected = (
        frame.sort_values(SORTS[table], ignore_index=True)
        for frame in (tables()[table], getattr(drawn(), table))
    )
    assert len(found) == len(expected)
    for name in expected.columns:
        if pd.api.types.is_datetime64_any_dtype(expected[name]):
            found[name] = pd.to_datetime(found[name])
        same = (found[name] == expected[name]) | (found[name].isna() & expected[name].isna())
        assert same.all(), f"{name}: {(~same).sum()} values differ"


@functools.cache
def indicators_found():
    data = tables()
    months = data["tasks"].assign(month=data["tasks"]["issue_at"].dt.strftime("%Y-%m"))
    logged = [frame[["unit_code", "month"]].drop_duplicates() for frame in (months, data["app_activity"])]
    window = parameters()["window"]
    frame = unit_months.build_unit_months(data["units"], data["spells"], *logged, window, Calendar())
    assert frame["tasks_logged"].to_list() == drawn().unit_months["tasks_logged"].to_list()
    assert frame["app_logged"].to_list() == drawn().unit_months["app_logged"].to_list()

    plan = read_plan(PLAN / "indicators.csv")
    reference = month_range(*window)[:12:11]
    found, _ = evaluation.build_indicators(data, frame, plan, Calendar(), window, reference)
    return found.dropna(subset="value")


def test_indicators_come_back_exactly():
    plan, found = read_plan(PLAN / "indicators.csv"), indicators_found()
    keys = ["unit_code", "month", "indicator"]
    both = drawn().indicators.merge(found, on=keys, how="left", suffixes=("", "_raw"))
    np.testing.assert_allclose(both["value"], both["value_raw"], rtol=1e-9, atol=1e-11)
    of_roster = set(
        plan.loc[plan["source"] == "posts", "code"]
    )  # follows from the roster, not from the counts
    members = set(read_members(PLAN / "indices.csv", plan)["indicator"]) - of_roster
    counted = set(drawn().indicators["indicator"])  # not: what follows from rows, or no study asks for
    assert set(plan.loc[plan["index"] != "", "code"]) <= counted and members - counted >= OF_ROWS
    assert members <= set(found["indicator"])
    members &= counted
    n_found = found.groupby("indicator").size()
    n_drawn = drawn().indicators.groupby("indicator").size()
    assert n_found.loc[sorted(members)].equals(n_drawn.loc[sorted(members)])


def test_indicators_of_rows_come_back_exactly():
    again = draw(parameters(), drawn().detail.seed, indicators=OF_ROWS).indicators
    keys = ["unit_code", "month", "indicator"]
    both = again.merge(indicators_found(), on=keys, how="outer", suffixes=("", "_raw"))
    both = both[both["indicator"].isin(OF_ROWS)]
    assert set(both["indicator"]) == OF_ROWS
    np.testing.assert_allclose(both["value"], both["value_raw"], rtol=1e-9)


def test_actions_of_the_days_add_up_and_runs_without_rest_are_those_of_the_days():
    counts, months = drawn().detail.counts, drawn().detail.months
    days = tables()["app_days"].assign(date=lambda frame: pd.to_datetime(frame["date"]))
    days["month"] = days["date"].dt.strftime("%Y-%m")
    calendar = Calendar()
    rest = ~days["date"].map(lambda day: calendar.is_workday(day.date()))
    keys = pd.MultiIndex.from_product(
        [drawn().units["unit_code"].drop_duplicates().sort_values(), months.names]
    )
    for wanted, rows in ((counts.actions.sum(axis=-1), slice(None)), (counts.rest_day, rest)):
        found = days[rows].groupby(["unit_code", "month"])["actions"].sum().reindex(keys, fill_value=0)
        np.testing.assert_array_equal(found.to_numpy(), np.where(counts.app_logged, wanted, 0).ravel())
    longest = (
        indicators_found().query("indicator == 'D4_longest_run'").set_index(["unit_code", "month"])["value"]
    )
    for unit, own in days.groupby("unit_code"):
        run, before = 0, None
        for day in sorted(own["date"]):
            run = run + 1 if before is not None and day - before == pd.Timedelta(days=1) else 1
            own.loc[own["date"] == day, "run"], before = run, day
        assert (longest[unit] == own.groupby("month")["run"].max()).all()


def test_damage_is_added_and_counted():
    counts = pd.concat([result.counts for result in ingested().values()])
    rejected = counts[counts["outcome"] == "rejected"]
    unseen = {"exit_before_entry", "unit_not_named", "excel_error", "no_stored_value", "personal_cell"}
    assert set(rejected["reason"]) >= set(REASONS) - unseen
    assert counts.loc[counts["outcome"] == "duplicate", "rows"].sum() > 100
    part = counts[counts["outcome"].isin(["kept", "duplicate", "rejected"])]
    rows = part.pivot_table(
        index=["file", "sheet"], columns="outcome", values="rows", aggfunc="sum", fill_value=0
    )
    assert (rows["rejected"] / rows.sum(axis=1)).max() < 0.05


def test_every_file_says_that_it_is_synthetic():
    for path in sorted(raw_folder().iterdir()):
        sheets = read_file(path, path.name)
        assert any("SYNTHETIC" in text for sheet in sheets for row in sheet.head() for text in row), path.name


def test_exports_come_in_several_encodings_and_kinds():
    starts = {path.read_bytes()[:3] for path in raw_folder().iterdir()}
    assert {b"PK\x03", b"\xef\xbb\xbf", b"<ht"} <= starts and any(s[:2] == b"\xff\xfe" for s in starts)
    texts = [decode(path.read_bytes(), path.name) for path in sorted(raw_folder().glob("任务督办清单_*.csv"))]
    assert len({text.partition("\r\n")[0] for text in texts}) == 2


def test_bytes_are_the_same_every_time(tmp_path):
    def digests(folder):
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    write_raw(drawn(), tmp_path, parameters())
    assert digests(tmp_path) == digests(raw_folder())


def test_truth_is_written_apart_and_labelled(tmp_path):
    write_truth(drawn(), tmp_path, parameters())
    assert {path.name for path in tmp_path.iterdir()} == {
        "parameters.yaml", "pressure.csv", "person_months.parquet", "survey_truth.parquet", "indicators.parquet",
        "unit_month_truth.parquet", "unit_year_truth.parquet",
    }  # fmt: skip
    for path in tmp_path.iterdir():
        text = str(pq.read_schema(path).metadata) if path.suffix == ".parquet" else path.read_text("utf-8")
        assert "SYNTHETIC" in text, path.name
    assert len(pq.read_table(tmp_path / "person_months.parquet")) == len(drawn().person_months)


def test_a_log_in_parts_has_the_tasks_of_the_draw(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_tasks, "PART_TASKS", 3_000)
    detail = drawn().detail
    parts = list(raw_tasks.task_parts(detail, parameters()["raw"], UnitTexts(detail.structure), tmp_path))
    for part in parts:
        raw_tasks.write_part(*part)
    assert len(parts) > 3
    assert len(list(tmp_path.glob("任务督办清单_*.csv"))) == len(parts) * (len(detail.months) + 1)

    sources = [{"table": "tasks", "files": ["任务督办清单_*.csv"], "columns": {"因地调整": "is_adapted"}}]
    logged = province() | {"sources": sources}
    tasks = ingest_table("tasks", tmp_path, logged, PLAN, SCHEMA, tables()["units"]).canonical.to_pandas()
    whole = tables()["tasks"].query("event_label == '任务'")
    assert tasks["task_id"].is_unique and len(tasks) == len(whole)
    assert set(tasks["parent_task_id"].dropna()) <= set(tasks["task_id"])
    counts = ["n_table", "n_text", "n_photo", "n_video", "n_indicator", "is_veto"]
    found, expected = (
        frame.groupby(["unit_code", frame["issue_at"].dt.strftime("%Y-%m")])[counts].sum().astype(float)
        for frame in (tasks, whole)
    )
    pd.testing.assert_frame_equal(found, expected)
