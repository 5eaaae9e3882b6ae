"""What the fitted models project from a changed burden: exits month by month, headcount, and survey outcomes.

Exits follow the parametric g-formula (Robins 1986; Hernan and Robins 2020, chapter 21) in expected numbers: a lower
hazard keeps people, who raise the headcount, which lowers the load per head of the months that follow. The baseline is
what the model expects under the burden as it was, so that a scenario that changes nothing gives exactly zero. Every
number assumes no unmeasured confounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jianfu.scenarios.burden import Burden

YEAR = 12
AT_ONCE = 50  # draws, so that a month of a province fits into the memory of the processor


@dataclass(frozen=True)
class Staff:
    """Persons at risk: ``at_risk`` and ``hazard`` (units, months, groups) per month, ``headcount`` (units, months) at
    the end of the month before, ``net`` (units, groups) those who come less those who go otherwise, a month."""

    at_risk: np.ndarray
    hazard: np.ndarray
    headcount: np.ndarray
    net: np.ndarray


@dataclass(frozen=True)
class Drawn:
    """What the models say in each draw, the first at their estimates. effects: (draws, groups, indices) of the log
    hazard per SD of exposure; risks: (draws, groups, units) ratios of the risk without change to the fitted one."""

    effects: np.ndarray
    risks: np.ndarray

    def some(self, first: int) -> "Drawn":
        """:data:`AT_ONCE` draws from ``first`` on."""
        own = slice(first, first + AT_ONCE)
        return Drawn(self.effects[own], self.risks[own])


@dataclass(frozen=True)
class Path:
    """Exits avoided (draws, groups) over the months, persons more than without the change (draws, groups) at the end,
    and the mean change of the logarithm of the headcount (units, months)."""

    avoided: np.ndarray
    stayed: np.ndarray
    raised: np.ndarray


def changed_hazard(hazard: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Monthly hazard where the cumulative one is ``ratio`` times as large: 1 - (1 - h)^ratio."""
    return -np.expm1(ratio * np.log1p(-hazard))


def drawn_risks(staff: Staff, draws: int, seed: int) -> np.ndarray:
    """Ratios (1 + draws, groups, units) of the risk without change to the fitted one, the first of them one.

    The fitted exits of a unit and group add up to about those that there were, a count with the spread of a Poisson
    variable: the ratios are gamma with mean one and this count as shape.
    """
    exits = (staff.at_risk * staff.hazard).sum(axis=1).T
    ratios = np.ones((1 + draws, *exits.shape))
    drawn = np.random.default_rng([seed, 1]).gamma(exits, size=ratios[1:].shape)
    np.divide(drawn, exits, out=ratios[1:], where=exits > 0)
    return ratios


def shrunken(events: np.ndarray, at_risk: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Monthly hazard (units,) of each unit from its own and its group's events: (events + k r) / (at risk + k).

    events, at_risk: (units,) sums; groups: (units,) codes of the county; r: hazard of the group; k: mean person-months
    of its units, the weight of the group (empirical Bayes with a gamma prior that counts as one unit).
    """
    sums = [np.bincount(groups, values) for values in (events, at_risk)]
    size = np.bincount(groups)
    rate = np.divide(sums[0], sums[1], out=np.zeros(len(size)), where=sums[1] > 0)[groups]
    weight = (sums[1] / size)[groups]
    return np.divide(events + weight * rate, at_risk + weight, out=np.zeros(len(events)), where=weight > 0)


def through_window(before: Burden, after: Burden, staff: Staff, drawn: Drawn) -> Path:
    """Exits over the observed months under the burden ``after`` instead of ``before``.

    Where an exposure is unknown nothing changes.
    """
    old = before.exposures(before.levels)
    direct = np.nan_to_num(after.exposures(after.levels) - old)
    scale = _per_level(after)
    window = (after.spec.before.first, after.spec.before.last)
    return _run(staff, direct, after.slopes * scale, window, drawn)


def ahead(
    before: Burden, after: Burden, staff: Staff, drawn: Drawn, ends: Sequence[int]
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """{months after the window: (persons more than without the change (draws, groups), persons (groups,) without it)}.

    Burden, hazards and net recruits are those of the last twelve months, by calendar month, in both arms; the headcount
    starts where it is at the end of the window.
    """
    if not ends:
        return {}
    months = max(ends)
    repeated = np.arange(-YEAR, 0)[np.arange(months) % YEAR]
    old = before.exposures(before.levels)
    direct = np.nan_to_num(after.exposures(after.levels) - old)[:, repeated]
    slopes = (after.slopes * _per_level(after))[:, repeated]
    hazard, present = staff.hazard[:, repeated], staff.at_risk[:, -1]
    others = staff.headcount[:, -1] - present.sum(axis=1)
    at_risk = np.empty((len(present), months, present.shape[1]))
    alone = {}
    for t in range(months):
        at_risk[:, t] = present
        present = np.maximum(present * (1 - hazard[:, t]) + staff.net, 0)
        alone[t + 1] = present.sum(axis=0)
    headcount = at_risk.sum(axis=2) + others[:, None]
    future = Staff(at_risk, hazard, headcount, staff.net)
    window = (after.spec.before.first, after.spec.before.last)
    stayed = _run(future, direct, slopes, window, drawn, ends).stayed
    return {end: (stayed[:, k], alone[end]) for k, end in enumerate(ends)}


def _per_level(burden):
    """Change of the exposures (indices,) per point of the index."""
    return np.nan_to_num(1 / burden.moments()[1])


def _run(staff, direct, slopes, window, drawn, ends=()):
    """The g-formula over the months of ``staff``.

    direct: (units, months, indices) change of the exposures by the edit; slopes: the same per unit of the logarithm of
    the headcount, of the month itself; window: the lags (first, last) that an exposure is the mean of; ends: numbers of
    months after which ``stayed`` (draws, ends, groups) is told, none = at the end (draws, groups).
    """
    draws = len(drawn.effects)
    parts = [
        _some(staff, direct, np.nan_to_num(slopes), window, drawn.some(k), ends)
        for k in range(0, draws, AT_ONCE)
    ]
    avoided, stayed, raised = zip(*parts, strict=True)
    return Path(np.concatenate(avoided), np.concatenate(stayed), sum(raised) / draws)


def _some(staff, direct, slopes, window, drawn, ends):
    """Exits avoided, persons who stayed, and the sum over the draws of the change of the logarithm of the headcount.

    Arrays of persons are (draws, groups, units), units last: the months of all of them lie beside each other in memory.
    """
    effects, risks = drawn.effects, drawn.risks
    draws, (units, months, groups), (first, last) = len(effects), staff.at_risk.shape, window
    acting = [j for j in range(effects.shape[2]) if effects[..., j].any()]
    avoided, more = np.zeros((draws, groups)), np.zeros((draws, groups, units))
    path, stayed = np.zeros((units, months)), {}
    recent = []  # what the headcount of the last months changed
    for t in range(months):
        raised = np.log1p(more.sum(axis=1) / np.maximum(staff.headcount[:, t], 1))
        path[:, t] = raised.sum(axis=0)
        recent = [*recent, {j: raised * slopes[:, t, j] for j in acting}][-last - 1 :]
        lagged = recent[-1 - first :: -1]
        shift = np.zeros(more.shape)
        for j in acting:
            looped = sum(month[j] for month in lagged) / len(lagged) if lagged else 0
            shift += (direct[:, t, j] + looped)[..., None, :] * effects[:, :, j, None]
        fitted = staff.hazard[:, t].T
        old, new = changed_hazard(fitted, risks), changed_hazard(fitted, risks * np.exp(shift))
        kept = staff.at_risk[:, t].T * (old - new)
        avoided += (kept - more * new).sum(axis=2)
        more = more * (1 - new) + kept
        stayed[t + 1] = more.sum(axis=2) if t + 1 in ends or t + 1 == months else None
    return avoided, np.stack([stayed[end] for end in ends], axis=1) if ends else stayed[months], path


def outside_support(before: Burden, after: Burden, rows: np.ndarray) -> float:
    """Share of the unit-months ``rows`` (mask) whose changed exposures lie outside what was seen.

    Seen is what lies between the 1st and the 99th percentile of the deviations of the exposures from the mean of their
    unit; a unit-month is outside if any exposure that the scenario changes is.
    """
    old, new = before.exposures(before.levels), after.exposures(after.levels)
    mean = np.nanmean(np.where(rows[..., None], old, np.nan), axis=1, keepdims=True)
    outside = np.zeros(rows.shape, dtype=bool)
    for j in range(old.shape[2]):
        if np.nanmax(np.abs(new[..., j] - old[..., j])[rows], initial=0) > 0:
            low, high = np.nanquantile((old - mean)[..., j][rows], (0.01, 0.99))
            deviation = (new - mean)[..., j]
            outside |= (deviation < low) | (deviation > high)
    return float(outside[rows].mean())
