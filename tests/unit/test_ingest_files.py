"""Files as they come: encodings, false extensions, titles, merged cells, totals, headings that are not clear."""

import io
import logging
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest_cases import PLAN, SCHEMA, UNITS, ingest_rows, write_csv
from ingest_cases import settings as settings_with

from jianfu.core.errors import DataError
from jianfu.ingest.readers import read_bytes, read_file
from jianfu.ingest.sheet import cell_text
from jianfu.ingest.tables import ingest_table

HEAD = ["编号", "责任单位", "事项类型", "下达时间"]
ROWS = [HEAD, ["A", "河口镇", "任务", "2024-03-01 16:00"], ["B", "甲县城关镇", "检查", "2024-03-02"]]


def _ids(result):
    return result.canonical["task_id"].to_pylist()


def _outcomes(result):
    return result.counts.groupby("outcome")["rows"].sum().to_dict()


def _write(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    return ingest_rows(tmp_path, "tasks", None, name)


def _text(rows, delimiter=","):
    return "\r\n".join(delimiter.join(row) for row in rows)


def _workbook(rows, merged=(), title=None, hidden=()):
    """Bytes of a workbook; ``merged`` are A1 ranges, ``hidden`` names of further hidden sheets."""
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    for name in hidden:
        book.create_sheet(name).sheet_state = "hidden"
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ","),
        ("utf-16", ","),
        ("gb18030", ","),
        ("gb18030", "\t"),
        ("utf-16", "\t"),
        ("utf-8", ";"),
    ],
)
@pytest.mark.parametrize("name", ["数据.csv", "数据.xls", "数据.txt"])
def test_text_in_any_encoding_under_any_name(tmp_path, encoding, delimiter, name):
    assert _ids(_write(tmp_path, name, _text(ROWS, delimiter).encode(encoding))) == ["A", "B"]


def test_rare_characters_of_gb18030(tmp_path):
    rows = [[*HEAD, "主题"], [*ROWS[1], "𠮷䶮"]]
    result = _write(tmp_path, "数据.csv", _text(rows).encode("gb18030"))
    assert result.canonical["topic"].to_pylist() == ["𠮷䶮"]


def test_broken_bytes_stop_with_the_line(tmp_path):
    content = _text(ROWS).encode("gb18030") + b"\r\n\xff\xff\xff,"
    with pytest.raises(DataError, match="line 4 is not readable"):
        _write(tmp_path, "数据.csv", content)


def test_html_called_xls(tmp_path):
    cells = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in ROWS[1:])
    html = (
        "<html><head><meta charset=gb2312></head><table><tr><td colspan=4>2024年台账</td></tr>"
        f"<tr>{''.join(f'<th>{c}</th>' for c in HEAD)}</tr>{cells}"
        "<tr><td>合计</td><td colspan=3></td></tr></table></html>"
    )
    result = _write(tmp_path, "数据.xls", html.encode("gb18030"))
    assert _ids(result) == ["A", "B"]
    assert _outcomes(result)["nondata"] == 3


def test_html_with_rowspan(tmp_path):
    html = (
        "<table><tr><th>编号</th><th>责任单位</th><th>事项类型</th><th>下达时间</th></tr>"
        "<tr><td>A</td><td rowspan=2>河口镇</td><td>任务</td><td>2024-03-01</td></tr>"
        "<tr><td>B</td><td>任务</td><td>2024-03-01</td></tr>"
        "<tr><td>C</td><td></td><td>任务</td><td>2024-03-01</td></tr></table>"
    )
    result = _write(tmp_path, "数据.xls", html.encode())
    assert _ids(result) == ["A", "B"]
    assert result.quarantine[["row", "reason"]].to_numpy().tolist() == [[4, "missing_required"]]


def test_zip_member_with_a_chinese_name(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("三月.csv", _text(ROWS).encode("gb18030"))
    result = _write(tmp_path, "数据.zip", stream.getvalue())
    assert _ids(result) == ["A", "B"]
    assert set(result.counts["file"]) == {"数据.zip/三月.csv"}


def test_workbook_with_title_merged_headings_and_merged_cells(tmp_path):
    rows = [
        ["2024年检查登记表"] + [None] * 5,
        ["检查编号", "受检单位", "检查情况", None, "时间", None],
        [None, None, "类型", "方式", "开始", "结束"],
        ["A", "河口镇", "检查", "实地", datetime(2024, 3, 1, 16), 45352.75],
        ["B", None, "督查", "实地", date(2024, 3, 2), "2024.3.2 17:00"],
        ["C", None, "督查", "实地", 45353, None],
        ["合计", None, "3次", None, None, None],
        ["填表人：某某", None, None, None, None, None],
    ]
    merged = ["A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "B4:B5", "A8:F8"]
    result = _write(tmp_path, "数据.xlsx", _workbook(rows, merged, hidden=["草稿"]))
    assert _ids(result) == ["A", "B"]
    assert result.canonical["issue_precision"].to_pylist() == ["minute", "day"]
    assert result.canonical["done_at"].to_pylist() == [datetime(2024, 3, 1, 18), datetime(2024, 3, 2, 17)]
    assert result.quarantine[["row", "column", "reason"]].to_numpy().tolist() == [
        [6, "unit_code", "missing_required"]
    ]
    assert _outcomes(result) == {"kept": 2, "duplicate": 0, "rejected": 1, "nondata": 5}
    assert "hidden_sheet" in set(result.notices["kind"])


def test_a_unit_per_sheet(tmp_path):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    for unit, number in (("河口镇", "A"), ("甲县城关镇", "B")):
        sheet = book.add_worksheet(unit)
        sheet.write_row(0, 0, ["编号", "事项类型", "下达时间"])
        sheet.write_row(1, 0, [number, "任务", "2024-03-01"])
    book.close()
    (tmp_path / "数据.xlsx").write_bytes(stream.getvalue())
    result = ingest_rows(tmp_path, "tasks", None, "数据.xlsx", {"fill": {"unit_name": "sheet"}})
    assert result.canonical["unit_code"].to_pylist() == ["390101101", "390101100"]


def test_unit_in_the_title(tmp_path):
    rows = [
        ["台账"],
        ["填报单位：河口镇　日期：2024年3月"],
        ["编号", "事项类型", "下达时间"],
        ["A", "任务", "2024-03-01"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows, source={"fill": {"unit_name": "title"}})
    assert result.canonical["unit_code"].to_pylist() == ["390101101"]


def test_two_row_headings_of_a_text_file(tmp_path):
    rows = [
        ["检查登记表", "", "", "", "", ""],
        ["检查编号", "受检单位", "检查情况", "", "时间", ""],
        ["", "", "类型", "方式", "起", "结束"],
        ["A", "河口镇", "检查", "实地", "2024-03-01", "2024-03-02"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows, source={"columns": {"时间|起": "issue_at"}})
    assert result.columns["heading"].tolist() == [
        "检查编号",
        "受检单位",
        "检查情况|类型",
        "检查情况|方式",
        "时间|起",
        "时间|结束",
    ]
    assert result.canonical["check_mode"].to_pylist() == ["实地"]
    assert result.counts.set_index("outcome").loc["nondata", "rows"] == 3


def test_many_rows_without_their_empty_last_cells(tmp_path):
    """Exports that leave out empty cells at the end of a row keep every row at its place."""
    head = ",".join([*HEAD, "主题", "类别"])
    lines = [f"A{n},河口镇,任务,2024-03-01" + (",减负" if n % 3 else "") for n in range(3000)]
    result = _write(tmp_path, "数据.csv", "\r\n".join([head, *lines]).encode("gb18030"))
    assert result.canonical.num_rows == 3000
    assert result.canonical["topic"].null_count == 1000
    places = dict(zip(_ids(result), result.origins["row"].to_pylist(), strict=True))
    assert all(places[f"A{n}"] == n + 2 for n in range(3000))


def test_constant_column_and_id_from_place(tmp_path):
    rows = [["受检单位", "检查时间"], ["河口镇", "2024-03-01"], ["河口镇", "2024-03-01"]]
    result = ingest_rows(tmp_path, "tasks", rows, source={"fixed": {"event_label": "检查"}})
    assert _ids(result) == ["数据.csv:2", "数据.csv:3"]
    assert set(result.canonical["event_label"].to_pylist()) == {"检查"}


def test_month_from_title_or_file_name(tmp_path):
    head = ["单位", "应用名称", "操作类型", "次数"]
    row = ["河口镇", "学习云", "打卡", "3"]
    titled = ingest_rows(tmp_path, "app_activity", [["2024年3月使用情况", "", "", ""], head, row])
    assert titled.canonical["month"].to_pylist() == ["2024-03"]
    named = ingest_rows(tmp_path, "app_activity", [head, row], "使用_202404.csv")
    assert named.canonical["month"].to_pylist() == ["2024-04"]


def test_wide_by_day(tmp_path):
    head = ["单位", "应用名称", "操作类型", *(f"{day}日" for day in range(1, 32))]
    rows = [
        ["2024年3月"] + [""] * 33,
        head,
        ["河口镇", "学习云", "打卡", *["2"] * 30, ""],
        ["河口镇", "学习云", "积分", *["2"] * 30, "很多"],
        ["河口镇", "学习云", "转发", *[""] * 31],
    ]
    result = ingest_rows(tmp_path, "app_activity", rows)
    assert result.canonical.select(["month", "action_type", "count"]).to_pylist() == [
        {"month": "2024-03", "action_type": "打卡", "count": 60}
    ]
    assert sorted(result.quarantine["reason"]) == ["missing_required", "unparseable_number"]


def test_rows_that_are_no_data_and_row_numbers(tmp_path):
    rows = [
        ["督办台账", "", "", ""],
        ["填报单位：甲县", "", "", ""],
        HEAD,
        ["A", "河口镇", "任务", "2024-03-01"],
        ["", "", "", ""],
        HEAD,
        ["B", "河口镇", "任务", "待定"],
        ["甲县小计", "", "2", ""],
        ["合　计", "", "2", ""],
        ["注：数据截至月底", "", "", ""],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    assert _outcomes(result) == {"kept": 1, "duplicate": 0, "rejected": 1, "nondata": 8}
    assert result.quarantine.iloc[0].tolist() == ["数据.csv", "", 7, "issue_at", "unparseable_date", "待定"]


def test_short_and_long_rows_and_line_breaks_keep_their_numbers(tmp_path):
    text = (
        "台账\r\n编号,责任单位,事项类型,下达时间,主题\r\n"
        'A,河口镇,任务,2024-03-01,"第一行\n第二行"\r\n\r\nB,河口镇,任务,近期\r\n'
        "C,河口镇,任务,2024-03-01,x,多,\r\n"
    )
    result = _write(tmp_path, "数据.csv", text.encode())
    assert _ids(result) == ["A", "C"]
    assert result.quarantine[["row", "reason"]].to_numpy().tolist() == [[5, "unparseable_date"]]
    assert result.columns.iloc[-1][["position", "heading", "status"]].tolist() == [6, "", "unmapped"]
    assert _outcomes(result)["nondata"] == 3


def test_cells_beyond_the_headings_far_down_are_noted(tmp_path):
    rows = [
        HEAD,
        *([f"A{n}", "河口镇", "任务", "2024-03-01"] for n in range(30)),
        ["B", "河口镇", "任务", "2024-03-01", "多"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    assert result.canonical.num_rows == 31
    assert result.notices.set_index("kind").loc["surplus_cells", "rows"] == 1


def test_broken_quotes_do_not_lose_rows(tmp_path):
    text = _text(ROWS) + '\r\nC,河口镇,任务,2024-03-01,"没有结束'
    assert "A" in _ids(_write(tmp_path, "数据.csv", text.encode()))


def test_day_precision_and_comparison_by_day(tmp_path):
    rows = [
        [*HEAD, "办结时限"],
        ["same day", "河口镇", "任务", "2024-03-01 16:00", "2024-03-01"],
        ["earlier hour", "河口镇", "任务", "2024-03-01 16:00", "2024-03-01 15:59"],
        ["earlier day", "河口镇", "任务", "2024-03-02", "2024-03-01 18:00"],
        ["no due", "河口镇", "任务", "2024-03-02", "另行通知"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    assert _ids(result) == ["no due", "same day"]
    assert set(result.quarantine["reason"]) == {"due_before_issue"}
    assert _outcomes(result)["bad_optional_value"] == 1


def test_duplicates_and_conflicts_across_files(tmp_path):
    write_csv(
        tmp_path / "a.csv",
        [*ROWS, ["C", "河口镇", "任务", "2024-03-01"], ["D", "河口镇", "任务", "2024-03-01"]],
    )
    again = [["A", "甲县河口镇", "任务", "2024年3月1日 16:00"], ["C", "河口镇", "会议", "2024-03-01"]]
    other_unit = [["B", "河口镇", "检查", "2024-03-02"]]
    write_csv(tmp_path / "b.csv", [HEAD, *again, *other_unit, ["D", "河口镇", "任务", "无"]])
    result = ingest_rows(tmp_path, "tasks", None, "[ab].csv")
    assert _ids(result) == ["A", "B", "B", "D"]
    assert result.origins.to_pylist()[0] == {"file": "a.csv", "sheet": "", "row": 2}
    assert result.quarantine[["file", "row", "reason"]].to_numpy().tolist() == [
        ["a.csv", 4, "conflicting_duplicate"],
        ["b.csv", 3, "conflicting_duplicate"],
        ["b.csv", 5, "unparseable_date"],
    ]
    assert _outcomes(result)["duplicate"] == 1


def test_an_item_whose_heading_no_file_has_stops_the_reading(tmp_path):
    """Its scale would be scored from the others."""
    rows = [
        ["单位", "出生年代", "调查轮次", "提交答卷时间", "耗尽", "疲惫的"],
        ["河口镇", "90后", "1", "2024-03-01", "3", "3"],
    ]
    source = {"columns": {"耗尽": "EE1", "疲惫": "EE2"}}
    with pytest.raises(DataError, match="maps the heading '疲惫' to 'EE2', but no file .* mean '疲惫的'"):
        ingest_rows(tmp_path, "survey", rows, source=source)


def test_an_item_that_a_scale_is_asked_without_is_told(tmp_path):
    rows = [
        ["单位", "出生年代", "调查轮次", "提交答卷时间", "EE1"],
        ["河口镇", "90后", "1", "2024-03-01", "3"],
    ]
    notices = ingest_rows(tmp_path, "survey", rows).notices.set_index("column")["kind"]
    assert (
        notices["EE2"] == "absent_item" and notices["IN1"] == "absent_column"
    )  # innovation was not asked at all


def test_anonymous_survey(tmp_path):
    head = ["单位", "出生年代", "调查轮次", "提交答卷时间", "EE1"]
    row = ["河口镇", "90后", "1", "2024-03-01", "3"]
    source = {"columns": {"EE1": "EE1"}}
    result = ingest_rows(tmp_path, "survey", [head, row, row, [*row[:4], "4"], ["", *row[1:]]], source=source)
    assert result.canonical["EE1"].to_pylist() == [3, 4]
    assert result.canonical["person_key"].null_count == 2
    assert result.quarantine["column"].tolist() == ["unit_code"]
    assert _outcomes(result)["duplicate"] == 1


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (
            ["编号", "责任单位", "事项类型", "下达时间", "交办时间"],
            "'下达时间' and '交办时间' both look like issue_at",
        ),
        (
            ["编号", "责任单位", "事项类型", "那个时候"],
            "no column for issue_at .*unmapped headings: 那个时候",
        ),
        (["甲", "乙", "丙", "丁"], "no row looks like headings of tasks"),
    ],
)
def test_unclear_headings_stop_with_one_sentence(tmp_path, head, sentence):
    with pytest.raises(DataError, match=sentence) as error:
        ingest_rows(
            tmp_path, "tasks", [head, ["A", "河口镇", "任务", "2024-03-01", "2024-03-01"][: len(head)]]
        )
    assert str(error.value).startswith("数据.csv")


def test_province_mapping_settles_an_ambiguity(tmp_path):
    rows = [[*HEAD, "交办时间"], ["A", "河口镇", "任务", "无", "2024-03-01"]]
    source = {"columns": {"交办时间": "issue_at"}, "ignore": ["下达时间"]}
    assert _ids(ingest_rows(tmp_path, "tasks", rows, source=source)) == ["A"]


def test_unmapped_columns_are_listed(tmp_path):
    result = ingest_rows(tmp_path, "tasks", [[*HEAD, "谁也不认识"], [*ROWS[1], "x"]])
    status = result.columns.set_index("heading")["status"]
    assert status["谁也不认识"] == "unmapped"
    assert "unmapped_heading" in set(result.notices["kind"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 not a workbook", "cannot be read"),
        (b"PK\x03\x04 not an archive", "damaged"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not readable|neither|unknown kind"),
        (b"<html><body>no table</body></html>", "without a table"),
        ("只有一句话".encode(), "neither a spreadsheet nor a table"),
    ],
)
def test_unreadable_files_give_one_sentence(content, sentence):
    with pytest.raises(DataError, match=sentence) as error:
        read_bytes(content, "坏文件.xls")
    assert str(error.value).startswith("坏文件.xls") and "\n" not in str(error.value)


def test_pattern_without_files(tmp_path):
    with pytest.raises(DataError, match="No file matches '没有.csv'"):
        ingest_rows(tmp_path, "tasks", None, "没有.csv")


def test_two_sources_for_one_file(tmp_path):
    other = {"table": "tasks", "files": ["数据.*"]}
    with pytest.raises(DataError, match="two sources name this file"):
        ingest_rows(tmp_path, "tasks", ROWS, sources=[other])


@pytest.mark.parametrize(
    ("cell", "text"),
    [(2.0, "2"), (45360.5, "45360.5"), (3.9012119970607e17, "3.9012119970607e+17"), (True, "是"), (None, "")],
)
def test_workbook_cells_as_text(cell, text):
    assert cell_text(cell) == text


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "—",
            "A1",
            "河口镇",
            "城关镇",
            "任务",
            "暗访",
            "2024-03-01",
            "45352.5",
            "长期",
            "1889-01-01",
            "合计",
            "=1+1",
            "-3",
        ]
    ),
    st.text(max_size=8),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=12))
def test_any_cells_are_counted_once(tmp_path, rows):
    """rows_read = kept + duplicate + rejected + nondata whatever the cells hold; rejects name existing rows."""
    logging.disable(logging.CRITICAL)
    rows = [[cell.replace("\r", "").replace("\0", "") for cell in row] for row in rows]
    rows = [[cell.encode("utf-8", "ignore").decode() for cell in row] for row in rows]
    result = ingest_rows(tmp_path, "tasks", [[*HEAD, "办结时限", "报表数"], *rows])
    logging.disable(logging.NOTSET)
    outcomes = _outcomes(result)
    parts = [outcomes[name] for name in ("kept", "duplicate", "nondata")] + [outcomes.get("rejected", 0)]
    assert sum(parts) == read_file(tmp_path / "数据.csv", "数据.csv")[0].height
    assert outcomes["kept"] == result.canonical.num_rows
    assert len(result.quarantine) == outcomes.get("rejected", 0)
    assert result.quarantine["row"].between(2, len(rows) + 1).all()


def test_what_a_killed_run_left_is_gone_with_the_next(tmp_path):
    """Its private folder of intermediate rows; that of another table that is being read stays."""
    scratch = tmp_path / "canonical"
    for name in (".ingest-units-abc", ".ingest-tasks-abc"):
        (scratch / name).mkdir(parents=True)
        (scratch / name / "rows.arrow").write_bytes(b"rows")
    write_csv(tmp_path / "单位.csv", UNITS)
    source = {"table": "units", "files": ["单位.csv"]}
    data = {"window": ["2024-01", "2024-12"], "extraction_date": "2025-01-10"}
    province = settings_with(province={"synthetic": True}, data=data, sources=[source])
    ingest_table("units", tmp_path, province, PLAN, SCHEMA, scratch=scratch)
    assert (scratch / ".ingest-tasks-abc").exists() and not (scratch / ".ingest-units-abc").exists()
