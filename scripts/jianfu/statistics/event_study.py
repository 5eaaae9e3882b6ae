"""Other estimators of staggered roll-outs: Sun-Abraham, imputation, two-way fixed effects and its decomposition.

All take rows of a panel as arrays: y (N,), unit and time as codes 0 ... K-1, cohort (N,) the first treated time code of
the row's unit (inf = never), clusters (N,) codes of the clusters. Panels may be unbalanced.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from jianfu.core.errors import NotEstimable
from jianfu.statistics.designs import sums_by
from jianfu.statistics.hazard import Blocks

NEVER = np.inf


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


def sun_abraham(y, unit, time, cohort, clusters, reference=-1):
    """Interaction-weighted estimator (Sun and Abraham 2021): cohort x event time, averaged by the cohorts' rows.

    Units treated from the first period on are left out; without never-treated units the last cohort is the control
    and its periods of treatment are left out. Errors: clustered, G / (G - 1), weights taken as given.
    """
    used, dropped = np.ones(len(y), dtype=bool), {}
    always = cohort <= time.min()
    _leave_out(used, dropped, always, "always_treated")
    if not np.isinf(cohort[used]).any() and used.any():
        last = cohort[used].max()
        _leave_out(used, dropped, time >= last, "no_control_left")
        cohort = np.where(cohort == last, NEVER, cohort)
    rows = np.flatnonzero(used)
    event = time[rows] - cohort[rows]
    treated = np.flatnonzero(np.isfinite(event) & (event != reference))
    keys, inverse = np.unique(
        np.column_stack([cohort[rows][treated], event[treated]]), axis=0, return_inverse=True
    )
    if not len(keys):
        raise NotEstimable("none_treated_within")
    dummies = np.zeros((len(rows), len(keys)))
    dummies[treated, inverse.ravel()] = 1.0
    coefficients, contributions, free = _two_way(y[rows], dummies, unit[rows], time[rows], clusters[rows])
    counts = np.bincount(inverse.ravel(), minlength=len(keys)).astype(float) * free
    labels = np.unique(keys[:, 1])
    weights = np.stack([np.where(keys[:, 1] == e, counts, 0.0) for e in labels], axis=1)
    known = weights.sum(axis=0) > 0
    weights, labels = weights[:, known] / weights[:, known].sum(axis=0), labels[known]
    overall = np.where(keys[:, 1] >= 0, counts, 0.0)
    overall = overall / max(overall.sum(), 1)
    return EventStudy(
        event=labels,
        estimate=coefficients @ weights,
        contributions=contributions @ weights,
        overall=float(coefficients @ overall),
        overall_contributions=contributions @ overall,
        used=used,
        dropped=dropped,
    )


def two_way(y, unit, time, cohort, clusters, reference=-1):
    """Event study by two-way fixed effects, one coefficient per event time: biased if effects differ by cohort.

    ``overall`` is the static coefficient of being treated. Without never-treated units the earliest event time is a
    second reference.
    """
    event = time - cohort
    known = np.isfinite(event)
    labels = np.unique(event[known])
    labels = labels[labels != reference]
    if not np.isinf(cohort).any():
        labels = labels[1:]
    dummies = np.stack([known & (event == e) for e in labels], axis=1).astype(float)
    coefficients, contributions, free = _two_way(y, dummies, unit, time, clusters)
    static, own, _ = _two_way(y, (known & (event >= 0))[:, None].astype(float), unit, time, clusters)
    return EventStudy(
        event=labels[free],
        estimate=coefficients[free],
        contributions=contributions[:, free],
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
    before, lead_estimates, lead_contributions = _leads(
        y, unit, time, cohort, clusters, base, leads, n_clusters
    )
    return EventStudy(
        event=np.r_[before, labels],
        estimate=np.r_[lead_estimates, estimates[:-1]],
        contributions=np.column_stack([lead_contributions, contributions[:, :-1]]),
        overall=float(estimates[-1]),
        overall_contributions=contributions[:, -1],
        used=used,
        dropped=dropped,
    )


def _leads(y, unit, time, cohort, clusters, base, leads, n_clusters):
    """Coefficients of the last ``leads`` periods before treatment, on the rows not yet treated."""
    event = (time - cohort)[base]
    labels = np.array([e for e in range(-leads, 0) if (event == e).any()], dtype=float)
    if not len(labels):
        return labels, np.zeros(0), np.zeros((n_clusters, 0))
    dummies = np.stack([event == e for e in labels], axis=1).astype(float)
    coefficients, contributions, free = _two_way(
        y[base], dummies, unit[base], time[base], clusters[base], n_clusters
    )
    return labels[free], coefficients[free], contributions[:, free]


def _less_cell_means(effect, weights, cells):
    """(n, J) effects less the mean of their cohort and period, weighted by the squared weights of each column."""
    codes, squared = np.unique(cells, return_inverse=True)[1], weights**2
    total = sums_by(squared, codes)
    mean = sums_by(squared * effect[:, None], codes) / np.where(total > 0, total, 1)
    return effect[:, None] - mean[codes]


def _effects_matrix(unit, time):
    """Sparse dummies of all units and of all times but the first."""
    rows, one = np.arange(len(unit)), np.ones(len(unit))
    of_unit, of_time = (sparse.csr_matrix((one, (rows, codes))) for codes in (unit, time))
    return sparse.hstack([of_unit, of_time[:, 1:]]).tocsr()


def _two_way(y, columns, unit, time, clusters, n_clusters=None):
    """Least squares with unit and time effects: coefficients (k,), cluster contributions (G, k), estimable (k,)."""
    k, n_clusters, present = columns.shape[1], n_clusters or int(clusters.max()) + 1, len(np.unique(clusters))
    blocks = Blocks(columns - columns.mean(axis=0), [unit, time])
    beta, bread, residual, share = blocks.least_squares(y - y.mean(), np.ones(len(y)))
    contributions = blocks.cluster_scores(residual, clusters, n_clusters, share) @ bread[:, :k]
    return beta[:k], contributions * np.sqrt(present / max(present - 1, 1)), np.diag(bread)[:k] > 0


def _leave_out(used, dropped, lost, reason):
    lost = used & lost
    if lost.any():
        dropped[reason] = int(lost.sum())
        used &= ~lost


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
