"""Publishable tables against hand computation on miniatures."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from miniature import DEFINITIONS

from jianfu.core.calendar import Calendar
from jianfu.core.labels import Labels
from jianfu.exits.person_months import person_months
from jianfu.release import channels, publications
from jianfu.release.gate import release_frame
from jianfu.release.outputs import Limits, read_outputs

PLAN = Path(__file__).parents[2] / "config" / "plan"
LABELS = Labels("en", str(PLAN / "labels.csv"))
OUTPUTS = read_outputs(PLAN / "outputs.csv")
COHORTS = DEFINITIONS.cohorts
OVER = {"cohorts": COHORTS, "described": ("OD", "TR", "RG", "GAP", "REST")}
NOTHING = {"topics": [], "months": [], "emergency": False}


def unit_months(units=("u1", "u2", "u3", "u4"), months=("2024-01", "2024-02")):
    rows = [(u, m, "c1" if u in ("u1", "u2", "u3") else "c2", 10 * int(u[1])) for u in units for m in months]
    frame = pd.DataFrame(rows, columns=["unit_code", "month", "county_code", "headcount"])
    return frame.assign(unit_type=frame["county_code"].map({"c1": "镇", "c2": "乡"}))


def indices(values):
    rows = [(unit, month, "OD", value) for (unit, month), value in values.items()]
    return pd.DataFrame(rows, columns=["unit_code", "month", "index", "value"])


VALUES = {
    ("u1", "2024-01"): 40.0,
    ("u2", "2024-01"): 50.0,
    ("u3", "2024-01"): 60.0,
    ("u4", "2024-01"): np.nan,
}


def units():
    rows = [("u1", "c1"), ("u2", "c1"), ("u3", "c1"), ("u4", "c2")]
    frame = pd.DataFrame(rows, columns=["unit_code", "county_code"])
    names = {"c1": "甲县", "c2": "乙县"}
    return frame.assign(county_name=frame["county_code"].map(names), city_name="云溪市", valid_from=None)


def test_mean_and_quartiles_by_month_leave_missing_values_out():
    row = publications.index_over_time(indices(VALUES), unit_months()).iloc[0]
    assert (row["mean"], row["q25"], row["q75"], row["units"]) == (50, 45, 55, 3)
    assert row["persons"] == 10 + 20 + 30
    assert row["top2_share"] == pytest.approx(50 / 60)


def test_a_county_month_without_log_has_no_mean_but_stays_in_the_table():
    result = publications.county_heatmap(indices(VALUES), unit_months(), units(), index="OD")
    assert list(result["county_name"]) == ["甲县", "甲县", "乙县", "乙县"]
    assert result["mean"].tolist()[0] == 50
    assert result["mean"].isna().tolist() == [False, True, True, True]
    assert result["units"].tolist() == [3, 3, 1, 1]
    assert result["units_logged"].tolist() == [3, 0, 0, 0]


MEMBERS = pd.DataFrame({"index": ["X", "Y"], "indicator": ["OD", "OD"]})


def test_indices_by_county_are_those_of_the_heatmap_for_each_index():
    both = pd.concat([indices(VALUES), indices(VALUES).assign(index="TR", value=7.0)])
    made = publications.county_indices(both, unit_months(), units(), described=["OD", "TR"])
    heatmap = publications.county_heatmap(indices(VALUES), unit_months(), units(), index="OD")
    own = made[made["index"] == "OD"].drop(columns="index")
    assert own.to_numpy().tolist() == heatmap[heatmap["mean"].notna()].to_numpy().tolist()
    assert (
        made.loc[made["index"] == "TR", "mean"].tolist() == [7.0] * int((made["index"] == "TR").sum()) != []
    )


def test_members_are_averaged_over_units_for_each_index_that_they_belong_to():
    made = publications.members_over_time(
        indices(VALUES).rename(columns={"index": "indicator"}), unit_months(), MEMBERS
    )
    first = made.groupby("index").first()
    assert first.index.tolist() == ["X", "Y"] and first["mean"].tolist() == [50, 50]
    assert first["persons"].tolist() == [60, 60] and first["code"].tolist() == ["OD", "OD"]


def test_a_county_of_two_townships_is_dominated():
    values = {("u1", "2024-01"): 40.0, ("u2", "2024-01"): 50.0}
    frame = publications.county_heatmap(indices(values), unit_months(("u1", "u2")), units(), index="OD")
    released, counts = release_frame(
        OUTPUTS["county_heatmap"], frame, Limits(min_cell=10, min_residual_df=10, dominance=0.9)
    )
    assert counts["dominance"] == 1
    assert released["mean"].isna().all()


def test_a_policy_of_some_counties_is_counted_and_one_of_all_is_not():
    frame = pd.DataFrame(
        {
            "policy_id": ["P2", "P1", "P1"],
            "name": ["b", "a", "a"],
            "start_date": pd.to_datetime(["2024-01-05", "2024-03-01", "2024-03-01"]),
            "county_code": [None, "390121", "390122"],
        }
    )
    result = publications.policy_dates(frame)
    assert result["start_date"].tolist() == ["2024-01-05", "2024-03-01"]
    assert result["counties"].isna().tolist() == [True, False]
    assert result["counties"].iloc[1] == 2


def tasks(rows):
    columns = ["issue_at", "due_at"]
    frame = pd.DataFrame(rows, columns=columns).apply(pd.to_datetime)
    constant = {"event_label": "任务", "issue_precision": "minute", "emergency": None, "topic": "环保"}
    return frame.assign(**constant).astype({"emergency": "boolean"})


CASES = [
    ("2024-03-01 16:00", "2024-03-04"),  # Friday to Monday
    ("2024-09-30 16:00", "2024-10-08"),  # over the National Day
    ("2024-10-11 16:00", "2024-10-14"),  # not: the Saturday was worked
    ("2024-10-12 16:00", "2024-10-14"),  # a make-up Saturday before a Sunday off
    ("2024-03-01 13:59", "2024-03-04"),  # not: before two o'clock
    ("2024-03-02 09:00", "2024-03-04"),  # issued on a day off
    ("2024-03-01 16:00", None),  # not: no due date
]


def test_the_clock_counts_rest_eve_tasks_by_the_statutory_calendar():
    clock = publications.issue_clock(tasks(CASES), Calendar(), ("2024-01", "2024-12"), NOTHING)
    cells = clock.set_index(["weekday", "hour"])
    assert cells.loc[(4, 16), "tasks"] == 3
    assert cells.loc[(4, 16), "rest_eve_share"] == pytest.approx(1 / 3)
    assert cells.loc[(0, 16), "rest_eve_share"] == 1
    assert cells.loc[(5, 16), "rest_eve_share"] == 1
    assert cells.loc[(5, 9), "rest_eve_share"] == 1
    assert cells.loc[(4, 13), "rest_eve_share"] == 0
    assert clock["share"].sum() == pytest.approx(1)


def test_the_clock_leaves_out_days_emergencies_other_events_and_exclusions():
    frame = pd.concat([tasks(CASES[:1])] * 6, ignore_index=True)
    frame.loc[0, "issue_precision"] = "day"
    frame.loc[1, "emergency"] = True
    frame.loc[2, "event_label"] = "检查"
    frame.loc[3, "topic"] = "秸秆禁烧"
    frame.loc[4, "issue_at"] = pd.Timestamp("2025-06-02 10:00")
    exclude = NOTHING | {"topics": ["秸秆禁烧"]}
    assert publications.issue_clock(frame, Calendar(), ("2024-01", "2024-12"), exclude)["tasks"].tolist() == [
        1
    ]
    assert publications.issue_clock(
        frame, Calendar(), ("2024-01", "2024-12"), NOTHING | {"months": ["2024-03"]}
    ).empty


# ------------------------------------------------------------------------------------------------ outcomes

COUNTS = pd.DataFrame(
    [
        ("80后", "u1", 40, 400, 12),
        ("80后", "u2", 40, 380, 10),
        ("90后", "u1", 30, 300, 11),
        ("90后", "u2", 25, 250, 14),
    ],
    columns=["cohort", "unit_code", "persons", "person_months", "exits"],
)

PERSONS = pd.Series({"80后": 80, "90后": 54, "all": 134})  # one person of the 90后 moved


def rates():
    rows = [
        (c, b, 1, 100.0, persons, n, 10.0 * n, 1.0, 2.0)
        for c, exits in {"all": (24, 23), "80后": (12, 10), "90后": (12, 13)}.items()
        for b, persons, n in (("1", 50, exits[0]), ("2", 50, exits[1]), ("all", PERSONS[c], sum(exits)))
    ]
    columns = [
        "cohort",
        "bin",
        "exposure_mean",
        "person_months",
        "persons",
        "exits",
        "rate",
        "ci_low",
        "ci_high",
    ]
    return pd.DataFrame(rows, columns=columns)


def test_rates_have_totals_so_that_the_gate_knows_the_sums():
    result = rates()
    released, counts = release_frame(
        OUTPUTS["dose_response"], result, Limits(min_cell=10, min_residual_df=10, dominance=0.9)
    )
    assert counts["small_cells"] == 0
    small = result.assign(exits=result["exits"].replace({10: 9, 22: 21, 23: 22, 47: 46}))
    released, counts = release_frame(
        OUTPUTS["dose_response"], small, Limits(min_cell=10, min_residual_df=10, dominance=0.9)
    )
    hidden = released[released["status"] == "withheld"]
    assert counts["small_cells"] >= 4, "a ring of withheld cells, or the sums would tell"
    assert hidden[["persons", "exits", "rate", "person_months"]].isna().all().all()


def test_a_person_who_moved_counts_once():
    spells = pd.DataFrame(
        [("p1", "u1", "1992-01", "2020-01-01", "2024-02-15"), ("p1", "u2", "1992-01", "2024-02-16", None)],
        columns=["person_key", "unit_code", "birth_ym", "spell_start", "spell_end"],
    ).assign(sex="女", on_post=True, exit_type=None, destination_level=None, lock_until=None)
    spells[["spell_start", "spell_end"]] = spells[["spell_start", "spell_end"]].apply(pd.to_datetime)
    months, _ = person_months(spells, ("2024-01", "2024-06"), DEFINITIONS)
    assert publications.persons_by_cohort(months).to_dict() == {"90后": 1, "all": 1}


def test_exits_of_a_cohort_are_withheld_in_the_descriptives_when_their_rate_is():
    frame = publications.descriptives(
        PERSONS,
        COUNTS,
        indices(VALUES),
        unit_months(),
        pd.DataFrame(),
        (),
        **OVER,
    )
    exits = frame[frame["row"] == "exits"]
    assert exits.set_index("cohort").loc["80后", "cell"] == "dose_response|80后|all"
    output = OUTPUTS["descriptives"]
    shown = frozenset({f"dose_response|{c}|all" for c in ("all", "90后")})
    released, _ = release_frame(output, frame, Limits(min_cell=10, min_residual_df=10, dominance=1), shown)
    row = released[(released["row"] == "exits") & (released["cohort"] == "80后")].iloc[0]
    assert row["status"] == "withheld" and pd.isna(row["n"])


def test_exits_are_those_of_person_months_with_a_known_exposure():
    months = pd.DataFrame(
        {"unit_code": ["u1", "u1", "u2"], "month": ["2024-04", "2024-05", "2024-04"], "cohort": "90后"}
    ).astype("category")
    months["kind"] = ["voluntary", "voluntary", "competing"]
    known = pd.DataFrame(
        {"unit_code": ["u1", "u2"], "month": "2024-04", "exposure": "OD", "value": [0.5, 0.1]}
    )
    result = publications.with_exposed_exits(COUNTS, months, known, exposure="OD")
    result = result.set_index(["cohort", "unit_code"])["exits"]
    assert result.to_dict() == {("80后", "u1"): 0, ("80后", "u2"): 0, ("90后", "u1"): 1, ("90后", "u2"): 0}


def test_numbers_at_risk_stand_at_round_times():
    curves = pd.DataFrame(
        [("90后", t, m, 0.0, 0.0, 0.0, 100, 0, 11) for t in ("low", "high") for m in range(11, 60)],
        columns=[
            "cohort", "tertile", "time_months", "cumulative_incidence", "ci_low", "ci_high", "n_at_risk", "n_events",
            "from_months",
        ],
    )  # fmt: skip
    at_risk = publications.cumulative_incidence_at_risk(curves)
    assert sorted(set(at_risk["time_months"])) == [12, 24, 36, 48]
    assert publications.cumulative_incidence_at_risk(curves.iloc[:0]).empty


def test_descriptives_sum_over_units_and_describe_indices_and_scores():
    scores = pd.DataFrame({"unit_code": ["u1", "u1", "u2"], "burnout": [1.0, 3.0, np.nan]})
    frame = publications.descriptives(
        PERSONS,
        COUNTS,
        indices(VALUES),
        unit_months(),
        scores,
        ("burnout", "meaning"),
        **OVER,
    )
    table = frame.set_index(["row", "cohort"])
    assert table.loc[("persons", "90后"), "n"] == 54
    assert table.loc[("units", "all"), "n"] == 4
    assert table.loc[("镇", "all"), ["n", "persons"]].tolist() == [3, 60]
    assert table.loc[("person_months", "all"), "n"] == 1330
    assert table.loc[("exits", "90后"), ["n", "persons"]].tolist() == [25, 25]
    assert table.loc[("OD", "all"), ["n", "mean", "sd", "persons"]].tolist() == [3, 50, 10, 60]
    assert table.loc[("burnout", "all"), ["n", "mean", "persons"]].tolist() == [2, 2, 2]
    assert "meaning" not in set(frame["row"])
    empty = publications.descriptives(
        PERSONS.iloc[:0],
        COUNTS.iloc[:0],
        indices({}),
        unit_months(),
        pd.DataFrame(),
        (),
        **OVER,
    )
    assert set(empty.loc[empty["block"] == "persons", "n"]) == {0}


# ------------------------------------------------------------------------------------------------ quality


def test_rows_are_summed_by_table_with_the_commonest_reasons():
    columns = ["file", "sheet", "outcome", "reason", "column", "rows"]
    counts = pd.DataFrame(
        [
            ("a.csv", "", "kept", "", "", 90),
            ("a.csv", "", "rejected", "unknown_unit", "unit_code", 3),
            ("b.csv", "", "rejected", "unknown_unit", "unit_code", 2),
            ("b.csv", "", "rejected", "unparseable_date", "issue_at", 4),
            ("b.csv", "", "nondata", "", "", 1),
            ("b.csv", "", "bad_optional_value", "", "n_table", 7),
            ("c.xlsx", "一月", "kept", "", "", 5),
            ("d.xlsx", "说明", "nondata", "", "", 8),
        ],
        columns=columns,
    )
    headings = pd.DataFrame(
        [
            ("tasks", "a.csv", ""),
            ("tasks", "a.csv", ""),
            ("tasks", "b.csv", ""),
            ("ledger", "c.xlsx", "一月"),
        ],
        columns=["table", "file", "sheet"],
    )
    notices = pd.DataFrame({"table": ["survey", "tasks"], "kind": ["absent_table", "absent_column"]})
    result = publications.data_quality(counts, headings, notices).set_index("table")
    assert list(result.index) == ["tasks", "ledger", "other", "survey", "all"]
    assert result["files"].tolist() == [2, 1, 1, 0, 4]
    assert result.loc["tasks", ["rows_read", "kept", "rejected", "nondata", "bad_cells"]].tolist() == [
        100,
        90,
        9,
        1,
        7,
    ]
    assert json.loads(result.loc["tasks", "top_reasons"]) == {"unknown_unit": 5, "unparseable_date": 4}
    assert result.loc["all", "rows_read"] == result["rows_read"].sum() / 2 == 113


def test_every_indicator_of_the_plan_is_listed_with_its_state():
    plan = pd.DataFrame(
        {
            "code": ["A1", "B1", "C1", "D1"],
            "construct": ["A1", "B1", "C1", "D1"],
            "label_en": ["a", "b", "c", "d"],
            "label_zh": "甲",
            "unit_zh": "件",
            "unit_en": "tasks",
            "season": "year_end",
            "logging": "entry",
        }
    )
    values = pd.DataFrame(
        {
            "indicator": ["A1", "A1", "A1", "C1", "D1"],
            "value": [1.0, 3.0, np.nan, np.nan, 2.0],
            "coverage": [1, 0.5, 0, 0, 1],
        }
    )
    notices = pd.DataFrame(
        {
            "indicator": ["B1", "A1", "A1"],
            "outcome": ["switched_off", "from_title", "from_title"],
            "column": ["n_table", "parent_task_id", "topic"],
        }
    )
    unanchored = pd.DataFrame({"indicator": ["C1", "D1"], "outcome": "dropped_from_index"})
    members = pd.DataFrame({"index": ["OD", "OD"], "indicator": ["A1", "D1"]})
    result = publications.indicator_list(values, plan, members, notices, unanchored, LABELS).set_index("code")
    assert result["status"].tolist() == ["used", "switched_off", "no_values", "not_in_index"]
    told = [LABELS(name) for name in ("remark_linked_by_title", "remark_coded_from_title")]
    assert [[word in remark for word in told] for remark in result["remarks"][:2]] == [
        [True, True],
        [False, False],
    ]
    assert result.loc["A1", ["index", "unit_months", "mean", "coverage"]].tolist() == ["OD", 2, 2.0, 0.75]
    assert (
        result.loc["A1", "unit"] == (plan["unit_zh"] if LABELS.language == "zh" else plan["unit_en"]).iloc[0]
    )


# ------------------------------------------------------------------------------------------------ sample flow

FLOW = pd.DataFrame(
    [
        ("exits", "read", "", 130, 1400, 60, None),
        ("exits", "dropped", "off_post", 12, 70, 0, None),
        ("exits", "at_risk", "", 125, 1330, 60, None),
        ("exits", "dropped_H2_exits", "missing_exposure", None, 90, None, None),
        ("exits", "used_H2_exits", "", 110, 1240, 47, None),
        ("survey", "read", "", None, None, None, 100),
        ("survey", "dropped", "straightliner", None, None, None, 4),
        ("survey", "scored", "", None, None, None, 96),
    ],
    columns=["chain", "step", "reason", "persons", "person_months", "events", "respondents"],
)


def test_the_sample_flow_adds_up_and_shows_no_small_difference():
    frame = publications.sample_flow(FLOW)
    months = frame[frame["unit"] == "person_months"]
    assert months["n"].tolist() == [1400, 70, 1330, 90, 1240]
    persons = frame[frame["unit"] == "persons"]
    assert persons["n"].tolist() == [130, 5, 125, 15, 110]
    assert frame.loc[frame["unit"] == "events", ["position", "n"]].to_numpy().tolist() == [[3, 47]]
    released, _ = release_frame(
        OUTPUTS["sample_flow"], frame, Limits(min_cell=10, min_residual_df=10, dominance=0.9)
    )
    left = released[released["reason"] == ""]
    assert left[left["unit"] == "persons"]["n"].tolist() == [130, 110], (
        "125 would show a group of five persons"
    )
    assert left[left["unit"] == "respondents"]["n"].tolist() == [96]
    assert publications.sample_flow(FLOW.iloc[:0]).empty


def test_documents_are_averaged_over_the_units_that_know_both_kinds():
    rows = [("u1", "B8_paper", 10.0), ("u1", "B8_electronic", 30.0), ("u2", "B8_paper", 20.0)]
    rows += [("u2", "B8_electronic", 50.0), ("u3", "B8_paper", 900.0), ("u3", "A1_tasks", 1.0)]
    frame = pd.DataFrame(rows, columns=["unit_code", "indicator", "value"]).assign(month="2024-01")
    made = channels.documents_over_time(frame, unit_months())
    assert made[["month", "paper", "electronic", "units"]].to_numpy().tolist() == [["2024-01", 15, 40, 2]]
    assert channels.documents_over_time(frame.iloc[:0], unit_months()).empty


def chains():
    rows = [
        ("u1", "市→县", 0.1),
        ("u1", "市→县", 0.3),
        ("u2", "市→县", 0.5),
        ("u2", None, 9.0),
        ("u1", "省→市", None),
    ]
    frame = pd.DataFrame(rows, columns=["unit_code", "step", "ln_target"])
    return frame.assign(ln_artefacts=np.nan, ln_time=-frame["ln_target"])


def test_a_step_of_the_cascade_has_the_mean_of_its_tasks_and_units_as_clusters():
    made = channels.cascade(chains(), pd.Series({"u1": 20, "u2": 10})).set_index(["step", "part"])
    assert list(made.index) == [("市→县", "targets"), ("市→县", "time")]
    row = made.loc[("市→县", "targets")]
    assert row["mean"] == pytest.approx(0.3) and row["n"] == 3 and row["units"] == 2 and row["persons"] == 30
    error = np.sqrt(2 * 0.2**2 * 2) / 3  # sums of the deviations by unit: -0.2 and 0.2; G / (G - 1) = 2
    assert row["ci_high"] - row["mean"] == pytest.approx(12.706205 * error)
    alone = channels.cascade(chains().iloc[:2], pd.Series({"u1": 20}))
    assert alone["ci_low"].isna().all() and alone["mean"].iloc[0] == pytest.approx(0.2)


def activity(**other):
    """Two units with one app before and under the rule: a compulsory check-in before, assessed forwarding after."""
    rows = [
        ("u1", "2026-01", "甲", "打卡", True, False),
        ("u1", "2026-01", "甲", "填报", True, False),
        ("u2", "2026-01", "甲", "打卡", False, False),
        ("u1", "2026-02", "甲", "转发", False, True),
        ("u2", "2026-02", "甲", "转发", False, False),
        ("u2", "2026-03", "乙", "填报", False, False),
    ]
    columns = ["unit_code", "month", "app_name", "action_type", "is_mandatory", "used_in_assessment"]
    frame = pd.DataFrame(rows, columns=columns).assign(**{"count": 5.0, "owner_level": "县"} | other)
    return frame.astype(dict.fromkeys(columns[4:], "boolean"))


def test_apps_are_held_against_each_clause_before_and_under_the_rule():
    heads = pd.Series({"u1": 20.0, "u2": 10.0})
    made = channels.app_rule_audit(activity(), heads).set_index(["clause", "app"])
    shown = made[["before", "after", "months_before", "months_after"]]
    assert shown.loc[("check_in", "all")].tolist() == [0.5, 0, 2, 3]
    assert shown.loc[("forwarding", "all")].tolist() == pytest.approx([0, 1 / 3, 2, 3])
    assert shown.loc[("all", "all")].tolist() == pytest.approx([0.5, 1 / 3, 2, 3])
    assert shown.loc[("all", "甲")].tolist() == [0.5, 0.5, 2, 2]
    assert made.loc[("all", "乙"), "persons"] == 10 and np.isnan(made.loc[("all", "乙"), "before"])
    assert shown.loc[("installed", "all"), "before"] == 0.5
    timed = activity().assign(action_type=lambda rows: rows["action_type"].replace("打卡", "在线时长"))
    timed = channels.app_rule_audit(timed, heads).set_index(["clause", "app"])
    assert timed.loc[("online", "all"), "before"] == timed.loc[("all", "all"), "before"] == 0.5
    own = channels.app_rule_audit(activity(owner_level="乡"), heads).set_index(["clause", "app"])
    assert own.loc[("below_county", "all"), "after"] == 1


def test_a_clause_whose_column_is_empty_has_no_row():
    frame = activity(used_in_assessment=None).astype({"used_in_assessment": "boolean"})
    made = channels.app_rule_audit(frame, pd.Series({"u1": 20.0, "u2": 10.0}))
    assert "forwarding" not in set(made["clause"]) and "check_in" in set(made["clause"])
    nothing = channels.app_rule_audit(activity().iloc[:0], pd.Series(dtype=float))
    assert nothing.empty and set(OUTPUTS["app_rule_audit"].columns) == set(nothing.columns)


def test_every_publishable_table_has_the_declared_columns():
    made = {
        "documents_over_time": channels.documents_over_time(
            pd.DataFrame(columns=["unit_code", "month", "indicator", "value"]), unit_months()
        ),
        "cascade": channels.cascade(chains(), pd.Series({"u1": 20, "u2": 10})),
        "index_over_time": publications.index_over_time(indices(VALUES), unit_months()),
        "county_heatmap": publications.county_heatmap(indices(VALUES), unit_months(), units(), index="OD"),
        "county_indices": publications.county_indices(
            indices(VALUES), unit_months(), units(), described=["OD"]
        ),
        "members_over_time": publications.members_over_time(
            indices(VALUES).rename(columns={"index": "indicator"}), unit_months(), MEMBERS
        ),
        "dose_response": rates(),
        "issue_clock": publications.issue_clock(tasks(CASES), Calendar(), ("2024-01", "2024-12"), NOTHING),
        "sample_flow": publications.sample_flow(FLOW),
        "descriptives": publications.descriptives(
            PERSONS,
            COUNTS,
            indices(VALUES),
            unit_months(),
            pd.DataFrame(),
            (),
            **OVER,
        ),
    }
    for name, frame in made.items():
        assert set(frame.columns) == set(OUTPUTS[name].columns), name
