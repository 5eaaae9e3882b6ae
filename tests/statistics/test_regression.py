"""Least squares with absorbed effects, clustered errors and CR2: dummies, textbook formulas, hand-made truth."""

import numpy as np
import pandas as pd
import pyfixest
import pytest
from scipy import stats

from jianfu.statistics import regression


@pytest.fixture
def few():
    """300 observations in 20 clusters with two units each, and two waves."""
    rng = np.random.default_rng(3)
    cluster = np.sort(rng.integers(0, 20, 300))
    unit, wave = cluster * 2 + rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    x = rng.normal(size=(300, 2)) + rng.normal(size=(20, 2))[cluster]
    y = x @ [0.3, 0.1] + rng.normal(size=20)[cluster] + rng.normal(size=300)
    return y, x, unit, wave, cluster


def dense(x, *effects):
    dummies = [
        (codes[:, None] == np.unique(codes)).astype(float)[:, j > 0 :] for j, codes in enumerate(effects)
    ]
    return np.column_stack([x, *dummies])


def test_dummies_give_the_same_coefficients_and_clustered_errors():
    rng = np.random.default_rng(5)
    unit, wave = np.repeat(np.arange(50), 12), np.tile(np.arange(3), 200)
    x = rng.normal(size=(600, 2))
    y = x @ [0.5, -0.2] + rng.normal(size=50)[unit] + rng.normal(size=600)
    fit = regression.fit(y, x, [unit, wave], unit)
    full = dense(x, unit, wave)
    bread = np.linalg.inv(full.T @ full)
    beta = bread @ full.T @ y
    scores = np.stack([full[unit == g].T @ (y - full @ beta)[unit == g] for g in range(50)])
    sandwich = bread @ scores.T @ scores @ bread * 50 / 49
    assert fit.vcov == "cluster_G"
    np.testing.assert_allclose(fit.coefficients, beta[:2], atol=1e-9)
    np.testing.assert_allclose(fit.covariance, sandwich[:2, :2], rtol=1e-7)
    assert (fit.df == 49).all()
    assert fit.residual_df == 600 - 2 - 50 - 2


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("vcov", ["iid", "hetero", {"CRV1": "unit"}], ids=str)
def test_equal_to_pyfixest(few, vcov, weighted):
    y, x, unit, wave, _ = few
    weights = np.random.default_rng(1).uniform(0.2, 5, len(y))
    frame = pd.DataFrame({"y": y, "a": x[:, 0], "b": x[:, 1], "unit": unit, "wave": wave, "w": weights})
    kind = {"iid": "iid", "hetero": "HC1"}.get(str(vcov), "cluster")
    ssc = pyfixest.ssc(k_adj=True, k_fixef="nonnested" if kind == "cluster" else "full")
    formula, options = "y ~ a + b | unit + wave", {"weights": "w"} if weighted else {}
    theirs = pyfixest.feols(formula, frame, vcov=vcov, ssc=ssc, fixef_rm="none", fixef_tol=1e-12, **options)
    fit = regression.fit(y, x, [unit, wave], unit, weights if weighted else None, kind, "full")
    np.testing.assert_allclose(fit.coefficients, theirs.coef(), rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), theirs.se(), rtol=1e-9)


def test_cr2_by_its_definition_on_the_full_design(few):
    y, x, unit, wave, cluster = few
    covariance, df = regression.cr2(y, x, [unit, wave], cluster)
    full = dense(x, unit, wave)
    bread = np.linalg.pinv(full.T @ full)
    hat = full @ bread @ full.T
    scores, projected = [], []
    for g in range(20):
        rows = cluster == g
        values, vectors = np.linalg.eigh((np.eye(300) - hat)[np.ix_(rows, rows)])
        root = (vectors * np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0)) @ vectors.T
        weights = root @ full[rows] @ bread[:, :2]
        scores.append(weights.T @ (y - hat @ y)[rows])
        projected.append((np.eye(300) - hat)[rows].T @ weights)
    expected = np.array(scores).T @ np.array(scores)
    np.testing.assert_allclose(covariance, expected, rtol=1e-8)
    for j in range(2):
        p = np.array(projected)[:, :, j]
        cross = p @ p.T
        assert df[j] == pytest.approx(np.trace(cross) ** 2 / (cross**2).sum(), rel=1e-8)


def test_cr2_does_not_depend_on_how_effects_enter(few):
    y, x, unit, wave, cluster = few
    swept = regression.cr2(y, x, [unit, wave], cluster)
    as_dummies = regression.cr2(y, x, [wave, unit], cluster)  # waves do not lie inside clusters
    np.testing.assert_allclose(swept[0], as_dummies[0], rtol=1e-7)
    np.testing.assert_allclose(swept[1], as_dummies[1], rtol=1e-7)


def test_cr2_of_single_observations_is_the_two_sample_comparison():
    """With clusters of one, CR2 is HC2: for two groups the unpooled variance of the difference in means."""
    rng = np.random.default_rng(2)
    group = np.repeat([0.0, 1.0], [9, 14])
    y = rng.normal(size=23) * (1 + group)
    covariance, df = regression.cr2(y, group[:, None], [], np.arange(23))
    a, b = y[:9], y[9:]
    assert covariance[0, 0] == pytest.approx(a.var(ddof=1) / 9 + b.var(ddof=1) / 14)
    expected = (1 / 9 + 1 / 14) ** 2 / (1 / (81 * 8) + 1 / (196 * 13))
    assert df[0] == pytest.approx(expected)


def test_few_clusters_switch_to_cr2(few):
    y, x, unit, wave, cluster = few
    fit = regression.fit(y, x, [unit, wave], cluster)
    assert fit.vcov == "CR2"
    assert (fit.df < 19).all()
    covariance, _ = regression.cr2(y, x, [unit, wave], cluster)
    np.testing.assert_allclose(fit.covariance, covariance)


def test_cr2_keeps_its_size_with_eight_clusters():
    rng = np.random.default_rng(8)
    rejected = 0
    for _ in range(400):
        cluster = np.repeat(np.arange(8), [4, 6, 8, 10, 12, 20, 30, 40])
        x = rng.normal(size=8)[cluster]
        y = rng.normal(size=8)[cluster] + rng.normal(size=130)
        covariance, df = regression.cr2(y, x[:, None], [], cluster)
        centered = x - x.mean()
        t = (centered @ y) / (centered @ centered) / np.sqrt(covariance[0, 0])
        rejected += abs(t) > stats.t.ppf(0.975, df[0])
    assert rejected / 400 < 0.085  # 5 % nominal; normal critical values with G/(G-1) give about 17 %


def test_collinear_columns_are_named(few):
    y, x, unit, wave, cluster = few
    columns = np.column_stack([x[:, 0], cluster * 1.0, 2 * x[:, 0], x[:, 1]])
    fit = regression.fit(y, columns, [unit, wave], unit)
    assert fit.collinear == (1, 2)
    assert np.isnan(fit.coefficients[[1, 2]]).all()
    assert np.isfinite(fit.coefficients[[0, 3]]).all()


def test_singletons_are_found_until_none_is_left():
    unit, wave = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 2, 1])
    keep, dropped = regression.drop_singletons({"unit": unit, "wave": wave})
    # unit 2 is alone; so are waves 0 and 2; then units 0 and 1 have one row left each
    assert not keep.any()
    assert dropped == {"unit": 3, "wave": 2}


def test_weighted_cr2_by_its_definition(few):
    """Identity as working covariance: A = ((I - H) (I - H)')^(-1/2) by cluster, as clubSandwich for a weighted lm."""
    y, x, unit, wave, cluster = few
    weights = np.random.default_rng(1).uniform(0.2, 5, len(y))
    full = dense(x, unit, wave)
    bread = np.linalg.inv(full.T @ (full * weights[:, None]))
    rest = np.eye(len(y)) - full @ bread @ (full * weights[:, None]).T
    scores, projected = [], []
    for g in range(20):
        rows = cluster == g
        values, vectors = np.linalg.eigh(rest[rows] @ rest[rows].T)
        kept = values > 1e-10
        root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
        lead = root @ (full * weights[:, None])[rows] @ bread[:, :2]
        scores.append(lead.T @ (rest @ y)[rows])
        projected.append(rest[rows].T @ lead)
    covariance, df = regression.cr2(y, x, [unit, wave], cluster, weights)
    assert np.allclose(covariance, np.array(scores).T @ np.array(scores), rtol=1e-8)
    for j in range(2):
        columns = np.column_stack([p[:, j] for p in projected])
        cross = columns.T @ columns
        assert df[j] == pytest.approx(np.trace(cross) ** 2 / (cross**2).sum(), rel=1e-8)


def test_equal_weights_change_nothing_in_cr2(few):
    y, x, unit, wave, cluster = few
    plain, weighted = (
        regression.cr2(y, x, [unit], cluster),
        regression.cr2(y, x, [unit], cluster, np.full(300, 7.0)),
    )
    assert np.allclose(plain[0], weighted[0]) and np.allclose(plain[1], weighted[1])


def test_cr2_does_not_depend_on_the_units_of_columns(few):
    y, x, unit, wave, cluster = few
    weights = np.random.default_rng(2).uniform(1, 1e5, len(y))
    first, df = regression.cr2(y, x, [unit, wave], cluster, weights)
    second, same = regression.cr2(y, x * [1e6, 1e-4], [unit, wave], cluster, weights / 1e5)
    assert np.allclose(first, second * np.outer([1e6, 1e-4], [1e6, 1e-4]), rtol=1e-7) and np.allclose(
        df, same
    )
