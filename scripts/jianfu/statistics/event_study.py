"""Other estimators of staggered roll-outs: Sun-Abraham, imputation, two-way fixed effects and its decomposition.

All take rows of a panel as arrays: y (N,), unit and time as codes 0 ... K-1, cohort (N,) the first treated time code of
the row's unit (inf = never), clusters (N,) codes of the clusters. Panels may be unbalanced.
"""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import splu

from jianfu.core.errors import NotEstimable
from jianfu.statistics import hazard, regression
from jianfu.statistics.designs import codes_of, indicator, sums_by

NEVER = np.inf
REFERENCE = -1  # event time that effects are compared with


@dataclass(frozen=True)
class EventStudy:
    """Effects by event time (periods since the first treated one).

    event, estimate: (E,); contributions: (G, E) of the clusters, so that their cross-product is the covariance;
    overall: mean over the treated rows; overall_contributions: (G,); used: (N,) rows used; dropped: {reason: rows}.
    """

    event: np.ndarray
    estimate: np.ndarray
    contributions: np.ndarray
    overall: float
    overall_contributions: np.ndarray
    used: np.ndarray
    dropped: dict = field(default_factory=dict)

    @property
    def std_errors(self):
        return np.sqrt((self.contributions**2).sum(axis=0))


def sun_abraham(y, unit, time, cohort, clusters):
    """Interaction-weighted estimator (Sun and Abraham 2021), by diff-diff: cohort x event time, averaged by their rows.

    Units treated from the first period on are left out; without never-treated units the last cohort is the control
    and its periods of treatment are left out. Errors: clustered, G / (G - 1): the factor (N - 1) / (N - k) of
    diff-diff, as of fixest, is taken back.
    """
    from diff_diff import SunAbraham

    used, dropped, cohort = _with_controls(time, cohort)
    event = (time - cohort)[used]
    if not (np.isfinite(event) & (event != REFERENCE)).any():
        raise NotEstimable("none_treated_within")
    first = np.where(np.isfinite(cohort), cohort + 1, 0)  # 0 = never
    panel = pd.DataFrame({"y": y, "unit": unit, "time": time + 1, "first": first, "cluster": clusters})[used]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cells that cannot be had are missing among the events
        fitted = SunAbraham(cluster="cluster").fit(panel, "y", "unit", "time", "first")
    labels = np.array(fitted.event_study_vcov_index)
    columns = len(fitted.cohort_effects) + panel["time"].nunique()
    contributions = _root(fitted.event_study_vcov * (len(panel) - columns) / (len(panel) - 1))
    estimate = np.array([fitted.event_study_effects[label]["effect"] for label in labels])
    shares = np.where(labels >= 0, (event[:, None] == labels).sum(axis=0), 0)
    shares = shares / max(shares.sum(), 1)
    return EventStudy(
        event=labels,
        estimate=estimate,
        contributions=contributions,
        overall=float(estimate @ shares),
        overall_contributions=contributions @ shares,
        used=used,
        dropped=dropped,
    )


def two_way(y, unit, time, cohort, clusters):
    """Event study by two-way fixed effects, one coefficient per event time: biased if effects differ by cohort.

    ``overall`` is the static coefficient of being treated. Without never-treated units the earliest event time is a
    second reference.
    """
    event = time - cohort
    known = np.isfinite(event)
    labels = np.unique(event[known])
    labels = labels[labels != REFERENCE]
    if not np.isinf(cohort).any():
        labels = labels[1:]
    found, estimate, contributions = _two_way(y, event, labels, unit, time, clusters)
    _, static, own = _two_way(y, known & (event >= 0), [True], unit, time, clusters)
    if not len(static):
        raise NotEstimable("none_treated_within")
    return EventStudy(
        event=found,
        estimate=estimate,
        contributions=contributions,
        overall=float(static[0]),
        overall_contributions=own[:, 0],
        used=np.ones(len(y), dtype=bool),
    )


def imputation(y, unit, time, cohort, clusters, leads=3):
    """Imputation estimator (Borusyak, Jaravel and Spiess 2024).

    Unit and time effects are fitted on the rows not yet treated; an effect is the mean of y less its prediction.
    Errors are theirs (conservative, deviations from the mean effect of cohort and period, clustered, no small-sample
    factor). ``leads`` coefficients before treatment come from the rows not yet treated (their pre-trend test).
    """
    treated = np.isfinite(cohort) & (time >= cohort)
    used, dropped = np.ones(len(y), dtype=bool), {}
    for codes, reason in ((unit, "always_treated"), (time, "no_control_left")):
        without = np.bincount(codes[~treated], minlength=codes.max() + 1) == 0
        _leave_out(used, dropped, treated & without[codes], reason)
    rows, base = np.flatnonzero(used & treated), np.flatnonzero(~treated)
    if not len(rows):
        raise NotEstimable("none_imputable")
    design = _effects_matrix(unit, time)
    control = design[base]
    solve = splu(sparse.csc_matrix(control.T @ control + 1e-12 * sparse.eye(design.shape[1]))).solve
    beta = solve(control.T @ y[base])
    effect = y[rows] - design[rows] @ beta
    event = (time - cohort)[rows]
    labels = np.unique(event)
    weights = np.stack(
        [(event == e) / (event == e).sum() for e in labels] + [np.full(len(rows), 1 / len(rows))], axis=1
    )
    estimates = effect @ weights
    on_base = -(control @ solve(np.asarray(design[rows].T @ weights)))
    residual = y[base] - control @ beta
    centred = _less_cell_means(effect, weights, cohort[rows] * (time.max() + 1) + time[rows])
    n_clusters = int(clusters.max()) + 1
    contributions = sums_by(on_base * residual[:, None], clusters[base], n_clusters)
    contributions += sums_by(weights * centred, clusters[rows], n_clusters)
    before = np.array([e for e in range(-leads, 0) if ((time - cohort)[base] == e).any()], dtype=float)
    lead_estimates, lead_contributions = np.zeros(0), np.zeros((n_clusters, 0))
    if len(before):
        own = np.unique(clusters[base], return_inverse=True)
        rows = (y[base], (time - cohort)[base], before, unit[base], time[base], own[1])
        before, lead_estimates, found = _two_way(*rows)
        lead_contributions = np.zeros((n_clusters, len(before)))
        lead_contributions[own[0]] = found
    return EventStudy(
        event=np.r_[before, labels],
        estimate=np.r_[lead_estimates, estimates[:-1]],
        contributions=np.column_stack([lead_contributions, contributions[:, :-1]]),
        overall=float(estimates[-1]),
        overall_contributions=contributions[:, -1],
        used=used,
        dropped=dropped,
    )


def _less_cell_means(effect, weights, cells):
    """(n, J) effects less the mean of their cohort and period, weighted by the squared weights of each column."""
    codes, squared = np.unique(cells, return_inverse=True)[1], weights**2
    total = sums_by(squared, codes)
    mean = sums_by(squared * effect[:, None], codes) / np.where(total > 0, total, 1)
    return effect[:, None] - mean[codes]


def _effects_matrix(unit, time):
    """Sparse dummies of all units and of all times but the first."""
    return sparse.hstack([indicator(unit).T, indicator(time)[1:].T]).tocsr()


def _two_way(y, values, labels, unit, time, clusters):
    """Least squares with unit and time effects on one dummy per label of ``values`` (N,): those of the ``labels`` that
    can be told apart, coefficients (k,) and what each cluster contributes to them (G, k)."""
    dummies = np.stack([values == label for label in labels], axis=1).astype(float)
    try:
        fitted = regression.fit(y, dummies, [unit, time], clusters, vcov="cluster")
    except ValueError:  # none can
        return np.zeros(0), np.zeros(0), np.zeros((len(np.unique(clusters)), 0))
    free = np.isfinite(fitted.coefficients)
    return np.asarray(labels)[free], fitted.coefficients[free], fitted.contributions


def _with_controls(time, cohort):
    """Rows used (N,), {reason: rows left out} and the cohorts, where every period used has a control: without the units
    treated from the first period on and, if all are treated at last, the last cohort as control until then."""
    used, dropped = np.ones(len(time), dtype=bool), {}
    _leave_out(used, dropped, cohort <= time.min(), "always_treated")
    if not np.isinf(cohort[used]).any() and used.any():
        last = cohort[used].max()
        _leave_out(used, dropped, time >= last, "no_control_left")
        cohort = np.where(cohort == last, NEVER, cohort)
    return used, dropped, cohort


def _root(covariance):
    """Rows (k, k) whose cross-product is a covariance (k, k)."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))).T


def _leave_out(used, dropped, lost, reason):
    lost = used & lost
    if lost.any():
        dropped[reason] = int(lost.sum())
        used &= ~lost


def extended_poisson(y, exposure, unit, time, cohort, clusters, *, periods=3):
    """Extended two-way Poisson regression of counts (Wooldridge 2023, section 4): parallel trends of log rates.

    y, exposure: (N,) events and what they are counted over. One coefficient for every cohort and every ``periods``
    periods since its start, beside unit and time effects; ``overall`` is their mean by the exposure of the treated
    rows, a log rate ratio. Units treated from the first period on, and periods without a control, are left out as in
    :func:`sun_abraham`. Raises NotEstimable where none is left, or a coefficient has no finite estimate.
    """
    used, dropped, cohort = _with_controls(time, cohort)
    _leave_out(used, dropped, ~(exposure > 0), "no_exposure")
    treated = used & np.isfinite(cohort) & (time >= cohort)
    if not treated.any():
        raise NotEstimable("none_treated_within")
    since = np.where(treated, (time - np.where(treated, cohort, 0)) // periods, -1)
    cells = np.unique(np.column_stack([cohort, since])[treated], axis=0)
    design = np.stack([treated & (cohort == g) & (since == s) for g, s in cells], axis=1)[used].astype(float)
    groups, unlimited = {"unit": unit[used], "time": time[used]}, np.full(used.sum(), np.inf)
    kept = hazard.drop_separated(y[used], exposure[used], groups, unlimited)[0]
    if not kept.any():
        raise NotEstimable("no_events")
    lost = np.zeros(len(used), dtype=bool)
    lost[used] = ~kept
    _leave_out(used, dropped, lost, "separated")
    design, effects = design[kept], [codes_of(codes[used])[0] for codes in (unit, time)]
    if (design * y[used][:, None]).sum(axis=0).min() <= 0:
        raise NotEstimable("no_events_after_start")
    fitted = hazard.fit(y[used], exposure[used], design, effects, clusters[used], "poisson")
    if fitted.separated or not fitted.converged or fitted.collinear:
        raise NotEstimable("unconverged")
    share = exposure[used] @ design / (exposure[used] @ design).sum()
    root = _root(fitted.covariance)
    return EventStudy(
        event=np.arange(len(cells), dtype=float),
        estimate=fitted.coefficients,
        contributions=root,
        overall=float(fitted.coefficients @ share),
        overall_contributions=root @ share,
        used=used,
        dropped=dropped,
    )


# ------------------------------------------------------------------------------------------------ decomposition

BACON_KINDS = ("treated_vs_never", "earlier_vs_later", "later_vs_earlier", "treated_vs_always")


def bacon(outcome: np.ndarray, cohort: np.ndarray) -> list[tuple[str, float, float]]:
    """Decomposition of the static two-way coefficient (Goodman-Bacon 2021, theorem 1) on a balanced panel.

    outcome: (n, T) without missing values; cohort: (n,) position of the first treated period (inf = never, 0 = always).
    Returns (kind, weight, estimate) of each comparison; weights add up to one and the weighted estimates to the
    coefficient. ``later_vs_earlier`` uses units already treated as controls.
    """
    periods, found = outcome.shape[1], []
    groups, sizes = np.unique(cohort, return_counts=True)
    means = [outcome[cohort == group].mean(axis=0) for group in groups]
    for i in np.flatnonzero((groups > 0) & np.isfinite(groups)):
        start = int(groups[i])
        for j in np.flatnonzero(groups != groups[i]):
            low, high = (0, groups[j]) if groups[j] > start else (groups[j], periods)
            low, high = int(low), int(min(high, periods))
            own, other = (mean[start:high].mean() - mean[low:start].mean() for mean in (means[i], means[j]))
            kind = {np.inf: 0, 0.0: 3}.get(groups[j], 1 if groups[j] > start else 2)
            found.append(
                (BACON_KINDS[kind], sizes[i] * sizes[j] * (high - start) * (start - low), own - other)
            )
    total = sum(weight for _, weight, _ in found)
    return [(kind, weight / total, estimate) for kind, weight, estimate in found]
