"""Sheets with a column per month: a row for every month that is filled, and every raw row counted once."""

import pytest
from ingest_cases import ingest_rows

from jianfu.ingest.headings import month_of

HEAD = ["乡镇", "公文形式", *(f"{month}月" for month in range(1, 5)), "合计"]
SOURCE = {"columns": {"公文形式": "channel"}}
NAME = "收发文2024年.csv"


def _read(folder, *rows, head=HEAD, name=NAME, source=SOURCE, table="documents"):
    return ingest_rows(folder, table, [head, *rows], name=name, source=source)


def _counts(result):
    return {k: n for k, n in result.counts.groupby("outcome")["rows"].sum().items() if n}


@pytest.mark.parametrize(
    ("heading", "year", "month"),
    [
        ("1月", "2024", "2024-01"),
        ("十二月份", "2024", "2024-12"),
        ("2024年3月", "", "2024-03"),
        ("2024-03", "2023", "2024-03"),
        ("202411", "", "2024-11"),
        ("2024年|5月", "", "2024-05"),
        ("件数|5月", "2024", "2024-05"),
        ("5月", "", ""),
        ("13月", "2024", ""),
        ("202413", "", ""),
        ("5月件数", "2024", ""),
        ("月份", "2024", ""),
        ("3", "2024", ""),
    ],
)
def test_headings_of_months(heading, year, month):
    assert month_of(heading, year) == month


def test_a_row_for_every_month_that_is_filled(tmp_path):
    result = _read(
        tmp_path, ["河口镇", "纸质", "3", "", "—", "5", "8"], ["石坪镇", "电子", "1", "2", "3", "4", "10"]
    )
    rows = result.canonical.to_pandas()
    assert sorted(rows[["unit_code", "month", "n_docs"]].itertuples(index=False, name=None)) == [
        ("390101101", "2024-01", 3),
        ("390101101", "2024-04", 5),
        ("390101102", "2024-01", 1),
        ("390101102", "2024-02", 2),
        ("390101102", "2024-03", 3),
        ("390101102", "2024-04", 4),
    ]
    assert _counts(result) == {"kept": 2, "nondata": 1, "several_months": 6}
    assert result.notices.query("kind == 'several_months'")["rows"].tolist() == [2]
    listed = result.columns.set_index("heading")["column"]
    assert listed["1月"] == "n_docs" and not listed["合计"]


def test_a_row_that_cannot_be_read_is_rejected_once_and_whole(tmp_path):
    rows = (
        ["河口镇", "纸质", "3", "若干", "较多", "5", ""],
        ["无名镇", "纸质", "3", "4", "5", "6", ""],
        ["石坪镇", "纸质", "", "", "", "", ""],
    )
    result = _read(tmp_path, *rows)
    assert result.quarantine[["row", "column", "reason", "value"]].values.tolist() == [
        [2, "n_docs", "unparseable_number", "若干"],
        [3, "unit_code", "unknown_unit", "无名镇"],
        [4, "n_docs", "missing_required", ""],
    ]
    assert len(result.canonical) == 0 and _counts(result) == {"rejected": 3, "nondata": 1}


def test_months_that_two_rows_give_otherwise_are_in_conflict(tmp_path):
    """Equal months of another row are duplicates, other counts a conflict; a row with a month left is kept."""
    result = _read(
        tmp_path,
        ["河口镇", "纸质", "3", "4", "", "", ""],
        ["河口镇", "纸质", "3", "9", "7", "", ""],
    )
    rows = result.canonical.to_pandas()
    assert dict(zip(rows["month"], rows["n_docs"], strict=True)) == {"2024-01": 3, "2024-03": 7}
    counts = result.counts.query("rows > 0").set_index(["outcome", "reason"])["rows"].to_dict()
    assert counts == {
        ("kept", ""): 2,
        ("nondata", ""): 1,
        ("several_months", ""): 2,
        ("several_lost", "duplicate"): 1,
        ("several_lost", "conflicting_duplicate"): 2,
    }


def test_apps_by_month_and_months_without_a_year(tmp_path):
    head = ["乡镇", "应用", "操作类型", "2023年12月", "2024年1月", "2024年2月"]
    row = ["河口镇", "政务通", "打卡", "12", "1", "2"]
    rows = _read(tmp_path, row, head=head, name="应用.csv", source={}, table="app_activity").canonical
    assert rows.to_pandas()[["month", "count"]].values.tolist() == [
        ["2023-12", 12],
        ["2024-01", 1],
        ["2024-02", 2],
    ]
    head = [text.rpartition("年")[2] for text in head]
    with pytest.raises(Exception, match="month|月份"):
        _read(tmp_path, row, head=head, name="应用.csv", source={}, table="app_activity")
