"""Competing risks: Aalen-Johansen estimates with left truncation, and Fine-Gray regression.

Aalen and Johansen (1978), errors by the infinitesimal jackknife as R's ``survival::survfit``; Fine and Gray (1999)
with inverse-probability-of-censoring weights
and errors as R's ``cmprsk::crr``.
"""

from dataclasses import dataclass, replace

import numpy as np

from jianfu.statistics import cox
from jianfu.statistics.designs import sums_by


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


def _censoring_survival(time, code):
    """Probability of not being censored before each row's time, G(t-), by Kaplan-Meier."""
    times, counts = np.unique(time[code == 0], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, "left")
    steps = np.cumprod(np.r_[1.0, 1 - counts / at_risk])
    return steps[np.searchsorted(times, time, "left")]


def fine_gray(time, code, design):
    """Regression of the subdistribution hazard of ``code`` 1 on ``design`` (N, k); 0 = censored, 2 = another event.

    Those with another event stay in the risk set with weight G(t-) / G(X-): a weighted Cox regression, ties as Breslow,
    in which they have one more row for every later death time (Geskus 2011). The residuals of the fit
    (:class:`jianfu.statistics.cox.CoxFit`) include what comes from estimating G, as in ``cmprsk::crr``.
    """
    time, code = np.asarray(time, dtype=float), np.asarray(code)
    kept = _censoring_survival(time, code)
    order = np.argsort(time)
    deaths = np.unique(time[code == 1])
    kept_at = kept[order][np.searchsorted(time[order], deaths)]
    owner, later = np.nonzero((code == 2)[:, None] & (deaths > time[:, None]) & (kept > 0)[:, None])
    before = np.r_[-np.inf, deaths][later]
    row = np.r_[np.arange(len(time)), owner]
    found = cox.fit(
        np.r_[np.full(len(time), -np.inf), np.maximum(time[owner], before)],
        np.r_[time, deaths[later]],
        np.r_[code == 1, np.zeros(len(owner), dtype=bool)],
        design[row],
        weights=np.r_[np.ones(len(time)), kept_at[later] / kept[owner]],
        ties="breslow",
    )
    own = sums_by(found.residuals, row, len(time))
    after = -found.residuals[len(time) :]
    return replace(found, residuals=own + _of_censoring(time, code, after, time[owner], deaths[later]))


def _of_censoring(time, code, expected, since, until):
    """What the estimated censoring distribution adds to the residual of each row, (N, k).

    expected: (M, k) expectations after another event at ``since`` (M,), at the death time ``until`` (M,).
    """
    censored, counts = np.unique(time[code == 0], return_counts=True)
    at_risk = (time >= censored[:, None]).sum(axis=1)
    drift = sum(  # of the expectations with since < moment <= until, for every moment of censoring
        sign * sums_by(expected, np.searchsorted(censored, ends, "right"), len(censored) + 1)
        for sign, ends in ((1, since), (-1, until))
    )
    drift = np.cumsum(drift, axis=0)[:-1]
    step = drift * (counts / at_risk**2)[:, None]
    crossed = np.concatenate([np.zeros((1, drift.shape[1])), np.cumsum(step, axis=0)])
    psi = -crossed[np.searchsorted(censored, time, "right")]
    own = code == 0
    where = np.searchsorted(censored, time[own])
    psi[own] += drift[where] / at_risk[where][:, None]
    return psi
