"""Exits that come in bursts: nothing is found where there are none, shocks are found where there are, by their size."""

import numpy as np

from jianfu.simulate.streams import autoregressive
from jianfu.statistics import bursts


def province(seed, shock, units=100, months=24, rate=0.15):
    rng = np.random.default_rng(seed)
    expected = rate * np.exp(0.5 * rng.standard_normal((units, 1)) + 0.2 * rng.standard_normal(months))
    return rng.poisson(expected * np.exp(shock * autoregressive(rng, expected.shape, 0.85))), expected


def fitted(events, expected, seed=1):
    """Unit and month totals as a model with both effects has them, of units with events."""
    events, expected = (table[events.sum(axis=1) > 0] for table in (events, expected))
    for _ in range(30):
        expected = expected * (events.sum(axis=0) / expected.sum(axis=0))
        expected = expected * (events.sum(axis=1) / expected.sum(axis=1))[:, None]
    return bursts.fit(events, expected, memory=0.8, replicates=99, seed=seed)


def test_without_shocks_the_test_keeps_its_level():
    found = [fitted(*province(seed, 0.0), seed) for seed in range(5000, 5150)]
    rejected = np.mean([one.p_value <= 0.05 for one in found])
    assert 0.013 <= rejected <= 0.107  # 99 % of such shares at 5 %
    errors = np.array([one.std_error for one in found])
    assert abs(np.mean([one.variance for one in found])) < 3 * errors.mean() / np.sqrt(150)
    assert 0.8 < np.std([one.variance for one in found]) / errors.mean() < 1.2


def test_shocks_are_found_and_measured():
    found = [fitted(*province(seed, 0.6), seed) for seed in range(30)]
    assert np.mean([one.p_value <= 0.05 for one in found]) > 0.5
    # variance of the shocks less what unit effects take of it
    assert 0.08 < np.mean([one.variance for one in found]) < 0.36


def test_units_without_events_and_the_seed_change_nothing():
    events, expected = province(3, 0.3)
    events[7] = 0
    own = bursts.fit(events, np.maximum(expected, 0), memory=0.8, replicates=99, seed=4)
    kept = np.delete(np.arange(len(events)), 7)
    assert own == bursts.fit(events[kept], expected[kept], memory=0.8, replicates=99, seed=4)
    assert own == bursts.fit(events, expected, memory=0.8, replicates=99, seed=4)
