"""Cumulative link models against R ordinal::clm and MASS::polr (tests/data/reference/panel.R)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.core.errors import NotEstimable
from jianfu.statistics import ordinal

FOLDER = Path(__file__).parents[1] / "data" / "reference"


def expected(case):
    rows = pd.read_csv(FOLDER / "panel_expected.csv")
    return rows[rows["case"] == case]


def wine():
    frame = pd.read_csv(FOLDER / "wine.csv")
    x = np.column_stack([frame["temp"] == "warm", frame["contact"] == "yes"]).astype(float)
    return frame["rating"], x, frame["judge"]


@pytest.mark.parametrize("link", sorted(ordinal.LINKS))
def test_equal_to_clm(link):
    y, x, _ = wine()
    fit, wanted = ordinal.fit(y, x, link), expected(f"wine {link}")
    assert fit.converged
    np.testing.assert_allclose([*fit.thresholds, *fit.coefficients], wanted["estimate"], rtol=1e-7)
    errors = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose([*errors[2:], *errors[:2]], wanted["std_error"], rtol=1e-6)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_clustered_errors_as_sandwich(link):
    y, x, judge = wine()
    errors = np.sqrt(np.diag(ordinal.fit(y, x, link, judge).covariance))
    wanted = expected(f"wine clustered {link}")["std_error"]
    np.testing.assert_allclose([*errors[2:], *errors[:2]], wanted, rtol=1e-6)


@pytest.mark.parametrize(("link", "method"), [("logit", "logistic"), ("probit", "probit")])
def test_frequencies_as_polr(link, method):
    frame = pd.read_csv(FOLDER / "housing.csv")
    names = [
        ("Infl", "Medium"),
        ("Infl", "High"),
        ("Type", "Apartment"),
        ("Type", "Atrium"),
        ("Type", "Terrace"),
    ]
    x = np.column_stack([frame[c] == v for c, v in [*names, ("Cont", "High")]]).astype(float)
    y = frame["Sat"].map({"Low": 1, "Medium": 2, "High": 3})
    fit, wanted = ordinal.fit(y, x, link, weights=frame["Freq"]), expected(f"housing {method}")
    np.testing.assert_allclose(fit.coefficients, wanted["estimate"], rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance))[:6], wanted["std_error"], rtol=1e-5)
    rows = np.repeat(np.arange(len(y)), frame["Freq"])
    again = ordinal.fit(y.to_numpy()[rows], x[rows], link)
    np.testing.assert_allclose(fit.covariance, again.covariance, rtol=1e-8)


def test_labels_of_the_levels_and_two_levels():
    y, x, _ = wine()
    fits = [ordinal.fit(values, x) for values in (y, y * 10 - 3)]
    np.testing.assert_allclose(fits[0].coefficients, fits[1].coefficients)
    import statsmodels.api as sm

    binary = (np.asarray(y) > 2).astype(int)
    fit, logit = ordinal.fit(binary, x), sm.Logit(binary, sm.add_constant(x)).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(fit.coefficients, logit.params[1:], rtol=1e-8)
    with pytest.raises(NotEstimable, match="single.level"):
        ordinal.fit(np.ones(5), x[:5])
