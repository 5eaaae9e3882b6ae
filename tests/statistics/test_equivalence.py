"""Two one-sided tests: duality with the interval, statsmodels, order of the bounds."""

import numpy as np
import pytest
from statsmodels.stats.weightstats import DescrStatsW

from jianfu.core.errors import NotEstimable
from jianfu.statistics import equivalence


def test_equal_to_statsmodels():
    x = np.random.default_rng(3).normal(0.1, 1, 60)
    p_value, low, high = DescrStatsW(x).ttost_mean(-0.4, 0.4)
    own = equivalence.tost(x.mean(), x.std(ddof=1) / np.sqrt(60), -0.4, 0.4, 59)
    assert (own.p_value, own.p_low, own.p_high) == pytest.approx((p_value, low[1], high[1]))


@pytest.mark.parametrize("estimate", [0.0, 0.05, 0.2, 0.36, -0.4, 3.0])
def test_the_interval_lies_inside_exactly_when_the_test_rejects(estimate):
    own = equivalence.tost(estimate, 0.1, -0.5, 0.5, 30, alpha=0.05)
    assert (own.ci_low > -0.5 and own.ci_high < 0.5) == (own.p_value < 0.05)


def test_bounds_must_be_in_order():
    with pytest.raises(NotEstimable, match="order"):
        equivalence.tost(0, 1, 0.5, -0.5)
