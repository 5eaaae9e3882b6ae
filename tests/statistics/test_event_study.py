"""Alternatives for staggered roll-outs: published values, identities and biases that must show."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from told import told

from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.statistics import did, event_study

REFERENCE = Path(__file__).parents[1] / "data" / "reference"


@pytest.fixture(scope="module")
def counties():
    table = pd.read_csv(REFERENCE / "policy_mpdta.csv")
    y = table.filter(like="lemp_").to_numpy()
    cohort = table["first_treat"].where(table["first_treat"] > 0, np.inf).to_numpy(dtype=float) - 2003
    return y, cohort


def long(y, cohort):
    n, periods = y.shape
    unit, time = np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)
    return y.ravel(), unit, time, cohort[unit], unit


def test_sun_abraham_is_cohort_differences_against_never_treated(counties):
    """With never-treated controls and a panel without gaps both estimators are the same means (Sun and Abraham)."""
    y, cohort = counties
    found = event_study.sun_abraham(*long(y, cohort))
    cells = did.att_gt(*long(y, cohort)[:4], control="never_treated", base="universal")
    same = did.aggregate(cells, "dynamic")
    after = dict(zip(same.label, same.att, strict=True))
    for e, estimate in zip(found.event, found.estimate, strict=True):
        assert estimate == pytest.approx(after[e], abs=1e-10)
    # pyfixest 0.60, saturated, with its factor (N - 1) / (N - K)
    factor = np.sqrt(2499 / (2500 - 4 - 13))
    np.testing.assert_allclose(
        found.std_errors[3:] * factor, [0.011858, 0.016871, 0.036589, 0.034504], atol=2e-5
    )


def test_imputation_and_two_way_published_values(counties):
    y, cohort = counties
    found = event_study.imputation(*long(y, cohort))
    assert found.overall == pytest.approx(-0.0477, abs=5e-5)
    assert np.linalg.norm(found.overall_contributions) == pytest.approx(0.0132, abs=5e-5)
    static = event_study.two_way(*long(y, cohort))
    assert static.overall == pytest.approx(-0.0365, abs=5e-5)


def test_imputation_is_that_of_diff_diff(counties):
    """Estimates; its errors take the mean effect of cohort and event time, which is that of cohort and period."""
    from diff_diff import ImputationDiD

    y, cohort = counties
    found = event_study.imputation(*long(y, cohort), leads=0)
    values, unit, time, first, _ = long(y, cohort)
    panel = pd.DataFrame(
        {"y": values, "unit": unit, "time": time + 1, "first": np.where(first < 9, first + 1, 0)}
    )
    theirs = ImputationDiD().fit(panel, "y", "unit", "time", "first")
    assert found.overall == pytest.approx(theirs.overall_att, rel=1e-9)
    assert np.linalg.norm(found.overall_contributions) == pytest.approx(theirs.overall_se, rel=1e-9)
    shown = theirs.aggregate("event_study").to_dataframe().set_index("event_time")
    np.testing.assert_allclose(found.estimate, shown.loc[found.event, "att"], rtol=1e-8)


def test_decomposition_is_that_of_diff_diff(counties):
    from diff_diff import BaconDecomposition

    y, cohort = counties
    values, unit, time, first, _ = long(y, cohort)
    panel = pd.DataFrame(
        {"y": values, "unit": unit, "time": time + 1, "first": np.where(first < 9, first + 1, 0)}
    )
    theirs = BaconDecomposition(weights="exact").fit(panel, "y", "unit", "time", "first").comparisons
    theirs = sorted((part.weight, part.estimate, part.comparison_type) for part in theirs)
    own = sorted((weight, estimate, kind) for kind, weight, estimate in event_study.bacon(y, cohort))
    np.testing.assert_allclose([part[:2] for part in own], [part[:2] for part in theirs], rtol=1e-9)
    assert [part[2] for part in own] == [part[2] for part in theirs]


def test_imputation_weights_by_hand():
    """Two units, three periods: the untreated prediction is unit mean plus period change of the control."""
    y = np.array([[1.0, 2.0, 7.0], [4.0, 6.0, 5.0]])
    found = event_study.imputation(*long(y, np.array([2.0, np.inf])), leads=0)
    prediction = y[0, :2].mean() + (y[1, 2] - y[1, :2].mean())
    assert found.overall == pytest.approx(7 - prediction)


def test_decomposition_adds_up(counties):
    y, cohort = counties
    parts = event_study.bacon(y, cohort)
    assert sum(part[1] for part in parts) == pytest.approx(1)
    static = event_study.two_way(*long(y, cohort)).overall
    assert sum(part[1] * part[2] for part in parts) == pytest.approx(static, abs=1e-12)
    forbidden = sum(part[1] for part in parts if part[0] == "later_vs_earlier")
    assert 0 < forbidden < 0.1
    always = np.where(cohort == 1, 0, cohort)
    parts = event_study.bacon(y, always)
    static = event_study.two_way(*long(y, always)).overall
    assert sum(part[1] * part[2] for part in parts) == pytest.approx(static, abs=1e-12)


def test_growing_effects_bias_two_way_but_not_the_others():
    rng = np.random.default_rng(5)
    cohort = np.repeat([2.0, 6.0], 300)
    periods = np.arange(10)
    event = periods[None, :] - cohort[:, None]
    y = rng.normal(size=(600, 1)) + np.where(event >= 0, event + 1.0, 0) + 0.1 * rng.normal(size=(600, 10))
    rows = long(y, cohort)
    assert event_study.two_way(*rows).overall < 1.5  # the effects average 4.1
    for estimator in (event_study.sun_abraham, event_study.imputation):
        found = estimator(*rows)
        after = found.event >= 0
        np.testing.assert_allclose(found.estimate[after], found.event[after] + 1, atol=0.05)
        assert found.dropped["no_control_left"] > 0
        assert found.used.sum() == len(rows[0]) - sum(found.dropped.values())


@pytest.mark.parametrize("name", ["sun_abraham", "imputation"])
def test_errors_of_the_mean_effect_over_draws(name):
    """Standard errors agree with the spread of the estimates over draws, with serial correlation and gaps."""
    rng, estimates, errors = np.random.default_rng(11), [], []
    cohort = np.repeat([3.0, 5.0, np.inf], 30)
    for _ in range(120):
        y = rng.normal(size=(90, 1)) + rng.normal(size=(90, 8)).cumsum(axis=1)
        rows = long(y, cohort)
        kept = rng.random(len(rows[0])) > 0.05
        found = getattr(event_study, name)(*(values[kept] for values in rows))
        estimates.append(found.overall)
        errors.append(np.linalg.norm(found.overall_contributions))
    assert np.mean(errors) / np.std(estimates) == pytest.approx(1, abs=0.2)
    assert abs(np.mean(estimates)) < 4 * np.std(estimates) / np.sqrt(120)


def panel_of_counties(starts, seed=1):
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product([range(4 * len(starts)), range(12)], names=["unit", "month"])
    frame = rows.to_frame(index=False)
    frame["county"] = frame["unit"] // 4
    frame["start"] = np.array(starts, dtype=float)[frame["county"]]
    frame["y"] = rng.normal(size=len(frame)) + (frame["month"] >= frame["start"])
    return AnalysisTable(frame, None, len(frame), persons=False)


def fitted_rollout(starts, **options):
    columns = {"unit": "unit", "time": "month", "start": "start"}
    spec = {"name": "a", "data": "d", "estimator": "event_study", "outcome": "y", "cluster": "county"}
    spec |= {"options": columns | options}
    return engine.fit_model(ModelSpec.of(spec), panel_of_counties(starts), {}, Settings(bootstrap=99)).iloc[0]


def test_imputation_with_few_clusters_refers_to_t():
    row = fitted_rollout([5, 5, 8, 8, np.nan, np.nan], estimator="imputation")
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["estimate"] / row["std_error"]), 5))
    assert row["ci_high"] - row["estimate"] == pytest.approx(stats.t.ppf(0.975, 5) * row["std_error"])
    assert "; t(5); few clusters (6)" in told(row)


def test_a_cohort_of_one_cluster_has_no_error_and_the_note_says_so():
    row = fitted_rollout([5, np.nan, np.nan])
    assert np.isfinite(row["estimate"]) and np.isnan(row["std_error"])
    assert "no error where a cohort has one cluster" in told(row)


def test_few_treated_clusters_among_many_are_a_sample_of_their_own():
    starts = [5] * 4 + [np.nan] * 46
    row = fitted_rollout(starts)
    assert row["vcov"] == "influence_welch" and "few treated clusters (4);" in told(row)
    half = (row["ci_high"] - row["ci_low"]) / 2
    assert half > stats.t.ppf(0.975, 10) * row["std_error"]
    enough = fitted_rollout([5] * 20 + [np.nan] * 30)
    assert enough["vcov"] == "influence" and "few treated" not in told(enough)
    imputed = fitted_rollout(starts, estimator="imputation")
    assert "few treated clusters (4): errors may be too small" in told(imputed)
