"""Which heading takes which column: one assignment over all of them that makes the sum of scores largest."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

LEAST = 0.35  # scores below say nothing
TIE = 0.04  # so much less, summed over the sheet, is as good


@dataclass(frozen=True)
class Choice:
    """A column (by its place) for a heading, its score, and the other (heading, column) pairs that would do as well."""

    column: int
    score: float
    rivals: tuple = ()


def assign(scores: np.ndarray) -> dict[int, Choice]:
    """{heading: :class:`Choice`} from ``scores`` (headings, columns); 0 where a heading cannot be a column.

    Where another assignment is as good to within :data:`TIE`, the pairs by which it differs stand in ``rivals``: the
    order of headings and columns decides nothing, the caller must ask.
    """
    scores = np.where(scores < LEAST, 0.0, scores)
    chosen = _solve(scores)
    best = sum(scores[pair] for pair in chosen)
    found = {}
    for heading, column in chosen:
        without = scores.copy()
        without[heading, column] = 0.0
        other = _solve(without)
        near = best - sum(without[pair] for pair in other) < TIE
        rivals = tuple(sorted(set(other) - set(chosen))) if near else ()
        found[heading] = Choice(column, float(scores[heading, column]), rivals)
    return found


def _solve(scores):
    """(heading, column) pairs with a score above 0."""
    pairs = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    return [(int(heading), int(column)) for heading, column in pairs if scores[heading, column] > 0]
