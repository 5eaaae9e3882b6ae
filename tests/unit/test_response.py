"""Exit rates by exposure and the burnout figure, against numbers made by hand."""

import numpy as np
import pandas as pd
import pytest
from miniature import DEFINITIONS, table

from jianfu.exits.person_months import person_months as person_months_at_risk
from jianfu.models import response
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.statistics import regression

MONTHS = ("2024-01", "2024-02", "2024-03", "2024-04")


@pytest.fixture
def person_months():
    rows = [
        {
            "person_key": f"p{i}",
            "unit_code": f"39012100{i % 2}",
            "birth_ym": "1992-05" if i < 6 else "1985-01",
            "on_post": True,
            "spell_start": "2020-01-01",
            "spell_end": "2024-04-10" if i in (1, 7) else None,
            "exit_type": {1: "辞职", 7: "退休"}.get(i),
        }
        for i in range(10)
    ]
    return person_months_at_risk(table("spells", rows), (MONTHS[0], MONTHS[-1]), DEFINITIONS)[0]


def exposures(values):
    rows = [(f"39012100{u}", m, "OD", v) for (u, m), v in values.items()]
    return pd.DataFrame(rows, columns=["unit_code", "month", "exposure", "value"])


def test_person_months_are_put_into_groups_by_the_exposure_of_their_month(person_months):
    values = {(0, m): 1.0 for m in MONTHS} | {(1, m): 5.0 for m in MONTHS[1:]}
    rates = response.dose_response(
        person_months, exposures(values), exposure="OD", focus="90后", min_exits=10, confidence=0.95
    )
    totals, rates = rates[rates["bin"] == "all"], rates[rates["bin"] != "all"]
    everyone = rates[rates["cohort"] == "all"].set_index("bin")
    assert everyone["person_months"].tolist() == [20, 15]  # unit 1 has no exposure in January
    assert everyone["exposure_mean"].tolist() == [1.0, 5.0]
    assert everyone["exits"].tolist() == [0, 1]  # retirement is not voluntary
    assert totals["cohort"].tolist() == ["all", "80后", "90后"]
    assert totals["exits"].tolist() == [1, 0, 1]
    assert everyone.loc["2", "rate"] == pytest.approx(1000 / 15)
    by_cohort = rates[rates["cohort"] != "all"]
    assert by_cohort["person_months"].sum() == 35
    assert by_cohort["exits"].sum() == 1
    assert by_cohort[["cohort", "bin", "persons"]].to_numpy().tolist() == [
        ["80后", "1", 2],
        ["80后", "2", 2],
        ["90后", "1", 3],
        ["90后", "2", 3],
    ]


def test_totals_have_the_persons_and_the_exits_of_the_same_person_months(person_months):
    values = {
        (1, m): 5.0 for m in MONTHS[:2]
    }  # unit 0 has no exposure at all, unit 1 none when its person leaves
    rates = response.dose_response(
        person_months, exposures(values), exposure="OD", focus="90后", min_exits=10, confidence=0.95
    ).set_index(["cohort", "bin"])
    assert rates.loc[("all", "all"), ["person_months", "persons", "exits"]].tolist() == [10, 5, 0]
    assert rates.loc[("90后", "all"), ["person_months", "persons"]].tolist() == [6, 3]


@pytest.mark.parametrize("exits, groups", [(60, 5), (49, 3), (30, 3), (29, 2), (3, 2), (0, 2)])
def test_the_number_of_groups_follows_the_exits(exits, groups):
    values, leaves = np.arange(300.0), np.zeros(300)
    leaves[np.linspace(0, 299, exits).round().astype(int)] = 1
    assert response.number_of_groups(values, [leaves], 10) == groups
    assert (
        response.number_of_groups(values, [np.ones(300), leaves], 10) == groups
    )  # both sets must have enough
    assert response.number_of_groups(np.empty(0), [np.empty(0)], 10) == 2


def test_rate_interval_is_that_of_a_ratio_of_cluster_totals():
    events, time = np.array([2.0, 0, 3, 1]), np.array([100.0, 80, 120, 60])
    rate, low, high = response.rate_interval(events, time, np.array(list("abcd")), 0.95)
    assert rate == pytest.approx(6 / 360)
    excess = events - rate * time
    error = np.sqrt(4 / 3 * (excess**2).sum()) / 6
    assert np.log(high / rate) == pytest.approx(3.182446 * error, rel=1e-6)
    assert np.log(rate / low) == pytest.approx(3.182446 * error, rel=1e-6)


def test_rate_without_events_has_the_exact_upper_bound():
    assert response.rate_interval(
        np.zeros(2), np.array([60.0, 40]), np.array(["a", "b"]), 0.95
    ) == pytest.approx((0, 0, 3.688879 / 100))


def test_bins_are_equal_and_ties_stay_together():
    assert np.bincount(response.bin_numbers(np.arange(100.0), 5)).tolist() == [20] * 5
    tied = response.bin_numbers(np.r_[np.zeros(50), np.arange(1, 51)], 4)
    assert len(set(tied[:50])) == 1


def test_slope_of_the_line_is_the_coefficient():
    rng = np.random.default_rng(1)
    unit, wave = np.repeat(np.arange(20), 30), np.tile([1, 2], 300)
    exposure = rng.normal(size=600) + rng.normal(size=20)[unit]
    frame = pd.DataFrame({"unit": unit.astype(str), "wave": wave, "OD": exposure, "person": "p"})
    frame["unit"] = frame["unit"].astype("category")
    frame["sex"] = pd.Categorical(rng.choice(["男", "女"], 600), ["男", "女"])
    frame["burnout"] = 2 + 0.5 * exposure + rng.normal(size=20)[unit] + rng.normal(size=600)
    spec = ModelSpec(
        estimator="ols",
        name="H1",
        data="survey_scores",
        outcomes=("burnout",),
        terms=("OD",),
        controls=("sex",),
        effects=("unit", "wave"),
        clusters=("unit",),
    )
    table_of_scores = AnalysisTable(frame, None, 600, {}, {"OD": "OD_6m"})
    bins = response.burnout_bins(
        spec, table_of_scores, {"sex": {"男": "sex_male", "女": "sex_female"}}, 10, 0.95
    )
    slope = np.diff(bins["fitted"]) / np.diff(bins["exposure_mean"])
    outcome = (frame["burnout"] - frame["burnout"].mean()) / frame["burnout"].std()
    design = np.column_stack([exposure, (frame["sex"] == "女").to_numpy(float)])
    coefficient = regression.fit(outcome, design, [unit, wave], unit).coefficients[0]
    np.testing.assert_allclose(slope, coefficient, rtol=1e-8)
    assert bins["n_respondents"].sum() == 600
    assert (bins["ci_low"] < bins["burnout_mean"]).all()


def test_no_survey_gives_no_points():
    frame = pd.DataFrame({"unit": [], "wave": [], "burnout": [], "person": []})
    spec = ModelSpec(
        estimator="ols",
        name="H1",
        data="survey_scores",
        outcomes=("burnout",),
        terms=("OD",),
        effects=("unit",),
        clusters=("unit",),
    )
    assert response.burnout_bins(spec, AnalysisTable(frame, None, 0), {}, 10, 0.95).empty
