"""How many persons and events stand behind one coefficient, contrast or point of a curve.

The observations that tell a coefficient are those that do not have the most common value of its column: of a dummy
the rows of the level, of a product the rows in which no part is zero. What an indicator is compared with counts as
well: the rows of the reference level, or those without it. The constant tells of all of these. What an event model
shows of a group are its events and, of persons, those without one.
"""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from jianfu.ingest.user_tables import cell_text
from jianfu.models.estimators.common import Behind, Effect
from jianfu.models.sample import Prepared, events_of
from jianfu.models.term import CONSTANT
from jianfu.models.terms import term_variables


class Support:
    """The persons and events behind the estimates of one prepared model on its ``table``."""

    def __init__(self, model: Prepared, table, categories):
        self.model, self.persons = model, table.persons
        self.levels = {
            name: variable
            for variable in term_variables([*model.spec.terms, *model.controls], categories)
            if variable in categories
            for name in categories[variable].values()
        }
        events = events_of(model.spec, table, model.used) if table.persons else None
        self.events = None if events is None else events.to_numpy(dtype=float)
        person = model.used.get("person")
        self.person = None if person is None else pd.factorize(person)[0]
        self.references = {variable: self._reference(variable) for variable in set(self.levels.values())}
        self.known = {}

    def _reference(self, variable):
        """Rows of the level that has no dummy: those of no level that has one."""
        columns = self.model.columns
        dummies = [columns[name] for name in columns if self.levels.get(name) == variable]
        return np.logical_and.reduce([np.ones(len(self.model.used), bool), *(d == 0 for d in dummies)])

    def behind(self, effect: Effect) -> Behind:
        """What stands behind an estimate: a coefficient, a contrast, a point of a curve, or a figure made of them."""
        if effect.behind or not self.persons:
            return effect.behind or Behind()
        columns = self._columns(effect.term)
        groups = list(self._groups(effect.term, columns)) or [np.ones(len(self.model.used), bool)]
        events = self._events_of(effect)
        counted = np.array([self._count(rows, events) for rows in groups])
        names = [name for name in columns if name in self.levels]
        of = self.levels[names[0]] if names else ""
        return Behind(counted[:, 0].min(), counted[:, 1].min(), of)

    def _columns(self, term):
        """Design columns that an estimate is made of."""
        columns, parts = self.model.columns, self.model.spec.options.get("contrasts", {}).get(term, [term])
        exact = [part for part in parts if part in columns]
        return exact or [name for name in columns if any(_names(name, part) for part in parts)]

    def _groups(self, term, columns) -> Iterator[np.ndarray]:
        """Masks of the groups of rows that an estimate tells of."""
        spec, used = self.model.spec, self.model.used
        variable, _, point = term.rpartition("=")
        if variable in spec.options.get("curve", {}):
            values, point = used[variable].to_numpy(dtype=float), float(point)
            yield values >= point if point > 0 else values <= point
        elif bounds := re.fullmatch(r"threshold (\S+)\|(\S+)", term):
            values = used[spec.outcome].to_numpy(dtype=float)
            yield values <= float(bounds[1])
            yield values >= float(bounds[2])
        else:
            for name in columns:
                yield from self._told_by(name)
            if term == CONSTANT:
                yield from (rows for name in self.model.columns for rows in self._told_by(name)[1:])

    def _told_by(self, name):
        """Rows that tell the coefficient of a column, then, of an indicator, the rows that it is compared with."""
        if name not in self.known:
            column = self.model.columns[name]
            values, counts = np.unique(column, return_counts=True)
            other = column != (0 if name in self.levels else values[counts.argmax()])
            rest = self.references.get(self.levels.get(name), ~other)
            self.known[name] = [other, rest] if len(values) == 2 else [other]
        return self.known[name]

    def _events_of(self, effect):
        """Events (N,) of the outcome of an estimate, None where there are none; a level of an outcome is an event."""
        outcome = self.model.spec.outcome
        if effect.outcome.startswith(f"{outcome}="):
            level = effect.outcome.removeprefix(f"{outcome}=")
            return (self.model.used[outcome].map(cell_text) == level).to_numpy()
        return self.events

    def _count(self, rows, events):
        """Persons among rows and, of an event model, events or non-events, whichever are fewer."""
        weights = self.model.weights[rows]
        persons = len(np.unique(self.person[rows])) if self.person is not None else weights.sum()
        if events is None:
            return persons, np.nan
        found = events[rows].sum()
        spared = weights.sum() - found if self.model.spec.estimator != "poisson" else np.inf
        return persons, min(found, spared)


def _names(column, term):
    """Whether the name of a design column stands in a term, as in detectable(column) or column_indirect."""
    return re.search(rf"(?<![\w.]){re.escape(column)}(?![^\W_]|[:.])", term) is not None
