"""Average marginal effects: statsmodels, dummies for absorbed effects, numerical derivatives."""

import numpy as np
import pytest
import statsmodels.api as sm

from jianfu.statistics import hazard, margins


@pytest.fixture
def data():
    rng = np.random.default_rng(8)
    x = np.column_stack([np.ones(800), rng.normal(size=800), rng.integers(0, 2, 800)])
    return x, rng


@pytest.mark.parametrize(
    ("link", "model"), [("logit", sm.Logit), ("probit", sm.Probit), ("poisson", sm.Poisson)]
)
def test_equal_to_statsmodels(data, link, model):
    x, rng = data
    eta = x @ [-0.5, 0.4, 0.6]
    y = rng.poisson(np.exp(eta)) if link == "poisson" else rng.random(800) < margins.LINKS[link].inverse(eta)
    fit = model(np.asarray(y, dtype=float), x).fit(disp=0, tol=1e-12)
    expected = fit.get_margeff(dummy=True).summary_frame()
    slopes = np.zeros_like(x)
    slopes[:, 1] = 1
    own = margins.average_derivative(x @ fit.params, slopes, fit.params, link)
    assert own.estimate == pytest.approx(expected["dy/dx"].iloc[0], rel=1e-8)
    assert margins.std_error(own, x, fit.cov_params()) == pytest.approx(
        expected["Std. Err."].iloc[0], rel=1e-5
    )


@pytest.mark.parametrize("link", sorted(margins.LINKS))
def test_derivatives_of_the_links(link):
    eta, step = np.linspace(-3, 1, 9), 1e-5
    of = margins.LINKS[link]
    first = (of.inverse(eta + step) - of.inverse(eta - step)) / (2 * step)
    second = (of.inverse_deriv(eta + step) - of.inverse_deriv(eta - step)) / (2 * step)
    np.testing.assert_allclose(first, of.inverse_deriv(eta), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(second, of.inverse_deriv2(eta), rtol=1e-6, atol=1e-9)


def cells(link):
    rng = np.random.default_rng(4)
    unit, month = np.repeat(np.arange(30), 24), np.tile(np.arange(12), 60)
    x = np.column_stack([rng.normal(size=720), rng.integers(0, 2, 720)])
    x = np.column_stack([x, x[:, 0] * x[:, 1]])
    n = rng.integers(5, 30, 720)
    probability = -np.expm1(-np.exp(-2.5 + x @ [0.2, 0.3, 0.2] + 0.3 * rng.normal(size=30)[unit]))
    return rng.binomial(n, probability).astype(float), n, x, unit, month


@pytest.mark.parametrize("link", ["cloglog", "logit", "poisson"])
def test_absorbed_effects_as_with_dummies(link):
    y, n, x, unit, month = cells(link)
    fit = hazard.fit(y, n, x, [unit, month], unit, link)
    full = np.column_stack([x, unit[:, None] == np.arange(30), month[:, None] == np.arange(1, 12)]).astype(
        float
    )
    beta = np.linalg.lstsq(full, fit.eta, rcond=None)[0]
    score, weight, _ = hazard.LINKS[link](fit.eta, y, n)
    bread = np.linalg.inv(full.T @ (full * weight[:, None]))
    sums = np.stack([full[unit == g].T @ score[unit == g] for g in range(30)])
    covariance = bread @ sums.T @ sums @ bread * 30 / 29

    def both(design, coefficients):
        parts = []
        for group in (0, 1):
            slopes = np.zeros_like(design)
            slopes[:, 0], slopes[:, 2] = 1, x[:, 1]
            weights = n * (x[:, 1] == group)
            parts.append(margins.average_derivative(fit.eta, slopes, coefficients, link, weights))
        return [*parts, (parts[1] - parts[0]) * 1000]

    own = both(x, fit.coefficients)
    errors = margins.absorbed_std_errors(own, y, n, x, [unit, month], unit, link, fit)
    for average, error, dense in zip(own, errors, both(full, beta), strict=True):
        assert average.estimate == pytest.approx(dense.estimate, rel=1e-7)
        assert error == pytest.approx(margins.std_error(dense, full, covariance), rel=1e-6)


def test_a_collinear_column_changes_nothing():
    y, n, x, unit, month = cells("cloglog")
    more = np.column_stack([x, x[:, 0] * 2])
    slopes, wider = np.zeros_like(x), np.zeros_like(more)
    slopes[:, 0] = wider[:, 0] = 1
    results = []
    for design, slope in ((x, slopes), (more, wider)):
        fit = hazard.fit(y, n, design, [unit, month], unit)
        average = margins.average_derivative(fit.eta, slope, fit.coefficients, "cloglog", n)
        error = margins.absorbed_std_errors([average], y, n, design, [unit, month], unit, "cloglog", fit)[0]
        results.append((average.estimate, error))
    assert results[0] == pytest.approx(results[1], rel=1e-8)
