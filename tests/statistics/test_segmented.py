"""Segmented regression: exact recovery, Newey-West as in statsmodels, size with serial correlation, Poisson."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from jianfu.statistics import segmented


def series(n_units=20, n_months=36, level=-2.0, slope=0.1, noise=0.0, common=0.0, lingering=0.0, seed=0):
    rng = np.random.default_rng(seed)
    unit, month = np.repeat(np.arange(n_units), n_months), np.tile(np.arange(n_months), n_units)
    shock = np.zeros(n_months)
    for t in range(1, n_months):
        shock[t] = 0.5 * shock[t - 1] + common * rng.normal()
    after = month >= 15
    y = unit * 0.3 + 0.05 * month + np.where(after, level + slope * (month - 15), 0)
    own = rng.normal(size=(n_units, n_months))
    for t in range(1, n_months):
        own[:, t] = lingering * own[:, t - 1] + np.sqrt(1 - lingering**2) * own[:, t]
    y = y + np.sin(month % 12) + shock[month] + noise * own.ravel()
    return y, unit, month


def test_exact_without_noise():
    y, unit, month = series()
    columns = segmented.design(month, {1: 15}, month % 12)
    found = segmented.fit(y, columns, unit, month)
    values = dict(zip(found.names, found.coefficients, strict=True))
    assert values["level_1"] == pytest.approx(-2) and values["slope_1"] == pytest.approx(0.1)
    assert values["trend"] == pytest.approx(0.05)


def test_one_series_is_newey_west():
    y, unit, month = series(n_units=1, noise=1.0, seed=4)
    columns = segmented.design(month, {1: 15})
    found = segmented.fit(y, columns, unit, month, lag=3)
    x = sm.add_constant(np.column_stack(list(columns.values())))
    reference = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    np.testing.assert_allclose(found.coefficients, reference.params[1:], rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), reference.bse[1:], rtol=1e-9)
    assert found.df == 36 - 4


def test_balanced_panel_is_the_series_of_means():
    y, unit, month = series(noise=1.0, common=0.5, seed=2)
    columns = segmented.design(month, {1: 15}, month % 12)
    panel = segmented.fit(y, columns, unit, month, kind="months", lag=2)
    first = unit == 0
    mean = y.reshape(20, 36).mean(axis=0)
    single = segmented.fit(mean, {k: v[first] for k, v in columns.items()}, unit[first], month[first], lag=2)
    np.testing.assert_allclose(panel.coefficients, single.coefficients, atol=1e-10)
    np.testing.assert_allclose(panel.covariance, single.covariance, rtol=1e-8, atol=1e-14)


def rejections(kind, **options):
    """Share of 60 panels without effect in which the level change is significant at 5 %."""
    rejected = 0
    for seed in range(60):
        y, unit, month = series(n_units=15, level=0, slope=0, noise=0.5, seed=seed, **options)
        found = segmented.fit(y, segmented.design(month, {1: 15}), unit, month, kind=kind)
        j = found.names.index("level_1")
        critical = stats.t.ppf(0.975, found.df)
        rejected += abs(found.coefficients[j]) > critical * np.sqrt(found.covariance[j, j])
    return rejected / 60


def test_size_with_shocks_common_to_all_units():
    assert rejections("both", common=0.4) < 0.12
    assert rejections("cluster", common=0.4) > 0.5  # every unit taken as evidence of its own


def test_size_with_what_lingers_within_units():
    assert rejections("both", lingering=0.9) < 0.12


def test_poisson_level_is_a_log_ratio():
    rng = np.random.default_rng(8)
    unit, month = np.repeat(np.arange(200), 36), np.tile(np.arange(36), 200)
    rate = np.exp(rng.normal(size=200)[unit] * 0.4 + 1.5 + 0.01 * month) * np.where(month >= 13, 0.75, 1)
    y = rng.poisson(rate)
    found = segmented.fit(y, segmented.design(month, {1: 13}), unit, month, link="log")
    j = found.names.index("level_1")
    assert found.converged
    assert found.coefficients[j] == pytest.approx(np.log(0.75), abs=4 * np.sqrt(found.covariance[j, j]))
    dummies = (unit[:, None] == np.arange(200)).astype(float)
    x = np.column_stack([*segmented.design(month, {1: 13}).values(), dummies])
    reference = sm.GLM(y, x, family=sm.families.Poisson()).fit()
    np.testing.assert_allclose(found.coefficients, reference.params[:3], atol=1e-7)


def test_collinear_columns_are_left_out():
    y, unit, month = series(noise=0.1)
    columns = segmented.design(month, {1: 15}) | {"again": (month >= 15).astype(float)}
    found = segmented.fit(y, columns, unit, month)
    assert np.isnan(found.coefficients[-1]) and np.isfinite(found.coefficients[:-1]).all()
