"""The examples of source options in the manual are valid and do what they say."""

import re

import openpyxl
import pytest
import yaml
from ingest_cases import PLAN, ROOT, SCHEMA, few_units, settings, write_csv

from jianfu.config.files import read_yaml
from jianfu.config.schema import check_schema
from jianfu.ingest.tables import ingest_table

MANUAL = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", MANUAL, re.S)]
HEAD = ["编号", "责任单位", "事项类型", "下达时间"]


def _example(title):
    """The sources of the block under a heading of the manual."""
    return yaml.safe_load(re.search(rf"#### {title}\n.*?```yaml\n(.*?)```", MANUAL, re.S)[1])["sources"]


def _read(folder, title, rows, table=None):
    """Canonical rows of the example's table, with ``rows`` in the file that it names (None: it is there)."""
    sources = _example(title)
    if rows:
        write_csv(folder / sources[0]["files"][0], rows)
    data = {"window": ["2024-01", "2024-12"], "extraction_date": "2025-01-10"}
    province = settings(province={"synthetic": True}, data=data, sources=sources)
    return ingest_table(table or sources[0]["table"], folder, province, PLAN, SCHEMA, few_units())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: ",".join(block))
def test_every_example_is_valid(block):
    if "columns" in block:  # some keys of a source
        block = {"sources": [{"table": "tasks", "files": ["x"], **block}]}
    check_schema(block, read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml"), "config/README.md")


def test_fixed(tmp_path):
    result = _read(tmp_path, "fixed", [["编号", "单位", "检查时间"], ["A", "城关镇", "2024-03-01"]])
    assert result.canonical.select(["unit_code", "event_label"]).to_pylist() == [
        {"unit_code": "390102100", "event_label": "检查"}
    ]


def test_fill(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "河口镇"
    for row in (["编号", "事项类型", "下达时间"], ["A", "任务", "2024-03-01"]):
        book.active.append(row)
    book.save(tmp_path / "分乡镇.xlsx")
    assert _read(tmp_path, "fill", None).canonical["unit_code"].to_pylist() == ["390101101"]


def test_percent(tmp_path):
    rows = [["单位", "年份", "满意率"], ["河口镇", "2024", "87.5"], ["石坪镇", "2024", "90%"]]
    shares = _read(tmp_path, "percent", rows).canonical["outcome_satisfaction"].to_pylist()
    assert sorted(shares) == [0.875, 0.9]


def test_unit_name_and_county_name(tmp_path):
    rows = [["编号", "所在县", "落实主体", *HEAD[2:]], ["A", "乙县", "城关镇", "任务", "2024-03-01"]]
    result = _read(tmp_path, "unit_name and county_name", rows)
    assert result.canonical["unit_code"].to_pylist() == ["390102100"]


def test_employee_id(tmp_path):
    rows = [
        ["称呼", "职工号", "出生", "工作单位", "到现单位时间"],
        ["张三", "0071", "1990.05", "河口镇", "2020-01-01"],
    ]
    result = _read(tmp_path, "id_number and employee_id", rows, "spells")
    assert result.canonical["birth_ym"].to_pylist() == ["1990-05"]
    assert len(result.canonical["person_key"][0].as_py()) == 64
    status = result.columns.set_index("heading")["status"]
    assert status[["职工号", "称呼"]].tolist() == ["personal", "personal"]


def test_boolean(tmp_path):
    rows = [[*HEAD, "是否应急", "是否一票否决"], ["A", "河口镇", "任务", "2024-03-01", "红", "一票"]]
    result = _read(tmp_path, "boolean", [*rows, ["B", *rows[1][1:4], "绿", "绿"]])
    assert result.canonical["emergency"].to_pylist() == [True, False]
    assert result.canonical["is_veto"].to_pylist() == [True, False]


def test_scale_names(tmp_path):
    head = ["单位", "出生年代", "调查轮次", "提交答卷时间", "第1题", "第2题"]
    rows = [head, ["河口镇", "90后", "1", "2024-03-01", "每天", "正是如此"]]
    result = _read(tmp_path, "scale names", rows)
    assert result.canonical["EE1"].to_pylist() == [6] and result.canonical["MW1"].to_pylist() == [5]
