"""Levels of a categorical variable with few persons or events: merged before estimation, by one rule for every model.

A coefficient of a level with few events tells their number (in a maximum-likelihood fit with a dummy the fitted events
of the level are the observed ones). So the smallest level below the threshold is merged with a neighbour until none is
left: the smaller of the two beside it in the order that the plan gives, or, where a level has no place in that order,
the largest level. The merged level has the name of the larger of the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Merging:
    """The rule: levels with fewer than ``least`` persons or events are merged; ``orders``: {variable: [levels]} in
    their natural order, levels that have none left out."""

    least: int = 0
    orders: Mapping[str, Sequence] = field(default_factory=dict)

    def of(self, variable: str, persons: pd.Series, events: pd.Series | None) -> dict:
        """{level: level that stands for it} of the levels that are merged into another one.

        persons, events: by level; without events (None) persons alone decide.
        """
        size = persons if events is None else pd.concat([persons, events], axis=1).min(axis=1)
        order, target = list(self.orders.get(variable, ())), {level: level for level in size.index}
        size = size.to_dict()
        while len(size) > 1 and min(size.values()) < self.least:
            small = min(size, key=lambda level: (size[level], str(level)))
            gone, kept = _pair(small, size, order)
            size[kept] += size.pop(gone)
            order = [level for level in order if level != gone]
            target = {level: kept if now == gone else now for level, now in target.items()}
        return {level: now for level, now in target.items() if now != level}


def _pair(small, size, order):
    """Which level is merged into which, where ``small`` has too few: (gone, kept)."""
    order = [level for level in order if level in size]
    if small not in order or len(order) < 2:
        return small, max(
            (level for level in size if level != small), key=lambda level: (size[level], str(level))
        )
    place = order.index(small)
    beside = order[max(place - 1, 0) : place] + order[place + 1 : place + 2]
    other = min(beside, key=lambda level: (size[level], str(level)))
    return tuple(sorted((small, other), key=lambda level: (size[level], level != small)))
