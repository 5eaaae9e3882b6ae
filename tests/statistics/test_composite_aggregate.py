"""Aggregation: values by hand, and what holds for every method whatever the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jianfu.core.errors import DataError
from jianfu.indices.engine.aggregate import aggregate, present

NAN = np.nan
METHODS = ["arithmetic", "geometric", "power", "ampi"]
VALUES = arrays(float, (3, 4), elements=st.floats(70, 130))
WEIGHTS = arrays(float, 4, elements=st.floats(0.05, 1))
CELLS = st.tuples(st.integers(0, 2), st.integers(0, 3))
SETTINGS = settings(max_examples=60, deadline=None)


def test_values_by_hand():
    x, w = np.array([[1.0, 4.0]]), np.array([1, 3])
    assert aggregate(x, w)[0] == pytest.approx(13 / 4)
    assert aggregate(x, w, "geometric")[0] == pytest.approx(4**0.75)
    assert aggregate(x, w, "power")[0] == pytest.approx((49 / 4) ** 0.5)
    assert aggregate(x, w, "power", p=-1)[0] == pytest.approx(4 / (1 + 3 / 4))
    # Mazziotta–Pareto: mean 100, variance 100 → 100 ± 1
    x, w = np.array([[90.0, 110.0]]), np.ones(2)
    assert aggregate(x, w, "ampi")[0] == pytest.approx(101)
    assert aggregate(x, w, "ampi", penalty="-")[0] == pytest.approx(99)


@pytest.mark.parametrize("method", METHODS)
def test_missing_components_leave_their_weight_to_the_others(method):
    x, w = np.array([[80.0, 120, 100, NAN], [80, NAN, 100, NAN], [NAN] * 4]), np.array([1.0, 2, 3, 4])
    found = aggregate(x, w, method)
    assert found[0] == pytest.approx(aggregate(x[:1, :3], w[:3], method)[0])
    assert np.isnan(found[1:]).all()  # 2 of 4 components are fewer than 60 %
    assert not np.isnan(aggregate(x, w, method, min_share=0.5)[1])
    np.testing.assert_array_equal(present(x, w), [3, 2, 0])


def test_components_of_weight_zero_do_not_count():
    x = np.array([[1.0, NAN, NAN]])
    assert aggregate(x, [1, 0, 0])[0] == 1
    assert np.isnan(aggregate(x, [0, 1, 1])[0]) and np.isnan(aggregate(x, [0, 0, 0], min_share=0)[0])


def test_three_of_five_components_are_sixty_per_cent():
    assert aggregate(np.array([[1.0, 1, 1, NAN, NAN]]), np.full(5, 0.2))[0] == pytest.approx(1)


@pytest.mark.parametrize(
    "method, options", [("geometric", {}), ("power", {}), ("power", {"p": -1}), ("ampi", {})]
)
def test_values_for_which_a_method_is_not_defined_are_refused(method, options):
    with pytest.raises(DataError, match="needs values .* 1 values do not fit"):
        aggregate(np.array([[-0.5, 1.0, NAN]]), np.ones(3), method, **options)


@pytest.mark.parametrize("method", METHODS)
@SETTINGS
@given(values=VALUES, weights=WEIGHTS, cell=CELLS, rise=st.floats(0, 60))
def test_weakly_monotone_in_every_component(method, values, weights, cell, rise):
    # AMPI with the penalty for bads: between its goalposts of 70 and 130
    higher = values.copy()
    higher[cell] = min(130, higher[cell] + rise)
    before, after = (aggregate(x, weights, method) for x in (values, higher))
    assert (after >= before - 1e-9).all()
    np.testing.assert_array_equal(np.delete(after, cell[0]), np.delete(before, cell[0]))


def test_ampi_with_the_penalty_for_goods_is_not_monotone_where_one_component_stands_out():
    level, higher = (
        aggregate(np.array([[x, 70, 70, 70, 70, 70]]), np.ones(6), "ampi", penalty="-") for x in (120, 130)
    )
    assert higher < level


@pytest.mark.parametrize("method", METHODS)
@SETTINGS
@given(values=VALUES, weights=WEIGHTS, order=st.permutations(range(4)), missing=CELLS)
def test_permutation_of_the_components_changes_nothing(method, values, weights, order, missing):
    values[missing] = NAN
    found = aggregate(values[:, order], weights[list(order)], method)
    np.testing.assert_allclose(found, aggregate(values, weights, method), rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@SETTINGS
@given(values=VALUES, weights=WEIGHTS)
def test_a_duplicate_component_is_a_double_weight_with_given_weights(method, values, weights):
    # holds for every aggregation here, as each is a function of weighted sums
    doubled = np.column_stack([values, values[:, 0]]), np.r_[weights, weights[0]]
    heavier = weights * [2, 1, 1, 1]
    np.testing.assert_allclose(aggregate(*doubled, method), aggregate(values, heavier, method), rtol=1e-10)


@SETTINGS
@given(values=VALUES, weights=WEIGHTS)
def test_mirrored_values(values, weights):
    mirrored = 200 - values
    np.testing.assert_allclose(aggregate(mirrored, weights), 200 - aggregate(values, weights), rtol=1e-12)
    # the others do not mirror; mean and spread of AMPI do, so that its two penalties bracket the mirrored mean
    plus, minus = (aggregate(mirrored, weights, "ampi", penalty=sign) for sign in "+-")
    mean = 200 - aggregate(values, weights)
    assert (minus <= mean + 1e-9).all() and (mean <= plus + 1e-9).all()
    # geometric ≤ arithmetic ≤ power mean
    low, middle, high = (aggregate(values, weights, m) for m in ("geometric", "arithmetic", "power"))
    assert (low <= middle + 1e-9).all() and (middle <= high + 1e-9).all()
