"""Checks and visits as yearly workbooks: title, heading of two rows, unit cells merged over their rows."""

import numpy as np

from jianfu.simulate import raw_xlsx as xlsx
from jianfu.simulate.allocate import Groups
from jianfu.simulate.counts import FORMAL, SOFT
from jianfu.simulate.raw_text import SYNTHETIC, yes_no
from jianfu.simulate.task_rows import DEPARTMENTS, LEVELS, work_days

NAME = "检查调研登记_{}年.xlsx"
UPPER = ["序号", "受检单位", "检查编号", "检查名称", "检查情况", "", "组织单位", "组织层级", "时间", "",
         "结果运用", "", "", "", "准备工时", "照片数", "指标数", "活动日期", "录入日期", "备注"]  # fmt: skip
LOWER = ["", "", "", "", "检查类型", "检查方式", "", "", "检查开始时间", "检查结束时间", "是否打分", "是否通报排名",
         "是否要求材料清单", "是否下发整改通知", "", "", "", "", "", ""]  # fmt: skip
SPANS = [(4, 5), (8, 9), (10, 13)]  # headings over several columns
MODES = ("查阅资料", "实地", "混合")
FORMAL_SHARES, SOFT_SHARES = (0.5, 0.25, 0.15, 0.10), (0.2, 0.45, 0.1, 0.25)
FLAGS = 4
BLOCK = 60  # longest run of rows under one merged unit cell


def build_visit_rows(detail, streams):
    """All checks and visits of the logged unit-months as a dict of arrays, ordered by year, unit and start."""
    counts, months = detail.counts, detail.months
    unit_month = np.flatnonzero(counts.logged.ravel())
    formal, soft = counts.formal.ravel()[unit_month], counts.soft.ravel()[unit_month]
    modes = [counts.modes[kind].reshape(-1, 3)[unit_month] for kind in ("formal", "soft")]
    parts = [_events(Groups(n), mode, kind, streams) for n, mode, kind in
             ((formal, modes[0], "formal"), (soft, modes[1], "soft"))]  # fmt: skip
    disguised = counts.disguised.ravel()[unit_month]
    parts[1]["flags"] = _disguise(Groups(soft), disguised, streams("visit flags"))
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    of = unit_month[rows.pop("group")]
    unit, t = of // len(months), of % len(months)
    rng = streams("visit times")
    n = len(unit)
    calendar = work_days(months)
    day = calendar.days[calendar.first[t] + (rng.random(n) * calendar.number[t]).astype(int)]
    start = day.astype("M8[m]") + 8 * 60 + 30 + rng.integers(0, 8 * 60, n)
    rows |= {
        "unit": unit,
        "year": months.year[t],
        "start": start,
        "end": start + 60 * (1 + rng.integers(0, 5, n)),
        "precise": rng.random(n) < 0.92,
        "end_precise": rng.random(n) < 0.85,
        "level": rng.choice(len(LEVELS), n, p=(0.62, 0.26, 0.11, 0.01)),
        "department": rng.integers(0, len(DEPARTMENTS), n),
        "hours": np.where(np.isin(rows["label"], FORMAL), rng.poisson(9, n), np.nan),
    }
    rows |= _records(rows, streams("visit records"))
    order = np.lexsort((rows["start"], rows["unit"], rows["year"]))
    rows = {name: values[order] for name, values in rows.items()}
    return rows | {"id": np.array([f"JC{500001 + i}" for i in range(n)], dtype=object)}


def _records(rows, rng):
    """Photos of on-site visits, items of assessments, and the day of the record: within days, some weeks later."""
    n = len(rows["start"])
    photos, items = rng.poisson(4, n) + 1.0, rng.poisson(18, n) + 5.0
    day = rows["start"].astype("M8[D]")
    delay = np.where(rng.random(n) < 0.12, rng.integers(8, 31, n), rng.integers(0, 4, n))
    return {
        "photos": np.where(rows["mode"] == MODES[0], np.nan, photos),
        "items": np.where(rows["label"] == "考核", items, np.nan),
        "day": day,
        "recorded": day + delay,
    }


def _events(groups, modes, kind, streams):
    rng = streams(f"{kind} visits")
    labels, shares = (FORMAL, FORMAL_SHARES) if kind == "formal" else (SOFT, SOFT_SHARES)
    n = len(groups.of)
    return {
        "group": groups.of,
        "label": np.array(labels, dtype=object)[rng.choice(len(labels), n, p=shares)],
        "mode": np.array(MODES, dtype=object)[groups.deal(rng, modes)],
        "flags": rng.random((n, FLAGS)) < (0.5, 0.3, 0.8, 0.4),
    }


def _disguise(groups, disguised, rng):
    """Results of visits: at least one of the four where the visit is a disguised check, else none."""
    flags = rng.random((len(groups.of), FLAGS)) < (0.3, 0.25, 0.5, 0.3)
    flags[np.arange(len(flags)), rng.integers(0, FLAGS, len(flags))] = True
    return flags & groups.mark(rng, disguised)[:, None]


def visit_books(rows, texts, units, parameters, folder, streams):
    """One workbook (path, sheets) per year."""
    for year in np.unique(rows["year"]):
        rng = streams(f"visit file {year}")
        chosen = np.flatnonzero(rows["year"] == year)
        extra = rng.choice(chosen, int(len(chosen) * parameters["duplicate_share"]))
        damage = rng.choice(chosen, 8 * parameters["damage"])
        at = np.concatenate([chosen, extra, damage])
        kind = np.concatenate(
            [np.zeros(len(chosen)), np.ones(len(extra)), 2 + np.arange(len(damage)) % 8]
        ).astype(int)
        order = np.lexsort((kind, rows["start"][at], rows["unit"][at]))
        yield folder / NAME.format(year), [_sheet(rows, at[order], kind[order], year, texts, units, rng)]


def _sheet(rows, at, kind, year, texts, units, rng):
    n = len(at)
    unit = rows["unit"][at]
    wording, merged = _merged_units(unit, kind, units, rng, top=3)
    department = np.array(DEPARTMENTS, dtype=object)[rows["department"][at]]
    level = np.array(LEVELS, dtype=object)[rows["level"][at]]
    label, name = (
        rows["label"][at].copy(),
        np.array(["专项工作组", "年度例行", "来我镇开展工作"], dtype=object),
    )
    title = level + department + name[rng.integers(0, 3, n)] + label
    identifier = rows["id"][at].copy()
    damaged = np.flatnonzero(kind >= 2)
    identifier[damaged] = [f"JD{year}{i:03d}" for i in range(len(damaged))]
    start = texts.mixed(rng, rows["start"][at], rows["precise"][at])
    label[kind == 2], label[kind == 3] = "", "联合行动"
    start[kind == 4], start[kind == 5], start[kind == 6] = "上旬", "", "2087年3月1日"
    label[kind == 7] = "回头看"
    start[kind == 8], wording[kind == 9] = "月底", "不详单位"

    flags = rows["flags"][at]
    columns = [
        xlsx.numbers(np.arange(1, n + 1)),
        xlsx.texts(wording),
        xlsx.texts(identifier),
        xlsx.texts(title),
        xlsx.texts(label),
        xlsx.texts(rows["mode"][at]),
        xlsx.texts(level + department),
        xlsx.texts(level),
        _times(start, rows["start"][at], rows["precise"][at] & (kind < 2), rng),
        _times(
            texts.mixed(rng, rows["end"][at], rows["end_precise"][at]),
            rows["end"][at],
            rows["end_precise"][at],
            rng,
        ),  # fmt: skip
        *(xlsx.texts(yes_no(flags[:, j])) for j in range(FLAGS)),
        *(xlsx.numbers(rows[name][at]) for name in ("hours", "photos", "items")),
        *(xlsx.dates(rows[name][at]) for name in ("day", "recorded")),
        xlsx.texts([SYNTHETIC] * n),
    ]
    width = len(columns)
    top = [[f"{year}年检查调研活动登记表（{SYNTHETIC}）", *[""] * (width - 1)], UPPER, LOWER]
    bottom = [["填表人：赵某某", *[""] * (width - 1)]]
    heads = [(1, left, 1, right) for left, right in SPANS]
    inside = {c for left, right in SPANS for c in range(left, right + 1)}
    heads += [(1, c, 2, c) for c in range(width) if c not in inside]
    merged = [(0, 0, 0, width - 1), *heads, *merged, (n + 3, 0, n + 3, width - 1)]
    return xlsx.Sheet("登记表", top, columns, bottom, merged)


def _times(texts, moments, precise, rng):
    """A third of the clock times are real dates, some are bare serial numbers, the rest text."""
    cells = xlsx.texts(texts)
    form = rng.random(len(texts))
    real = precise & (form < 0.35)
    cells[real] = xlsx.numbers(xlsx.serials(moments[real]), xlsx.TIME)
    bare = precise & (form > 0.96)
    cells[bare] = xlsx.numbers(xlsx.serials(moments[bare]))
    return cells


def _merged_units(unit, kind, units, rng, top):
    """Wording of the unit in the first row of each run, and the merged ranges; damaged rows stand alone."""
    n = len(unit)
    wording = units(rng, unit)
    alone = kind == 9
    new = np.r_[True, (unit[1:] != unit[:-1]) | alone[1:] | alone[:-1]]
    run = np.cumsum(new) - 1
    start = np.flatnonzero(new)
    within = np.arange(n) - start[run]
    new |= within % BLOCK == 0
    first = np.flatnonzero(new)
    last = np.r_[first[1:], n] - 1
    text = np.full(n, "", dtype=object)
    text[first] = wording[first]
    return text, [(a + top, 1, b + top, 1) for a, b in zip(first, last, strict=True) if b > a]
