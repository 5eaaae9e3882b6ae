"""Two successive releases, and the counts within one: neither tells a group of fewer than ten."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.core.labels import Labels
from jianfu.models.estimates import RESTRICTED_COLUMNS
from jianfu.release.gate import release_all
from jianfu.release.ledger import LEDGER, adding_up, round_alike
from jianfu.release.outputs import Limits, read_outputs

PLAN = Path(__file__).parents[2] / "config" / "plan"
LIMITS = Limits(min_cell=10, min_residual_df=10, dominance=0.9)
OUTPUTS = read_outputs(PLAN / "outputs.csv")
LABELS = Labels("zh", str(PLAN / "labels.csv"))


def dose(persons, exits):
    """The figure's groups by cohort with totals; persons and exits of each cohort in two bins."""
    rows = [
        (cohort, bin_, persons[cohort][place], exits[cohort][place])
        for cohort in persons
        for place, bin_ in enumerate("12")
    ]
    frame = pd.DataFrame(rows, columns=["cohort", "bin", "persons", "exits"])
    for column in ("bin", "cohort"):
        other = {"bin": "cohort", "cohort": "bin"}[column]
        sums = frame.groupby(other, as_index=False)[["persons", "exits"]].sum().assign(**{column: "all"})
        frame = pd.concat([frame, sums], ignore_index=True)
    figures = {"exposure_mean": 0.1, "person_months": 1000, "ci_low": 1.0, "ci_high": 9.0}
    return frame.assign(rate=frame["exits"] / 1000 * 1000, **figures)


def model(**changes):
    row = dict.fromkeys(RESTRICTED_COLUMNS, "") | {
        "persons": True,
        "model": "H2",
        "term": "OD",
        "outcome": "voluntary",
    }
    row |= {
        "estimate": 0.2,
        "std_error": 0.1,
        "ci_low": 0.0,
        "ci_high": 0.4,
        "p_value": 0.05,
        "p_adjusted": 0.1,
    }
    row |= {"n_read": 9000, "n_used": 9000, "n_dropped": 0, "n_units": 20, "n_clusters": 20, "n_events": 90}
    row |= {
        "dropped_by_reason": "{}",
        "residual_df": 800,
        "converged": True,
        "reasons": "[]",
        "scale": "log_hazard",
    }
    return row | {"behind_persons": np.nan, "behind_events": np.nan, "behind_of": ""} | changes


def release(folder, month, dose_rows, models, earlier=None):
    dose_rows.to_parquet(folder / "dose_response.parquet")
    pd.DataFrame(models).to_parquet(folder / "estimates.parquet")
    release_all(
        published={"dose_response": folder / "dose_response.parquet"},
        estimates=folder / "estimates.parquet",
        plan=PLAN / "outputs.csv",
        settings=asdict(LIMITS),
        labels=LABELS,
        synthetic=False,
        folder=folder / month,
        vintage=folder / "restricted" / "vintage.parquet",
        earlier=earlier,
    )
    found = {path.stem: pd.read_csv(path, encoding="utf-8-sig") for path in (folder / month).rglob("*.csv")}
    return found


PERSONS = {"80后": (200, 300), "90后": (400, 500)}
FIRST = {"80后": (30, 40), "90后": (60, 90)}
LATER = {"80后": (30, 44), "90后": (60, 120)}  # one group by four, another by thirty


def test_what_differs_by_few_persons_stays_as_it_was_and_the_log_says_so(tmp_path):
    first = release(tmp_path, "one", dose(PERSONS, FIRST), [model()])
    second = release(tmp_path, "two", dose(PERSONS, LATER), [model(n_events=93, estimate=0.3)])
    before, after = (found["dose_response"].set_index(["cohort", "bin"]) for found in (first, second))
    assert after.loc[("80后", "2"), "exits"] == before.loc[("80后", "2"), "exits"] == 40
    assert after.loc[("80后", "2"), "rate"] == before.loc[("80后", "2"), "rate"]
    assert after.loc[("90后", "2"), "exits"] == 120
    assert second["estimates"].loc[0, "estimate"] == 0.2
    kept = [LABELS("why_as_before") in str(found["estimates"].loc[0, "note"]) for found in (first, second)]
    assert kept == [False, True]
    differences = (after["exits"] - before["exits"]).dropna()
    assert not differences.between(1, 9).any() and not differences.between(-9, -1).any()
    log = second["disclosure_log"].set_index(["output", "rule"])["cells"]
    rule = LABELS("gate_as_before", n=10)
    assert log[("estimates", rule)] == 1 and log[("dose_response", rule)] >= 1
    assert first["disclosure_log"].set_index(["output", "rule"])["cells"][("estimates", rule)] == 0


def test_a_release_before_of_an_earlier_version_is_said_not_to_be_recognised(tmp_path):
    release(tmp_path, "one", dose(PERSONS, FIRST), [model()])
    path = tmp_path / "restricted" / "vintage.parquet"
    stored = pd.read_parquet(path)
    whole = stored["block"].str.rsplit("\x1f", n=1).str[0]  # models without their parts
    stored.assign(block=stored["block"].where(stored["output"] != "estimates", whole)).to_parquet(path)
    log = release(tmp_path, "two", dose(PERSONS, LATER), [model(n_events=93)])["disclosure_log"]
    said = log[log["rule"] == LABELS("gate_unrecognised")]
    assert said[["output", "cells"]].to_numpy().tolist() == [["estimates", 1]]


def test_a_level_that_differs_by_few_keeps_the_levels_and_the_constant_not_the_whole_model(tmp_path):
    """112 and 134 exits, one level of them by five or its reference by six: their coefficients with the total would
    tell it."""

    def rows(events, women, older, estimate):
        def level(term, behind, of=""):
            return model(
                term=term,
                n_events=events,
                behind_events=behind,
                behind_of=of,
                estimate=estimate,
                p_value=0.04,
            )

        levels = [level("sex_女", women, "sex"), level("cohort_80s", older, "cohort")]
        product = level("sex_女:cohort_80s", 30), level("OD:cohort_80s", older)
        return [level("(Intercept)", 20), level("OD", events - 4), *levels, *product]

    terms, shown = ["(Intercept)", "OD", "sex_女", "cohort_80s", "sex_女:cohort_80s", "OD:cohort_80s"], {}
    for case, (women, older) in {
        "few": (65, 70),
        "rest": (76, 70),
        "many": (72, 70),
        "part": (72, 61),
    }.items():
        (tmp_path / case).mkdir()
        release(tmp_path / case, "one", dose(PERSONS, FIRST), [*rows(112, 60, 58, 0.2)])
        later = [*rows(134, women, older, 0.3)]
        found = release(tmp_path / case, "two", dose(PERSONS, FIRST), later)["estimates"]
        shown[case] = found.set_index("term").loc[terms, "estimate"].tolist()
        said = found["note"].astype(str).str.contains(LABELS("why_as_before"))
        assert said.tolist() == [value == 0.2 for value in shown[case]]
    assert shown["few"] == shown["rest"] == [0.2, 0.3, 0.2, 0.2, 0.2, 0.3]
    assert shown["many"] == [0.3] * 6
    assert shown["part"] == [0.2, 0.3, 0.2, 0.2, 0.2, 0.2]


def test_small_differences_add_up_until_they_are_large_enough(tmp_path):
    shown = []
    for month, events in enumerate((90, 94, 98, 102)):
        row = model(n_events=events, estimate=events / 100)
        shown.append(
            release(tmp_path, str(month), dose(PERSONS, FIRST), [row])["estimates"].loc[0, "estimate"]
        )
    assert shown == [0.9, 0.9, 0.9, 1.02]


def test_the_same_data_release_the_same_bytes_again(tmp_path):
    for month, events in (("one", FIRST), ("two", LATER), ("again", LATER)):
        release(tmp_path, month, dose(PERSONS, events), [model(n_events=sum(events["90后"]))])
    for path in (tmp_path / "two").rglob("*.csv"):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(tmp_path / "two")).read_bytes()


def test_figures_change_where_nobody_was_added(tmp_path):
    release(tmp_path, "one", dose(PERSONS, FIRST), [model()])
    second = release(tmp_path, "two", dose(PERSONS, FIRST), [model(estimate=0.5)])
    assert second["estimates"].loc[0, "estimate"] == 0.5


def test_results_that_stand_beside_others_do_not_tell_the_few_between_them(tmp_path):
    (tmp_path / "all").mkdir(), (tmp_path / "part").mkdir()
    release(tmp_path / "all", "one", dose(PERSONS, FIRST), [model()])
    earlier = tmp_path / "all" / "restricted" / "vintage.parquet"
    part = model(n_events=86, estimate=0.5)
    assert (
        release(tmp_path / "part", "one", dose(PERSONS, FIRST), [part])["estimates"].loc[0, "estimate"] == 0.5
    )
    (tmp_path / "part" / "restricted" / "vintage.parquet").unlink()
    beside = release(tmp_path / "part", "two", dose(PERSONS, FIRST), [part], earlier)
    assert beside["estimates"].loc[0, "estimate"] == 0.2


def test_a_cell_that_was_withheld_with_nine_is_not_shown_with_ten(tmp_path):
    few = {"80后": (9, 40), "90后": (60, 90)}
    ten = {"80后": (10, 40), "90后": (60, 90)}
    release(tmp_path, "one", dose(PERSONS, few), [model()])
    second = release(tmp_path, "two", dose(PERSONS, ten), [model()])["dose_response"]
    assert second.set_index(["cohort", "bin"]).loc[("80后", "1"), "status"] == "withheld"


# ------------------------------------------------------------------------------------------------ one release


def survey_tables(scored=590, of_scale=583):
    scales = pd.DataFrame({"scale": ["burnout"], "respondents": [of_scale]})
    flow = pd.DataFrame(
        [
            ("survey", 1, "read_survey", "", "respondents", 618),
            ("survey", 2, "scored", "straightliner", "respondents", 16),
            ("survey", 2, "scored", "unknown_person", "respondents", 618 - 16 - scored),
            ("survey", 2, "scored", "", "respondents", scored),
        ],
        columns=["chain", "position", "step", "reason", "unit", "n"],
    )
    waves = pd.DataFrame({"wave": [1, 2], "variable": "cohort", "level": "all", "roster": 1000})
    waves["respondents"] = [294, scored - 294]
    waves["rate"] = waves["respondents"] / waves["roster"]
    waves["effective_n"] = np.nan
    return {"scale_reliability": scales, "sample_flow": flow, "survey_response": waves}


def test_scale_tables_flows_waves_and_ordinal_models_are_rounded_alike():
    rows = [
        model(scale=scale, n_events=np.nan, n_read=618, n_used=n, n_dropped=618 - n, dropped_by_reason=drops)
        for scale, n, drops in (("log_odds", 583, '{"a": 35}'), ("sd_per_sd", 590, '{"a": 28}'))
    ]
    before = survey_tables()
    tables, estimates, changed = round_alike(before, pd.DataFrame(rows), 10, pd.Series([True, True]))
    assert tables["scale_reliability"]["respondents"].tolist() == [580]
    assert estimates["n_used"].tolist() == [580, 590] and estimates["n_read"].tolist() == [620, 620]
    assert tables["sample_flow"]["n"].tolist() == [620, 20, 10, 590]
    assert tables["survey_response"]["respondents"].tolist() == [290, 300]
    np.testing.assert_allclose(tables["survey_response"]["rate"], [0.29, 0.3])
    assert changed["scale_reliability"] == 1 and changed["survey_response"] == 4
    everything = [
        *tables["sample_flow"]["n"],
        *tables["scale_reliability"]["respondents"],
        *estimates["n_used"],
    ]
    assert all(count % 10 == 0 for count in everything)
    for row in estimates.to_dict("records"):
        assert row["n_read"] - sum(json.loads(row["dropped_by_reason"]).values()) == row["n_used"]


def test_the_number_of_answers_does_not_follow_from_measures_of_fit():
    n, chi2, df = 583, 105.8956467, 87
    rmsea = np.sqrt((chi2 - df) / (df * (n - 1)))
    structure = pd.DataFrame({"respondents": [n], "chi2": [chi2], "df": [df], "rmsea": [rmsea]})
    tables = {**survey_tables(), "scale_structure": structure}
    told = round_alike(tables, pd.DataFrame([model()]), 10, pd.Series([True]))[0]["scale_structure"].iloc[0]
    found = [
        (told["chi2"] + half - df) / (df * told["rmsea"] ** 2) + 1 for half in (-0.5, 0.5)
    ]  # all that agree with the digits shown
    assert told["respondents"] == 580 and max(found) - min(found) > 20


def test_counts_far_apart_are_rounded_too_as_the_next_release_may_differ_by_few():
    tables, _, changed = round_alike(survey_tables(590, 573), pd.DataFrame([model()]), 10, pd.Series([True]))
    assert tables["scale_reliability"]["respondents"].tolist() == [570] and changed["scale_reliability"] == 1


@pytest.mark.parametrize("seed", range(5))
def test_rounded_groups_add_up(seed):
    rng = np.random.default_rng(seed)
    drops = dict(zip("abc", rng.integers(10, 200, 3).tolist(), strict=True))
    total = int(np.floor(sum(drops.values()) / 10 + 0.5) * 10)
    found = adding_up(drops, total, 10)
    assert sum(found.values()) == total and all(n % 10 == 0 and n >= 0 for n in found.values())


def test_every_declared_count_of_persons_is_in_the_ledger_or_shown_with_no_other():
    known = {(entry.output, entry.column) for entry in LEDGER}
    declared = {(output.name, count) for output in OUTPUTS.values() for count in output.persons}
    assert declared <= known
