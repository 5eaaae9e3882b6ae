"""Formative diagnostics against known values."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jianfu.indices.engine import diagnostics, methods, pipeline
from jianfu.indices.engine.structure import build_structure

NAN = np.nan
X = np.random.default_rng(5).normal(size=(60, 4))
EQUAL = np.full(4, 0.25)
MEAN = {"method": "arithmetic", "min_share": 0.6}


def test_correlations_are_pairwise_complete():
    x, y = X[:, 0].copy(), X[:, 1].copy()
    x[3], y[5] = NAN, NAN
    kept = ~(np.isnan(x) | np.isnan(y))
    assert diagnostics.pearson(x, y) == pytest.approx((stats.pearsonr(x[kept], y[kept])[0], 58))
    assert diagnostics.spearman(x, y)[0] == pytest.approx(stats.spearmanr(x[kept], y[kept])[0])
    assert np.isnan(diagnostics.pearson(x, np.ones(60))[0]) and np.isnan(diagnostics.pearson(x[:2], y[:2])[0])


def test_variance_inflation_of_dependent_constant_and_too_few_columns():
    r2 = np.corrcoef(X[:, 0], X[:, 1])[0, 1] ** 2
    np.testing.assert_allclose(diagnostics.vif(X[:, :2])[0], 1 / (1 - r2))
    found, n = diagnostics.vif(np.column_stack([X[:, :2], X[:, 0] + X[:, 1], X[:, 3], np.ones(60)]))
    assert n == 60 and np.isinf(found[:3]).all() and 1 <= found[3] < 2 and np.isnan(found[4])
    assert np.isnan(diagnostics.vif(X[:4])[0]).all() and diagnostics.vif(np.full((3, 2), NAN))[1] == 0


def test_leaving_out_a_component_without_weight_changes_no_rank():
    weights = np.array([0.0, 1, 1, 1])
    found, n = diagnostics.leave_one_out(X, weights, MEAN)
    assert (n == len(X)).all()
    assert found[0] == pytest.approx(1) and (found[1:] < 1).all()
    expected = stats.spearmanr(X[:, 1:].mean(axis=1), X[:, 2:].mean(axis=1))[0]
    assert found[1] == pytest.approx(expected)


def test_influence_differs_from_weight():
    x = X.copy()
    x[:, 1] = x[:, 0] + 0.1 * X[:, 1]  # two components that say the same dominate an equally weighted mean
    shares, squares = diagnostics.influence(x, x.mean(axis=1))
    assert shares.sum() == pytest.approx(1) and shares[:2].sum() > 0.6
    assert squares[0] == pytest.approx(np.corrcoef(x[:, 0], x.mean(axis=1))[0, 1] ** 2)


def test_indicators_are_compared_with_the_index_across_levels():
    rows = [{"code": c, "parent": "p" if c in "ab" else "top"} for c in "abcd"] + [
        {"code": "p", "parent": "top"}
    ]
    structure = build_structure(pd.DataFrame(rows))
    anchors = pipeline.fit(X, structure, np.ones(60, dtype=bool), methods.resolve_all({}))
    steps = pipeline.apply(X, anchors)
    found = diagnostics.frame(diagnostics.index_rows(anchors, steps)).set_index(["diagnostic", "code"])[
        "value"
    ]
    assert found["effective_weight"].to_dict() == pytest.approx(
        {"c": 1 / 3, "d": 1 / 3, "a": 1 / 6, "b": 1 / 6}
    )
    z = (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)
    index, without_a, without_c = (
        np.mean(parts, axis=0)
        for parts in (
            [(z[:, 0] + z[:, 1]) / 2, z[:, 2], z[:, 3]],
            [z[:, 1], z[:, 2], z[:, 3]],
            [(z[:, 0] + z[:, 1]) / 2, z[:, 3]],
        )
    )
    assert found["leave_one_out_indicator", "a"] == pytest.approx(stats.spearmanr(index, without_a)[0])
    assert found["leave_one_out_indicator", "c"] == pytest.approx(stats.spearmanr(index, without_c)[0])
    assert found["influence_of_indicator"].sum() == pytest.approx(1)


def test_the_same_functions_work_with_weights_that_differ_by_row():
    table = pd.DataFrame({"code": list("abc"), "parent": ["p", "p", "top"]})
    table = pd.concat([table, pd.DataFrame({"code": ["p"], "parent": ["top"]})], ignore_index=True)
    used = methods.resolve_all({"normalisation": "minmax", "weights": "bod"})
    anchors = pipeline.fit(X[:, :3], build_structure(table), np.ones(60, dtype=bool), used)
    rows = diagnostics.frame(diagnostics.index_rows(anchors, pipeline.apply(X[:, :3], anchors)))
    loo = rows[rows["diagnostic"] == "leave_one_out_indicator"].set_index("code")["value"]
    assert (
        loo.between(-1, 1).all()
        and np.isnan(rows.loc[rows["diagnostic"] == "effective_weight", "value"]).all()
    )
