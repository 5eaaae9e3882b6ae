"""Parents by title: what a title is about, which rows fit, and how many links of a known truth are found."""

import functools

import numpy as np
import pytest
from ingest_cases import PLAN, ROOT, SAMPLE, SCHEMA, ingest_rows
from simulate_cases import drawn

from jianfu.ingest.links import link_by_title, subject_of
from jianfu.ingest.tables import ingest_table
from jianfu.province.load import load_province
from jianfu.simulate.raw_tasks import task_topics
from jianfu.simulate.streams import Streams
from jianfu.simulate.task_rows import LEVELS, build_task_rows
from jianfu.simulate.titles import GENERIC, task_titles

FIRE = "春季森林防火第一轮排查"


@pytest.mark.parametrize(
    "title",
    [
        "关于开展秋季秸秆禁烧第二轮督查的通知",
        "云环发〔2024〕12号 关于开展秋季秸秆禁烧第2轮督查的紧急通知",
        "关于转发《关于开展秋季秸秆禁烧第二轮督查的通知》的通知",
        "关于转发《省厅关于转发〈关于开展秋季秸秆禁烧第二轮督查的通知〉的通知》的通知",
        "转发市生态环境局关于做好秋季秸秆禁烧第2轮督查工作的通知",
        "关于贯彻落实《关于开展秋季秸秆禁烧第二轮督查的通知》的实施方案",
        "岚岭县关于进一步做好全县秋季秸秆禁烧第２轮督查工作的通知（县级任务分解清单）",
        "请于10月15日前报送秋季秸秆禁烧第二轮督查情况",
    ],
)
def test_forms_of_one_document_have_one_subject(title):
    assert subject_of(title, ["岚岭县"]) == "秋季秸秆禁烧2轮督查"


@pytest.mark.parametrize(
    "title",
    [
        "",
        "关于做好秸秆禁烧工作的通知",
        "反诈宣传情况摸排",
        "关于报送材料的函",
        "防返贫监测专项行动任务清单",
        "转发通知",
    ],
)
def test_titles_that_say_only_a_topic_have_no_subject(title):
    assert subject_of(title) == ""


def linked(*rows):
    """Parents of rows (title, level, day[, unit[, topic]])."""
    rows = [(*row, *("A", None)[len(row) - 3 :]) for row in rows]
    title, level, day, unit, topic = (np.array(column, object) for column in zip(*rows, strict=True))
    return link_by_title(unit=unit, level=level, day=day.astype("M8[D]"), topic=topic, title=title)


CITY = (f"关于开展{FIRE}的通知", "市", "2024-03-01")


@pytest.mark.parametrize(
    ("child", "found"),
    [
        ((f"关于转发《关于开展{FIRE}的通知》的通知", "县", "2024-03-05"), True),
        ((f"关于转发《关于开展{FIRE}的通知》的通知", "县", "2024-03-01"), True),
        ((f"{FIRE}任务分解清单", "乡", "2024-04-30"), True),
        ((f"县防火办关于做好2024年{FIRE}工作的通知", "县", "2024-03-05"), True),
        (("关于开展春季森林防火第二轮排查的通知", "县", "2024-03-05"), False),
        (("关于开展秋季森林防火第一轮排查的通知", "县", "2024-03-05"), False),
        (("关于开展春季校园食堂第一轮排查的通知", "县", "2024-03-05"), False),
        ((f"关于开展{FIRE}的通知", "市", "2024-03-05"), False),
        ((f"关于开展{FIRE}的通知", "省", "2024-03-05"), False),
        ((f"关于开展{FIRE}的通知", None, "2024-03-05"), False),
        ((f"关于开展{FIRE}的通知", "县", "2024-02-28"), False),
        ((f"关于开展{FIRE}的通知", "县", "2024-05-01"), False),
        ((f"关于开展{FIRE}的通知", "县", "2024-03-05", "B"), False),
    ],
)
def test_a_parent_has_the_same_subject_stands_above_and_comes_before(child, found):
    assert linked(CITY, child).parent.tolist() == [-1, 0 if found else -1]


def test_chains_go_level_by_level():
    rows = [(CITY[0], level, f"2024-03-0{day}") for day, level in enumerate(("省", "市", "县"), 1)]
    assert linked(*rows).parent.tolist() == [-1, 0, 1]


def test_two_parents_that_fit_are_no_parent_unless_the_topic_decides():
    child = (CITY[0], "县", "2024-03-05", "A", "森林防火")
    rows = [(*CITY, "A", topic) for topic in ("森林防火", "安全生产")]
    found = linked(*rows, child)
    assert found.parent.tolist() == [-1, -1, 0] and (found.linked, found.ambiguous) == (1, 0)
    found = linked(*rows, (*child[:4], None))
    assert found.parent.tolist() == [-1, -1, -1] and (found.linked, found.ambiguous) == (0, 1)


def test_a_title_that_comes_back_links_nothing_but_a_year_later_it_may():
    child = (CITY[0], "县", "2024-03-05")
    assert linked(CITY, (CITY[0], "市", "2024-06-01"), child).ambiguous == 1
    assert linked(CITY, (CITY[0], "市", "2025-03-03"), child).parent.tolist() == [-1, -1, 0]


@functools.cache
def simulated():
    """Task rows of the small province with their topics and titles."""
    rows = build_task_rows(drawn().detail, Streams(3), "2025-07-10")
    topic = task_topics(rows, rows.parents())
    return (
        rows,
        topic,
        task_titles(rows, topic, rows.parents(), drawn().detail.months, Streams(3)("task titles")),
    )


def links(title):
    rows, topic, _ = simulated()
    return link_by_title(
        unit=rows.unit, level=np.array(LEVELS, object)[rows.level], day=rows.issue, topic=topic, title=title
    )


def test_most_chains_of_the_simulated_province_are_found_and_little_else():
    rows, _, title = simulated()
    truth, found = rows.parents(), links(title)
    hits = (found.parent >= 0) & (found.parent == truth)
    assert (truth >= 0).sum() > 1000 and not found.refused
    assert hits.sum() >= 0.95 * found.linked
    assert hits.sum() >= 0.85 * (truth >= 0).sum()


@pytest.mark.parametrize("kind", ["shuffled", "shuffled in units", "generic", "equal", "none"])
def test_titles_that_carry_nothing_link_nothing(kind):
    rows, topic, title = simulated()
    rng = np.random.default_rng(0)
    if kind == "shuffled":
        title = rng.permutation(title)
    elif kind == "shuffled in units":
        title = title[
            np.lexsort((rng.random(len(title)), rows.unit))[np.argsort(np.argsort(rows.unit, kind="stable"))]
        ]
    elif kind == "generic":
        title = np.array([GENERIC[n % 5].format(name) for n, name in enumerate(topic)], object)
    else:
        title = np.full(len(title), "例行重点任务推进事项落实" if kind == "equal" else None, object)
    assert links(title).linked == 0


HEAD = ["任务编号", "任务名称", "单位", "事项类型", "下达时间", "交办层级"]
LOG = [
    ["S1", f"市防火办关于开展{FIRE}的通知", "河口镇", "任务", "2024-03-01", "市"],
    ["X1", f"甲县关于转发《关于开展{FIRE}的通知》的通知", "河口镇", "任务", "2024-03-05", "县"],
    ["X2", "关于做好春节走访慰问困难党员登记的通知", "河口镇", "任务", "2024-03-05", "县"],
]


def numbers(result):
    """{kind: rows} of the notices about parents."""
    notices = result.notices[result.notices["column"] == "parent_task_id"]
    return dict(zip(notices["kind"], notices["rows"], strict=True))


def test_a_log_without_parent_numbers_is_linked_marked_and_counted(tmp_path):
    result = ingest_rows(tmp_path, "tasks", [HEAD, *LOG])
    tasks = result.canonical.to_pandas().set_index("task_id")
    assert tasks["parent_task_id"].dropna().to_dict() == {"X1": "S1"}
    assert [("parent_task_id" in (mark or "").split()) for mark in tasks["coded"]] == [False, True, False]
    assert numbers(result) == {"linked_by_title": 1, "title_fits_none": 2}
    assert "title" not in tasks and not list(result.path.parent.glob("titles*"))


def test_given_parent_numbers_are_left_alone(tmp_path):
    rows = [[*HEAD, "上级任务编号"], [*LOG[0], ""], [*LOG[1], ""], [*LOG[2], "S9"]]
    result = ingest_rows(tmp_path, "tasks", rows)
    assert result.canonical["parent_task_id"].to_pylist() == [None, None, "S9"] and numbers(result) == {}


def test_the_sample_whose_titles_say_only_topics_has_no_link():
    sample = load_province("sample", ROOT, [ROOT / "config" / "provinces"])
    logs = [source for source in sample["sources"] if source["table"] == "tasks"]
    for source in logs:
        source["ignore"] = [*source.get("ignore", ()), "上级任务编号", "来源编号"]
    units = ingest_table("units", SAMPLE / "raw", sample, PLAN, SCHEMA).canonical.to_pandas()
    tasks = ingest_table("tasks", SAMPLE / "raw", sample, PLAN, SCHEMA, units)
    assert tasks.canonical["parent_task_id"].null_count == tasks.canonical.num_rows > 10_000
    assert numbers(tasks)["absent_column"] == 0
