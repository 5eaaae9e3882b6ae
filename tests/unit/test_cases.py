"""Small inputs that once went wrong (tests/data/cases), each with its right result."""

import csv
from datetime import datetime

import pytest
from ingest_cases import ROOT, ingest_rows

from jianfu.ingest.dates import parse

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
