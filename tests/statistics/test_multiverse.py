"""The multiverse of an index: ranks, shifts and shares against hand computation, complete designs, rank bands."""

import numpy as np
import pandas as pd
import pytest

from jianfu.indices.engine import bootstrap, methods
from jianfu.indices.engine.multiverse import bands, multiverse, rank_shifts, ranks, shares, unit_means
from jianfu.indices.engine.structure import build_structure

FACTORS = {"normalisation": ["z", "minmax"], "weights": ["equal"], "aggregation": ["arithmetic", "power"]}


def structure(k, parent="X"):
    return pd.DataFrame(
        {"code": [f"i{j}" for j in range(k)], "parent": parent, "direction": 1, "weight": 1.0}
    )


def panel(units=30, months=6, k=3, seed=1):
    random = np.random.default_rng(seed)
    values = random.normal(size=(units, 1, k)) + 0.3 * random.normal(size=(units, months, k))
    unit, month = np.repeat(np.arange(units), months), np.tile(np.arange(months), units)
    return values.reshape(-1, k), unit, month


def test_scores_and_shift_by_hand():
    # Two components, three units, one month: z and equal weights, one component left out in turn.
    values = np.array([[1.0, 9.0], [2.0, 4.0], [3.0, 2.0]])
    factors = {"normalisation": ["z"], "weights": ["equal"], "aggregation": ["arithmetic"]}
    _, measure = unit_means(["a", "b", "c"])
    found = multiverse(values, structure(2), {"all": np.ones(3, dtype=bool)}, factors, measure)
    z1, z2 = np.array([-1, 0, 1]), (values[:, 1] - 5) / np.sqrt(13)
    assert found.design["drop_one"].tolist() == ["none", "i0", "i1"]
    assert np.allclose(found.scores, 100 + 10 * np.array([(z1 + z2) / 2, z2, z1]), atol=1e-10)
    assert ranks(found.scores).tolist() == [[2, 3, 1], [1, 2, 3], [3, 2, 1]]
    assert rank_shifts(found)["mean_rank_shift"].tolist() == pytest.approx([0, 4 / 3, 2 / 3])


def test_shares_are_those_of_the_published_grid():
    values, unit, month = panel()
    found = multiverse(
        values, structure(3), {"half": month < 3, "all": month < 6}, FACTORS, unit_means(unit)[1]
    )
    grid = rank_shifts(found)
    assert len(grid) == 2 * 1 * 2 * 4 * 2
    y = grid["mean_rank_shift"].to_numpy()
    by_hand = {name: grid.groupby(name)["mean_rank_shift"].mean() for name in found.design}
    expected = {name: means.var(ddof=0) / y.var() for name, means in by_hand.items()}
    assert shares(found).set_index("factor")["first_order"].to_dict() == pytest.approx(expected, abs=1e-12)


def test_ties_share_the_best_rank_and_missing_units_have_none():
    assert ranks([[5.0, 7.0, 5.0, np.nan]])[0, :3].tolist() == [2, 1, 2]
    assert np.isnan(ranks([[5.0, np.nan]])[0, 1])


def test_an_undefined_level_is_left_out_with_its_reason():
    values, unit, month = panel(k=3)
    values[:, 2] = -values[:, 0] + 0.01 * values[:, 1]
    factors = FACTORS | {"weights": ["equal", "pc1"]}
    found = multiverse(values, structure(3), {"all": month < 6}, factors, unit_means(unit)[1], drop_one=False)
    assert found.failures["factor"].tolist() == ["weights"] and found.failures["level"].tolist() == ["pc1"]
    assert "mixed signs" in found.failures["reason"][0]
    assert set(found.design["weights"]) == {"equal"} and not np.isnan(found.scores).any()


def test_bands_hold_the_stated_share_of_ranks():
    random = np.random.default_rng(3)
    scores = random.normal(size=(200, 12)) + np.arange(12)
    frame = bands(scores, np.arange(12), level=0.9)
    inside = (ranks(scores) >= frame["rank_low"].to_numpy()) & (
        ranks(scores) <= frame["rank_high"].to_numpy()
    )
    assert (inside.mean(axis=0) >= 0.9).all() and (frame["rank_low"] <= frame["rank_high"]).all()


def test_a_single_component_cannot_be_left_out():
    values, unit, month = panel(k=1)
    found = multiverse(values, structure(1), {"all": month < 6}, FACTORS, unit_means(unit)[1])
    assert set(found.design["drop_one"]) == {"none"}


def test_bootstrap_draws_units_whole_and_makes_the_anchors_anew():
    values, unit, month = panel(units=40, k=2)
    used = methods.resolve_all({})
    built = build_structure(structure(2))
    draws = list(bootstrap.replicates(values, built, unit, month < 3, used, 200, seed=5))
    again = list(bootstrap.replicates(values, built, unit, month < 3, used, 2, seed=5))
    assert all(counts.sum() == 40 for counts, _ in draws)
    assert np.array_equal(draws[1][1], again[1][1])
    counts, index = draws[0]
    rows = np.repeat(np.flatnonzero(month < 3), counts[unit[month < 3]])
    z = (values - values[rows].mean(axis=0)) / values[rows].std(axis=0, ddof=1)
    assert np.allclose(index[:, 0], z.mean(axis=1), atol=1e-10)
    # the mean of a unit-clustered sample varies as sd of unit means / sqrt(units)
    means = np.array([np.average(values[:, 0], weights=counts[unit]) for counts, _ in draws])
    unit_means = pd.Series(values[:, 0]).groupby(unit).mean()
    assert means.std() == pytest.approx(unit_means.std() / np.sqrt(40), rel=0.2)


def test_any_measure_of_the_index_can_be_looked_at():
    values, _, month = panel(k=2)
    found = multiverse(
        values, structure(2), {"all": month < 6}, FACTORS, lambda index, rows: index[rows].max()
    )
    assert found.scores.shape == (len(found.design), 1)
    assert found.scores[0, 0] == pytest.approx(found.scores[:, 0].max(), rel=0.5)
