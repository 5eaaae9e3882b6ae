"""Small inputs that once went wrong (tests/data/cases), each with its right result."""

import csv
import io
import re
import struct
import tracemalloc
import zipfile
from collections import Counter
from datetime import datetime

import pytest
import xlsxwriter
from ingest_cases import PLAN, ROOT, SCHEMA, UNITS, ingest_rows, sample_results, write_csv
from python_calamine import CalamineWorkbook

from jianfu.core.errors import DataError
from jianfu.ingest import package
from jianfu.ingest.binary import failed_cells
from jianfu.ingest.dates import parse
from jianfu.ingest.tables import ingest_table
from jianfu.onboarding.draft import make_draft
from jianfu.onboarding.knowledge import Knowledge
from jianfu.onboarding.look import look
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


def _rejected(result):
    return result.quarantine[["row", "column", "reason", "value"]].to_numpy().tolist()


def _bad_cells(result):
    odd = result.counts[result.counts["outcome"] == "bad_optional_value"]
    return odd[["reason", "column", "rows"]].to_numpy().tolist()


@pytest.mark.parametrize("name", ["收文.xlsx", "收文.xls", "收文.xlsb"])
def test_cells_with_an_excel_error(tmp_path, name):
    """The binary workbooks hold the same cells; that of xls was written by xlwt."""
    (tmp_path / "收文.xlsb").write_bytes(_xlsb())
    folder = tmp_path if name.endswith("b") else CASES / "error-cells"
    result = ingest_rows(folder, "documents", None, name=name)
    assert _rejected(result) == [
        [3, "n_docs", "excel_error", "#N/A"],
        [4, "n_docs", "excel_error", "#REF!"],
        [6, "unit_code", "excel_error", "#N/A"],
    ]
    assert _bad_cells(result) == [["excel_error", "n_sign", 1]]
    assert result.canonical.num_rows == 2


def _xlsb():
    """The case 收文.xlsx in binary records ([MS-XLSB]): texts (6), numbers (5), errors (3; of a formula 11)."""
    errors = {"#N/A": 42, "#REF!": 23}
    sheets = CalamineWorkbook.from_path(CASES / "error-cells" / "收文.xlsx")
    rows = sheets.get_sheet_by_index(0).to_python()
    rows[2][3], rows[3][3], rows[4][4], rows[5][1] = "#N/A", "#REF!", "#N/A", "#N/A"

    def record(number, body=b""):
        number = bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])
        return number + bytes([len(body)]) + body

    def wide(text):
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    def cell(place, value):
        head = struct.pack("<II", place, 0)
        if value in errors:
            formula = value == "#REF!"
            return record(11 if formula else 3, head + bytes([errors[value]]) + bytes(14) * formula)
        if isinstance(value, str):
            return record(6, head + wide(value))
        return record(5, head + struct.pack("<d", value))

    sheet = record(129) + record(148, struct.pack("<4I", 0, len(rows) - 1, 0, 4)) + record(145)
    for number, cells in enumerate(rows):
        sheet += record(0, struct.pack("<I", number) + bytes(21))
        sheet += b"".join(cell(place, value) for place, value in enumerate(cells))
    book = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("收文"))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kind}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("xl/workbook.bin", record(131) + record(143) + book + record(144) + record(132))
        package.writestr("xl/_rels/workbook.bin.rels", links)
        package.writestr("xl/worksheets/sheet1.bin", sheet + record(146) + record(130))
    return stream.getvalue()


@pytest.mark.parametrize("name", ["收文.xls", "收文.xlsb"])
@pytest.mark.parametrize("end", [0.3, 0.6, 0.9])
def test_errors_in_damaged_binary_workbooks_end_in_a_sentence_or_in_cells(tmp_path, name, end):
    content = _xlsb() if name.endswith("b") else (CASES / "error-cells" / name).read_bytes()
    assert failed_cells(content[: int(len(content) * end)]) is not None
    (tmp_path / name).write_bytes(content[: int(len(content) * end)])
    with pytest.raises(DataError):
        ingest_rows(tmp_path, "documents", None, name=name)


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_formulas_without_a_stored_value_and_other_errors(tmp_path, prefix):
    """As openpyxl leaves formulas; a calculated empty text is empty, whatever the names of elements."""
    cells = {
        "D3": b'<c r="D3"><f>VLOOKUP(1,A:B,2,0)</f><v></v></c>',
        "D4": b'<c r="D4" t="str"><f>IF(1,"","")</f><v></v></c>',
        "D5": b"<c t='e' r='D5'><f>1/0</f><v>#DIV/0!</v></c>",
        "E2": b'<c r="E2" s="1"><f t="shared" si="0"/></c>',
    }

    def edit(part, xml):
        if part == "xl/worksheets/sheet1.xml":
            for place, cell in cells.items():
                xml = re.sub(rb'<c r="%s"[^>]*?(/>|>.*?</c>)' % place.encode(), cell, xml)
            if prefix:
                xml = re.sub(rb"<(/?)(?=\w)", rb"<\1x:", xml).replace(b"xmlns=", b"xmlns:x=")
        return part, xml

    head = ["月份", "单位名称", "渠道", "收文数", "签批数"]
    rows = [[f"2024-0{n}", "河口镇", "纸质", 9, 9] for n in range(1, 6)]
    (tmp_path / "收文.xlsx").write_bytes(_repacked(_workbook([head, *rows]), edit))
    result = ingest_rows(tmp_path, "documents", None, name="收文.xlsx")
    assert _rejected(result) == [
        [3, "n_docs", "no_stored_value", "#NO_VALUE!"],
        [4, "n_docs", "missing_required", ""],
        [5, "n_docs", "excel_error", "#DIV/0!"],
    ]
    assert _bad_cells(result) == [["no_stored_value", "n_sign", 1]]


def test_the_text_of_an_error_is_a_text(tmp_path):
    """In a text file, and where somebody typed it: what the formula was worth is not known to have failed here."""
    head = ["月份", "单位名称", "渠道", "收文数"]
    result = ingest_rows(tmp_path, "documents", [head, ["2024-01", "河口镇", "纸质", "#N/A"]])
    assert _rejected(result) == [[2, "n_docs", "unparseable_number", "#N/A"]]
    (tmp_path / "收文.xlsx").write_bytes(_workbook([head, ["2024-01", "河口镇", "纸质", "#N/A"]]))
    result = ingest_rows(tmp_path, "documents", None, name="收文.xlsx")
    assert _rejected(result) == [[2, "n_docs", "unparseable_number", "#N/A"]]


def test_cells_with_an_error_in_an_open_document(tmp_path):
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    error = (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
    )
    rows = [[text.format(cell) for cell in ("月份", "单位名称", "渠道", "收文数")]]
    rows += [[*(text.format(cell) for cell in ("2024-01", "河口镇", "纸质")), error]]
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    body = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    page = (
        f'<office:document-content{spaces} xmlns:calcext="urn:x"><office:body><office:spreadsheet>'
        f'<table:table table:name="收文">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "收文.ods", "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", "<manifest:manifest></manifest:manifest>")
        book.writestr("content.xml", page)
    result = ingest_rows(tmp_path, "documents", None, name="收文.ods")
    assert _rejected(result) == [[2, "n_docs", "excel_error", "#N/A"]]


def test_line_breaks_of_html_tables():
    folder = CASES / "html-line-breaks"
    tasks = ingest_rows(folder, "tasks", None, name="台账.xls").canonical
    assert tasks["issue_at"].to_pylist() == [datetime(2024, 3, 1, 12, 20), datetime(2024, 3, 5, 8, 20)]
    result = ingest_rows(folder, "documents", None, name="收文.xls")
    assert _rejected(result) == [[2, "n_docs", "unparseable_number", "12\n3"]]


@pytest.mark.parametrize(
    "block", ["<p>{}</p><p>{}</p>", "<div>{}</div>{}", "{}<BR />{}", "<ul><li>{}<li>{}</ul>"]
)
def test_every_kind_of_break_is_one(tmp_path, block):
    cell = block.format("12", "3")
    page = f"<table><tr><td>月份<td>单位<td>渠道<td>收文数<tr><td>2024-01<td>河口镇<td>纸质<td>{cell}</table>"
    (tmp_path / "收文.xls").write_text(page, encoding="utf-8")
    result = ingest_rows(tmp_path, "documents", None, name="收文.xls")
    assert [row[2] for row in _rejected(result)] == ["unparseable_number"]


@pytest.mark.parametrize(
    "attribute", ['rowspan="10000"', 'colspan="²"', 'rowspan="-1"', 'colspan="99999999999"']
)
def test_spans_of_html_tables_are_bounded(tmp_path, attribute):
    rows = "".join(f"<tr><td>T{n}<td>河口镇<td>任务<td {attribute}>2024-03-01" for n in range(200))
    page = f"<table><tr><td>编号<td>责任单位<td>事项类型<td>下达时间{rows}</table>"
    (tmp_path / "台账.xls").write_text(page, encoding="utf-8")
    tracemalloc.start()
    result = ingest_rows(tmp_path, "tasks", None, name="台账.xls")
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
    assert result.counts.loc[result.counts["outcome"] != "bad_optional_value", "rows"].sum() == 201


def test_a_blank_in_the_last_cell_of_a_sheet():
    result = ingest_rows(CASES / "far-stray-cell", "tasks", None, name="台账.xlsx")
    assert result.canonical["task_id"].to_pylist() == ["T1", "T2"]


@pytest.mark.parametrize("stray", [" ", "\u3000"])
@pytest.mark.parametrize("place", ["XFD1048576", "AZ1048576", "XFD2", "A1048576"])
@pytest.mark.parametrize("hidden", [False, True])
def test_blanks_far_away_are_none(tmp_path, stray, place, hidden):
    content = _workbook(TASKS, **({"说明": {"A1": "x", place: stray}} if hidden else {"": {place: stray}}))
    (tmp_path / "台账.xlsx").write_bytes(content)
    result = ingest_rows(tmp_path, "tasks", None, name="台账.xlsx")
    assert result.canonical["task_id"].to_pylist() == ["T1", "T2"]
    kept = result.counts[result.counts["outcome"] != "nondata"]
    assert kept["rows"].sum() == 2 and result.counts["rows"].sum() == 3


def test_a_text_far_away_stops_with_the_file(tmp_path):
    (tmp_path / "台账.xlsx").write_bytes(_workbook(TASKS, **{"": {"XFD1048576": "."}}))
    with pytest.raises(DataError, match="台账.xlsx: the cells of 'sheet1.xml' lie too far apart"):
        ingest_rows(tmp_path, "tasks", None, name="台账.xlsx")


def test_a_workbook_that_unfolds_without_bounds(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "LEAST_UNFOLDED", 1 << 20)
    padding = b"<!--" + b" " * (1 << 22) + b"-->"
    content = _repacked(
        _workbook(TASKS), lambda part, xml: (part, xml + padding if "sheet1" in part else xml)
    )
    (tmp_path / "台账.xlsx").write_bytes(content)
    with pytest.raises(DataError, match="台账.xlsx: a part of the workbook unfolds"):
        ingest_rows(tmp_path, "tasks", None, name="台账.xlsx")


@pytest.mark.parametrize("name", ["反斜杠.xlsx", "另名.xlsx"])
def test_workbooks_with_other_part_names(name):
    result = ingest_rows(CASES / "xlsx-other-part-names", "tasks", None, name=name)
    assert result.canonical["task_id"].to_pylist() == ["T1"]


def test_a_workbook_in_another_folder_of_its_package(tmp_path):
    def edit(part, xml):
        return part.replace("xl/", "office/").replace("workbook", "main"), xml.replace(
            b"xl/workbook", b"office/main"
        )

    (tmp_path / "台账.xlsx").write_bytes(_repacked(_workbook(TASKS), edit))
    result = ingest_rows(tmp_path, "tasks", None, name="台账.xlsx")
    assert result.canonical["task_id"].to_pylist() == ["T1", "T2"]


def _left_out(result):
    return result.notices.loc[result.notices["kind"] == "no_table", "file"].tolist()


def test_an_archive_with_a_notice():
    result = ingest_rows(CASES / "zip-with-notice", "tasks", None, name="报送材料.zip")
    assert result.canonical["task_id"].to_pylist() == ["T1", "T2"]
    assert _left_out(result) == ["报送材料.zip/通知.docx"]


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
NO_TABLES = {
    "现场.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 4,
    "图.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "录像.mp4": b"\0\0\0 ftypisom" + bytes(range(256)),
    "Thumbs.db": OLE + "Catalog".encode("utf-16-le"),
    "通知.doc": OLE + "WordDocument".encode("utf-16-le"),
    "说明.txt": "请于本周五前报送".encode("gb18030"),
    "通知.pdf": b"%PDF-1.4",
    "网页.htm": b"<html><body>x</body></html>",
    "desktop.ini": b"",
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_parts_of_an_archive_that_are_no_tables_are_left_out(tmp_path, name):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, NO_TABLES[name])
        archive.writestr("台账.xlsx", _workbook(TASKS))
    (tmp_path / "报送.zip").write_bytes(packed.getvalue())
    result = ingest_rows(tmp_path, "tasks", None, name="报送.zip")
    assert result.canonical.num_rows == 2 and _left_out(result) == [f"报送.zip/{name}"]
    write_csv(tmp_path / "单位.csv", UNITS)
    found = look(tmp_path)
    assert [file for file, _ in found.troubles] == [f"报送.zip/{name}"]
    assert {page.path for page in found.pages} == {"单位.csv", "报送.zip"}


@pytest.mark.parametrize("stock", ["opening", "closing"])
def test_leavers_on_sheets_of_their_own(stock):
    folder = CASES / "roster-leaver-sheets"
    result = ingest_rows(folder, "spells", None, name="花名册.xlsx", data={"roster": stock})
    columns = ["spell_end", "exit_type", "destination_level", "on_post"]
    found = result.canonical.select(columns).to_pylist()
    ends = Counter((str(row["spell_end"]), *list(row.values())[1:]) for row in found)
    assert ends == {
        ("None", None, None, True): 3,
        ("2020-03-31", "退休", None, True): 3,
        ("2023-05-31", "调出", "县", True): 3,
    }
    assert result.notices.set_index("kind").loc["roster_leavers", "rows"] == 6


def _draft(case):
    return make_draft(CASES / case, Knowledge(ROOT))


def test_the_last_working_day_is_no_date_of_hire():
    """And the same export, saved twice, is one table."""
    draft = _draft("draft-last-working-day")
    (proposal,) = [p for p in draft.proposals if p.table != "units"]
    found = {heading.text: heading.column for heading in proposal.pages[0][1]}
    assert proposal.table == "roster"
    assert (found["离职日期"], found["离职原因"]) == ("leave_date", "exit_type")
    assert not found["最后工作日期"] and not found["转正日期"]
    assert [(file, reason.code) for file, reason in draft.troubles] == [("导出人员.csv", "sheet_again")]


def test_punches_of_several_files_are_one_app():
    (proposal,) = [p for p in _draft("punches-part-files").proposals if p.table == "punches"]
    assert len(proposal.names) == 3 and not proposal.lacking
    assert proposal.source()["fixed"] == {"app_name": "打卡记录"} and "fill" not in proposal.source()
    assert proposal.known["打卡时间"] == "punched_at" and "考勤时间" not in proposal.columns


def test_a_summary_of_lateness_is_no_app_use():
    draft = _draft("two-columns-of-counts")
    assert [p.table for p in [*draft.proposals, *draft.incomplete]] == ["units"]
    assert [place for place, _ in draft.unknown] == ["考勤.xlsx［考勤汇总］"]


@pytest.mark.parametrize("file", ["打卡记录_202401.csv", "打卡记录_202402.csv", "打卡记录_202402.xlsx"])
def test_the_time_of_a_punch_is_when_it_was_made(file):
    """打卡时间, although 考勤时间, when somebody was due, stands beside it."""
    source = {"table": "punches", "fixed": {"app_name": "打卡记录"}}
    result = ingest_rows(CASES / "punches-part-files", "app_activity", None, name=file, source=source)
    columns = result.columns.set_index("heading")["column"].to_dict()
    assert (columns["打卡时间"], columns["考勤时间"], columns["考勤日期"]) == ("punched_at", "", "punched_on")
    assert result.canonical["count"].to_pylist() == [2]


def test_headings_that_are_alike_are_told_apart_by_their_groups():
    with pytest.raises(DataError, match="'迟到|次数' and '早退|次数'"):
        ingest_rows(CASES / "two-columns-of-counts", "app_days", None, name="考勤.xlsx")


def test_a_sheet_of_leavers_that_cannot_be_read_is_named(tmp_path):
    head = ["身份证号", "单位名称", "性别", "参加工作时间", "到本单位时间"]
    row = ["11010519491231002X", "河口镇", "女", "2015-07", "2016-08-01"]
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    for name, width in (("在职", 5), ("调出", 4)):
        sheet = book.add_worksheet(name)
        for place, cells in enumerate((head, row)):
            sheet.write_row(place, 0, cells[:width])
    book.close()
    (tmp_path / "花名册.xlsx").write_bytes(stream.getvalue())
    result = ingest_rows(tmp_path, "spells", None, name="花名册.xlsx")
    assert result.canonical["on_post"].to_pylist() == [True]
    notices = result.notices.set_index("kind").loc["leavers_not_read"]
    assert (notices["sheet"], notices["rows"]) == ("调出", 2)


TASKS = [
    ["编号", "责任单位", "事项类型", "下达时间"],
    ["T1", "河口镇", "任务", "2024-03-05"],
    ["T2", "河口镇", "检查", "2024-03-06"],
]


def _workbook(rows, **sheets):
    """A workbook with these rows; ``sheets``: {name ('' = the same sheet; others are hidden): {place: cell}}."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    first = book.add_worksheet("台账")
    for row, cells in enumerate(rows):
        first.write_row(row, 0, cells)
    for name, cells in sheets.items():
        sheet = book.add_worksheet(name) if name else first
        if name:
            sheet.hide()
        for place, cell in cells.items():
            sheet.write_string(place, cell)
    book.close()
    return stream.getvalue()


def _repacked(content, edit):
    """A zip file with parts changed by ``edit(name, bytes) -> (name, bytes)``."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for info in before.infolist():
            after.writestr(*edit(info.filename, before.read(info)))
    return stream.getvalue()
