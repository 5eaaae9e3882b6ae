"""Scale statistics against R psych and lavaan (tests/data/reference/psychometrics.R) and known answers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from told import LABELS

from jianfu.core.errors import NotEstimable
from jianfu.models.reasons import in_words
from jianfu.survey.psychometrics import adequacy, agreement, cfa, fit_measures, invariance, reliability
from jianfu.survey.psychometrics.measurement import Model

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
FACTORS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
ITEMS = ["A1", "A2", "A3", "A4", "A5", "C1", "C2", "C3", "C4", "C5"]
LEVELS = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
SIGNS = {
    "loading": "=~",
    "factor_covariance": "~~",
    "residual_covariance": "~~",
    "intercept": "~1",
    "factor_mean": "~1",
}


def told(problem):
    return in_words([problem], LABELS)


@pytest.fixture(scope="module")
def expected():
    return pd.read_csv(REFERENCE / "psychometrics_expected.csv", index_col="name")["value"]


@pytest.fixture(scope="module")
def bfi():
    return pd.read_csv(REFERENCE / "psychometrics_bfi.csv")


@pytest.fixture(scope="module")
def schools():
    return pd.read_csv(REFERENCE / "psychometrics_hs.csv")


def close(value, expected, tolerance=1e-8):
    assert value == pytest.approx(expected, rel=tolerance, abs=tolerance)


# ------------------------------------------------------------------------------------------------ reliability


def test_alpha_and_feldt_interval_are_those_of_psych(bfi, expected):
    found = reliability.cronbach_alpha(bfi[ITEMS[:5]])
    close(found.alpha, expected["alpha"])
    close(found.low, expected["alpha_low"])
    close(found.high, expected["alpha_high"])
    assert (found.n, found.k) == (514, 5)


def test_alpha_by_hand_and_without_incomplete_rows():
    items = np.array([[1, 2], [2, 3], [3, 3], [4, 6], [np.nan, 1]], dtype=float)
    variances, total = 5 / 3 + 3, np.var([3, 5, 6, 10], ddof=1)
    found = reliability.cronbach_alpha(items)
    close(found.alpha, 2 * (1 - variances / total))
    assert found.n == 4


def test_omega_by_both_one_factor_models(bfi, expected):
    agree = bfi[ITEMS[:5]]
    close(reliability.omega_minres(agree), expected["omega_minres"], 1e-5)
    fit = cfa.fit(agree, Model({"f": ITEMS[:5]}, identification="std_lv"))
    close(reliability.omega_total(fit), expected["omega_ml"], 1e-6)


def test_omega_of_parallel_items_is_alpha():
    random = np.random.default_rng(1)
    items = random.standard_normal((200, 1)) + random.standard_normal((200, 4))
    covariance = 1.0 + np.eye(4)  # rotate the sample to these moments exactly
    centered = items - items.mean(axis=0)
    root = np.linalg.cholesky(covariance) @ np.linalg.inv(np.linalg.cholesky(np.cov(centered.T)))
    exact = pd.DataFrame(centered @ root.T, columns=list("abcd"))
    fit = cfa.fit(exact, Model({"f": list("abcd")}))
    close(reliability.cronbach_alpha(exact).alpha, 0.8)
    close(reliability.omega_total(fit), 0.8, 1e-7)
    close(reliability.omega_minres(exact), 0.8, 1e-7)


# ------------------------------------------------------------------------------------------------ adequacy, agreement


def test_kmo_and_bartlett_are_those_of_psych(bfi, expected):
    overall, by_item = adequacy.kmo(bfi[ITEMS])
    close(overall, expected["kmo"])
    for item, value in zip(ITEMS, by_item, strict=True):
        close(value, expected[f"kmo_{item}"])
    found = adequacy.bartlett(bfi[ITEMS])
    close(found.chi2, expected["bartlett_chi2"])
    assert found.df == expected["bartlett_df"]


def test_parallel_analysis_finds_the_factors_and_none_in_noise(bfi, expected):
    found = adequacy.parallel_analysis(bfi[ITEMS], draws=50)
    close(found.observed[0], expected["eigen1"])
    assert found.components == 2
    assert adequacy.parallel_analysis(bfi[ITEMS], draws=50).chance == pytest.approx(found.chance, abs=0)
    noise = np.random.default_rng(3).standard_normal((300, 6))
    assert adequacy.parallel_analysis(noise, draws=100).components == 0


def test_icc_and_rwg_are_those_of_multilevel(bfi, expected):
    found = agreement.icc(bfi["A2"], bfi["education"])
    close(found.icc1, expected["icc1"])
    close(found.icc2, expected["icc2"])
    agree = agreement.rwg(bfi[ITEMS[:5]], bfi["education"], 6)
    for group, value in agree.items():
        close(value, expected[f"rwg_{group}"])


def test_icc_of_unequal_groups_by_hand_and_rwg_of_one_item():
    scores, groups = [1, 2, 3, 5, 7, np.nan], ["a", "a", "a", "b", "b", "b"]
    between, within, n0 = 3 * (2 - 3.6) ** 2 + 2 * (6 - 3.6) ** 2, 4 / 3, 5 - 13 / 5
    close(agreement.icc(scores, groups).icc1, (between - within) / (between + 1.5 * within))
    close(agreement.icc(scores, groups, "anova").icc1, (between - within) / (between + (n0 - 1) * within))
    found = agreement.rwg(np.array([1, 1, 2, 1, 5, 3.0]), ["a", "a", "a", "b", "b", "c"], 5)
    close(found["a"], 1 - (1 / 3) / 2)
    assert found["b"] == 0 and np.isnan(found["c"])


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        (np.array([[1.0], [2], [3], [4]]), "2 items"),
        (np.array([[1.0, 1], [2, 1], [3, 1], [5, 1]]), "item 2 does not vary"),
        (np.array([[1.0, 2], [2, 1]]), "too few"),
        (np.array([[1.0, -1], [2, -2], [3, -3], [5, -5]]), "cancel"),
    ],
)
def test_what_cannot_be_measured_says_why(items, reason):
    with pytest.raises(NotEstimable) as refused:
        reliability.cronbach_alpha(items)
    assert reason in told(refused.value.reason)


def test_duplicated_items_have_no_kmo(bfi):
    with pytest.raises(NotEstimable) as refused:
        adequacy.kmo(np.column_stack([bfi["A2"], bfi["A3"], bfi["A3"]]))
    assert "positive definite" in told(refused.value.reason)


# ------------------------------------------------------------------------------------------------ factor model


def _compare(name, fit, expected, tolerance=2e-6):
    found = fit_measures.measures(fit)
    names = {
        "chisq": "chi2",
        "pvalue": "p_value",
        "rmsea.ci.lower": "rmsea_low",
        "rmsea.ci.upper": "rmsea_high",
    }
    names |= {"rmsea.pvalue": "rmsea_close", "baseline.chisq": "baseline_chi2", "logl": "loglik"}
    for measure in [key.split("|")[1] for key in expected.index if key.startswith(f"{name}|")][:14]:
        close(getattr(found, names.get(measure, measure)), expected[f"{name}|{measure}"], tolerance)


def _compare_parameters(name, fit, expected, tolerance=2e-5):
    compared = 0
    for parameter, estimate, error in zip(fit.parameters, fit.estimates, fit.std_errors, strict=True):
        left, right = parameter.left, "" if parameter.right == "1" else parameter.right
        group = 1 if parameter.group is None else fit.groups.index(parameter.group) + 1
        keys = [f"{name}|{a}{SIGNS[parameter.matrix]}{b}|{group}" for a, b in ((left, right), (right, left))]
        key = next(key for key in keys if f"{key}|est" in expected)
        close(estimate, expected[f"{key}|est"], tolerance)
        close(error, expected[f"{key}|se"], tolerance)
        compared += 1
    assert compared == len(fit.parameters) > 0


@pytest.mark.parametrize("name", ["marker", "std_lv", "orthogonal"])
def test_one_group_is_that_of_lavaan(name, schools, expected):
    options = {"orthogonal": {"orthogonal": True}, "std_lv": {"identification": "std_lv"}}.get(name, {})
    fit = cfa.fit(schools, Model(FACTORS, **options))
    _compare(name, fit, expected)
    if name != "orthogonal":
        _compare_parameters(name, fit, expected)


@pytest.mark.parametrize("name", [*LEVELS, "metric_std_lv"])
def test_groups_are_those_of_lavaan(name, schools, expected):
    options = {"identification": "std_lv"} if name == "metric_std_lv" else {}
    equal = LEVELS[name.removesuffix("_std_lv")]
    fit = cfa.fit(schools, Model(FACTORS, equal=equal, **options), schools["school"])
    _compare(name, fit, expected)
    _compare_parameters(name, fit, expected)


def test_standardised_loadings_and_errors_are_those_of_lavaan(schools, expected):
    for identification in ("marker", "std_lv"):
        fit = cfa.fit(schools, Model(FACTORS, identification=identification))
        found = fit_measures.standardised_loadings(fit)
        assert len(found) == 9
        for _, _, item, estimate, error in found:
            close(estimate, expected[f"std|{item}|est"], 2e-5)
            close(error, expected[f"std|{item}|se"], 2e-5)


def test_satorra_bentler_is_that_of_lavaan(schools, expected):
    fit = cfa.fit(schools, Model(FACTORS))
    found = fit_measures.satorra_bentler(fit)
    close(found.chi2, expected["mlm_chi2"], 1e-5)
    close(found.scaling, expected["mlm_scaling"], 1e-5)
    for parameter, error in zip(fit.parameters, found.std_errors, strict=True):
        if parameter.matrix == "loading":
            close(error, expected[f"mlm_se|{parameter.right}"], 1e-4)
    scalar = cfa.fit(schools, Model(FACTORS, equal=LEVELS["scalar"]), schools["school"])
    close(fit_measures.satorra_bentler(scalar).chi2, expected["mlm_scalar_chi2"], 1e-4)


def test_units_of_the_items_do_not_matter(schools):
    plain = cfa.fit(schools, Model(FACTORS))
    scaled = cfa.fit(schools.assign(x2=schools["x2"] * 1e6, x9=-schools["x9"] / 1e4), Model(FACTORS))
    close(scaled.chi2, plain.chi2, 1e-7)


# ------------------------------------------------------------------------------------------------ invariance


def _two_groups(n, shift=0.0, slope=1.0, noise=0):
    """Answers to four items of one factor in two groups; the second with another intercept and loading of item d."""
    random = np.random.default_rng(5)
    factor = random.standard_normal(2 * n) + np.repeat([0, 0.5], n)
    second = np.repeat([0.0, 1.0], n)
    slopes = np.column_stack([np.ones((2 * n, 3)), np.where(second, slope, 1.0)])
    items = factor[:, None] * slopes + random.standard_normal((2 * n, 4)) * 0.7
    items[:, 3] += shift * second
    items += noise * random.standard_normal(items.shape)
    return pd.DataFrame(items, columns=list("abcd")), np.where(second, "young", "old")


@pytest.mark.parametrize(
    ("change", "verdict"), [({}, "scalar"), ({"shift": 1.0}, "metric"), ({"slope": 0.2}, "configural")]
)
def test_verdict_finds_the_level_that_holds(change, verdict):
    items, groups = _two_groups(600, **change)
    steps, found = invariance.invariance(items, Model({"f": list("abcd")}), groups)
    assert found == verdict
    assert [step.level for step in steps] == ["configural", "metric", "scalar"]
    assert [step.df_difference for step in steps] == [0, 3, 3]
    assert all(step.fit.converged for step in steps)


def test_differences_are_those_of_the_two_models(schools, expected):
    steps, verdict = invariance.invariance(schools, Model(FACTORS), schools["school"])
    close(steps[2].chi2_difference, expected["scalar|chisq"] - expected["metric|chisq"], 1e-5)
    close(steps[2].cfi_difference, expected["scalar|cfi"] - expected["metric|cfi"], 1e-5)
    close(steps[1].rmsea_difference, expected["metric|rmsea"] - expected["configural|rmsea"], 1e-5)
    assert verdict == "none"  # RMSEA of the configural model is 0.097


# ------------------------------------------------------------------------------------------------ defined answers


def _frame(n=60, seed=2):
    random = np.random.default_rng(seed)
    items = random.standard_normal((n, 1)) + random.standard_normal((n, 4)) * 0.8
    return pd.DataFrame(items, columns=list("abcd"))


@pytest.mark.parametrize(
    ("frame", "groups", "reason"),
    [
        (_frame(4), None, "too few"),
        (_frame().assign(b=1.0), None, "item b does not vary"),
        (_frame().assign(b=lambda f: f["a"] * 2), None, "positive definite"),
        (_frame().assign(d=np.nan), None, "^0 complete rows"),
        (_frame(), ["x"] * 57 + ["y"] * 3, "in group y"),
        (
            _frame().assign(b=lambda f: np.where(np.arange(60) < 30, 1.0, f["b"])),
            ["x"] * 30 + ["y"] * 30,
            "item b .*group x",
        ),
        (_frame(), [None] * 60, "^0 complete rows"),
    ],
)
def test_what_cannot_be_fitted_is_said(frame, groups, reason):
    model = Model({"f": list("abcd")})
    fit = cfa.fit(frame, model, groups)
    assert not fit.converged and len(fit.problems) == 1
    assert pd.Series(list(map(told, fit.problems))).str.contains(reason, regex=True).all()
    assert np.isnan(fit_measures.measures(fit).cfi)
    steps, verdict = invariance.invariance(frame, model, groups)
    assert verdict == "unknown" and steps[0].holds is None


def test_two_items_and_too_many_parameters_are_not_identified():
    assert "needs 3 items" in told(cfa.fit(_frame(), Model({"f": ["a", "b"]})).problems[0])
    crossed = Model({"f": list("abcd"), "g": list("abcd")})
    assert "not identified" in told(cfa.fit(_frame(), crossed).problems[0])


def test_heywood_case_is_named():
    correlation = np.array([[1, 0.8, 0.8], [0.8, 1, 0.4], [0.8, 0.4, 1]])
    random = np.random.default_rng(0).standard_normal((300, 3))
    random -= random.mean(axis=0)
    root = np.linalg.cholesky(correlation) @ np.linalg.inv(np.linalg.cholesky(np.cov(random.T)))
    fit = cfa.fit(pd.DataFrame(random @ root.T, columns=list("abc")), Model({"f": list("abc")}))
    assert fit.converged and fit.df == 0
    assert list(map(told, fit.problems)) == ["improper solution: negative residual variance of a"]


def test_incomplete_rows_are_counted():
    frame = _frame()
    frame.loc[:4, "c"] = np.nan
    fit = cfa.fit(frame, Model({"f": list("abcd")}))
    assert fit.dropped == 5 and fit.n == [55]


def test_a_model_without_degrees_of_freedom_fits_exactly(schools):
    """Its discrepancy is rounding, of another size on another computer."""
    fit = cfa.fit(schools, Model({"f": ["x1", "x2", "x3"]}))
    assert (fit.df, fit.chi2) == (0, 0.0)
