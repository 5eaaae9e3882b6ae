"""Natural effects: closed forms, simulated truth, published example, sensitivity and measurement error."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special
from statsmodels.stats.tests import results

from jianfu.core.errors import NotEstimable
from jianfu.statistics import natural_effects


def rows(n=4000, seed=1, interaction=0.0, link="linear"):
    rng = np.random.default_rng(seed)
    x, c = rng.normal(size=n), rng.normal(size=n)
    m = 0.5 * x + 0.3 * c + rng.normal(size=n)
    eta = -1.0 + 0.2 * x + 0.6 * m + interaction * x * m + 0.2 * c
    if link == "linear":
        y = eta + rng.normal(size=n)
    elif link == "logit":
        y = (rng.random(n) < special.expit(eta)).astype(float)
    else:
        y = (rng.random(n) < -np.expm1(-np.exp(eta))).astype(float)
    return y, m, x, c[:, None]


def fit(y, m, x, c, **options):
    n = len(y)
    return natural_effects.fit(y, m, x, c, np.ones(n), np.arange(n), **options)


def test_linear_is_the_product_of_paths():
    y, m, x, c = rows()
    found = fit(y, m, x, c)
    ones = np.ones(len(y))
    a = np.linalg.lstsq(np.column_stack([ones, x, c]), m, rcond=None)[0][1]
    b = np.linalg.lstsq(np.column_stack([ones, x, m, c]), y, rcond=None)[0]
    assert found.estimates["indirect"] == pytest.approx(a * b[2], rel=1e-10)
    assert found.estimates["direct"] == pytest.approx(b[1], rel=1e-10)
    assert found.estimates["total"] == pytest.approx(
        np.linalg.lstsq(np.column_stack([ones, x, c]), y, rcond=None)[0][1], rel=1e-9
    )


def test_linear_with_interaction_closed_form():
    """VanderWeele (2014): the four parts of a linear model with product term."""
    y, m, x, c = rows(interaction=0.4)
    found = fit(y, m, x, c, interaction=True, reference=0.0).estimates
    ones = np.ones(len(y))
    beta = np.linalg.lstsq(np.column_stack([ones, x, c]), m, rcond=None)[0]
    theta = np.linalg.lstsq(np.column_stack([ones, x, m, x * m, c]), y, rcond=None)[0]
    at_zero = beta[0] + beta[2] * c.mean()
    assert found["controlled_direct"] == pytest.approx(theta[1])
    assert found["interaction_reference"] == pytest.approx(theta[3] * at_zero)
    assert found["interaction_mediated"] == pytest.approx(theta[3] * beta[1])
    assert found["indirect_pure"] == pytest.approx(theta[2] * beta[1])


@pytest.mark.parametrize("link", natural_effects.LINKS)
@pytest.mark.parametrize("mediator", natural_effects.LINKS)
def test_parts_add_up(link, mediator):
    rng = np.random.default_rng(3)
    n = 500
    x = rng.normal(size=n)
    kinds = {"linear": x + rng.normal(size=n), "poisson": rng.poisson(np.exp(0.3 * x)).astype(float)}
    m = kinds.get(mediator, (rng.random(n) < special.expit(x)).astype(float))
    y = kinds.get(link, (rng.random(n) < special.expit(0.5 * x + 0.3 * m - 1)).astype(float))
    e = fit(
        y, m, x, np.empty((n, 0)), outcome_model=link, mediator_model=mediator, interaction=True
    ).estimates
    assert e["total"] == pytest.approx(e["direct"] + e["indirect"])
    assert e["total"] == pytest.approx(e["direct_total"] + e["indirect_pure"])
    four = ("controlled_direct", "interaction_reference", "interaction_mediated", "indirect_pure")
    assert e["total"] == pytest.approx(sum(e[name] for name in four))
    if link != "linear":
        assert e["total_ratio"] == pytest.approx(e["direct_ratio"] * e["indirect_ratio"])


@pytest.mark.parametrize(("link", "horizon"), [("logit", 1), ("cloglog", 1), ("cloglog", 12)])
def test_simulated_truth(link, horizon):
    """Against brute-force integration with the true coefficients."""
    y, m, x, c = rows(n=60000, link=link)
    found = fit(y, m, x, c, outcome_model=link, horizon=horizon).estimates
    rng = np.random.default_rng(9)
    error, cc = rng.normal(size=400000), rng.normal(size=400000)

    def risk(a, b):
        eta = -1.0 + 0.2 * a + 0.6 * (0.5 * b + 0.3 * cc + error) + 0.2 * cc
        p = special.expit(eta) if link == "logit" else -np.expm1(-np.exp(eta))
        return (1 - (1 - p) ** horizon).mean()

    assert found["indirect"] == pytest.approx(risk(1, 1) - risk(1, 0), abs=0.006)
    assert found["direct"] == pytest.approx(risk(1, 0) - risk(0, 0), abs=0.012)
    assert found["total_ratio"] == pytest.approx(risk(1, 1) / risk(0, 0), abs=0.04)


def test_framing_experiment():
    """The example of R's mediation (Tingley et al. 2014): ACME about 0.08, ADE about 0.01 to 0.02, total about 0.10."""
    from importlib import resources

    data = pd.read_csv(resources.files(results) / "framing.csv")
    controls = pd.get_dummies(data[["age", "educ", "gender", "income"]], drop_first=True).to_numpy(
        dtype=float
    )
    y, m, x = (data[name].to_numpy(dtype=float) for name in ("cong_mesg", "emo", "treat"))
    found = fit(y, m, x, controls, outcome_model="probit").estimates
    assert found["indirect_pure"] == pytest.approx(0.0842, abs=5e-4)
    assert found["total"] == pytest.approx(0.0967, abs=5e-4)
    design = np.column_stack([np.ones(len(y)), x, controls])
    probit = sm.GLM(
        y, np.column_stack([design, m]), family=sm.families.Binomial(sm.families.links.Probit())
    ).fit()
    linear = sm.OLS(m, design).fit()
    spread = np.sqrt(linear.scale)

    def risk(a, b):
        """E of Phi(u + v Z) is Phi(u / sqrt(1 + v^2)): exact."""
        at = np.column_stack([np.ones(len(y)), np.full(len(y), b), controls]) @ linear.params
        u = np.column_stack([np.ones(len(y)), np.full(len(y), a), controls]) @ probit.params[:-1]
        return special.ndtr((u + probit.params[-1] * at) / np.hypot(1, probit.params[-1] * spread)).mean()

    assert found["indirect"] == pytest.approx(risk(1, 1) - risk(1, 0), abs=1e-7)
    assert found["direct"] == pytest.approx(risk(1, 0) - risk(0, 0), abs=1e-7)


def test_sensitivity_of_linear_models():
    """At the true error correlation the indirect effect is the true one; it vanishes at rho zero."""
    rng = np.random.default_rng(5)
    n, rho = 200000, 0.3
    x = rng.normal(size=n)
    errors = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=n)
    m = 0.5 * x + errors[:, 0]
    y = 0.2 * x + 0.4 * m + errors[:, 1]
    design = np.column_stack([np.ones(n), x])
    zero = natural_effects.rho_zero(y, m, design, np.ones(n))[0]
    values = natural_effects.indirect_at_rho([0.0, rho, zero], y, m, design, np.ones(n))
    assert values[0] == pytest.approx(0.5 * 0.7, abs=0.01)  # what is seen: 0.4 + 0.3
    assert values[1] == pytest.approx(0.5 * 0.4, abs=0.01)
    assert values[2] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("link", ["linear", "logit"])
def test_reliability_undoes_measurement_error(link):
    y, m, x, c = rows(n=60000, link=link)
    clean = fit(y, m, x, c, outcome_model=link).estimates
    rng = np.random.default_rng(6)
    noisy = m + rng.normal(size=len(m)) * np.sqrt(m.var() / 3)  # reliability 0.75
    seen = fit(y, noisy, x, c, outcome_model=link).estimates
    found = fit(y, noisy, x, c, outcome_model=link, reliability=0.75).estimates
    assert abs(seen["indirect"] - clean["indirect"]) > 0.15 * clean["indirect"]
    assert found["indirect"] == pytest.approx(clean["indirect"], rel=0.06)
    assert found["total"] == pytest.approx(clean["total"], abs=0.006)
    with pytest.raises(NotEstimable, match="mediator_too_noisy"):
        fit(y, m, x, c, reliability=0.05)


def test_bootstrap_draws_whole_clusters():
    """Rows copied k times within their cluster leave the intervals alone; with clusters of their own they shrink."""
    y, m, x, c = rows(n=300, link="logit")
    four = np.repeat(np.arange(300), 4)
    options = {"outcome_model": "logit", "replicates": 200, "seed": 2}
    single = fit(y, m, x, c, **options)
    copied = natural_effects.fit(y[four], m[four], x[four], c[four], np.ones(1200), four, **options)
    assert copied.draws["indirect"].std() == pytest.approx(single.draws["indirect"].std(), rel=0.02)
    again = fit(y, m, x, c, **options)
    np.testing.assert_array_equal(again.draws["indirect"], single.draws["indirect"])


@pytest.mark.parametrize("link", ["cloglog", "logit"])
def test_a_ratio_to_a_risk_of_zero_is_missing_and_nothing_else(link):
    found = fit(*rows(link=link), outcome_model=link, contrast=(-5000.0, 0.0)).estimates
    assert {name for name, value in found.items() if np.isnan(value)} == {*natural_effects.QUANTITIES[-3:]}
    assert found["total"] > 0


def test_one_newton_step_is_close_to_fitting_anew(monkeypatch):
    y, m, x, c = rows(n=3000, link="cloglog")
    options = {"outcome_model": "cloglog", "replicates": 150, "seed": 3}
    anew = fit(y, m, x, c, **options)
    monkeypatch.setattr(natural_effects, "MANY_COLUMNS", 1)
    step = fit(y, m, x, c, **options)
    assert step.one_step and not anew.one_step
    assert np.corrcoef(step.draws["indirect"], anew.draws["indirect"])[0, 1] > 0.99
    assert step.draws["indirect"].std() == pytest.approx(anew.draws["indirect"].std(), rel=0.1)


@pytest.mark.parametrize("horizon", [1, 12])
def test_mean_over_the_mediator_by_spline_is_that_row_by_row(monkeypatch, horizon):
    options = {"outcome_model": "cloglog", "interaction": True, "horizon": horizon}
    by_spline = fit(*rows(link="cloglog", interaction=0.2), **options).estimates
    monkeypatch.setattr(natural_effects, "KNOTS", 4000)
    by_row = fit(*rows(link="cloglog", interaction=0.2), **options).estimates
    assert by_spline == pytest.approx(by_row, rel=1e-8)
    assert by_spline != by_row
