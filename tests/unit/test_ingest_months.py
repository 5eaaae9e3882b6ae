"""Sheets with a column per month, or per app: a row for every month that is filled, and every raw row counted once."""

import pytest
from ingest_cases import ingest_rows

from jianfu.core.errors import DataError
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
    assert _counts(result) == {"kept": 2, "nondata": 1, "several_columns": 6}
    assert result.notices.query("kind == 'several_columns'")["rows"].tolist() == [2]
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
        ("several_columns", ""): 2,
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


APPS = {
    "unpivot": {
        "打卡次数": {"app_name": "政务通", "action_type": "打卡"},
        "学习积分": {"app_name": "学习平台", "action_type": "积分"},
    }
}
OF_APPS = ["月份", "乡镇", "打卡次数", "学习积分", "使用率"]


def test_a_row_for_every_app_that_has_a_column(tmp_path):
    rows = (
        ["2024年1月", "河口镇", "30", "1,204", "84.2%"],
        ["2024年2月", "河口镇", "31", "—", "80%"],
        ["2024年1月", "石坪镇", "", "若干", "80%"],
    )
    result = _read(tmp_path, *rows, head=OF_APPS, name="应用.csv", source=APPS, table="app_activity")
    found = result.canonical.to_pandas()[["month", "app_name", "action_type", "count"]]
    assert sorted(found.values.tolist()) == [
        ["2024-01", "学习平台", "积分", 1204.0],
        ["2024-01", "政务通", "打卡", 30.0],
        ["2024-02", "政务通", "打卡", 31.0],
    ]
    assert result.quarantine[["row", "column", "reason", "value"]].values.tolist() == [
        [4, "count", "unparseable_number", "若干"]
    ]
    assert _counts(result) == {"kept": 2, "nondata": 1, "rejected": 1, "several_columns": 3}
    listed = result.columns.set_index("heading")[["column", "status"]]
    assert (
        listed.loc["学习积分"].tolist() == ["count", "mapped"]
        and listed.loc["使用率", "status"] == "unmapped"
    )


def test_a_measure_in_the_heading_of_an_app_is_its_own(tmp_path):
    source = {"unpivot": {heading + extra: values for (heading, values), extra in zip(
        APPS["unpivot"].items(), ("", "（万次）"), strict=True)}}  # fmt: skip
    head = ["月份", "乡镇", "打卡次数", "学习积分（万次）"]
    row = ["2024-01", "河口镇", "30", "1.5"]
    read = _read(tmp_path, row, head=head, name="应用.csv", source=source, table="app_activity").canonical
    assert sorted(read.to_pandas()["count"]) == [30.0, 15000.0]


def test_what_a_column_says_beside_those_of_the_apps_is_refused(tmp_path):
    head = [*OF_APPS, "次数"]
    with pytest.raises(DataError, match="'次数' is read as count"):
        _read(tmp_path, ["2024-01", "河口镇", "3", "4", "1", "7"], head=head, name="应用.csv", source=APPS,
              table="app_activity")  # fmt: skip


def test_headings_of_apps_that_no_file_has(tmp_path):
    head = ["月份", "乡镇", "打卡次数"]
    result = _read(
        tmp_path, ["2024-01", "河口镇", "3"], head=head, name="应用.csv", source=APPS, table="app_activity"
    )
    assert result.canonical.num_rows == 1
    assert "学习积分" in result.notices.query("kind == 'heading_not_found'")["column"].tolist()
