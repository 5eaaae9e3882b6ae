"""Terms of a declared model -> columns of a design matrix."""

import numpy as np
import pandas as pd


class NotEstimable(Exception):
    """A declared model cannot be fitted with these data.

    The message is the reason, for the note of its rows; ``sample`` the rows that were left, if it came so far.
    """

    def __init__(self, reason, sample=None):
        super().__init__(reason)
        self.sample = sample


def term_variables(terms, categories):
    """Columns of the analysis table behind ``terms``: 'OD:cohort_90s' needs OD and cohort."""
    owner = {name: variable for variable, levels in categories.items() for name in levels.values()}
    variables = [owner.get(part, part) for term in terms for part in term.split(":")]
    return list(dict.fromkeys(variables))


def _dummies(frame, variable, levels):
    """Dummies of a categorical variable as {name: values}: one per level that occurs, but for the first of these."""
    values = frame[variable]
    present = [level for level in levels if (values == level).any()]
    return {levels[level]: (values == level).to_numpy(dtype=float) for level in present[1:]}


def reference_level(frame, variable, levels):
    """Name of the level that has no dummy: the first one declared that occurs."""
    return next((levels[level] for level in levels if (frame[variable] == level).any()), None)


def _part(frame, part, categories):
    if part in categories:
        return _dummies(frame, part, categories[part])
    for variable, levels in categories.items():
        for level, name in levels.items():
            if name == part:
                return {name: (frame[variable] == level).to_numpy(dtype=float)}
    return {part: frame[part].to_numpy(dtype=float)}


def columns_of(frame, terms, categories):
    """Design columns {name: (N,) values} of ``terms``.

    A term is a column, a categorical variable (one dummy per level but the first), one level of it (cohort_90s), or a
    product of these (OD:cohort_90s). ``categories``: {variable: {value: name of its dummy}}, reference level first.
    """
    columns = {}
    for term in terms:
        product = {"": np.ones(len(frame))}
        for part in term.split(":"):
            product = {
                f"{name}:{more}" if name else more: values * other
                for name, values in product.items()
                for more, other in _part(frame, part, categories).items()
            }
        columns |= product
    return columns


def require_columns(frame, variables):
    """Raise :class:`NotEstimable` for the first variable that the data do not have, or only as missing values."""
    for variable in variables:
        if variable not in frame:
            raise NotEstimable(f"column {variable} is absent")
        if len(frame) and pd.isna(frame[variable]).all():
            raise NotEstimable(f"column {variable} has no values")
