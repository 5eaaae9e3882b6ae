"""One damped Newton iteration for all likelihoods of our own.

A likelihood hands over how its coefficients make linear predictors, itself as a function of these, and a direction.
The iteration shortens steps that go too far or do not raise the likelihood, and tells convergence from separation (a
flat likelihood whose coefficients still move). A direction that does not climb, as at a saddle, is never convergence.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-9
MAX_STEPS = 60
LONGEST_MOVE = (
    3.0  # largest change of a linear predictor in one step: far steps leave the region of usable weights
)
SHORTEST = 1e-4  # smallest fraction of a step
FLAT = 1e-8  # relative change of the likelihood below which it counts as flat
MOVING = 1e-3  # step of a standardised coefficient that has no limit
STUCK = 8  # so many steps with a flat likelihood and a moving coefficient are separation


@dataclass(frozen=True)
class Point:
    """A likelihood at one state: its logarithm, and whatever the direction and the covariance need."""

    value: float
    parts: tuple


@dataclass(frozen=True)
class Maximum:
    """Result of :func:`maximise`: state and point reached, last step, number of steps; converged; separated."""

    state: np.ndarray
    point: Point
    step: np.ndarray
    steps: int
    converged: bool
    separated: bool


def maximise(
    state: np.ndarray,
    *,
    predict: Callable[[np.ndarray], np.ndarray],
    evaluate: Callable[[np.ndarray], Point | None],
    direction: Callable[[Point], tuple[np.ndarray, float]],
    offset: float | np.ndarray = 0.0,
    tolerance: float = TOLERANCE,
    relative: bool = False,
    max_steps: int = MAX_STEPS,
) -> Maximum:
    """Maximise a likelihood from the coefficients ``state`` (p,).

    predict: linear predictors of coefficients (linear, any shape), to which ``offset`` is added; evaluate: the
    likelihood at linear predictors, None outside its domain; direction: Newton's step (p,) at a point and its slope,
    the derivative of the likelihood along it. Converged if no coefficient moves by ``tolerance`` (``relative``: times
    one plus the largest coefficient) along a direction that climbs.
    """
    eta = predict(state) + offset
    point, step, stuck, steps, flat = evaluate(eta), np.zeros(len(state)), 0, 0, False
    while steps < max_steps and stuck < STUCK:
        try:
            step, slope = direction(point)
        except np.linalg.LinAlgError:
            return Maximum(state, point, step, steps, converged=False, separated=True)
        if not (np.isfinite(step).all() and slope >= -FLAT * max(abs(point.value), 1.0)):
            return Maximum(state, point, step, steps, converged=False, separated=False)
        move = predict(step)
        size = min(1.0, LONGEST_MOVE / max(np.abs(move).max(initial=0), LONGEST_MOVE))
        while size > SHORTEST:
            found = evaluate(eta + size * move)
            if found is not None and found.value >= point.value - 1e-9 * abs(point.value):
                break
            size /= 2
        else:
            break
        flat = abs(found.value - point.value) <= FLAT * max(abs(found.value), 1.0)
        state, eta, point, steps = state + size * step, eta + size * move, found, steps + 1
        largest = np.abs(step).max(initial=0)
        if largest < tolerance * (1 + np.abs(state).max(initial=0) if relative else 1):
            return Maximum(state, point, step, steps, converged=True, separated=False)
        stuck = stuck + 1 if flat and largest > MOVING else 0
    return Maximum(state, point, step, steps, converged=False, separated=flat)


def newton_step(point: Point) -> tuple[np.ndarray, float]:
    """Direction where the parts of a point begin with score (p,) and information (p, p): the step and its slope."""
    score, information = point.parts[:2]
    step = np.linalg.solve(information, score)
    return step, score @ step
