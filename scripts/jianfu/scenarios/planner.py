"""Which measures of relief go furthest: scenarios and their combinations within a budget, and the frontier of them.

Descriptive: what the models project of packages as a whole (edits made together, never sums of single projections). A
combination is on the frontier if none that touches no more records avoids more exits; all combinations share the draws
of the coefficients, so that the share of draws in which one is on the frontier says how certain that is.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from jianfu.core import logs
from jianfu.scenarios import projection
from jianfu.scenarios.asking import Opened, changed
from jianfu.scenarios.effects import (
    ALL,
    EXITS,
    MOST_OUTSIDE,
    drawn_changes,
    drawn_exits,
    interval,
    logged_months,
    moves,
)
from jianfu.scenarios.plan import Scenario

OUTCOME = "burnout"
COLUMNS = [
    "measures",
    "n",
    "touched",
    EXITS,
    "exits_low",
    "exits_high",
    OUTCOME,
    "burnout_low",
    "burnout_high",
]
COLUMNS += ["per_touched", "outside_support", "frontier", "on_frontier", "behind"]


def combined(scenarios: Sequence[Scenario]) -> Scenario:
    """The scenarios together: their edits one after the other."""
    edits = tuple(edit for scenario in scenarios for edit in scenario.edits)
    needs = tuple(dict.fromkeys(need for scenario in scenarios for need in scenario.needs))
    return Scenario(id="+".join(scenario.id for scenario in scenarios), edits=edits, needs=needs)


def frontier(touched: np.ndarray, gained: np.ndarray) -> np.ndarray:
    """Mask (..., n) of the combinations that none dominates: none touches no more and gains more.

    touched: (n,); gained: (..., n). Of several that touch and gain the same all are on it.
    """
    order = np.argsort(touched, kind="stable")
    best = np.maximum.accumulate(gained[..., order], axis=-1)
    # those that touch equally many are compared with each other, whatever their order
    last = np.searchsorted(touched[order], touched[order], side="right") - 1
    found = np.empty(gained.shape, dtype=bool)
    found[..., order] = (gained[..., order] >= best[..., last]) & (gained[..., order] > 0)
    return found


def relief_plan(
    opened: Opened, scenarios: Sequence[Scenario], *, measures: int, fewer: float | None = None
) -> pd.DataFrame:
    """Combinations (:data:`COLUMNS`) of at most ``measures`` scenarios, most exits avoided first.

    fewer: largest share of records touched (None = any). Only scenarios of single measures that edit rows of columns
    which the province has, move a term of the models and stay within support are combined. touched: share of the
    records of the edited tables that are dropped or changed; per_touched: exits avoided per per cent of them.
    """
    single = [s for s in scenarios if s.edits and not s.package and not opened.rows.lacking(s)]
    found, kept = {}, list(single)
    drawn = drawn_exits(opened.before, opened.models, opened.seed)
    for n in range(1, measures + 1):
        for parts in combinations(kept, n):
            asked = combined(parts)
            logs.passing("asking_scenario", name=asked.id)
            values = _projected(opened, asked, n, drawn)
            if values is not None and (fewer is None or values[1] <= fewer):
                found[asked.id] = values
        kept = [s for s in kept if s.id in found] if n == 1 else kept
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    touched = np.array([values[1] for values in found.values()])
    exits = np.stack([values[2] for values in found.values()], axis=-1)
    on = frontier(touched, exits)
    rows = []
    for k, (name, (n, share, avoided, outcome, outside, behind)) in enumerate(found.items()):
        per = avoided[0] / (100 * share) if share > 0 else np.nan
        rows.append(
            (
                name,
                n,
                share,
                *interval(avoided),
                *interval(outcome),
                per,
                outside,
                bool(on[0, k]),
                on[1:, k].mean(),
                behind,
            )
        )
    return pd.DataFrame(rows, columns=COLUMNS).sort_values([EXITS, "measures"], ascending=[False, True])


def _projected(opened, asked, n, drawn):
    """n, records touched, exits avoided and burnout (draws,), share outside support and events of a combination; None
    where nothing can be projected."""
    before, after = opened.before, changed(opened, asked)
    logged = logged_months(before, opened.frame)
    outside = projection.outside_support(before, after, logged)
    if outside > MOST_OUTSIDE or not moves(before, after, opened.models.indices, logged):
        return None
    exits, outcomes = drawn_changes(before, after, opened.models, drawn, opened.seed)
    if not exits or OUTCOME not in outcomes:
        return None
    events = int(opened.models.predictors["exits"].model.events.sum())
    return n, opened.rows.touched(asked), exits[ALL], outcomes[OUTCOME], outside, events
