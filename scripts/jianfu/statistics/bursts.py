"""Do events come in bursts? Dependence over time within units, beyond what a fitted hazard explains.

A shock that lasts some months and moves the hazard of a whole unit makes events of neighbouring months go together,
whether or not it moves the burden too. Given the number of events of a unit, they fall on its months as a multinomial
with the fitted shares if nothing of the kind is there: the reference of the test (a score test of a random effect that
decays from month to month, conditional on the totals as in Lancaster and Lindenhovius).
"""

from dataclasses import dataclass

import numpy as np

AT_ONCE = 50  # replicates drawn together, which bounds the memory
RAKED = 4  # rounds in which effects of units and months are fitted to the events of a replicate


@dataclass(frozen=True)
class Bursts:
    """Variance of the shocks of the log hazard (may be negative by chance), its error, and the upper-tail p-value."""

    variance: float
    std_error: float
    p_value: float


def fit(events: np.ndarray, expected: np.ndarray, *, memory: float, replicates: int, seed: int) -> Bursts:
    """Test of the (units, months) arrays of events and of the events that a model expects.

    memory: correlation of the shocks of neighbouring months for which the test is most powerful. The statistic is the
    sum over units and pairs of different months of memory^distance times the product of their residuals. Divided by
    the sum of memory^(2 distance) times the product of expected events it estimates the variance of shocks with that
    memory, less what the effects of units take of it.
    """
    months = events.shape[1]
    distance = np.abs(np.subtract.outer(np.arange(months), np.arange(months)))
    kernel = np.where(distance > 0, memory**distance, 0.0)
    some = (events.sum(axis=1) > 0) & (expected.sum(axis=1) > 0)
    events, expected = events[some], expected[some]
    totals = np.rint(events.sum(axis=1)).astype(int)
    shares = expected / expected.sum(axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    drawn = []
    for first in range(0, replicates, AT_ONCE):
        size = (min(AT_ONCE, replicates - first), len(totals))
        sample = rng.multinomial(np.broadcast_to(totals, size), shares)
        drawn.append(_statistic(sample, shares * totals[:, None], kernel))
    reference = np.concatenate(drawn)
    found = _statistic(events[None], shares * totals[:, None], kernel)[0]
    scale = np.einsum("ut,ts,us->", expected, kernel**2, expected)
    return Bursts(
        variance=float((found - reference.mean()) / scale),
        std_error=float(reference.std(ddof=1) / scale),
        p_value=float((1 + (reference >= found).sum()) / (replicates + 1)),
    )


def _statistic(events, expected, kernel):
    """Statistic of each of several (replicates, units, months) events; effects of units and months fit each of them."""
    fitted = np.broadcast_to(expected, events.shape).copy()
    for _ in range(RAKED):
        for axis in (1, 2):
            wanted, have = events.sum(axis=axis, keepdims=True), fitted.sum(axis=axis, keepdims=True)
            fitted *= np.divide(wanted, have, out=np.ones(have.shape), where=have > 0)
    residuals = events - fitted
    return np.einsum("but,but->b", residuals @ kernel, residuals)
