"""Fits on cells that stay: the same numbers as the general hazard, with weights of units as with repeated rows."""

import numpy as np
import pytest

from jianfu.robustness.curve.cells import Cells, ScoreTest
from jianfu.statistics import designs, hazard

UNITS, MONTHS = 30, 12


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(5)
    patterns = np.array([[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0, 2.0)])
    unit, month, pattern = (axis.ravel() for axis in np.indices((UNITS, MONTHS, len(patterns))))
    exposure = rng.normal(size=(UNITS, MONTHS)) + rng.normal(size=(UNITS, 1))
    n = rng.integers(1, 12, len(unit))
    eta = (
        -2.5
        + 0.3 * exposure[unit, month]
        + patterns[pattern] @ [0.4, -0.2]
        + rng.normal(size=UNITS)[unit] / 4
    )
    y = rng.binomial(n, -np.expm1(-np.exp(eta)))
    keep, _ = hazard.drop_separated(y, n, {"unit": unit, "month": month})
    return [a[keep] for a in (y, n, unit, month, pattern)], patterns, exposure


@pytest.mark.parametrize("link", ["cloglog", "logit", "poisson"])
def test_same_estimates_and_errors_as_the_general_fit(data, link):
    (y, n, unit, month, pattern), patterns, exposure = data
    x = exposure[unit, month]
    x = np.column_stack([x, x * patterns[pattern, 0]])
    county = np.arange(UNITS) % 7
    cells = Cells(y, n, unit, month, pattern, patterns, link)
    own = np.unique(unit)
    found = cells.fit(x, [own, county[own]])
    for codes, covariance in zip((unit, county[unit]), found.covariances, strict=True):
        full = hazard.fit(y, n, np.column_stack([x, patterns[pattern]]), [unit, month], codes, link)
        assert found.coefficients == pytest.approx(full.coefficients[:2], abs=1e-8)
        assert covariance == pytest.approx(full.covariance[:2, :2], rel=1e-6)
    assert found.converged


def test_a_weight_of_a_unit_counts_like_its_rows_repeated(data):
    (y, n, unit, month, pattern), patterns, exposure = data
    cells = Cells(y, n, unit, month, pattern, patterns)
    x = exposure[unit, month][:, None]
    times = np.random.default_rng(1).integers(0, 3, cells.n_units)
    start = cells.fit(x).start
    weighted = cells.fit(x, times=times, start=start)
    rows = np.repeat(np.arange(len(y)), times[designs.codes_of(unit)[0]])
    design = np.column_stack([x, patterns[pattern]])[rows]
    repeated = hazard.fit(y[rows], n[rows], design, [unit[rows], month[rows]])
    assert weighted.coefficients[0] == pytest.approx(repeated.coefficients[0], abs=1e-7)


def test_a_start_changes_nothing_but_the_way(data):
    (y, n, unit, month, pattern), patterns, exposure = data
    cells = Cells(y, n, unit, month, pattern, patterns)
    x = exposure[unit, month]
    near = cells.fit(x, start=cells.fit(np.empty((len(y), 0))).start)
    assert near.coefficients == pytest.approx(cells.fit(x).coefficients, abs=1e-9)


def test_scores_are_those_of_the_efficient_score_test(data):
    (y, n, unit, month, pattern), patterns, exposure = data
    cells = Cells(y, n, unit, month, pattern, patterns)
    grid = np.zeros((cells.n_units, cells.n_months))
    grid[cells.unit.codes, cells.month.codes] = exposure[unit, month]
    found = ScoreTest(cells).scores_of(grid.reshape(-1, 1))[:, 0]
    codes = designs.codes_of(unit)[0]
    design = np.column_stack([exposure[unit, month], patterns[pattern]])
    wanted = hazard.efficient_scores(y, n, design, [unit, month], codes, "cloglog", 0)
    assert found == pytest.approx(wanted, abs=1e-7)


def test_collinear_controls_are_left_out(data):
    (y, n, unit, month, pattern), patterns, exposure = data
    twice = np.column_stack([patterns, 2 * patterns[:, 0] + patterns[:, 1]])
    a, b = (Cells(y, n, unit, month, pattern, z) for z in (patterns, twice))
    assert b.controls.shape[1] == 2
    x = exposure[unit, month]
    assert a.fit(x).coefficients == pytest.approx(b.fit(x).coefficients, abs=1e-9)
