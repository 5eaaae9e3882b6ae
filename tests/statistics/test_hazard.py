"""Hazards with absorbed effects: R's glm, statsmodels with dummies, pyfixest, and invariances."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm

from jianfu.statistics import hazard, sandwich

REFERENCE = Path(__file__).parents[1] / "data" / "reference"  # made by hazard.R there


@pytest.fixture(scope="module")
def data():
    frame = pd.read_csv(REFERENCE / "hazard_data.csv")
    c1, c2 = (frame["cohort"] == 1).astype(float), (frame["cohort"] == 2).astype(float)
    return frame.assign(c1=c1, c2=c2, x_c1=frame["x"] * c1)


def design(data):
    return data[["x", "x_c1", "c1", "c2"]].to_numpy()


def fitted(data, link="cloglog", **more):
    effects = [data["unit"].to_numpy(), data["month"].to_numpy()]
    return hazard.fit(data["y"], data["n"], design(data), effects, data["unit"].to_numpy(), link, **more)


@pytest.mark.parametrize("link", ["cloglog", "logit", "poisson"])
def test_coefficients_and_clustered_errors_of_r(data, link):
    expected = pd.read_csv(REFERENCE / "hazard_expected.csv", skipinitialspace=True)
    expected = expected[expected["link"] == link]
    fit = fitted(data, link)
    assert fit.converged
    assert fit.n_clusters == 12
    np.testing.assert_allclose(fit.coefficients, expected["estimate"], atol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), expected["std_error"], rtol=1e-7)


def test_statsmodels_with_dummies(data):
    dummies = pd.get_dummies(data[["unit", "month"]].astype(str), drop_first=True).to_numpy(float)
    full = np.column_stack([design(data), dummies, np.ones(len(data))])
    family = sm.families.Binomial(sm.families.links.CLogLog())
    model = sm.GLM(np.column_stack([data["y"], data["n"] - data["y"]]), full, family=family)
    result = model.fit(tol=1e-14, maxiter=100)
    fit = fitted(data)
    np.testing.assert_allclose(fit.coefficients, result.params[:4], atol=1e-8)
    # expected-information sandwich from statsmodels' fitted values
    odds, mu = np.exp(full @ result.params), result.fittedvalues
    slope = odds * np.exp(-odds)
    information = full.T @ (full * (data["n"] * slope**2 / (mu * (1 - mu))).to_numpy()[:, None])
    residual = ((data["y"] - data["n"] * mu) * slope / (mu * (1 - mu))).to_numpy()
    scores = pd.DataFrame(full * residual[:, None]).groupby(data["unit"]).sum().to_numpy()
    bread = np.linalg.inv(information)
    sandwich = bread @ scores.T @ scores @ bread * 12 / 11
    np.testing.assert_allclose(fit.covariance, sandwich[:4, :4], rtol=1e-6)


def test_poisson_of_pyfixest(data):
    frame = data.assign(log_n=np.log(data["n"]))
    model = pyfixest.fepois(
        "y ~ x + x_c1 + c1 + c2 | unit + month",
        frame,
        vcov={"CRV1": "unit"},
        offset="log_n",
        ssc=pyfixest.ssc(k_adj=False, G_adj=True),
        iwls_tol=1e-12,
    )
    fit = fitted(data, "poisson")
    np.testing.assert_allclose(fit.coefficients, model.coef(), atol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), model.se(), rtol=1e-4)


def test_cells_equal_person_months(data):
    cells = fitted(data)
    rows = data.loc[data.index.repeat(data["n"])].reset_index(drop=True)
    order = rows.groupby(["unit", "month", "cohort"]).cumcount()
    rows = rows.assign(y=(order < rows["y"]).astype(int), n=1)
    single = fitted(rows.sample(frac=1, random_state=3))
    np.testing.assert_allclose(single.coefficients, cells.coefficients, atol=1e-9)
    np.testing.assert_allclose(single.covariance, cells.covariance, rtol=1e-8)


def test_duplicate_rows_are_weights(data):
    doubled = fitted(pd.concat([data, data], ignore_index=True))
    weighted = fitted(data.assign(y=2 * data["y"], n=2 * data["n"]))
    np.testing.assert_allclose(doubled.coefficients, weighted.coefficients, atol=1e-9)
    np.testing.assert_allclose(doubled.covariance, weighted.covariance, rtol=1e-9)


def test_coarser_clusters(data):
    county = data["unit"].to_numpy() // 3
    effects = [data["unit"].to_numpy(), data["month"].to_numpy()]
    fit = hazard.fit(data["y"], data["n"], design(data), effects, county)
    by_unit = fitted(data)
    assert fit.n_clusters == 4
    np.testing.assert_allclose(fit.coefficients, by_unit.coefficients, atol=1e-12)
    assert not np.allclose(fit.covariance, by_unit.covariance)


def test_order_of_effects_does_not_matter(data):
    effects = [data["month"].to_numpy(), data["unit"].to_numpy()]
    swapped = hazard.fit(data["y"], data["n"], design(data), effects, data["unit"].to_numpy())
    np.testing.assert_allclose(swapped.coefficients, fitted(data).coefficients, atol=1e-9)
    np.testing.assert_allclose(swapped.covariance, fitted(data).covariance, rtol=1e-8)


def test_without_effects_there_is_a_constant(data):
    fit = hazard.fit(data["y"], data["n"], data[["x"]].to_numpy(), (), data["unit"].to_numpy(), "logit")
    model = sm.GLM(
        np.column_stack([data["y"], data["n"] - data["y"]]),
        sm.add_constant(data["x"]),
        family=sm.families.Binomial(),
    ).fit()
    assert fit.coefficients[0] == pytest.approx(model.params["x"], abs=1e-8)


def test_collinear_columns_are_named_not_estimated(data):
    of_unit = (data["unit"] > 5).astype(float)
    columns = np.column_stack([data["x"], of_unit, data["x"] * 2, data["c1"]])
    fit = hazard.fit(data["y"], data["n"], columns, [data["unit"].to_numpy()], data["unit"].to_numpy())
    assert fit.collinear == (1, 2)
    assert np.isnan(fit.coefficients[[1, 2]]).all()
    plain = hazard.fit(
        data["y"], data["n"], columns[:, [0, 3]], [data["unit"].to_numpy()], data["unit"].to_numpy()
    )
    np.testing.assert_allclose(fit.coefficients[[0, 3]], plain.coefficients, atol=1e-9)


def test_levels_without_events_are_dropped_until_none_is_left():
    y, n = np.array([1, 1, 0, 0, 0, 2]), np.array([5, 5, 5, 7, 3, 2])
    unit, month = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 1, 2, 0, 2, 0])
    keep, dropped = hazard.drop_separated(y, n, {"unit": unit, "month": month})
    # unit 1 has no event, month 2 has none, and what is left of unit 2 has nothing but events
    assert keep.tolist() == [True, True, False, False, False, False]
    assert dropped == {("unit", 1): 7, ("month", 2): 8, ("unit", 2): 2}


def test_a_separated_covariate_is_not_reported_as_converged(data):
    never = ((data["y"] == 0) & (data["month"] == 4)).astype(float)
    assert never.sum() > 0
    effects = [data["unit"].to_numpy()]
    fit = hazard.fit(data["y"], data["n"], never.to_numpy()[:, None], effects, data["unit"].to_numpy())
    assert not fit.converged
    assert fit.separated
    assert fit.moving == (0,)


def test_rare_and_frequent_events_converge():
    rng = np.random.default_rng(11)
    unit = np.repeat(np.arange(60), 24)
    x = rng.normal(size=len(unit))
    rate = 1 - np.exp(-np.exp(rng.normal(-2, 1.5, 60)[unit] + 0.3 * x))
    y = rng.binomial(1, rate)
    keep, _ = hazard.drop_separated(y, np.ones_like(y), {"unit": unit})
    fit = hazard.fit(y[keep], np.ones(keep.sum()), x[keep, None], [unit[keep]], unit[keep])
    assert fit.converged
    assert abs(fit.coefficients[0] - 0.3) < 4 * np.sqrt(fit.covariance[0, 0])


def test_effects_in_separate_groups_are_estimable_whatever_the_number_of_trials():
    """Units x cohorts and months x cohorts hang together within a cohort only: one month of every further cohort is
    collinear. Trials and events a million times over are the same rates, so the same estimates."""
    rng = np.random.default_rng(8)
    unit, month, cohort = (
        part.ravel() for part in np.meshgrid(range(30), range(20), range(4), indexing="ij")
    )
    x = rng.normal(size=len(unit))
    trials = rng.integers(1, 4, len(unit)).astype(float)
    events = trials * -np.expm1(-np.exp(-3 + 0.3 * x + 0.5 * rng.normal(size=len(unit))))
    effects = [unit * 4 + cohort, month * 4 + cohort]
    small = hazard.fit(events, trials, x, effects, unit)
    large = hazard.fit(1e6 * events, 1e6 * trials, x, effects, unit)
    assert small.converged
    assert large.converged
    assert large.coefficients == pytest.approx(small.coefficients, abs=1e-9)
    assert large.covariance == pytest.approx(small.covariance, rel=1e-6)


@pytest.mark.parametrize("link", ["cloglog", "ols"])
def test_rows_that_count_often_are_rows_repeated(link):
    rng = np.random.default_rng(4)
    unit, month = np.repeat(np.arange(30), 12), np.tile(np.arange(12), 30)
    x = np.column_stack([rng.normal(size=360), rng.integers(0, 2, 360)])
    n = rng.integers(20, 40, 360)
    y = rng.binomial(n, -np.expm1(-np.exp(-2 + x @ [0.3, 0.2] + 0.3 * rng.normal(size=30)[unit])))
    y[(month == 0) & (unit > 0)] = 0  # a sample without the first unit has a month without events
    times = [rng.multinomial(30, np.full(30, 1 / 30))[unit] for _ in range(8)] + [(unit > 0) * 2]
    assert any(not weight[0] for weight in times)
    found, converged = hazard.on_weights(y, n, x, [unit, month], times, link)
    assert converged.all()
    for weight, own in zip(times, found, strict=True):
        rows = np.repeat(np.arange(360), weight)
        if link == "ols":
            dummies = [pd.get_dummies(codes[rows], dtype=float).to_numpy() for codes in (unit, month)]
            root = np.sqrt(n[rows])
            columns = np.hstack([x[rows], *dummies]) * root[:, None]
            expected = np.linalg.lstsq(columns, y[rows] * root, rcond=None)[0][:2]
        else:
            left = rows[hazard.drop_separated(y[rows], n[rows], {0: unit[rows], 1: month[rows]})[0]]
            expected = hazard.fit(y[left], n[left], x[left], [unit[left], month[left]]).coefficients
        assert own == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("link", ["cloglog", "ols"])
@pytest.mark.parametrize("inside", ["unit", "county", "none"])
def test_leaving_out_a_cluster_by_one_step_is_the_fit_without_it(link, inside):
    """Exact for least squares, whether an effect leaves with its cluster or not; within 4 % for a hazard."""
    rng = np.random.default_rng(4)
    unit, month = np.repeat(np.arange(24), 12), np.tile(np.arange(12), 24)
    x = np.column_stack([rng.normal(size=288), rng.integers(0, 2, 288)])
    n, shock = rng.integers(20, 40, 288), 0.3 * rng.normal(size=(2, 24))[:, unit]
    y = rng.binomial(n, -np.expm1(-np.exp(-2 + x @ [0.3, 0.2] + shock[0] + shock[1] * x[:, 0])))
    effects, clusters = {
        "unit": ([unit, month], unit),
        "county": ([unit, month], unit // 2),
        "none": ([month], unit),
    }[inside]
    kept, scores, working = hazard.at_the_fit(y, n, x, effects, link)
    found = sandwich.left_out(x[:, kept], effects, clusters, scores, working)
    size = clusters.max() + 1
    without = [clusters != c for c in range(size)]
    whole, *each = hazard.on_weights(y, n, x, effects, [np.ones(288), *without], link)[0]
    moved = np.array(each) - whole
    expected = moved.T @ moved * (size - 1) / size
    if link == "ols":
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(found)), np.sqrt(np.diag(expected)), rtol=0.04)
