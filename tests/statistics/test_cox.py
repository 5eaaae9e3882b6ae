"""Cox regression with delayed entry against statsmodels, whose risk sets hold who enters at the time of a death."""

import numpy as np
import pytest
from statsmodels.duration.hazard_regression import PHReg

from jianfu.statistics import cox


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_phreg_agrees_where_nobody_enters_at_the_time_of_a_death(ties):
    """A row is at risk at t if entry < t <= exit, as in R's survival: with entries moved half a month later the two
    are the same; with entries on the grid of months PHReg counts those who come in a month as at risk in it."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=400)
    time = np.minimum(1 + rng.geometric(np.clip(0.08 * np.exp(0.5 * x), 0, 0.9)), 12).astype(float)
    event = (time < 12) | (rng.random(400) < 0.5)
    entry = np.where(rng.random(400) < 0.5, time - 1, rng.integers(0, time))
    own = cox.fit(entry, time, event, x[:, None], ties=ties).coefficients
    theirs, on_the_grid = (
        PHReg(time, x[:, None], status=event, entry=entry + later, ties=ties).fit(disp=0).params
        for later in (0.5, 0.0)
    )
    np.testing.assert_allclose(own, theirs, rtol=1e-6)
    assert abs(own[0] / on_the_grid[0] - 1) > 0.02
