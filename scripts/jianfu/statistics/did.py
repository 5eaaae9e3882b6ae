"""Group-time average treatment effects of a staggered roll-out (Callaway and Sant'Anna 2021).

ATT(g, t) compares the change of the units first treated in period g, from a base period to t, with the change of
units that are not treated yet (or never treated). Each comparison is a two-period estimate on a panel: outcome
regression, inverse probability weighting or doubly robust (Sant'Anna and Zhao 2020, equations 2.2, 2.4 and 3.1; the
estimators that R's did calls reg, ipw and dr). Without covariates the three are one. Standard errors come from the
influence functions: sum over clusters of the squared sum within the cluster, no small-sample factor.
"""

from dataclasses import dataclass

import numpy as np

NEVER = np.inf
METHODS = ("dr", "reg", "ipw")
CONTROLS = ("not_yet_treated", "never_treated")
BASES = ("varying", "universal")
MIN_CLUSTERS_PER_TEST = 5
PROBABILITY_LIMIT = 0.995  # controls with a higher propensity score get no weight, as in R's DRDID


@dataclass(frozen=True)
class GroupTime:
    """Result of :func:`att_gt`: K cells.

    group, time, att: (K,); influence: (n, K) of the n units; cohort: (n,) first treated period of the units, NEVER if
    none; weights: (n,); n_treated, n_control: (K,) units compared; base: (K,) base period; reference: (K,) True for
    the base period itself (universal base: zero by definition); always_treated: units left out because they were
    treated from the first period on; units: (n,) positions of the units in the panel; last: first period without
    controls, inf if there is none.
    """

    group: np.ndarray
    time: np.ndarray
    att: np.ndarray
    influence: np.ndarray
    cohort: np.ndarray
    weights: np.ndarray
    n_treated: np.ndarray
    n_control: np.ndarray
    base: np.ndarray
    reference: np.ndarray
    always_treated: int
    units: np.ndarray
    last: float


@dataclass(frozen=True)
class Aggregate:
    """Weighted means of ATT(g, t).

    label: (E,) event time, group or calendar period; att: (E,); influence: (n, E); overall: mean effect;
    overall_influence: (n,).
    """

    label: np.ndarray
    att: np.ndarray
    influence: np.ndarray
    overall: float
    overall_influence: np.ndarray


def att_gt(
    outcome,
    cohort,
    periods,
    covariates=None,
    weights=None,
    control="not_yet_treated",
    method="dr",
    base="varying",
    anticipation=0,
):
    """ATT(g, t) of a panel.

    outcome: (n, T), NaN = not observed (each cell uses the units observed in both of its periods); cohort: (n,) first
    treated period, NEVER = never; periods: (T,) increasing; covariates: (n, k) without constant, or (n, T, k), of which
    the earlier period of a comparison counts; weights: (n,).
    ``base`` 'varying': effects before treatment are changes from one period to the next; 'universal': all from the
    last period before treatment (less ``anticipation`` periods). Without never-treated units the last cohort serves
    as control only, and its periods of treatment are left out. Raises ValueError if no cell can be estimated.
    """
    periods, cohort = np.asarray(periods, dtype=float), np.asarray(cohort, dtype=float)
    weights = np.ones(len(cohort)) if weights is None else np.asarray(weights, dtype=float)
    early = cohort <= periods[0] + anticipation
    units = np.flatnonzero(~early)
    y, g, w = np.asarray(outcome, dtype=float)[units], cohort[units], weights[units] / weights[units].mean()
    x = np.ones((len(units), len(periods), 1))
    if covariates is not None:
        own = np.asarray(covariates, dtype=float)[units]
        own = own[:, None, :] if own.ndim == 2 else own
        x = np.concatenate([x, np.broadcast_to(own, (*x.shape[:2], own.shape[2]))], axis=2)
    g = np.where(g > periods[-1] + anticipation, NEVER, g)
    last = NEVER
    if not np.isinf(g).any():
        if control == "never_treated":
            raise ValueError("no unit is never treated")
        last = g.max() - anticipation if len(g) else last
    groups = [v for v in np.unique(g) if np.isfinite(v) and (np.isinf(g).any() or v < g.max())]
    cells = []
    for group in groups:
        for t, base_at in _pairs(periods, group, base, anticipation):
            if periods[t] < last:
                cells.append(_cell(y, g, w, x, periods, group, t, base_at, control, method, anticipation))
    cells = [cell for cell in cells if cell is not None]
    if not cells:
        raise ValueError("no group of units can be compared with units not treated")
    columns = list(zip(*cells, strict=True))
    group, time, base_of, att, treated, untreated, reference = (np.array(c) for c in columns[:-1])
    return GroupTime(
        group=group,
        time=time,
        att=att,
        influence=np.column_stack(columns[-1]),
        cohort=g,
        weights=w,
        n_treated=treated,
        n_control=untreated,
        base=base_of,
        reference=reference.astype(bool),
        always_treated=int(early.sum()),
        units=units,
        last=float(last),
    )


def _pairs(periods, group, base, anticipation):
    """Positions of (t, base period) of the cells of one group."""
    before = np.flatnonzero(periods + anticipation < group)
    if not len(before):
        return []
    fixed = before[-1]
    if base == "universal":
        return [(t, fixed) for t in range(len(periods))]
    return [(t, fixed if periods[t] >= group else t - 1) for t in range(1, len(periods))]


def _cell(y, cohort, weights, x, periods, group, t, base, control, method, anticipation):
    """(group, time, base, att, n treated, n control, is reference, influence) of one cell; None if not estimable."""
    n = len(cohort)
    if t == base:
        return group, periods[t], periods[base], 0.0, int((cohort == group).sum()), 0, True, np.zeros(n)
    eligible = np.isinf(cohort)
    if control == "not_yet_treated":
        eligible = eligible | (cohort > max(periods[t], periods[base]) + anticipation)
    change = y[:, t] - y[:, base]
    treated = cohort == group
    x = x[:, min(t, base)]
    used = np.flatnonzero((treated | eligible) & ~np.isnan(change) & ~np.isnan(x).any(axis=1))
    d = treated[used].astype(float)
    if min(d.sum(), (1 - d).sum()) < max(x.shape[1], 1):
        return None
    estimate, influence = two_periods(change[used], d, x[used], weights[used], method)
    if not np.isfinite(estimate):
        return None
    full = np.zeros(n)
    full[used] = influence * n / len(used)
    return group, periods[t], periods[base], estimate, int(d.sum()), int((1 - d).sum()), False, full


def two_periods(change, treated, x, weights, method="dr"):
    """ATT and influence function (n,) of one two-period comparison.

    change: (n,) outcome less its value in the base period; treated: (n,) 0/1; x: (n, k) with a constant.
    """
    n = len(change)
    weights = weights / weights.mean()
    on_treated = weights * treated
    fitted, regression = np.zeros(n), np.zeros_like(x)
    if method != "ipw":
        control = weights * (1 - treated)
        inverse = np.linalg.pinv((x * control[:, None]).T @ x / n, hermitian=True)
        coefficients = inverse @ (x.T @ (control * change) / n)
        fitted = x @ coefficients
        regression = (x * (control * (change - fitted))[:, None]) @ inverse
    residual = change - fitted
    if method == "reg":
        effect = (on_treated @ residual) / on_treated.sum()
        mean_x = (x * on_treated[:, None]).mean(axis=0)
        return effect, (on_treated * (residual - effect) - regression @ mean_x) / on_treated.mean()
    score, probability = _propensity(treated, x, weights)
    odds = np.where(probability < PROBABILITY_LIMIT, probability / (1 - probability), 0.0)
    on_control = weights * odds * (1 - treated)
    mean_treated = (on_treated @ residual) / on_treated.sum()
    mean_control = (on_control @ residual) / on_control.sum()
    gradient = (x * (on_control * (residual - mean_control))[:, None]).mean(axis=0)
    first = on_treated * (residual - mean_treated)
    second = on_control * (residual - mean_control) + score @ gradient
    if method == "dr":
        first = first - regression @ (x * on_treated[:, None]).mean(axis=0)
        second = second - regression @ (x * on_control[:, None]).mean(axis=0)
    influence = first / on_treated.mean() - second / on_control.mean()
    return mean_treated - mean_control, influence


def _propensity(treated, x, weights, rounds=50):
    """Logistic regression of treatment: (n, k) influence of its coefficients, (n,) probabilities."""
    n, coefficients = len(treated), np.zeros(x.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-np.clip(x @ coefficients, -30, 30)))
        gradient = x.T @ (weights * (treated - p)) / n
        inverse = np.linalg.pinv((x * (weights * p * (1 - p))[:, None]).T @ x / n, hermitian=True)
        step = inverse @ gradient
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-12:
            break
    p = np.minimum(1 / (1 + np.exp(-np.clip(x @ coefficients, -30, 30))), 1 - 1e-6)
    inverse = np.linalg.pinv((x * (weights * p * (1 - p))[:, None]).T @ x / n, hermitian=True)
    return (x * (weights * (treated - p))[:, None]) @ inverse, p


# ------------------------------------------------------------------------------------------------ aggregation


def aggregate(cells, kind, balance=None):
    """Aggregate ATT(g, t): 'simple', 'group', 'dynamic' or 'calendar' (Callaway and Sant'Anna 2021, section 3).

    Weights are the shares of the groups; their estimation enters the influence functions. ``balance`` (dynamic only):
    groups observed for at least that many periods after treatment, and only event times up to it.
    """
    share = np.array([(cells.weights * (cells.cohort == g)).mean() for g in cells.group])
    post = cells.time >= cells.group
    if kind == "simple":
        overall, influence = _weighted(cells, np.flatnonzero(post), share)
        return Aggregate(np.zeros(0), np.zeros(0), np.zeros((len(cells.cohort), 0)), overall, influence)
    event = cells.time - cells.group
    if kind == "dynamic":
        wanted = np.ones(len(event), dtype=bool)
        if balance is not None:
            longest = {g: event[cells.group == g].max() for g in np.unique(cells.group)}
            wanted = np.array([longest[g] >= balance for g in cells.group]) & (event <= balance)
        labels = np.unique(event[wanted])
        parts = [_weighted(cells, np.flatnonzero(wanted & (event == e)), share) for e in labels]
        chosen = labels >= 0
    elif kind == "calendar":
        labels = np.unique(cells.time[post])
        parts = [_weighted(cells, np.flatnonzero(post & (cells.time == t)), share) for t in labels]
        chosen = np.ones(len(labels), dtype=bool)
    elif kind == "group":
        labels = np.unique(cells.group[post])
        parts = [_mean(cells, np.flatnonzero(post & (cells.group == g))) for g in labels]
    else:
        raise ValueError(f"unknown aggregation {kind!r}")
    att = np.array([part[0] for part in parts])
    influence = np.column_stack([part[1] for part in parts])
    if kind == "group":
        sizes = np.array([share[cells.group == g][0] for g in labels])
        own = _share_influence(cells, labels, sizes)
        overall = float(att @ sizes / sizes.sum())
        overall_influence = influence @ (sizes / sizes.sum()) + own @ att
    else:
        overall = float(att[chosen].mean()) if chosen.any() else np.nan
        overall_influence = influence[:, chosen].mean(axis=1) if chosen.any() else influence[:, 0] * np.nan
    return Aggregate(labels, att, influence, overall, overall_influence)


def _mean(cells, rows):
    return cells.att[rows].mean(), cells.influence[:, rows].mean(axis=1)


def _weighted(cells, rows, share):
    """Mean of the cells ``rows`` weighted by the shares of their groups, with its influence function."""
    if not len(rows):
        return np.nan, np.full(len(cells.cohort), np.nan)
    weights = share[rows] / share[rows].sum()
    own = _share_influence(cells, cells.group[rows], share[rows])
    return float(cells.att[rows] @ weights), cells.influence[:, rows] @ weights + own @ cells.att[rows]


def _share_influence(cells, groups, shares):
    """(n, len(groups)) influence of estimating the weights shares / sum(shares)."""
    member = cells.weights[:, None] * (cells.cohort[:, None] == groups[None, :]) - shares
    total = shares.sum()
    return member / total - member.sum(axis=1)[:, None] * (shares / total**2)


# ------------------------------------------------------------------------------------------------ inference


def standard_errors(influence, clusters=None):
    """Standard errors (K,) from influence functions (n, K), optionally summed within ``clusters`` (n,) 0 ... G-1."""
    n = len(influence)
    sums = influence if clusters is None else cluster_sums(influence, clusters)
    with np.errstate(invalid="ignore"):
        errors = np.sqrt((sums**2).sum(axis=0)) / n
    return np.where(errors > 1e-12, errors, np.nan)


def welch(influence, clusters, cohort):
    """Standard errors (K,) and degrees of freedom (K,) where few clusters carry the treatment.

    The clusters of a cohort are a sample of their own: squared sums are scaled by C / (C - 1) within each cohort of C
    clusters, the degrees of freedom are those of Welch and Satterthwaite. Equal to the unequal-variances t test of
    cluster means where clusters are of one size. cohort: (n,); NaN where a cohort has one cluster, or a cluster two
    cohorts.
    """
    first = np.full(clusters.max() + 1, np.inf)
    np.minimum.at(first, clusters, cohort)
    labels, of_cluster = np.unique(first, return_inverse=True)
    sizes = np.bincount(of_cluster).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(sizes > 1, sizes / (sizes - 1), np.nan)
    squared = cluster_sums(influence, clusters) ** 2 / len(influence) ** 2
    parts = _sums_by(squared, of_cluster, len(labels)).T
    parts = np.where(parts > 1e-24, parts * factor, 0.0)
    total = parts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = total**2 / np.where(parts > 0, parts**2 / (sizes - 1), 0.0).sum(axis=1)
    involved = _sums_by(np.abs(influence), of_cluster[clusters], len(labels)) > 1e-9
    unknown = (
        (first[clusters] != cohort).any() | (involved & (sizes == 1)[:, None]).any(axis=0) | (total <= 1e-24)
    )
    return np.where(unknown, np.nan, np.sqrt(total)), np.where(unknown, np.nan, df)


def _sums_by(values, codes, size):
    return np.column_stack([np.bincount(codes, column, size) for column in values.T])


def cluster_sums(influence, clusters):
    """Influence functions added up within clusters, (G, K)."""
    return np.column_stack([np.bincount(clusters, column) for column in influence.T])


def critical_value(influence, confidence, replicates, seed, clusters=None):
    """Critical value of the simultaneous (sup-t) band by the multiplier bootstrap with Rademacher weights.

    Montiel Olea and Plagborg-Moller (2019); never below the pointwise one. Columns without variation do not count.
    """
    from scipy import stats

    pointwise = stats.norm.ppf((1 + confidence) / 2)
    errors = standard_errors(influence, clusters)
    kept = np.isfinite(errors)
    if kept.sum() < 1:
        return pointwise
    sums = influence[:, kept] if clusters is None else cluster_sums(influence[:, kept], clusters)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(replicates, len(sums)))
    draws = np.abs(signs @ sums) / len(influence) / errors[kept]
    return max(pointwise, float(np.quantile(draws.max(axis=1), confidence)))


def pretrend_test(cells, clusters=None):
    """Wald test that all ATT(g, t) before treatment are zero: (statistic, degrees of freedom, p-value).

    NaN with fewer than five clusters per restriction: the covariance is then too uncertain to be inverted.
    """
    from scipy import stats

    rows = np.flatnonzero((cells.time < cells.group) & ~cells.reference)
    influence = cells.influence[:, rows]
    sums = influence if clusters is None else cluster_sums(influence, clusters)
    covariance = sums.T @ sums / len(influence) ** 2
    rank = np.linalg.matrix_rank(covariance) if len(rows) else 0
    if not len(rows) or rank < len(rows) or len(sums) < MIN_CLUSTERS_PER_TEST * len(rows):
        return np.nan, len(rows), np.nan
    statistic = float(cells.att[rows] @ np.linalg.solve(covariance, cells.att[rows]))
    return statistic, len(rows), float(stats.chi2.sf(statistic, len(rows)))
