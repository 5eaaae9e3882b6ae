"""Generalised estimating equations against R geepack (tests/data/reference/panel.R)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.statistics import gee

FOLDER = Path(__file__).parents[1] / "data" / "reference"


def expected(case):
    rows = pd.read_csv(FOLDER / "panel_expected.csv")
    return rows[rows["case"] == case].set_index("term")


def data(name):
    frame = pd.read_csv(FOLDER / f"{name}.csv")
    one = np.ones(len(frame))
    if name == "dietox":
        x = np.column_stack([one, frame["Time"], frame["Cu"] == "Cu035", frame["Cu"] == "Cu175"])
        return frame["Weight"], x.astype(float), frame["Pig"], "gaussian"
    if name == "ohio":
        return frame["resp"], np.column_stack([one, frame["age"], frame["smoke"]]), frame["id"], "binomial"
    x = np.column_stack([one, frame["trt"] == "progabide", frame["age"]]).astype(float)
    return frame["y"], x, frame["subject"], "poisson"


def fitted(name, **options):
    y, x, clusters, family = data(name)
    return gee.fit(y, x, clusters, family=family, **options)


@pytest.mark.parametrize("structure", gee.STRUCTURES)
@pytest.mark.parametrize("name", ["dietox", "ohio", "epil"])
def test_equal_to_geepack(name, structure):
    if name == "epil" and structure != "exchangeable":
        return
    wanted = expected(f"{name} {structure}")
    fit = fitted(name, structure=structure)
    assert fit.converged
    k = len(fit.coefficients)
    np.testing.assert_allclose(fit.coefficients, wanted["estimate"][:k], rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), wanted["std_error"][:k], rtol=1e-7)
    if "alpha" in wanted.index:
        assert fit.correlation == pytest.approx(wanted.loc["alpha", "estimate"], rel=1e-7)


@pytest.mark.parametrize("structure", gee.STRUCTURES)
def test_order_of_rows_does_not_matter_when_times_are_given(structure):
    y, x, clusters, family = data("ohio")
    times = x[:, 1]
    shuffled = np.random.default_rng(0).permutation(len(y))
    fits = [
        gee.fit(
            np.asarray(y)[rows],
            x[rows],
            np.asarray(clusters)[rows],
            family=family,
            structure=structure,
            times=times[rows],
        )
        for rows in (np.arange(len(y)), shuffled)
    ]
    np.testing.assert_allclose(fits[0].coefficients, fits[1].coefficients, rtol=1e-9)
    np.testing.assert_allclose(fits[0].covariance, fits[1].covariance, rtol=1e-7)


def test_ar1_with_gaps_by_the_full_matrix():
    rng = np.random.default_rng(3)
    clusters, times = np.repeat(np.arange(30), 4), np.tile([0, 1, 3, 6], 30)
    x = np.column_stack([np.ones(120), rng.normal(size=120)])
    y = x @ [1, 0.5] + rng.normal(size=30)[clusters] + rng.normal(size=120)
    fit = gee.fit(y, x, clusters, structure="ar1", times=times)
    inverse = np.linalg.inv(fit.correlation ** np.abs(np.subtract.outer([0, 1, 3, 6], [0, 1, 3, 6])))
    bread = np.linalg.inv(sum(x[clusters == g].T @ inverse @ x[clusters == g] for g in range(30)))
    scores = np.stack(
        [x[clusters == g].T @ inverse @ (y - x @ fit.coefficients)[clusters == g] for g in range(30)]
    )
    np.testing.assert_allclose(scores.sum(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(fit.covariance, bread @ scores.T @ scores @ bread, rtol=1e-8)


def test_statsmodels_alone_agrees_without_weights():
    import statsmodels.api as sm

    y, x, clusters, _ = data("epil")
    theirs = sm.GEE(y, x, clusters, family=sm.families.Poisson(), cov_struct=sm.cov_struct.Exchangeable())
    theirs = theirs.fit(maxiter=200, ctol=1e-10, ddof_scale=0)
    fit = fitted("epil")
    np.testing.assert_allclose(fit.coefficients, theirs.params, rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), theirs.bse, rtol=1e-9)


@pytest.mark.parametrize(
    ("structure", "correlation", "scale", "coefficients", "errors"),
    [
        (
            "exchangeable",
            0.349290622323,
            0.994501125658,
            [-1.8737808956, -0.1069936510, 0.2848701071],
            [0.12431092256, 0.04891318539, 0.19435229734],
        ),
        (
            "ar1",
            0.495997824199,
            1.00089997341,
            [-1.8783574655, -0.1072611778, 0.2702649636],
            [0.1286759716, 0.0527822078, 0.2024830382],
        ),
    ],
)
def test_weights_within_clusters(structure, correlation, scale, coefficients, errors):
    """geeglm(resp ~ age + smoke, id, weights = (7 i) %% 5 + 1, binomial, corstr): pairs are weighted by w_i w_j."""
    weights = 7 * np.arange(1, len(data("ohio")[0]) + 1) % 5 + 1
    fit = fitted("ohio", structure=structure, weights=weights)
    assert fit.correlation == pytest.approx(correlation, rel=1e-8)
    assert fit.scale == pytest.approx(scale, rel=1e-8)
    assert np.allclose(fit.coefficients, coefficients, rtol=1e-8)
    assert np.allclose(np.sqrt(np.diag(fit.covariance)), errors, rtol=1e-8)
