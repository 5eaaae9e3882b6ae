"""Leaving groups out: the same as fitting anew without them."""

import numpy as np
import pytest

from jianfu.statistics import hazard, influence


@pytest.mark.parametrize("link", ["cloglog", "logit", "poisson"])
def test_equal_to_fitting_anew(link):
    rng = np.random.default_rng(2)
    unit, month = np.repeat(np.arange(24), 30), np.tile(np.arange(10), 72)
    x = np.column_stack([rng.normal(size=720), rng.integers(0, 2, 720), np.zeros(720)])
    x[:, 2] = 2 * x[:, 0]
    n = rng.integers(5, 30, 720)
    y = rng.binomial(n, -np.expm1(-np.exp(-3 + x[:, :2] @ [0.2, 0.3] + 0.3 * rng.normal(size=24)[unit])))
    y[(month == 9) & (unit >= 4)] = 0  # without the first group nothing happens in the last month
    group = unit // 4
    fit = hazard.fit(y, n, x, [unit, month], unit, link)
    own = influence.without_groups(y, n, x, [unit, month], group, link, fit)
    assert np.isnan(own[:, 2]).all()
    for level in range(6):
        rows = group != level
        keep, _ = hazard.drop_separated(y[rows], n[rows], {"unit": unit[rows], "month": month[rows]})
        parts = [values[rows][keep] for values in (y, n, x, unit, month)]
        anew = hazard.fit(*parts[:3], parts[3:], parts[3], link)
        np.testing.assert_allclose(own[level, :2], anew.coefficients[:2], atol=1e-7)
