"""Weights of composite indicators against hand computation, published examples and known solutions."""

import numpy as np
import pytest

from jianfu.core.errors import DataError
from jianfu.indices.engine import weights

NAN = np.nan
X = np.array([[1.0, 10, 5], [2, 20, 1], [4, 15, 3], [8, 40, 2]])


def test_entropy_by_hand():
    y = np.array([[0, 0], [1 / 3, 1], [1, 0.5]])
    p1, p2 = np.array([1, 3]) / 4, np.array([2, 1]) / 3
    e = [-(p * np.log(p)).sum() / np.log(3) for p in (p1, p2)]
    d = 1 - np.array(e)
    np.testing.assert_allclose(weights.entropy(y), d / d.sum(), rtol=1e-12)
    np.testing.assert_allclose(weights.entropy(y * [7, -1] + 3), weights.entropy(y * [1, -1]), rtol=1e-12)


def test_critic_by_hand():
    y = weights.minmax(X)
    s, r = y.std(axis=0, ddof=1), np.corrcoef(y.T)
    c = s * (1 - r).sum(axis=0)
    np.testing.assert_allclose(weights.critic(X), c / c.sum(), rtol=1e-12)
    # on min-max values of all rows, but complete rows only
    incomplete = np.vstack([X, [16, NAN, 2]])
    y = weights.minmax(incomplete)[:4]
    c = y.std(axis=0, ddof=1) * (1 - np.corrcoef(y.T)).sum(axis=0)
    np.testing.assert_allclose(weights.critic(incomplete), c / c.sum(), rtol=1e-12)


@pytest.mark.parametrize("method", [weights.entropy, weights.critic])
def test_columns_without_information_weigh_nothing(method):
    empty, constant = np.full(4, NAN), np.full(4, 3.0)
    found = method(np.column_stack([X[:, 0], constant, empty, X[:, 1]]))
    np.testing.assert_allclose(found[[0, 3]], method(X[:, :2]), rtol=1e-12)
    np.testing.assert_array_equal(found[[1, 2]], 0)
    np.testing.assert_array_equal(method(np.column_stack([constant, X[:, 0]])), [0, 1])
    for nothing in (np.zeros((4, 2)), X[:1], np.full((3, 2), NAN), np.empty((0, 2))):
        np.testing.assert_array_equal(method(nothing), np.zeros(nothing.shape[1]))


def test_pc1_of_equally_correlated_columns_weighs_them_equally():
    u = np.linalg.qr(np.random.default_rng(1).normal(size=(50, 4)))[0]
    u -= u.mean(axis=0)
    q = np.linalg.qr(u)[0]
    x = q[:, :3] * np.sqrt(1 - 0.5) + q[:, [3]] * np.sqrt(0.5)  # r = 0.5 between any two
    found, explained = weights.pc1(x * [1, 100, 0.01])
    np.testing.assert_allclose(found, 1 / 3, rtol=1e-9)
    assert explained == pytest.approx((1 + 2 * 0.5) / 3)


def test_pc1_is_refused_on_mixed_signs_and_names_the_column():
    x = np.column_stack([X[:, 0], X[:, 1], -X[:, 0]])
    with pytest.raises(DataError, match=r"pc1' are refused: .* mixed signs \(negative: c \(-0\.\d+\)\)"):
        weights.pc1(x, ["a", "b", "c"])
    found, _ = weights.pc1(np.column_stack([X[:, 0], np.ones(4), X[:, 1]]))
    np.testing.assert_allclose(found, [0.5, 0, 0.5])
    assert not weights.pc1(np.ones((3, 2)))[0].any()


def test_ahp_of_a_published_matrix():
    # Saaty's three-criteria example: weights .637 .258 .105, λ = 3.0385, CI = .0193, CR = .033
    w, largest, ci, cr = weights.ahp([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    np.testing.assert_allclose(w, [0.637, 0.258, 0.105], atol=5e-4)
    assert (round(largest, 4), round(ci, 4), round(cr, 3)) == (3.0385, 0.0193, 0.033)


def test_ahp_of_consistent_comparisons_returns_their_ratios():
    ratios = np.array([4.0, 2, 1, 8])
    w, largest, ci, cr = weights.ahp(ratios[:, None] / ratios)
    np.testing.assert_allclose(w, ratios / 15, rtol=1e-12)
    assert largest == pytest.approx(4) and abs(ci) < 1e-12 and abs(cr) < 1e-12
    assert weights.ahp([[1, 4], [0.25, 1]])[3] == 0 and weights.ahp([[1.0]])[0] == 1


@pytest.mark.parametrize("matrix", [[[1, 2], [2, 1]], [[1, 2]], [[1, -2], [-0.5, 1]], [[1, NAN], [1, 1]]])
def test_ahp_refuses_what_is_no_comparison(matrix):
    with pytest.raises(DataError, match="pairwise comparisons must be"):
        weights.ahp(matrix)


def test_benefit_of_the_doubt_scores_are_shares_of_the_frontier():
    # units (4, 1), (1, 4), (2, 2): on the line between the first two w = (.2, .2), so the third scores .8
    y = np.array([[4.0, 1], [1, 4], [2, 2], [1, 1]])
    w, scores = weights.bod(y, y)
    np.testing.assert_allclose(scores, [1, 1, 0.8, 0.4], rtol=1e-9)
    np.testing.assert_allclose((w * y).sum(axis=1), scores)
    # a later row does not bind earlier ones and can exceed them
    np.testing.assert_allclose(weights.bod([[4.0, 4]], y)[1], 1.6, rtol=1e-9)


def test_benefit_of_the_doubt_keeps_share_bounds():
    y = np.random.default_rng(3).random((12, 3)) + 0.1
    bounds = np.array([[0.2, 0.5]] * 3)
    w, scores = weights.bod(y, y, bounds)
    shares = w * y / (w * y).sum(axis=1, keepdims=True)
    assert (shares >= 0.2 - 1e-7).all() and (shares <= 0.5 + 1e-7).all()
    assert (scores <= weights.bod(y, y)[1] + 1e-9).all()
    assert ((w[0] @ y.T) <= 1 + 1e-7).all()


def test_benefit_of_the_doubt_of_zeros_and_gaps():
    y = np.array([[4.0, 1], [0, 0], [NAN, 4], [NAN, NAN]])
    w, scores = weights.bod(y, y)
    np.testing.assert_allclose(scores, [1, 0, 1, NAN])
    assert w[2, 0] == 0
    with pytest.raises(DataError, match="not negative"):
        weights.bod(-y, y)
