"""Weights of the survey: groups that answered less weigh more, and weighting restores what is known of everybody."""

import numpy as np
import pandas as pd
import pytest
from miniature import DEFINITIONS, table

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
