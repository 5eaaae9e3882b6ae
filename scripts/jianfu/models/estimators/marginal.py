"""Average marginal effects of logit, cloglog, Poisson and linear models, by the delta method."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import hazards, ols
from jianfu.models.estimators import regression as shared
from jianfu.models.estimators.common import COLUMN, Estimator, effects_of
from jianfu.models.reasons import because
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


def fit(model, settings):
    """Mean over the rows of the derivative (numbers) or of the difference from the reference level (categories)."""
    spec, used, columns = model.spec, model.used, model.columns
    link, options = spec.options["model"], {k: v for k, v in spec.options.items() if k != "model"}
    module = ols if link == "ols" else hazards
    solved = module.solve(model.changed(estimator=link, options=options))
    coefficients, covariance, offset = solved.estimates, solved.covariance, model.column("offset", 0.0)
    if not solved.fit.converged:
        return solved.fit
    kept, mean = np.nan_to_num(coefficients), margins.LINKS[link]

    def matrix(frame):
        return np.column_stack([np.ones(len(frame)), *columns.at(frame).values()])

    averages, x = {}, matrix(used)
    for variable in term_variables(spec.terms, columns.categories):
        if variable in columns.categories:
            for name, level in _levels(columns, variable, used):
                there, base = (matrix(_changed(used, variable, value)) for value in level)
                one, zero = (z @ kept + offset for z in (there, base))
                gradient = mean.inverse_deriv(one)[:, None] * there - mean.inverse_deriv(zero)[:, None] * base
                change = float((mean.inverse(one) - mean.inverse(zero)).mean())
                averages[name] = margins.Average(change, np.zeros(len(x)), gradient.mean(axis=0))
        else:
            values = used[variable].to_numpy(dtype=float)
            step = STEP * (values.std() or 1.0)
            up, down = (matrix(used.assign(**{variable: values + sign * step})) for sign in (1, -1))
            moves = (up - down) / (2 * step)
            averages[variable] = margins.average_derivative(x @ kept + offset, moves, coefficients, link)
    values = [average.estimate for average in averages.values()]
    errors = [margins.std_error(average, x, covariance) for average in averages.values()]
    effects = effects_of(averages, values, errors, np.inf, solved.vcov, settings)
    reasons = [because("marginal_effects", model=link), *solved.fit.reasons]
    return replace(solved.fit, effects=effects, reasons=reasons)


def _changed(used, variable, value):
    """The rows with one value of a categorical variable everywhere."""
    return used.assign(**{variable: np.full(len(used), value, dtype=object)})


def _levels(columns, variable, used):
    """(name, (level, reference)) of every level that occurs, but for the first."""
    levels = columns.categories[variable]
    present = [level for level in levels if (used[variable] == level).any()]
    if len(present) < 2:
        raise NotEstimable("single_level", column=variable)
    return [(levels[level], (level, present[0])) for level in present[1:]]


ENTRIES = {
    "average_marginal_effects": Estimator(
        fit,
        "response",
        takes=("controls", "cluster", "weights", "offset"),
        options=OPTIONS,
        required=("model",),
        reports_all=True,
    ),
}
