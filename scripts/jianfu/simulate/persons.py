"""Persons: attributes of the opening stock and of all who may be hired, one slot per person.

Slots of the stock come first; the slots after them are filled by hiring in the month loop (:mod:`careers`), which
only then fixes unit, date of hire and what follows from it.
"""

from dataclasses import dataclass

import numpy as np

COHORTS = ("70s", "80s", "90s", "00s")
COHORT_STARTS = (1980, 1990, 2000)
EDUCATION = ("高中及以下", "大专", "本科", "研究生")
EDUCATION_SHARES = {
    "70s": (0.15, 0.45, 0.38, 0.02),
    "80s": (0.04, 0.26, 0.62, 0.08),
    "90s": (0.0, 0.12, 0.74, 0.14),
    "00s": (0.0, 0.10, 0.80, 0.10),
}
ENTRY_ROUTES = {
    "行政": (("省考", "选调生", "定向招录", "军转", "调入"), (0.62, 0.14, 0.10, 0.08, 0.06)),
    "事业": (("事业招聘", "三支一扶", "大学生村官", "调入"), (0.70, 0.12, 0.10, 0.08)),
    "工勤": (("事业招聘", "军转"), (0.7, 0.3)),
    "编外": (("社会招聘",), (1.0,)),
}
LOCKED_ROUTES = ("省考", "选调生", "定向招录", "事业招聘", "三支一扶", "大学生村官")
RANKS = {
    "行政": ("二级科员", "一级科员", "四级主任科员", "三级主任科员", "二级主任科员", "一级主任科员"),
    "事业": ("专技十二级", "专技十一级", "专技十级", "管理九级", "管理八级", "管理七级"),
    "工勤": ("技术工五级", "技术工四级", "技术工三级", "技术工三级", "技术工二级", "技术工二级"),
    "编外": ("无",) * 6,
}
YEAR = 365.25
SPARE_SLOTS = 0.45  # share of the stock kept as slots for hires


@dataclass
class Persons:
    """One value per slot. Dates are numpy days; slots not yet hired hold NaT until the month loop fills them."""

    stock: int
    male: np.ndarray
    bianzhi: np.ndarray
    entry_route: np.ndarray
    leader: np.ndarray
    age_at_hire: np.ndarray  # days, used for hires
    birth: np.ndarray
    hire: np.ndarray
    post: np.ndarray  # start at the present unit
    rank_since: np.ndarray
    rank_step: np.ndarray
    lock_until: np.ndarray
    unit: np.ndarray

    @property
    def cohort(self):
        """Cohort index by year of birth (0 where not hired yet: meaningless there)."""
        return np.digitize(self.birth.astype("M8[Y]").astype(int) + 1970, COHORT_STARTS)


def _choose(rng, options, shares, n):
    return np.array(options, dtype=object)[rng.choice(len(options), n, p=np.array(shares) / sum(shares))]


def _routes(rng, bianzhi):
    routes = np.empty(len(bianzhi), dtype=object)
    for kind, (options, shares) in ENTRY_ROUTES.items():
        here = np.flatnonzero(bianzhi == kind)
        routes[here] = _choose(rng, options, shares, len(here))
    return routes


def _births(rng, cohort, male, own, start):
    """Birth days of the stock: uniform within the cohort, nobody beyond the age limit at the start."""
    limit = np.where(male, own["retirement"]["male"], own["retirement"]["female"]) * YEAR
    oldest = start.astype(int) - limit + 20
    youngest = start.astype(int) - 21.5 * YEAR
    edges = [np.datetime64(f"{year}-01-01").astype(int) for year in COHORT_STARTS]
    low = np.select([cohort == 0, cohort == 1, cohort == 2], [oldest, edges[0], edges[1]], edges[2])
    high = np.select([cohort == 0, cohort == 1, cohort == 2], edges, youngest)
    return (low + rng.random(len(cohort)) * (high - low)).astype(int).astype("M8[D]")


def build_persons(parameters, structure, months, streams):
    """Opening stock and empty slots for hires."""
    own = parameters["people"]
    stock = int(structure.staff.sum())
    n = stock + int(stock * SPARE_SLOTS)
    start = months.first[0]
    rng = streams("persons")
    shares = np.array([own["cohorts"][c] for c in COHORTS])
    cohort = rng.choice(4, stock, p=shares / shares.sum())
    male = rng.random(n) < own["male"]
    bianzhi = _choose(rng, list(own["bianzhi"]), list(own["bianzhi"].values()), n)
    routes = _routes(rng, bianzhi)
    birth = np.full(n, np.datetime64("NaT"), "M8[D]")
    birth[:stock] = _births(rng, cohort, male[:stock], own, start)
    age_at_hire = ((22 + 5 * rng.beta(1.6, 2.6, n)) * YEAR).astype(int)

    last = start - 20
    youngest = (20.5 * YEAR * np.ones(n)).astype(int)
    age_now = np.maximum((last - birth).astype(float) - youngest, 1)
    hire = birth + np.minimum(age_at_hire, youngest + (np.nan_to_num(age_now) * rng.random(n)).astype(int))
    span = (last - hire).astype(float)
    stayed = rng.random(n) < 0.6
    post = np.where(stayed, hire, hire + (span * rng.random(n) * 0.8).astype("m8[D]"))
    years = rng.gamma(1.6, 3.2, n)
    rank_since = np.maximum(hire, last - (years * YEAR).astype("m8[D]"))
    career = span / YEAR
    rank_step = np.clip(np.floor(np.nan_to_num(career) / 4 + rng.normal(0, 0.8, n)), 0, 5).astype(int)
    unit = np.full(n, -1)
    unit[:stock] = np.repeat(np.arange(len(structure.staff)), structure.staff)
    persons = Persons(
        stock=stock,
        male=male,
        bianzhi=bianzhi,
        entry_route=routes,
        leader=(rng.random(n) < own["leaders"] / 0.7) & np.isin(bianzhi, ("行政", "事业")),
        age_at_hire=age_at_hire,
        birth=birth,
        hire=hire,
        post=post,
        rank_since=rank_since,
        rank_step=rank_step,
        lock_until=np.full(n, np.datetime64("NaT"), "M8[D]"),
        unit=unit,
    )
    young = (start - persons.birth).astype(float) / YEAR < 30
    persons.leader &= ~young & (np.arange(n) < stock)
    _set_lock(persons, np.arange(stock), own["service_years"])
    return persons


def _set_lock(persons, slots, years):
    """Minimum service after an entry by examination; none for other routes."""
    locked = slots[np.isin(persons.entry_route[slots], LOCKED_ROUTES)]
    persons.lock_until[locked] = persons.hire[locked] + np.timedelta64(round(years * YEAR), "D")


def hire_into(persons, slots, unit, dates, years):
    """Fill ``slots`` with persons hired on ``dates`` into ``unit``."""
    persons.unit[slots] = unit
    persons.hire[slots] = persons.post[slots] = persons.rank_since[slots] = dates
    persons.birth[slots] = dates - persons.age_at_hire[slots].astype("m8[D]")
    persons.rank_step[slots] = 0
    _set_lock(persons, slots, years)
