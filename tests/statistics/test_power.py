"""Smallest detectable effect: textbook cases, and the power found by simulating at it."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from jianfu.statistics import hazard, power


def test_two_groups_as_in_statsmodels():
    """Two groups of 64 detect about half a standard deviation."""
    group = np.repeat([0.0, 1.0], 64)
    error = power.least_squares_error(group, np.empty((128, 0)), [])
    assert error == pytest.approx(np.sqrt(2 / 64))
    effect = power.minimum_detectable(error, 126)
    assert effect == pytest.approx(TTestIndPower().solve_power(nobs1=64, alpha=0.05, power=0.8), abs=5e-3)


def test_only_variation_within_units_counts():
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(50), 10)
    between, within = rng.normal(size=50)[unit], rng.normal(size=500)
    none = np.empty((500, 0))
    alone = power.least_squares_error(within, none, [unit])
    assert power.least_squares_error(within + 5 * between, none, [unit]) == pytest.approx(alone)
    assert np.isnan(power.least_squares_error(between, none, [unit]))
    assert power.least_squares_error(within, none, [unit], factor=4) == pytest.approx(2 * alone)


def test_hazard_detects_its_smallest_effect_four_times_in_five():
    """300 simulated panels at the smallest detectable effect; the share of rejections within 99 % Monte-Carlo error."""
    rng = np.random.default_rng(11)
    unit, month, n = np.repeat(np.arange(60), 12), np.tile(np.arange(12), 60), np.full(720, 40)
    x = rng.normal(size=720) + rng.normal(size=60)[unit]
    base = -3.5 + 0.3 * rng.normal(size=60)[unit] + 0.1 * month / 12
    none = np.empty((720, 0))

    def draw(effect):
        return rng.binomial(n, -np.expm1(-np.exp(base + effect * x))).astype(float)

    error = power.hazard_error(draw(0), n, x, none, [unit, month])
    effect = power.minimum_detectable(error, 59)
    rejected = 0
    for _ in range(300):
        y = draw(effect)
        keep, _ = hazard.drop_separated(y, n, {"unit": unit, "month": month})
        effects = [unit[keep], month[keep]]
        fit = hazard.fit(y[keep], n[keep], x[keep, None], effects, unit[keep])
        t = fit.coefficients[0] / np.sqrt(fit.covariance[0, 0])
        rejected += 2 * stats.t.sf(abs(t), fit.n_clusters - 1) < 0.05
    assert rejected / 300 == pytest.approx(0.8, abs=2.58 * np.sqrt(0.8 * 0.2 / 300) + 0.02)
