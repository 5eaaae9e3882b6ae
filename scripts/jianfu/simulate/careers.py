"""The month loop: exits, secondments, transfers and hires, with the exact probabilities that were used."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.simulate.persons import hire_into

ABSENT, ON_POST, SECONDED, GONE = range(4)
TENURE_EDGES = (12, 36, 60, 120)  # months at the post
EXIT_TYPES = ("", "辞职", "遴选", "考录", "调出", "借调", "退休", "死亡", "开除", "组织选派", "乡镇间调动")
DESTINATIONS = ("", "乡", "县", "市", "省", "国家", "其他")


@dataclass(frozen=True)
class Careers:
    """What happened: spells and moves (one row each, slots instead of persons), risk sets, headcounts."""

    spells: pd.DataFrame  # slot, unit, on_post, start, end, exit_type, destination
    risk: pd.DataFrame  # slot, unit, t, p_voluntary, p_retire, p_observed (see MonthLoop.hazard)
    headcount: np.ndarray  # units x months: on post at the end of the previous month
    exposure: np.ndarray  # units x months: the OD exposure that entered the hazards
    recruits: tuple[np.ndarray, ...]  # units of those hired in each month
    left: np.ndarray  # units x months: voluntary exits


def _month_number(dates):
    return dates.astype("M8[M]").astype(int)


def _pick(uniform, shares):
    """Index drawn by ``shares`` from uniform numbers."""
    return np.searchsorted(np.cumsum(shares)[:-1] / sum(shares), uniform, side="right")


class MonthLoop:
    """One run through the months on a copy of the persons; the uniform numbers are the same in every run."""

    def __init__(
        self, parameters, structure, months, persons, streams, exposure, unobserved, felt, recruits=None
    ):
        """``felt``: units x months, log hazard through burnout and meaning; ``recruits``: of another run
        (:class:`Careers`), hired here alike, None = vacancies are filled."""
        self.people, self.exits = parameters["people"], parameters["exits"]
        self.structure, self.months, self.persons = structure, months, persons
        self.exposure_at, self.unobserved, self.felt = exposure, unobserved, felt
        slots = len(persons.male)
        shape = (len(months), slots)
        self.leave = streams("leaving").random(shape)
        self.other = streams("other moves").random(shape)
        self.day = streams("days of moves").random(shape)
        self.kind = streams("kinds of exits").random((3, slots))
        self.fill = streams("hires")
        self.detour = streams("exits by way of a secondment").random((2, slots))
        self.gone_at = np.full(slots, -1)  # month in which a secondment ends in a transfer
        self.given, self.recruits, self.left = recruits, [], []
        self.spells, self.risk = [], []
        self.status = np.where(np.arange(slots) < persons.stock, ON_POST, ABSENT)
        self.start = persons.post.copy()
        self.next_slot = persons.stock
        self.second_before_window(streams("seconded at the start"))

    def second_before_window(self, rng):
        """Stationary share of the stock is away on secondment when the window opens."""
        slots = np.flatnonzero(rng.random(self.persons.stock) < self.people["seconded_out"])
        away = rng.exponential(self.people["secondment_months"] * 30.4, len(slots)).astype(int) % 500 + 15
        dates = self.months.first[0] - away
        slots, dates = slots[self.start[slots] < dates], dates[self.start[slots] < dates]
        self.close(slots, dates, "借调", self.destination(slots, 2))
        self.status[slots], self.start[slots] = SECONDED, dates + 1

    def destination(self, slots, row):
        """Level of destination, by the shares of the parameters."""
        options = list(self.exits["destinations"])
        drawn = _pick(self.kind[row, slots], list(self.exits["destinations"].values()))
        return np.array([DESTINATIONS.index(o) for o in options])[drawn]

    def close(self, slots, dates, kind, destination):
        """End the open spell of each slot on its date; ``kind`` and ``destination`` are single or one per slot."""
        code = EXIT_TYPES.index(kind) if isinstance(kind, str) else kind
        self.spells.append(
            {
                "slot": slots,
                "unit": self.persons.unit[slots],
                "on_post": self.status[slots] == ON_POST,
                "start": self.start[slots],
                "end": dates,
                "exit_type": np.broadcast_to(code, slots.shape),
                "destination": np.broadcast_to(destination, slots.shape),
            }
        )

    def hazard(self, t, slots, exposure):
        """Probability of a voluntary exit (complementary log-log) of persons on the post, and what it would be without
        anything unobserved."""
        persons, own = self.persons, self.exits
        month = _month_number(self.months.first[t])
        cohort = persons.cohort[slots]
        base = np.log(np.array(list(own["yearly"].values())) / 12)[cohort]
        tenure = np.digitize(month - _month_number(persons.post[slots]), TENURE_EDGES)
        lock = _month_number(persons.lock_until[slots])  # NaT counts as long past
        unit = persons.unit[slots]
        slope = own["overload"] + own["overload_90s"] * (cohort == 2)
        predictor = base + np.array(own["tenure"])[tenure] + own["season"][self.months.month[t] - 1]
        predictor += np.log(own["lock"]) * (lock >= month) + slope * exposure[unit]
        predictor += own["after_lock"] * ((lock < month) & (lock >= month - 12)) + self.felt[unit, t]
        hidden = self.unobserved.exits[unit, t] + self.unobserved.exits_90s[unit, t] * (cohort == 2)
        return -np.expm1(-np.exp(predictor + hidden)), -np.expm1(-np.exp(predictor))

    def retirement(self, t, slots):
        """Probability of retiring: by age alone."""
        own, persons = self.people["retirement"], self.persons
        limit = np.where(persons.male[slots], own["male"], own["female"]) * 12
        age = _month_number(self.months.first[t]) - _month_number(persons.birth[slots])
        return np.select([age >= limit, age >= limit - 60], [own["at_limit"], own["early"]], 0.0)

    def dates(self, t, slots):
        """Days within month t; never its last one, so that what starts the day after starts in the same month."""
        return self.months.first[t] + (self.day[t, slots] * (self.months.days[t] - 1)).astype(int)

    def step(self, t):
        """All moves of month t; the risk set are the persons on the post at the end of month t-1."""
        slots = np.flatnonzero(self.status == ON_POST)
        unit = self.persons.unit[slots]
        headcount = np.bincount(unit, minlength=len(self.structure.codes))
        exposure = self.exposure_at(t, headcount)
        (p_voluntary, p_observed), p_retire = self.hazard(t, slots, exposure), self.retirement(t, slots)
        self.risk.append(
            {
                "slot": slots,
                "unit": unit,
                "p_voluntary": p_voluntary,
                "p_retire": p_retire,
                "p_observed": p_observed,
            }
        )
        uniform = self.leave[t, slots]
        retired, left = slots[uniform < p_retire], slots[uniform > 1 - p_voluntary]
        self.leave_for_good(t, *self.transferred(t))
        returning = np.flatnonzero((self.status == SECONDED) & (self.gone_at < 0))
        returning = returning[self.other[t, returning] < 1 / self.people["secondment_months"]]
        returning = returning[_month_number(self.start[returning]) < _month_number(self.months.first[t])]
        staying = slots[(uniform >= p_retire) & (uniform <= 1 - p_voluntary)]
        self.leave_for_good(t, retired, "退休", 0)
        self.leave_voluntarily(t, left)
        self.left.append(np.bincount(self.persons.unit[left], minlength=len(headcount)))
        self.other_moves(t, staying)
        self.come_back(t, returning)
        self.hire(t)
        return headcount, exposure

    def leave_for_good(self, t, slots, kind, destination):
        self.close(slots, self.dates(t, slots), kind, destination)
        self.status[slots] = GONE

    def leave_voluntarily(self, t, slots):
        types = self.exits["types"]
        kind = np.array([EXIT_TYPES.index(k) for k in types])[
            _pick(self.kind[0, slots], list(types.values()))
        ]
        outside = kind == EXIT_TYPES.index("辞职")
        destination = np.where(outside, DESTINATIONS.index("其他"), self.destination(slots, 1))
        away = (self.detour[0, slots] < self.exits["via_secondment"]["share"]) & ~outside
        self.leave_for_good(t, slots[~away], kind[~away], destination[~away])
        first, last = self.exits["via_secondment"]["months"]
        self.gone_at[slots[away]] = t + first + (self.detour[1, slots[away]] * (last - first + 1)).astype(int)
        self.second(t, slots[away])

    def transferred(self, t):
        """Persons whose secondment ends in a transfer in month t, with kind and destination."""
        slots = np.flatnonzero(self.gone_at == t)
        types = {kind: share for kind, share in self.exits["types"].items() if kind != "辞职"}
        kind = _pick(self.kind[0, slots], list(types.values()))
        return slots, np.array([EXIT_TYPES.index(k) for k in types])[kind], self.destination(slots, 1)

    def second(self, t, slots):
        """Persons leave the post on secondment, most of them to return."""
        dates = self.dates(t, slots)
        self.close(slots, dates, "借调", self.destination(slots, 2))
        self.status[slots], self.start[slots] = SECONDED, dates + 1

    def other_moves(self, t, slots):
        """Secondment, transfer between townships, dispatch, death, dismissal of those who stay otherwise."""
        own = self.people
        share = own["seconded_out"]
        second = share / (1 - share) / own["secondment_months"]
        rates = np.cumsum([second, *own["competing"].values()])
        kinds = ["secondment", *own["competing"], "none"]
        move = np.searchsorted(rates, self.other[t, slots], side="right")

        def moving(kind):
            return slots[move == kinds.index(kind)]

        self.leave_for_good(t, moving("death"), "死亡", 0)
        self.leave_for_good(t, moving("dismissal"), "开除", 0)
        dispatched = moving("dispatch")
        self.leave_for_good(t, dispatched, "组织选派", self.destination(dispatched, 2))
        self.second(t, moving("secondment"))
        self.transfer(t, moving("transfer"))

    def transfer(self, t, slots):
        """To another unit of the same county."""
        persons, county = self.persons, self.structure.county
        dates = self.dates(t, slots)
        self.close(slots, dates, "乡镇间调动", DESTINATIONS.index("乡"))
        for slot in slots:
            others = np.flatnonzero(county == county[persons.unit[slot]])
            others = others[others != persons.unit[slot]]
            persons.unit[slot] = others[int(self.kind[2, slot] * len(others))]
        self.start[slots] = persons.post[slots] = dates + 1

    def come_back(self, t, slots):
        """End of a secondment: the off-post state ends the day before the return."""
        dates = self.dates(t, slots)
        self.close(slots, dates - 1, "", 0)
        self.status[slots], self.start[slots] = ON_POST, dates

    def hire(self, t):
        """Those hired in month t; they are at risk from the next month on."""
        unit = self.filled(t) if self.given is None else self.given[t]
        self.recruits.append(unit)
        slots = np.arange(self.next_slot, self.next_slot + len(unit))
        dates = self.dates(t, slots)
        hire_into(self.persons, slots, unit, dates, self.people["service_years"])
        self.status[slots], self.start[slots] = ON_POST, dates
        self.next_slot += len(unit)

    def filled(self, t):
        """Units (one per person) in which a share of the vacancies is filled."""
        on_books = np.isin(self.status, (ON_POST, SECONDED))
        staff = np.bincount(self.persons.unit[on_books], minlength=len(self.structure.staff))
        vacant = np.maximum(self.structure.staff - staff, 0)
        number = self.fill.binomial(vacant, self.people["refill"][self.months.month[t] - 1])
        return np.repeat(np.arange(len(number)), number)[: len(self.status) - self.next_slot]

    def run(self, n_months):
        """The first ``n_months`` months; returns :class:`Careers`."""
        results = [self.step(t) for t in range(n_months)]
        open_slots = np.flatnonzero(np.isin(self.status, (ON_POST, SECONDED)))
        self.close(open_slots, np.full(len(open_slots), np.datetime64("NaT"), "M8[D]"), "", 0)
        sizes = [len(part["slot"]) for part in self.risk]
        risk = pd.DataFrame(_stack(self.risk)).assign(t=np.repeat(np.arange(len(sizes)), sizes))
        return Careers(
            pd.DataFrame(_stack(self.spells)),
            risk,
            np.stack([headcount for headcount, _ in results], axis=1),
            np.stack([exposure for _, exposure in results], axis=1),
            tuple(self.recruits),
            np.stack(self.left, axis=1),
        )


def _stack(parts):
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
