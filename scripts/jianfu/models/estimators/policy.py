"""Staggered roll-outs: group-time effects (did_cs), event studies by four estimators (event_study), events of persons
(did_events), an effect per unit of another (did_ratio), and how far they rest on parallel trends (parallel_trends)."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from jianfu.core.errors import DataError, NotEstimable
from jianfu.indices.own_panel import periods
from jianfu.ingest.user_tables import cell_text
from jianfu.models.estimators.common import (
    COLUMN,
    COUNT,
    COUNT_FROM_1,
    NUMBERS,
    TEXTS,
    Behind,
    Effect,
    Estimator,
    Fit,
    codes_of,
    few_clusters,
)
from jianfu.models.reasons import because, has
from jianfu.statistics import did, event_study, regression

OPTIONS = {"unit": COLUMN, "time": COLUMN, "start": COLUMN, "placebo": COUNT_FROM_1}
DID_OPTIONS = OPTIONS | {
    "control": did.CONTROLS,
    "method": did.METHODS,
    "base": did.BASES,
    "anticipation": COUNT,
    "balance": COUNT,
    "aggregate": TEXTS,
    "band": ("simultaneous", "pointwise"),
}
EVENT_OPTIONS = DID_OPTIONS | {
    "estimator": ("cs", "sunab", "imputation", "twfe"),
    "leads": COUNT,
    "lags": COUNT,
}
TREND_OPTIONS = OPTIONS | {"leads": COUNT_FROM_1, "lags": COUNT, "multiples": NUMBERS, "trials": COLUMN}
STRONG = 10  # F of the first stage from which a ratio is shown
AGGREGATES = ("simple", "dynamic", "group", "calendar", "cells")
NAMES = {"dynamic": "event", "group": "group", "calendar": "calendar"}
NEVER = ("", "0", "never", "inf", "从未", "无", "未实施")  # ways to write that a unit is never treated
MONTHS = (1950 * 12, 2200 * 12)  # numbers that count months
FEW_TREATED = 15  # clusters with treatment below which the normal distribution rejects too often


def fit_did(model, settings):
    """ATT(g, t) of Callaway and Sant'Anna and their means by event time, group and period."""
    options, rows = model.spec.options, _rows(model)
    chosen = {n: options[n] for n in ("control", "method", "base", "anticipation") if n in options}
    cells, law, treated, few = _group_time(model, rows, settings, **chosen)
    clusters = law.clusters
    effects, notes = [], [*_cell_notes(cells, options), *_few_treated(treated, few)]
    notes += [because("welch")] if few else _cohorts_of_one(clusters, cells.cohort, treated)
    for kind in options.get("aggregate", AGGREGATES):
        if kind not in AGGREGATES:
            raise NotEstimable("unknown_aggregate", aggregate=kind, allowed=list(AGGREGATES))
        if kind == "cells":
            names = [f"att_{_text(g)}_{_text(t)}" for g, t in zip(cells.group, cells.time, strict=True)]
            effects += _band(names, cells.att, cells.influence, law)
            continue
        found = did.aggregate(cells, kind, options.get("balance") if kind == "dynamic" else None)
        name = "att" if kind == "simple" else f"att_{kind}"
        effects += _pointwise(name, found.overall, found.overall_influence, law)
        names = [f"{NAMES.get(kind)}_{_text(label)}" for label in found.label]
        effects += _band(names, found.att, found.influence, law)
    if any(np.isnan(effect.std_error) for effect in effects) and few:
        notes.append(because("no_cohort_error"))
    statistic, df, p_value = did.pretrend_test(cells, clusters)
    if np.isfinite(p_value) and treated > 1:
        notes.append(because("pretrend", df=df, statistic=statistic, p=p_value))
    return _fit(effects, rows, notes, clusters, len(cells.cohort), _dropped_cells(rows, cells))


def fit_event_study(model, settings):
    """Effects by event time: cs (dynamic ATT), sunab, imputation or twfe (diagnostic only)."""
    options = model.spec.options
    name = options.get("estimator", "cs")
    if name == "cs":
        return fit_did(model.changed(options=options | {"aggregate": ["simple", "dynamic"]}), settings)
    rows = _rows(model)
    if model.columns:
        raise NotEstimable("event_study_no_terms", estimator=name)
    if model.spec.weights:
        raise NotEstimable("event_study_no_weights", estimator=name)
    time, start = _from_first(rows)
    arguments = (rows["y"], rows["unit"], time, start, rows["cluster"])
    if name == "imputation":
        found = event_study.imputation(*arguments, leads=options.get("leads", 3))
    else:
        found = {"sunab": event_study.sun_abraham, "twfe": event_study.two_way}[name](*arguments)
    shown = (found.event >= -options.get("leads", np.inf)) & (found.event <= options.get("lags", np.inf))
    clusters = codes_of(rows["cluster"][found.used])
    groups = int(clusters.max()) + 1
    df = np.inf if name == "imputation" and groups >= regression.FEW_CLUSTERS else groups - 1
    treated = _treated_clusters(rows["cluster"], start)
    law = _Law(None, None, options, settings, df, alone=treated == 1, root=name == "sunab")
    size = len(found.contributions)  # an influence function is the contribution times the number of clusters
    effects = _pointwise("att", found.overall, found.overall_contributions * size, law)
    names = [f"event_{_text(e)}" for e in found.event[shown]]
    effects += _band(names, found.estimate[shown], found.contributions[:, shown] * size, law)
    notes = {
        "sunab": [because("sun_abraham"), because("factor_G"), because("t", df=groups - 1)],
        "imputation": [
            because("imputation_errors"),
            because("normal") if np.isinf(df) else because("t", df=groups - 1),
        ],
        "twfe": [because("two_way_effects"), because("factor_G")],
    }[name]
    notes = [*_few_treated(treated, corrected=False), *notes]
    if name == "twfe":
        more, own = _decomposition(rows, time, start)
        effects, notes = effects + more, notes + own
    return _fit(effects, rows, notes, clusters, rows["unit"].max() + 1, found.dropped)


def fit_events(model, settings):
    """Events counted over ``trials``: change of the log rate by the extended two-way Poisson regression, and of the
    events per 1,000 by Callaway and Sant'Anna."""
    options, rows = model.spec.options, _rows(model)
    time, start = _from_first(rows)
    arguments = (rows["events"], rows["trials"], rows["unit"], time, start, rows["cluster"])
    found = event_study.extended_poisson(*arguments)
    clusters, treated = codes_of(rows["cluster"][found.used]), _treated_clusters(rows["cluster"], start)
    law = _Law(None, None, options, settings, int(clusters.max()), alone=treated == 1, root=True)
    size = len(found.contributions)
    effects = _pointwise("att", found.overall, found.overall_contributions * size, law)
    cells, law, *_ = _group_time(model, rows, settings)
    mean = did.aggregate(cells, "simple")
    effects += [
        replace(effect, scale="excess_per_1000")
        for effect in _pointwise("att_per_1000", mean.overall, mean.overall_influence, law)
    ]
    notes = [*_few_treated(treated, corrected=False), because("extended_poisson"), because("factor_G")]
    fit = _fit(effects, rows, notes, clusters, rows["unit"].max() + 1, found.dropped)
    return replace(fit, n_events=float(rows["events"][found.used].sum()))


def fit_ratio(model, settings):
    """Effect on the outcome per unit of effect on the column ``first``, where the latter is clear enough."""
    options = model.spec.options
    outcome, first = _rows(model), _rows(model.changed(outcomes=(options["first"],)), rates=False)
    cells, law, treated, few = _group_time(model, outcome, settings)
    through = did.aggregate(_group_time(model, first, settings)[0], "simple")
    error = law.errors(through.overall_influence[:, None])[0][0]
    if not error > 0:
        raise NotEstimable("no_first_stage_error", column=options["first"])
    strength = (through.overall / error) ** 2
    if strength <= STRONG:
        raise NotEstimable("weak_first_stage", column=options["first"], f=float(strength))
    notes = [*_few_treated(treated, few), because("first_stage", column=options["first"], f=float(strength))]
    effects = _pointwise("ratio", *did.ratio(did.aggregate(cells, "simple"), through), law)
    return _fit(effects, outcome, notes, law.clusters, len(cells.cohort), _dropped_cells(outcome, cells))


def fit_trends(model, settings):
    """Intervals of the mean effect under trends that differ, and the trend that would have been seen before."""
    options, rows = model.spec.options, _rows(model)
    cells, law, *_ = _group_time(model, rows, settings, base="universal")
    found = did.parallel_trends(
        did.aggregate(cells, "dynamic"),
        law.clusters,
        leads=options.get("leads", 6),
        lags=options.get("lags", 5),
        multiples=tuple(options.get("multiples", (0.5, 1.0, 2.0))),
        confidence=settings.confidence,
    )
    effects = [
        Effect(f"trends({m:g})", found.effect, low=low, high=high, vcov="influence")
        for m, (low, high) in found.intervals.items()
    ]
    effects.append(Effect("detectable_trend", found.trend))
    notes = [because("relative_magnitudes"), because("influence_errors")]
    return _fit(effects, rows, notes, law.clusters, len(cells.cohort), _dropped_cells(rows, cells))


def _group_time(model, rows, settings, **chosen):
    """Cells of Callaway and Sant'Anna, the law of their means, the number of treated clusters, and whether clusters are
    few."""
    spec = model.spec
    cells = did.att_gt(*(rows[name] for name in ("y", "unit", "time", "start", "x", "weights")), **chosen)
    clusters = _clusters(rows, cells)
    treated = _treated_clusters(clusters, cells.cohort)
    few = bool(spec.cluster) and (clusters.max() + 1 < regression.FEW_CLUSTERS or treated < FEW_TREATED)
    law = _Law(clusters, cells.cohort if few else None, spec.options, settings, alone=treated == 1)
    return cells, law, treated, few


def _from_first(rows):
    """Periods and starts counted from the first period, as :mod:`jianfu.statistics.event_study` takes them."""
    first = rows["time"].min()
    start = np.where(np.isfinite(rows["start"]), rows["start"] - first, np.inf)
    return (rows["time"] - first).astype(int), start


def _decomposition(rows, time, start):
    """Goodman-Bacon weights by kind of comparison, where no unit lacks a period."""
    table = np.full((rows["unit"].max() + 1, time.max() + 1), np.nan)
    table[rows["unit"], time] = rows["y"]
    if np.isnan(table).any():
        return [], [because("bacon_gaps")]
    cohort = pd.Series(start).groupby(rows["unit"]).first().to_numpy()
    parts = event_study.bacon(table, np.maximum(cohort, 0))
    effects = []
    for kind in event_study.BACON_KINDS:
        own = [(weight, effect) for found, weight, effect in parts if found == kind]
        if own:
            total = sum(weight for weight, _ in own)
            mean = sum(weight * effect for weight, effect in own) / total
            effects.append(
                Effect(f"bacon_{kind}", mean, reasons=(because("bacon_weight", weight=float(total)),))
            )
    return effects, []


# ------------------------------------------------------------------------------------------------ rows and cells


def periods_of(values: pd.Series, column: str) -> tuple[np.ndarray, bool]:
    """Periods as floats (N,), and whether they are months: numbers as they are, months (also numbers such as 202401,
    and dates of which no month has two) as year x 12 + month - 1.

    Zero and words for never are missing. Raises :class:`NotEstimable` for what is no such period.
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        found = values.to_numpy(dtype=float)
        year, month = np.divmod(found[(found > 0) & np.isfinite(found)], 100)
        if not (len(year) and ((year >= 1900) & (year < 2100) & (month >= 1) & (month <= 12)).all()):
            return found, False
    names = {value: cell_text(value) for value in values.dropna().unique()}
    text = values.astype(object).map(names).fillna("")
    known = text[~text.str.lower().isin(NEVER)]
    if known.empty:
        return np.full(len(values), np.nan), False
    try:
        positions, _, kind = periods.number(known)
    except DataError:
        kind = "text"
    if kind not in ("month", "year", "number"):
        raise NotEstimable("no_periods", column=column, example=next(iter(known), ""))
    found = positions.astype(float) - (kind == "month")  # periods count months from 1
    return found.reindex(values.index).to_numpy(dtype=float), kind == "month"


def _rows(model, rates=True):
    """Arrays of the rows: y, unit, time, start (inf = never), cluster, weights, x; placebo dates already moved.

    With the option ``trials`` (unless ``rates`` is False) y is the events per 1,000, beside ``events`` and ``trials``.
    """
    spec, used, options = model.spec, model.used, model.spec.options
    time, monthly = periods_of(used[options["time"]], options["time"])
    start, monthly_too = periods_of(used[options["start"]], options["start"])
    if np.isnan(time).any():
        raise NotEstimable("no_periods", column=options["time"], example="0")
    counted = start[start > 0]  # of months may be year x 12 + month - 1 already
    if monthly != monthly_too and not (monthly and ((counted >= MONTHS[0]) & (counted < MONTHS[1])).all()):
        raise NotEstimable("start_of_other_kind", time=options["time"], start=options["start"])
    start = np.where(np.isfinite(start) & (start > 0) & (start <= time.max()), start, np.inf)
    rows = {"y": used[spec.outcome].to_numpy(dtype=float), "dropped": {}}
    kept = np.ones(len(used), dtype=bool)
    if options.get("placebo"):
        kept = ~(time >= start)
        start = np.where(np.isfinite(start), start - options["placebo"], np.inf)
        rows["dropped"] = {"after_start": int((~kept).sum())} if not kept.all() else {}
        if not (kept & (time >= start)).any():
            raise NotEstimable("no_placebo_rows")
    unit = used[options["unit"]]
    cluster = used[spec.cluster] if spec.cluster else unit
    own = model.column("weights", np.ones(len(used)))
    rows |= {"y": rows["y"][kept], "time": time[kept], "start": start[kept], "weights": own[kept]}
    rows |= {"unit": codes_of(unit[kept]), "cluster": codes_of(cluster[kept])}
    rows["x"] = model.design[kept] if model.columns else None
    if rates and "trials" in options:
        trials = used[options["trials"]].to_numpy(dtype=float)[kept]
        if not (trials > 0).all() or (rows["y"] < 0).any():
            raise NotEstimable("outcome_outside_trials")
        rows |= {"events": rows["y"], "trials": trials, "y": 1000 * rows["y"] / trials}
    if len(np.unique(rows["unit"] * 1e6 + rows["time"])) < len(rows["unit"]):
        raise NotEstimable("two_rows_in_period")
    first = np.full(rows["unit"].max() + 1, np.inf)
    np.minimum.at(first, rows["unit"], rows["start"])
    if (first[rows["unit"]] != rows["start"]).any():
        raise NotEstimable("two_starts")
    return rows


def _clusters(rows, cells):
    """Cluster codes of the units of ``cells``."""
    of_unit = np.zeros(rows["unit"].max() + 1, dtype=int)
    of_unit[rows["unit"]] = rows["cluster"]
    return np.unique(of_unit[cells.units], return_inverse=True)[1]


def _treated_clusters(clusters, start):
    """Number of clusters with treatment."""
    return len(np.unique(clusters[np.isfinite(start)]))


def _few_treated(treated, corrected):
    """The caution on few clusters with treatment as a list, empty where there are enough."""
    if treated == 1:
        return [because("one_treated")]
    code = "few_treated" if corrected else "few_treated_uncorrected"
    return [because(code, clusters=treated)] if treated < FEW_TREATED else []


def _cohorts_of_one(clusters, cohort, treated):
    """The caution on cohorts of a single cluster, whose own variation cannot be seen."""
    starts = np.unique(np.column_stack([cohort, clusters])[np.isfinite(cohort)], axis=0)[:, 0]
    single = int((np.unique(starts, return_counts=True)[1] == 1).sum())
    return [because("cohorts_of_one", groups=single)] if single and treated > 1 else []


def _dropped_cells(rows, cells):
    kept = np.isin(rows["unit"], cells.units)
    late = kept & (rows["time"] >= cells.last)
    dropped = {"always_treated": int((~kept).sum()), "no_control_left": int(late.sum())}
    return {reason: n for reason, n in dropped.items() if n}


def _cell_notes(cells, options):
    sizes = {g: int((cells.cohort == g).sum()) for g in np.unique(cells.group)}
    notes = [
        because("callaway_santanna", method=options.get("method", "dr")),
        because(f"controls_{options.get('control', 'not_yet_treated')}"),
        because("base_period", base=options.get("base", "varying")),
        because(
            "rollout_groups", groups=len(sizes), smallest=min(sizes.values()), largest=max(sizes.values())
        ),
        because("influence_errors"),
    ]
    if options.get("anticipation"):
        notes.append(because("anticipation", periods=options["anticipation"]))
    if options.get("placebo"):
        notes.append(because("placebo_dates", periods=options["placebo"]))
    return notes


# ------------------------------------------------------------------------------------------------ effects


@dataclass(frozen=True)
class _Law:
    """How intervals are made: cluster codes of the units (None = rows are clusters), cohort of the units where few
    clusters call for Welch's t, options, settings, degrees of freedom otherwise, whether a single cluster is
    treated, from which no error can be had, and whether influence functions are but a root of the covariance."""

    clusters: np.ndarray | None
    cohort: np.ndarray | None
    options: dict
    settings: object
    df: float = np.inf
    alone: bool = False
    root: bool = False

    def errors(self, influence):
        """Standard errors and degrees of freedom, (K,) each."""
        if self.alone:
            return np.full((2, influence.shape[1]), np.nan)
        if self.cohort is not None:
            return did.welch(influence, self.clusters, self.cohort)
        return did.standard_errors(influence, self.clusters), np.full(influence.shape[1], float(self.df))


def _pointwise(name, estimate, influence, law):
    errors, df = law.errors(influence[:, None])
    return [_effect(name, estimate, errors[0], df[0], (1 + law.settings.confidence) / 2, law)]


def _band(names, estimates, influence, law):
    """Effects whose intervals cover together (sup-t) or, without bootstrap, one by one."""
    if not names:
        return []
    settings, share, reasons = law.settings, (1 + law.settings.confidence) / 2, ()
    errors, df = law.errors(influence)
    if settings.bootstrap and not law.alone and law.options.get("band", "simultaneous") == "simultaneous":
        critical = did.critical_value(
            influence, settings.confidence, settings.bootstrap, settings.seed, law.clusters, normal=law.root
        )
        share = stats.norm.cdf(critical)
        reasons = (because("band", critical=float(critical), replicates=settings.bootstrap),)
    parts = zip(names, estimates, errors, df, strict=True)
    return [_effect(name, estimate, error, own, share, law, reasons) for name, estimate, error, own in parts]


def _effect(name, estimate, error, df, share, law, reasons=()):
    """``share``: probability below the upper critical value; the t distribution stretches it."""
    half = stats.t.ppf(share, df) * error
    p_value = 2 * stats.t.sf(abs(estimate / error), df) if error > 0 else np.nan
    vcov = "influence" if law.cohort is None else "influence_welch"
    estimate = float(estimate)
    interval = (float(estimate - half), float(estimate + half))
    return Effect(
        name, estimate, float(error), *interval, float(p_value), vcov, reasons=reasons, df=float(df)
    )


def _behind(rows):
    """Persons and events behind the effects on events: those after the start or those without, whichever are fewer."""
    treated = rows["time"] >= rows["start"]
    sums = [[rows[name][some].sum() for some in (treated, ~treated)] for name in ("trials", "events")]
    return Behind(*map(min, sums))


def _fit(effects, rows, notes, clusters, n_units, dropped):
    n_clusters = int(clusters.max()) + 1
    if "events" in rows:
        effects = [replace(effect, behind=_behind(rows)) for effect in effects]
    notes = notes if has(notes, "welch") else [*notes, *few_clusters(n_clusters)]
    counts = {"n_clusters": n_clusters, "n_units": int(n_units), "dropped": rows["dropped"] | dropped}
    return Fit(effects, notes, n_clusters - 1, **counts)


def _text(value):
    """Period as text: months of consecutive numbering as 'YYYY-MM', others as whole numbers."""
    if MONTHS[0] <= value < MONTHS[1]:
        return f"{int(value) // 12:04d}-{int(value) % 12 + 1:02d}"
    return f"{value:g}"


_entry = partial(Estimator, needs=("outcome",), may_miss=("start",), reports_all=True)
PANEL, ADJUSTED = ("unit", "time", "start"), ("controls", "cluster", "weights")
ENTRIES = {
    "did_cs": _entry(fit_did, "unit", takes=ADJUSTED, options=DID_OPTIONS, required=PANEL),
    "event_study": _entry(fit_event_study, "unit", takes=ADJUSTED, options=EVENT_OPTIONS, required=PANEL),
    "did_events": _entry(
        fit_events,
        "log_rate",
        takes=("cluster",),
        options=OPTIONS | {"trials": COLUMN},
        required=(*PANEL, "trials"),
    ),
    "did_ratio": _entry(
        fit_ratio,
        "unit",
        takes=("cluster",),
        options=OPTIONS | {"first": COLUMN, "trials": COLUMN},
        required=(*PANEL, "first"),
    ),
    "parallel_trends": _entry(fit_trends, "unit", takes=("cluster",), options=TREND_OPTIONS, required=PANEL),
}
