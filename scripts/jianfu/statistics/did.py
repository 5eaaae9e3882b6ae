"""Group-time average treatment effects of a staggered roll-out (Callaway and Sant'Anna 2021).

ATT(g, t) compares the change of the units first treated in period g, from a base period to t, with the change of
units that are not treated yet (or never treated). diff-diff makes the cells and their influence functions (outcome
regression, inverse probability weighting or doubly robust; Sant'Anna and Zhao 2020; without covariates the three are
one), equal to those of R's did to 1e-15; here stand what rows go in, the aggregates with their influence functions,
errors that are right with few treated clusters, and simultaneous bands.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.statistics.designs import sums_by

NEVER = np.inf
METHODS = ("dr", "reg", "ipw")
CONTROLS = ("not_yet_treated", "never_treated")
BASES = ("varying", "universal")
MIN_CLUSTERS_PER_TEST = 5
TRIM = 1e-6  # propensity scores nearer to 0 or 1 are moved here: practically none


@dataclass(frozen=True)
class GroupTime:
    """Result of :func:`att_gt`: K cells.

    group, time, att: (K,); influence: (n, K) of the n units; cohort: (n,) first treated period of the units, NEVER if
    none; weights: (n,); reference: (K,) True for the base period itself (universal base: zero by definition); units:
    (n,) positions of the units in the panel; last: first period without controls, inf if there is none.
    """

    group: np.ndarray
    time: np.ndarray
    att: np.ndarray
    influence: np.ndarray
    cohort: np.ndarray
    weights: np.ndarray
    reference: np.ndarray
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
    y: np.ndarray,
    unit: np.ndarray,
    time: np.ndarray,
    cohort: np.ndarray,
    covariates: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    *,
    control: str = "not_yet_treated",
    method: str = "dr",
    base: str = "varying",
    anticipation: int = 0,
) -> GroupTime:
    """ATT(g, t) of the rows of a panel, each cell from the units observed in both of its periods.

    y, time: (N,); unit: (N,) codes 0 ... n-1; cohort: (N,) first treated period of the row's unit, NEVER = never;
    covariates: (N, k) without constant, of which the base period of a comparison counts; weights: (N,) of the units.
    ``base`` 'varying': effects before treatment are changes from one period to the next; 'universal': all from the
    last period before treatment (less ``anticipation`` periods). Units treated from the first period on are left out.
    Without never-treated units the last cohort serves as control only, and its periods of treatment are left out.
    Raises NotEstimable if no unit is never treated though asked for, or no cell can be estimated.
    """
    first_row, last = np.unique(unit, return_index=True)[1], NEVER
    weights = np.ones(len(first_row)) if weights is None else np.asarray(weights, dtype=float)[first_row]
    units = np.flatnonzero(cohort[first_row] > time.min() + anticipation)
    g = cohort[first_row][units]
    g = np.where(g > time.max() + anticipation, NEVER, g)
    if len(g) and np.isfinite(g).all():
        if control == "never_treated":
            raise NotEstimable("no_never_treated")
        last = g.max() - anticipation
    inside = np.isin(unit, units) & (time < last)
    place = np.searchsorted(units, unit[inside])
    panel = pd.DataFrame(
        {"unit": place, "time": time[inside], "y": y[inside], "weight": weights[units][place]}
    )
    panel["first"] = np.where(g < last + anticipation, g, 0.0)[place]  # 0 = never
    for j, column in enumerate([] if covariates is None else covariates[inside].T):
        panel[f"x{j}"] = column
    panel = panel.dropna().sort_values(["unit", "time"], ignore_index=True)
    names = [name for name in panel if name.startswith("x")]
    cells, influence = _cells(
        panel, names, weights, control=control, method=method, base=base, ahead=anticipation
    )
    if not cells:
        raise NotEstimable("no_comparison")
    group, time = np.array(list(cells), dtype=float).T
    functions = [_spread(influence.get(cell), panel["unit"], len(units)) for cell in cells]
    return GroupTime(
        group=group,
        time=time,
        att=np.array(list(cells.values())),
        influence=np.column_stack(functions),
        cohort=g,
        weights=weights[units] / weights[units].mean(),
        reference=np.array([not function.any() for function in functions]),
        units=units,
        last=float(last),
    )


def _cells(panel, covariates, weights, *, control, method, base, ahead):
    """Effects {(group, time): ATT} and their influence functions, by diff-diff; a base period has no influence."""
    from diff_diff import CallawaySantAnna, SurveyDesign

    if not (panel["first"] > 0).any() or not (panel["first"] != panel["first"].max()).any():
        return {}, {}
    design = CallawaySantAnna(
        control_group=control,
        estimation_method=method,
        base_period=base,
        anticipation=ahead,
        pscore_trim=TRIM,
    )
    survey = SurveyDesign(weights="weight") if np.ptp(weights) > 0 else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gaps, cells that cannot be had: counted by the caller
        try:
            fitted = design.fit(
                panel, "y", "unit", "time", "first", covariates=covariates or None, survey_design=survey
            )
        except ValueError:
            raise NotEstimable("no_comparison") from None
    known = {
        cell: found["effect"]
        for cell, found in sorted(fitted.group_time_effects.items())
        if np.isfinite(found["effect"])
    }
    influence = {cell: parts for cell, parts in fitted._aggregation_kit.influence.items() if cell in known}
    least = len(covariates) + 1
    few = [
        cell
        for cell, parts in influence.items()
        if parts["treated_inf"].any() and min(len(parts["treated_idx"]), len(parts["control_idx"])) < least
    ]
    return {cell: att for cell, att in known.items() if cell not in few}, influence


def _spread(parts, units, n):
    """Influence function (n,) of one cell; zero where the units do not belong to it."""
    full = np.zeros(n)
    if parts is not None:
        present = np.unique(units)
        full[present[parts["treated_idx"]]] = parts["treated_inf"] * n
        full[present[parts["control_idx"]]] += parts["control_inf"] * n
    return full


# ------------------------------------------------------------------------------------------------ aggregation


def aggregate(cells, kind, balance=None):
    """Aggregate ATT(g, t): 'simple', 'group', 'dynamic' or 'calendar' (Callaway and Sant'Anna 2021, section 3).

    Weights are the shares of the groups; their estimation enters the influence functions. ``balance`` (dynamic only):
    groups observed for at least that many periods after treatment, and only event times up to it.
    """
    share = np.array([(cells.weights * (cells.cohort == g)).mean() for g in cells.group])
    event, wanted = cells.time - cells.group, cells.time >= cells.group

    def mean(rows):
        return _weighted(cells, cells.group[rows], share[rows], cells.att[rows], cells.influence[:, rows])

    if kind == "simple":
        return Aggregate(np.zeros(0), np.zeros(0), np.zeros((len(cells.cohort), 0)), *mean(wanted))
    if kind == "dynamic":
        longest = np.array([event[cells.group == g].max() for g in cells.group])
        wanted = (
            (longest >= balance) & (event <= balance) if balance is not None else np.full(len(event), True)
        )
    of = {"dynamic": event, "group": cells.group, "calendar": cells.time}[kind]
    labels = np.unique(of[wanted])
    parts = [mean(wanted & (of == label)) for label in labels]
    att, influence = np.array([part[0] for part in parts]), np.column_stack([part[1] for part in parts])
    if kind == "group":
        sizes = np.array([share[cells.group == g][0] for g in labels])
        return Aggregate(labels, att, influence, *_weighted(cells, labels, sizes, att, influence))
    chosen = (labels >= 0) | (kind == "calendar")
    if not chosen.any():
        return Aggregate(labels, att, influence, np.nan, influence[:, 0] * np.nan)
    return Aggregate(labels, att, influence, float(att[chosen].mean()), influence[:, chosen].mean(axis=1))


def _weighted(cells, groups, shares, att, influence):
    """Mean of ``att`` (K,) weighted by the shares of their groups, and its influence (n,) with that of the weights."""
    if not len(att):
        return np.nan, np.full(len(cells.cohort), np.nan)
    total = shares.sum()
    member = cells.weights[:, None] * (cells.cohort[:, None] == groups) - shares
    of_weights = member / total - member.sum(axis=1)[:, None] * (shares / total**2)
    return float(att @ shares / total), influence @ (shares / total) + of_weights @ att


# ------------------------------------------------------------------------------------------------ inference


def standard_errors(influence, clusters=None):
    """Standard errors (K,) from influence functions (n, K), optionally summed within ``clusters`` (n,) 0 ... G-1."""
    n = len(influence)
    sums = influence if clusters is None else sums_by(influence, clusters)
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
    squared = sums_by(influence, clusters) ** 2 / len(influence) ** 2
    parts = sums_by(squared, of_cluster, len(labels)).T
    parts = np.where(parts > 1e-24, parts * factor, 0.0)
    total = parts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = total**2 / np.where(parts > 0, parts**2 / (sizes - 1), 0.0).sum(axis=1)
    involved = sums_by(np.abs(influence), of_cluster[clusters], len(labels)) > 1e-9
    unknown = (
        (first[clusters] != cohort).any() | (involved & (sizes == 1)[:, None]).any(axis=0) | (total <= 1e-24)
    )
    return np.where(unknown, np.nan, np.sqrt(total)), np.where(unknown, np.nan, df)


def critical_value(influence, confidence, replicates, seed, clusters=None, *, normal=False):
    """Critical value of the simultaneous (sup-t) band by the multiplier bootstrap with Rademacher weights.

    Montiel Olea and Plagborg-Moller (2019); never below the pointwise one. Columns without variation do not count.
    normal: with normal weights, where the rows are a root of the covariance and not what clusters contribute.
    """
    pointwise = stats.norm.ppf((1 + confidence) / 2)
    errors = standard_errors(influence, clusters)
    kept = np.isfinite(errors)
    if kept.sum() < 1:
        return pointwise
    sums = influence[:, kept] if clusters is None else sums_by(influence[:, kept], clusters)
    rng, size = np.random.default_rng(seed), (replicates, len(sums))
    weights = rng.normal(size=size) if normal else rng.choice([-1.0, 1.0], size=size)
    draws = np.abs(weights @ sums) / len(influence) / errors[kept]
    return max(pointwise, float(np.quantile(draws.max(axis=1), confidence)))


def pretrend_test(cells, clusters=None):
    """Wald test that all ATT(g, t) before treatment are zero: (statistic, degrees of freedom, p-value).

    NaN with fewer than five clusters per restriction: the covariance is then too uncertain to be inverted.
    """
    rows = np.flatnonzero((cells.time < cells.group) & ~cells.reference)
    influence = cells.influence[:, rows]
    sums = influence if clusters is None else sums_by(influence, clusters)
    covariance = sums.T @ sums / len(influence) ** 2
    rank = np.linalg.matrix_rank(covariance) if len(rows) else 0
    if not len(rows) or rank < len(rows) or len(sums) < MIN_CLUSTERS_PER_TEST * len(rows):
        return np.nan, len(rows), np.nan
    statistic = float(cells.att[rows] @ np.linalg.solve(covariance, cells.att[rows]))
    return statistic, len(rows), float(stats.chi2.sf(statistic, len(rows)))


# ------------------------------------------------------------------------------------------------ parallel trends


@dataclass(frozen=True)
class ParallelTrends:
    """How far the mean effect depends on parallel trends.

    effect: mean over the periods from the start on; intervals: {M: (low, high)} of it if the differential trend moves
    by at most M times as much from one period to the next after the start as it did at most before (Rambachan and Roth
    2023, relative magnitudes); trend: the differential trend per period that the joint test of the periods before the
    start would find with 80 % power (Roth 2022).
    """

    effect: float
    intervals: dict[float, tuple[float, float]]
    trend: float


def parallel_trends(
    dynamic: Aggregate,
    clusters: np.ndarray,
    *,
    leads: int,
    lags: int,
    multiples: tuple[float, ...],
    confidence: float,
) -> ParallelTrends:
    """Sensitivity of the mean over the periods 0 ... ``lags`` to trends that differ, from ``leads`` periods before.

    dynamic: effects by event time against the last period before the start (``base='universal'``); clusters: (n,) codes
    of the units. Bounds and power are diff-diff's. Raises NotEstimable with fewer than two periods before the start.
    """
    from diff_diff import HonestDiD, MultiPeriodDiDResults, PeriodEffect, PreTrendsPower

    label = dynamic.label.astype(int)
    shown = (label >= -leads - 1) & (label <= lags) & (label != -1)
    label, sums = label[shown], sums_by(dynamic.influence[:, shown], clusters)
    covariance = sums.T @ sums / len(dynamic.influence) ** 2
    if (label < -1).sum() < 2 or not (label >= 0).any():
        raise NotEstimable("few_periods_before")
    if np.linalg.matrix_rank(covariance) < len(label):
        raise NotEstimable("few_clusters_for_trends", clusters=len(sums), periods=len(label))
    errors, effects = np.sqrt(np.diag(covariance)), dynamic.att[shown]
    rows = zip(label.tolist(), effects, errors, strict=True)
    unknown = {"t_stat": np.nan, "p_value": np.nan, "conf_int": (np.nan, np.nan)}
    study = MultiPeriodDiDResults(
        period_effects={e: PeriodEffect(period=e, effect=one, se=error, **unknown) for e, one, error in rows},
        **dict.fromkeys(("avg_att", "avg_se", "avg_t_stat", "avg_p_value"), np.nan),
        avg_conf_int=(np.nan, np.nan),
        n_obs=len(dynamic.influence),
        n_treated=0,
        n_control=0,
        pre_periods=label[label < 0].tolist(),
        post_periods=label[label >= 0].tolist(),
        vcov=covariance,
        reference_period=-1,
        interaction_indices={e: i for i, e in enumerate(label.tolist())},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            m: HonestDiD(method="relative_magnitude", M=m, alpha=1 - confidence).fit(study) for m in multiples
        }
        power = PreTrendsPower(alpha=1 - confidence, violation_type="linear", pretest_form="wald").fit(study)
    intervals = {m: (float(one.ci_lb), float(one.ci_ub)) for m, one in found.items()}
    return ParallelTrends(float(effects[label >= 0].mean()), intervals, float(power.mdv))


def ratio(outcome: Aggregate, first: Aggregate) -> tuple[float, np.ndarray]:
    """Effect on an outcome per unit of effect on what it is to act through (Wald), and its influence function (n,).

    outcome, first: means over all treated cells (``simple``) of the same units.
    """
    found = outcome.overall / first.overall
    return found, (outcome.overall_influence - found * first.overall_influence) / first.overall
