"""Exact variance shares: hand-computed designs, invariances and what is refused."""

import numpy as np
import pandas as pd
import pytest

from jianfu.core.errors import DataError
from jianfu.indices.engine.variance_shares import exact_shares, full_factorial


def test_additive_outcome_by_hand():
    design = full_factorial({"a": [0, 1], "b": [0, 1, 2]})
    shares = exact_shares(design, 3 * design["a"] + design["b"]).set_index("factor")
    # Var(3a) = 9/4, Var(b) = 2/3
    total = 9 / 4 + 2 / 3
    assert shares["first_order"].to_dict() == pytest.approx(
        {"a": 9 / 4 / total, "b": 2 / 3 / total}, abs=1e-12
    )
    assert np.allclose(shares["total"], shares["first_order"])


def test_pure_interaction_has_no_first_order_share():
    design = full_factorial({"a": [-1, 1], "b": [-1, 1], "c": [0, 1]})
    shares = exact_shares(design, design["a"] * design["b"]).set_index("factor")
    assert np.allclose(shares["first_order"], 0)
    assert shares["total"].to_dict() == pytest.approx({"a": 1, "b": 1, "c": 0})


def test_product_of_uniform_levels_against_the_closed_form():
    # Y = a*b with independent a, b: V = E a2 E b2 - (Ea Eb)2, V_a = Var(a) (E b)2
    a, b = np.array([1.0, 2, 5]), np.array([0.0, 3])
    shares = exact_shares(full_factorial({"a": a, "b": b}), np.outer(a, b).ravel()).set_index("factor")
    v = (a**2).mean() * (b**2).mean() - (a.mean() * b.mean()) ** 2
    assert shares.loc["a", "first_order"] == pytest.approx(a.var() * b.mean() ** 2 / v, abs=1e-12)
    assert shares.loc["a", "total"] == pytest.approx(1 - b.var() * a.mean() ** 2 / v, abs=1e-12)


def test_shares_do_not_depend_on_order_origin_or_unit():
    random = np.random.default_rng(1)
    design = full_factorial({"a": list("xyz"), "b": [1, 2], "c": ["p", "q"]})
    outcome = random.normal(size=len(design))
    shares = exact_shares(design, outcome).set_index("factor")
    order = random.permutation(len(design))
    again = exact_shares(design.iloc[order], 1000 - 7 * outcome[order]).set_index("factor")
    pd.testing.assert_frame_equal(shares, again.loc[shares.index])


def test_incomplete_and_doubled_designs_are_refused():
    design = full_factorial({"a": [0, 1], "b": [0, 1]})
    with pytest.raises(DataError, match="3 of 4 combinations"):
        exact_shares(design.iloc[:3], [1, 2, 3])
    with pytest.raises(DataError, match="every combination once"):
        exact_shares(pd.concat([design, design.iloc[:1]]), [1, 2, 3, 4, 5])
    with pytest.raises(DataError, match="no outcome"):
        exact_shares(design, [1, 2, np.nan, 4])


def test_a_constant_outcome_has_no_shares():
    shares = exact_shares(full_factorial({"a": [0, 1], "b": [0, 1]}), [2.0, 2, 2, 2])
    assert shares[["first_order", "total"]].isna().all(axis=None)
