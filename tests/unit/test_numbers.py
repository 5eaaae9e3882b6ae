"""Values that are equal but for the digits in which processors differ are equal wherever their order counts."""

import numpy as np
import pandas as pd
import pytest

from jianfu.core.numbers import significant
from jianfu.indices.engine import diagnostics, multiverse, normalise
from jianfu.release import ledger
from jianfu.scenarios import departments, evaluation

LESS, SAME, MORE = 0.3, 0.1 + 0.2, 0.3 * (1 + 1e-9)  # SAME differs from LESS in the last digit alone


@pytest.mark.parametrize("size", [1e-280, 1e-7, 1.0, 3.7e9, 1e300])
def test_digits_are_significant_ones(size):
    assert LESS != SAME
    found = significant(np.array([LESS, SAME, MORE, -LESS]) * size)
    assert found[0] == found[1] < found[2] and found[3] == -found[0]
    assert np.allclose(found, np.array([LESS, SAME, MORE, -LESS]) * size, 1e-11, 0)


def test_what_is_no_number_stays():
    assert np.array_equal(
        significant([np.nan, np.inf, -np.inf, 0.0]), [np.nan, np.inf, -np.inf, 0.0], equal_nan=True
    )
    assert significant(123456, 2) == 120000


@pytest.mark.parametrize("method", ["rank", "percentile"])
@pytest.mark.parametrize("direction", [1, -1])
def test_normalised_ranks_tie(method, direction):
    values = np.array([[1.0], [LESS], [SAME], [MORE], [-1.0]])
    entries = normalise.fit(values, np.ones(5, dtype=bool), [direction], method)
    scores = normalise.apply(values, entries, [direction], method)[0][:, 0]
    assert scores[1] == scores[2] != scores[3]


def test_ranks_of_units_tie():
    assert multiverse.ranks([[1.0, LESS, SAME, MORE, np.nan]]).tolist()[0][:4] == [1, 3, 3, 2]
    assert departments._rank(np.array([[SAME, LESS, MORE], [LESS, SAME, MORE]])).tolist() == [[2, 3, 1]] * 2
    frame = pd.DataFrame({"year": 2024, "unit_code": list("abc"), "old": [LESS, SAME, MORE], "new": 1.0})
    assert evaluation.shifts(frame)["shift"].nunique() == 2


def test_what_is_released_alike_counts_as_unchanged():
    """A weight of 1 is 0.9999999999999997 on another processor, and is 1 with the few digits beside a rounded count."""
    before = pd.DataFrame(
        {"group": ["a", "b", "c"], "n": [57, 60, 12], "weight": [1 - 3e-16, 0.53127, np.nan]}
    )
    after = before.assign(n=[60.0, 60.0, 10.0], weight=[1.0, 0.531, np.nan])
    assert ledger._changed(after, before) == 3
    assert ledger._changed(after.iloc[:0], before.iloc[:0]) == 0


def test_rank_correlations_tie():
    x, y = np.array([1.0, 2, 3, 4]), np.array([LESS, SAME, MORE, 1])
    assert diagnostics.spearman(x, y)[0] == diagnostics.spearman(x, np.array([LESS, LESS, MORE, 1]))[0]
