"""Rows of the task log, allocated so that their counts are exactly those of the draw."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.simulate.allocate import Groups
from jianfu.simulate.counts import ARTEFACTS, TIMING, in_chains
from jianfu.simulate.structure import is_workday

LEVELS = ("县", "市", "省", "国家")
LEVEL_SHARES = (0.66, 0.24, 0.09, 0.01)
DEPARTMENTS = ("农业农村局", "生态环境局", "应急管理局", "民政局", "卫生健康委", "信访局", "政法委", "组织部", "宣传部",
               "住建局", "自然资源局", "医保局", "数据局", "乡村振兴局", "教体局", "水利局")  # fmt: skip
TOPICS = ("秸秆禁烧", "防返贫监测", "信访维稳", "人居环境", "医保征缴", "反诈宣传", "数据填报", "耕地保护", "文明创建",
          "招商引资", "防汛抗旱", "安全生产", "减负")  # fmt: skip
VETO_DOMAINS = ("信访", "环保", "秸秆禁烧", "安全生产", "耕地保护", "社会稳定", "意识形态", "防返贫")
FORMAT_REASONS = ("格式不符", "未按模板")
OTHER_REASONS = ("数据有误", "材料不全", "缺少照片")
DAY, EMERGENCY, REST_EVE, SHORT, ORDINARY = range(len(TIMING))
MORNING, NOON, AFTERNOON, EVENING = 8 * 60 + 30, 12 * 60, 14 * 60, 18 * 60
MAX_SLACK = 15  # working days that an ordinary task may take


@dataclass(frozen=True)
class WorkDays:
    """Working days around the window; positions count working days from the first of the window."""

    days: np.ndarray  # all working days from the first month on
    first: np.ndarray  # per month: position of its first working day
    number: np.ndarray  # per month: number of working days
    followed: np.ndarray  # per working day: the next calendar day is a working day too
    eves: list  # per month: (eve, first working day after the rest period), both within the month


def work_days(months):
    """:class:`WorkDays` of the window and the two months behind it."""
    last = months.first[-1] + months.days[-1] + 62
    every = np.arange(months.first[0], last)
    works = np.array([is_workday(day) for day in every])
    days = every[works]
    gap = np.diff(days).astype(int)
    first = np.searchsorted(days, months.first)
    eves = []
    for t in range(len(months)):
        span = np.arange(first[t], first[t] + months.workdays[t] - 1)
        span = span[gap[span] > 1]
        eves.append(np.stack([days[span], days[span + 1]], axis=1))
    return WorkDays(days, first, months.workdays, np.r_[gap == 1, False], eves)


@dataclass(frozen=True)
class TaskRows:
    """One value per task; times are numpy minutes. ``precise``: issue and due have a clock time."""

    unit: np.ndarray
    t: np.ndarray
    issue: np.ndarray
    due: np.ndarray
    done: np.ndarray
    precise: np.ndarray
    done_precise: np.ndarray
    flags: dict
    artefacts: np.ndarray
    items: np.ndarray
    category: np.ndarray
    returns: np.ndarray
    reason: np.ndarray
    level: np.ndarray
    target: np.ndarray  # NaN = none
    indicator: np.ndarray  # '' = none
    task_id: np.ndarray
    parent_id: np.ndarray
    timing: np.ndarray  # class, position in TIMING

    def parents(self):
        """Row of each row's parent; -1 = none."""
        found = np.full(len(self.parent_id), -1)
        child = np.flatnonzero(self.parent_id != "")
        tasks, parents = (pd.Index(ids, dtype=object) for ids in (self.task_id, self.parent_id[child]))
        found[child] = tasks.get_indexer(parents)
        return found


def build_task_rows(detail, streams, extraction, before=0):
    """All tasks of the logged unit-months, ordered by month and time of issue; ``before``: tasks of other parts."""
    counts, months = detail.counts, detail.months
    unit_month = np.flatnonzero(counts.logged.ravel())
    groups = Groups(counts.tasks.ravel()[unit_month])
    t = (unit_month % len(months))[groups.of]
    unit = (unit_month // len(months))[groups.of]
    pairs = in_chains(counts.chains, counts.tasks.shape).ravel()[unit_month]
    chained = groups.position < 2 * pairs[groups.of]
    chain = _chain_of(counts.chains, counts.logged, groups, pairs)

    def of(array):
        return array.reshape(-1, *array.shape[2:])[unit_month]

    flags = _flags(counts, groups, chained, of, streams)
    timing = _classes(of(counts.timing), groups, pairs, streams("task classes"))
    issue, due = _times(timing, t, flags["veto"], chain, counts.chains, months, streams("task times"))
    rng = streams("task completion")
    precise = timing != DAY
    flags["emergency"] = timing == EMERGENCY
    done_precise = precise & (rng.random(len(t)) < 0.8)
    done = _completion(issue, due, flags["late"], done_precise, rng)
    done[done.astype("M8[D]") > np.datetime64(extraction, "D")] = np.datetime64("NaT")
    artefacts = _artefacts(
        of(counts.artefacts), groups, pairs, chain, counts.chains, streams("task artefacts")
    )
    items = 1 + groups.scatter(streams("task items"), of(counts.items) - groups.sizes)
    category = groups.deal(streams("task categories"), of(counts.categories))
    returns, reason = _returns(flags, streams("task returns"))
    target, indicator = _targets(detail, groups, unit_month, chained, chain, streams("task targets"))
    level = _levels(chain, streams("task levels"))
    order = np.lexsort((issue, t))
    number = np.empty(len(order), dtype=int)
    number[order] = np.arange(len(order))
    task_id = np.array([f"RW{100001 + n}" for n in range(before, before + len(order))], dtype=object)[number]
    parent_id = _parents(task_id, groups, pairs, chain)

    columns = (unit, t, issue, due, done, precise, done_precise)
    flags = {name: flag[order] for name, flag in flags.items()}
    rest = (artefacts, items, category, returns, reason, level, target, indicator, task_id, parent_id, timing)
    return TaskRows(*(c[order] for c in columns), flags, *(c[order] for c in rest))


def veto_domain(rows):
    """Domain of every row, position in :data:`VETO_DOMAINS`; it counts for veto items."""
    return (rows.items + rows.unit) % len(VETO_DOMAINS)


def departments(rows):
    """Department of the issuer of every row, position in :data:`DEPARTMENTS`."""
    return (rows.unit * 7 + rows.items + rows.level * 3) % len(DEPARTMENTS)


def untold(at):
    """Whether the log has no date of completion for the rows ``at``, so that a second export of one says the same."""
    return at % 500 == 77


def told_done(rows):
    """Time of completion as the log tells it: NaT where it was not done yet or the log has no date."""
    return np.where(untold(np.arange(len(rows.done))), np.datetime64("NaT"), rows.done)


def _chain_of(chains, logged, groups, pairs):
    """For every row the place of its pair in the frame of chains, -1 outside; children come first, then parents."""
    kept = np.flatnonzero(logged[chains["unit"], chains["t"]])  # chains stand in the order of unit and month
    first = np.cumsum(pairs) - pairs
    child = groups.position < pairs[groups.of]
    parent = ~child & (groups.position < 2 * pairs[groups.of])
    place = first[groups.of] + np.where(child, groups.position, groups.position - pairs[groups.of])
    member = child | parent
    result = np.full(len(place), -1)
    result[member] = kept[place[member]]
    return np.where(member, result * 2 + parent, -1)


def _flags(counts, groups, chained, of, streams):
    flags = {"veto": groups.mark(streams("task veto"), of(counts.flags["veto"]), ~chained)}
    for name in ("trace_only", "template", "returned", "auto_recorded", "in_plan", "adapted", "late"):
        flags[name] = groups.mark(streams(f"task {name}"), of(counts.flags[name]))
    rng = streams("task format")
    flags["format_returned"] = groups.mark(rng, of(counts.flags["format_returned"]), flags["returned"])
    return flags


def _classes(timing, groups, pairs, rng):
    """Timing class of every row; chain rows (the first of a group) are ordinary."""
    table = timing.copy()
    table[:, ORDINARY] -= 2 * pairs
    rest = Groups(groups.sizes - 2 * pairs)
    classes = np.full(len(groups.of), ORDINARY)
    classes[groups.position >= 2 * pairs[groups.of]] = rest.deal(rng, table)
    return classes


def _office_minute(rng, n):
    """Clock times in office hours, in minutes after midnight."""
    minute = MORNING + (rng.random(n) * (NOON - MORNING + EVENING - AFTERNOON)).astype(int)
    return minute + np.where(minute >= NOON, AFTERNOON - NOON, 0)


def _morning_minute(rng, n):
    return MORNING + rng.integers(0, NOON - MORNING, n)


def _due_minute(rng, n):
    return np.array([NOON, 17 * 60, 17 * 60 + 30, EVENING])[rng.choice(4, n, p=[0.1, 0.2, 0.1, 0.6])]


def _times(timing, t, veto, chain, chains, months, rng):
    """Issue and due time of every task, by timing class; veto items end in their month."""
    calendar = work_days(months)
    n = len(t)
    issue_day, due_day = np.full(n, months.first[0]), np.full(n, months.first[0])
    issue_minute, due_minute = _office_minute(rng, n), _due_minute(rng, n)
    first, number = calendar.first[t], calendar.number[t]
    month_end = months.first[t] + months.days[t] - 1
    uniform, slack = rng.random(n), rng.random(n)

    # Ordinary: at least three working days, so neither short nor rest-eve.
    spread = np.where(veto, number - 3, number)
    place = first + (uniform * spread).astype(int)
    longest = np.where(veto, first + number - 1 - place, MAX_SLACK)
    later = place + 3 + (slack * np.maximum(longest - 2, 1)).astype(int)
    issue_day[:], due_day[:] = calendar.days[place], calendar.days[later]

    # Day precision: any working day, due up to twelve days later.
    at = np.flatnonzero(timing == DAY)
    issue_day[at] = calendar.days[first[at] + (uniform[at] * number[at]).astype(int)]
    due_day[at] = issue_day[at] + (slack[at] * 13).astype(int)
    due_day[at] = np.where(veto[at], np.minimum(due_day[at], month_end[at]), due_day[at])
    issue_minute[at] = due_minute[at] = 0

    # Emergency: any day and hour, due within two days.
    at = np.flatnonzero(timing == EMERGENCY)
    issue_day[at] = months.first[t[at]] + (uniform[at] * (months.days[t[at]] - 3)).astype(int)
    due_day[at] = issue_day[at] + 1 + (slack[at] * 2).astype(int)
    issue_minute[at] = 7 * 60 + rng.integers(0, 15 * 60, len(at))

    # Short: within the day, or from an afternoon to the next noon where that is a working day.
    at = np.flatnonzero(timing == SHORT)
    place = first[at] + (uniform[at] * number[at]).astype(int)
    next_day = (slack[at] < 0.4) & calendar.followed[place] & (place + 1 < first[at] + number[at])
    issue_day[at], due_day[at] = calendar.days[place], calendar.days[place + next_day]
    afternoon = AFTERNOON + rng.integers(0, EVENING - AFTERNOON, len(at))
    issue_minute[at] = np.where(next_day, afternoon, _morning_minute(rng, len(at)))
    due_minute[at] = np.where(next_day, NOON, EVENING)

    # Rest-eve: from 14:00 on the eve, or inside the rest period; due inside it or by noon of the day after.
    at = np.flatnonzero(timing == REST_EVE)
    eve, after = _eves(calendar, t[at], uniform[at])
    inside = slack[at] < 0.15
    rest = (after - eve).astype(int) - 1
    drawn = (rng.random(len(at)) * rest).astype(int)
    issue_day[at] = np.where(inside, eve + 1 + drawn, eve)
    issue_minute[at] = np.where(
        inside, _office_minute(rng, len(at)), AFTERNOON + rng.integers(0, 240, len(at))
    )
    in_rest = (rng.random(len(at)) < 0.2) & ~inside
    due_day[at] = np.where(in_rest, eve + 1 + drawn, after)
    due_minute[at] = np.where(in_rest, EVENING, rng.choice([9 * 60, 10 * 60, NOON], len(at)))

    _chain_times(chain, chains, t, calendar, months, issue_day, due_day, uniform)
    at = np.flatnonzero(chain >= 0)
    issue_minute[at], due_minute[at] = _morning_minute(rng, len(at)), EVENING
    issue = issue_day.astype("M8[m]") + issue_minute
    parents, children = _pairs(chain)
    issue[parents] = np.minimum(issue[parents], issue[children])
    return issue, due_day.astype("M8[m]") + due_minute


def _eves(calendar, t, uniform):
    """A random eve of the month for every row, and the first working day after it."""
    number = np.array([len(eves) for eves in calendar.eves])
    table = np.concatenate(calendar.eves)
    start = np.cumsum(number) - number
    chosen = table[start[t] + (uniform * number[t]).astype(int)]
    return chosen[:, 0], chosen[:, 1]


def _chain_times(chain, chains, t, calendar, months, issue_day, due_day, uniform):
    """Chain tasks take the drawn number of calendar days (both ends counted) and at least two working days more.

    A parent is issued no later than its child.
    """
    at = np.flatnonzero(chain >= 0)
    pair, parent = chain[at] // 2, chain[at] % 2 == 1
    days = np.where(parent, chains["parent_days"].to_numpy()[pair], chains["days"].to_numpy()[pair])
    for month in range(len(months)):
        here = calendar.days[calendar.first[month] : calendar.first[month] + calendar.number[month]]
        of_month = np.flatnonzero(t[at] == month)
        for length in np.unique(days[of_month]):
            worked = np.searchsorted(calendar.days, here + length, side="left") - np.searchsorted(
                calendar.days, here, "right"
            )
            options = here[worked >= 2]
            rows = at[of_month[days[of_month] == length]]
            issue_day[rows] = options[(uniform[rows] * len(options)).astype(int)]
    parents, children = _pairs(chain)
    issue_day[parents] = np.minimum(issue_day[parents], issue_day[children])
    due_day[at] = issue_day[at] + (days - 1)


def _pairs(chain):
    """Rows of the parents and rows of their children, pair by pair."""
    at = np.flatnonzero(chain >= 0)
    at = at[np.argsort(chain[at])]
    return at[1::2], at[::2]


def _completion(issue, due, late, precise, rng):
    """Time of completion: up to the due day, or one to six days behind it where ``late``."""
    issue_day, due_day = issue.astype("M8[D]"), due.astype("M8[D]")
    span = (due_day - issue_day).astype(int) + 1
    n = len(issue)
    day = np.where(
        late, due_day + rng.integers(1, 7, n), issue_day + (rng.random(n) ** 0.7 * span).astype(int)
    )
    minute = _office_minute(rng, n)
    started = (issue - issue_day.astype("M8[m]")).astype(int)
    minute = np.where(day == issue_day, np.minimum(np.maximum(minute, started + 20), 1439), minute)
    return day.astype("M8[m]") + np.where(precise, minute, 0)


def _artefacts(totals, groups, pairs, chain, chains, rng):
    """Artefacts per row and kind; chain tasks have their own number, split into tables and texts."""
    table = np.stack(
        [groups.scatter(rng, totals[:, kind], 2 * pairs) for kind in range(len(ARTEFACTS))], axis=1
    )
    at = np.flatnonzero(chain >= 0)
    pair, parent = chain[at] // 2, chain[at] % 2 == 1
    own = np.where(parent, chains["parent_artefacts"].to_numpy()[pair], chains["artefacts"].to_numpy()[pair])
    table[at, 0], table[at, 1] = own - own // 2, own // 2
    return table


def _returns(flags, rng):
    n = len(flags["returned"])
    number = np.where(flags["returned"], 1 + (rng.random(n) < 0.2), 0)
    formal = np.array(FORMAT_REASONS, dtype=object)[rng.integers(0, len(FORMAT_REASONS), n)]
    other = np.array(OTHER_REASONS, dtype=object)[rng.integers(0, len(OTHER_REASONS), n)]
    reason = np.where(flags["format_returned"], formal, np.where(flags["returned"], other, ""))
    return number, reason.astype(object)


def _targets(detail, groups, unit_month, chained, chain, rng):
    """Target values of chain tasks, and the yearly provincial targets in the first logged month of each year."""
    months, counts = detail.months, detail.counts
    target = np.full(len(groups.of), np.nan)
    indicator = np.full(len(groups.of), "", dtype=object)
    at = np.flatnonzero(chain >= 0)
    pair, parent = chain[at] // 2, chain[at] % 2 == 1
    chains = counts.chains
    target[at] = np.where(parent, chains["parent_target"].to_numpy()[pair], chains["target"].to_numpy()[pair])
    table = detail.targets.sort_values(["unit", "year", "indicator_id"])
    n_kinds = table["indicator_id"].nunique()
    values = table["target"].to_numpy().reshape(-1, n_kinds)
    years = np.unique(months.year)
    unit, t = unit_month // len(months), unit_month % len(months)
    place = unit * len(years) + np.searchsorted(years, months.year[t])
    _, first = np.unique(place, return_index=True)
    chosen = np.zeros(len(unit_month), dtype=bool)
    chosen[first] = True
    rank = groups.rank(rng, chained)
    rows = np.flatnonzero(chosen[groups.of] & (rank < n_kinds))
    target[rows] = values[place[groups.of[rows]], rank[rows]]
    indicator[rows] = np.sort(table["indicator_id"].unique()).astype(object)[rank[rows]]
    return target, indicator


def _levels(chain, rng):
    """Level of the issuer; a parent task comes from one level above its child."""
    level = rng.choice(len(LEVELS), len(chain), p=LEVEL_SHARES)
    at = np.flatnonzero(chain >= 0)
    level[at] = np.where(chain[at] % 2 == 1, 1, 0) + (chain[at] // 2 % 4 == 0)
    return level


def _parents(task_id, groups, pairs, chain):
    """Identifier of the parent task of every child, '' elsewhere."""
    parent_id = np.full(len(task_id), "", dtype=object)
    child = np.flatnonzero((chain >= 0) & (chain % 2 == 0))
    parent_id[child] = task_id[child + pairs[groups.of[child]]]
    return parent_id
