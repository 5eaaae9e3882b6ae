"""Competing risks: Aalen-Johansen estimates with left truncation, and Fine-Gray regression.

Aalen and Johansen (1978), errors by the infinitesimal jackknife as R's ``survival::survfit``; Fine and Gray (1999)
with inverse-probability-of-censoring
weights and errors as R's ``cmprsk::crr``.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.statistics.designs import standardised, swept
from jianfu.statistics.newton import Point, maximise, newton_step

TOLERANCE = 1e-10
MAX_STEPS = 50


@dataclass(frozen=True)
class Curve:
    """Cumulative incidence: times (T,); values and errors {cause: (T,)}; entry, exit of the rows behind it."""

    times: np.ndarray
    values: dict
    errors: dict
    entry: np.ndarray
    exit: np.ndarray

    def at(self, cause, time):
        """Persons at risk at ``time``, the incidence up to it and its standard error."""
        at_risk = int(((self.entry < time) & (self.exit >= time)).sum())
        last = np.searchsorted(self.times, time, "right") - 1
        if last < 0:
            return at_risk, 0.0, 0.0
        return at_risk, float(self.values[cause][last]), float(self.errors[cause][last])


def aalen_johansen(entry, exit_, event, causes, weights, person):
    """Cumulative incidence of ``causes`` as :class:`Curve`.

    entry < exit (N,): at risk at t if entry < t <= exit; event: (N,) text, '' = censored; weights: (N,); person: (N,)
    codes, rows of one person are one contribution to the errors. At each time F_c grows by S(t-) dN_c / Y; the
    influence of a row on S and F_c follows from the same recursion.
    """
    times = np.unique(exit_[event != ""])
    n_persons = int(person.max(initial=-1)) + 1
    survival, incidence = 1.0, dict.fromkeys(causes, 0.0)
    on_survival, on_incidence = np.zeros(len(exit_)), {cause: np.zeros(len(exit_)) for cause in causes}
    values, errors = {c: np.zeros(len(times)) for c in causes}, {c: np.zeros(len(times)) for c in causes}
    for j, time in enumerate(times):
        at_risk = (entry < time) & (exit_ >= time)
        total = weights[at_risk].sum()
        leaves = at_risk & (exit_ == time) & (event != "")
        rate = weights[leaves].sum() / total
        for cause in causes:
            own = leaves & (event == cause)
            hazard = weights[own].sum() / total
            change = (own - at_risk * hazard) / total
            on_incidence[cause] += on_survival * hazard + survival * change
            incidence[cause] += survival * hazard
            values[cause][j] = incidence[cause]
            sums = np.bincount(person, weights * on_incidence[cause], minlength=n_persons)
            errors[cause][j] = np.sqrt((sums**2).sum())
        on_survival = on_survival * (1 - rate) - survival * (leaves - at_risk * rate) / total
        survival *= 1 - rate
    return Curve(times, values, errors, entry, exit_)


@dataclass(frozen=True)
class FineGrayFit:
    """Result of :func:`fine_gray`: coefficients (k,), covariance (k, k), collinear columns, converged, separated."""

    coefficients: np.ndarray
    covariance: np.ndarray
    collinear: tuple
    converged: bool
    separated: bool


def _censoring_survival(time, code):
    """Probability of not being censored before each row's time, G(t-), by Kaplan-Meier."""
    times, counts = np.unique(time[code == 0], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, "left")
    steps = np.cumprod(np.r_[1.0, 1 - counts / at_risk])
    return steps[np.searchsorted(times, time, "left")]


def fine_gray(time, code, design):
    """Regression of the subdistribution hazard of ``code`` 1 on ``design`` (N, k); 0 = censored, 2 = another event.

    Those with another event stay in the risk set with weight G(t-) / G(X-). Ties as Breslow. The covariance is the
    sandwich with the part that comes from estimating G.
    """
    order = np.argsort(time, kind="stable")
    time, code, design = np.asarray(time, dtype=float)[order], code[order], design[order]
    n, k = design.shape
    scaled, _, unit = standardised(design, np.ones(n))
    free = swept(scaled.T @ scaled, np.full(k, float(n)), range(k))
    x = scaled[:, free]

    kept = _censoring_survival(time, code)
    deaths, counts = np.unique(time[code == 1], return_counts=True)
    kept_at = kept[np.searchsorted(time, deaths)]
    weights = np.where(
        time >= deaths[:, None],
        1.0,
        np.where(code == 2, kept_at[:, None] / np.where(kept > 0, kept, 1.0), 0.0),
    )
    cause = code == 1
    total = x[cause].sum(axis=0)

    def evaluate(eta):
        risk = np.exp(eta)
        s0 = weights @ risk
        mean = weights @ (risk[:, None] * x) / s0[:, None]
        loglik = eta[cause].sum() - counts @ np.log(s0)
        hazard = counts / s0
        exposure = risk * (hazard @ weights)
        information = x.T @ (x * exposure[:, None]) - mean.T @ (mean * counts[:, None])
        return Point(loglik, (total - counts @ mean, information, (risk, mean, hazard)))

    found = maximise(
        np.zeros(len(free)),
        predict=lambda beta: x @ beta,
        evaluate=evaluate,
        direction=newton_step,
        tolerance=TOLERANCE,
        relative=True,
    )
    coefficients, covariance = np.full(k, np.nan), np.full((k, k), np.nan)
    if found.converged:
        _, information, parts = found.point.parts
        coefficients[free] = found.state / unit[free]
        parts_of = _contributions(time, code, x, weights, deaths, parts)
        bread = np.linalg.inv(information)
        covariance[np.ix_(free, free)] = (
            bread @ (parts_of.T @ parts_of) @ bread / np.outer(unit[free], unit[free])
        )
    return FineGrayFit(
        coefficients, covariance, tuple(sorted(set(range(k)) - set(free))), found.converged, found.separated
    )


def _contributions(time, code, x, weights, deaths, parts):
    """Contribution of each row (N, k) to the score, that of the estimated censoring distribution included."""
    risk, mean, hazard = parts
    position = np.searchsorted(deaths, time)
    eta = -(risk[:, None] * (x * (hazard @ weights)[:, None] - weights.T @ (mean * hazard[:, None])))
    cause = code == 1
    eta[cause] += x[cause] - mean[position[cause]]

    censored, counts = np.unique(time[code == 0], return_counts=True)
    at_risk = len(time) - np.searchsorted(time, censored, "left")
    other = np.flatnonzero(code == 2)
    drift = np.zeros((len(censored), x.shape[1]))
    for j, moment in enumerate(censored):
        rows = other[time[other] < moment]
        later = deaths >= moment
        part = weights[np.ix_(later, rows)] * hazard[later][:, None]
        drift[j] = (risk[rows] * part.sum(axis=0)) @ x[rows] - mean[later].T @ (part @ risk[rows])
    step = drift * (counts / at_risk**2)[:, None]
    crossed = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(step, axis=0)])
    psi = -crossed[np.searchsorted(censored, time, "right")]
    own = code == 0
    where = np.searchsorted(censored, time[own])
    psi[own] += drift[where] / at_risk[where][:, None]
    return eta + psi
