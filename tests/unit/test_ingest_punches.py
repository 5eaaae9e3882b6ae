"""Raw punches become monthly counts; days off of sheets that are wide by day."""

import pytest
from ingest_cases import ingest_rows

from jianfu.core.errors import DataError

HEAD = ["姓名", "部门", "应用名称", "打卡时间", "打卡地点", "结果"]
PUNCHES = [
    ["甲", "河口镇", "学习云", "2024-02-29 08:31", "某处", "正常"],  # Thursday, office hours
    ["乙", "河口镇", "学习云", "2024-02-29 08:31", "某处", "正常"],  # another person in the same minute
    ["甲", "河口镇", "学习云", "2024/2/29 20:05", "某处", "正常"],  # evening
    ["甲", "河口镇", "学习云", "2024年2月18日 09:00", "某处", "正常"],  # Sunday with work (make-up day)
    ["甲", "河口镇", "学习云", "2024-02-25 09:00", "某处", "正常"],  # Sunday
    ["甲", "河口镇", "学习云", "2024-03-01 12:00", "某处", "正常"],  # noon break begins
    ["甲", "没有的镇", "学习云", "2024-03-01 12:00", "某处", "正常"],
    ["甲", "河口镇", "学习云", "昨天", "某处", "正常"],
]


def _punches(tmp_path, rows, sources=()):
    source = {"table": "punches", "files": ["打卡.csv"]}
    return ingest_rows(tmp_path, "app_activity", rows, "打卡.csv", source, sources)


def _counts(result):
    names = ["unit_code", "month", "app_name", "action_type", "count", "off_hours_count", "rest_day_count"]
    return [tuple(row.values()) for row in result.canonical.select(names).to_pylist()]


def test_times_in_a_column_per_day_become_monthly_counts(tmp_path):
    """A row per person, the times of a day in one cell; words are no punch, a count in a cell rejects its row."""
    days = {1: "08:31\n18:02", 4: "08：30 12:00 20:05(外勤)", 6: "休息", 10: "—", 12: "缺卡"}
    head = ["姓名", "部门", *range(1, 32)]

    def row(name, unit, cells):
        return [name, unit, *(cells.get(day, "") for day in range(1, 32))]

    rows = [["2024年3月打卡时间"], head, row("甲", "河口镇", days), row("乙", "河口镇", {3: "09:00"}),
            row("丙", "石坪镇", {4: "2", 5: "08:30"}), row("丁", "河口镇", {})]  # fmt: skip
    source = {"table": "punches", "files": ["考勤.csv"], "fixed": {"app_name": "考勤"}}
    result = ingest_rows(tmp_path, "app_activity", rows, "考勤.csv", source)
    # 1 and 4 March are a Friday and a Monday: 18:02, 12:00 and 20:05 are after hours; 3 March is a Sunday
    assert _counts(result) == [("390101101", "2024-03", "考勤", "打卡", 6, 4, 1)]
    outcomes = result.counts.groupby("outcome")["rows"].sum().to_dict()
    assert outcomes == {"kept": 3, "duplicate": 0, "rejected": 1, "nondata": 2}
    assert result.quarantine[["row", "column", "reason"]].to_numpy().tolist() == [
        [5, "punched_at", "unparseable_date"]
    ]


def test_punches_become_monthly_counts(tmp_path):
    result = _punches(tmp_path, [HEAD, *PUNCHES])
    assert _counts(result) == [
        ("390101101", "2024-02", "学习云", "打卡", 5, 2, 1),
        ("390101101", "2024-03", "学习云", "打卡", 1, 1, 0),
    ]
    assert result.origins["row"].to_pylist() == [2, 7]
    outcomes = result.counts.groupby("outcome")["rows"].sum().to_dict()
    assert outcomes == {"kept": 6, "duplicate": 0, "rejected": 2, "nondata": 1}
    assert result.quarantine["reason"].tolist() == ["unknown_unit", "unparseable_date"]
    assert set(result.columns.set_index("heading").loc[["姓名", "打卡地点"], "status"]) == {"personal"}


def test_day_and_clock_time_in_two_columns(tmp_path):
    head = ["部门", "应用名称", "日期", "打卡时间"]
    rows = [
        head,
        ["河口镇", "学习云", "2024-02-29", "18:30"],
        ["河口镇", "学习云", "2024-02-29", "2024-02-29 9:00"],
    ]
    assert _counts(_punches(tmp_path, rows)) == [("390101101", "2024-02", "学习云", "打卡", 2, 1, 0)]


def test_punches_without_clock_time_or_calendar(tmp_path):
    head = ["部门", "应用名称", "日期"]
    rows = [head, ["河口镇", "学习云", "2024-02-25"], ["河口镇", "学习云", "1999-02-25"]]
    assert _counts(_punches(tmp_path, rows)) == [
        ("390101101", "1999-02", "学习云", "打卡", 1, None, None),
        ("390101101", "2024-02", "学习云", "打卡", 1, None, 1),
    ]


def test_punches_beside_monthly_sheets(tmp_path):
    from ingest_cases import write_csv

    sheet = [["单位", "月份", "应用名称", "操作类型", "次数"], ["河口镇", "2024-01", "学习云", "打卡", "7"]]
    write_csv(tmp_path / "月报.csv", sheet)
    monthly = {"table": "app_activity", "files": ["月报.csv"]}
    both = _counts(_punches(tmp_path, [HEAD, *PUNCHES[:1]], [monthly]))
    assert [row[1:5] for row in both] == [("2024-01", "学习云", "打卡", 7), ("2024-02", "学习云", "打卡", 1)]
    sheet[1][1] = "2024-02"
    write_csv(tmp_path / "月报.csv", sheet)
    with pytest.raises(DataError, match="leave one of the two sources"):
        _punches(tmp_path, [HEAD, *PUNCHES[:1]], [monthly])


def test_days_off_of_a_sheet_that_is_wide_by_day(tmp_path):
    head = ["单位", "月份", "应用名称", "操作类型", *(f"{day}日" for day in range(1, 32))]
    ones = ["1"] * 29 + ["", ""]
    rows = [
        head,
        ["河口镇", "2024-02", "学习云", "打卡", *ones],
        ["河口镇", "1999-02", "学习云", "打卡", *ones],
        ["河口镇", "2024-02", "学习云", "积分", *["1"] * 10, "很多", *[""] * 20],
    ]
    counts = _counts(ingest_rows(tmp_path, "app_activity", rows))
    # February 2024: eight days of the Spring Festival, two Saturdays and one Sunday besides; two Sundays are worked
    assert [(row[1], row[4], row[6]) for row in counts] == [("1999-02", 29, None), ("2024-02", 29, 11)]
