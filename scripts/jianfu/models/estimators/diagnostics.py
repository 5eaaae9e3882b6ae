"""What stands beside an estimate: E-value, influence of groups, additive scale, spread, smallest detectable effect.

Each takes a declared model of least squares or of a hazard (``options: {model: ols | cloglog | logit | poisson}``) as
it is, and reports figures of its terms, named ``figure(term)``.
"""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import marginal, ols
from jianfu.models.estimators.common import (
    COLUMN,
    OBSERVATIONS,
    POSITIVE,
    SHARE,
    Behind,
    Effect,
    Estimator,
    Fit,
    codes_of,
    few_clusters,
)
from jianfu.models.reasons import because
from jianfu.models.term import Term
from jianfu.statistics import bursts, designs, hazard, inference, leaving_out, margins, power, sensitivity

MODELS = ("ols", "cloglog", "logit", "poisson")
SCALES = {"ols": "", "cloglog": "log_hazard", "logit": "log_odds", "poisson": "log_rate"}
MEASURES = {"cloglog": "hr", "logit": "or", "poisson": "rr"}
ROUNDING = 1e-10  # share of the largest error below which an error is nothing but rounding
MEMORY, REPLICATES = (
    0.8,
    199,
)  # of shocks from month to month; draws of the reference where the settings name none
PER = 1000  # observations that excess events are counted per

E_VALUE = {"model": MODELS, "common": bool}
LEAVE_ONE_OUT = {"model": MODELS, "group": COLUMN}
ADDITIVE = {"model": MODELS[1:], "by": COLUMN}
BURSTS = {"model": MODELS[1:], "by": COLUMN, "time": COLUMN, "memory": SHARE}
SPREAD = {"by": COLUMN}
DETECTABLE = {"model": MODELS, "power": SHARE, "design_effect": POSITIVE}


class Observed:
    """Rows of a model as arrays; of a hazard without the levels in which nothing happened."""

    def __init__(self, model):
        n = len(model.used)
        self.link = model.spec.options.get("model", "ols")
        self.terms, self.names = model.of_interest, list(model.columns)
        self.design, self.effects = model.design, model.effects
        self.clusters = np.arange(n) if model.clusters is None else model.clusters
        self.n, self.keep, self.lost = np.asarray(model.weights, dtype=float), np.ones(n, dtype=bool), 0
        if self.link == "ols":
            self.y = model.outcome
            return
        self.y = model.events
        if (self.y < 0).any() or (self.link != "poisson" and (self.y > self.n).any()):
            raise NotEstimable("outcome_outside_trials")
        self.keep = self.eventful(self.keep)
        self.lost = int(self.n[~self.keep].sum())
        self.y, self.n, self.design = self.y[self.keep], self.n[self.keep], self.design[self.keep]
        self.effects = [designs.codes_of(codes[self.keep])[0] for codes in self.effects]
        self.clusters = designs.codes_of(self.clusters[self.keep])[0]

    def eventful(self, rows):
        """``rows`` (mask) without the levels in which nothing, or only events, happened; raises NotEstimable where too
        few events remain."""
        if self.link == "ols":
            return rows
        groups = {name: codes[rows] for name, codes in self._levels().items()}
        left = np.flatnonzero(rows)[hazard.drop_separated(self.y[rows], self.n[rows], groups)[0]]
        if not (events := self.y[left].sum()) > self.design.shape[1]:
            raise NotEstimable("too_few_events", events=int(events), coefficients=self.design.shape[1])
        return np.isin(np.arange(len(rows)), left)

    def _levels(self):
        """{effect, or column of 0 and 1: its codes (N,)}."""
        columns = zip(self.names, self.design.T, strict=True)
        flags = {name: column.astype(int) for name, column in columns if np.isin(column, (0, 1)).all()}
        return dict(enumerate(self.effects)) | flags

    def uneventful_without(self, groups):
        """Those of the ``groups`` (N,) without which nothing, or only events, would happen in some level, or too little
        in all."""
        if self.link == "ols":
            return []
        size, left = groups.max() + 1, self.y.sum() - np.bincount(groups, self.y)
        found = left <= self.design.shape[1]
        for codes in self._levels().values():
            levels = codes.max() + 1
            own = codes * size + groups
            events, trials = (
                np.bincount(own, part, minlength=levels * size).reshape(levels, size)
                for part in (self.y, self.n)
            )
            others = np.bincount(own, minlength=levels * size).reshape(levels, size)
            others = others.sum(axis=1, keepdims=True) - others > 0
            events, trials = (part.sum(axis=1, keepdims=True) - part for part in (events, trials))
            small = 1e-9 * np.maximum(trials, 1)
            found |= (others & ((events <= small) | (np.abs(trials - events) <= small))).any(axis=0)
        return np.flatnonzero(found).tolist()

    def fit(self):
        """The hazard fit of all rows; raises NotEstimable where they are one cluster."""
        if self.clusters.max() == 0:
            raise NotEstimable("single_cluster")
        return hazard.fit(self.y, self.n, self.design, self.effects, self.clusters, self.link)

    def of_interest(self):
        """Indices of the design columns of the declared terms."""
        return [j for j, name in enumerate(self.names) if name in self.terms]

    def found(self, effects=(), notes=(), converged=True):
        """What the engine wants to know beside the effects, and these."""
        absorbed = sum(codes.max() + 1 for codes in self.effects)
        left = int(self.n.sum() - self.design.shape[1] - max(absorbed, 1))
        n_events = np.nan if self.link == "ols" else float(self.y.sum())
        dropped = {"separated": self.lost} if self.lost else {}
        return Fit(effects, notes, left, converged, int(self.clusters.max()) + 1, n_events, dropped=dropped)


def fit_e_value(model, settings):
    """E-values of the terms and of the limits of their intervals; least squares by its outcome in SD."""
    spec, options = model.spec, model.spec.options
    link, common = options.get("model", "ols"), options.get("common", False)
    if link == "ols":
        found = ols.fit(model.changed(estimator=link, options={}), settings)
        spread = 1.0 if spec.outcome in spec.standardise else model.outcome.std(ddof=1)
        measure = "smd"
    else:
        found = _rows_of_fit(Observed(model), settings)
        spread, measure = 1.0, MEASURES[link]
    effects = []
    for effect in found.effects:
        if effect.term not in model.of_interest:
            continue
        if np.isnan(effect.estimate):
            effects.append(_collinear(f"e_value({effect.term})", effect.term))
            continue
        values = [effect.estimate / spread, effect.low / spread, effect.high / spread]
        ratio, low, high = (float(sensitivity.risk_ratio(value, measure, common)) for value in values)
        point, limit = sensitivity.e_value(ratio, low, high)
        bounds = {} if np.isnan([low, high]).any() else {"low": low, "high": high}
        reason = because("risk_ratio_interval" if bounds else "risk_ratio", ratio=ratio, **bounds)
        effects.append(Effect(f"e_value({effect.term})", point, scale="risk_ratio", reasons=(reason,)))
        effects.append(Effect(f"e_value_limit({effect.term})", limit, scale="risk_ratio"))
    outcome = [] if measure in ("smd", "rr") else [because("common_outcome" if common else "rare_outcome")]
    return replace(found, effects=effects, reasons=[because(f"e_value_{measure}"), *outcome])


def _collinear(name, column):
    """The row of a column of which the others leave nothing."""
    return Effect(name, np.nan, reasons=(because("collinear_term", term=column),))


def _same(effect):
    """The row of a difference that the model leaves no room for, its figures but rounding."""
    return Effect(effect.term, np.nan, scale=effect.scale, reasons=(because("same_by_construction"),))


def _rows_of_fit(data, settings):
    fitted = data.fit()
    errors = np.sqrt(np.diag(fitted.covariance))
    low, high, _ = inference.t_interval(
        fitted.coefficients, errors, fitted.n_clusters - 1, settings.confidence
    )
    rows = [
        Effect(data.names[j], fitted.coefficients[j], errors[j], low[j], high[j]) for j in data.of_interest()
    ]
    return data.found(rows, converged=bool(fitted.converged))


def fit_leave_one_out(model, settings):
    """Smallest and largest estimate when one level of ``group`` after another is left out."""
    spec, data = model.spec, Observed(model)
    groups = designs.codes_of(codes_of(model.used[spec.options["group"]])[data.keep])[0]
    levels = np.unique(groups)
    if len(levels) < 3:
        raise NotEstimable("too_few_levels", levels=len(levels), column=spec.options["group"])
    kept = {level: np.zeros(len(data.y), dtype=bool) for level in data.uneventful_without(groups)}
    for level in kept:
        with suppress(NotEstimable):
            kept[level] = data.eventful(groups != level)
    weights = np.ones(len(data.y)) if data.link == "ols" else data.n
    arrays = data.y, weights, data.design, data.effects
    slopes, converged = leaving_out.without_each(*arrays, groups, kept, data.link)
    if not converged[0]:
        return data.found(converged=False)
    whole, *each = slopes[:, data.of_interest()]
    each = np.reshape(each, (-1, len(whole)))
    effects, scale = [], SCALES[data.link]
    for j, column in enumerate(data.of_interest()):
        name, values = data.names[column], each[:, j]
        known = values[~np.isnan(values)]
        if np.isnan(whole[j]):
            effects.append(_collinear(f"lowest_without_one({name})", name))
            continue
        if not len(known):
            raise NotEstimable("no_fit_without_level")
        turned = int((np.sign(known) != np.sign(whole[j])).sum())
        counts = {"fitted": len(known), "levels": len(levels), "turned": turned}
        own = {"scale": scale, "reasons": (because("left_out_in_turn", whole=whole[j], **counts),)}
        effects.append(Effect(f"lowest_without_one({name})", float(known.min()), **own))
        effects.append(Effect(f"highest_without_one({name})", float(known.max()), **own))
    return data.found(effects, [because("one_left_out", column=spec.options["group"])])


def fit_additive(model, settings):
    """Excess events per 1,000 observations by unit of each variable (of a category: against its reference), by level
    of ``by``, of the others, and their differences.

    Observations in levels without events count, with no excess: their fitted hazard is zero whatever the variable.
    """
    spec, used, data = model.spec, model.used, Observed(model)
    fitted = data.fit()
    if not fitted.converged:
        return data.found(converged=False)
    by = used[spec.options["by"]][data.keep].astype(str) if spec.options.get("by") else None
    levels, still = [] if by is None else sorted(set(by)), _eventless(model, data)
    averages, left_out, behind = {}, [], {}
    variables = marginal.main_variables(spec.terms, model.columns.categories)
    for name, move in marginal.moves(model, variables).items():
        if move.of_nothing(fitted.coefficients):
            left_out.append(_collinear(f"excess_per_1000({name})", name))
            continue
        moved = move.at(data.keep)

        def average(rows, others, moved=moved):
            weights = np.where(rows, data.n, 0.0)
            share = weights.sum() / (weights.sum() + others)
            return moved.average(fitted.eta, fitted.coefficients, data.link, weights) * (PER * share)

        averages[f"excess_per_1000({name})"] = average(np.ones(len(data.y), dtype=bool), still.sum())
        for level in levels:
            inside, own = (by == level).to_numpy(), still.get(level, 0.0)
            averages[f"excess_per_1000({name}; {level})"] = average(inside, own)
            counted = [(data.n[rows].sum(), data.y[rows].sum()) for rows in (inside, ~inside)]
            behind[f"excess_per_1000({name}; {level})"] = Behind(*counted[0], spec.options["by"])
            if len(levels) > 1:
                least = Behind(*np.min(counted, axis=0), spec.options["by"])
                behind[f"excess_per_1000({name}; {level} - others)"] = least
                behind[f"excess_per_1000({name}; not {level})"] = Behind(*counted[1], spec.options["by"])
                averages[f"excess_per_1000({name}; not {level})"] = average(~inside, still.sum() - own)
                difference = average(inside, own) - average(~inside, still.sum() - own)
                averages[f"excess_per_1000({name}; {level} - others)"] = difference
    if not averages:
        return data.found(left_out)
    errors = margins.absorbed_std_errors(
        list(averages.values()), data.y, data.n, data.design, data.effects, data.clusters, data.link, fitted
    )
    df, values = fitted.n_clusters - 1, [a.estimate for a in averages.values()]
    low, high, p_value = inference.t_interval(values, errors, df, settings.confidence)
    effects = [
        Effect(
            name,
            *map(float, row),
            "cluster_G",
            scale="excess_per_1000",
            df=float(df),
            behind=behind.get(name),
        )
        for name, *row in zip(averages, values, errors, low, high, p_value, strict=True)
    ]
    most = max(errors)
    effects = [_same(effect) if effect.std_error <= ROUNDING * most else effect for effect in effects]
    notes = [because("marginal_effects_absorbed"), because("factor_G"), because("t", df=df)]
    return data.found([*effects, *left_out], [*notes, *few_clusters(fitted.n_clusters)])


def _eventless(model, data):
    """Observations by level of the option ``by`` ("" where there is none) that no fit has, as nothing, or only events,
    happened in some level of theirs."""
    by, rest = model.spec.options.get("by"), model.sample.eventless
    here = model.used[~data.keep].assign(**{OBSERVATIONS: model.weights[~data.keep]})
    rows = here if rest is None else pd.concat([here, rest])
    return rows[OBSERVATIONS].groupby(rows[by].astype(str) if by else np.full(len(rows), "")).sum()


def fit_detectable(model, settings):
    """Smallest effect of each term that the design detects, without comparing the outcome with it."""
    data, options = Observed(model), model.spec.options
    if data.clusters.max() == 0:
        raise NotEstimable("single_cluster")
    wanted, factor = options.get("power", power.POWER), options.get("design_effect", 1.0)
    effects, df = [], int(data.clusters.max())
    for column in data.of_interest():
        term = data.design[:, column]
        others = np.delete(data.design, column, axis=1)
        if data.link == "ols":
            parts = sensitivity.linear_parts(data.y, others, data.effects)
            controls = range(others.shape[1])
            left = parts.n - parts.absorbed - parts.rank(controls)
            if left < 1:
                raise NotEstimable("too_few_observations", observations=int(parts.n))
            spread = np.sqrt(parts.unexplained(controls) / left)
            error = power.least_squares_error(term, others, data.effects, spread, factor)
            behind = {"observations": len(data.y), "sd": spread}
        else:
            error = power.hazard_error(data.y, data.n, term, others, data.effects, data.link, factor)
            behind = {"events": int(data.y.sum())}
        name = f"detectable({data.names[column]})"
        if np.isnan(error):
            reason = because("nothing_left", term=data.names[column])
            effects.append(Effect(name, np.nan, reasons=(reason,)))
            continue
        effect = power.minimum_detectable(error, df, settings.confidence, wanted)
        kind = "design_of_rows" if data.link == "ols" else "design_of_events"
        reasons = (because(kind, clusters=df + 1, error=error, **behind),)
        effects.append(Effect(name, effect, error, scale=SCALES[data.link], reasons=reasons))
    return data.found(effects, [because("detectable_formula", power=wanted, design_effect=factor)])


def fit_spread(model, settings):
    """Standard deviation of each variable over all observations, and within the levels of ``by``."""
    levels, weights = codes_of(model.used[model.spec.options["by"]]), np.asarray(model.weights, dtype=float)
    effects = []
    for name, column in zip(model.columns, model.design.T, strict=True):
        if name not in model.of_interest or len(Term(name).names) > 1:
            continue
        means = np.bincount(levels, weights * column) / np.bincount(levels, weights)
        for figure, around, groups in (
            ("sd", np.average(column, weights=weights), 1),
            ("sd_within", means[levels], len(means)),
        ):
            left = weights.sum() - groups
            if left < 1:
                raise NotEstimable("too_few_observations", observations=int(weights.sum()))
            squares = weights @ (column - around) ** 2
            effects.append(Effect(f"{figure}({name})", float(np.sqrt(squares / left)), scale="ratio"))
    return Fit(effects, residual_df=float(weights.sum() - len(means)) if effects else np.nan)


def fit_bursts(model, settings):
    """Standard deviation of shocks of the log hazard that last some periods within a level of ``by``: what a confounder
    of that kind could add to an effect per SD at most. Negative where events come more evenly than by chance."""
    data, options = Observed(model), model.spec.options
    fitted = data.fit()
    if not fitted.converged:
        return data.found(converged=False)
    rate = np.exp(np.clip(fitted.eta, -40, 4))
    expected = data.n * {"cloglog": -np.expm1(-rate), "logit": rate / (1 + rate), "poisson": rate}[data.link]
    place = [codes_of(model.used[options[name]])[data.keep] for name in ("by", "time")]
    shape = tuple(int(codes.max()) + 1 for codes in place)
    grids = [np.zeros(shape), np.zeros(shape)]
    for grid, values in zip(grids, (data.y, expected), strict=True):
        np.add.at(grid, tuple(place), values)
    replicates = settings.bootstrap or REPLICATES
    found = bursts.fit(
        *grids, memory=options.get("memory", MEMORY), replicates=replicates, seed=settings.seed
    )
    reach = inference.t_quantile(settings.confidence, np.inf) * found.std_error
    low, high = (_root(found.variance + side * reach) for side in (-1, 1))
    error = (high - low) / (2 * inference.t_quantile(settings.confidence, np.inf))
    effect = Effect(
        f"bursts({options['by']})",
        _root(found.variance),
        error,
        low,
        high,
        found.p_value,
        scale=SCALES[data.link],
    )
    return data.found([effect], [because("bursts_reference", replicates=replicates)])


def _root(variance):
    """Signed square root."""
    return float(np.sign(variance) * np.sqrt(abs(variance)))


ENTRIES = {
    "e_value": Estimator(fit_e_value, "risk_ratio", options=E_VALUE, reports_all=True, adds_up=True),
    "leave_one_out": Estimator(
        fit_leave_one_out,
        "unit",
        options=LEAVE_ONE_OUT,
        required=("group",),
        reports_all=True,
        adds_up=True,
    ),
    "bursts": Estimator(
        fit_bursts, "log_hazard", options=BURSTS, required=("by", "time"), reports_all=True, adds_up=True
    ),
    "additive_scale": Estimator(
        fit_additive, "excess_per_1000", options=ADDITIVE, reports_all=True, adds_up=True
    ),
    "exposure_spread": Estimator(
        fit_spread, "unit", options=SPREAD, required=("by",), reports_all=True, adds_up=True
    ),
    "detectable_effect": Estimator(
        fit_detectable, "unit", options=DETECTABLE, reports_all=True, adds_up=True
    ),
}
