"""Small inputs that once went wrong (tests/data/cases), each with its right result."""

import csv
from datetime import datetime

import pytest
from ingest_cases import PLAN, ROOT, SCHEMA, ingest_rows, sample_results

from jianfu.ingest.dates import parse
from jianfu.ingest.tables import ingest_table
from jianfu.province.load import load_province

CASES = ROOT / "tests" / "data" / "cases"


def _dates():
    with open(CASES / "dates-of-documents" / "日期.csv", encoding="utf-8-sig", newline="") as file:
        return [(row["text"], row["right"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(("text", "right"), _dates())
def test_dates_of_documents(text, right):
    expected = None
    if right:
        moment = datetime.fromisoformat(right)
        expected = (moment, "minute" if " " in right else "day")
    assert parse(text) == expected


def test_durations_as_times_of_a_workbook():
    folder = CASES / "duration-cells"
    source = {"columns": {"工号": "employee_id", "Q1": "EE1"}}
    result = ingest_rows(folder, "survey", None, name="问卷数据_第1次.xlsx", source=source)
    assert sorted(result.canonical["duration_s"].to_pylist()) == [
        226,
        226,
        226,
        93780,
    ]  # rows in order of their key


def test_several_units_in_one_cell():
    """各乡镇（街道） is every unit in force on the day; 甲镇、乙镇 are two; 甲镇等12个乡镇 names one of twelve."""
    province = load_province("sample", ROOT, [ROOT / "config" / "provinces"])
    name = "督查督办台账_多单位.csv"
    province = {**province, "sources": [{"table": "tasks", "files": [name]}]}
    units = sample_results()["units"].canonical.to_pandas()
    result = ingest_table("tasks", CASES / "units-in-one-cell", province, PLAN, SCHEMA, units)
    rows = result.canonical.to_pandas()
    codes = {task: sorted(part["unit_code"]) for task, part in rows.groupby("task_id")}
    every = sorted(set(units["unit_code"]))
    named = [units.loc[units["unit_name"] == name, "unit_code"].item() for name in ("小沟庄镇", "北石坪镇")]
    assert len(every) == 24
    assert codes == {"M1": every, "M2": sorted(named), "M3": every}
    assert result.quarantine[["row", "column", "reason"]].values.tolist() == [
        [5, "unit_code", "unit_not_named"]
    ]
    counts = result.counts.query("rows > 0").set_index("outcome")["rows"].to_dict()
    assert counts == {"kept": 3, "rejected": 1, "nondata": 1, "several_units": 50}
    assert result.notices.query("kind == 'several_units'")["rows"].tolist() == [3]
