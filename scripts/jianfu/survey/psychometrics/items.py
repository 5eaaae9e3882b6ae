"""Quality of reflective scales: reliability, factor structure, agreement and measurement invariance.

Pure functions on item matrices: rows are respondents, columns items, NaN = no answer. Every function uses the rows
without a missing answer (:func:`complete`) and says how many they are. Burden indices are formative, their members
need not hang together: none of this is for them.
"""

import numpy as np


class Problem(str):
    """Why something could not be measured, or what a reader must know: a clause, and its ``code`` for tables."""

    def __new__(cls, code, text):
        problem = super().__new__(cls, text)
        problem.code = code
        return problem


class NotMeasurable(Exception):
    """The answers do not allow the statistic; ``problem`` says why."""

    def __init__(self, code, text):
        super().__init__(text)
        self.problem = Problem(code, text)


def complete(items, *companions):
    """Rows of ``items`` (N, p) without a missing answer, and the same rows of every companion array (N,)."""
    items = np.asarray(items, dtype=float)
    rows = np.isfinite(items).all(axis=1)
    kept = items[rows]
    return (kept, *(np.asarray(values)[rows] for values in companions)) if companions else kept


def checked(items, fewest=2, names=None):
    """Complete rows of ``items``: ``fewest`` columns, two rows more than columns, none constant; else NotMeasurable."""
    items = complete(items)
    if items.shape[1] < fewest:
        raise NotMeasurable("few_items", f"needs {fewest} items or more")
    if len(items) < items.shape[1] + 2:
        raise NotMeasurable("few_rows", f"{len(items)} complete rows are too few for {items.shape[1]} items")
    constant = np.flatnonzero(np.ptp(items, axis=0) == 0)
    if len(constant):
        name = constant[0] + 1 if names is None else names[constant[0]]
        raise NotMeasurable("constant_item", f"item {name} does not vary")
    return items


def positive_definite(matrix):
    """True where the symmetric ``matrix`` is positive definite to rounding."""
    scale = np.sqrt(np.diag(matrix))
    values = np.linalg.eigvalsh(matrix / np.outer(scale, scale))
    return bool(values[0] > len(matrix) * 1e-12)
