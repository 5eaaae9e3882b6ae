"""Weights of the survey: groups that answered less weigh more, and weighting restores what is known of everybody."""

import numpy as np
import pandas as pd
import pytest
from ingest_cases import ROOT
from miniature import DEFINITIONS, table

from jianfu.config.files import read_yaml
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import spec_of
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.tables.variables import derive
from jianfu.survey import nonresponse

UNITS = {"390121001": "镇", "390121002": "乡"}


def units():
    return table("units", [{"unit_code": code, "unit_type": kind} for code, kind in UNITS.items()])


def roster(counts):
    """Spells from {(unit, birth, sex): persons}."""
    rows = [
        {"unit_code": unit, "birth_ym": birth, "sex": sex, "on_post": True, "spell_start": "2020-01-01"}
        for (unit, birth, sex), n in counts.items()
        for _ in range(n)
    ]
    return table("spells", [row | {"person_key": f"p{i}"} for i, row in enumerate(rows)])


def answers(counts):
    """Respondents from {(unit, cohort, sex): n} and the survey table that they come from."""
    rows = [
        {"unit_code": unit, "cohort": cohort, "sex": sex, "wave": 1}
        for (unit, cohort, sex), n in counts.items()
        for _ in range(n)
    ]
    scores = pd.DataFrame(rows)
    survey = table("survey", [{"wave": 1, "fieldwork_date": "2024-10-05", "person_key": "x"}] * len(rows))
    return scores, survey


EVERYBODY = {
    ("390121001", "1992-05", "男"): 40,
    ("390121001", "1985-05", "男"): 40,
    ("390121001", "1992-05", "女"): 20,
    ("390121002", "1985-05", "女"): 60,
    ("390121002", "1992-05", "女"): 40,
}


def test_weights_are_the_inverse_of_the_rate_where_one_trait_decides():
    scores, survey = answers({("390121001", "90后", "男"): 10, ("390121001", "80后", "男"): 30})
    found, response = nonresponse.weighted(
        scores, survey, roster({k: n for k, n in EVERYBODY.items() if k[2] == "男"}), units(), DEFINITIONS
    )
    young, old = found["weight"][:10], found["weight"][10:]
    np.testing.assert_allclose(young, 4 / 2, rtol=1e-9)  # rates 1/4 and 3/4, mean weight 1
    np.testing.assert_allclose(old, 4 / 3 / 2, rtol=1e-9)
    total = response.set_index(["variable", "level"]).loc[("cohort", "all")]
    assert total["roster"] == 80 and total["respondents"] == 40 and total["rate"] == 0.5
    assert total["effective_n"] == pytest.approx(40**2 / (10 * 4 + 30 * 16 / 36))
    assert response.set_index("level").loc["90后", "rate"] == 0.25


def test_weighted_shares_are_those_of_the_roster():
    scores, survey = answers(
        {
            ("390121001", "90后", "男"): 8,
            ("390121001", "80后", "男"): 20,
            ("390121001", "90后", "女"): 6,
            ("390121002", "80后", "女"): 30,
            ("390121002", "90后", "女"): 25,
        }
    )
    found, _ = nonresponse.weighted(scores, survey, roster(EVERYBODY), units(), DEFINITIONS)
    assert found["weight"].mean() == pytest.approx(1)
    for name, level, share in [("cohort", "90后", 0.5), ("sex", "女", 0.6), ("unit_code", "390121001", 0.5)]:
        shares = np.average(found[name] == level, weights=found["weight"])
        assert abs(shares - share) < abs((found[name] == level).mean() - share) / 2


def test_anonymous_respondents_are_weighed_without_their_sex():
    scores, survey = answers({("390121001", "90后", "不详"): 10, ("390121001", "80后", "不详"): 30})
    found, response = nonresponse.weighted(scores, survey, roster(EVERYBODY), units(), DEFINITIONS)
    assert set(response["variable"]) == {"cohort", "unit_type"}
    assert found["weight"].notna().all() and found["weight"].nunique() == 2


def test_persons_away_on_the_day_are_not_asked():
    spells = roster({("390121001", "1992-05", "男"): 3})
    spells["spell_end"] = pd.to_datetime([None, "2024-01-01", None])
    spells.loc[2, "on_post"] = False
    assert len(nonresponse.on_post(spells, pd.Timestamp("2024-10-05"), DEFINITIONS)) == 1


def test_extreme_weights_are_cut_and_a_survey_without_rows_stays_empty():
    weights = nonresponse.trimmed(np.array([1.0] * 99 + [500.0]))
    assert weights.max() <= nonresponse.TRIM * 1.001 and weights.mean() == pytest.approx(1)
    scores, survey = answers({("390121001", "90后", "男"): 1})
    found, response = nonresponse.weighted(scores[:0], survey[:0], roster(EVERYBODY), units(), DEFINITIONS)
    assert len(found) == 0 and "weight" in found and len(response) == 0


def test_more_respondents_than_persons_and_units_without_a_type():
    scores, survey = answers({("390121001", "90后", "男"): 60, ("999999999", "90后", "男"): 1})
    found, _ = nonresponse.weighted(scores, survey, roster(EVERYBODY), units(), DEFINITIONS)
    assert np.isfinite(found["weight"]).all()


def test_the_share_of_a_unit_that_is_silent():
    scores, survey = answers(
        {("390121001", "90后", "男"): 30, ("390121002", "80后", "女"): 120, ("9", "90后", "男"): 1}
    )
    found, _ = nonresponse.weighted(scores, survey, roster(EVERYBODY), units(), DEFINITIONS)
    silent = found.groupby("unit_code")["silent"].first()
    assert silent["390121001"] == pytest.approx(0.7) and silent["390121002"] == 0 and np.isnan(silent["9"])


def test_what_burnout_does_to_responding_lies_within_the_bounds_and_no_weight_sees_it():
    """Of 300 units in two waves, half of the staff answer, the burnt-out less; slope .35 in all of them."""
    rng, n, slope = np.random.default_rng(5), 60, 0.35
    unit, wave = np.repeat(np.arange(300), 2 * n), np.tile(np.repeat([0, 1], n), 300)
    load = np.repeat(rng.normal(size=(300, 2)), n, axis=1).ravel()
    burnout = slope * load + rng.normal(size=300)[unit] / 2 + rng.normal(size=len(unit))
    frame = pd.DataFrame({"unit": unit, "wave": wave, "OD": load, "burnout": burnout})
    frame["answers"] = rng.random(len(frame)) < 1 / (1 + np.exp(burnout))
    frame["silent"] = 1 - frame.groupby(["unit", "wave"])["answers"].transform("mean")
    means = frame.pivot_table(index=["unit", "wave"], columns="answers", values="burnout")
    own = frame[frame["answers"]].assign(cohort="80后", sex="男", tenure_band="5-10", county=1, staying=1.0)
    above = (means[False] - means[True]).mean() / own["burnout"].std()
    assert 0.6 < above < 1.2

    plan = read_yaml(ROOT / "config" / "plan" / "models.yaml")
    declared = plan["variables"]["survey_scores"]
    found = {}
    for name, by in (("H1_burnout", 0.0), ("H1_silent_above", above), ("H1_silent_below", -above)):
        offset = spec_of(plan, name).offset
        shifted = (
            {offset: {**declared[offset], "by": np.sign(declared[offset]["by"]) * abs(by)}} if offset else {}
        )
        table = derive(AnalysisTable(own.copy(), None, len(own)), shifted)
        rows = engine.fit_model(spec_of(plan, name), table, plan["categories"], Settings(bootstrap=0))
        found[name] = rows.set_index("term").loc["OD", ["estimate", "std_error"]] * own["burnout"].std()
    answered, all_of_them = found["H1_burnout"], found["H1_silent_above"]
    assert answered["estimate"] < slope - 3 * answered["std_error"]
    assert abs(all_of_them["estimate"] - slope) < 2 * all_of_them["std_error"] < 0.03
    assert found["H1_silent_below"]["estimate"] < answered["estimate"] - 0.03
