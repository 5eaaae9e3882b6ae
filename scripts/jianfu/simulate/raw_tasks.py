"""The task log as monthly CSV files, and one file that was exported a second time."""

from dataclasses import replace

import numpy as np

from jianfu.simulate.counts import CATEGORIES, rows_of_units
from jianfu.simulate.raw_text import (
    SYNTHETIC,
    DateTexts,
    count_texts,
    csv_bytes,
    person_names,
    phone_numbers,
    yes_no,
)
from jianfu.simulate.streams import Streams
from jianfu.simulate.structure import extraction_date
from jianfu.simulate.task_rows import (
    DEPARTMENTS,
    LEVELS,
    TOPICS,
    VETO_DOMAINS,
    build_task_rows,
    departments,
    untold,
    veto_domain,
)
from jianfu.simulate.titles import task_titles

NAME = "任务督办清单_{year}年{month:02d}月{part}.csv"
REEXPORT = "任务督办清单_补充导出{part}.csv"
PART_TASKS = 500_000  # tasks that are made and written at a time
# Headings before and after the system was changed in the middle of the window, in the order of each export.
OLD = {
    "task_id": "任务编号", "parent_id": "上级任务编号", "title": "任务名称", "unit": "责任单位", "label": "事项类型",
    "issuer": "交办单位", "level": "交办层级", "topic": "工作主题", "category": "业务条线", "issue": "交办时间",
    "due": "办结时限", "done": "实际办结时间", "in_plan": "列入年度计划", "emergency": "是否紧急",
    "veto": "是否一票否决", "domain": "否决领域", "table": "报表份数", "text": "文字材料份数", "photo": "照片张数",
    "video": "视频个数", "template": "统一模板", "items": "考核指标数", "weight": "指标权重",
    "trace_only": "仅留痕", "target": "目标值", "indicator": "指标编号", "adapted": "是否因地制宜",
    "returns": "退回次数", "reason": "退回原因", "auto_recorded": "自动记录",
    "person": "经办人", "phone": "联系电话", "note": "备注",
}  # fmt: skip
NEW = {
    "task_id": "任务编号", "label": "事项类型", "unit": "承办单位", "issue": "任务下达时间", "due": "要求办结时间",
    "done": "实际办结时间", "issuer": "来源单位", "level": "来源层级", "parent_id": "来源任务编号", "title": "任务名称",
    "topic": "工作主题", "category": "业务条线", "emergency": "应急任务", "veto": "一票否决事项", "domain": "否决领域",
    "in_plan": "是否年度计划", "template": "是否规定模板", "trace_only": "是否只需留痕", "items": "量化指标数",
    "weight": "单项指标分值", "table": "需报表格数", "text": "需报材料数", "photo": "需报照片数",
    "video": "需报视频数", "indicator": "指标编号", "target": "任务目标值", "adapted": "因地调整",
    "returns": "退改次数", "reason": "退改原因", "auto_recorded": "是否自动采集",
    "phone": "联系电话", "person": "经办人", "note": "备注",
}  # fmt: skip


def task_parts(detail, parameters, units, folder):
    """Yields the arguments of :func:`write_part`: all units together, or, where they have too many tasks for memory,
    some units after the other."""
    counts = detail.counts
    tasks = np.where(counts.logged, counts.tasks, 0).sum(axis=1)
    of = (np.cumsum(tasks) - tasks) // PART_TASKS
    bounds = np.flatnonzero(np.r_[True, of[1:] != of[:-1], True])
    if len(bounds) == 2:
        yield detail, Streams(detail.seed), 0, 0, "", parameters, units, folder
        return
    for number, (first, last) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
        own = replace(
            detail,
            counts=counts.of_units(first, last),
            targets=rows_of_units(detail.targets, first, last),
            **dict.fromkeys(
                ("structure", "persons", "careers", "exposure", "survey", "attributes", "measures")
            ),
        )
        # rows that must be rejected are in the first part alone
        raw = parameters if number == 0 else parameters | {"damage": 0}
        before = int(tasks[:first].sum())
        yield own, Streams(detail.seed, number), first, before, f"_{number + 1:03d}", raw, units, folder


def write_part(detail, streams, first, before, part, parameters, units, folder):
    """Make and write the tasks of the units of ``detail``, of which ``first`` units and ``before`` tasks go before."""
    months = detail.months
    extraction = extraction_date(months)
    rows = build_task_rows(detail, streams, extraction, before)
    rows = replace(rows, unit=rows.unit + first)
    texts = DateTexts(months.first[0], extraction + 400)
    write_tasks(rows, months, texts, units, parameters, folder, streams, part)


def write_tasks(rows, months, texts, units, parameters, folder, streams, part=""):
    """Write one file per month and the second export; ``part`` is the end of their names."""
    first = np.searchsorted(rows.t, np.arange(len(months) + 1))
    parents = rows.parents()
    topic = task_topics(rows, parents)
    named = {
        "topic": topic,
        "title": task_titles(rows, topic, parents, months, streams("task titles")),
        "weight": item_weights(rows),
        "issuer": issuers(rows),
        "domain": np.where(rows.flags["veto"], np.array(VETO_DOMAINS, dtype=object)[veto_domain(rows)], ""),
    }
    for t in range(len(months)):
        chosen = np.arange(first[t], first[t + 1])
        rng = streams(f"task file {t}")
        extra = (
            rng.choice(chosen, int(len(chosen) * parameters["duplicate_share"])) if len(chosen) else chosen
        )
        headings = OLD if t < len(months) // 2 else NEW
        columns = _columns(rows, np.sort(np.r_[chosen, extra]), named, texts, units, rng)
        columns = _damaged(columns, rows, chosen, named, texts, units, parameters["damage"], t, rng)
        encoding = ("gb18030", "gb18030", "utf-8-sig", "gb18030", "utf-16", "gb18030")[t % 6]
        name = NAME.format(year=months.year[t], month=months.month[t], part=part)
        (folder / name).write_bytes(_file(columns, headings, encoding, rng))
    again = np.concatenate([np.arange(first[m - 1], first[m]) for m in parameters["reexport_months"]])
    rng = streams("task file again")
    columns = _columns(rows, again[rng.random(len(again)) < 0.5], named, texts, units, rng)
    (folder / REEXPORT.format(part=part)).write_bytes(_file(columns, OLD, "gb18030", rng))


def task_topics(rows, parents):
    """Topic of every row (object array): it depends on the task alone; a child has that of its parent, a row."""
    topic = np.array(TOPICS, dtype=object)[(rows.items * 5 + rows.unit + rows.t) % len(TOPICS)]
    return np.where(parents < 0, topic, topic[parents])


def issuers(rows):
    """Level and department of the issuer of every row (object array)."""
    every = np.array([level + department for level in LEVELS for department in DEPARTMENTS], dtype=object)
    return every[rows.level * len(DEPARTMENTS) + departments(rows)]


def item_weights(rows):
    """Points of a hundred that an item of every row weighs, as text: of the task alone, none without items."""
    points = np.array(["0.5", "1", "1.5", "2", "2.5", "3"], dtype=object)
    return np.where(rows.items > 0, points[(rows.items + rows.unit + 2 * rows.t) % len(points)], "")


def _columns(rows, at, named, texts, units, rng):
    """Texts of the rows ``at``: dict of object arrays; ``named`` has those that are made for all rows at once."""
    n = len(at)
    flags = {name: flag[at] for name, flag in rows.flags.items()}
    level = rows.level[at]
    target = count_texts(rng, rows.target[at], measure="个")
    blank = np.flatnonzero(np.isnan(rows.target[at]))
    target[blank[rng.random(len(blank)) < 0.05]] = "—"
    done = texts.mixed(rng, rows.done[at], rows.done_precise[at])
    done[untold(at) & ~np.isnat(rows.done[at])] = "待定"
    kinds = rows.artefacts[at]
    return {
        "task_id": rows.task_id[at],
        "parent_id": rows.parent_id[at],
        **{name: column[at] for name, column in named.items()},
        "unit": units(rng, rows.unit[at]),
        "label": np.full(n, "任务", dtype=object),
        "level": np.array(LEVELS, dtype=object)[level],
        "category": np.array(CATEGORIES, dtype=object)[rows.category[at]],
        "issue": texts.mixed(rng, rows.issue[at], rows.precise[at]),
        "due": texts.mixed(rng, rows.due[at], rows.precise[at]),
        "done": done,
        "emergency": yes_no(flags["emergency"]),
        "table": count_texts(rng, kinds[:, 0]),
        "text": count_texts(rng, kinds[:, 1]),
        "photo": count_texts(rng, kinds[:, 2], measure="张"),
        "video": count_texts(rng, kinds[:, 3], measure="个"),
        "items": count_texts(rng, rows.items[at], measure="项"),
        "target": target,
        "indicator": rows.indicator[at],
        "returns": count_texts(rng, rows.returns[at], measure="次"),
        "reason": rows.reason[at],
        "person": person_names(rng, n),
        "phone": phone_numbers(rng, n),
        "note": np.full(n, SYNTHETIC, dtype=object),
        **{
            name: yes_no(flags[name])
            for name in ("veto", "in_plan", "template", "trace_only", "adapted", "auto_recorded")
        },
    }


def _damaged(columns, rows, chosen, named, texts, units, number, t, rng):
    """Add rows that must be rejected: copies of real rows under new identifiers, each with one thing wrong."""
    if not number or not len(chosen):
        return columns
    kinds = [kind for kind in DAMAGE for _ in range(number)]
    at = np.repeat(
        rng.choice(chosen, len(kinds)), [2 if kind == "conflicting_duplicate" else 1 for kind in kinds]
    )
    kinds = [kind for kind in kinds for _ in range(2 if kind == "conflicting_duplicate" else 1)]
    bad = _columns(rows, at, named, texts, units, rng)
    bad["parent_id"] = np.full(len(at), "", dtype=object)
    for place, kind in enumerate(kinds):
        bad["task_id"][place] = f"BD{t:02d}{place:03d}"
        DAMAGE[kind](bad, place, rng)
    _separate(bad, kinds, units.codes[rows.unit[at]])
    where = np.sort(rng.integers(0, len(columns["task_id"]) + 1, len(at)))
    return {name: np.insert(column, where, bad[name]) for name, column in columns.items()}


def _separate(bad, kinds, codes):
    """Two rows of one key that differ: same identifier and unit, another number of items."""
    pairs = [place for place, kind in enumerate(kinds) if kind == "conflicting_duplicate"]
    for number, place in enumerate(pairs):
        bad["task_id"][place] = bad["task_id"][pairs[number - number % 2]]
        bad["unit"][place] = codes[place]
        bad["items"][place] = str(50 + number % 2)


def _set(name, options):
    def change(bad, place, rng):
        bad[name][place] = options[rng.integers(0, len(options))]

    return change


def _due_before_issue(bad, place, rng):
    bad["issue"][place], bad["due"][place] = "2024-05-20 09:00", "2024-05-13 18:00"


DAMAGE = {
    "missing_unit": _set("unit", ("",)),
    "missing_label": _set("label", ("",)),
    "missing_issue": _set("issue", ("", "—")),
    "unparseable_date": _set("issue", ("3月5日", "3月上旬", "长期", "待定")),
    "implausible_date": _set("issue", ("1024-03-05 09:00", "2099年1月1日", "1924/5/6")),
    "unknown_unit": _set("unit", ("天上人间镇", "某某街道办事处", "390999999")),
    "ambiguous_unit": _set("unit", ("城关镇", "城关镇人民政府")),
    "unknown_category": _set("label", ("百日攻坚", "专班推进", "回头看")),
    "due_before_issue": _due_before_issue,
    "conflicting_duplicate": lambda bad, place, rng: None,
}


def _file(columns, headings, encoding, rng):
    """Bytes of one export: heading row, rows, a heading row repeated in the middle, blank rows."""
    n = len(columns["task_id"])
    numbers = list(map(str, range(1, n + 1)))
    made = [numbers, *(columns[name].tolist() for name in headings)]
    for name, cells in zip(["序号", *headings.values()], made, strict=True):
        for place, text in ((n * 2 // 3, ""), (n // 2, name), (n // 3, ""), (0, name)):
            cells.insert(place, text)
    return csv_bytes(made, encoding)
