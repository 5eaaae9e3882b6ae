"""Logit, cloglog and Poisson on a dense design with a constant (McCullagh and Nelder 1989).

Fisher scoring with step halving, as R's ``glm``; links of :mod:`jianfu.statistics.hazard`. For many levels
of absorbed effects use :func:`jianfu.statistics.hazard.fit`.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.statistics.hazard import FLAT, LINKS, LONGEST_MOVE, SHORTEST, START, _independent, observed_weight

TOLERANCE = 1e-10
MAX_STEPS = 100
MOVING = 1e-3  # step of a standardised coefficient that has no limit
STUCK = 8  # so many steps with a flat likelihood and a moving coefficient are separation


@dataclass(frozen=True)
class GlmFit:
    """Result of :func:`fit`.

    coefficients: (k,), NaN for a collinear column; bread: (k, k) inverse information, zero for collinear columns;
    scores, working, eta: (N,) score, expected working weight and linear predictor of each row; collinear, moving:
    indices; converged; separated: no finite maximum.
    """

    coefficients: np.ndarray
    bread: np.ndarray
    scores: np.ndarray
    working: np.ndarray
    eta: np.ndarray
    collinear: tuple
    moving: tuple
    converged: bool
    separated: bool


def fit(y, n, design, link, offset=0.0, information="expected"):
    """Maximum likelihood of ``y`` (N,) events in ``n`` (N,) trials (Poisson: exposure) on ``design`` (N, k).

    The first column of ``design`` is the constant. A column that is a linear combination of earlier ones is left out.
    ``information`` (expected or observed) is the kind behind ``bread``.
    """
    y, n = np.asarray(y, dtype=float), np.asarray(n, dtype=float)
    spread = np.sqrt(((design - design.mean(axis=0)) ** 2).mean(axis=0))
    spread[0] = 1.0
    spread = np.where(spread > 1e-12 * (1e-300 + np.abs(design).max(axis=0)), spread, 0.0)
    scaled = design / np.where(spread > 0, spread, 1.0)
    centre = np.r_[0.0, scaled[:, 1:].mean(axis=0)]
    scaled = scaled - centre
    free = _independent(
        scaled.T @ scaled, np.r_[1.0, np.where(spread[1:] > 0, 1.0, 0.0)] * len(y), range(len(spread))
    )
    x, family = scaled[:, free], LINKS[link]
    beta = np.zeros(len(free))
    beta[0] = START[link]((y.sum() + 0.5) / (n.sum() + 1)) - np.mean(offset)
    eta = x @ beta + offset
    score, weight, deviance = family(eta, y, n)
    converged, stuck, step = False, 0, np.zeros(len(free))
    for _ in range(MAX_STEPS):
        try:
            step = np.linalg.solve(x.T @ (x * weight[:, None]), x.T @ score)
        except np.linalg.LinAlgError:
            stuck = STUCK
            break
        move = x @ step
        size = min(1.0, LONGEST_MOVE / max(np.abs(move).max(), LONGEST_MOVE))
        while size > SHORTEST:
            score, weight, new = family(eta + size * move, y, n)
            if new <= deviance + 1e-9 * abs(deviance):
                break
            size /= 2
        eta, beta = eta + size * move, beta + size * step
        flat = abs(deviance - new) <= FLAT * max(abs(new), 1.0)
        deviance = new
        if np.abs(step).max() < TOLERANCE * (1 + np.abs(beta).max()):
            converged = True
            break
        stuck = stuck + 1 if flat and np.abs(step).max() > MOVING else 0
        if stuck == STUCK:
            break
    coefficients = np.full(design.shape[1], np.nan)
    coefficients[free] = beta / np.where(spread > 0, spread, 1.0)[free]
    coefficients[0] = beta[0] - beta[1:] @ centre[free[1:]]
    fitted = (eta, y, n, link, information)
    return _result(design, free, coefficients, fitted, converged, stuck >= STUCK, step)


def _result(design, free, coefficients, fitted, converged, separated, step):
    """The fit in the units of ``design``, with the inverse information there."""
    eta, y, n, link, information = fitted
    k = design.shape[1]
    score, weight, _ = LINKS[link](eta, y, n)
    x = design[:, free]
    bread = np.zeros((k, k))
    if converged:
        behind = observed_weight(eta, y, n, link) if information == "observed" else weight
        size = np.sqrt(((x * np.sqrt(weight)[:, None]) ** 2).sum(axis=0))
        inverse = np.linalg.inv((x / size).T @ (x / size * behind[:, None])) / np.outer(size, size)
        bread[np.ix_(free, free)] = inverse
    return GlmFit(
        coefficients=coefficients,
        bread=bread,
        scores=score,
        working=weight,
        eta=eta,
        collinear=tuple(sorted(set(range(k)) - set(free))),
        moving=tuple(int(free[j]) for j in np.flatnonzero(np.abs(step) > MOVING)),
        converged=converged,
        separated=separated,
    )
