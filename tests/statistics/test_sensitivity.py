"""Robustness values, E-values and Oster's delta: published figures, identities, constructed truth."""

import numpy as np
import pytest
import statsmodels.api as sm

from jianfu.statistics import sensitivity

# Cinelli and Hazlett (2020), section 5, and the manual of R sensemakr 0.1.6: harm and attitudes in Darfur.
ESTIMATE, ERROR, DF = 0.09731582, 0.02325654, 783
BOUNDS = {  # times female: R2 with exposure, with outcome, adjusted estimate, error, t
    1: (0.00916428667504862, 0.12464092303637, 0.0752202712144491, 0.0218733277437572, 3.43890386024675),
    2: (0.0183285733500972, 0.249324064199975, 0.0529151723844518, 0.0203500620779637, 2.60024623913809),
    3: (0.0274928600251459, 0.374050471038094, 0.0303960234641548, 0.0186700648170924, 1.62806202131271),
}


def test_robustness_values_of_darfur():
    t = ESTIMATE / ERROR
    assert sensitivity.robustness_value(t, DF) == pytest.approx(0.1387764, abs=1e-7)
    assert sensitivity.robustness_value(t, DF, alpha=0.05) == pytest.approx(0.07625797, abs=1e-7)
    assert sensitivity.partial_r2(t, DF) == pytest.approx(0.02187309, abs=1e-7)


def test_bounds_of_darfur():
    female = BOUNDS[1][0] / (1 + BOUNDS[1][0])  # its partial R2 with the exposure, from the bound of k = 1
    outcome = 0.10903  # with the outcome, to five digits
    for k, (exposure, with_outcome, estimate, error, t) in BOUNDS.items():
        bound = sensitivity.benchmark_bounds(female, outcome, k)
        assert bound == pytest.approx((exposure, with_outcome), rel=1e-3)
        own = sensitivity.adjusted_for_confounder(ESTIMATE, ERROR, DF, exposure, with_outcome)
        assert own == pytest.approx((estimate, error), rel=1e-6)
        assert own[0] / own[1] == pytest.approx(t, rel=1e-6)


@pytest.mark.parametrize(("q", "alpha"), [(1, None), (0.5, None), (1, 0.05), (1, 0.2)])
def test_a_confounder_as_strong_as_the_robustness_value_does_what_it_says(q, alpha):
    value = sensitivity.robustness_value(4.2, 300, q, alpha)
    estimate, error = sensitivity.adjusted_for_confounder(4.2, 1.0, 300, value, value)
    if alpha is None:
        assert estimate == pytest.approx(4.2 * (1 - q), abs=1e-9)
    else:
        from scipy import stats

        assert estimate / error == pytest.approx(stats.t.isf(alpha / 2, 299), rel=1e-9)


def test_no_robustness_where_nothing_is_significant():
    assert sensitivity.robustness_value(1.0, 50, alpha=0.05) == 0
    assert sensitivity.robustness_value(200, 5, alpha=0.05) < 1


def test_adjusting_for_a_covariate_reproduces_the_regression_with_it():
    rng = np.random.default_rng(2)
    z, other = rng.normal(size=(2, 400))
    x = 0.5 * z + 0.2 * other + rng.normal(size=400)
    y = 0.4 * x + 0.6 * z + other + rng.normal(size=400)
    parts = sensitivity.linear_parts(y, np.column_stack([x, other, z]), [np.zeros(400, dtype=int)])
    estimate, error, df, _ = parts.regression(0, [1])
    full, full_error, _, r2 = parts.regression(0, [1, 2])
    fit = sm.OLS(y, sm.add_constant(np.column_stack([x, other, z]))).fit()
    assert (full, full_error, r2) == pytest.approx((fit.params[1], fit.bse[1], fit.rsquared))
    exposure, outcome = parts.partial_r2(0, [2], [1]), parts.partial_r2(-1, [2], [0, 1])
    assert sensitivity.partial_r2(fit.tvalues[3], fit.df_resid) == pytest.approx(outcome)
    own = sensitivity.adjusted_for_confounder(estimate, error, df, exposure, outcome)
    assert own == pytest.approx((full, full_error))


def test_parts_of_cells_are_those_of_rows_with_dummies():
    rng = np.random.default_rng(6)
    unit, month, n = np.repeat(np.arange(8), 6), np.tile(np.arange(6), 8), rng.integers(2, 9, 48)
    x = rng.normal(size=(48, 2))
    events = rng.binomial(n, 0.3)
    parts = sensitivity.linear_parts(events / n, x, [unit, month], n, grouped_events=True)
    rows = np.repeat(np.arange(48), n)
    y = np.concatenate([np.r_[np.ones(e), np.zeros(m - e)] for e, m in zip(events, n, strict=True)])
    dummies = np.column_stack([unit[:, None] == np.arange(8), month[:, None] == np.arange(1, 6)])[rows]
    fit = sm.OLS(y, np.column_stack([x[rows], dummies.astype(float)])).fit()
    estimate, error, df, _ = parts.regression(0, [1])
    assert (estimate, error, df) == pytest.approx((fit.params[0], fit.bse[0], fit.df_resid))


def test_published_e_values():
    """VanderWeele and Ding (2017): RR 3.9 (1.8, 8.7) gives 7.26 and 3.0; a protective 0.80 (0.71, 0.91) 1.81, 1.43."""
    assert sensitivity.e_value(3.9, 1.8, 8.7) == pytest.approx((7.2630, 3.0), abs=1e-4)
    assert sensitivity.e_value(0.80, 0.71, 0.91) == pytest.approx((1.8090, 1.4286), abs=1e-2)
    assert sensitivity.e_value(1.2, 0.9, 1.6)[1] == 1
    assert sensitivity.e_value(1.0, 0.9, 1.1) == (1, 1)


def test_conversion_of_ratios():
    assert sensitivity.risk_ratio(np.log(4), "or", common=True) == pytest.approx(2)
    assert sensitivity.risk_ratio(np.log(4), "or") == pytest.approx(4)
    assert sensitivity.risk_ratio(np.log(0.56), "hr", common=True) == pytest.approx(0.67008, abs=1e-5)
    assert sensitivity.risk_ratio(0.5, "smd") == pytest.approx(np.exp(0.455))
    with pytest.raises(ValueError, match="smd"):
        sensitivity.risk_ratio(1, "beta")


MOVEMENT = sensitivity.Movement(0.9, 0.2, 0.6, 0.45, 2.0, 1.5, 1.1)


@pytest.mark.parametrize("delta", [0.3, 0.8, 1.0, 1.7])
@pytest.mark.parametrize("r_max", [None, 0.7, 1.0])
def test_delta_and_beta_are_inverse(delta, r_max):
    beta = sensitivity.oster_beta(MOVEMENT, delta, r_max)
    assert sensitivity.oster_delta(MOVEMENT, beta, r_max) == pytest.approx(delta, rel=1e-6)


@pytest.mark.parametrize("delta", [1.0, 0.5, 1.5])
def test_a_constructed_population_gives_the_true_effect(delta):
    """Two indices with cov(unobserved, x) / var(unobserved) = delta * cov(observed, x) / var(observed)."""
    beta, observed, unobserved = 0.5, 1.0, 0.6  # effect of x, variances of the two indices
    slope = 0.4
    cov = slope * observed, delta * slope * unobserved
    var_x = 2.0
    var_rest = var_x - cov[0] ** 2 / observed
    full = beta + cov[1] / var_rest
    short = beta + (cov[0] + cov[1]) / var_x
    var_y = beta**2 * var_x + observed + unobserved + 2 * beta * sum(cov) + 1.0
    r2_short = short**2 * var_x / var_y
    explained = short**2 * var_x + (1 - cov[0] / var_x * cov[0] - cov[0] * cov[1] / var_x) ** 2 / (
        observed - cov[0] ** 2 / var_x
    )
    movement = sensitivity.Movement(short, r2_short, full, explained / var_y, var_y, var_x, var_rest)
    r_max = (var_y - 1.0) / var_y
    assert sensitivity.oster_beta(movement, delta, r_max) == pytest.approx(beta, abs=1e-8)
    assert sensitivity.oster_delta(movement, beta, r_max) == pytest.approx(delta, abs=1e-8)
