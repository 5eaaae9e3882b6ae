"""Cox regression with delayed entry, strata, weights and clustered errors (Andersen and Gill 1982; ties: Efron 1977).

As R's ``survival::coxph``: a row is at risk at t if entry < t <= exit. Everything is a sum over risk sets, had by
cumulative sums over the sorted times, so that one step costs O(N k^2).
"""

from dataclasses import dataclass

import numpy as np

from jianfu.statistics.designs import left_out, placed, standardised, sums_by, swept
from jianfu.statistics.newton import MOVING, Point, maximise, newton_step

TOLERANCE = 1e-10
TIES = ("efron", "breslow")


@dataclass(frozen=True)
class CoxFit:
    """Result of :func:`fit`.

    coefficients: (k,), NaN for a collinear column; bread: (k, k) inverse information; residuals: (N, k) score residuals
    (weighted), both zero for collinear columns; collinear, moving: indices; converged; separated: no finite maximum.
    """

    coefficients: np.ndarray
    bread: np.ndarray
    residuals: np.ndarray
    collinear: tuple
    moving: tuple
    converged: bool
    separated: bool

    def robust(self, groups):
        """Covariance (k, k) from the sums of the residuals by ``groups`` (N,), codes; no small-sample factor."""
        sums = sums_by(self.residuals, groups)
        return self.bread @ (sums.T @ sums) @ self.bread


class _RiskSets:
    """Positions of every row in the sorted times of its stratum, and the tied deaths at each time.

    A 'share' is one death of a tie: with Efron's ties the l-th of d deaths leaves l/d of the dying in the risk set,
    with Breslow's all of them stay.
    """

    def __init__(self, entry, exit_, event, weights, strata, ties):
        self.weights, self.event = weights, event
        # whole numbers in the order of the times, those of a later stratum after all of an earlier one
        ranks = np.unique(np.r_[entry, exit_], return_inverse=True)[1].reshape(2, -1)
        entry, exit_ = ranks + strata * (ranks.max() + 1)
        times = np.unique(exit_[event])
        self.n_times = len(times)
        self.after_entry, self.until_exit = (np.searchsorted(times, t, "right") for t in (entry, exit_))
        self.own = np.where(event, self.until_exit - 1, -1)
        self.deaths = np.bincount(self.own[event], minlength=self.n_times)
        self.mean_weight = np.bincount(self.own[event], weights[event], minlength=self.n_times) / self.deaths
        self.of = np.repeat(np.arange(self.n_times), self.deaths)
        number = np.arange(len(self.of)) - np.repeat(np.cumsum(self.deaths) - self.deaths, self.deaths)
        self.fraction = number / self.deaths[self.of] if ties == "efron" else np.zeros(len(self.of))

    def at_risk(self, values):
        """Sum of ``values`` (N,) or (N, k) over the risk set of every death time."""
        return _suffix(values, self.until_exit, self.n_times) - _suffix(
            values, self.after_entry, self.n_times
        )

    def dying(self, values):
        """Sum of ``values`` over those who die at each time."""
        return _sums(values[self.event], self.own[self.event], self.n_times)

    def between(self, increments):
        """Sum of ``increments`` (T,) or (T, k) over the death times at which each row is at risk."""
        total = np.concatenate([np.zeros_like(increments[:1]), np.cumsum(increments, axis=0)])
        return total[self.until_exit] - total[self.after_entry]


def _sums(values, position, size):
    return (
        np.bincount(position, values, minlength=size) if values.ndim == 1 else sums_by(values, position, size)
    )


def _suffix(values, position, size):
    """For each time t, the sum of ``values`` over rows whose position lies beyond t, i.e. who exit at t or later."""
    sums = _sums(values, position, size + 1)
    return np.cumsum(sums[::-1], axis=0)[::-1][1:]


def _evaluate(x, eta, sets):
    """Log likelihood, with score (k,), information (k, k) and what the residuals need, at predictors ``eta``."""
    shift = eta.max()
    risk = sets.weights * np.exp(eta - shift)
    s0, s1 = sets.at_risk(risk), sets.at_risk(risk[:, None] * x)
    e0, e1 = sets.dying(risk), sets.dying(risk[:, None] * x)
    of, fraction = sets.of, sets.fraction
    below = s0[of] - fraction * e0[of]
    mean = (s1[of] - fraction[:, None] * e1[of]) / below[:, None]
    weight = sets.mean_weight[of]
    loglik = sets.weights[sets.event] @ (eta[sets.event] - shift) - weight @ np.log(below)
    score = sets.weights[sets.event] @ x[sets.event] - weight @ mean
    hazard = _sums(weight / below, of, sets.n_times)
    spared = _sums(weight * fraction / below, of, sets.n_times)
    exposure = risk * (sets.between(hazard) - np.where(sets.event, spared[sets.own], 0.0))
    information = x.T @ (x * exposure[:, None]) - mean.T @ (mean * weight[:, None])
    return Point(loglik, (score, information, (risk, exposure, mean, weight / below)))


def _residuals(x, sets, parts):
    """Score residuals (N, k): what each row adds to the score, expectation in the risk sets included; weighted."""
    risk, exposure, mean, rate = parts
    of, fraction = sets.of, sets.fraction
    average = _sums(mean, of, sets.n_times) / sets.deaths[:, None]
    rows, own = sets.event, sets.own
    drift = _sums(rate[:, None] * mean, of, sets.n_times)
    spared = _sums((rate * fraction)[:, None] * mean, of, sets.n_times)
    crossed = sets.between(drift) - np.where(rows[:, None], spared[own], 0.0)
    residuals = risk[:, None] * crossed - x * exposure[:, None]
    residuals[rows] += sets.weights[rows][:, None] * (x[rows] - average[own[rows]])
    return residuals


def fit(entry, exit_, event, design, strata=None, weights=None, offset=0.0, ties="efron"):
    """Maximum partial likelihood on ``design`` (N, k), with entry < exit (N,), ``event`` (N,) bool.

    strata: (N,) codes 0 ... S-1 or None; weights: (N,) or None. Needs at least one event.
    """
    event = np.asarray(event, dtype=bool)
    n, k = design.shape
    weights = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    strata = np.zeros(n, dtype=int) if strata is None else strata
    sets = _RiskSets(entry, exit_, event, weights, strata, ties)
    scaled, _, unit = standardised(design, np.ones(n))
    offset = np.broadcast_to(np.asarray(offset, dtype=float), n)
    at_zero = _evaluate(scaled, offset, sets)
    free = swept(at_zero.parts[1], np.diag(scaled.T @ scaled) * 1e-3, range(k))
    x = scaled[:, free]

    found = maximise(
        np.zeros(len(free)),
        predict=lambda beta: x @ beta,
        evaluate=lambda eta: _evaluate(x, eta, sets),
        direction=newton_step,
        offset=offset,
        tolerance=TOLERANCE,
        relative=True,
    )
    bread, residuals = np.zeros((k, k)), np.zeros((n, k))
    if found.converged and len(free):
        _, information, parts = found.point.parts
        bread[np.ix_(free, free)] = np.linalg.inv(information) / np.outer(unit[free], unit[free])
        residuals[:, free] = _residuals(x, sets, parts) * unit[free]
    return CoxFit(
        coefficients=placed(found.state / unit[free], free, k),
        bread=bread,
        residuals=residuals,
        collinear=left_out(free, k),
        moving=tuple(int(free[j]) for j in np.flatnonzero(np.abs(found.step) > MOVING)),
        converged=found.converged,
        separated=found.separated,
    )
