"""The usual columns of the usual exports need no mapping, and a newcomer gets a report from a folder of them."""

import gzip
from datetime import date, datetime

import openpyxl
import pytest
from ingest_cases import ROOT, ingest_rows, write_csv

from jianfu.commands.new_province import draft_province
from jianfu.config.files import read_yaml
from jianfu.core.errors import DataError
from jianfu.ingest.dates import parse, split_period
from jianfu.ingest.people import normal_id
from jianfu.ingest.progress import level_of
from jianfu.ingest.readers import read_bytes

LOG = [
    "序号",
    "任务(事项)名称",
    "任务来源",
    "牵头单位",
    "责任单位",
    "下达(交办)时间",
    "办结时限",
    "签收时间",
    "反馈时间",
    "办结(销号)时间",
    "状态",
    "是否逾期",
    "备注",
]
VISITS = ["检查名称", "组织单位", "类型", "起止时间", "被检单位", "方式", "是否评分/排名", "整改通知"]
APP = ["应用", "单位", "活跃人数", "打卡次数", "积分", "排名"]
PUNCHES = ["姓名", "部门", "工号", "日期", "打卡时间", "打卡地点", "结果"]
LEDGER = ["姓名", "身份证号", "单位", "调出去向", "变动原因", "变动时间"]
ROSTER = [
    "姓名",
    "身份证号",
    "单位",
    "性别",
    "学历",
    "参加工作时间",
    "到现单位时间",
    "现任职务",
    "职级",
    "编制类型",
    "进入方式",
]
NAMES = ("code", "name", "type", "county", "valid_from", "valid_to")
PLACES = [
    ("390101100", "城关镇", "镇", "甲县", "2010-01-01", ""),
    ("390101101", "河口镇", "镇", "甲县", "2010-01-01", ""),
    ("390102200", "石坪乡", "乡", "乙县", "2010-01-01", ""),
]


def _task(day, unit):
    times = [f"2024年3月{day}日", f"2024年3月{day + 3}日前", "", f"2024.3.{day + 1}", f"2024.3.{day + 2}"]
    return ["1", "某事", "省委督查室", "县委办", unit, *times, "办结", "否", ""]


def _person(serial):
    first = f"39010119920304{serial:03d}"
    return next(first + digit for digit in "0123456789X" if normal_id(first + digit))


def test_supervision_log(tmp_path):
    result = ingest_rows(
        tmp_path, "tasks", [LOG, _task(5, "河口镇")], source={"fixed": {"event_label": "任务"}}
    )
    (row,) = result.canonical.to_pylist()
    assert row["issuer"] == "县委办"
    assert [row[n].day for n in ("issue_at", "due_at", "done_at")] == [5, 8, 7]
    assert row["issuer_level"] == "省"
    read = result.columns.set_index("heading")["column"]
    assert (read["任务来源"], read["反馈时间"], read["状态"]) == ("source", "feedback_at", "state")


def test_a_second_choice_counts_alone(tmp_path):
    head = ["责任单位", "事项类型", "下达时间", "任务来源", "反馈时间"]
    result = ingest_rows(tmp_path, "tasks", [head, ["河口镇", "任务", "2024.3.5", "市里", "2024.3.6"]])
    (row,) = result.canonical.to_pylist()
    assert (row["issuer"], row["done_at"]) == ("市里", datetime(2024, 3, 6))


def test_ends_from_feedback_and_state(tmp_path):
    """Without an end a finished task ends with its feedback; an open one has no end, a late state says late."""
    head = [
        "编号",
        "责任单位",
        "事项类型",
        "下达时间",
        "办结时限",
        "反馈时间",
        "办结时间",
        "状态",
        "是否逾期",
    ]

    def task(name, *cells):
        return [name, "河口镇", "任务", "2024-03-01", "2024-03-10", *cells]

    rows = [
        task("A", "2024-03-05 10:00", "2024-03-06", "已办结", "否"),
        task("B", "2024-03-05 10:00", "", "已办结", ""),
        task("C", "2024-03-05", "", "办理中", ""),
        task("D", "", "", "逾期未办结", ""),
        task("E", "", "", "已办结", "是"),
        task("F", "2024-03-05", "", "说不清", "—"),
    ]
    result = ingest_rows(tmp_path, "tasks", [head, *rows])
    found = {row["task_id"]: (row["done_at"], row["late"]) for row in result.canonical.to_pylist()}
    assert found == {
        "A": (datetime(2024, 3, 6), False),
        "B": (datetime(2024, 3, 5, 10), None),
        "C": (None, None),
        "D": (None, True),
        "E": (None, True),
        "F": (None, None),
    }


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("国务院办公厅", "国家"),
        ("中央环保督察", "国家"),
        ("省委督查室", "省"),
        ("某某省应急厅", "省"),
        ("某某自治区党委", "省"),
        ("市级交办", "市"),
        ("云溪市生态环境局", "市"),
        ("县应急局", "县"),
        ("岚岭县医保局", "县"),
        ("区委办", "县"),
        ("镇党政办", "乡"),
        ("领导批示", None),
        ("12345热线", None),
    ],
)
def test_level_of_an_issuer(text, level):
    assert level_of(text) == level


def test_level_is_that_of_the_source_else_of_the_issuer(tmp_path):
    head = ["编号", "责任单位", "事项类型", "下达时间", "任务来源", "牵头单位"]
    rows = [["A", "河口镇", "任务", "2024-03-01", "省级部署", "县应急局"],
            ["B", "河口镇", "任务", "2024-03-01", "领导批示", "市应急局"]]  # fmt: skip
    found = ingest_rows(tmp_path, "tasks", [head, *rows]).canonical.to_pylist()
    assert [(row["issuer"], row["issuer_level"]) for row in found] == [("县应急局", "省"), ("市应急局", "市")]


def test_start_and_end_in_one_cell(tmp_path):
    rows = [
        ["某检查", "市里", "检查", period, "河口镇", "实地", "是", "是"]
        for period in ("2024.3.5-3.7", "3月5日-7日")
    ]
    result = ingest_rows(tmp_path, "tasks", [VISITS, *rows])
    (row,) = result.canonical.to_pylist()
    assert (row["issue_at"], row["done_at"], row["due_at"]) == (
        datetime(2024, 3, 5),
        datetime(2024, 3, 7),
        None,
    )
    assert result.quarantine[["row", "column", "reason"]].values.tolist() == [
        [3, "issue_at", "unparseable_date"]
    ]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024年3月5日至7日", "2024-03-05 00:00", "2024-03-07 00:00"),
        ("2024-3-5-2024-3-7", "2024-03-05 00:00", "2024-03-07 00:00"),
        ("2024年12月30日—1月2日", "2024-12-30 00:00", "2025-01-02 00:00"),
        ("2024-03-05 09:00-11:30", "2024-03-05 09:00", "2024-03-05 11:30"),
        ("二〇二四年三月五日至七日", "2024-03-05 00:00", "2024-03-07 00:00"),
        ("2024-03-05", "2024-03-05 00:00", None),
        ("2024年3月5日-长期", "2024-03-05 00:00", None),
        ("2024.3-2024.5", None, None),
    ],
)
def test_periods(text, start, end):
    read = [found and f"{found[0]:%Y-%m-%d %H:%M}" for found in map(parse, split_period(text))]
    assert read == [start, end]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2024年3月5日前", datetime(2024, 3, 5)),
        ("2024-3-5之前", datetime(2024, 3, 5)),
        ("'2024-03-05", datetime(2024, 3, 5)),
        ("2024-03-05T08:20:00+08:00", datetime(2024, 3, 5, 8, 20)),
    ],
)
def test_marks_around_a_date(text, read):
    assert parse(text)[0] == read


def test_ledger_with_reasons_alone(tmp_path):
    write_csv(
        tmp_path / "增减.csv",
        [
            LEDGER,
            ["张三", _person(1), "河口镇", "县直", "遴选", "2024.5.6"],
            ["李四", _person(2), "河口镇", "", "新录用", "2024.6.1"],
            ["王五", _person(3), "河口镇", "", "说不清", "2024.6.1"],
        ],
    )
    roster = [["身份证号", "工作单位", "到现单位时间"], [_person(1), "河口镇", "2015-03-01"]]
    sources = [{"table": "ledger", "files": ["增减.csv"]}]
    result = ingest_rows(tmp_path, "spells", roster, "花名册.csv", sources=sources)
    found = {(s["spell_start"], s["spell_end"], s["exit_type"]) for s in result.canonical.to_pylist()}
    assert found == {(date(2015, 3, 1), date(2024, 5, 6), "遴选"), (date(2024, 6, 1), None, None)}
    assert result.quarantine[["column", "reason"]].values.tolist() == [["movement", "unknown_category"]]


def test_ledger_with_one_column_of_changes(tmp_path):
    """变动类别 that holds the reasons: 退休, 减员; a departure without a reason is no bad cell."""
    head = ["身份证号", "单位", "变动类别", "变动时间"]
    rows = [[_person(1), "河口镇", "退休", "2024.5.6"], [_person(2), "河口镇", "减员", "2024.5.6"]]
    write_csv(tmp_path / "增减.csv", [head, *rows])
    roster = [
        ["身份证号", "工作单位", "到现单位时间"],
        *([_person(n), "河口镇", "2015-03-01"] for n in (1, 2)),
    ]
    sources = [{"table": "ledger", "files": ["增减.csv"]}]
    result = ingest_rows(tmp_path, "spells", roster, "花名册.csv", sources=sources)
    assert {s["exit_type"] for s in result.canonical.to_pylist()} == {"退休", None}
    assert "bad_optional_value" not in set(result.counts.query("rows > 0")["outcome"])


def test_unit_table_with_english_names_and_without_county_code(tmp_path):
    result = ingest_rows(tmp_path, "units", [NAMES, *PLACES, ("A1", "东镇", "镇", "甲县", "", "")])
    found = {u["unit_name"]: (u["county_code"], u["county_name"]) for u in result.canonical.to_pylist()}
    assert found == {
        "城关镇": ("390101", "甲县"),
        "河口镇": ("390101", "甲县"),
        "石坪乡": ("390102", "乙县"),
    }
    assert result.quarantine[["row", "column", "reason"]].values.tolist() == [
        [5, "county_code", "missing_required"]
    ]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(tmp_path, encoding):
    write_csv(
        tmp_path / "台账.csv",
        [["责任单位", "事项类型", "下达时间"], ["河口镇", "任务", "2024.3.5"]],
        encoding,
    )
    assert ingest_rows(tmp_path, "tasks", None, "台账.csv").canonical.num_rows == 1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"Rar!\x1a\x07\x01\x00" + bytes(range(256)), "RAR archive; unpack"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(range(256)), "7z archive; unpack"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "gzip archive; unpack"),
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF document"),
    ],
)
def test_other_kinds_of_files_are_named(content, word):
    with pytest.raises(DataError, match=word):
        read_bytes(content, "某.xls")


def test_newcomer_with_the_usual_columns(tmp_path):
    """No file of the usual exports is left out, and every row of it is used."""
    raw, root, shown = tmp_path / "raw", tmp_path / "root", []
    raw.mkdir()
    (root / "config" / "provinces").mkdir(parents=True)
    for part in ("config/plan", "config/default.yaml", "workflow"):
        (root / part).symlink_to(ROOT / part)
    names = [place[1] for place in PLACES]
    write_csv(raw / "乡镇街道名录.csv", [NAMES, *PLACES])
    write_csv(raw / "督查台账.csv", [LOG, *(_task(day, names[day % 3]) for day in range(1, 28))], "gb18030")
    write_csv(
        raw / "检查记录.csv",
        [VISITS]
        + [
            ["某", "市里", "专项检查", f"2024.3.{d}-3.{d + 1}", names[d % 3], "实地", "是", "是"]
            for d in range(1, 25)
        ],
    )
    book = openpyxl.Workbook()
    for row in [["2024年3月应用使用情况"], APP, *(["e通", name, 20, 30, 5, 1] for name in names)]:
        book.active.append(row)
    book.save(raw / "应用202403.xlsx")
    write_csv(
        raw / "打卡记录.csv",
        [PUNCHES]
        + [["张三", names[d % 3], "7", f"2024-03-{d:02d}", "20:15", "某地", "正常"] for d in range(1, 29)],
    )
    write_csv(
        raw / "干部花名册.csv",
        [ROSTER]
        + [
            [
                "张三",
                _person(n),
                names[n % 3],
                "男",
                "本科",
                "2012.07",
                "2015年7月",
                "干事",
                "一级科员",
                "行政",
                "省考",
            ]
            for n in range(1, 25)
        ],
    )
    write_csv(
        raw / "增减员表.csv",
        [LEDGER] + [["张三", _person(n), names[n % 3], "县直", "辞职", f"2024.3.{n}"] for n in range(1, 7)],
    )
    draft_province("usual", str(raw), root=root, show=shown.append)
    settings = read_yaml(root / "config" / "provinces" / "usual.yaml")
    sources = {s["files"][0]: s for s in settings["sources"]}
    assert {name: s["table"] for name, s in sources.items()} == {
        "乡镇街道名录.csv": "units",
        "督查台账.csv": "tasks",
        "检查记录.csv": "tasks",
        "应用*.xlsx": "app_activity",
        "打卡记录.csv": "punches",
        "干部花名册.csv": "roster",
        "增减员表.csv": "ledger",
    }
    assert "fixed" not in sources["督查台账.csv"]  # the titles say what kind of event each is
    assert sources["应用*.xlsx"]["fixed"] == {"action_type": "打卡"}
    text = "\n".join(shown)
    assert "（未使用）" not in text and "还读不了" not in text
    assert "没有文件超过剔除率上限" in text
