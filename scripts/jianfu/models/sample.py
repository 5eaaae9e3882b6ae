"""Rows of an analysis table that a model uses, every other one counted with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.ingest.user_tables import LARGEST
from jianfu.models.estimators.common import OBSERVATIONS, codes_of, columns_named, effect_codes
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.reasons import because
from jianfu.models.spec import ModelSpec
from jianfu.models.term import Term, names_of
from jianfu.models.terms import Design, columns_of, outside_domain, require_columns, term_variables
from jianfu.statistics import hazard, regression


@dataclass
class Sample:
    """Rows of an analysis table that a model uses.

    rows: mask over the table; dropped: {reason: observations}; remarks: reasons to stand beside the estimates; merged:
    {variable: {level: level that stands for it}} of levels with few persons or events; eventless: rows of the model
    that were left out as nothing, or only events, happened in some level, with the observations behind each
    (:data:`OBSERVATIONS`), None where there is no such rule.
    """

    rows: np.ndarray
    dropped: dict = field(default_factory=dict)
    remarks: list = field(default_factory=list)
    merged: dict = field(default_factory=dict)
    eventless: pd.DataFrame | None = None

    def used(self, table, columns: Iterable[str]) -> pd.DataFrame:
        """The rows of the table in those of ``columns`` that it has, small levels merged."""
        frame = table.of(columns)[self.rows]
        merged = {name: levels for name, levels in self.merged.items() if name in frame}
        return frame.assign(**{name: _relabelled(frame[name], levels) for name, levels in merged.items()})


def _relabelled(values, levels):
    """Values of a categorical column, or of truth values, under the levels that stand for them."""
    codes, known = pd.factorize(values)
    found = np.array([*(levels.get(level, level) for level in known), np.nan], dtype=object)[codes]
    return found.astype(bool) if values.dtype == bool else found


def select(spec, table, categories):
    """Rows that ``spec`` uses, with every dropped observation counted by its first reason: (Sample, controls)."""
    if not table.n_read:
        raise NotEstimable("table_empty", table=spec.data)
    estimator = ESTIMATORS[spec.estimator]
    named = columns_named(spec, estimator)
    terms = term_variables(spec.terms, categories)
    frame = table.of([*named, *terms, *term_variables(spec.controls, categories), *spec.where])
    controls, remarks = _present_controls(spec, frame, categories)
    remarks = [*table.remarks, *remarks]
    require_columns(frame, [*named, *terms], table.absent)
    sample = Sample(np.ones(len(frame), dtype=bool), dict(table.dropped), remarks)

    def drop(lost, reason):
        lost = sample.rows & lost
        if lost.any():
            sample.dropped[reason] = sample.dropped.get(reason, 0) + int(table.weights(lost).sum())
            sample.rows &= ~lost

    for column, value in spec.where.items():
        require_columns(frame, [column], table.absent)
        drop(~holds(frame[column], value), "outside_risk_set")
    for column in _complete(spec, estimator, named, [*terms, *term_variables(controls, categories)]):
        drop(frame[column].isna().to_numpy(), _missing_reason(column, spec, table))
        if frame[column].dtype.kind == "f" and np.isinf(frame[column].to_numpy()[sample.rows]).any():
            raise NotEstimable("values_infinite", column=column, sample=sample)
        if frame[column].dtype.kind == "f" and column != spec.weights:
            _check_range(column, frame[column].to_numpy()[sample.rows], sample)
    for part, undefined in outside_domain(frame, [*spec.terms, *controls]).items():
        drop(undefined, f"outside_{part}")
    if spec.weights:
        if (frame.loc[sample.rows, spec.weights] < 0).any():
            raise NotEstimable("negative_weights", column=spec.weights, sample=sample)
        drop((frame[spec.weights] == 0).to_numpy(), "zero_weight")
    if trials := spec.options.get("trials"):
        if (frame.loc[sample.rows, trials] < 0).any():
            raise NotEstimable("negative_trials", column=trials, sample=sample)
        nobody = (frame[trials] == 0).to_numpy()
        if (frame.loc[sample.rows & nobody, list(spec.outcomes)] != 0).to_numpy().any():
            raise NotEstimable("events_without_trials", column=trials, sample=sample)
        drop(nobody, "no_trials")
    for reason, lost in _never_at_risk(spec, frame).items():
        drop(lost, reason)
    if not sample.rows.any():
        raise NotEstimable("no_observations", reasons=sorted(sample.dropped), sample=sample)
    _merge_small(spec, table, categories, [*terms, *term_variables(controls, categories)], sample)
    if estimator.counts:
        _drop_separated(spec, table, categories, controls, sample)
    else:
        _drop_singletons(spec, table, sample)
    return sample, controls


def _check_range(name, values, sample):
    """Raise :class:`NotEstimable` for numbers whose squares no double holds."""
    largest = np.abs(values).max(initial=0)
    if not largest <= LARGEST or 0 < largest < 1 / LARGEST:
        raise NotEstimable("values_out_of_range", column=name, most=LARGEST, sample=sample)


def _merge_small(spec, table, categories, variables, sample):
    """Merge the levels with few persons or events (:mod:`jianfu.models.small_levels`) and say so.

    A truth value has two, so that one with a small side becomes a constant, whether that side has no event or nine.
    """
    if not table.persons:
        return
    used = sample.used(table, dict.fromkeys([*variables, *spec.outcomes, spec.event, "person"]))
    grouped = [name for name in dict.fromkeys(variables) if name in categories or used[name].dtype == bool]
    persons, events = table.weights(sample.rows), events_of(spec, table, used)
    for variable in grouped:
        codes, levels = pd.factorize(used[variable])
        if "person" in used:  # each once in a level
            known = used["person"].notna() & ~used[[variable, "person"]].duplicated()
            persons = known.to_numpy(dtype=float)
        counts = _by_level(codes, persons, levels)
        happened = None if events is None else _by_level(codes, events.to_numpy(dtype=float), levels)
        merged = table.merging.of(variable, counts, happened)
        if merged:
            sample.merged[variable] = merged
            names = {level: _level_name(variable, level, categories) for level in counts.index}
            told = [f"{names[level]} → {names[now]}" for level, now in sorted(merged.items(), key=str)]
            sample.remarks.append(because("levels_merged", levels=told))


def _level_name(variable, level, categories):
    """What the note calls a level: its dummy, else its value; a truth value by the column and 1 or 0."""
    if variable in categories:
        return categories[variable].get(level, level)
    return f"{variable}_{int(level)}"


def _by_level(codes, values, levels):
    """Sums of ``values`` (N,) by level, those without a level left out."""
    known = codes >= 0
    sums = np.bincount(codes[known], values[known], minlength=len(levels))
    return pd.Series(sums, list(levels))


def events_of(spec, table, used) -> pd.Series | None:
    """Events (N,) behind the rows of a model that explains events of persons, None for another outcome."""
    if spec.outcomes and (ESTIMATORS[spec.estimator].counts or table.weight):
        return used[list(spec.outcomes)].sum(axis=1)
    if spec.event and not spec.options.get("cause") and pd.api.types.is_numeric_dtype(used[spec.event]):
        return (used[spec.event] != 0).astype(float)
    return None


def holds(values: pd.Series, wanted: object) -> np.ndarray:
    """Mask (N,) of the rows that hold ``wanted``, a value or one of a list of them."""
    return values.isin(wanted if isinstance(wanted, list | tuple) else [wanted]).to_numpy()


def _complete(spec, estimator, named, variables):
    """Columns in which a missing value costs the row: outcome first, then terms, controls and the others."""
    if estimator.may_miss is None:
        return []
    first = [column for column, key in named.items() if key in ("outcome", "mediator")]
    may_miss = set(estimator.may_miss)
    if "censored" in spec.options:
        may_miss -= {"event"}  # censoring has a value of its own, so that an empty event is unknown
    others = [column for column, key in named.items() if key not in may_miss]
    return list(dict.fromkeys([*first, *variables, *others]))


def _never_at_risk(spec, frame):
    """Rows of durations that no risk set has, {reason: mask}: entry (or the time 0) not before exit, exit not after the
    landmark."""
    lost = {}
    if spec.entry and spec.exit:
        lost["no_time_at_risk"] = (frame[spec.exit] <= frame[spec.entry]).to_numpy()
    elif spec.exit:
        lost["no_time_at_risk"] = (frame[spec.exit] < 0).to_numpy()
    if "landmark" in spec.options:
        lost["before_landmark"] = (frame[spec.exit] <= spec.options["landmark"]).to_numpy()
    return lost


@dataclass(frozen=True)
class Prepared:
    """A declared model on the N rows that it uses: what every fit of it and every description of its rows starts from.

    sample, controls: as :func:`select` gives them; used: frame of the rows with the columns that the model names;
    weights: (N,) observations behind each row (person-months of a cell, 1 in most tables; weights of the user are
    another thing, ``column("weights")``); columns: design columns (N,) of terms, then controls, by name, without
    constant and effects.
    """

    spec: ModelSpec
    sample: Sample
    controls: list[str]
    used: pd.DataFrame
    weights: np.ndarray
    columns: Design

    @property
    def design(self) -> np.ndarray:
        """Design columns side by side, (N, k)."""
        return np.column_stack(list(self.columns.values())) if self.columns else np.empty((len(self.used), 0))

    @property
    def with_constant(self) -> np.ndarray:
        """The same with a constant in front, (N, k + 1)."""
        return np.column_stack([np.ones(len(self.used)), *self.columns.values()])

    @cached_property
    def effects(self) -> list[np.ndarray]:
        """Codes (N,) of each absorbed effect."""
        return [effect_codes(self.used, name) for name in self.spec.effects]

    @cached_property
    def clusters(self) -> np.ndarray | None:
        """Codes (N,) of the clusters, None where the model names none."""
        return codes_of(self.used[self.spec.cluster]) if self.spec.cluster else None

    @property
    def outcome(self) -> np.ndarray:
        """Values (N,) of the outcome, several added up; raises :class:`NotEstimable` where all rows are the same."""
        values = self.events if len(self.spec.outcomes) > 1 else self.values(self.spec.outcome)
        if len(values) > 1 and not np.ptp(values) > 0:
            raise NotEstimable("no_variation", column=self.spec.outcome_name)
        return values

    @property
    def events(self) -> np.ndarray:
        """Events (N,) of all outcomes together."""
        return self.used[list(self.spec.outcomes)].sum(axis=1).to_numpy(dtype=float)

    @property
    def trials(self) -> np.ndarray:
        """Trials, or exposure, behind each row (N,)."""
        return trials_of(self.spec, self.used, self.weights)

    def values(self, name: str) -> np.ndarray:
        """Values (N,) of a variable, in standard deviations if the model says so."""
        values = self.used[name].to_numpy(dtype=float)
        if name not in self.spec.standardise:
            return values
        mean, spread = self.spec.standardise[name] or (values.mean(), values.std(ddof=1))
        if not spread > 0:
            raise NotEstimable("no_variation", column=name)
        return (values - mean) / spread

    def column(self, key: str, default: object = None) -> np.ndarray | object:
        """Numbers (N,) of the column that a key of the model names; ``default`` where it names none."""
        name = getattr(self.spec, key)
        return self.used[name].to_numpy(dtype=float) if name else default

    @property
    def of_interest(self) -> list[str]:
        """Names of the design columns of the terms, without those of the controls."""
        return self.columns.names(self.spec.terms)

    def of_controls(self) -> list[np.ndarray]:
        """Design columns of the controls alone."""
        return [self.columns[name] for name in self.columns.names(self.controls)]

    def at(self, rows: np.ndarray) -> "Prepared":
        """The same on some of the rows (mask, or positions, which may come more than once)."""
        return replace(
            self, used=self.used.iloc[rows], weights=self.weights[rows], columns=self.columns.rows(rows)
        )

    def changed(self, **changes) -> "Prepared":
        """The same rows under a model with other values of some fields."""
        return replace(self, spec=replace(self.spec, **changes))


def trials_of(spec, used, weights) -> np.ndarray:
    """Trials, or exposure, behind each row: the option ``trials``, else the observations behind the row."""
    name = spec.options.get("trials")
    return used[name].to_numpy(dtype=float) if name else np.asarray(weights, dtype=float)


def prepare(spec, table, categories) -> Prepared:
    """Rows, weights and design columns of a declared model, assembled here and nowhere else.

    Raises :class:`NotEstimable`, with the sample where rows were left.
    """
    sample, controls = select(spec, table, categories)
    terms = [*spec.terms, *controls]
    named = columns_named(spec, ESTIMATORS[spec.estimator])
    names = dict.fromkeys([*named, *term_variables(terms, categories), "unit", "person"])
    used = sample.used(table, names)
    weights = table.weights(sample.rows)
    try:
        columns = columns_of(used, terms, categories, weights)
        for name in columns:
            _check_range(name, columns[name], sample)
        if spec.terms and not columns.names(spec.terms):
            term = columns.without_columns(spec.terms)[0]
            if any(f"separated_{name}" in sample.dropped for name in term_variables([term], categories)):
                raise NotEstimable("separated", columns=[term])
            raise NotEstimable("single_level", column=term)
    except NotEstimable as error:
        error.sample = sample
        raise
    sample.remarks += [
        because("control_constant", control=name) for name in columns.without_columns(controls)
    ]
    model = Prepared(spec, sample, controls, used, weights, columns)
    sample.remarks += _fixed_slopes(model)
    return model


def _fixed_slopes(model):
    """Cautions on products without the main effect of a number: its slope is 0 where the rest of the product is.

    Not where effects take the main effect in, which is constant within their levels, or the other columns do.
    """
    columns, found = model.columns, []
    for term in columns.terms:
        parts = Term(term).names
        lacking = [part for part in parts if len(parts) > 1 and columns.lacks(part)]
        lacking = [part for part in lacking if not _taken_in(columns.part(part), model)]
        if lacking and not any(
            columns.with_reference(term, part) for part in parts if part in columns.categories
        ):
            found.append(because("slope_fixed", term=term, columns=lacking))
    return found


def _taken_in(values, model):
    """Whether an absorbed effect or the design columns together take ``values`` (N,) in."""
    if any(_constant_within(values, codes) for codes in model.effects):
        return True
    rest = values - model.with_constant @ np.linalg.lstsq(model.with_constant, values, rcond=None)[0]
    return bool(np.linalg.norm(rest) <= 1e-8 * np.linalg.norm(values))


def _constant_within(values, codes):
    """Whether ``values`` (N,) are the same in all rows of each level of ``codes`` (N,)."""
    first = np.zeros(codes.max() + 1)
    first[codes[::-1]] = values[::-1]
    return bool((values == first[codes]).all())


def _present_controls(spec, frame, categories):
    """Controls that the data have; the others are left out and noted."""
    present, remarks = [], []
    for control in spec.controls:
        variables = term_variables([control], categories)
        if all(v in frame and not pd.isna(frame[v]).all() for v in variables):
            present.append(control)
        else:
            remarks.append(because("control_absent", control=control))
    return present, remarks


def _missing_reason(column, spec, table):
    if column in table.exposures:
        return "missing_exposure"
    if column in spec.outcomes:
        return "missing_outcome"
    return f"missing_{column}"


def _drop_separated(spec, table, categories, controls, sample):
    """Leave out units, months and levels of controls without any event (their effects are infinite)."""
    variables = term_variables([*spec.terms, *controls], categories)
    named = [*columns_named(spec, ESTIMATORS[spec.estimator]), *variables]
    used, weights = sample.used(table, dict.fromkeys(named)), table.weights(sample.rows)
    events = events_of(spec, table, used).to_numpy()
    if (events < 0).any():
        raise NotEstimable("outcome_negative", column=spec.outcomes[0], sample=sample)
    if not events.sum() > 0:
        raise NotEstimable("no_events", sample=sample)
    groups = {name: effect_codes(used, name) for name in spec.effects}
    trials = np.full(len(used), np.inf) if spec.estimator == "poisson" else trials_of(spec, used, weights)
    for variable in variables:
        if variable in categories:
            groups[variable] = codes_of(used[variable])
        elif used[variable].dtype == bool:
            groups[variable] = used[variable].to_numpy().astype(int)
    keep, lost = hazard.drop_separated(events, weights, groups, trials)
    for (name, _), n in lost.items():
        sample.dropped[f"separated_{name}"] = sample.dropped.get(f"separated_{name}", 0) + n
    if not keep.any():
        told = [name for name in dict.fromkeys(name for name, _ in lost) if name in variables]
        if told:
            raise NotEstimable("separated", columns=told, sample=sample)
        raise NotEstimable("no_observations", reasons=sorted(sample.dropped), sample=sample)
    for name in dict.fromkeys(name for name, _ in lost):
        count = sum(1 for other, _ in lost if other == name)
        sample.remarks.append(because("levels_without_events", column=name, levels=count))
    sample.eventless = used[~keep].assign(**{OBSERVATIONS: weights[~keep]})
    sample.rows[np.flatnonzero(sample.rows)[~keep]] = False


def _drop_singletons(spec, table, sample):
    """Leave out rows that are alone in a level of an effect."""
    if not spec.effects:
        return
    used = sample.used(table, names_of(spec.effects))
    keep, lost = regression.drop_singletons({name: effect_codes(used, name) for name in spec.effects})
    for name, n in lost.items():
        sample.dropped[f"singleton_{name}"] = n
    sample.rows[np.flatnonzero(sample.rows)[~keep]] = False
    if not sample.rows.any():
        raise NotEstimable("no_observations", reasons=sorted(sample.dropped), sample=sample)
