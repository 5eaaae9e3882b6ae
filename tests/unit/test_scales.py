"""Scoring keys, exclusions and the placing of respondents, against scores made by hand."""

import numpy as np
import pandas as pd
import pytest
from ingest_cases import PLAN
from miniature import DEFINITIONS, table

from jianfu.config.files import read_yaml
from jianfu.ingest import scale_keys
from jianfu.survey import scoring

KEYS = {
    "burnout": {
        "items": ["EE1", "EE2", "EE3", "EE4", "EE5", "CY1", "PE1"],
        "range": [0, 6],
        "reversed": ["PE1"],
        "subscales": {
            "exhaustion": ["EE1", "EE2", "EE3", "EE4", "EE5"],
            "cynicism": ["CY1"],
            "inefficacy": ["PE1"],
        },
        "weights": {"exhaustion": 0.4, "cynicism": 0.3, "inefficacy": 0.3},
    },
    "meaning": {"items": ["MW1", "MW2", "MW3"], "range": [1, 5], "reversed": ["MW3"]},
}
ITEMS = ["EE1", "EE2", "EE3", "EE4", "EE5", "CY1", "PE1", "MW1", "MW2", "MW3"]


def survey(*answers, **more):
    """Survey rows from lists of ten answers."""
    frame = table(
        "survey",
        [{"person_key": f"p{i}", "wave": 1, "fieldwork_date": "2024-10-05"} for i in range(len(answers))],
    )
    frame = pd.concat([frame, pd.DataFrame(list(answers), columns=ITEMS, dtype=float)], axis=1)
    return frame.assign(**more)


def spells(*rows):
    post = {
        "unit_code": "390121001",
        "birth_ym": "1992-05",
        "sex": "男",
        "on_post": True,
        "spell_start": "2020-01-01",
    }
    return table("spells", [post | row for row in rows])


def test_reversed_items_and_weights():
    scores = scoring.score(survey([1, 2, 3, 4, 5, 6, 6, 5, 4, 1]), KEYS, 0.8).iloc[0]
    assert scores["exhaustion"] == 3
    assert scores["inefficacy"] == 0
    assert scores["burnout"] == pytest.approx(0.4 * 3 + 0.3 * 6 + 0.3 * 0)
    assert scores["meaning"] == pytest.approx((5 + 4 + 5) / 3)


def test_a_score_needs_enough_answers():
    n = np.nan
    scores = scoring.score(survey([1, n, 3, 4, 4, 6, 6, 5, n, 1], [1, n, n, n, 4, 6, 6, 5, 4, 1]), KEYS, 0.8)
    assert scores.loc[0, "exhaustion"] == 3  # four of five
    assert scores.loc[0, "burnout"] == pytest.approx(0.4 * 3 + 0.3 * 6)  # six of seven
    assert np.isnan(scores.loc[0, "meaning"])  # two of three
    assert scores.loc[1, ["exhaustion", "burnout"]].isna().all()


def test_other_coding_of_the_province():
    keys = scoring.with_ranges(KEYS, {"burnout": [1, 7]})
    scores = scoring.score(survey([1, 1, 1, 1, 1, 1, 7, 1, 1, 5]), keys, 0.8).iloc[0]
    assert scores["inefficacy"] == 1
    assert (
        scoring.score(survey([7] * 5 + [6, 6, 1, 1, 1]), KEYS, 0.8)["exhaustion"].isna().all()
    )  # out of range
    assert scoring.out_of_range(survey([7] * 5 + [6, 6, 1, 1, 1]), KEYS["burnout"]) == 5


def test_straightliners_are_judged_coding_by_coding_before_turning():
    n = np.nan
    answers = [
        [4, 4, 4, 4, 4, 4, 4, 2, 2, 2],  # same answer in each coding
        [4, 4, 4, 4, 4, 4, 4, 2, 2, 3],
        [4, n, 4, 4, n, 4, 4, 2, n, 2],
        [4, n, n, n, n, n, n, 2, n, n],  # nearly empty: not called a straight-liner
    ]
    assert scoring.straightliners(survey(*answers), KEYS).tolist() == [True, False, True, False]


def rules(drop_straightliners, min_seconds):
    return {"min_answered": 0.8, "drop_straightliners": drop_straightliners, "min_seconds": min_seconds}


def test_respondents_are_placed_by_the_roster_of_the_day():
    good = [1, 2, 3, 4, 5, 6, 6, 5, 4, 1]
    people = spells(
        {"person_key": "p0", "unit_code": "390121001", "spell_end": "2024-08-01"},
        {"person_key": "p0", "unit_code": "390121002", "spell_start": "2024-08-01"},
        {"person_key": "p1", "spell_end": "2024-09-01"},
        {"person_key": "p1", "spell_start": "2024-09-02", "on_post": False},
        {"person_key": "p2", "spell_end": "2024-10-04"},
        {"person_key": "p4", "birth_ym": None},
    )
    frame, flow = scoring.survey_scores(survey(*[good] * 5), people, KEYS, DEFINITIONS, **rules(True, None))
    assert frame[["person_key", "unit_code", "cohort", "tenure_band"]].to_numpy().tolist() == [
        ["p0", "390121002", "90后", "<1"]
    ]
    dropped = flow[flow["step"] == "dropped"].set_index("reason")["respondents"].to_dict()
    assert dropped == {"off_post": 1, "not_in_post": 1, "unknown_person": 1, "missing_birth": 1}
    assert flow["respondents"].tolist()[0] - sum(dropped.values()) == len(frame)


def test_exclusions_are_counted_by_their_first_reason():
    good, flat = [1, 2, 3, 4, 5, 6, 6, 5, 4, 1], [4] * 7 + [2] * 3
    rows = survey(good, flat, good, [np.nan] * 10, duration_s=[300.0, 20.0, 20.0, 300.0])
    people = spells(*[{"person_key": f"p{i}"} for i in range(4)])
    _, flow = scoring.survey_scores(rows, people, KEYS, DEFINITIONS, **rules(True, 60))
    dropped = flow[flow["step"] == "dropped"].set_index("reason")["respondents"].to_dict()
    assert dropped == {"straightliner": 1, "too_fast": 1, "no_scale_answered": 1}
    frame, _ = scoring.survey_scores(rows, people, KEYS, DEFINITIONS, **rules(False, None))
    assert len(frame) == 3


def test_a_scale_of_ones_own_does_not_tell_straightliners():
    """Who answered nothing but one number is left out whatever the province asks beside the common scales."""
    good, flat = [1, 2, 3, 4, 5, 6, 6, 5, 4, 1], [4] * 7 + [2] * 3
    rows = survey(good, flat).assign(SL1=[1.0, 2.0], SL2=[5.0, 3.0])
    people = spells(*[{"person_key": f"p{i}"} for i in range(2)])
    keys = KEYS | {"strain": {"items": ["SL1", "SL2"], "range": [1, 9], "reversed": ["SL2"]}}
    found, _ = scoring.survey_scores(rows, people, keys, DEFINITIONS, **rules(True, None), added={"strain"})
    before, _ = scoring.survey_scores(rows, people, KEYS, DEFINITIONS, **rules(True, None))
    assert found["person_key"].tolist() == ["p0"] and found[list(before)].equals(before)


def test_scales_that_were_not_asked_change_nothing():
    """Items that nobody answered make no straight-liner miss two thirds of the items, and move no other score."""
    good, flat = [1, 2, 3, 4, 5, 6, 6, 5, 4, 1], [4] * 7 + [2] * 3
    items = [f"DT{n}" for n in range(1, 9)]
    rows, people = survey(good, flat), spells(*[{"person_key": f"p{i}"} for i in range(2)])
    keys = KEYS | {"distrust": {"items": items, "range": [1, 5], "reversed": ["DT3"], "rare": True}}
    without, flow = scoring.survey_scores(rows, people, KEYS, DEFINITIONS, **rules(True, None))
    empty = rows.assign(**dict.fromkeys(items, np.nan))
    found, counted = scoring.survey_scores(empty, people, keys, DEFINITIONS, **rules(True, None))
    assert found["person_key"].tolist() == ["p0"] and found[list(without)].equals(without)
    assert found["distrust"].isna().all() and counted.equals(flow)


def test_share_of_visible_hours():
    rows = survey(*[[1, 2, 3, 4, 5, 6, 6, 5, 4, 1]] * 3)
    rows = rows.assign(hours_week=[50.0, 0.0, 40.0], hours_visible=[20.0, 0.0, np.nan])
    people = spells(*[{"person_key": f"p{i}"} for i in range(3)])
    found, _ = scoring.survey_scores(rows, people, KEYS, DEFINITIONS, **rules(False, None))
    assert found["visible_share"].tolist() == pytest.approx([0.4, np.nan, np.nan], nan_ok=True)
    assert scoring.score_names(KEYS)[:4] == ["burnout", "exhaustion", "cynicism", "inefficacy"]


def test_anonymous_respondents_keep_unit_and_cohort_of_the_sheet():
    rows = survey([1, 2, 3, 4, 5, 6, 6, 5, 4, 1], [2, 2, 3, 4, 5, 6, 6, 5, 4, 2])
    rows = rows.assign(person_key=pd.NA, unit_code="390121003", cohort=["80后", pd.NA])
    frame, flow = scoring.survey_scores(rows, spells(), KEYS, DEFINITIONS, **rules(True, None))
    assert frame[["unit_code", "cohort", "sex", "tenure_band"]].to_numpy().tolist() == [
        ["390121003", "80后", "不详", "不详"]
    ]
    assert flow.set_index("reason").loc["missing_birth", "respondents"] == 1


def test_no_survey_gives_no_rows():
    frame, flow = scoring.survey_scores(
        survey(), spells({"person_key": "p0"}), KEYS, DEFINITIONS, **rules(True, None)
    )
    assert frame.empty
    assert "burnout_z" in frame
    assert flow["respondents"].tolist() == [0, 0]


def test_standard_scores():
    rows = survey(*[[v, v, v, v, v, 3, 3, 5, 4, 1] for v in range(7)])
    people = spells(*[{"person_key": f"p{i}"} for i in range(7)])
    frame, _ = scoring.survey_scores(rows, people, KEYS, DEFINITIONS, **rules(True, None))
    assert frame["exhaustion_z"].mean() == pytest.approx(0)
    assert frame["exhaustion_z"].std(ddof=1) == pytest.approx(1)


def test_key_with_its_own_rule_for_missing_answers():
    n = np.nan
    answered = survey([1, 2, 3, 4, 5, 6, 6, 5, n, 1])
    assert np.isnan(scoring.score(answered, KEYS, 0.8).loc[0, "meaning"])
    loose = KEYS | {"meaning": KEYS["meaning"] | {"min_answered": 0.6}}
    assert scoring.score(answered, loose, 0.8).loc[0, "meaning"] == 5


def test_sixteen_items_instead_of_fifteen():
    plan = read_yaml(PLAN / "scales.yaml")
    keys = scale_keys.chosen(plan, {"burnout": "burnout_16"}, {"burnout": [1, 7]})
    assert list(keys) == list(plan["scales"]) and keys["meaning"] == plan["scales"]["meaning"]
    answers = pd.DataFrame([dict.fromkeys(keys["burnout"]["items"], 2.0) | {"CY5": 7.0}])
    scores = scoring.score(answers, keys, 0.8).iloc[0]
    assert scores["cynicism"] == 3 and scores["inefficacy"] == 6 and scores["exhaustion"] == 2
    assert scores["burnout"] == pytest.approx(0.4 * 2 + 0.3 * 3 + 0.3 * 6)
    assert scale_keys.chosen(plan) == plan["scales"]
