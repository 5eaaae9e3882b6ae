"""The pipeline as a whole: levels, frozen anchors, invariances, indicators that carry nothing, speed."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jianfu.core.errors import ConfigError, DataError
from jianfu.indices.engine import anchors as stored
from jianfu.indices.engine import diagnostics, methods, normalise, pipeline
from jianfu.indices.engine.structure import build_structure

NAN = np.nan
TREE = [
    {"code": "a", "parent": "p", "weight": 3},
    {"code": "b", "parent": "p", "direction": -1, "weight": 1},
    {"code": "c", "parent": "q"},
    {"code": "d", "parent": "q"},
    {"code": "e", "parent": "top"},
    {"code": "p", "parent": "top", "weight": 2},
    {"code": "q", "parent": "top", "weight": 1},
]
POSTS = {"low": 0.5, "high": 3.5}
FLAT = [{"code": code, "parent": "top", **POSTS} for code in "abcd"]
PLAIN = [{"code": code, "parent": "top"} for code in "abcd"]
X = np.random.default_rng(1).lognormal(size=(40, 5))


def run(values, rows=TREE, reference=None, **options):
    """(anchors, steps) of ``values`` under the structure of ``rows``."""
    structure = build_structure(pd.DataFrame(rows))
    reference = np.ones(len(values), dtype=bool) if reference is None else reference
    anchors = pipeline.fit(values, structure, reference, methods.resolve_all(options))
    return anchors, pipeline.apply(values, anchors)


def index(*arguments, **options):
    return run(*arguments, **options)[1].aggregated[:, -1]


def test_levels_and_weights_by_hand():
    anchors, steps = run(X, normalisation="minmax")
    z = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    p = 0.75 * z[:, 0] + 0.25 * (1 - z[:, 1])
    q = (z[:, 2] + z[:, 3]) / 2
    assert list(anchors["groups"]) == ["p", "q", "top"]
    np.testing.assert_allclose(
        steps.aggregated, np.column_stack([p, q, (z[:, 4] + 2 * p + q) / 4]), rtol=1e-12
    )
    assert diagnostics.effective_weights(anchors) == pytest.approx(
        {"e": 0.25, "p": 0.5, "q": 0.25, "a": 0.375, "b": 0.125, "c": 0.125, "d": 0.125}
    )


def test_weights_of_a_level_rest_on_the_scores_of_the_level_below():
    anchors, steps = run(X, FLAT_IN_TWO, weights={"levels": ["equal", "critic"]}, normalisation="minmax")
    p, q = steps.aggregated[:, 0], steps.aggregated[:, 1]
    y = np.column_stack([(v - v.min()) / (v.max() - v.min()) for v in (p, q)])
    c = y.std(axis=0, ddof=1)  # (1 - r) is common to both
    np.testing.assert_allclose(anchors["groups"]["top"]["weights"], c / c.sum(), rtol=1e-10)


FLAT_IN_TWO = [
    *({"code": c, "parent": "p" if c in "ab" else "q"} for c in "abcde"),
    {"code": "p", "parent": "top"},
] + [{"code": "q", "parent": "top"}]


def test_transformation_limits_and_goalposts_are_given_in_the_unit_of_the_data():
    rows = [
        {
            "code": "a",
            "parent": "i",
            "transformation": "log",
            "lower": 1.0,
            "upper": 50.0,
            "low": 1.0,
            "high": 100.0,
        }
    ]
    x = np.array([[0.5], [10.0], [1000.0]])
    steps = run(x, rows, treatment="limits", normalisation="goalposts")[1]
    np.testing.assert_allclose(steps.treated[:, 0], np.log([1, 10, 50]))
    np.testing.assert_allclose(steps.normalised[:, 0], [0, 0.5, np.log(50) / np.log(100)])
    steps = run(x, rows, normalisation="goalposts")[1]
    np.testing.assert_allclose(steps.normalised[:, 0], [0, 0.5, 1])
    np.testing.assert_array_equal(steps.clipped[:, 0], [-1, 0, 1])


def test_winsorised_limits_hold_for_later_rows_and_the_log_is_the_fallback():
    x = np.r_[np.arange(1.0, 31), 200, 1000, 5000][:, None]
    reference = np.arange(33) < 32
    rows = [{"code": "a", "parent": "i"}]
    anchors, steps = run(x, rows, reference, treatment="winsorise")
    assert anchors["indicators"]["a"]["upper"] == 30 and anchors["indicators"]["a"]["winsorised"] == 2
    assert (steps.treated[30:, 0] == 30).all()
    options = {"method": "winsorise", "max_points": 1, "fallback": "log"}
    steps = run(x, rows, reference, treatment=options)[1]
    np.testing.assert_allclose(steps.treated[:, 0], np.log(x[:, 0] - 1 + 0.01 * 999))
    exempt = run(x, [rows[0] | {"treatment": "none"}], reference, treatment="winsorise")[1]
    np.testing.assert_array_equal(exempt.treated, x)


def test_denominators():
    x, below = np.array([[6.0, 6], [6, 6], [6, 6]]), np.array([[2.0, NAN], [0, NAN], [NAN, NAN]])
    np.testing.assert_array_equal(pipeline.denominate(x, below), [[3, 6], [NAN, 6], [NAN, 6]])


CHOICES = [
    (normalisation, weights)
    for normalisation in normalise.METHODS
    for weights in ("equal", "entropy", "critic", "bod")
    if not (weights == "bod" and normalisation in ("z", "ampi"))
]


@pytest.mark.parametrize("normalisation, weights", CHOICES)
def test_rows_after_the_window_change_no_old_value(normalisation, weights):
    options = {"normalisation": normalisation, "weights": weights, "treatment": "winsorise"}
    x, reference = np.abs(X[:, :4]) + 0.1, np.arange(40) < 25
    _, old = run(x[:30], FLAT, reference[:30], **options)
    _, new = run(np.vstack([x[:30], 7 * x[30:]]), FLAT, reference, **options)
    for name in ("treated", "normalised", "aggregated"):
        np.testing.assert_array_equal(getattr(new, name)[:30], getattr(old, name))


@pytest.mark.parametrize("normalisation", ["z", "percentile", "distance"])
def test_stored_anchors_give_the_same_scores_to_other_units(normalisation, tmp_path):
    anchors, steps = run(X, normalisation=normalisation, treatment="winsorise", weights="critic")
    stored.write(stored.seal(anchors), tmp_path / "anchors.json")
    again = pipeline.apply(X[7:9], stored.read(tmp_path / "anchors.json"))
    np.testing.assert_array_equal(again.aggregated, steps.aggregated[7:9])
    text = json.loads((tmp_path / "anchors.json").read_text(encoding="utf-8"))
    text["indicators"]["a"]["n"] += 1
    (tmp_path / "anchors.json").write_text(json.dumps(text), encoding="utf-8")
    with pytest.raises(DataError, match="do not match their own check sum"):
        stored.read(tmp_path / "anchors.json")


def test_anchors_are_the_moments_of_the_reference_rows():
    entry = run(X, reference=np.arange(40) < 10)[0]["indicators"]["b"]
    assert entry["n"] == 10 and entry["direction"] == -1
    assert entry["mean"] == pytest.approx(X[:10, 1].mean()) and entry["sd"] == pytest.approx(
        X[:10, 1].std(ddof=1)
    )
    assert (entry["min"], entry["max"]) == (X[:10, 1].min(), X[:10, 1].max())


@pytest.mark.parametrize("normalisation", ["z", "minmax", "ampi", "rank"])
@pytest.mark.parametrize("weights", ["equal", "entropy", "critic"])
def test_indicators_that_carry_nothing(normalisation, weights):
    x = np.column_stack([X[:, 0], np.full(40, 3.0), np.zeros(40), np.full(40, NAN)])
    anchors, steps = run(
        x,
        PLAIN,
        normalisation=normalisation,
        weights=weights,
        aggregation={"method": "arithmetic", "min_share": 0.2},
    )
    reasons = {code: entry["dropped"] for code, entry in anchors["indicators"].items()}
    assert reasons["a"] is None and reasons["d"] == "no_value"
    if normalisation == "rank":
        assert reasons["b"] is None and (steps.normalised[:, 1:3] == 1).all()
    else:
        assert reasons["b"] == reasons["c"] == "no_spread"
        np.testing.assert_allclose(steps.aggregated[:, 0], steps.normalised[:, 0])
    if weights != "equal":
        np.testing.assert_array_equal(anchors["groups"]["top"]["weights"], [1, 0, 0, 0])


@pytest.mark.parametrize("normalisation", ["z", "minmax", "ampi", "rank", "borda", "percentile"])
@pytest.mark.parametrize("weights", ["equal", "entropy", "critic", "pc1"])
def test_a_single_row_has_a_defined_answer(normalisation, weights):
    anchors, steps = run(X[:1, :4], PLAIN, normalisation=normalisation, weights=weights)
    found = steps.aggregated[0, 0]
    if weights == "equal" and normalisation in ("rank", "borda"):
        assert found == (1 if normalisation == "rank" else 0)
    else:
        assert np.isnan(found)


CELLS = arrays(float, (8, 4), elements=st.floats(0.5, 3.5), unique=True)
CASES = settings(max_examples=12, deadline=None)
AGGREGATIONS = {
    "arithmetic": {"method": "goalposts"},
    "geometric": {"method": "goalposts", "range": [1, 100]},
    "power": {"method": "goalposts"},
    "ampi": {"method": "goalposts"},
}


@pytest.mark.parametrize("weights", ["equal", "entropy", "critic"])
@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@CASES
@given(x=CELLS, order=st.permutations(range(4)))
def test_the_order_of_the_indicators_does_not_matter(weights, aggregation, x, order):
    options = {"weights": weights, "aggregation": aggregation, "normalisation": AGGREGATIONS[aggregation]}
    found = index(x[:, order], [FLAT[j] for j in order], **options)
    np.testing.assert_allclose(found, index(x, FLAT, **options), rtol=1e-9)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@CASES
@given(x=CELLS, cell=st.tuples(st.integers(0, 7), st.integers(0, 3)), rise=st.floats(0, 2))
def test_a_higher_indicator_never_lowers_the_index_with_anchors_held_fixed(aggregation, x, cell, rise):
    options = {"aggregation": aggregation, "normalisation": AGGREGATIONS[aggregation], "weights": "entropy"}
    anchors, before = run(x, FLAT, **options)
    x[cell] += rise
    after = pipeline.apply(x, anchors)
    assert (after.aggregated >= before.aggregated - 1e-9).all()


@CASES
@given(x=CELLS)
def test_flipped_directions_mirror_and_a_duplicate_is_a_double_weight_with_given_weights(x):
    flipped = [row | {"direction": -1} for row in FLAT]
    np.testing.assert_allclose(index(x, flipped), -index(x, FLAT), rtol=1e-9, atol=1e-12)
    minmax = {"normalisation": "minmax"}
    np.testing.assert_allclose(
        index(x, flipped, **minmax), 1 - index(x, FLAT, **minmax), rtol=1e-9, atol=1e-12
    )
    # entropy weights do not mirror: high shares of few units are information, low ones are not
    doubled = index(x[:, [0, 1, 2, 3, 0]], [*FLAT, {"code": "a2", "parent": "top", **POSTS}])
    heavier = index(x, [FLAT[0] | {"weight": 2}, *FLAT[1:]])
    np.testing.assert_allclose(doubled, heavier, rtol=1e-9, atol=1e-12)


def test_a_duplicate_halves_its_critic_weight_less_than_it_adds():
    # for data-driven weights a duplicate is no double weight: it lowers the contrast of its twin with the rest
    single = run(X[:, :4], FLAT, weights="critic")[0]["groups"]["top"]["weights"]
    twice = run(X[:, [0, 1, 2, 3, 0]], [*FLAT, {"code": "a2", "parent": "top"}], weights="critic")[0]
    found = twice["groups"]["top"]["weights"]
    assert found[0] == pytest.approx(found[4]) and single[0] < found[0] + found[4] < 2 * single[0]


ERRORS = [
    ([{"code": "a"}], "the column 'parent' is missing", {}),
    ([{"code": "a", "parent": ""}], "'a' has no parent", {}),
    ([{"code": "a", "parent": "b"}, {"code": "b", "parent": "a"}], "run in a circle", {}),
    ([{"code": "a", "parent": "i"}] * 2, "stands twice", {}),
    ([{"code": "a", "parent": "i", "direction": 2}], "'direction' of 'a' must be 1 or -1", {}),
    ([{"code": "a", "parent": "i", "directon": 1}], "did you mean 'direction'", {}),
    ([{"code": "a", "parent": "i", "weight": "much"}], "'weight' of 'a' is no number", {}),
    ([{"code": "a", "parent": "i", "weight": -1}], "must not be below zero", {}),
    ([{"code": "a", "parent": "i", "low": 2, "high": 1}], "'low' of 'a' must lie below 'high'", {}),
    ([{"code": "a", "parent": "i", "transformation": "ln"}], "cannot be 'ln'", {}),
    (
        [{"code": "a", "parent": "i"}, {"code": "i", "parent": "t", "direction": -1}],
        "'i' is an aggregate",
        {},
    ),
    (FLAT, "did you mean 'minmax'", {"normalisation": "min-max"}),
    (FLAT, "'weights.matrix' is no option", {"weights": {"method": "equal", "matrix": {}}}),
    (FLAT, "'weights.matrix' is missing", {"weights": "ahp"}),
    (FLAT, "does not compare 'a' with 'b'", {"weights": {"method": "ahp", "matrix": {"a": {"c": 2}}}}),
    (FLAT, "the structure has 1 levels", {"weights": {"levels": ["equal", "equal"]}}),
    (
        FLAT,
        "'weights.parents' names 'tpo', which is no aggregate; did you mean 'top'",
        {"weights": {"parents": {"tpo": "equal"}}},
    ),
    (
        FLAT,
        "goes with the aggregation|use the aggregation arithmetic",
        {"weights": "bod", "aggregation": "power", "normalisation": "minmax"},
    ),
    (
        FLAT,
        "cannot hold together",
        {"weights": {"method": "bod", "bounds": [0.3, 1]}, "normalisation": "minmax"},
    ),
    (TREE, "lacks 'low' or 'high' of 'a'", {"normalisation": "goalposts"}),
    (FLAT, "the lower end first", {"normalisation": {"method": "minmax", "range": [1, 0]}}),
]


@pytest.mark.parametrize("rows, sentence, options", ERRORS)
def test_mistakes_give_one_sentence(rows, sentence, options):
    with pytest.raises(ConfigError, match=sentence) as caught:
        run(X[:, : len(rows)], rows, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"weights": "bod"}, {"aggregation": "geometric"}, {"aggregation": "power"}]
)
def test_methods_that_z_scores_do_not_suit_are_refused(options):
    with pytest.raises(DataError, match="need"):
        run(X[:, :4], FLAT, **options)


def test_bounds_and_comparisons_by_code():
    options = {"method": "bod", "bounds": {"a": [0.5, 0.5]}}
    _, steps = run(X[:, :4], FLAT, weights=options, normalisation={"method": "minmax", "range": [1, 2]})
    share = steps.weights["top"][:, 0] * steps.normalised[:, 0] / steps.aggregated[:, 0]
    np.testing.assert_allclose(share, 0.5, atol=1e-6)
    matrix = {"a": {"b": 2, "c": 4, "d": 8}, "b": {"c": 2, "d": 4}, "c": {"d": 2}}
    group = run(X[:, :4], FLAT, weights={"method": "ahp", "matrix": matrix})[0]["groups"]["top"]
    np.testing.assert_allclose(group["weights"], np.array([8, 4, 2, 1]) / 15)
    assert group["cr"] == pytest.approx(0, abs=1e-9)


def test_1500_units_60_months_40_indicators_take_less_than_five_seconds():
    values = np.random.default_rng(2).lognormal(size=(90_000, 40))
    values[np.random.default_rng(3).random(values.shape) < 0.05] = NAN
    rows = [{"code": f"x{j}", "parent": f"g{j % 4}", "transformation": "log1p"} for j in range(40)]
    rows += [{"code": f"g{j}", "parent": "top"} for j in range(4)]
    begun = time.process_time()
    run(values, rows, np.arange(90_000) % 60 < 12, treatment="winsorise", weights="critic")
    assert time.process_time() - begun < 5
