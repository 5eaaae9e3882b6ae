"""The multiverse of an index: ranks, shifts and shares against hand computation, complete designs, rank bands."""

import numpy as np
import pandas as pd
import pytest

from jianfu.indices import construction
from jianfu.indices.engine import pipeline
from jianfu.indices.engine.multiverse import bands, multiverse, rank_shifts, ranks, unit_means
from jianfu.indices.engine.recipe import Recipe
from jianfu.indices.engine.structure import build_structure
from jianfu.indices.specification import index_spec
from jianfu.robustness.index_sensitivity import components, resample

CHOICES = {"normalisation": ["z", "minmax"], "weights": ["given"], "aggregation": ["arithmetic", "power"]}


def structure(k, parent="X"):
    return build_structure(
        pd.DataFrame({"code": [f"i{j}" for j in range(k)], "parent": parent, "direction": 1, "weight": 1.0})
    )


def every(values, windows, measure, choices=CHOICES, drop_one=True, **settings):
    """The multiverse around a recipe with these ``settings``; ``measure``: function of index and reference rows."""
    recipe = Recipe(structure=structure(values.shape[1]), settings=settings)
    codes = recipe.structure.codes

    def score(row):
        kept = values[:, [code != row.drop_one for code in codes]]
        fitted = recipe.at(row).fit(kept, windows[row.window])
        return measure(pipeline.apply(kept, fitted).aggregated[:, -1], windows[row.window])

    return multiverse(recipe.grid(choices | {"drop_one": drop_one}, codes) | {"window": list(windows)}, score)


def by_unit(units):
    return lambda index, _: unit_means(units)[1](index)


def panel(units=30, months=6, k=3, seed=1):
    random = np.random.default_rng(seed)
    values = random.normal(size=(units, 1, k)) + 0.3 * random.normal(size=(units, months, k))
    unit, month = np.repeat(np.arange(units), months), np.tile(np.arange(months), units)
    return values.reshape(-1, k), unit, month


def test_scores_and_shift_by_hand():
    # Two components, three units, one month: z and equal weights, one component left out in turn.
    values = np.array([[1.0, 9.0], [2.0, 4.0], [3.0, 2.0]])
    choices = {"normalisation": ["z"], "weights": ["given"], "aggregation": ["arithmetic"]}
    found = every(values, {"all": np.ones(3, dtype=bool)}, by_unit(["a", "b", "c"]), choices)
    z1, z2 = np.array([-1, 0, 1]), (values[:, 1] - 5) / np.sqrt(13)
    assert found.design["drop_one"].tolist() == ["none", "i0", "i1"]
    assert np.allclose(found.scores, np.array([(z1 + z2) / 2, z2, z1]), atol=1e-10)
    assert ranks(found.scores).tolist() == [[2, 3, 1], [1, 2, 3], [3, 2, 1]]
    assert rank_shifts(found)["mean_rank_shift"].tolist() == pytest.approx([0, 4 / 3, 2 / 3])


def test_shares_are_those_of_the_published_grid():
    values, unit, month = panel()
    found = every(values, {"half": month < 3, "all": month < 6}, by_unit(unit))
    grid = rank_shifts(found)
    assert len(grid) == 2 * 1 * 2 * 4 * 2
    y = grid["mean_rank_shift"].to_numpy()
    by_hand = {name: grid.groupby(name)["mean_rank_shift"].mean() for name in found.design}
    expected = {name: means.var(ddof=0) / y.var() for name, means in by_hand.items()}
    assert found.shares(y).set_index("factor")["first_order"].to_dict() == pytest.approx(expected, abs=1e-12)


def test_ties_share_the_best_rank_and_missing_units_have_none():
    assert ranks([[5.0, 7.0, 5.0, np.nan]])[0, :3].tolist() == [2, 1, 2]
    assert np.isnan(ranks([[5.0, np.nan]])[0, 1])


def test_an_undefined_level_is_left_out_with_its_reason():
    values, unit, month = panel(k=3)
    values[:, 2] = -values[:, 0] + 0.01 * values[:, 1]
    choices = CHOICES | {"weights": ["given", "pc1"]}
    found = every(values, {"all": month < 6}, by_unit(unit), choices, drop_one=False)
    assert found.failures["factor"].tolist() == ["weights"] and found.failures["level"].tolist() == ["pc1"]
    assert "mixed signs" in found.failures["reason"][0]
    assert set(found.design["weights"]) == {"given"} and not np.isnan(found.scores).any()


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
    found = every(values, {"all": month < 6}, by_unit(unit))
    assert set(found.design["drop_one"]) == {"none"}


def test_bootstrap_draws_units_whole_and_makes_the_anchors_anew():
    values, unit, month = panel(units=40, k=2)
    rows = pd.DataFrame(
        {"unit_code": [f"{u:02d}" for u in unit], "month": [f"2024-{m + 1:02d}" for m in month]}
    )
    long = rows.join(pd.DataFrame(values, columns=["i0", "i1"])).melt(
        ["unit_code", "month"], var_name="indicator"
    )
    plan = pd.DataFrame({"index": "X", "indicator": ["i0", "i1"], "weight": 1.0, "direction": 1.0})
    spec = index_spec(plan.assign(transformation="none"), ("2024-01", "2024-03"))
    data = components("X", long, rows.assign(county_code="1", headcount=1), spec)
    draws = resample(data, 200, seed=5)[1]
    assert np.array_equal(draws[:2], resample(data, 2, seed=5)[1])
    assert (draws.sum(axis=1) == 40).all()
    counts = draws[0]
    index = construction.levels(data.cube, spec, counts)["X"].ravel()
    drawn = np.repeat(np.flatnonzero(month < 3), counts[unit[month < 3]])
    z = (values - values[drawn].mean(axis=0)) / values[drawn].std(axis=0, ddof=1)
    assert np.allclose(index, 50 + 10 * z.mean(axis=1), atol=1e-10)
    # the mean of a unit-clustered sample varies as sd of unit means / sqrt(units)
    means = np.array([np.average(values[:, 0], weights=counts[unit]) for counts in draws])
    unit_means = pd.Series(values[:, 0]).groupby(unit).mean()
    assert means.std() == pytest.approx(unit_means.std() / np.sqrt(40), rel=0.2)


def test_any_measure_of_the_index_can_be_looked_at():
    values, _, month = panel(k=2)
    found = every(values, {"all": month < 6}, lambda index, rows: index[rows].max())
    assert found.scores.shape == (len(found.design), 1)
    assert np.isfinite(found.scores).all()


def test_what_is_declared_comes_first_and_stays():
    values, unit, month = panel(k=3)
    declared = {
        "treatment": {"method": "winsorise", "skewness": 0.1, "kurtosis": -1},
        "normalisation": {"method": "minmax", "range": [1, 5]},
        "aggregation": {"method": "power", "p": 3},
    }
    choices = CHOICES | {"normalisation": ["z", "minmax", "distance"]}  # distance is not defined below zero
    found = every(values, {"all": month < 6}, by_unit(unit), choices, **declared)
    first = found.design.iloc[0].to_dict()
    assert first == {
        "normalisation": "minmax", "weights": "given", "aggregation": "power", "drop_one": "none", "window": "all",
    }  # fmt: skip
    recipe = Recipe(structure=structure(3), settings=declared)
    own = pipeline.apply(values, recipe.fit(values, month < 6)).aggregated[:, -1]
    assert np.array_equal(found.scores[0], unit_means(unit)[1](own))
    assert found.failures["level"].tolist() == ["distance"]
    # only what is named is replaced
    other = recipe.varied(weights="entropy")
    assert {**other.methods, "weights": 0} == {**recipe.methods, "weights": 0}
    mean = recipe.varied(aggregation="arithmetic").methods
    assert mean["treatment"] == recipe.methods["treatment"] and mean["normalisation"]["shift"] == 70
