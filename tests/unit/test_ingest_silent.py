"""What reads wrong without a word: rows and values are as a person reads them, or a sentence or a count says so."""

import openpyxl
import pytest
from ingest_cases import ingest_rows

TASKS = ["任务名称", "责任单位", "事项类型", "下达时间", "办结时限"]
APPS = ["单位", "月份", "应用名称", "操作类型", "次数"]
ANY = {"max_reject_share": 1}


def _outcomes(result):
    counts = result.counts.query("outcome in ('kept', 'duplicate', 'rejected', 'nondata')")
    return counts.query("rows > 0").groupby("outcome")["rows"].sum().to_dict()


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_task_whose_title_begins_like_a_note_is_a_task(tmp_path):
    """Titles in the first column: 报送…：, 统计…：, 联系…： are no signatures where the row has all that it needs."""
    titles = ["报送材料：秸秆禁烧情况", "统计工作：年报", "联系群众：走访", "说明：防汛", "备注：无"]
    rows = [[title, "河口镇", "任务", "2024-03-01", "2024-03-05"] for title in titles]
    notes = [
        ["填表人：张三", "", "", "审核人：李四", ""],
        ["备注：逾期的标红", "", "", "", ""],
        ["合计", "", "", "", "5"],
    ]
    result = ingest_rows(tmp_path, "tasks", [TASKS, *rows, *notes])
    assert _outcomes(result) == {"kept": 5, "nondata": 4}


def test_a_note_where_the_unit_stands_is_a_note(tmp_path):
    rows = [["单位", "月份", "次数"], ["河口镇", "2024-03", "5"], ["制表：张三", "审核：李四", "电话：略"]]
    source = {"fixed": {"app_name": "学习云", "action_type": "打卡"}}
    result = ingest_rows(tmp_path, "app_activity", rows, source=source)
    assert _outcomes(result) == {"kept": 1, "nondata": 2}


def test_a_unit_above_the_headings_takes_no_rows_of_the_unit(tmp_path):
    """The name of the unit as title of the sheet; the title again on the next page is no data."""
    rows = [
        ["河口镇"],
        APPS,
        *(["河口镇", f"2024-0{n}", "学习云", "打卡", "5"] for n in (3, 4)),
        ["河口镇", *[""] * 4],
    ]
    assert _outcomes(ingest_rows(tmp_path, "app_activity", rows)) == {"kept": 2, "nondata": 3}


@pytest.mark.parametrize("word", ["小计", "合计", "全部应用", "汇总", "平台小计"])
def test_a_total_in_whatever_column_of_a_key_is_counted_once(tmp_path, word):
    rows = [APPS, *(["河口镇", "2024-03", app, "打卡", "5"] for app in ("学习云", "总工会通", word))]
    result = ingest_rows(tmp_path, "app_activity", rows)
    assert result.canonical["app_name"].to_pylist() == ["学习云", "总工会通"]
    assert _outcomes(result) == {"kept": 2, "nondata": 2}


def test_a_count_merged_over_several_rows_is_the_count_of_none(tmp_path):
    """The unit is each row's; a number of actions belongs to the rows together and is not counted three times."""
    book = openpyxl.Workbook()
    sheet = book.active
    rows = [
        APPS,
        ["河口镇", "2024-03", "学习云", "打卡", 10],
        ["", "", "学习云", "积分", ""],
        ["", "", "政务通", "打卡", 3],
    ]
    for row in rows:
        sheet.append(row)
    for cells in ("A2:A4", "B2:B4", "E2:E3"):
        sheet.merge_cells(cells)
    book.save(tmp_path / "a.xlsx")
    result = ingest_rows(tmp_path, "app_activity", None, "a.xlsx", data=ANY)
    assert result.canonical["count"].to_pylist() == [3]
    assert set(result.quarantine["reason"]) == {"missing_required"} and len(result.quarantine) == 2


def test_the_row_of_the_county_is_no_township(tmp_path):
    rows = [
        ["单位代码", "单位名称", "县区代码", "县区名称", "编制数"],
        ["390101", "甲县", "390101", "甲县", "480"],
        ["390101100", "城关镇", "390101", "甲县", "40"],
        ["390101101", "河口镇", "390101", "甲县", "40"],
    ]
    result = ingest_rows(tmp_path, "units", rows)
    assert result.canonical["unit_name"].to_pylist() == ["城关镇", "河口镇"]
    assert _outcomes(result) == {"kept": 2, "nondata": 2}


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_a_number_without_bounds_is_none(tmp_path):
    rows = [
        APPS,
        ["河口镇", "2024-03", "学习云", "打卡", "1e999"],
        ["河口镇", "2024-04", "学习云", "打卡", "1e3"],
    ]
    result = ingest_rows(tmp_path, "app_activity", rows, data=ANY)
    assert result.canonical["count"].to_pylist() == [1000]
    assert result.quarantine["reason"].tolist() == ["unparseable_number"]
