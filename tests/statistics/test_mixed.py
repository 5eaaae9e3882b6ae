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
