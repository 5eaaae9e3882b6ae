"""Meta-analysis and Rubin's rules against metafor and mice (tests/data/reference) and known answers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.provinces import shrinkage
from jianfu.statistics import meta, pooling

REFERENCE = Path(__file__).parents[1] / "data" / "reference"


@pytest.fixture(scope="module")
def trials():
    return pd.read_csv(REFERENCE / "meta_data.csv")


@pytest.fixture(scope="module")
def expected():
    return pd.read_csv(REFERENCE / "meta_expected.csv", index_col="name")["value"]


def close(value, expected, tolerance=1e-7):
    assert value == pytest.approx(expected, rel=tolerance, abs=tolerance)


def _compare(found, key, expected):
    quantile = stats.t.ppf(0.975, found.df)
    estimate, error = found.coefficients[0], found.std_errors[0]
    values = {
        "estimate": estimate,
        "se": error,
        "lb": estimate - quantile * error,
        "ub": estimate + quantile * error,
        "p": 2 * stats.t.sf(abs(estimate / error), found.df),
        "tau2": found.tau2,
        "Q": found.q,
        "Qp": found.q_p,
        "I2": found.i2,
        "H2": found.h2,
        "pi_lb": found.prediction[0],
        "pi_ub": found.prediction[1],
    }
    for name, value in values.items():
        if f"{key}|{name}" in expected:
            close(value, expected[f"{key}|{name}"])


@pytest.mark.parametrize("test", meta.TESTS)
@pytest.mark.parametrize("method", ["REML", "ML", "DL", "PM"])
def test_random_effects_are_those_of_metafor(method, test, trials, expected):
    _compare(meta.fit(trials["yi"], trials["vi"], method=method, test=test), f"{method}|{test}", expected)


def test_equal_effects_are_those_of_metafor(trials, expected):
    _compare(meta.fit(trials["yi"], trials["vi"], method="EE"), "EE|z", expected)


def test_interval_of_the_heterogeneity_is_that_of_metafor(trials, expected):
    low, high = meta.tau2_interval(trials["yi"], trials["vi"])
    close(low, expected["QP|tau2_lb"])
    close(high, expected["QP|tau2_ub"])
    close(meta.heterogeneity_at(low, trials["vi"])[0], expected["QP|I2_lb"])
    close(meta.heterogeneity_at(high, trials["vi"])[1], expected["QP|H2_ub"])


def test_leave_one_out_is_that_of_metafor(trials, expected):
    for i, found in enumerate(meta.leave_one_out(trials["yi"], trials["vi"]), start=1):
        close(found.coefficients[0], expected[f"loo|{i}|estimate"])
        close(found.tau2, expected[f"loo|{i}|tau2"])
        half = stats.t.ppf(0.975, found.df) * found.std_errors[0]
        close(found.coefficients[0] - half, expected[f"loo|{i}|lb"])


def test_moderator_is_that_of_metafor(trials, expected):
    found = meta.fit(trials["yi"], trials["vi"], trials[["ablat"]])
    values = {"b0": found.coefficients[0], "b1": found.coefficients[1], "se1": found.std_errors[1]}
    values |= {"tau2": found.tau2, "Q": found.q, "I2": found.i2}
    for name, value in values.items():
        close(value, expected[f"reg|{name}"])
    assert np.isnan(found.prediction).all()


def test_agreeing_estimates_never_narrow_the_interval(expected):
    same = meta.fit([0.1] * 4, [0.01, 0.02, 0.03, 0.04])
    close(same.tau2, expected["same|tau2"])
    close(same.std_errors[0], expected["same|se"])
    near = meta.fit([0.10, 0.12, 0.11, 0.13], [0.01, 0.02, 0.03, 0.04], test="adhoc")
    close(near.std_errors[0], expected["near|se"])
    plain = meta.fit([0.10, 0.12, 0.11, 0.13], [0.01, 0.02, 0.03, 0.04])
    assert plain.std_errors[0] < near.std_errors[0]


def test_one_estimate_and_bad_variances():
    one = meta.fit([0.3], [0.04], test="z")
    assert one.coefficients[0] == 0.3 and one.std_errors[0] == pytest.approx(0.2) and np.isnan(one.i2)
    for y, v, reason in [
        ([0.3], [0.04], "knapp_hartung_saturated"),
        ([0.3, 0.1], [0.04, 0.0], "variance_not_positive"),
    ]:
        with pytest.raises(NotEstimable, match=reason):
            meta.fit(y, v)
    with pytest.raises(NotEstimable, match="moderators_collinear"):
        meta.fit([0.1, 0.2, 0.3], [1, 1, 1], [[1.0], [1.0], [1.0]])


def test_the_likelihood_is_highest_at_reml(trials):
    y, v, x = trials["yi"].to_numpy(), trials["vi"].to_numpy(), np.ones((len(trials), 1))
    best = meta.tau2(y, v, x, "REML")
    values = [meta._likelihood(y, v, x, best * factor, "REML") for factor in (1, 0.99, 1.01, 0, 10)]
    assert values[0] == max(values)


def test_rubins_rules_are_those_of_mice():
    rows = pd.read_csv(REFERENCE / "pooling_data.csv")
    expected = pd.read_csv(REFERENCE / "pooling_expected.csv").set_index("term")
    estimates = rows.pivot_table(index="imputation", columns="term", values="estimate")[expected.index]
    errors = rows.pivot_table(index="imputation", columns="term", values="std_error")[expected.index]
    found = pooling.pool(estimates, errors**2, df_complete=22)
    names = {"estimates": "estimate", "within": "ubar", "between": "b", "total": "t", "lambda_": "lambda"}
    for name in ("estimates", "within", "between", "total", "riv", "lambda_", "fmi", "df"):
        np.testing.assert_allclose(getattr(found, name), expected[names.get(name, name)], rtol=1e-9)
    large = pooling.pool(estimates, errors**2)
    np.testing.assert_allclose(large.df, expected["df_large"], rtol=1e-9)
    np.testing.assert_allclose(large.fmi, expected["fmi_large"], rtol=1e-9)


def test_pooling_without_variation_between_is_the_complete_analysis():
    found = pooling.pool([[1.0], [1.0], [1.0]], [[0.25]] * 3, df_complete=50)
    assert found.std_errors[0] == 0.5 and found.riv[0] == 0
    assert 47 < found.df[0] < 50
    with pytest.raises(NotEstimable, match="two_imputations"):
        pooling.pool([[1.0]], [[1.0]])


def test_delta_moves_imputed_values_only():
    np.testing.assert_array_equal(pooling.shifted([1, 2, 3], [False, True, True], -0.5), [1, 1.5, 2.5])


# ------------------------------------------------------------------------------------------------ hierarchical model


def test_estimates_drawn_to_the_mean_are_those_of_metafor(trials, expected):
    fitted = meta.fit(trials["yi"], trials["vi"], test="z")
    values, variances = shrinkage.drawn_to_mean(trials["yi"], trials["vi"], fitted.tau2)
    for i in range(len(trials)):
        close(values[i], expected[f"blup|{i + 1}|pred"])
        close(np.sqrt(variances[i]), expected[f"blup|{i + 1}|se"])


def test_draws_of_tau2_are_the_quantiles_of_the_q_profile(trials, expected):
    draws = shrinkage.tau2_draws(trials["yi"], trials["vi"], n=20_000)
    low, high = np.quantile(draws, [0.025, 0.975])
    assert low == pytest.approx(expected["QP|tau2_lb"], rel=2e-2)
    assert high == pytest.approx(expected["QP|tau2_ub"], rel=2e-2)
    assert (np.diff(draws) >= 0).all()


def test_equal_estimates_leave_no_heterogeneity_and_one_estimate_no_mean():
    assert shrinkage.tau2_draws([0.1, 0.1, 0.1], [0.01, 0.02, 0.03]).max() < 1e-2
    with pytest.raises(NotEstimable):
        shrinkage.shrunken([0.1], [0.01])


def test_variances_are_those_of_the_intervals():
    for level in (0.9, 0.95):
        half = 0.1 * stats.norm.ppf((1 + level) / 2)
        assert shrinkage.interval_variances(0.3 - half, 0.3 + half, level) == pytest.approx(0.01)
    half = 0.1 * stats.t.ppf(
        0.975, 8
    )  # few clusters: wider, by nearly the variance 8 / 6 of a t distribution
    assert shrinkage.interval_variances(-half, half, 0.95) == pytest.approx(0.01 * 8 / 6, rel=0.05)


@pytest.fixture(scope="module")
def nations():
    """400 nations of 12 provinces each, mean 0.2 and tau 0.08: covers of pooled, one more, each; errors."""
    rng, found = np.random.default_rng(20240401), []
    for _ in range(400):
        v = rng.uniform(0.04, 0.12, 12) ** 2
        truth = 0.2 + 0.08 * rng.normal(size=12)
        y, more = truth + np.sqrt(v) * rng.normal(size=12), 0.2 + 0.08 * rng.normal()
        fitted = meta.fit(y, v)
        half = stats.t.ppf(0.975, fitted.df) * fitted.std_errors[0]
        low, high = shrinkage.prediction(y, v)
        drawn, below, above = shrinkage.shrunken(y, v)
        found.append(
            (
                abs(fitted.coefficients[0] - 0.2) < half,
                low < more < high,
                ((drawn - truth) ** 2).mean(),
                ((y - truth) ** 2).mean(),
                ((below < truth) & (truth < above)).mean(),
            )
        )
    return pd.DataFrame(found, columns=["pooled", "more", "drawn", "raw", "each"]).astype(float).mean()


def test_nations_with_known_variance_are_covered(nations):
    assert 0.93 <= nations["pooled"] <= 0.97
    assert 0.92 <= nations["more"] <= 0.98
    assert 0.92 <= nations["each"] <= 0.98


def test_drawn_estimates_are_nearer_to_the_truth(nations):
    assert nations["drawn"] < 0.7 * nations["raw"]


# ------------------------------------------------------------------------------------------------ two levels


def dense(y, v, members, tau2, omega2):
    """Best linear unbiased predictions of counties and provinces by the matrices of the mixed model."""
    z = (members[:, None] == np.arange(members.max() + 1)).astype(float)
    total = np.linalg.inv(np.diag(v + omega2) + tau2 * z @ z.T)
    mean = total.sum(axis=0) @ y / total.sum()
    rest = total @ (y - mean)
    provinces = mean + tau2 * z.T @ rest
    return mean, provinces, provinces[members] + omega2 * rest


def test_counties_are_drawn_as_by_the_matrices_of_the_mixed_model():
    rng = np.random.default_rng(5)
    members, v = np.repeat([0, 1, 2], [4, 2, 6]), rng.uniform(0.01, 0.09, 12)
    y = 0.2 + rng.normal(0, 0.1, 3)[members] + rng.normal(0, np.sqrt(v + 0.01))
    groups = (members[:, None] == np.arange(3)).astype(float)
    means, spread = shrinkage.means_given(y, v, 0.01, groups)
    provinces, _ = shrinkage.drawn_to_mean(means, spread, 0.02)
    share = 0.01 / (0.01 + v)
    centre, wanted, counties = dense(y, v, members, 0.02, 0.01)
    close(shrinkage.mean_given(means, spread, 0.02)[0], centre)
    np.testing.assert_allclose(provinces, wanted, rtol=1e-9)
    np.testing.assert_allclose(share * y + (1 - share) * provinces[members], counties, rtol=1e-9)


def test_two_levels_need_two_provinces_and_two_counties_in_one():
    for members in ([0, 0, 0], [0, 1, 2]):
        with pytest.raises(NotEstimable, match="too_few_estimates"):
            shrinkage.nested([0.1, 0.2, 0.3], [0.01] * 3, members)


def test_order_and_scale_of_counties_change_nothing():
    rng = np.random.default_rng(6)
    members, v = rng.permutation(np.repeat([0, 1, 2, 3], 5)), rng.uniform(0.01, 0.09, 20)
    y, order = rng.normal(0.2, 0.3, 20), rng.permutation(20)
    one = shrinkage.nested(y, v, members)
    other = shrinkage.nested(10 * y[order], 100 * v[order], (3 - members)[order])
    np.testing.assert_allclose(other.of_counties, 10 * one.of_counties[:, order], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(other.of_provinces, 10 * one.of_provinces[:, ::-1], rtol=1e-6, atol=1e-8)
    close(other.omega2, 100 * one.omega2)


@pytest.fixture(scope="module")
def counties():
    """200 nations of 8 provinces with 3 to 9 counties, mean 0.2, tau 0.08, omega 0.1: covers and errors."""
    rng, found = np.random.default_rng(20240402), []
    for _ in range(200):
        members = np.repeat(np.arange(8), rng.integers(3, 10, 8))
        v = rng.uniform(0.1, 0.3, len(members)) ** 2
        province = 0.2 + 0.08 * rng.normal(size=8)
        truth = province[members] + 0.1 * rng.normal(size=len(members))
        y = truth + np.sqrt(v) * rng.normal(size=len(members))
        one = 0.2 + 0.08 * rng.normal()
        county = one + 0.1 * rng.normal()
        fit = shrinkage.nested(y, v, members, n=100)
        half = stats.t.ppf(0.975, fit.mean.df) * fit.mean.std_errors[0]
        drawn, low, high = fit.of_counties
        found.append(
            {
                "pooled": abs(fit.mean.coefficients[0] - 0.2) < half,
                "further": fit.province[0] < one < fit.province[1],
                "further_county": fit.county[0] < county < fit.county[1],
                "each": ((low < truth) & (truth < high)).mean(),
                "drawn": ((drawn - truth) ** 2).mean(),
                "raw": ((y - truth) ** 2).mean(),
                "alone": ((one_province(y, v, members) - truth) ** 2).mean(),
                "omega2": fit.omega2,
                "tau2": fit.mean.tau2,
            }
        )
    return pd.DataFrame(found).astype(float).mean()


def one_province(y, v, members):
    """Counties drawn to their own province, which hears nothing of the others."""
    drawn = np.empty(len(y))
    for province in np.unique(members):
        own = members == province
        drawn[own] = shrinkage.shrunken(y[own], v[own])[0]
    return drawn


@pytest.mark.slow
def test_nations_of_counties_are_covered(counties):
    assert 0.93 <= counties["pooled"] <= 0.97
    assert 0.92 <= counties["further"] <= 0.98 and 0.92 <= counties["further_county"] <= 0.98
    assert 0.92 <= counties["each"] <= 0.98
    assert counties["omega2"] == pytest.approx(0.01, rel=0.2) and counties["tau2"] == pytest.approx(
        0.0064, rel=0.3
    )


@pytest.mark.slow
def test_drawn_counties_are_nearer_to_the_truth(counties):
    assert counties["drawn"] < 0.4 * counties["raw"]
    assert counties["drawn"] < counties["alone"]
