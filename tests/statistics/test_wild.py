"""The wild score bootstrap: its scores against statsmodels, its size under true hypotheses, its power."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from jianfu.statistics import hazard, wild


def province(seed, units=14, months=10, slope=0.0):
    rng = np.random.default_rng(seed)
    unit, month = np.repeat(np.arange(units), months), np.tile(np.arange(months), units)
    x = rng.normal(size=units)[unit] + rng.normal(size=len(unit))
    z = rng.normal(size=len(unit))
    n = rng.integers(20, 60, len(unit))
    common = 0.5 * rng.normal(size=units)[unit] + 0.1 * month
    eta = -3.5 + slope * x + 0.2 * z + common + 0.3 * rng.normal(size=(units, 2))[unit, month // 5]
    y = rng.binomial(n, -np.expm1(-np.exp(eta)))
    return y, n, np.column_stack([x, z]), [unit, month], unit


def scores_of(data, link="cloglog"):
    return hazard.efficient_scores(*data, link, 0)


def test_scores_are_those_of_statsmodels_with_dummies():
    y, n, design, (unit, month), _ = data = province(1)
    dummies = pd.get_dummies(pd.DataFrame({"u": unit, "m": month}).astype(str), drop_first=True).to_numpy(
        float
    )
    rest = np.column_stack([design[:, 1], dummies, np.ones(len(y))])
    family = sm.families.Binomial(sm.families.links.CLogLog())
    eta = rest @ sm.GLM(np.column_stack([y, n - y]), rest, family=family).fit(tol=1e-13, maxiter=100).params
    odds = np.exp(eta)
    mu = -np.expm1(-odds)
    score = (y - n * mu) * odds / mu
    weight = n * odds**2 * np.exp(-odds) / mu
    fitted = rest @ np.linalg.solve(rest.T @ (rest * weight[:, None]), rest.T @ (weight * design[:, 0]))
    expected = np.bincount(unit, score * (design[:, 0] - fitted))
    np.testing.assert_allclose(scores_of(data), expected, atol=1e-6)


def test_the_score_statistic_agrees_with_the_wald_test_in_a_large_sample():
    y, n, design, effects, unit = data = province(2, units=150, slope=0.06)
    fit = hazard.fit(y, n, design, effects, unit)
    scores = scores_of(data)
    score_z = scores.sum() / np.sqrt((scores**2).sum())
    assert score_z == pytest.approx(fit.coefficients[0] / np.sqrt(fit.covariance[0, 0]), rel=0.15)


@pytest.mark.parametrize("units", [8, 16])
def test_true_hypotheses_are_rejected_as_often_as_said(units):
    p_values = np.array([wild.p_value(scores_of(province(s, units)), 199, s) for s in range(200)])
    # 99.8 % binomial ranges of 5 % and 50 % in 200 draws, the lower one wider: few clusters make the test cautious
    assert 0 <= (p_values <= 0.05).mean() <= 0.10
    assert 0.39 <= (p_values <= 0.5).mean() <= 0.62


def test_a_strong_effect_is_found_and_weights_follow_the_number_of_clusters():
    assert wild.p_value(scores_of(province(5, units=16, slope=0.6)), 499, 1) < 0.01
    assert (wild.weights_name(11), wild.weights_name(12)) == ("Webb", "Rademacher")


def test_by_hand_ties_count_and_the_seed_decides():
    scores = np.array([1.0, 2.0, 3.0])  # Webb: 216 equally likely draws of three of six points
    points = np.r_[-wild.WEBB, wild.WEBB]
    grid = np.array(np.meshgrid(points, points, points)).reshape(3, -1).T * scores
    statistic = grid.sum(axis=1) ** 2 / ((grid - grid.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    exact = (statistic >= 36 / 2 - 1e-9).mean()
    found = wild.p_value(scores, 99_999, 1)
    assert found == pytest.approx(exact, abs=0.005)
    assert wild.p_value(-scores, 999, 1) == wild.p_value(scores, 999, 1) == wild.p_value(2 * scores, 999, 1)


def interval_of(data, replicates=199, seed=1, confidence=0.95):
    fit = hazard.fit(*data[:3], data[3], data[4])
    low, high = wild.interval(
        lambda value: hazard.efficient_scores(*data, "cloglog", 0, value),
        fit.coefficients[0],
        np.sqrt(fit.covariance[0, 0]),
        replicates,
        seed,
        confidence,
    )
    return low, high, fit


def test_scores_under_another_value_are_those_with_the_effect_in_the_exposure():
    y, n, design, effects, unit = province(4)
    moved = hazard.efficient_scores(y, n * np.exp(0.7 * design[:, 0]), design, effects, unit, "poisson", 0)
    found = hazard.efficient_scores(y, n, design, effects, unit, "poisson", 0, 0.7)
    np.testing.assert_allclose(found, moved, atol=1e-8)


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_interval_holds_the_values_that_are_not_rejected(confidence):
    rejected = 0
    for seed in range(5):
        data = province(seed, slope=0.12)
        low, high, fit = interval_of(data, confidence=confidence)
        p = wild.p_value(scores_of(data), 199, 1)
        assert low < fit.coefficients[0] < high
        assert (low > 0 or high < 0) == (p < 1 - confidence - 1e-9)
        rejected += p < 1 - confidence
        for value, inside in ((low - 0.005, False), (low + 0.005, True), (high, True), (high + 0.01, False)):
            at = hazard.efficient_scores(*data, "cloglog", 0, value - 0.005 * (value == high))
            assert (wild.p_value(at, 199, 1) >= 1 - confidence - 1e-9) == inside
    assert 0 < rejected < 5


def test_an_end_that_the_test_does_not_have_is_that_of_the_test_of_zero():
    def scores_at(value):  # one cluster decides below the estimate: nothing is rejected there
        own = np.array([1.0, -0.1, -0.2, 0.1, 0.0])
        return own if value < 0.3 else (0.3 - value) * np.arange(20.0, 25.0) + 0.01 * own - 0.0016

    low, high = wild.interval(scores_at, 0.3, 0.1, 199, 1, 0.8)
    assert wild.p_value(scores_at(0.0), 199, 1) > 0.2
    assert low < 0 and 0.3 < high < 0.35


def test_too_few_replicates_give_no_interval():
    assert np.isnan(interval_of(province(1), replicates=19)[:2]).all()


@pytest.mark.parametrize("slope", [0.06, 0.8])
def test_interval_with_many_clusters_is_that_of_the_sandwich_however_strong_the_effect(slope):
    low, high, fit = interval_of(province(2, units=150, slope=slope), 999)
    half = 1.96 * np.sqrt(fit.covariance[0, 0])
    np.testing.assert_allclose([low, high], fit.coefficients[0] + np.array([-half, half]), atol=0.15 * half)


def least_squares(n_clusters, seed=1, effect=0.3):
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(n_clusters), 12)
    wave = np.tile(np.arange(4), len(clusters) // 4)
    x = rng.normal(size=len(clusters)) + rng.normal(size=n_clusters)[clusters]
    z = rng.normal(size=len(clusters))
    y = effect * x + z + rng.normal(size=n_clusters)[clusters] + rng.normal(size=len(clusters))
    return y, np.column_stack([x, z]), clusters, wave


def t_squared(y, full, term, clusters):
    bread = np.linalg.pinv(full.T @ full)
    beta = bread @ full.T @ y
    scores = full * (y - full @ beta)[:, None]
    sums = np.array([scores[clusters == g].sum(axis=0) for g in np.unique(clusters)])
    return beta[term] ** 2 / (bread @ sums.T @ sums @ bread)[term, term]


@pytest.mark.parametrize("absorbed", [False, True])
def test_cluster_bootstrap_is_that_of_refitting_every_replicate(absorbed):
    y, design, clusters, wave = least_squares(9)
    dummies = [clusters[:, None] == np.arange(9), wave[:, None] == np.arange(1, 4)]
    full = np.column_stack([design, *dummies]) if absorbed else np.column_stack([design, np.ones(len(y))])
    full = full.astype(float)
    others = np.delete(full, 0, axis=1)
    fitted = others @ np.linalg.lstsq(others, y, rcond=None)[0]
    points = np.r_[-wild.WEBB, wild.WEBB]
    drawn = np.random.default_rng(7).choice(points, size=(99, 9))
    observed = t_squared(y, full, 0, clusters)
    larger = sum(
        t_squared(fitted + (y - fitted) * w[clusters], full, 0, clusters) >= observed * (1 - 1e-10)
        for w in drawn
    )
    effects = [clusters, wave] if absorbed else []
    assert wild.cluster_p_value(y, design, effects, clusters, 0, 99, 7) == (1 + larger) / 100


def test_cluster_bootstrap_keeps_its_size_with_few_clusters():
    p = [wild.cluster_p_value(*least_squares(10, seed, 0.0)[:2], [], least_squares(10, seed, 0.0)[2], 0, 199, seed)
         for seed in range(400)]  # fmt: skip
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.085
    strong = least_squares(10, 3, 2.0)
    assert wild.cluster_p_value(strong[0], strong[1], [], strong[2], 0, 999, 1) < 0.02


@pytest.mark.parametrize("seed", [3, 9])
def test_cluster_bootstrap_is_that_of_diff_diff(seed):
    """Which lists all 2^12 signs, as ``fwildclusterboot::boottest`` does; here they are drawn."""
    from diff_diff.utils import wild_bootstrap_se

    y, design, clusters, _ = least_squares(12, seed)
    x = np.column_stack([design, np.ones(len(y))])
    residuals = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    theirs = wild_bootstrap_se(x, y, residuals, clusters, 0, n_bootstrap=4999)
    own = wild.cluster_p_value(y, design, [], clusters, 0, 19_999, 1)
    assert own == pytest.approx(theirs.p_value, abs=0.02)


def test_a_collinear_column_has_no_p_value():
    y, design, clusters, _ = least_squares(9)
    twice = np.column_stack([design, design[:, 0]])
    assert np.isnan(wild.cluster_p_value(y, twice, [], clusters, 2, 99, 1))


def test_weighted_cells_give_the_p_value_of_their_rows():
    y, design, clusters, _ = least_squares(9)
    times = np.random.default_rng(2).integers(1, 5, len(y))
    rows = np.repeat(np.arange(len(y)), times)
    of_rows = wild.cluster_p_value(y[rows], design[rows], [clusters[rows]], clusters[rows], 0, 199, 3)
    assert wild.cluster_p_value(y, design, [clusters], clusters, 0, 199, 3, times) == of_rows


def test_a_later_column_that_the_model_leaves_out_does_not_take_the_place_of_the_term():
    """In a province of one cohort the term times the cohort is the term: the test is that without the column."""
    y, n, design, effects, unit = data = province(3, slope=0.3)
    twice = np.column_stack([design, 2 * design[:, 0]])
    np.testing.assert_allclose(
        hazard.efficient_scores(y, n, twice, effects, unit, "cloglog", 0), scores_of(data), atol=1e-8
    )
    y, design, clusters, _ = least_squares(9)
    twice = np.column_stack([design, design[:, 0]])
    p_values = [wild.cluster_p_value(y, x, [], clusters, 0, 99, 1) for x in (design, twice)]
    assert p_values[0] == p_values[1]
