"""Average marginal effects of logit, cloglog, Poisson and linear models, by the delta method."""

from dataclasses import dataclass, replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import hazards, ols
from jianfu.models.estimators import regression as shared
from jianfu.models.estimators.common import COLUMN, Effect, Estimator, effects_of
from jianfu.models.reasons import because
from jianfu.models.term import Term, parts_of
from jianfu.models.terms import term_variables
from jianfu.statistics import margins

LINKS = ("logit", "cloglog", "poisson", "ols")
OPTIONS = {
    "model": LINKS,
    "vcov": ("iid", "HC0", "HC1", "HC2", "HC3", "hetero", "cluster"),
    "small_sample": shared.OPTIONS["small_sample"],
    "information": ("expected", "observed"),
    "trials": COLUMN,
}
STEP = 1e-5  # of a standard deviation: only functions of a column depend on it, products are exact


@dataclass(frozen=True)
class Move:
    """What the design columns change by, (N, k) each: at the high and at the low value of a category; ``down`` None:
    by unit of a number."""

    up: np.ndarray
    down: np.ndarray | None = None

    def average(self, eta, coefficients, link, weights=None) -> margins.Average:
        """The average derivative or change of the mean; arguments as :func:`jianfu.statistics.margins`."""
        if self.down is None:
            return margins.average_derivative(eta, self.up, coefficients, link, weights)
        return margins.average_change(eta, self.up, self.down, coefficients, link, weights)

    def of_nothing(self, coefficients) -> bool:
        """Whether all that moves was left out of the model: coefficients (k,), NaN for columns left out."""
        moved = (self.up != (0 if self.down is None else self.down)).any(axis=0)
        return bool(np.isnan(coefficients[moved]).all())

    def at(self, rows: np.ndarray) -> "Move":
        """The same in some of the rows (mask)."""
        return Move(self.up[rows], None if self.down is None else self.down[rows])


def moves(model, variables) -> dict[str, Move]:
    """{name: :class:`Move`} of each of ``variables``: of a category one per level but the first, by its dummy."""
    used, columns, found = model.used, model.columns, {}

    def change(values, variable):
        there = columns.at(used.assign(**{variable: values}))
        return np.column_stack([there[name] - columns[name] for name in columns])

    for variable in variables:
        if variable in columns.categories:
            for name, level in _levels(columns, variable, used).items():
                there, base = (
                    change(np.full(len(used), value, dtype=object), variable)  # also where it is a category
                    for value in level
                )
                found[name] = Move(there, base)
        else:
            values = used[variable].to_numpy(dtype=float)
            step = STEP * (values.std() or 1.0)
            up, down = (change(values + sign * step, variable) for sign in (1, -1))
            found[variable] = Move((up - down) / (2 * step))
    return found


def variables_of(terms, categories) -> list[str]:
    """Variables that move: the columns behind ``terms``, without those that only say a group."""
    firsts = [part.column for part in parts_of(terms)]
    return term_variables(firsts, categories)


def main_variables(terms, categories) -> list[str]:
    """Variables of the terms that are no products, and of the products in which none of these stands."""
    found = variables_of([term for term in terms if len(Term(term).parts) == 1], categories)
    for term in terms:
        own = variables_of([term], categories)
        found += [] if set(own) & set(found) else own
    return found


def fit(model, settings):
    """Mean over the rows of the derivative (numbers) or of the difference from the reference level (categories)."""
    spec, columns = model.spec, model.columns
    link, options = spec.options["model"], {k: v for k, v in spec.options.items() if k != "model"}
    module = ols if link == "ols" else hazards
    solved = module.solve(model.changed(estimator=link, options=options))
    if not solved.fit.converged:
        return solved.fit
    x, coefficients = model.with_constant, solved.estimates
    eta = x @ np.nan_to_num(coefficients) + model.column("offset", 0.0)
    averages, left_out = {}, []
    for name, move in moves(model, variables_of(spec.terms, columns.categories)).items():
        if move.of_nothing(coefficients[1:]):
            left_out.append(Effect(name, np.nan, reasons=(because("collinear_term", term=name),)))
            continue
        average = move.average(eta, coefficients[1:], link)
        averages[name] = replace(average, direct=np.r_[0.0, average.direct])  # of the constant
    values = [average.estimate for average in averages.values()]
    errors = [margins.std_error(average, x, solved.covariance) for average in averages.values()]
    effects = effects_of(averages, values, errors, np.inf, solved.vcov, settings) if values else []
    reasons = [because("marginal_effects", model=link), *solved.fit.reasons]
    return replace(solved.fit, effects=[*effects, *left_out], reasons=reasons)


def _levels(columns, variable, used):
    """{name: (level, reference)} of every level that occurs, but for the first."""
    levels = columns.categories[variable]
    present = [level for level in levels if (used[variable] == level).any()]
    if len(present) < 2:
        raise NotEstimable("single_level", column=variable)
    return {levels[level]: (level, present[0]) for level in present[1:]}


ENTRIES = {
    "average_marginal_effects": Estimator(
        fit,
        "response",
        takes=("controls", "cluster", "weights", "offset"),
        options=OPTIONS,
        required=("model",),
        reports_all=True,
        adds_up=True,
    ),
}
