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
from jianfu.core.errors import NotEstimable
from jianfu.core.reasons import write_reasons
from jianfu.models.reasons import because
from jianfu.scenarios import projection
from jianfu.scenarios.asking import Opened, changed
from jianfu.scenarios.effects import (
    ALL,
    EXITS,
    drawn_changes,
    drawn_exits,
    interval,
    logged_months,
    refusal,
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
COLUMNS += ["per_touched", "outside_support", "frontier", "on_frontier", "behind", "reasons"]


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
    """Combinations (:data:`COLUMNS`) of at most ``measures`` scenarios, most exits avoided first; then single measures
    that cannot be combined, with ``reasons``.

    fewer: largest share of records touched (None = any). Only scenarios of single measures that edit rows of columns
    which the province has, move a term of the models and stay within support are combined. touched: share of the
    records of the edited tables that are dropped or changed; per_touched: exits avoided per per cent of them.
    """
    found, refused = {}, {}
    kept = [scenario for scenario in scenarios if scenario.edits and not scenario.package]
    drawn = drawn_exits(opened.before, opened.models, opened.seed)
    for n in range(1, measures + 1):
        for parts in combinations(kept, n):
            asked = combined(parts)
            logs.passing("asking_scenario", name=asked.id)
            values, why = _projected(opened, asked, drawn)
            if why is None and fewer is not None and values[0] > fewer:
                why = because("beyond_budget", share=values[0], most=fewer)
            if why is None:
                found[asked.id] = (n, *values)
            elif n == 1:
                refused[asked.id] = why
        kept = [scenario for scenario in kept if scenario.id in found] if n == 1 else kept
    rows = sorted(_described(found), key=lambda row: (-row[COLUMNS.index(EXITS)], row[0]))
    return pd.DataFrame([*rows, *_named(refused)], columns=COLUMNS)


def _described(found):
    """Rows of the combinations ``found`` {id: n, records touched, exits, burnout, share outside support, events}."""
    if not found:
        return
    touched = np.array([values[1] for values in found.values()])
    on = frontier(touched, np.stack([values[2] for values in found.values()], axis=-1))
    for k, (name, (n, share, exits, burnout, outside, events)) in enumerate(found.items()):
        per = exits[0] / (100 * share) if share > 0 else np.nan
        intervals = (*interval(exits), *interval(burnout))
        certain = (bool(on[0, k]), on[1:, k].mean())
        yield name, n, share, *intervals, per, outside, *certain, events, write_reasons([])


def _named(refused):
    """Rows of the measures that were ``refused`` {id: reason}."""
    for name, why in refused.items():
        yield name, 1, *[np.nan] * 9, False, np.nan, 0, write_reasons([why])


def _projected(opened, asked, drawn):
    """Records touched, exits avoided and burnout (draws,), share outside support and events of a combination, or None
    and why nothing is projected."""
    if lacking := opened.rows.lacking(asked):
        return None, because("lacks_columns", columns=lacking)
    try:
        before, (after, _), models = opened.before, changed(opened, asked), opened.models
        logged = logged_months(before, opened.frame)
        outside = projection.outside_support(before, after, logged)
        if why := refusal(before, after, models, outside, logged):
            return None, why
        exits, outcomes = drawn_changes(before, after, models, drawn, opened.seed)
        if not exits or OUTCOME not in outcomes:
            return None, because("no_projection_model")
        events = int(models.predictors["exits"].model.events.sum())
        return (opened.rows.touched(asked), exits[ALL], outcomes[OUTCOME], outside, events), None
    except NotEstimable as error:
        return None, error.reason
