"""The simulated province at the level of the analysis tables: shapes, definitions, independence of its parts."""

import numpy as np
import pandas as pd
import pytest
from ingest_cases import PLAN, SCHEMA
from miniature import DEFINITIONS
from simulate_cases import PARAMETERS, SEED, drawn, parameters, unit_months

from jianfu.config.files import read_yaml
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError
from jianfu.core.keys import SYNTHETIC_KEY
from jianfu.core.months import month_range
from jianfu.exits.person_months import person_months
from jianfu.indicators.plan import read_plan
from jianfu.indices import construction
from jianfu.indices.specification import index_spec, read_members
from jianfu.ingest.people import describe_id
from jianfu.ingest.schema import load_tables
from jianfu.simulate.draw import draw
from jianfu.simulate.parameters import read_parameters
from jianfu.simulate.streams import Streams
from jianfu.simulate.structure import build_structure
from jianfu.simulate.survey import ITEMS, observed_scores
from jianfu.survey.scoring import score

FRAMES = ("units", "spells", "indicators", "survey", "policies", "unit_year", "person_months", "survey_truth")


def test_the_same_seed_gives_the_same_province():
    again = draw(parameters(), SEED)
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(drawn(), name))
    other = draw(parameters(), SEED + 1)
    assert not other.pressure.equals(drawn().pressure)
    assert len(other.spells) != len(drawn().spells)


def test_changing_one_part_does_not_shift_the_others():
    changed = draw(merge(parameters(), {"survey": {"response": 0.3}, "visits": {"mixed": 0.4}}), SEED)
    pd.testing.assert_frame_equal(changed.spells, drawn().spells)
    pd.testing.assert_frame_equal(changed.person_months, drawn().person_months)
    assert len(changed.survey) < len(drawn().survey)


@pytest.mark.parametrize("table", ["units", "spells", "survey", "policies", "unit_year"])
def test_tables_have_the_columns_and_keys_of_the_contract(table):
    schema = load_tables(SCHEMA, PLAN / "scales.yaml", None)[table]
    frame = getattr(drawn(), table)
    assert list(frame.columns) == list(schema.columns)
    assert not frame.duplicated(list(schema.key)).any()


def test_units_hold_the_difficult_cases():
    units = drawn().units
    assert units["unit_code"].str.match(r"39\d{7}$").all()
    latest = units.drop_duplicates("unit_code", keep="last")
    assert latest["unit_type"].value_counts().to_dict() == {"镇": 15, "街道": 5, "乡": 4}
    renamed = units[units["unit_code"].duplicated(keep=False)]
    assert renamed["unit_name"].nunique() == 2 and renamed["valid_to"].notna().sum() == 1
    shared = latest[latest["unit_name"].duplicated(keep=False)]
    assert len(shared) == 2 and shared["county_code"].nunique() == 2


def test_identities_are_valid_distinct_and_of_nowhere():
    people = drawn().detail.attributes
    described = [describe_id(number, SYNTHETIC_KEY) for number in people["id_number"]]
    assert people["id_number"].str.startswith("39").all() and people["id_number"].is_unique
    assert [d[0] for d in described] == people["person_key"].to_list()
    assert [d[1:] for d in described] == list(zip(people["birth_ym"], people["sex"], strict=True))


def test_exposure_in_the_hazard_is_the_exposure_of_the_pipeline():
    frame = unit_months(drawn())
    assert (frame["headcount"].to_numpy().reshape(24, -1) == drawn().detail.careers.headcount).all()
    plan = read_plan(PLAN / "indicators.csv")
    members = read_members(PLAN / "indices.csv", plan)
    spec = index_spec(members, month_range(*parameters()["window"])[:12:11])
    anchors = construction.fit_anchors(drawn().indicators, frame, spec)
    found = construction.build_exposures(drawn().indicators, frame, spec, anchors)
    found = found[found["exposure"] == "OD"].set_index(["unit_code", "month"])["value"]
    used = drawn().exposure.set_index(["unit_code", "month"])["value"]
    np.testing.assert_allclose(found, used.loc[found.index], atol=1e-3)
    assert (used.drop(found.index) == 0).all()


def test_probabilities_stand_for_everyone_at_risk_and_follow_the_stated_effects():
    truth = drawn().person_months.astype({"person_key": str, "unit_code": str, "month": str})
    at_risk, _ = person_months(drawn().spells, parameters()["window"], DEFINITIONS)
    at_risk = at_risk.astype({"person_key": str, "unit_code": str, "month": str})
    keys = ["person_key", "unit_code", "month"]
    rows = at_risk.merge(truth, on=keys, how="outer", indicator=True)
    assert (rows["_merge"] == "both").all()

    own = parameters()["exits"]
    rows = rows.merge(drawn().exposure, on=["unit_code", "month"]).merge(drawn().pressure, on="unit_code")
    slope = own["overload"] + own["overload_90s"] * (rows["cohort"] == "90后")
    left = np.log(-np.log1p(-rows["p_voluntary"])) - slope * rows["value"]
    left -= parameters()["pressure"]["on_exit"] * rows["pressure"] + np.log(own["lock"]) * rows["lock"]
    left -= np.array(own["season"])[rows["month"].str[5:].astype(int) - 1]
    rows["left"] = left
    spread = rows.groupby(["cohort", "tenure_band"], observed=True)["left"]
    np.testing.assert_allclose(spread.max(), spread.min(), atol=1e-8)


def test_retirement_follows_age_alone():
    truth = drawn().person_months
    birth = drawn().detail.attributes.set_index("person_key")["birth_ym"]
    born = birth.loc[truth["person_key"].astype(str)].str.split("-", expand=True).astype(int)
    month = truth["month"].astype(str).str.split("-", expand=True).astype(int)
    age = (month[0].to_numpy() - born[0].to_numpy()) * 12 + month[1].to_numpy() - born[1].to_numpy()
    rules = parameters()["people"]["retirement"]
    assert set(truth["p_retire"]) <= {0.0, rules["early"], rules["at_limit"]}
    assert (truth["p_retire"][age < 50 * 12] == 0).all()
    assert (truth["p_retire"][age >= 60 * 12] == rules["at_limit"]).all()


def test_scores_of_the_simulator_are_those_of_the_scoring_keys():
    answers = drawn().detail.survey.frame[list(ITEMS)]
    scales = read_yaml(PLAN / "scales.yaml")["scales"]
    expected = score(answers, scales, 0.8)
    for name, values in observed_scores(answers).items():
        known = expected[name].notna()
        np.testing.assert_allclose(values[known], expected[name][known], atol=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "  overload_90s:",
            "  overlaod_90s:",
            "unknown key 'exits.overlaod_90s'; did you mean 'overload_90s'",
        ),
        ("  response: 0.65", "  # none", "the key 'survey.response' is missing"),
        ("staff_range: [20, 95]", "staff_range: 20", "'units.staff_range' must be a list, not a number"),
        ("  raw: {damage: 1,", "  raw: {damages: 1,", "unknown key 'small.raw.damages'"),
    ],
)
def test_parameters_that_do_not_fit_are_named(tmp_path, old, new, sentence):
    wrong = tmp_path / "wrong.yaml"
    text = PARAMETERS.read_text(encoding="utf-8")
    assert old in text
    wrong.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence):
        read_parameters(wrong, pattern=PARAMETERS)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"counties": 1, "prefectures": 1}, "at least 2 counties.*these are 1 prefectures, 1 counties"),
        ({"counties": 7, "prefectures": 8}, "no fewer than prefectures; these are 8 prefectures, 7 counties"),
        ({"counties": 80, "prefectures": 1}, "79 counties in each"),
        ({"counties": 2, "prefectures": 1, "towns": 199}, "99 units of a kind in a county.*199 units"),
        ({"towns": 2}, "units.towns is 2; a simulated province needs at least 3 towns"),
    ],
)
def test_a_province_that_is_too_small_is_refused_in_one_sentence(change, sentence):
    own = read_parameters(PARAMETERS, small=True)
    with pytest.raises(ConfigError, match=sentence):
        draw(own | {"units": own["units"] | change}, 1)


@pytest.mark.parametrize(
    "size",
    [
        {"prefectures": 21, "counties": 183, "towns": 2000, "townships": 700, "streets": 500},
        {"prefectures": 99, "counties": 400, "towns": 6000, "townships": 1, "streets": 1},
    ],
)
def test_names_and_codes_of_a_large_province_do_not_run_out(size):
    own = read_parameters(PARAMETERS)
    found = build_structure(own | {"units": own["units"] | size}, Streams(1))
    n = size["towns"] + size["townships"] + size["streets"]
    assert len(set(found.codes)) == n
    assert len(set(found.names)) == n - 1  # two of a name on purpose
    assert len(set(found.county_codes)) == size["counties"]
    assert len(set(zip(found.county_codes, found.county_names, strict=True))) == size["counties"]
    assert found.frame["city_name"].nunique() == size["prefectures"]
