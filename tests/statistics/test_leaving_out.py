"""Fits without one group after another, found together, are the fits to the other rows."""

import numpy as np
import pytest

from jianfu.statistics import hazard, leaving_out


def _rows(seed=5, counties=9, units=4, months=10):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(counties * units), 2 * months)
    month, cohort = (
        np.tile(np.arange(months), 2 * counties * units),
        np.tile(np.repeat([0, 1], months), counties * units),
    )
    x = np.column_stack([rng.normal(size=len(unit)), cohort * rng.normal(size=len(unit)), cohort])
    n = rng.integers(20, 60, len(unit)).astype(float)
    eta = -2.5 + x @ [0.3, -0.2, 0.4] + 0.4 * rng.normal(size=unit.max() + 1)[unit] + 0.05 * month
    return (
        rng.binomial(n.astype(int), -np.expm1(-np.exp(eta))).astype(float),
        n,
        x,
        unit,
        month,
        unit // units,
    )


@pytest.mark.parametrize("link", ["cloglog", "logit", "poisson", "ols"])
@pytest.mark.parametrize("effects", ["unit and month", "unit", "month", "none"])
def test_all_at_once_are_one_by_one(link, effects):
    y, n, x, unit, month, county = _rows()
    absorbed = {"unit and month": [unit, month], "unit": [unit], "month": [month], "none": []}[effects]
    masks = [np.ones(len(y), bool), *(county != level for level in range(9))]
    expected, _ = hazard.on_weights(y, n, x, absorbed, masks, link)
    found, converged = leaving_out.without_each(y, n, x, absorbed, county, {}, link)
    assert converged.all()
    np.testing.assert_allclose(found, expected, rtol=2e-7)
    together = leaving_out._together(y, n, x, absorbed, county, link)
    assert len(together) == (10 if "unit" in effects else 0)


@pytest.mark.parametrize("link", ["cloglog", "ols"])
def test_a_column_or_a_month_of_one_group_alone_leaves_with_it(link):
    y, n, x, unit, month, county = _rows()
    x = np.column_stack([x, (county == 2) * x[:, 0]])
    month = np.where((county == 3) & (month == 9), 10, month)
    y = np.where((month == 0) & (county > 0), 0, y)  # without the first county nothing happens in that month
    kept = {0: (county != 0) & (month != 0)} if link != "ols" else {}
    found, converged = leaving_out.without_each(y, n, x, [unit, month], county, kept, link)
    assert converged.all() and np.isnan(found[3, 3]) and not np.isnan(np.delete(found, 3, axis=0)).any()
    for level in range(9):
        rows = kept.get(level, county != level)
        if link == "ols":
            own = hazard.on_weights(
                y[rows], n[rows], x[rows], [unit[rows], month[rows]], [np.ones(rows.sum())], link
            )[0][0]
        else:
            own = hazard.fit(y[rows], n[rows], x[rows], [unit[rows], month[rows]], None, link).coefficients
        np.testing.assert_allclose(found[1 + level], own, rtol=2e-7)


def test_a_group_without_a_fit_has_none():
    y, n, x, unit, month, county = _rows()
    found, converged = leaving_out.without_each(
        y, n, x, [unit, month], county, {4: np.zeros(len(y), bool)}, "cloglog"
    )
    assert np.isnan(found[5]).all() and not converged[5] and converged.sum() == 9
