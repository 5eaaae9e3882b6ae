"""Units by code, name, alias, county and name, former code; ambiguous and unknown ones."""

import numpy as np
import pytest
from ingest_cases import few_units, ingest_rows

from jianfu.ingest.several import units_named
from jianfu.ingest.units import UnitIndex

HEAD = ["编号", "责任单位", "事项类型", "下达时间"]


@pytest.fixture(scope="module")
def index():
    return UnitIndex.from_units(few_units())


@pytest.mark.parametrize(
    ("wording", "found"),
    [
        ("河口镇", "390101101"),
        ("河口镇政府", "390101101"),
        ("河口镇人民政府", "390101101"),
        ("甲县河口镇", "390101101"),
        ("甲县河口镇人民政府", "390101101"),
        ("丙市甲县河口镇", "390101101"),
        (" 河口镇　", "390101101"),
        ("河 口 镇", "390101101"),
        ("老河口", "390101101"),
        ("新河口街道", "390101001"),
        ("新河口街道办", "390101001"),
        ("甲县新河口街道办事处", "390101001"),
        ("390101101", "390101101"),
        ("390101101.0", "390101101"),
        ("390101101000", "390101101"),
        ("３９０１０１１０１", "390101101"),
        ("甲县城关镇", "390101100"),
        ("乙县城关镇", "390102100"),
        ("城关镇", "ambiguous_unit"),
        ("城关镇人民政府", "ambiguous_unit"),
        ("3.90E+08", "unknown_unit"),
        ("399999999", "unknown_unit"),
        ("新河口镇", "unknown_unit"),
        ("河口", "unknown_unit"),
    ],
)
def test_wordings(index, wording, found):
    assert index.resolve(wording) == found


def test_county_in_a_column_of_its_own(index):
    assert index.resolve("城关镇", "乙县") == "390102100"
    assert index.resolve("河口镇", "没有的县") == "390101101"


def test_predecessor_leads_to_successor_from_its_first_day(index):
    codes = np.array(["390101200", "390101200", "390101101", None], object)
    days = np.array(["2024-06-30", "2024-07-01", "2024-07-01", "2024-07-01"], "datetime64[D]")
    assert list(index.follow(codes, days)) == ["390101200", "390101102", "390101101", None]


def test_codes_stay_as_the_unit_table_has_them(tmp_path):
    """Twelve digits in the table of units, nine in another: the canonical code has twelve, also after a merger."""
    head = ["单位代码", "单位名称", "原代码", "县区名称", "启用日期"]
    rows = [head, ["390101101000", "河口镇", "", "甲县", "2010-01-01"]]
    rows += [["390101200000", "石坪乡", "", "甲县", "2010-01-01"]]
    rows += [["390101102000", "石坪镇", "390101200", "甲县", "2024-07-01"]]
    units = ingest_rows(tmp_path, "units", rows).canonical.to_pandas()
    assert list(units["unit_code"]) == ["390101101000", "390101102000", "390101200000"]
    assert set(units["county_code"]) == {"390101"}
    index = UnitIndex.from_units(units)
    for wording in ("390101101", "390101101000", "390101101000.0", "河口镇"):
        assert index.resolve(wording) == "390101101000"
    days = np.array(["2024-06-30", "2024-07-01"], "datetime64[D]")
    found = index.follow(np.array(["390101200000"] * 2, object), days)
    assert list(found) == ["390101200000", "390101102000"]


def test_merger_in_a_table(tmp_path):
    rows = [HEAD, ["A", "石坪乡", "任务", "2024-06-30"], ["B", "石坪乡", "任务", "2024-07-01"]]
    tasks = ingest_rows(tmp_path, "tasks", rows).canonical
    assert tasks["unit_code"].to_pylist() == ["390101200", "390101102"]


def test_code_and_name_side_by_side(tmp_path):
    rows = [
        ["编号", "县区", "单位代码", "单位名称", "事项类型", "下达时间"],
        ["A", "乙县", "", "城关镇", "任务", "2024-06-30"],
        ["B", "甲县", "390101101", "河口镇", "任务", "2024-06-30"],
        ["C", "甲县", "390101101", "新河口街道", "任务", "2024-06-30"],
        ["D", "甲县", "1", "没有的镇", "任务", "2024-06-30"],
        ["E", "甲县", "3.90E+08", "河口镇", "任务", "2024-06-30"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    codes = dict(zip(*(result.canonical[c].to_pylist() for c in ("task_id", "unit_code")), strict=True))
    assert codes == {"A": "390102100", "B": "390101101", "C": "390101101", "E": "390101101"}
    assert result.quarantine["reason"].tolist() == ["unknown_unit"]
    notices = result.notices.set_index("kind")
    assert notices.loc["contradiction", ["column", "rows"]].tolist() == ["unit_code", 1]


def test_own_wording_of_a_unit(tmp_path):
    rows = [HEAD, ["A", "县城那个镇", "任务", "2024-06-30"]]
    source = {"values": {"unit_code": {"县城那个镇": "甲县城关镇"}}}
    assert ingest_rows(tmp_path, "tasks", rows, source=source).canonical["unit_code"].to_pylist() == [
        "390101100"
    ]


KAI, HEKOU, SHIPING, SHIPING_OLD, OTHER, STREET = (
    "390101100", "390101101", "390101102", "390101200", "390102100", "390101001",
)  # fmt: skip


@pytest.mark.parametrize(
    ("wording", "found"),
    [
        ("各乡镇（街道）", {KAI, HEKOU, SHIPING, SHIPING_OLD, OTHER, STREET}),
        ("各乡镇人民政府，各街道办事处", {KAI, HEKOU, SHIPING, SHIPING_OLD, OTHER, STREET}),
        ("乡镇（街道）", {KAI, HEKOU, SHIPING, SHIPING_OLD, OTHER, STREET}),
        ("各镇街", {KAI, HEKOU, SHIPING, SHIPING_OLD, OTHER, STREET}),
        ("全县各乡镇人民政府", {KAI, HEKOU, SHIPING, SHIPING_OLD, OTHER}),
        ("各乡镇党委、政府，县直有关单位", {KAI, HEKOU, SHIPING, SHIPING_OLD, OTHER}),
        ("各镇", {KAI, HEKOU, SHIPING, OTHER}),
        ("甲县各镇", {KAI, HEKOU, SHIPING}),
        ("除河口镇外，各镇", {KAI, SHIPING, OTHER}),
        ("各镇（河口镇、石坪镇除外）", {KAI, OTHER}),
        ("河口镇、石坪镇", {HEKOU, SHIPING}),
        ("河口镇和石坪镇", {HEKOU, SHIPING}),
        ("河口镇 石坪镇", {HEKOU, SHIPING}),
        ("河口镇石坪镇", {HEKOU, SHIPING}),
        ("390101101；乙县城关镇", {HEKOU, OTHER}),
        ("县农业农村局、河口镇", {HEKOU}),
        ("河口镇、石坪镇等2个乡镇", {HEKOU, SHIPING}),
        ("河口镇等12个乡镇", "unit_not_named"),
        ("河口镇等", "unit_not_named"),
        ("有关乡镇", "unit_not_named"),
        ("沿河各乡镇", "unit_not_named"),
        ("12个乡镇", "unit_not_named"),
        ("城关镇、河口镇", "ambiguous_unit"),
        ("河口镇、天上镇", "unknown_unit"),
        ("县直各单位", "unknown_unit"),
        ("各村（社区）", "unknown_unit"),
    ],
)
def test_several_units_in_one_cell(index, wording, found):
    named = units_named(wording, "", index)
    assert (set(named.lstrip("*").split(",")) if isinstance(found, set) else named) == found


def test_one_row_for_every_unit_in_force(tmp_path):
    """Units as a whole are those of the day and of the issuer's county; named ones follow mergers."""
    rows = [
        [*HEAD, "牵头单位"],
        ["A", "各乡镇", "任务", "2024-06-30", "甲县应急局"],
        ["A2", "各乡镇", "任务", "2024-07-01", "甲县应急局"],
        ["B", "石坪乡、河口镇", "任务", "2024-07-01", "县应急局"],
        ["C", "各街道", "任务", "2024-07-01", "乙县应急局"],
        ["D", "各街道", "任务", "2008-07-01", "甲县应急局"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    found = result.canonical.to_pandas().groupby("task_id")["unit_code"].agg(set).to_dict()
    assert found == {"A": {KAI, HEKOU, SHIPING_OLD}, "A2": {KAI, HEKOU, SHIPING}, "B": {SHIPING, HEKOU}}
    assert result.quarantine[["row", "reason"]].values.tolist() == [
        [5, "unit_not_named"],
        [6, "unit_not_named"],
    ]


def test_a_raw_row_is_lost_only_with_all_its_units(tmp_path):
    rows = [
        [*HEAD, "办结时间"],
        ["A", "各街道、河口镇", "任务", "2024-06-30", "2024-07-05"],
        ["A", "河口镇", "任务", "2024-06-30", "2024-07-05"],
        ["B", "河口镇、新河口街道", "任务", "2024-06-30", "2024-07-05"],
        ["B", "河口镇、新河口街道", "任务", "2024-06-30", "2024-07-05"],
        ["C", "河口镇、新河口街道", "任务", "2024-06-30", "2024-07-05"],
        ["C", "河口镇", "任务", "2024-06-30", "2024-07-09"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    counts = result.counts.query("rows > 0").set_index(["outcome", "reason"])["rows"].to_dict()
    assert counts == {
        ("kept", ""): 3,
        ("duplicate", ""): 2,
        ("rejected", "conflicting_duplicate"): 1,
        ("nondata", ""): 1,
        ("several_units", ""): 5,
        ("several_lost", "duplicate"): 2,
        ("several_lost", "conflicting_duplicate"): 1,
    }
    assert result.canonical.num_rows == 5


def test_a_table_of_units_that_writes_the_county_in_front_knows_the_bare_names():
    """甲县河口镇 in the table is 河口镇 in the logs; a bare name of two counties stays ambiguous."""
    units = few_units()
    full = units.assign(unit_name=units["county_name"] + units["unit_name"])
    index = UnitIndex.from_units(full)
    assert index.resolve("河口镇") == index.resolve("甲县河口镇人民政府") == "390101101"
    assert index.resolve("丙市甲县河口镇") == "390101101"
    assert index.resolve("城关镇") == "ambiguous_unit"
    assert (index.resolve("乙县城关镇"), index.resolve("城关镇", "乙县")) == ("390102100", "390102100")


def test_a_file_or_title_that_names_one_county_tells_units_of_one_name_apart(tmp_path):
    """城关镇 is in two counties; the file of one of them means its own, and other units keep theirs."""
    apps = [["单位", "月份", "应用名称", "操作类型", "次数"]]
    apps += [[name, "2024-03", "学习云", "打卡", "5"] for name in ("城关镇", "河口镇")]
    for place, code in (("甲县使用情况.csv", "390101100"), ("乙县使用情况.csv", "390102100")):
        result = ingest_rows(tmp_path, "app_activity", apps, place)
        assert set(result.canonical["unit_code"].to_pylist()) == {code, "390101101"}
    titled = [["丙市乙县2024年应用使用情况"], *apps]
    assert "390102100" in ingest_rows(tmp_path, "app_activity", titled).canonical["unit_code"].to_pylist()
    for place in ("使用情况.csv", "甲县和乙县使用情况.csv", "丙市使用情况.csv"):
        result = ingest_rows(tmp_path, "app_activity", apps, place, data={"max_reject_share": 1})
        assert result.quarantine["reason"].tolist() == ["ambiguous_unit"]


@pytest.mark.parametrize(
    ("cell", "counties", "unknown"),
    [
        ("390101", ["390101"], 0),
        ("甲县", ["390101"], 0),
        ("甲县、乙县", ["390101", "390102"], 0),
        ("390101，390102", ["390101", "390102"], 0),
        ("丙市", ["390101", "390102"], 0),
        ("乙县范围内", ["390102"], 0),
        ("", [None], 0),
        ("—", [None], 0),
        ("全市", [None], 0),
        ("甲县、全市", ["390101", None], 0),
        ("丁县", ["丁县"], 1),
        ("各县(市区)", ["各县(市区)"], 1),
        ("甲县、丁县", ["390101", "丁县"], 1),
    ],
)
def test_counties_of_a_policy(tmp_path, cell, counties, unknown):
    """By code or name, several in a cell; what no unit is of holds for none of them, and is counted."""
    rows = [["policy_id", "name", "start_date", "county_code"], ["P1", "减负通知", "2024-03-01", cell]]
    result = ingest_rows(tmp_path, "policies", rows, source={"values": {"county_code": {"全市": ""}}})
    found = result.canonical["county_code"].to_pylist()
    assert sorted(found, key=str) == sorted(counties, key=str)
    assert result.notices.query("kind == 'unknown_county'")["rows"].sum() == unknown
    assert result.counts.query("outcome == 'kept'")["rows"].sum() == 1
