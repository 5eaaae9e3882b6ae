"""The one Newton iteration: it climbs to the maximum, and says so only there."""

import numpy as np
import pytest

from jianfu.statistics import glm
from jianfu.statistics.designs import independent, standardised, swept
from jianfu.statistics.newton import Point, maximise


def climb(y, x, start, **options):
    """Logit of ``y`` on ``x``."""

    def evaluate(eta):
        eta = np.clip(eta, -40, 40)
        mean = 1 / (1 + np.exp(-eta))
        return Point(float(y @ eta - np.logaddexp(0, eta).sum()), (mean,))

    def direction(point):
        (mean,) = point.parts
        score = x.T @ (y - mean)
        step = np.linalg.solve(x.T @ (x * (mean * (1 - mean))[:, None]), score)
        return step, score @ step

    return maximise(start, predict=lambda beta: x @ beta, evaluate=evaluate, direction=direction, **options)


def rows():
    rng = np.random.default_rng(4)
    x = np.column_stack([np.ones(300), rng.normal(size=300)])
    return (rng.random(300) < 1 / (1 + np.exp(1 - 0.8 * x[:, 1]))).astype(float), x


@pytest.mark.parametrize("start", [[0.0, 0.0], [5.0, -5.0]])
def test_it_climbs_to_the_maximum_from_near_and_far(start):
    y, x = rows()
    found = climb(y, x, np.array(start))
    theirs = glm.fit(y, np.ones(300), x, link="logit")
    assert found.converged and not found.separated
    np.testing.assert_allclose(found.state, theirs.coefficients, rtol=1e-8)


def test_separation_is_told_from_slow_convergence():
    y, x = rows()
    never = np.column_stack([np.ones(300), np.arange(300) % 5 == 0]).astype(float)
    parted = climb(np.where(never[:, 1] > 0, 0.0, y), never, np.zeros(2))
    assert parted.separated and not parted.converged
    short = climb(y, x, np.zeros(2), max_steps=2)
    assert not short.converged and not short.separated and short.steps == 2


def test_a_saddle_is_no_convergence():
    """x^2 - y^2 has no slope at (0, 0), and a Newton step that leads there goes down in one direction."""

    def evaluate(eta):
        return Point(float(eta[0] ** 2 - eta[1] ** 2), (eta,))

    def direction(point):
        slope = np.array([2.0, -2.0]) * point.parts[0]
        step = np.linalg.solve(np.diag([-2.0, 2.0]), slope)
        return step, slope @ step

    found = maximise(np.array([1.0, 0.5]), predict=np.copy, evaluate=evaluate, direction=direction)
    assert not found.converged


def test_columns_that_say_nothing_new_are_left_out():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 2))
    design = np.column_stack([np.ones(50), x, x @ [1, -2], np.full(50, 3.0)])
    assert independent(design) == [0, 1, 2]
    scaled, centre, unit = standardised(design, np.ones(50))
    assert swept(scaled.T @ scaled, np.array([0, 1, 1, 1, 0]) * 50.0, range(5)).tolist() == [1, 2]
    np.testing.assert_allclose(scaled * unit + centre, design, atol=1e-12)
