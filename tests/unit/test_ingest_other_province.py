"""The sample's files renamed, with other headings, wordings and encodings, need nothing but a province file."""

import csv
import io

import openpyxl
import pandas as pd
import pytest
import yaml
from ingest_cases import ROOT, SAMPLE, TABLES, ingest_all, sample_results

from jianfu.province.load import load_province

TASKS = {
    "编号": "派单流水",
    "责任单位": "落实主体",
    "承办单位": "落实主体",
    "下达时间": "派发时刻",
    "交办时间": "派发时刻",
    "办结时限": "最迟反馈",
    "办理期限": "最迟反馈",
    "事项类型": "派单种类",
    "报表数": "需填表",
    "经办人": "跟进人",
}
ROSTER = {"工作单位": "所在地方", "身份证号": "证照号", "到现单位时间": "来此时间", "姓名": "称呼"}
SURVEY = {"您的身份证号": "证照号", "提交答卷时间": "交卷时刻", "Q1": "第一题", "Q16": "意义一"}
ITEMS = [
    *(
        "EE1",
        "EE2",
        "EE3",
        "EE4",
        "EE5",
        "CY1",
        "CY2",
        "CY3",
        "CY4",
        "PE1",
        "PE2",
        "PE3",
        "PE4",
        "PE5",
        "PE6",
    ),
    *(
        "MW1",
        "MW2",
        "MW3",
        "MW4",
        "MW5",
        "MW6",
        "IN1",
        "IN2",
        "IN3",
        "IN4",
        "AU1",
        "AU2",
        "AU3",
        "LI1",
        "LI2",
    ),
    "LI3",
    *("DT1", "DT2", "DT3", "SS1", "SS2", "SS3", "FB1", "FB2", "FR1", "EG1", "EG2"),
]
WORDINGS = {
    "非常不同意": "很不赞成",
    "不同意": "不赞成",
    "一般": "中立",
    "同意": "赞成",
    "非常同意": "很赞成",
}
PROVINCE = {
    "province": {"name": {"zh": "另一省", "en": "Another Province"}, "synthetic": True},
    "data": {"folder": "raw", "window": ["2024-01", "2025-06"], "extraction_date": "2025-07-10"},
    "values": {"event_label": {"交下来的事": "任务"}, "is_veto": {"红线": True, "普通": False}},
    "survey": {"responses": {"很不赞成": 1, "不赞成": 2, "中立": 3, "赞成": 4, "很赞成": 5}},
    "sources": [
        {"table": "units", "files": ["机构.txt"], "columns": {"机构号": "unit_code"}},
        {
            "table": "tasks",
            "files": ["派单/工作派单_*"],
            "columns": {
                "派单流水": "task_id",
                "落实主体": "unit_code",
                "派发时刻": "issue_at",
                "最迟反馈": "due_at",
                "派单种类": "event_label",
                "需填表": "n_table",
            },
            "personal": ["跟进人"],
        },
        {"table": "tasks", "files": ["到访登记_*.xlsx"], "columns": {"检查情况|类型": "event_label"}},
        {"table": "app_activity", "files": ["平台_*.csv"]},
        {"table": "app_days", "files": ["每天_*.csv"]},
        {
            "table": "roster",
            "files": ["人员.xlsx"],
            "sheets": ["花名册"],
            "columns": {"所在地方": "unit_name", "证照号": "id_number", "时间|来此时间": "spell_start"},
            "personal": ["称呼"],
        },
        {"table": "ledger", "files": ["变动.xlsx"]},
        {
            "table": "survey",
            "files": ["答卷_*.xlsx"],
            "columns": {
                "证照号": "id_number",
                "交卷时刻": "fieldwork_date",
                "第一题": "EE1",
                "意义一": "MW1",
                **{f"Q{n}": item for n, item in enumerate(ITEMS, start=1) if n not in (1, 16)},
            },
        },
        {"table": "documents", "files": ["公文_*.xls"]},
        {"table": "unit_year", "files": ["年报.xlsx"]},
        {"table": "policies", "files": ["文件.csv"]},
    ],
}
RENAMED = {
    "乡镇街道基本信息表.xlsx": "机构.txt",
    "督查督办台账_": "派单/工作派单_",
    "检查调研记录_": "到访登记_",
    "政务应用使用情况_": "平台_",
    "政务应用日报_": "每天_",
    "干部花名册": "人员",
    "增减员表": "变动",
    "问卷数据_": "答卷_",
    "收发文统计_": "公文_",
    "年度综合情况表": "年报",
    "减负政策清单": "文件",
}


def _new_name(name):
    for old, new in RENAMED.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    raise AssertionError(name)


def _decoded(content):
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _rewrite_tasks(source, target):
    """Other headings and wordings; one file in UTF-16, one as tab-separated text called xls."""
    rows = list(csv.reader(io.StringIO(_decoded(source.read_bytes()), newline="")))
    label, veto = rows[0].index("事项类型"), rows[0].index("是否一票否决")
    for row in rows[1:]:
        if row[0] != "序号":
            row[label] = "交下来的事" if row[label] == "任务" else row[label]
            row[veto] = {"是": "红线", "否": "普通"}.get(row[veto], row[veto])
    rows = [[TASKS.get(cell, cell) for cell in row] for row in rows]
    tabs = "202403" in target.name
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="\t" if tabs else ",", lineterminator="\r\n").writerows(rows)
    target.write_bytes(text.getvalue().encode("utf-16" if "202402" in target.name else "gb18030"))


def _rewrite_workbook(source, target, headings, wordings):
    book = openpyxl.load_workbook(source)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.value = headings.get(cell.value, wordings.get(cell.value, cell.value))
    book.create_sheet("填表说明")["A1"] = "每人一行。"
    book.save(target)


def _rewrite_units(source, target):
    """A workbook saved as tab-separated UTF-8 text with byte order mark."""
    rows = openpyxl.load_workbook(source).active.iter_rows(values_only=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerows(
        ["机构号" if c == "单位代码" else "" if c is None else str(c) for c in row] for row in rows
    )
    target.write_bytes(text.getvalue().encode("utf-8-sig"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    (folder / "raw" / "派单").mkdir(parents=True)
    for source in sorted((SAMPLE / "raw").iterdir()):
        target = folder / "raw" / _new_name(source.name)
        if source.name.startswith("督查"):
            _rewrite_tasks(source, target.with_suffix(".xls") if "202403" in target.name else target)
        elif source.name.startswith("乡镇"):
            _rewrite_units(source, target.with_name("机构.txt"))
        elif source.name.startswith("干部"):
            _rewrite_workbook(source, target, ROSTER, {})
        elif source.name.startswith("问卷"):
            _rewrite_workbook(source, target, SURVEY, WORDINGS)
        else:
            target.write_bytes(source.read_bytes())
    (folder / "other.yaml").write_text(yaml.safe_dump(PROVINCE, allow_unicode=True), encoding="utf-8")
    province = load_province("other", ROOT, [folder])
    return ingest_all(folder / "raw", province)


@pytest.mark.parametrize("table", TABLES)
def test_same_canonical_tables(other, table):
    assert other[table].canonical.equals(sample_results()[table].canonical)


def _as_renamed(frame):
    names = {name: _new_name(name) for name in frame["file"]}
    names = {old: "机构.txt" if new.startswith("机构") else new for old, new in names.items()}
    return frame.assign(
        file=frame["file"].map(names).replace("派单/工作派单_202403.csv", "派单/工作派单_202403.xls")
    )


@pytest.mark.parametrize("table", [t for t in TABLES if t != "app_days"])
def test_same_counts(other, table):
    own, want = other[table].counts, _as_renamed(sample_results()[table].counts)
    if table == "units":
        want["sheet"] = ""
    order = ["file", "sheet", "outcome", "reason", "column"]
    own, want = (f.sort_values(order, ignore_index=True) for f in (own, want))
    pd.testing.assert_frame_equal(own, want, check_dtype=False)


@pytest.mark.parametrize("table", ["tasks", "app_activity", "spells", "survey", "documents"])
def test_same_rejects(other, table):
    own, want = other[table].quarantine, _as_renamed(sample_results()[table].quarantine)
    places = ["file", "sheet", "row", "column", "reason"]
    assert sorted(own[places].itertuples(index=False)) == sorted(want[places].itertuples(index=False))


def test_sheet_without_headings_is_listed(other):
    notices = other["spells"].notices
    assert set(notices.loc[notices["sheet"] == "填表说明", "kind"]) == {"sheet_not_selected"}
    notices = other["survey"].notices
    assert set(notices.loc[notices["sheet"] == "填表说明", "kind"]) == {"no_header"}
