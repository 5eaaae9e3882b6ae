"""Terms of a declared model -> columns of a design matrix.

A part of a term (:mod:`jianfu.models.term`) is a column, a categorical column, one level of it (cohort_90s), or a
function of a column: log(x), log1p(x), sqrt(x), square(x), ns(x, df) and bs(x, df) (natural cubic and cubic B-spline
with the knots of R's ``splines``), between(x, group) (mean of x in the group over the rows used) and within(x, group)
(deviation from it). A categorical column is one dummy per level but the first where the rest of its product is a term
as well (alone: the constant), else one per level, as in R: ``x + sex:x`` gives the reference's slope and the
difference, ``sex:x`` both slopes.
"""

from collections.abc import Iterable
from copy import copy

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.models import splines
from jianfu.models.term import CONSTANT, GROUPED, Part, Term, parts_of

SIMPLE = {"log": np.log, "log1p": np.log1p, "sqrt": np.sqrt, "square": np.square}
DOMAIN = {
    "log": lambda x: x > 0,
    "log1p": lambda x: x > -1,
    "sqrt": lambda x: x >= 0,
}
SPLINES = {"ns": splines.natural, "bs": splines.b_spline}


def term_variables(terms, categories):
    """Columns of the analysis table behind ``terms``: 'OD:cohort_90s' needs OD and cohort, 'ns(x, 3)' needs x."""
    owner = {name: variable for variable, levels in categories.items() for name in levels.values()}
    variables = []
    for part in parts_of(terms):
        variables += part.arguments if part.function in GROUPED else [owner.get(part.column, part.column)]
    return list(dict.fromkeys(variables))


def outside_domain(frame, terms):
    """{part: mask of the rows in which its function is not defined}, e.g. log of zero."""
    masks = {}
    for part in parts_of(terms):
        if part.function in DOMAIN:
            masks[part.text] = ~DOMAIN[part.function](frame[part.column].to_numpy(dtype=float))
    return masks


class Design(dict):
    """Design columns {name: (N,) values}; :meth:`at` gives the same columns for other rows or changed values.

    of: {term: names of its columns}, none for a categorical column with a single level. Raises :class:`NotEstimable`
    where two columns would have one name, as the dummy of a level and a column called like it.
    """

    def __init__(self, frame, terms, categories, weights=None, like=None):
        super().__init__()
        self.terms, self.categories, self.of = list(terms), categories, {}
        self.frame = like.frame if like else frame
        self.weights = like.weights if like else weights
        for term in self.terms:
            product = {"": np.ones(len(frame))}
            for part in Term(term).names:
                product = {
                    f"{name}:{more}" if name else more: values * other
                    for name, values in product.items()
                    for more, other in self._part(frame, part, self.with_reference(term, part)).items()
                }
            if taken := [name for name in product if name in self or name == CONSTANT]:
                raise NotEstimable("columns_of_one_name", column=taken[0])
            self.update(product)
            self.of[term] = list(product)

    def with_reference(self, term: str, part: str) -> bool:
        """Whether a categorical part of a product has a dummy for its first level too: the rest of it is no term."""
        rest = set(Term(term).names) - {part}
        return bool(rest) and all(set(Term(other).names) != rest for other in self.terms)

    def part(self, part: str) -> np.ndarray:
        """The column (N,) of a part that has one."""
        (values,) = self._part(self.frame, part).values()
        return values

    def lacks(self, part: str) -> bool:
        """Whether a part that is one column, a number or a level, is no term itself, nor its variable one."""
        if part in self.categories or Part.of(part).function in SPLINES:
            return False
        return not {part, *term_variables([part], self.categories)} & set(self.terms)

    def rows(self, kept: np.ndarray) -> "Design":
        """The same columns for some of the rows (mask); knots, means and levels stay those of all of them."""
        part = copy(self)
        part.update({name: values[kept] for name, values in self.items()})
        return part

    def with_first(self, name: str, values: np.ndarray) -> "Design":
        """The same with one more column in front of the others."""
        part, others = copy(self), dict(self)
        part.clear()
        part.update({name: values} | others)
        return part

    def without_columns(self, terms: Iterable[str]) -> list[str]:
        """Those of ``terms`` that have no column: categorical columns with a single level, and products with them."""
        return [term for term in terms if not self.of.get(term, ())]

    def names(self, terms: Iterable[str]) -> list[str]:
        """Names of the columns of ``terms``, each once, in order."""
        return list(dict.fromkeys(name for term in terms for name in self.of.get(term, ())))

    def at(self, frame):
        """The columns for ``frame``, with the levels, knots and group means of the rows that the design was made of."""
        return Design(frame, self.terms, self.categories, like=self)

    def _part(self, frame, part, with_reference=False):
        if part in self.categories:
            levels = self.categories[part]
            present = [level for level in levels if (self.frame[part] == level).any()]
            shown = present if with_reference else present[1:]
            return {levels[level]: (frame[part] == level).to_numpy(dtype=float) for level in shown}
        for variable, levels in self.categories.items():
            for level, name in levels.items():
                if name == part:
                    return {name: (frame[variable] == level).to_numpy(dtype=float)}
        call = Part.of(part)
        function, arguments = call.function, call.arguments
        values = frame[call.column].to_numpy(dtype=float)
        if not function:
            return {part: values}
        if function in SIMPLE:
            return {part: SIMPLE[function](values)}
        if function in GROUPED:
            means = self._group_means(frame, *arguments)
            return {part: means if function == "between" else values - means}
        known = self.frame[arguments[0]].to_numpy(dtype=float)
        try:  # knots at quantiles of the observations, not of the cells
            basis = SPLINES[function](values, int(arguments[1]), known, self.weights)
        except ValueError:
            raise NotEstimable("knots_coincide", term=part) from None
        return {f"{part}{j + 1}": basis[:, j] for j in range(basis.shape[1])}

    def _group_means(self, frame, name, group):
        """Mean of a column in each row's group, over the rows of the design and weighted by the observations."""
        known = self.frame[[name, group]]
        weights = np.ones(len(known)) if self.weights is None else np.asarray(self.weights, dtype=float)
        codes, levels = pd.factorize(known[group])
        sums = np.bincount(codes, known[name].to_numpy(dtype=float) * weights, minlength=len(levels))
        means = sums / np.bincount(codes, weights, minlength=len(levels))
        return means[pd.Index(levels).get_indexer(frame[group])]


def reference_level(frame, variable, levels):
    """Name of the level that has no dummy: the first one declared that occurs."""
    return next((levels[level] for level in levels if (frame[variable] == level).any()), None)


def columns_of(frame, terms, categories, weights=None):
    """Design columns of ``terms`` as :class:`Design`.

    ``categories``: {variable: {value: name of its dummy}}, reference level first; ``weights``: observations behind
    each row (whole numbers), for means within groups and the knots of splines.
    """
    return Design(frame, terms, categories, weights)


def require_columns(frame, variables, absent=None):
    """Raise :class:`NotEstimable` for the first variable that the data do not have, or only as missing values.

    absent: {variable that could not be derived: column of the source that is missing for it}, named instead.
    """
    for variable in variables:
        if variable not in frame:
            raise NotEstimable("column_absent", column=(absent or {}).get(variable, variable))
        if len(frame) and pd.isna(frame[variable]).all():
            raise NotEstimable("column_empty", column=variable)
