"""Rows of an analysis table that a model uses, every other one counted with its reason."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import TRUE, codes_of, columns_named, trials_of
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.reasons import because
from jianfu.models.terms import Design, columns_of, outside_domain, require_columns, term_variables
from jianfu.statistics import hazard, regression


@dataclass
class Sample:
    """Rows of an analysis table that a model uses.

    rows: mask over the table; dropped: {reason: observations}; remarks: reasons to stand beside the estimates.
    """

    rows: np.ndarray
    dropped: dict = field(default_factory=dict)
    remarks: list = field(default_factory=list)


def select(spec, table, categories, truth=False):
    """Rows that ``spec`` uses, with every dropped observation counted by its first reason: (Sample, controls).

    With ``truth`` a unit is left out only if no event was possible, not because none happened.
    """
    frame = table.frame
    if not table.n_read:
        raise NotEstimable("table_empty", table=spec.data)
    controls, remarks = _present_controls(spec, frame, categories)
    estimator = ESTIMATORS[spec.estimator]
    named = columns_named(spec, estimator)
    terms = term_variables(spec.terms, categories)
    require_columns(frame, [*named, *terms], table.absent)
    sample = Sample(np.ones(len(frame), dtype=bool), dict(table.dropped), remarks)

    def drop(lost, reason):
        lost = sample.rows & lost
        if lost.any():
            sample.dropped[reason] = sample.dropped.get(reason, 0) + int(table.weights(lost).sum())
            sample.rows &= ~lost

    for column, value in spec.where.items():
        require_columns(frame, [column], table.absent)
        drop((frame[column] != value).to_numpy(), "outside_risk_set")
    for column in _complete(spec, estimator, named, [*terms, *term_variables(controls, categories)]):
        drop(frame[column].isna().to_numpy(), _missing_reason(column, spec, table))
    for part, undefined in outside_domain(frame, [*spec.terms, *controls]).items():
        drop(undefined, f"outside_{part}")
    if spec.weights:
        if (frame.loc[sample.rows, spec.weights] < 0).any():
            raise NotEstimable("negative_weights", column=spec.weights, sample=sample)
        drop((frame[spec.weights] == 0).to_numpy(), "zero_weight")
    for reason, lost in _never_at_risk(spec, frame).items():
        drop(lost, reason)
    if not sample.rows.any():
        raise NotEstimable("no_observations", reasons=sorted(sample.dropped), sample=sample)
    if estimator.counts:
        _drop_separated(spec, table, categories, controls, sample, TRUE if truth else "")
    else:
        _drop_singletons(spec, table, sample)
    return sample, controls


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
    """Rows of durations that no risk set has, {reason: mask}: entry not before exit, exit not after the landmark."""
    lost = {}
    if spec.entry and spec.exit:
        lost["no_time_at_risk"] = (frame[spec.exit] <= frame[spec.entry]).to_numpy()
    if "landmark" in spec.options:
        lost["before_landmark"] = (frame[spec.exit] <= spec.options["landmark"]).to_numpy()
    return lost


@dataclass(frozen=True)
class Prepared:
    """A declared model on the rows that it uses: what every fit of it, and every description of its rows, starts from.

    sample, controls: as :func:`select` gives them; used: (N, ...) frame of the rows with the columns that the model
    names; weights: (N,) observations behind each row; columns: design columns of terms, then controls; effects: codes
    (N,) of each absorbed effect.
    """

    sample: Sample
    controls: list[str]
    used: pd.DataFrame
    weights: np.ndarray
    columns: Design
    effects: list[np.ndarray]

    @property
    def design(self) -> np.ndarray:
        """Design columns side by side, (N, k)."""
        return np.column_stack(list(self.columns.values()))

    def of_controls(self) -> list[np.ndarray]:
        """Design columns of the controls alone."""
        names = columns_of(self.used, self.controls, self.columns.categories, self.weights)
        return [self.columns[name] for name in names]


def prepare(spec, table, categories, truth=False) -> Prepared:
    """Rows, weights and design columns of a declared model, assembled here and nowhere else.

    Raises :class:`NotEstimable`, with the sample where rows were left.
    """
    sample, controls = select(spec, table, categories, truth)
    terms = [*spec.terms, *controls]
    named = columns_named(spec, ESTIMATORS[spec.estimator])
    names = dict.fromkeys(
        [*named, *(name + TRUE for name in named), *term_variables(terms, categories), "unit"]
    )
    used = table.frame.loc[sample.rows, [name for name in names if name in table.frame]]
    weights = table.weights(sample.rows)
    try:
        columns = columns_of(used, terms, categories, weights)
    except NotEstimable as error:
        error.sample = sample
        raise
    effects = [codes_of(used[name]) for name in spec.effects]
    return Prepared(sample, controls, used, weights, columns, effects)


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


def _drop_separated(spec, table, categories, controls, sample, suffix):
    """Leave out units, months and levels of controls without any event (their effects are infinite)."""
    used = table.frame[sample.rows]
    events, weights = (
        used[[name + suffix for name in spec.outcomes]].sum(axis=1).to_numpy(),
        table.weights(sample.rows),
    )
    if not events.sum() > 0:
        raise NotEstimable("no_events", sample=sample)
    groups = {name: codes_of(used[name]) for name in spec.effects}
    trials = np.full(len(used), np.inf) if spec.estimator == "poisson" else trials_of(spec, used, weights)
    for variable in term_variables([*spec.terms, *controls], categories):
        if variable in categories:
            groups[variable] = codes_of(used[variable])
        elif used[variable].dtype == bool:
            groups[variable] = used[variable].to_numpy().astype(int)
    keep, lost = hazard.drop_separated(events, weights, groups, trials)
    for (name, _), n in lost.items():
        sample.dropped[f"separated_{name}"] = sample.dropped.get(f"separated_{name}", 0) + n
    for name in dict.fromkeys(name for name, _ in lost):
        count = sum(1 for other, _ in lost if other == name)
        sample.remarks.append(because("levels_without_events", column=name, levels=count))
    sample.rows[np.flatnonzero(sample.rows)[~keep]] = False


def _drop_singletons(spec, table, sample):
    """Leave out rows that are alone in a level of an effect."""
    if not spec.effects:
        return
    used = table.frame[sample.rows]
    keep, lost = regression.drop_singletons({name: codes_of(used[name]) for name in spec.effects})
    for name, n in lost.items():
        sample.dropped[f"singleton_{name}"] = n
    sample.rows[np.flatnonzero(sample.rows)[~keep]] = False
    if not sample.rows.any():
        raise NotEstimable("no_observations", reasons=sorted(sample.dropped), sample=sample)
