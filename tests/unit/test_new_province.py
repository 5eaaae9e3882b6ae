"""make new-province: from a folder of exports to a province file that works and a first data-quality report."""

import re
import shutil
import zipfile
from collections import Counter
from pathlib import PurePosixPath

import openpyxl
import pandas as pd
import pytest
import test_ingest_other_province as other
from ingest_cases import ROOT, SAMPLE, TABLES, UNITS, ingest_all, sample_results, write_csv
from sample_identifiers import found_in, identifiers
from unseen_folders import _id_number

from jianfu.commands.new_province import draft_province
from jianfu.config.files import read_yaml
from jianfu.core.errors import ConfigError, DataError
from jianfu.ingest.units import UnitIndex
from jianfu.onboarding.contents import content_of
from jianfu.onboarding.draft import make_draft
from jianfu.onboarding.grouping import patterns_of, skeleton
from jianfu.onboarding.knowledge import Knowledge
from jianfu.onboarding.look import look
from jianfu.onboarding.survey import Survey, _items, _place_items, order_answers
from jianfu.province.load import load_province
from jianfu.province.paths import resolve_paths
from jianfu.province.rules import check_length

RAW = SAMPLE / "raw"
KEY = "a key of at least thirty-two characters, for this test"
RENAMED = "乡镇|督查督办台账_20240[1-3]|政务应用使用情况_20240[12]|干部|增减|问卷"


@pytest.fixture(scope="module")
def knowledge():
    return Knowledge(ROOT)


def _root(folder):
    """A repository with the common plan but no provinces."""
    (folder / "config" / "provinces").mkdir(parents=True)
    for part in ("config/plan", "config/default.yaml", "workflow"):
        (folder / part).symlink_to(ROOT / part)
    return folder


@pytest.fixture(scope="module")
def proposed(tmp_path_factory):
    """The plain sample folder: (root, lines shown)."""
    root, lines = _root(tmp_path_factory.mktemp("plain")), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JIANFU_KEY", KEY)
        assert draft_province("anhui", str(RAW), root=root, show=lines.append)  # can be run as it is
    return root, "\n".join(lines)


@pytest.fixture(scope="module")
def renamed(tmp_path_factory):
    """The sample with other names, headings and wordings: (root, lines shown)."""
    folder = tmp_path_factory.mktemp("renamed")
    (folder / "raw" / "派单").mkdir(parents=True)
    for source in sorted(p for p in RAW.iterdir() if re.match(RENAMED, p.name)):
        target = folder / "raw" / other._new_name(source.name)
        if source.name.startswith("督查"):
            other._rewrite_tasks(source, target)
        elif source.name.startswith("乡镇"):
            other._rewrite_units(source, target.with_name("机构.txt"))
        elif source.name.startswith("干部"):
            other._rewrite_workbook(source, target, other.ROSTER, {})
        elif source.name.startswith("问卷"):
            other._rewrite_workbook(source, target, other.SURVEY, other.WORDINGS)
        else:
            target.write_bytes(source.read_bytes())
    root, lines = _root(folder / "root"), []
    assert not draft_province(
        "hubei", str(folder / "raw"), root=root, show=lines.append
    )  # wordings are asked for
    return root, "\n".join(lines)


def test_plain_folder_ingests_without_editing(proposed, monkeypatch):
    root, _ = proposed
    monkeypatch.setenv("JIANFU_KEY", "a key for this test, long enough to be one")
    settings = load_province("anhui", root, [root / "config" / "provinces"])
    assert settings["data"]["window"] == ["2024-01", "2025-06"]
    assert (settings["data"]["roster"], settings["data"]["extraction_date"]) == ("opening", "2025-07-10")
    results = ingest_all(RAW, settings)
    order = ["file", "sheet", "outcome", "reason", "column"]
    for table in TABLES:
        own, want = (
            r[table].counts.sort_values(order, ignore_index=True) for r in (results, sample_results())
        )
        pd.testing.assert_frame_equal(own, want)


def test_few_months_are_all_a_reference(tmp_path, knowledge):
    """A folder with fewer months than the reference has by default gives a file that make check accepts."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for source in RAW.iterdir():
        if re.match("乡镇|督查督办台账_20240[1-6]|政务应用使用情况_20240[1-6]|干部", source.name):
            shutil.copy(source, folder)
    root = _root(tmp_path / "root")
    draft_province("anhui", str(folder), root=root, show=lambda _: None)
    settings = load_province("anhui", root, [root / "config" / "provinces"])
    assert settings["data"]["window"] == ["2024-01", "2024-06"]
    assert settings["indices"]["reference_months"] == 6
    check_length(settings, "anhui.yaml")


def test_preview_is_written_and_names_nobody(proposed):
    root, shown = proposed
    results = root / "results" / "anhui"
    assert {p.suffix for p in results.rglob("*") if p.is_file()} == {".html", ".csv"}
    texts = [
        shown,
        *(p.read_text(encoding="utf-8") for p in root.rglob("*") if p.suffix in (".html", ".csv", ".yaml")),
    ]
    raw = identifiers(RAW)
    assert len(raw) > 1000
    for text in texts:
        assert not found_in(text, raw)
    assert "45,652" in shown and "97.0%" in shown


def test_other_headings_are_proposed(renamed):
    root, shown = renamed
    settings = read_yaml(root / "config" / "provinces" / "hubei.yaml")
    sources = {source["files"][0]: source for source in settings["sources"]}
    tasks = sources["派单/工作派单_*.csv"]
    assert tasks["columns"] == {
        "派单流水": "task_id",
        "落实主体": "unit_name",
        "派单种类": "event_label",
        "派发时刻": "issue_at",
        "最迟反馈": "due_at",
        "需填表": "n_table",
    }
    assert tasks["personal"] == ["跟进人"]
    roster = sources["人员.xlsx"]
    assert roster["columns"] == {"所在地方": "unit_name", "证照号": "id_number", "来此时间": "spell_start"}
    assert roster["sheets"] == ["花名册"] and roster["personal"] == ["称呼"]
    survey = sources["答卷_*.xlsx"]["columns"]
    assert [survey[f"Q{n}"] for n in (2, 15, 17, 31)] == ["EE2", "PE6", "MW2", "LI3"]
    assert settings["survey"]["responses"] == {"很不赞成": 1, "不赞成": 2, "中立": 3, "赞成": 4, "很赞成": 5}
    assert re.search("“交下来的事”（[0-9,]+ 行）属于哪一类", shown)
    load_province("hubei", root, [root / "config" / "provinces"])


def test_every_active_guess_is_marked(renamed):
    root, _ = renamed
    text = (root / "config" / "provinces" / "hubei.yaml").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.lstrip().startswith("#") and "把握中" in line:
            assert "【请核对】" in line
        if "把握低：" in line and "按" not in line:
            assert line.lstrip().startswith("#")


def test_existing_file_is_kept_unless_forced(proposed):
    root, _ = proposed
    with pytest.raises(ConfigError, match="已经存在"):
        draft_province("anhui", str(RAW), root=root, show=lambda line: None)


def test_a_folder_that_may_not_be_read_is_not_called_empty(tmp_path, monkeypatch):
    monkeypatch.setattr("jianfu.core.sources.os.access", lambda *_: False)
    for asks in (look, lambda folder: resolve_paths({"data": {"folder": "."}}, folder, "x.yaml")):
        with pytest.raises(ConfigError) as error:
            asks(tmp_path)
        assert error.value.reason.code == "folder_unreadable"


@pytest.mark.parametrize(("slug", "data"), [("", "x"), ("安徽", "x"), ("a b", "x"), ("anhui", "")])
def test_command_is_checked(tmp_path, slug, data):
    with pytest.raises(ConfigError, match="python3 jianfu.py new-province anhui"):
        draft_province(slug, data, root=_root(tmp_path))


def test_folders_without_anything(tmp_path, knowledge):
    with pytest.raises(DataError, match="There is no folder"):
        make_draft(tmp_path / "nowhere", knowledge)
    with pytest.raises(DataError, match="is empty"):
        make_draft(tmp_path, knowledge)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "空.csv").write_text("")
    with pytest.raises(DataError, match="None of the 2 files"):
        make_draft(tmp_path, knowledge)


def test_junk_among_real_files(tmp_path, knowledge):
    for name in ("乡镇街道基本信息表.xlsx", "政务应用使用情况_202401.csv", "政务应用使用情况_202402.csv"):
        shutil.copy(RAW / name, tmp_path / name)
    (tmp_path / "坏的.xlsx").write_bytes(b"PK\x03\x04damaged")
    (tmp_path / "空文件.csv").write_bytes(b"")
    (tmp_path / "通讯录.csv").write_text(
        "姓名,科室,电话\n张三丰,办公室,13800000000\n李四光,财务科,13800000001\n"
    )
    draft = make_draft(tmp_path, knowledge)
    assert [(p.table, p.files) for p in draft.proposals] == [
        ("units", ["乡镇街道基本信息表.xlsx"]),
        ("app_activity", ["政务应用使用情况_*.csv"]),
    ]
    assert {place for place, _ in draft.troubles} == {"坏的.xlsx", "空文件.csv"}
    assert [place for place, _ in draft.unknown] == ["通讯录.csv"]
    assert draft.missing_tables() == ["tasks", "roster"]
    assert draft.window.value == ["2024-01", "2024-02"]


def test_missing_tables_are_said_in_the_file(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("乡镇街道基本信息表.xlsx", "政务应用使用情况_202401.csv"):
        shutil.copy(RAW / name, raw / name)
    root, lines = _root(tmp_path / "root"), []
    draft_province("hebei", str(raw), root=root, show=lines.append)
    text = (root / "config" / "provinces" / "hebei.yaml").read_text(encoding="utf-8")
    assert "# - table: tasks" in text and "# - table: roster" in text
    assert any("还缺必需的表" in line for line in lines)
    with pytest.raises(ConfigError, match="sources 里没有 tasks、roster"):
        load_province("hebei", root, [root / "config" / "provinces"])


def test_a_draft_in_english(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("乡镇街道基本信息表.xlsx", "政务应用使用情况_202401.csv"):
        shutil.copy(RAW / name, raw / name)
    (raw / "empty.csv").write_bytes(b"")
    root, lines = _root(tmp_path / "root"), []
    draft_province("hebei", str(raw), root=root, language="en", show=lines.append)
    text = (root / "config" / "provinces" / "hebei.yaml").read_text(encoding="utf-8")
    assert read_yaml(root / "config" / "provinces" / "hebei.yaml")["language"] == "en"
    assert "[CHECK]" in text and "empty.csv: the file is empty" in text
    assert "Data quality report  hebei" in lines and "Next:" in "\n".join(lines)
    # Chinese stands only in what the files and the plan name: file names, headings, wordings, units
    for word in ("把握", "请核对", "依据", "下一步", "认出", "分析时段", "缺必需"):
        assert word not in text and not any(word in line for line in lines)


def test_one_sheet_per_unit(tmp_path, knowledge):
    write_csv(tmp_path / "单位名录.csv", UNITS)
    book = openpyxl.Workbook()
    for name in ("河口镇", "新河口街道"):
        sheet = book.create_sheet(name)
        sheet.append(["编号", "事项类型", "下达时间", "办结时限"])
        for n in range(5):
            sheet.append([f"{name}{n}", "专项督查", f"2024-03-{n + 1:02d}", "2024-04-01"])
    del book["Sheet"]
    book.save(tmp_path / "任务台账.xlsx")
    tasks = next(p for p in make_draft(tmp_path, knowledge).proposals if p.table == "tasks")
    assert tasks.source()["fill"] == {"unit_name": "sheet"}
    assert tasks.source()["values"] == {"event_label": {"专项督查": "督查"}}


@pytest.mark.parametrize(
    ("headings", "mapped"),
    [
        (["操作人次", "下班后次数"], {"操作人次": "count", "下班后次数": "off_hours_count"}),
        (["休息日的次数", "全部操作次数"], {"全部操作次数": "count", "休息日的次数": "rest_day_count"}),
        (["其他类次数", "夜间的操作"], {}),  # what is more than the whole contradicts both
    ],
)
def test_a_part_is_not_taken_for_the_whole(tmp_path, knowledge, headings, mapped):
    """Actions after hours are no count of actions, whichever heading is more like it."""
    whole = 0 if headings[0] == "操作人次" else 1
    rows = [["单位", "月份", "应用名称", "行为类型", *headings]]
    for n in range(40):
        counts = [30 + n % 7, 30 + n % 7]
        counts[1 - whole] = n % 9
        rows.append(["河口镇", f"2024-{n % 12 + 1:02d}", f"应用{n // 12}", "打卡", *counts])
    write_csv(tmp_path / "单位名录.csv", UNITS)
    write_csv(tmp_path / "应用使用.csv", rows)
    draft = make_draft(tmp_path, knowledge)
    app = next(p for p in [*draft.proposals, *draft.incomplete] if p.table == "app_activity")
    assert {text: h.column for text, h in app.columns.items() if text in headings} == mapped


def test_a_hostile_ledger_survey_and_visitors_book_are_told_by_their_cells(tmp_path, knowledge):
    """A direction that one sheet does not tell, questions beside the usual ones, visits that begin and end on a day."""
    write_csv(tmp_path / "单位名录.csv", UNITS)
    book = openpyxl.Workbook()
    numbers = [_id_number(n)[0] for n in range(8)]
    for name, ways in (("2023", ["减员"]), ("2024", ["减员", "增员"])):
        sheet = book.create_sheet(name)
        sheet.append(["身份号", "单位", "进或出", "落定日期", "因何变动", "转往何处"])
        for n in range(24):
            why = ["辞职", "公开遴选"][n % 2] if ways[n % len(ways)] == "减员" else "新录用"
            day = f"{name}-{n % 12 + 1:02d}-03"
            sheet.append(
                [numbers[n % 8], "河口镇", ways[n % len(ways)], day, why, ["县直单位", "市直单位"][n % 2]]
            )
    del book["Sheet"]
    book.save(tmp_path / "人员进出.xlsx")
    rows = [["检查编号", "接待镇街", "来意", "进镇时刻", "出镇时刻", "组织单位"]]
    rows += [
        [
            f"F{n}",
            "河口镇",
            ["检查", "调研"][n % 2],
            f"2024-03-{n + 1:02d} 09:00",
            f"2024-03-{n + 1:02d} 11:30",
            "县委办",
        ]
        for n in range(20)
    ]
    write_csv(tmp_path / "接待簿.csv", rows)
    found = {
        p.table: {t: h.column for t, h in p.columns.items()}
        for p in make_draft(tmp_path, knowledge).proposals
    }
    assert found["ledger"]["进或出"] == "movement" and found["ledger"]["因何变动"] == "exit_type"
    assert (found["tasks"]["进镇时刻"], found["tasks"]["出镇时刻"]) == ("issue_at", "done_at")


def test_questions_of_a_series_are_the_items_whatever_else_was_asked(knowledge):
    names = [f"T{n:02d}" for n in range(1, 43)]
    answers = {name: Counter({str(n): 9 for n in range(7)}) for name in [*names, "睡眠1", "睡眠2", "睡眠3"]}
    survey = Survey()
    where = {name: n for n, name in enumerate(answers)}
    _place_items(survey, _items(answers, where), knowledge)
    assert list(survey.items) == names and survey.items["T06"] == "CY1"


def test_unused_files_that_differ_in_numbers_alone_are_one_line(tmp_path, knowledge):
    write_csv(tmp_path / "单位名录.csv", UNITS)
    for month in range(1, 4):
        write_csv(tmp_path / f"食堂{month}月.csv", [["菜名", "价格"], ["豆腐", "3"], ["青菜", "2"]])
    found = make_draft(tmp_path, knowledge).unused()
    assert [(place, n) for place, n, _ in found] == [("食堂*月.csv", 3)]


def test_personal_columns_are_found_by_their_cells(tmp_path, knowledge):
    rows = [["编号", "乡镇", "事项类型", "下达时间", "跟踪", "热线", "位置点"]]
    people = ["王伟", "李娜", "张敏", "刘洋", "陈静", "杨帆", "赵磊", "黄涛", "周杰", "吴艳"]
    rows += [
        [f"A{n}", "河口镇", "任务", "2024-03-01", people[n], f"1390000000{n}", f"117.12345{n},31.54321"]
        for n in range(10)
    ]
    write_csv(tmp_path / "单位名录.csv", UNITS)
    write_csv(tmp_path / "任务.csv", rows)
    draft = make_draft(tmp_path, knowledge)
    tasks = next(p for p in draft.proposals if p.table == "tasks")
    assert tasks.personal == ["跟踪", "热线", "位置点"]
    assert not any(person in repr(draft.settings()) for person in people)


def test_names_inside_an_archive_are_readable(tmp_path):
    """Archives hold UTF-8 or GBK names without saying which."""
    for encoding in ("utf-8", "gb18030"):
        path = tmp_path / f"{encoding}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            info = zipfile.ZipInfo("x" * len("应用.csv".encode(encoding)))
            archive.writestr(info, "a,b\n1,2\n")
        content = path.read_bytes().replace(info.filename.encode(), "应用.csv".encode(encoding))
        path.write_bytes(content)
        assert [page.sheet.file for page in look(tmp_path).pages if page.path == path.name] == [
            f"{path.name}/应用.csv"
        ]


def test_patterns_match_only_their_own_files():
    everything = ["台账_1.csv", "台账_2.csv", "台账_汇总.xlsx", "名册.xlsx", "2024/台账.csv", "2025/台账.csv"]
    assert patterns_of(["台账_1.csv", "台账_2.csv"], everything) == ["台账_*.csv"]
    assert patterns_of(["台账_1.csv"], everything) == ["台账_1.csv"]
    assert patterns_of(["台账[1].csv"], ["台账[1].csv"]) == ["台账[[]1].csv"]
    assert patterns_of(["表1.csv", "表2.csv"], ["表1.csv", "表2.csv", "表3.csv"]) == ["表1.csv", "表2.csv"]


@pytest.mark.parametrize(
    ("names", "others", "pattern", "next_year"),
    [
        (
            ["派单2024年11月.csv", "派单2024年12月.csv"],
            ["派单补充.csv"],
            "派单*年*月.csv",
            "派单2025年01月.csv",
        ),
        (["派单_202411.csv", "派单_202412.csv"], ["派单_补.csv"], "派单_[0-9]*.csv", "派单_202501.csv"),
        (["2023年/派单1月.csv", "2024年/派单1月.csv"], [], "*年/派单*月.csv", "2025年/派单2月.csv"),
        (["检查登记_2024年.xlsx"], ["名册.xlsx"], "检查登记_*年.xlsx", "检查登记_2025年.xlsx"),
    ],
)
def test_patterns_match_the_files_of_next_year(names, others, pattern, next_year):
    assert patterns_of(names, names + others, grows=True) == [pattern]
    assert PurePosixPath(next_year).match(pattern)


def test_a_single_file_of_a_table_that_does_not_grow_keeps_its_name():
    assert patterns_of(["花名册2024年.xlsx"], ["花名册2024年.xlsx"]) == ["花名册2024年.xlsx"]


def test_skeletons_of_a_series_are_alike():
    assert skeleton("2024/台账.csv") == skeleton("2025/台账.csv") == ("*", "台账")
    assert skeleton("问卷数据_第1次.xlsx")[1] == "问卷数据_"


@pytest.mark.parametrize(
    ("answers", "ordered"),
    [
        (
            ["同意", "非常同意", "一般", "不同意", "非常不同意"],
            ["非常不同意", "不同意", "一般", "同意", "非常同意"],
        ),
        (
            ["符合", "完全不符合", "说不清", "不符合", "完全符合"],
            ["完全不符合", "不符合", "说不清", "符合", "完全符合"],
        ),
        (
            ["每天", "一月一次", "从不", "一周几次", "一年几次"],
            ["从不", "一年几次", "一月一次", "一周几次", "每天"],
        ),
        (["甲", "乙", "丙"], None),
    ],
)
def test_answers_are_ordered_by_their_words(answers, ordered):
    assert order_answers(answers) == ordered


def test_content_knows_its_kinds(knowledge):
    from jianfu.ingest.readers import read_bytes

    text = "甲,乙,丙\n" + "\n".join(f"2024年3月{n}日,约{n}份,河口镇" for n in range(1, 20))
    sheet = read_bytes(text.encode("gb18030"), "x.csv")[0].whole()
    found = [content_of(sheet, place, 1, set(), UnitIndex({}, [])) for place in range(3)]
    kinds = ("date", "month", "number", "unit", "code")
    assert [max(kinds, key=c.share) for c in found] == ["date", "number", "unit"]
    assert all(not c.person() for c in found)


def test_file_is_readable_without_knowing_yaml(proposed):
    root, _ = proposed
    text = (root / "config" / "provinces" / "anhui.yaml").read_text(encoding="utf-8")
    assert "JIANFU_KEY_FILE" in text and "synthetic: false" in text and "安徽省" in text
    for key in ("folder", "window", "extraction_date", "roster", "synthetic"):
        before = text[: re.search(rf"^ +{key}:", text, re.MULTILINE).start()].splitlines()[-1]
        line = re.search(rf"^ +{key}:.*$", text, re.MULTILINE)[0]
        assert "#" in before or "#" in line
