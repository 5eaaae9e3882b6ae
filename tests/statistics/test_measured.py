"""Slopes on regressors that are means of samples: the known truth, and least squares where nothing is sampled."""

import numpy as np
import pytest

from jianfu.statistics import measured, regression

TRUE = np.array([0.0, 6.0])


def province(rng, answers=30, units=200, years=3):
    """Outcomes that follow the true hours of units and years, of which a sample of answers tells the mean."""
    unit, year = np.repeat(np.arange(units), years), np.tile(np.arange(years), units)
    true = 0.08 * rng.standard_normal((units, 1, 2)) + 0.06 * rng.standard_normal((units, years, 2))
    spread = np.array([[0.05, 0.01], [0.01, 0.05]])
    drawn = rng.multivariate_normal([0, 0], spread, (units * years, answers)) + true.reshape(-1, 1, 2)
    noise = np.stack([np.cov(one.T) / answers for one in drawn])
    y = (
        true.reshape(-1, 2) @ TRUE
        + 0.3 * rng.standard_normal(units)[unit]
        + 0.4 * rng.standard_normal(len(unit))
    )
    levels = np.column_stack([np.eye(units)[unit], np.eye(years)[year]])
    return y, drawn.mean(axis=1), levels, noise, unit, year


def test_known_slopes_are_found_where_least_squares_shrinks_them():
    rng = np.random.default_rng(5)
    found, plain, errors, covered = [], [], [], []
    for _ in range(60):
        y, x, levels, noise, unit, year = province(rng, units=120)
        own = measured.fit(y, x, levels, noise, unit)
        error = np.sqrt(np.diag(own.covariance))
        found.append(own.coefficients)
        errors.append(error)
        covered.append(np.abs(own.coefficients - TRUE) < 1.98 * error)
        plain.append(regression.fit(y, x, [unit, year], unit).coefficients)
        assert 0.5 < own.reliability[1] < 0.85
    mc = np.std(found, axis=0) / np.sqrt(60)
    assert (np.abs(np.mean(found, axis=0) - TRUE) < 4 * mc).all()
    assert np.mean(plain, axis=0)[1] < 4.8
    np.testing.assert_allclose(np.std(found, axis=0), np.mean(errors, axis=0), rtol=0.35)
    assert np.mean(covered) > 0.88


def test_without_sampling_it_is_least_squares():
    y, x, levels, noise, unit, year = province(np.random.default_rng(6))
    own, plain = (
        measured.fit(y, x, levels, 0 * noise, unit),
        regression.fit(y, x, [unit, year], unit, vcov="cluster"),
    )
    np.testing.assert_allclose(own.coefficients, plain.coefficients, rtol=1e-9)
    np.testing.assert_allclose(own.covariance, plain.covariance, rtol=1e-8)
    np.testing.assert_allclose(own.reliability, 1)


def test_regressors_of_pure_sampling_have_no_slope():
    y, x, levels, noise, unit, _ = province(np.random.default_rng(7))
    with pytest.raises(ValueError, match="nothing is left"):
        measured.fit(y, x, levels, 10 * noise, unit)
