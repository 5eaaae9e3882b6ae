"""Romano-Wolf: step-down by hand, one test as the wild score bootstrap, between single and Holm, families at 5 %."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from jianfu.robustness import romano_wolf
from jianfu.statistics import wild


def test_step_down_by_hand():
    observed = np.array([3.0, 1.0, 2.0])
    replicated = np.array([[0.5, 0.2, 2.5], [3.0, 0.1, 0.3], [0.1, 1.5, 0.2], [0.2, 0.3, 0.4]])
    # first 3.0: maxima 2.5, 3.0, 1.5, 0.4 -> one as large (a tie) -> 2/5; then 2.0 over the last two columns:
    # 2.5, 0.3, 1.5, 0.4 -> one -> 2/5; last 1.0: column two: one -> 2/5
    assert romano_wolf.step_down(observed, replicated).tolist() == [0.4, 0.4, 0.4]
    assert romano_wolf.step_down(np.array([3.1, 1.0, 2.0]), replicated).tolist() == [0.2, 0.4, 0.4]


def test_p_never_falls_along_the_order_and_a_missing_test_stays_missing():
    replicated = np.array([[5.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    found = romano_wolf.step_down(np.array([4.0, np.nan, 3.0]), replicated)
    assert found[0] == 0.5 and np.isnan(found[1]) and found[2] == 0.5


def test_a_single_test_is_the_wild_score_bootstrap():
    scores = np.random.default_rng(1).normal(0.3, 1, 25)
    single, adjusted = romano_wolf.adjust(scores[:, None], 1999, 5)
    assert single[0] == adjusted[0]
    assert single[0] == pytest.approx(wild.p_value(scores, 1999, 6), abs=0.03)


def test_adjusted_lie_between_single_and_bonferroni_and_gain_from_dependence():
    rng = np.random.default_rng(3)
    common = rng.normal(0.25, 1, 60)
    scores = np.column_stack([common + 0.05 * rng.normal(size=60) for _ in range(6)])
    single, adjusted = romano_wolf.adjust(scores, 1999, 1)
    holm = multipletests(single, method="holm")[1]
    assert (adjusted >= single - 1e-12).all()
    assert (adjusted < 0.5 * holm).all()  # six copies of one test cost hardly anything


def test_the_family_errs_in_one_of_twenty():
    rng = np.random.default_rng(11)
    wrong = 0
    for seed in range(300):
        common = rng.normal(size=(40, 1))
        scores = 0.6 * common + rng.normal(size=(40, 5))
        wrong += (romano_wolf.adjust(scores, 199, seed)[1] <= 0.05).any()
    assert 2 / 300 <= wrong / 300 <= 0.09


def test_few_clusters_take_six_points():
    scores = np.random.default_rng(2).normal(size=(8, 2))
    drawn = romano_wolf.draws(scores, 500, 1)
    assert len(np.unique(np.round(drawn[:, 0], 12))) > 128  # Rademacher's two points give at most 2**7
