"""What reads wrong without a word: rows and values are as a person reads them, or a sentence or a count says so."""

from datetime import datetime

import openpyxl
import pytest
import xlsxwriter
from ingest_cases import ingest_rows
from unseen_folders import _id_number

from jianfu.core.errors import DataError

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


# --- months and days that headings, titles and names tell ------------------------------------------------------------

DAYS = ["单位", "应用名称", "操作类型"]
OF_APP = ["河口镇", "学习云", "打卡"]


def _book(path, rows, formats="yyyy-mm-dd", sheet="Sheet1", **options):
    book = xlsxwriter.Workbook(path, options)
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write_datetime(number, place, cell, book.add_format({"num_format": formats}))
            elif cell != "":
                page.write(number, place, cell)
    book.close()


def test_headings_that_excel_turned_into_dates_are_months_or_days(tmp_path):
    months = [datetime(2024, month, 1) for month in range(1, 13)]
    _book(tmp_path / "文.xlsx", [["单位", "渠道", *months], ["河口镇", "纸质", *range(1, 13)]])
    result = ingest_rows(tmp_path, "documents", None, "文.xlsx")
    assert result.canonical["month"].to_pylist() == [f"2024-{month:02d}" for month in range(1, 13)]
    assert result.canonical["n_docs"].to_pylist() == list(range(1, 13))
    days = [datetime(2024, 4, day) for day in range(1, 31)]
    _book(tmp_path / "打卡.xlsx", [[*DAYS, *days], [*OF_APP, *[1] * 30]])  # no other month anywhere
    result = ingest_rows(tmp_path, "app_activity", None, "打卡.xlsx").canonical
    assert (result["month"].to_pylist(), result["count"].to_pylist()) == (["2024-04"], [30])


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (
            [f"{2 if day > 25 else 3}月{day}日" for day in [26, 27, 28, 29, *range(1, 26)]],
            "打卡2024年3月.csv",
        ),
        ([f"2024-04-{day:02d}" for day in range(1, 31)], "打卡2024年3月.csv"),
        ([f"2023/3/{day}" for day in range(1, 32)], "打卡2024年3月.csv"),
        ([f"2024-{month}-{day:02d}" for month in ("04", "05") for day in range(1, 21)], "打卡.csv"),
    ],
)
def test_days_of_other_months_than_the_sheet_stop(tmp_path, days, name):
    with pytest.raises(DataError, match="the columns of days are of .*(2月, 3月|2024-04|2023-03)"):
        ingest_rows(tmp_path, "app_activity", [[*DAYS, *days], [*OF_APP, *["1"] * len(days)]], name)


def test_two_blocks_of_days_or_months_are_asked(tmp_path):
    """The second block was not read, without a word; a heading above others is left out with all below it."""
    head = [
        ["", "", *["收文"] * 6, *["发文"] * 6],
        ["单位", "渠道", *[f"{month}月" for month in range(1, 7)] * 2],
    ]
    rows = [*head, ["河口镇", "纸质", *["1"] * 6, *["5"] * 6]]
    with pytest.raises(DataError, match="headings '收文' and '发文' both look like n_docs"):
        ingest_rows(tmp_path, "documents", rows, "文2024.csv")
    result = ingest_rows(tmp_path, "documents", rows, "文2024.csv", {"ignore": ["收文"]})
    assert result.canonical["n_docs"].to_pylist() == [5] * 6
    head = [
        ["", "", "", *["打卡"] * 31, *["积分"] * 31],
        [*DAYS, *map(str, range(1, 32)), *map(str, range(1, 32))],
    ]
    with pytest.raises(DataError, match="headings '打卡' and '积分' both look like count"):
        ingest_rows(tmp_path, "app_activity", [*head, [*OF_APP, *["1"] * 62]], "表2024-03.csv")


def test_months_of_two_years_below_their_years_are_read(tmp_path):
    head = [
        ["", "", *["2023年"] * 6, *["2024年"] * 6],
        ["单位", "渠道", *[f"{month}月" for month in range(1, 7)] * 2],
    ]
    result = ingest_rows(tmp_path, "documents", [*head, ["河口镇", "纸质", *map(str, range(12))]])
    assert result.canonical["n_docs"].to_pylist() == list(range(12))


def test_a_title_that_was_copied_from_the_month_before_stops(tmp_path):
    rows = [["2024年3月统计表"], [*DAYS, "次数"], [*OF_APP, "4"]]
    with pytest.raises(DataError, match="title says 2024-03, the name says 2024-04"):
        ingest_rows(tmp_path, "app_activity", rows, "统计2024年4月.csv")
    for origin, month in (("file", "2024-04"), ("title", "2024-03")):
        source = {"fill": {"month": origin}}
        result = ingest_rows(tmp_path, "app_activity", rows, "统计2024年4月.csv", source)
        assert result.canonical["month"].to_pylist() == [month]


def test_the_month_of_a_sheet_counts_more_than_that_of_a_file_with_several(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "统计2024年12月.xlsx")
    for month in (3, 4):
        page = book.add_worksheet(f"{month}月")
        for number, row in enumerate([[f"2024年{month}月统计表"], [*DAYS, "次数"], [*OF_APP, month]]):
            page.write_row(number, 0, row)
    book.close()
    result = ingest_rows(tmp_path, "app_activity", None, "统计2024年12月.xlsx").canonical
    assert result["month"].to_pylist() == ["2024-03", "2024-04"]


def test_a_cumulative_number_is_no_number_of_the_month(tmp_path):
    rows = [["单位", "月份", *DAYS[1:], "本月次数", "累计次数"], ["河口镇", "2024-02", *OF_APP[1:], "5", "9"]]
    result = ingest_rows(tmp_path, "app_activity", rows)
    assert result.canonical["count"].to_pylist() == [5]
    rows = [[*row[:4], row[5]] for row in rows]  # alone it is read, and said
    result = ingest_rows(tmp_path, "app_activity", rows)
    assert result.canonical["count"].to_pylist() == [9]
    assert "running_total" in set(result.notices["kind"])


# --- units of measure ------------------------------------------------------------------------------------------------

UNITS = ["单位代码", "单位名称", "县区代码", "县区名称"]
A_UNIT = ["390101100", "城关镇", "390101", "甲县"]


@pytest.mark.parametrize(
    ("column", "heading", "cell", "value"),
    [
        ("area_km2", "面积（亩）", "1500", 1),
        ("area_km2", "面积(公顷)", "1,500", 15),
        ("area_km2", "面积", "1500亩", 1),
        ("area_km2", "面积(平方公里)", "15", 15),
        ("population", "人口（万人）", "3.2", 32000),
        ("population", "人口(户)", "3200", None),
        ("population", "人口", "３２００人", 3200),
        ("revenue", "财政收入（亿元）", "1.5", 15000),
        ("revenue", "财政收入（元）", "15000000", 1500),
        ("revenue", "财政收入", "1.5亿元", 15000),
        ("distance_km", "距县城距离（里）", "20", 10),
    ],
)
def test_measures_of_headings_and_cells_are_those_of_the_column(tmp_path, column, heading, cell, value):
    source = {"columns": {heading: column}}
    result = ingest_rows(tmp_path, "units", [[*UNITS, heading], [*A_UNIT, cell]], source=source)
    assert result.canonical[column].to_pylist() == [value]
    odd = result.counts.query("outcome == 'bad_optional_value' and rows > 0")
    assert odd["column"].tolist() == ([column] if value is None else [])


@pytest.mark.parametrize(
    ("heading", "value"), [("次数（万次）", 3200), ("次数(千次)", 320), ("次数（次）", 0.32)]
)
def test_thousands_in_a_heading_or_a_title_are_counted(tmp_path, heading, value):
    rows = [[*APPS[:4], heading], ["河口镇", "2024-03", *OF_APP[1:], "0.32"]]
    assert ingest_rows(tmp_path, "app_activity", rows).canonical["count"].to_pylist() == [value]
    if value == 3200:
        rows = [["应用使用统计", "", "", "", "单位：万次"], APPS, rows[1]]
        assert ingest_rows(tmp_path, "app_activity", rows).canonical["count"].to_pylist() == [value]


@pytest.mark.parametrize(
    ("heading", "cell", "seconds"),
    [
        ("所用时间（分钟）", "5", 300),
        ("所用时间(小时)", "0.5", 1800),
        ("所用时间", "0.0025", 216),
        ("所用时间", "178", 178),
    ],
)
def test_an_answering_time_in_minutes_or_as_a_part_of_a_day(tmp_path, heading, cell, seconds):
    head, row = (
        ["单位", "出生年代", "调查轮次", "提交答卷时间", "EE1"],
        ["河口镇", "90后", "1", "2024-03-01", "3"],
    )
    source = {"columns": {"EE1": "EE1"}}
    result = ingest_rows(tmp_path, "survey", [[*head, heading], [*row, cell]], source=source)
    assert result.canonical["duration_s"].to_pylist() == [seconds]


def test_days_are_no_hours(tmp_path):
    head, row = (
        ["单位", "出生年代", "调查轮次", "提交答卷时间", "EE1"],
        ["河口镇", "90后", "1", "2024-03-01", "3"],
    )
    rows = [[*head, "每周工作时间（天）"], [*row, "5"]]
    result = ingest_rows(tmp_path, "survey", rows, source={"columns": {"EE1": "EE1"}})
    assert result.canonical["hours_week"].to_pylist() == [None]


# --- what a spreadsheet makes of texts, and words for nothing --------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "months"),
    [
        (
            [2024.01, 2024.02, 2024.1, 2024.11],
            ["01", "02", "10", "11"],
        ),  # numbers with two digits for the month
        (["2024.1", "2024.2", "2024.10"], ["01", "02", "10"]),  # texts
        (["2024.1", "2024.9"], ["01", "09"]),
    ],
)
def test_october_as_a_number_is_not_january(tmp_path, cells, months):
    _book(tmp_path / "a.xlsx", [APPS, *(["河口镇", cell, *OF_APP[1:], 5] for cell in cells)])
    result = ingest_rows(tmp_path, "app_activity", None, "a.xlsx")
    assert result.canonical["month"].to_pylist() == [f"2024-{month}" for month in months]


def test_a_number_that_may_be_january_or_october_is_not_guessed(tmp_path):
    cells = [2024.1, 2024.9, 2024.11]
    _book(tmp_path / "a.xlsx", [APPS, *(["河口镇", cell, *OF_APP[1:], 5] for cell in cells)])
    result = ingest_rows(tmp_path, "app_activity", None, "a.xlsx", data=ANY)
    assert result.canonical["month"].to_pylist() == ["2024-09", "2024-11"]
    assert result.quarantine[["reason", "value"]].values.tolist() == [["unparseable_date", "2024.1"]]


def test_texts_saved_as_formulas_are_the_texts(tmp_path):
    """="00123" keeps a spreadsheet from making a number of it."""
    rows = [["编号", "责任单位", "事项类型", "下达时间", "报表数"]]
    rows += [
        ['="0012"', "河口镇", "任务", '="2024-03-01"', '="3"'],
        ["0013", '="河口镇"', "任务", "2024-03-01", "1"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows).canonical
    assert (result["task_id"].to_pylist(), result["n_table"].to_pylist()) == (["0012", "0013"], [3, 1])


@pytest.mark.parametrize("word", ["NULL", "(null)", "\\N", "None", "nan"])
def test_words_of_databases_for_nothing_are_nothing(tmp_path, word):
    rows = [APPS, ["河口镇", "2024-03", word, "打卡", "5"], ["河口镇", "2024-03", "学习云", "打卡", "5"]]
    result = ingest_rows(tmp_path, "app_activity", rows, data=ANY)
    assert result.canonical["app_name"].to_pylist() == ["学习云"]
    assert result.quarantine["reason"].tolist() == ["missing_required"]


def test_zeros_that_a_spreadsheet_took_from_staff_numbers_part_nobody(tmp_path):
    head = ["工号", "出生年月", "工作单位", "到现单位时间", "离开时间"]
    rows = [["0012", "1990-01", "河口镇", "2015-08-01", "2020-05-31"]]
    rows = [head, *rows, ["12", "1990-01", "石坪镇", "2024-08-01", ""]]
    result = ingest_rows(tmp_path, "spells", rows)
    assert len(set(result.canonical["person_key"].to_pylist())) == 1


def test_a_column_of_ticks_says_what_its_blanks_are_taken_for(tmp_path):
    head = ["编号", "责任单位", "事项类型", "下达时间", "是否应急"]
    rows = [[f"A{n}", "河口镇", "任务", "2024-03-01", "√" if n % 4 == 0 else ""] for n in range(8)]
    result = ingest_rows(tmp_path, "tasks", [head, *rows])
    assert result.notices.query("kind == 'only_yes'")[["column", "rows"]].values.tolist() == [
        ["emergency", 6]
    ]
    source = {"values": {"emergency": {"": False}}}
    result = ingest_rows(tmp_path, "tasks", [head, *rows], source=source)
    assert sum(result.canonical["emergency"].to_pylist()) == 2
    assert "only_yes" not in set(result.notices["kind"])


# --- people who have left --------------------------------------------------------------------------------------------

ROSTER = ["身份证号", "工作单位", "到现单位时间"]


def _roster(heading, cells):
    rows = [[_id_number(n)[0], "河口镇", "2015-08-01", cell] for n, cell in enumerate(cells)]
    return [[*ROSTER, heading], *rows]


@pytest.mark.parametrize("heading", ["备注", "目前状态", "附注说明"])
def test_remarks_that_speak_of_leaving_are_named(tmp_path, heading):
    cells = ["", "已退休", "2024年5月调县农业农村局", "负责防汛"]
    notices = ingest_rows(tmp_path, "spells", _roster(heading, cells)).notices.set_index("kind")
    assert notices.loc["leavers_in_words", ["column", "rows"]].tolist() == [heading, 2]


def test_the_end_of_a_post_ends_it_however_it_is_called(tmp_path):
    result = ingest_rows(tmp_path, "spells", _roster("任职截止时间", ["至今", "2024-05-31", "9999-12-31"]))
    assert sorted(map(str, result.canonical["spell_end"].to_pylist())) == ["2024-05-31", "None", "None"]


@pytest.mark.parametrize("name", ["已离开人员", "历史人员", "2024年流出"])
def test_people_on_a_sheet_of_those_who_are_gone_are_no_staff(tmp_path, name):
    book = openpyxl.Workbook()
    for title, number in (("现有人员", 1), (name, 2)):
        sheet = book.create_sheet(title)
        for row in (ROSTER, [_id_number(number)[0], "河口镇", "2015-08-01"]):
            sheet.append(row)
    del book["Sheet"]
    book.save(tmp_path / "花名册.xlsx")
    result = ingest_rows(tmp_path, "spells", None, "花名册.xlsx")
    assert sorted(result.canonical["on_post"].to_pylist()) == [False, True]
    assert "leaver_without_date" in set(result.notices["kind"])
