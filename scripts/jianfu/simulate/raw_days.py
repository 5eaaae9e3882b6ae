"""App use by day as yearly CSV files: days on which a unit did anything in any app, with how often."""

import numpy as np

from jianfu.simulate.allocate import Groups, split
from jianfu.simulate.raw_text import SYNTHETIC, count_texts, csv_bytes
from jianfu.simulate.structure import is_workday

NAME = "政务应用日报_{year}年.csv"
HEADINGS = ["统计日期", "所属县区", "单位名称", "操作次数", "备注"]
DAMAGE = ((3, ""), (3, "较多"), (2, "外省某镇"), (0, "近期"))  # column and what stands there


def build_day_rows(detail, worked, streams):
    """Actions by unit and day (dict of arrays unit, date, count), ordered by date: those of working days and those of
    rest days add up to the counts of the month.

    worked: expected share of the rest days with any action, per share of the actions that fall on them.
    """
    counts, months = detail.counts, detail.months
    rng = streams("app days")
    days = months.first[0] + np.arange(months.days.sum())
    month = np.repeat(np.arange(len(months)), months.days)
    rest = np.array([not is_workday(day) for day in days])
    logged = np.flatnonzero(counts.app_logged.ravel())
    total, off = counts.actions.sum(axis=-1).ravel()[logged], counts.rest_day.ravel()[logged]
    t = logged % len(months)
    number = rng.binomial(months.rest_days[t], np.minimum(worked * off / np.maximum(total, 1), 1.0))
    number = np.where(off > 0, np.maximum(number, 1), 0)
    parts = []
    for kind, sums, chosen in ((False, total - off, months.workdays[t]), (True, off, number)):
        own = np.flatnonzero(rest == kind)
        first = np.searchsorted(month[own], np.arange(len(months)))
        groups = Groups((months.rest_days if kind else months.workdays)[t])
        kept = groups.mark(rng, chosen)
        date = days[own[first[t][groups.of] + groups.position]]
        weights = (0.3 + rng.random(len(date)))[kept]
        of = groups.of[kept]
        parts.append((logged[of] // len(months), date[kept], split(weights, of, sums)))
    unit, date, count = map(np.concatenate, zip(*parts, strict=True))
    order = np.lexsort((unit, date))
    order = order[count[order] > 0]
    return {"unit": unit[order], "date": date[order], "count": count[order]}


def write_days(rows, structure, texts, units, parameters, folder, streams):
    """One file per year, in UTF-8 with a byte order mark; some rows twice, some with one cell that cannot be read."""
    year = rows["date"].astype("M8[Y]").astype(int) + 1970
    for name in np.unique(year):
        rng = streams(f"app day file {name}")
        chosen = np.flatnonzero(year == name)
        extra = rng.choice(chosen, int(len(chosen) * parameters["duplicate_share"]))
        at = np.sort(np.r_[chosen, extra])
        columns = _columns(rows, at, structure, texts, units, rng)
        bad = np.repeat(rng.choice(chosen, parameters["damage"]), len(DAMAGE))
        made = _columns(rows, bad, structure, texts, units, rng)
        for place in range(len(bad)):
            column, text = DAMAGE[place % len(DAMAGE)]
            made[column][place] = text
        where = np.sort(rng.integers(0, len(at) + 1, len(bad)))
        columns = [
            np.r_[[head], np.insert(c, where, b)] for head, c, b in zip(HEADINGS, columns, made, strict=True)
        ]
        (folder / NAME.format(year=name)).write_bytes(csv_bytes(columns, "utf-8-sig"))


def _columns(rows, at, structure, texts, units, rng):
    unit = rows["unit"][at]
    return [
        texts.day(rng, rows["date"][at], ("iso", "slash"), (0.8, 0.2)),
        np.array(structure.county_names, dtype=object)[structure.county[unit]],
        units(rng, unit),
        count_texts(rng, rows["count"][at], measure="次"),
        np.full(len(at), SYNTHETIC, dtype=object),
    ]
