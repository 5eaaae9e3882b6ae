"""The mess to expect in raw files: every sentence about it has a test with a small file.

SENTENCES is the table: sentence -> name of the test that proves it.
"""

import io
from datetime import datetime

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from ingest_cases import PLAN, ROOT, few_units, ingest_rows, write_csv
from miniature import CALENDAR

from jianfu.core.errors import DataError
from jianfu.indicators.unit_months import build_unit_months, logged_months
from jianfu.ingest.readers import read_bytes

SENTENCES = {
    "CSV from Windows Excel/WPS is GBK; read order: BOM, strict UTF-8, GB18030 (superset of GBK/GB2312).": "encodings",
    "Never ignore bytes that cannot be decoded.": "no_byte_is_ignored",
    "Write CSV as utf-8-sig or Excel shows garbage.": "written_csv_opens_in_excel",
    "OA .xls is frequently an HTML table or tab-separated text; format cannot be determined by its name.": "false_xls",
    "Sniff bytes: D0CF11E0 true xls, PK xlsx, < HTML.": "content_decides",
    "Also .et (WPS), password-protected files, hidden sheets, one sheet per unit.": "et_password_hidden_sheet_per_unit",
    "Title row, 填报单位/日期 row, two- or three-row merged headers, footers (合计, 填表人, 审核人).": (
        "headers_and_footers"
    ),
    "Vertically merged cells come back empty.": "vertically_merged_headers",
    "Merged ranges are known; there is no 'Unnamed: 0_level_1'.": "vertically_merged_headers",
    "Merged body cells: the same unit merged over many rows; forward-fill only inside the merged range.": "merged_body",
    "Column aliases: 下达时间/交办时间/发文日期/布置时间.": "aliases",
    "Map with an alias table; stop on ambiguity, list unmapped columns.": "ambiguity_and_unmapped",
    "Dates: 2024年3月5日; 2024.3.5; 2024/3/5 下午4:20; 20240305; 二〇二四年三月五日; Excel serial 45356; "
    "２０２４．３．５; 3月5日 (no year); 3月上旬; 长期.": "dates",
    "NFKC first, then patterns; keep raw text; record precision (second/day/month).": "precision_and_raw_text",
    "Date-only issue times cannot show afternoon: report bounds.": "date_only_issue",
    "Numbers: full-width digits, 1,234, 12.5%, 约30, 3次, —, /, 无, 若干.": "numbers",
    "无 may mean 0 or missing: configurable.": "the_word_none",
    "18-digit IDs lose their last digits in Excel (float).": "ids_as_numbers",
    "Unit codes appear as 3.41E+11 or 341121100000.0.": "unit_codes_as_numbers",
    "Read everything as text; flag a file where many IDs end in 000.": "ids_as_numbers",
    "Names: 小溪河镇/小溪河镇政府/小溪河镇人民政府/凤阳县小溪河镇.": "names_of_a_unit",
    "Units renamed, merged, upgraded (乡→镇→街道); 开发区 and 园区 acting as townships.": "units_change",
    "Rare characters beyond the Basic Plane occur in personal names.": "rare_characters",
    "Options as text: 非常不同意…非常同意, A./B., 1分; reversed scales; several waves, different wording.": "options",
    "Duplicates: one task forwarded by province, city and county appears three times (cascade data: keep, link by "
    "parent), unlike a re-exported row (drop).": "cascade_and_duplicates",
    "Selective logging: more digitised units log more. Always output coverage by unit-month; unlogged months are "
    "missing, not zero.": "unlogged_is_missing",
}
HEAD = ["编号", "责任单位", "事项类型", "下达时间"]
TASK = ["A", "河口镇", "任务", "2024-03-01"]


def test_every_sentence_has_its_test():
    assert not [name for name in SENTENCES.values() if f"test_{name}" not in globals()]


def _csv(*rows):
    return "\r\n".join(",".join(row) for row in rows)


def _sheet(rows, merged=(), **more):
    """Bytes of a workbook with one sheet, and further sheets {name: (rows, state)}."""
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    for name, (content, state) in more.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = state
        for row in content:
            sheet.append(row)
    book.save(stream)
    return stream.getvalue()


def _read(tmp_path, content, name="数据.xls", table="tasks", source=None):
    (tmp_path / name).write_bytes(content)
    return ingest_rows(tmp_path, table, None, name, source)


def _tasks(tmp_path, *rows, head=(), **more):
    return ingest_rows(tmp_path, "tasks", [[*HEAD, *head], *rows], **more)


def _ids(result):
    return result.canonical["task_id"].to_pylist()


def _column(result, name):
    return result.canonical[name].to_pylist()


def _reasons(result):
    return result.quarantine["reason"].tolist()


# --- encoding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gbk", "gb2312", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path, encoding):
    assert _column(_read(tmp_path, _csv(HEAD, TASK).encode(encoding)), "unit_code") == ["390101101"]


def test_no_byte_is_ignored(tmp_path):
    content = _csv(HEAD, TASK).encode("gbk") + b"\r\n\xff,x"
    with pytest.raises(DataError, match="line 3 is not readable"):
        _read(tmp_path, content)


def test_written_csv_opens_in_excel(tmp_path):
    result = _tasks(tmp_path, ["=1+1", "没有这个镇", *TASK[2:]])
    result.write(*(tmp_path / name for name in ("t.parquet", "q.csv", "c.csv", "h.csv", "n.csv")))
    for name in ("q.csv", "c.csv", "h.csv", "n.csv"):
        assert (tmp_path / name).read_bytes().startswith(b"\xef\xbb\xbf")
    assert "没有这个镇" in (tmp_path / "q.csv").read_text(encoding="utf-8-sig")


# --- false xls ---------------------------------------------------------------------------------------------------


def _html(rows):
    return "<table>" + "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows) + "</table>"


@pytest.mark.parametrize("text", [_html([HEAD, TASK]), "\t".join(HEAD) + "\n" + "\t".join(TASK)])
def test_false_xls(tmp_path, text):
    assert _ids(_read(tmp_path, text.encode("gbk"), "数据.xls")) == ["A"]


def test_content_decides(tmp_path):
    true_xls = (ROOT / "tests" / "data" / "formats" / "binary.xls").read_bytes()
    workbook = _sheet([HEAD, TASK])
    assert true_xls[:4].hex() == "d0cf11e0" and workbook[:2] == b"PK"
    for content in (true_xls, workbook, _html([HEAD, TASK]).encode()):
        for name in ("数据.csv", "数据.xls", "数据.xlsx", "数据"):
            assert _ids(_read(tmp_path, content, name))[0] == "A"


def test_et_password_hidden_sheet_per_unit(tmp_path):
    formats = ROOT / "tests" / "data" / "formats"
    assert _ids(_read(tmp_path, (formats / "binary.xls").read_bytes(), "台账.et")) == ["A", "B"]
    with pytest.raises(DataError, match="protected by a password"):
        _read(tmp_path, (formats / "protected.xlsx").read_bytes(), "加密.xlsx")
    head, row = [HEAD[0], *HEAD[2:]], ["A", *TASK[2:]]
    per_unit = _sheet([["封面"]], 河口镇=([head, row], "visible"), 石坪镇=([head, row], "hidden"))
    result = _read(
        tmp_path, per_unit, "分乡镇.xlsx", source={"fill": {"unit_name": "sheet"}, "sheets": ["*镇"]}
    )
    assert _column(result, "unit_code") == ["390101101"]
    assert "hidden_sheet" in set(result.notices["kind"])


# --- headers -----------------------------------------------------------------------------------------------------


def test_headers_and_footers(tmp_path):
    rows = [
        ["2024年检查登记表"],
        ["填报单位：甲县", None, None, "日期：2024年3月"],
        ["检查编号", "受检单位", "检查情况", None, None],
        [None, None, "类型", "时间", None],
        [None, None, None, "开始", "结束"],
        ["A", "河口镇", "检查", "2024-03-01", "2024-03-02"],
        ["合计", None, 1, None, None],
        ["填表人：某某", None, None, "审核人：某某", None],
    ]
    merged = ["A1:E1", "A3:A5", "B3:B5", "C3:E3", "D4:E4", "C4:C5"]
    result = _read(
        tmp_path, _sheet(rows, merged), "数据.xlsx", source={"columns": {"检查情况|时间|开始": "issue_at"}}
    )
    assert _ids(result) == ["A"]
    assert result.counts.set_index("outcome").loc["nondata", "rows"] == 7


def test_vertically_merged_headers(tmp_path):
    rows = [
        ["检查编号", "受检单位", "检查情况", None],
        [None, None, "类型", "时间"],
        ["A", "河口镇", "检查", "2024-03-01"],
    ]
    merged = ["A1:A2", "B1:B2", "C1:D1"]
    sheet = read_bytes(_sheet(rows, merged), "数据.xlsx")[0]
    assert sheet.columns[0].to_pylist() == ["检查编号", "", "A"]
    assert sorted(sheet.merged) == [(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3)]
    result = _read(tmp_path, _sheet(rows, merged), source={"columns": {"检查情况|时间": "issue_at"}})
    assert result.columns["heading"].tolist() == ["检查编号", "受检单位", "检查情况|类型", "检查情况|时间"]


def test_merged_body(tmp_path):
    rows = [HEAD, *([number, None, "任务", "2024-03-01"] for number in "ABCD")]
    rows[1][1], rows[3][1] = "河口镇", "石坪镇"
    result = _read(tmp_path, _sheet(rows, ["B2:B3"]))
    assert dict(zip(_ids(result), _column(result, "unit_code"), strict=True)) == {
        "A": "390101101",
        "B": "390101101",
        "C": "390101102",
    }
    assert result.quarantine[["row", "reason"]].to_numpy().tolist() == [[5, "missing_required"]]


# --- headings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading", ["下达时间", "交办时间", "发文日期", "布置时间", "下达（交办）时间*", " 下 达 时 间 "]
)
def test_aliases(tmp_path, heading):
    assert _ids(ingest_rows(tmp_path, "tasks", [[*HEAD[:3], heading], TASK])) == ["A"]


def test_ambiguity_and_unmapped(tmp_path):
    with pytest.raises(DataError, match="'下达时间' and '布置时间' both look like issue_at"):
        _tasks(tmp_path, [*TASK, "2024-03-01"], head=["布置时间"])
    result = _tasks(tmp_path, [*TASK, "x"], head=["自定义列"])
    assert result.columns.set_index("heading").loc["自定义列", "status"] == "unmapped"


# --- dates -------------------------------------------------------------------------------------------------------

DAY = "2024-03-05 00:00:00"
DATES = {
    "2024年3月5日": DAY,
    "2024.3.5": DAY,
    "2024/3/5 下午4:20": "2024-03-05 16:20:00",
    "20240305": DAY,
    "二〇二四年三月五日": DAY,
    "45356": DAY,
    "２０２４．３．５": DAY,
    "3月5日": None,
    "3月上旬": None,
    "长期": None,
}


@pytest.mark.parametrize(("text", "read"), DATES.items())
def test_dates(tmp_path, text, read):
    """In a required column an unreadable date rejects the row, in an optional one it is missing and counted."""
    required = _tasks(tmp_path, [*TASK[:3], text])
    assert [str(value) for value in _column(required, "issue_at")] == ([read] if read else [])
    assert _reasons(required) == ([] if read else ["unparseable_date"])
    optional = _tasks(tmp_path, [*TASK, text], head=["办结时限"])
    assert [value and str(value) for value in _column(optional, "due_at")] == [read]
    odd = optional.counts[optional.counts["outcome"] == "bad_optional_value"]
    assert odd["column"].tolist() == ([] if read else ["due_at"])


def test_precision_and_raw_text(tmp_path):
    texts = ["２０２４年３月５日　１６：２０", "2024-03-05", "2024-03-05 00:00", "45356.68", "2024年3月"]
    result = _tasks(tmp_path, *([str(number), *TASK[1:3], text] for number, text in enumerate(texts)))
    assert _column(result, "issue_precision") == ["minute", "day", "day", "minute"]
    assert result.quarantine[["reason", "value"]].to_numpy().tolist() == [["unparseable_date", "2024年3月"]]


def test_date_only_issue(tmp_path):
    """A date without a clock time keeps its precision, and the plan has bounds of the indicator it blurs."""
    assert _column(_tasks(tmp_path, TASK), "issue_precision") == ["day"]
    plan = pd.read_csv(PLAN / "indicators.csv", encoding="utf-8-sig")
    assert {"D3_rest_eve_lower", "D3_rest_eve_upper"} <= set(plan["code"])


# --- numbers -----------------------------------------------------------------------------------------------------

NUMBERS = {
    "１２": (12, None),
    "1,234": (1234, None),
    "12.5%": (0.125, None),
    "约30": (30, None),
    "3次": (3, None),
    "—": (None, "null_token"),
    "/": (None, "null_token"),
    "无": (None, "bad_optional_value"),
    "若干": (None, "bad_optional_value"),
}


@pytest.mark.parametrize(("text", "read"), NUMBERS.items())
def test_numbers(tmp_path, text, read):
    result = _tasks(tmp_path, [*TASK, text], head=["报表数"])
    assert _column(result, "n_table") == [read[0]]
    odd = result.counts[~result.counts["outcome"].isin(["kept", "duplicate", "nondata"])]
    assert odd["outcome"].tolist() == ([read[1]] if read[1] else [])


def test_the_word_none(tmp_path):
    row, head = [*TASK, "无"], ["报表数"]
    missing = _tasks(tmp_path, row, head=head, data={"null_tokens": ["无"]})
    assert _column(missing, "n_table") == [None] and "bad_optional_value" not in set(
        missing.counts["outcome"]
    )
    zero = _tasks(tmp_path, row, head=head, values={"n_table": {"无": 0}})
    assert _column(zero, "n_table") == [0]


# --- identifiers -------------------------------------------------------------------------------------------------

ROSTER = ["身份证号", "工作单位", "到现单位时间"]
ID = "390101199706071236"


def test_ids_as_numbers(tmp_path):
    """A number that Excel rounded is damaged, in whatever form it arrives; many of them are flagged."""
    damaged = ["3.90101E+17", "390101199706071000", "390101199706072000", "3.901011997060713e+17"]
    rows = [ROSTER, *([number, "河口镇", "2020-01-01"] for number in damaged)]
    result = ingest_rows(tmp_path, "spells", rows)
    assert _reasons(result) == ["damaged_id"] * 4
    assert result.quarantine["value"].eq("").all()
    flag = result.notices[result.notices["kind"] == "ids_end_in_zeros"]
    assert flag[["file", "column", "rows"]].to_numpy().tolist() == [["数据.csv", "id_number", 4]]
    kept_as_float = _sheet([ROSTER, [390101199706071236, "河口镇", "2020-01-01"]])
    assert _reasons(_read(tmp_path, kept_as_float, "花名册.xlsx", "spells")) == ["damaged_id"]


@pytest.mark.parametrize(
    "code", ["390101101", "390101101000", "390101101000.0", "3.90101101000E+11", "'390101101"]
)
def test_unit_codes_as_numbers(tmp_path, code):
    result = ingest_rows(tmp_path, "tasks", [["编号", "单位代码", *HEAD[2:]], ["A", code, *TASK[2:]]])
    assert _column(result, "unit_code") == ["390101101"]
    cut = ingest_rows(tmp_path, "tasks", [["编号", "单位代码", *HEAD[2:]], ["A", "3.90E+11", *TASK[2:]]])
    assert _reasons(cut) == ["unknown_unit"]


# --- units and persons -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["河口镇", "河口镇政府", "河口镇人民政府", "甲县河口镇", "丙市甲县河口镇人民政府", "老河口"]
)
def test_names_of_a_unit(tmp_path, name):
    assert _column(_tasks(tmp_path, ["A", name, *TASK[2:]]), "unit_code") == ["390101101"]


def test_units_change(tmp_path):
    """石坪乡 became 石坪镇 on 2024-07-01 with another code; a development zone is a unit like any other."""
    rows = [
        ["A", "石坪乡", "任务", "2024-06-30"],
        ["B", "石坪乡", "任务", "2024-07-01"],
        ["C", "石坪镇", "任务", "2024-07-02"],
    ]
    result = _tasks(tmp_path, *rows)
    assert dict(zip(_ids(result), _column(result, "unit_code"), strict=True)) == {
        "A": "390101200",
        "B": "390101102",
        "C": "390101102",
    }
    units = [
        ["单位代码", "单位名称", "单位类型", "县区代码", "县区名称"],
        ["390101400", "甲县经济开发区", "开发区", "390101", "甲县"],
        ["390101401", "物流园区", "园区", "390101", "甲县"],
    ]
    zones = ingest_rows(tmp_path, "units", units)
    assert _column(zones, "unit_type") == ["其他", "其他"]


def test_rare_characters(tmp_path):
    """They neither break a line nor reach any output; the same letters in a topic stay whole."""
    rows = [["姓名", *ROSTER], ["𠮷䶮", ID, "河口镇", "2020-01-01"]]
    write_csv(tmp_path / "花名册.csv", rows, "gb18030")
    result = ingest_rows(tmp_path, "spells", None, "花名册.csv")
    assert len(_column(result, "person_key")) + len(result.quarantine) == 1
    books = [result.canonical.to_pandas(), result.quarantine, result.counts, result.columns, result.notices]
    assert not any("𠮷" in book.to_csv() for book in books)
    assert _column(_tasks(tmp_path, [*TASK, "𠮷䶮"], head=["主题"]), "topic") == ["𠮷䶮"]


# --- survey ------------------------------------------------------------------------------------------------------


def test_options(tmp_path):
    """Words in either direction, letters, points and numbers; another wave may word its answers otherwise."""
    head = ["单位", "出生年代", "调查轮次", "提交答卷时间", "m"]
    answers = ["非常不同意", "A. 非常不同意", "1分", "1", "非常同意", "E.非常同意", "5分", "说不清"]
    first = [
        head,
        *(["河口镇", "90后", "1", f"2024-03-{n:02d}", answer] for n, answer in enumerate(answers, 1)),
    ]
    item = "MW1"
    result = ingest_rows(tmp_path, "survey", first, source={"columns": {"m": item}})
    assert _column(result, item) == [1, 1, 1, 1, 5, 5, 5, 3]
    reversed_ = {"columns": {"m": item}, "values": {item: {"非常不同意": 5, "非常同意": 1}}}
    result = ingest_rows(tmp_path, "survey", [head, *first[1:2], first[5]], source=reversed_)
    assert _column(result, item) == [5, 1]
    second = {"columns": {"m": item}, "values": {item: {"压根不是": 1, "正是如此": 5}}}
    rows = [head, ["河口镇", "90后", "第二轮", "2024-09-01", "正是如此"]]
    result = ingest_rows(tmp_path, "survey", rows, source=second)
    assert _column(result, item) == [5] and _column(result, "wave") == [2]


# --- duplicates and coverage -------------------------------------------------------------------------------------


def test_cascade_and_duplicates(tmp_path):
    head = ["上级任务编号", "下达层级"]
    rows = [
        ["S1", *TASK[1:], "", "省"],
        ["C1", *TASK[1:], "S1", "市"],
        ["X1", *TASK[1:], "C1", "县"],
        ["X1", "甲县河口镇政府", "任务", "2024年3月1日", "C1", "县"],
    ]
    result = _tasks(tmp_path, *rows, head=head)
    assert _ids(result) == ["C1", "S1", "X1"]
    assert _column(result, "parent_task_id") == ["S1", None, "C1"]
    assert result.counts.set_index("outcome").loc["duplicate", "rows"] == 1


def test_unlogged_is_missing(tmp_path):
    """A unit-month without a row in the log is marked as not logged, so that nothing counts it as zero."""
    tasks = _tasks(tmp_path, TASK, ["B", "石坪镇", "任务", "2024-08-01"])
    apps = ingest_rows(
        tmp_path,
        "app_activity",
        [["单位", "月份", "应用名称", "操作类型", "次数"], ["河口镇", "2024-08", "学习云", "打卡", "0"]],
    )
    for name, result in (("t.parquet", tasks), ("a.parquet", apps)):
        result.write(tmp_path / name, *(tmp_path / f"{n}.csv" for n in "qchn"))
    logged = logged_months(str(tmp_path / "t.parquet"), str(tmp_path / "a.parquet"))
    no_spells = pd.DataFrame(
        {n: [] for n in ("person_key", "unit_code", "spell_start", "spell_end", "on_post")}
    )
    frame = build_unit_months(few_units(), no_spells, *logged, ("2024-03", "2024-08"), CALENDAR)
    found = frame.set_index(["unit_code", "month"])
    assert (
        found.loc[("390101101", "2024-03"), "tasks_logged"]
        and not found.loc[("390101101", "2024-03"), "app_logged"]
    )
    assert not found.loc[("390101101", "2024-04"), "tasks_logged"]
    assert (
        found.loc[("390101102", "2024-08"), "tasks_logged"]
        and found.loc[("390101101", "2024-08"), "app_logged"]
    )


# --- said, not passed over ---------------------------------------------------------------------------------------

LOG = ["编号", "责任单位", "事项类型", "下达时间"]


def _notices(result):
    return {(n.kind, n.column): n.rows for n in result.notices.itertuples()}


@pytest.mark.parametrize("early", [False, True])
def test_plain_days_of_a_workbook_that_counts_from_1904(tmp_path, early):
    """45352 is 2024-03-01 from 1900, 43890 is it from 1904; a cell with a date format is right in both."""
    book = xlsxwriter.Workbook(tmp_path / "台账.xlsx", {"date_1904": early})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    for row, cells in enumerate(
        [LOG, ["A1", "河口镇", "任务", 43890 if early else 45352], ["A2", "河口镇", "任务"]]
    ):
        sheet.write_row(row, 0, cells)
    sheet.write_datetime(2, 3, datetime(2024, 3, 1), day)
    book.close()
    result = ingest_rows(tmp_path, "tasks", None, name="台账.xlsx")
    assert {str(day)[:10] for day in _column(result, "issue_at")} == {"2024-03-01"}
    assert _notices(result).get(("days_from_1904", "")) == (1 if early else None)


def test_percentages_beside_plain_numbers_are_told(tmp_path):
    rows = [["乡镇", "年度", "考核得分", "群众满意度"]]
    rows += [["河口镇", "2024", "90", "95.5%"], ["石坪镇", "2024", "91", "95.5"]]
    result = ingest_rows(tmp_path, "unit_year", rows)
    assert sorted(_column(result, "outcome_satisfaction")) == [0.955, 95.5]
    told = {key: n for key, n in _notices(result).items() if key[0].startswith("percent")}
    assert told == {("percent_mixed", "outcome_satisfaction"): 1}
    named = ingest_rows(tmp_path, "unit_year", rows, source={"percent": ["outcome_satisfaction"]})
    assert not any(kind.startswith("percent") for kind, _ in _notices(named))


def test_tasks_that_were_withdrawn_are_counted_and_unknown_states_told(tmp_path):
    states = ["已办结", "作废", "已撤销", "终止", "挂账", ""]
    rows = [[*LOG, "状态"], *([f"A{n}", "河口镇", "任务", "2024-03-01", s] for n, s in enumerate(states))]
    result = ingest_rows(tmp_path, "tasks", rows)
    assert result.canonical.num_rows == 6
    told = _notices(result)
    assert (told["withdrawn", "state"], told["unknown_state", "state"]) == (3, 1)


def test_a_web_archive_called_xls_says_what_to_do():
    page = "MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n"
    page += "Content-Type: multipart/related; boundary=a\r\n\r\n--a\r\n"
    page += "Content-Type: text/html\r\n\r\n<html><table><tr><td>编号</td><td>单位</td></tr></table></html>"
    with pytest.raises(DataError, match="MHTML.*xlsx"):
        read_bytes(page.encode(), "台账.xls")
