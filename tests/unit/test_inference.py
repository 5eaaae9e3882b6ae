"""Intervals and adjusted p-values."""

import numpy as np
import pandas as pd
import pytest

from jianfu.models import families
from jianfu.statistics import inference


def test_t_interval():
    low, high, p = inference.t_interval([1.0, 0.0], [0.5, 0.5], 10, 0.95)
    assert (low[0], high[0]) == (pytest.approx(1 - 2.2281389 * 0.5), pytest.approx(1 + 2.2281389 * 0.5))
    assert p == pytest.approx([0.0733880, 1.0])


def test_percentile_interval_counts_ties_against_the_finding():
    draws = np.r_[np.full(5, 0.0), np.linspace(0.1, 1, 94)]
    low, high, p = inference.percentile_interval(draws, 0.9)
    assert low < 0.1 < high
    assert p == pytest.approx(2 * 6 / 100)


def test_holm_and_benjamini_hochberg_by_hand():
    assert inference.adjusted([0.01, 0.04, 0.03], "holm") == pytest.approx([0.03, 0.06, 0.06])
    assert inference.adjusted([0.01, 0.04, 0.03], "fdr_bh") == pytest.approx([0.03, 0.04, 0.04])


def test_a_test_that_could_not_be_made_still_counts():
    assert inference.adjusted([0.02, np.nan, np.nan], "holm")[0] == pytest.approx(0.06)
    assert np.isnan(inference.adjusted([0.02, np.nan], "holm")[1])


def test_families_are_adjusted_apart_and_only_tested_rows():
    estimates = pd.DataFrame(
        {
            "hypothesis": ["H1", "H1", "H2", "H6", "H8", "H2"],
            "model": ["A", "A", "B", "C", "D", "B_poisson"],
            "term": ["OD", "cohort_90s", "OD", "TR", "RG", "OD"],
            "p_value": [0.02, 0.001, 0.03, 0.04, 0.5, 0.001],
        }
    )
    hypotheses = pd.DataFrame(
        {
            "hypothesis": ["H1", "H2", "H6", "H8", "H9"],
            "model": ["A", "B", "C", "D", None],
            "term": ["OD", "OD", "TR", "RG", None],
            "family": ["confirmatory"] * 2 + ["exploratory"] * 3,
        }
    )
    result = families.adjust_families(estimates, hypotheses)["p_adjusted"]
    assert result[[0, 2, 3, 4]].tolist() == pytest.approx([0.04, 0.04, 0.08, 0.5])
    assert result[[1, 5]].isna().all()
