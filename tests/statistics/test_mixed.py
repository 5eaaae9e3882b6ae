"""Linear mixed models against R lme4 (tests/data/reference/panel.R)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.statistics import mixed

FOLDER = Path(__file__).parents[1] / "data" / "reference"


def read(name):
    return pd.read_csv(FOLDER / f"{name}.csv")


def expected(case):
    rows = read("panel_expected")
    return rows[rows["case"] == case].set_index("term")


def data(case):
    if case in ("intercept", "slope"):
        frame = read("sleepstudy")
        x = np.column_stack([np.ones(len(frame)), frame["Days"]])
        return frame["Reaction"], x, [frame["Subject"]], x[:, 1:] if case == "slope" else None
    if case == "crossed":
        frame = read("penicillin")
        return frame["diameter"], np.ones((len(frame), 1)), [frame["plate"], frame["sample"]], None
    frame = read("pastes")
    return frame["strength"], np.ones((len(frame), 1)), [frame["sample"], frame["batch"]], None


@pytest.mark.parametrize("case", ["intercept", "slope", "crossed", "nested"])
@pytest.mark.parametrize("reml", [True, False])
def test_equal_to_lme4(case, reml):
    wanted = expected(f"{case} {'reml' if reml else 'ml'}")
    fit = mixed.fit(*data(case), reml=reml)
    assert fit.converged
    k = len(fit.coefficients)
    np.testing.assert_allclose(fit.coefficients, wanted["estimate"][:k], rtol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), wanted["std_error"][:k], rtol=1e-5)
    assert fit.criterion <= wanted.loc["criterion", "estimate"] + 1e-8
    assert fit.criterion == pytest.approx(wanted.loc["criterion", "estimate"], abs=1e-7)
    order = {"crossed": [0, 1], "nested": [0, 1]}.get(case, [])
    own = [
        fit.random[0, 0],
        *(fit.random[i, j] for i, j in ((1, 1), (0, 1)) if case == "slope"),
        *fit.variances,
    ]
    names = [name for name in wanted.index[k:] if name not in ("residual", "criterion")]
    assert len(own) == len(names) and (not order or len(names) == 2)
    np.testing.assert_allclose(own, wanted.loc[names, "estimate"], rtol=1e-4)
    assert fit.residual == pytest.approx(wanted.loc["residual", "estimate"], rel=1e-5)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("random", ["unit", "crossed"])
@pytest.mark.parametrize("outcome", ["y00", "y02", "y05", "y15"])
def test_small_intraclass_correlations_as_lme4(outcome, random, reml):
    """A variance is zero exactly where lmer has it at zero (tests/data/reference/mixed.R)."""
    frame, wanted = read("mixed_data"), read("mixed_expected")
    wanted = wanted[(wanted["outcome"] == outcome) & (wanted["random"] == random) & (wanted["reml"] == reml)]
    wanted = wanted.set_index("term")
    groups = ["unit", "month"][: 1 + (random == "crossed")]
    x = np.column_stack([np.ones(len(frame)), frame["x"], frame["z"]])
    fit = mixed.fit(frame[outcome], x, [frame[name] for name in groups], reml=reml)
    variances = wanted.loc[groups, "estimate"].to_numpy()
    assert fit.converged and fit.singular == (variances < 1e-8).any()
    np.testing.assert_allclose([fit.random[0, 0], *fit.variances], variances, rtol=1e-3, atol=1e-8)
    assert fit.criterion <= wanted.loc["criterion", "estimate"] + 1e-8
    np.testing.assert_allclose(fit.coefficients, wanted["estimate"].iloc[:3], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), wanted["std_error"].iloc[:3], rtol=1e-5)


def test_a_random_intercept_is_that_of_statsmodels():
    import statsmodels.api as sm

    frame = read("mixed_data").query("unit < 30")
    x = np.column_stack([np.ones(len(frame)), frame["x"]])
    fit = mixed.fit(frame["y05"], x, [frame["unit"]])
    theirs = sm.MixedLM(frame["y05"], x, groups=frame["unit"]).fit(method="powell")
    assert theirs.converged and fit.criterion <= -2 * theirs.llf + 1e-8
    assert fit.random[0, 0] == pytest.approx(theirs.cov_re.iloc[0, 0], rel=1e-3)
    np.testing.assert_allclose(fit.coefficients, theirs.fe_params, rtol=1e-4)


def test_no_variance_between_groups_is_called_singular():
    rng = np.random.default_rng(1)
    y, group = rng.normal(size=100), np.repeat(np.arange(10), 10)
    y -= pd.Series(y).groupby(group).transform("mean").to_numpy()
    fit = mixed.fit(y, np.ones((100, 1)), [group])
    assert fit.singular and fit.converged
    assert fit.random[0, 0] == pytest.approx(0, abs=1e-12)


def test_collinear_columns_and_scale_of_a_slope():
    y, x, groups, slopes = data("slope")
    twice = mixed.fit(y, np.column_stack([x, 2 * x[:, 1]]), groups, slopes * 1000)
    once = mixed.fit(y, x, groups, slopes)
    assert twice.collinear == (2,) and np.isnan(twice.coefficients[2])
    np.testing.assert_allclose(twice.coefficients[:2], once.coefficients, rtol=1e-9)
    assert twice.random[1, 1] * 1e6 == pytest.approx(once.random[1, 1], rel=1e-6)


def test_the_truth_is_found():
    rng = np.random.default_rng(7)
    unit, county = np.repeat(np.arange(400), 10), np.repeat(np.arange(40), 100)
    x = rng.normal(size=4000)
    y = (
        1
        + 0.3 * x
        + 0.8 * rng.normal(size=400)[unit]
        + 0.5 * rng.normal(size=40)[county]
        + rng.normal(size=4000)
    )
    fit = mixed.fit(y, np.column_stack([np.ones(4000), x]), [unit, county])
    assert fit.coefficients[1] == pytest.approx(0.3, abs=0.05)
    assert fit.random[0, 0] == pytest.approx(0.64, abs=0.15)
    assert fit.variances[0] == pytest.approx(0.25, abs=0.2)
    assert fit.residual == pytest.approx(1, abs=0.08)
