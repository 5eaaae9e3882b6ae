"""App use as monthly CSV files, in GB18030 and UTF-8 with a byte order mark in turn."""

import numpy as np

from jianfu.simulate.allocate import Groups, split
from jianfu.simulate.counts import ACTIONS
from jianfu.simulate.raw_text import SYNTHETIC, count_texts, csv_bytes, yes_no

NAME = "政务应用统计_{year}{month:02d}.csv"
HEADINGS = ["统计月份", "所属县区", "单位名称", "应用名称", "建设层级", "主管部门", "行为类型", "使用次数",
            "八小时外次数", "节假日次数", "是否必装", "是否与考核挂钩", "备注"]  # fmt: skip
APPS = ("基层治理通", "学习在线", "乡村振兴云", "医保征缴助手", "反诈先锋", "河长巡查", "安全生产通", "网格员之家",
        "政务协同", "信访e通", "民情日记", "防汛预警", "数字乡村", "人居环境随手拍", "党员积分", "禁烧巡查", "林长巡护",
        "帮扶手册", "耕地保护眼", "人社通")  # fmt: skip
OWNERS = ("省", "省", "县", "市", "国家", "县", "市")
DEPARTMENTS = ("政法委", "组织部", "乡村振兴局", "医保局", "政法委", "水利局", "应急管理局", "政法委", "数据局",
               "信访局", "组织部", "水利局", "数据局", "住建局", "组织部", "生态环境局", "自然资源局", "乡村振兴局",
               "自然资源局", "民政局")  # fmt: skip
STEP = 3  # an app has two kinds of actions: five apps cover all seven
TIMED = ("学习在线", "党员积分")  # apps that also count the hours online, under an action type of its own
ONLINE, HOURS_PER_ACTION = "在线时长", (0.1, 0.4)  # range of the hours for each action of the app
DAMAGE = ("missing", "number", "negative", "unit", "category", "month", "conflict", "conflict")


def build_app_rows(detail, streams):
    """All rows of app use of the logged unit-months, ordered by month: dict of arrays."""
    counts, months = detail.counts, detail.months
    unit_month = np.flatnonzero(counts.app_logged.ravel())
    unit_month = unit_month[np.lexsort((unit_month, unit_month % len(months)))]
    rng = streams("app rows")
    mandatory = counts.apps.ravel()[unit_month]
    groups = Groups(2 * (mandatory + rng.integers(0, 3, len(unit_month))))
    unit = unit_month[groups.of] // len(months)
    order = np.argsort(rng.random((len(detail.structure.codes), len(APPS))), axis=1)
    place = groups.position // 2
    action = (place + STEP * (groups.position % 2)) % len(ACTIONS)
    totals = counts.actions.reshape(-1, len(ACTIONS))[unit_month]
    key = groups.of * len(ACTIONS) + action
    by_action = np.argsort(key, kind="stable")
    number = np.empty(len(key), dtype=np.int64)
    number[by_action] = split(0.3 + rng.random(len(key)), key[by_action], totals.ravel())
    whole = {name: getattr(counts, name).ravel()[unit_month] for name in ("off_hours", "rest_day")}
    return {
        "unit": unit,
        "t": unit_month[groups.of] % len(months),
        "app": order[unit, place],
        "action": action,
        "count": number,
        "mandatory": place < mandatory[groups.of],
        **{name: split(number, groups.of, total) for name, total in whole.items()},
    }


def online_rows(rows, streams):
    """Hours online of the apps that count them, of every unit and month with actions of such an app: dict of arrays
    like those of ``rows``, to which they belong and which they leave as they are."""
    timed = np.flatnonzero(np.isin(rows["app"], [APPS.index(name) for name in TIMED]))
    keys = np.stack([rows[name][timed] for name in ("t", "unit", "app")])
    kinds, first, of = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    share = streams("online time").uniform(*HOURS_PER_ACTION, kinds.shape[1])
    hours = np.rint(share * np.bincount(of.ravel(), rows["count"][timed])).astype(np.int64)
    none = np.zeros_like(hours)
    made = {name: values[timed[first]] for name, values in rows.items()}
    return made | {"count": hours, "off_hours": none, "rest_day": none}


def app_owners(app):
    """Level and department behind every app (object array)."""
    return np.array(OWNERS, dtype=object)[app % len(OWNERS)] + np.array(DEPARTMENTS, dtype=object)[app]


def write_apps(rows, structure, months, units, parameters, folder, streams):
    """One file per month; hours online stand below the actions."""
    first = np.searchsorted(rows["t"], np.arange(len(months) + 1))
    online = online_rows(rows, streams)
    for t in range(len(months)):
        rng = streams(f"app file {t}")
        chosen = np.arange(first[t], first[t + 1])
        extra = rng.choice(chosen, int(len(chosen) * parameters["duplicate_share"]))
        at = np.sort(np.r_[chosen, extra])
        columns = _columns(rows, at, structure, months, units, rng)
        damage = rng.choice(chosen, parameters["damage"])
        bad = np.repeat(damage, len(DAMAGE))
        made = _columns(rows, bad, structure, months, units, rng)
        _damage(made, np.tile(DAMAGE, len(damage)))
        where = np.sort(rng.integers(0, len(at) + 1, len(bad)))
        columns = [
            np.r_[[head], np.insert(c, where, b)] for head, c, b in zip(HEADINGS, columns, made, strict=True)
        ]
        timed = np.flatnonzero(online["t"] == t)
        hours = _columns(online, timed, structure, months, units, streams(f"online file {t}"))
        hours[6][:], hours[8][:], hours[9][:] = ONLINE, "", ""
        columns = [np.r_[c, h] for c, h in zip(columns, hours, strict=True)]
        name = NAME.format(year=months.year[t], month=months.month[t])
        (folder / name).write_bytes(csv_bytes(columns, "gb18030" if t % 2 else "utf-8-sig"))


def _columns(rows, at, structure, months, units, rng):
    n = len(at)
    unit, app = rows["unit"][at], rows["app"][at]
    wordings = [f(months.year[t], months.month[t]) for t in np.unique(rows["t"][at]) for f in _MONTHS]
    month = np.array(wordings, dtype=object)[rng.integers(0, max(len(wordings), 1), n)]
    county = np.array(structure.county_names, dtype=object)[structure.county[unit]]
    return [
        month,
        county,
        units(rng, unit),
        np.array(APPS, dtype=object)[app],
        np.array(OWNERS, dtype=object)[app % len(OWNERS)],
        app_owners(app),
        np.array(ACTIONS, dtype=object)[rows["action"][at]],
        count_texts(rng, rows["count"][at], measure="次"),
        count_texts(rng, rows["off_hours"][at], measure="次"),
        count_texts(rng, rows["rest_day"][at], measure="次"),
        yes_no(rows["mandatory"][at]),
        yes_no(app % 5 < 3),
        np.full(n, SYNTHETIC, dtype=object),
    ]


_MONTHS = (
    lambda year, month: f"{year}-{month:02d}",
    lambda year, month: f"{year}年{month}月",
    lambda year, month: f"{year}{month:02d}",
    lambda year, month: f"{year}.{month:02d}",
)


def _damage(columns, kinds):
    """Break one cell of every row; conflicting rows belong to an app that no real row names."""
    month, _, unit, app, _, _, action, number = columns[:8]
    for place, kind in enumerate(kinds):
        if kind == "missing":
            number[place] = ""
        elif kind == "number":
            number[place] = ("若干", "较多", "待统计")[place % 3]
        elif kind == "negative":
            number[place] = "-3"
        elif kind == "unit":
            unit[place] = "外省某镇"
        elif kind == "category":
            action[place] = "摇一摇"
        elif kind == "month":
            month[place] = "近期"
        else:
            first = place - place % 8
            for column in columns[:3]:
                column[place] = column[first + 6]
            app[place], action[place], number[place] = f"测试应用{place // 8}", "打卡", str(place)
