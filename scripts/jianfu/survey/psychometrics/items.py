"""Quality of reflective scales: reliability, factor structure, agreement and measurement invariance.

Pure functions on item matrices: rows are respondents, columns items, NaN = no answer. Every function uses the rows
without a missing answer (:func:`complete`) and says how many they are. Burden indices are formative, their members
need not hang together: none of this is for them.
"""

import numpy as np

from jianfu.core.errors import NotEstimable


def complete(items, *companions):
    """Rows of ``items`` (N, p) without a missing answer, and the same rows of every companion array (N,)."""
    items = np.asarray(items, dtype=float)
    rows = np.isfinite(items).all(axis=1)
    kept = items[rows]
    return (kept, *(np.asarray(values)[rows] for values in companions)) if companions else kept


def checked(items, fewest=2):
    """Complete rows of ``items``: ``fewest`` columns, two rows more than columns, none constant; else NotEstimable."""
    items = complete(items)
    if items.shape[1] < fewest:
        raise NotEstimable("few_items", items=fewest)
    if len(items) < items.shape[1] + 2:
        raise NotEstimable("few_rows", rows=len(items), items=items.shape[1])
    constant = np.flatnonzero(np.ptp(items, axis=0) == 0)
    if len(constant):
        raise NotEstimable("constant_item", item=str(constant[0] + 1))
    return items


def positive_definite(matrix):
    """True where the symmetric ``matrix`` is positive definite to rounding."""
    scale = np.sqrt(np.diag(matrix))
    values = np.linalg.eigvalsh(matrix / np.outer(scale, scale))
    return bool(values[0] > len(matrix) * 1e-12)
