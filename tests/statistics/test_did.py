"""Group-time effects against R's did on its county panel; bands, clusters and gaps against known truths."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.core.errors import NotEstimable
from jianfu.statistics import did

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
RUNS = {
    "nev_dr": ("never_treated", "dr", False),
    "nyt_dr": ("not_yet_treated", "dr", False),
    "nev_reg_cov": ("never_treated", "reg", True),
}


def att_gt(y, cohort, periods, covariates=None, weights=None, **options):
    """Cells of a panel of outcomes (n, T), NaN = not observed; covariates and weights by unit."""
    seen = ~np.isnan(y)
    unit, column = np.nonzero(seen)
    rows = [None if values is None else values[unit] for values in (cohort, covariates, weights)]
    return did.att_gt(y[seen], unit, periods[column].astype(float), *rows, **options)


@pytest.fixture(scope="module")
def counties():
    table = pd.read_csv(REFERENCE / "policy_mpdta.csv")
    cohort = table["first_treat"].where(table["first_treat"] > 0, np.inf).to_numpy(dtype=float)
    return table.filter(like="lemp_").to_numpy(), cohort, np.arange(2003, 2008), table[["lpop"]].to_numpy()


@pytest.mark.parametrize("run", RUNS)
def test_r_did(counties, run):
    y, cohort, periods, x = counties
    control, method, covariates = RUNS[run]
    cells = att_gt(y, cohort, periods, x if covariates else None, control=control, method=method)
    expected = pd.read_csv(REFERENCE / "policy_expected.csv").query("run == @run")
    errors = did.standard_errors(cells.influence)
    own = {
        ("cell", f"{g:.0f} {t:.0f}"): v
        for g, t, *v in zip(cells.group, cells.time, cells.att, errors, strict=True)
    }
    for kind in ("simple", "group", "dynamic", "calendar"):
        found = did.aggregate(cells, kind)
        own[kind, "overall"] = [found.overall, did.standard_errors(found.overall_influence[:, None])[0]]
        each = did.standard_errors(found.influence)
        own |= {(kind, f"{e:.0f}"): v for e, *v in zip(found.label, found.att, each, strict=True)}
    for row in expected.itertuples():
        np.testing.assert_allclose(own[row.kind, row.label], [row.att, row.se], rtol=0, atol=1e-9)


def test_methods_agree_without_covariates(counties):
    y, cohort, periods, _ = counties
    atts = [att_gt(y, cohort, periods, method=method).att for method in did.METHODS]
    np.testing.assert_allclose(atts[1], atts[0], atol=1e-12)
    np.testing.assert_allclose(atts[2], atts[0], atol=1e-12)


def test_universal_base_moves_the_zero(counties):
    y, cohort, periods, _ = counties
    cells = att_gt(y, cohort, periods, base="universal", control="never_treated")
    assert (cells.att[cells.reference] == 0).all() and cells.reference.sum() == 3
    early = cells.att[(cells.group == 2006) & (cells.time == 2003)][0]
    never, treated = np.isinf(cohort), cohort == 2006
    change = y[:, 0] - y[:, 2]
    assert early == pytest.approx(change[treated].mean() - change[never].mean(), abs=1e-12)


def test_anticipation_moves_the_base_period(counties):
    y, cohort, periods, _ = counties
    cells = att_gt(y, cohort, periods, anticipation=1)
    row = (cells.group == 2007) & (cells.time == 2007)
    change = y[:, 4] - y[:, 2]  # from 2005: a period of anticipation
    assert cells.att[row] == pytest.approx(change[cohort == 2007].mean() - change[np.isinf(cohort)].mean())
    assert 2004 not in cells.group  # treated in the second period: no period before anticipation


def test_last_cohort_is_control_only(counties):
    y, cohort, periods, _ = counties
    ever = np.isfinite(cohort)
    cells = att_gt(y[ever], cohort[ever], periods)
    assert set(cells.group) == {2004, 2006} and cells.time.max() == 2006
    with pytest.raises(NotEstimable, match="no_never_treated|never treated"):
        att_gt(y[ever], cohort[ever], periods, control="never_treated")


def test_gaps_use_the_pairs_that_are_complete(counties):
    y, cohort, periods, _ = counties
    gaps = y.copy()
    gaps[::7, 4] = np.nan
    cells = att_gt(gaps, cohort, periods)
    full = att_gt(np.delete(y, np.s_[::7], axis=0), np.delete(cohort, np.s_[::7]), periods)
    last = cells.time == 2007
    np.testing.assert_allclose(cells.att[last], full.att[full.time == 2007], atol=1e-12)
    errors = did.standard_errors(cells.influence), did.standard_errors(full.influence)
    np.testing.assert_allclose(errors[0][last], errors[1][full.time == 2007], rtol=1e-12)


def test_weights_and_clusters_of_copied_units(counties):
    y, cohort, periods, x = counties
    twice = np.repeat(np.arange(len(y)), 2)
    single = att_gt(y, cohort, periods, x)
    double = att_gt(y[twice], cohort[twice], periods, x[twice])
    np.testing.assert_allclose(double.att, single.att, atol=1e-9)
    clustered = did.standard_errors(double.influence, twice)
    np.testing.assert_allclose(clustered, did.standard_errors(single.influence), rtol=1e-7)


@pytest.mark.parametrize("method", did.METHODS)
def test_a_weight_of_two_is_a_unit_that_is_there_twice(counties, method):
    y, cohort, periods, x = counties
    weights = 1.0 + (np.arange(len(y)) % 3 == 0)
    copies = np.repeat(np.arange(len(y)), weights.astype(int))
    weighted = att_gt(y, cohort, periods, x, weights, method=method)
    repeated = att_gt(y[copies], cohort[copies], periods, x[copies], method=method)
    np.testing.assert_allclose(weighted.att, repeated.att, atol=1e-9)
    clustered = did.standard_errors(repeated.influence, copies)
    np.testing.assert_allclose(did.standard_errors(weighted.influence), clustered, rtol=1e-6)


def test_band_covers_all_effects_together():
    rng = np.random.default_rng(7)
    cohort = np.repeat([4.0, 6.0, np.inf], 40)
    inside, wide = 0, []
    for draw in range(200):
        y = rng.normal(size=(120, 1)) + rng.normal(size=(120, 8)).cumsum(axis=1) * 0.3
        found = did.aggregate(att_gt(y, cohort, np.arange(8)), "dynamic")
        errors = did.standard_errors(found.influence)
        critical = did.critical_value(found.influence, 0.95, 300, draw)
        inside += (np.abs(found.att) <= critical * errors).all()
        wide.append(critical)
    assert np.mean(wide) > 2.3
    assert 0.90 <= inside / 200 <= 0.99


def test_effects_of_a_known_roll_out():
    rng = np.random.default_rng(3)
    cohort = np.repeat([3.0, 5.0, np.inf], 400)
    periods = np.arange(8)
    effect = np.maximum(periods[None, :] - cohort[:, None] + 1, 0) * 0.5
    y = rng.normal(size=(1200, 1)) + periods * 0.2 + effect + rng.normal(size=(1200, 8)) * 0.3
    found = did.aggregate(att_gt(y, cohort, periods), "dynamic")
    truth = np.maximum(found.label + 1, 0) * 0.5
    assert (np.abs(found.att - truth) < 4 * did.standard_errors(found.influence)).all()
    statistic, df, p_value = did.pretrend_test(att_gt(y, cohort, periods))
    assert df == 6 and p_value > 0.001


def test_few_clusters_are_a_welch_test_of_cluster_means():
    from scipy import stats

    rng = np.random.default_rng(2)
    cohort = np.repeat([1.0, np.inf], [4, 9])
    change = rng.normal(size=13) * np.where(cohort == 1, 2, 1)
    y = np.column_stack([np.zeros(13), change])
    cells = att_gt(np.repeat(y, 5, axis=0), np.repeat(cohort, 5), np.arange(2))
    errors, df = did.welch(cells.influence, np.repeat(np.arange(13), 5), np.repeat(cohort, 5))
    test = stats.ttest_ind(change[:4], change[4:], equal_var=False)
    assert cells.att[0] / errors[0] == pytest.approx(test.statistic)
    assert df[0] == pytest.approx(test.df)
    single = np.repeat(np.where(np.arange(13) == 0, 1.0, np.inf), 5)
    lone = att_gt(np.repeat(y, 5, axis=0) + rng.normal(size=(65, 2)), single, np.arange(2))
    assert np.isnan(did.welch(lone.influence, np.repeat(np.arange(13), 5), single)[0][0])


def test_few_treated_units_among_many_need_errors_of_their_own():
    from scipy import stats

    rng, usual, welch = np.random.default_rng(11), [], []
    cohort = np.repeat([4.0, np.inf], [4, 56])
    for _ in range(400):
        y = rng.normal(size=(60, 1)) + rng.normal(size=(60, 8)).cumsum(axis=1) * 0.5
        found = did.aggregate(att_gt(y, cohort, np.arange(8)), "simple")
        influence = found.overall_influence[:, None]
        usual.append(abs(found.overall) < 1.96 * did.standard_errors(influence)[0])
        errors, df = did.welch(influence, np.arange(60), cohort)
        welch.append(abs(found.overall) < stats.t.ppf(0.975, df[0]) * errors[0])
    assert np.mean(usual) < 0.88
    assert 0.92 <= np.mean(welch) <= 0.98
