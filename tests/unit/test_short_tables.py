"""Tables of one question each: checks beside the main hypotheses, ways of leaving, mediation, policies, scales."""

from pathlib import Path

import pandas as pd
import pytest
import report_fakes

from jianfu.core.labels import Labels
from jianfu.models.verdicts import hypothesis_rows
from jianfu.report.document.sections import early_months, policy_facts
from jianfu.report.tables.effects import (
    mediation_table,
    outflow_table,
    percent,
    policy_table,
    robustness_main_table,
)
from jianfu.report.tables.hypotheses import hypotheses_table
from jianfu.report.tables.identification_main import detectable_effects, identification_main_table, variants
from jianfu.report.tables.robustness import joint_faces, robustness_table
from jianfu.report.tables.scales import invariance_verdicts_table, response_rates_table, scale_quality_table

LABELS = Labels("zh", str(Path(__file__).parents[2] / "config" / "plan" / "labels.csv"))
LEVELS = {"cohort_90s": "90后"}
NUMBERS = ["estimate", "ci_low", "ci_high", "p_value"]


def rows(*records):
    """Estimates as the gate releases them: (hypothesis, model, term, estimate, low, high, p)."""
    frame = pd.DataFrame(records, columns=["hypothesis", "model", "term", *NUMBERS])
    more = {"role": "robustness", "std_error": 0.1, "converged": True, "n_events": 90, "n_clusters": 20}
    more |= {"p_adjusted": float("nan"), "n_used": 9, "vcov": "cluster", "reasons": [[] for _ in records]}
    return frame.assign(outcome="voluntary", scale="unit", **more)


def lines_of(estimates):
    return hypothesis_rows(estimates, report_fakes.checks(), report_fakes.HYPOTHESES, 0.05)


def test_each_check_stands_in_the_row_and_column_of_its_hypothesis():
    table = identification_main_table(
        report_fakes.estimates(), report_fakes.checks(), report_fakes.HYPOTHESES, LEVELS, LABELS
    )
    cells = {row[0]: row[1:] for row in table.rows}
    assert [head.split("\n")[0] for head in table.header[1:]] == ["H1", "H2", "H3"]
    assert cells[LABELS("main_check_primary")][0] == "0.187\n[0.107, 0.267]"
    assert cells[LABELS("main_check_lead")][2] == "0.070\n[−0.126, 0.266]"
    assert cells[LABELS("main_check_between")][1].startswith("0.380")
    excess = cells[LABELS("main_check_excess_per_1000")]
    assert excess[0] == "—" and excess[1].startswith("0.580") and excess[2].startswith("1.470")
    assert cells[LABELS("main_check_one_county_out")] == ("—", "0.230 – 0.270", "—")
    assert cells[LABELS("main_check_e_value")] == ("2.110", "—", "—")


def test_an_estimate_per_sd_within_units_is_the_estimate_times_that_sd():
    checks = report_fakes.checks()
    spread = (
        checks[checks["term"] == "OD_lead"]
        .iloc[[0]]
        .assign(
            model="H1_burnout.spread",
            term="sd_within(OD)",
            estimate=0.4,
            ci_low=float("nan"),
            ci_high=float("nan"),
        )
    )
    table = identification_main_table(
        report_fakes.estimates(), pd.concat([checks, spread]), report_fakes.HYPOTHESES, LEVELS, LABELS
    )
    cells = {row[0]: row[1:] for row in table.rows}
    assert cells[LABELS("main_check_sd_within")] == ("0.400", "—", "—")
    assert cells[LABELS("main_check_per_within_sd")] == ("0.075\n[0.043, 0.107]", "—", "—")


def test_the_three_faces_stand_side_by_side_with_what_one_reaches_beyond_the_others():
    contrasts = {"over_TR": {"OD": 1, "TR": -1}, "over_RG": {"OD": 1, "RG": -1}}
    models = {
        "joint_exits": {"terms": ["OD", "TR", "RG"], "options": {"contrasts": contrasts}},
        "H2_exits": {},
    }
    records = [
        ("H2", "joint_exits", term, value, value - 0.1, value + 0.1, 0.01)
        for term, value in {"OD": 0.3, "TR": 0.1, "RG": 0.0, "over_TR": 0.2, "over_RG": 0.3}.items()
    ]
    table = joint_faces(rows(*records), models, LABELS)
    assert table.header[1:4] == ("过密化指数", "痕迹依赖指数", "刻板化指数")
    assert table.rows == (
        ("自愿流出", "0.300 [0.200, 0.400]", "0.100 [0.000, 0.200]", "0.000 [−0.100, 0.100]")
        + ("超出痕迹依赖的幅度 0.200 [0.100, 0.300]\n超出刻板化的幅度 0.300 [0.200, 0.400]",),
    )
    assert joint_faces(rows(), models, LABELS).rows == ()


def test_the_burden_term_of_an_interaction_carries_the_change():
    names = variants("OD:cohort_90s", LEVELS)
    assert names["lead"] == ("lead", "OD_lead:cohort_90s")
    assert names["between"] == ("within_between", "between(OD, unit):cohort_90s")
    assert names["excess_per_1000"] == ("additive", "excess_per_1000(OD; 90后 - others)")


def test_only_results_that_are_not_significant_show_what_could_have_been_detected():
    found = detectable_effects(report_fakes.checks())
    assert found[("H1_burnout", "OD")] == 0.115
    estimates = report_fakes.estimates()
    table = hypotheses_table(lines_of(estimates), LABELS, found)
    assert not any("0.115" in row[-1] for row in table.rows)
    weak = estimates.assign(p_adjusted=0.4)
    table = hypotheses_table(lines_of(weak), LABELS, found)
    assert [row[0] for row in table.rows if "可检出" in row[-1]] == ["H1", "H3"]


def test_ways_of_leaving_and_curve_keep_their_order_and_name_each_model_once():
    models = {
        name: {"label_zh": name, "estimator": "cloglog", "terms": terms, "report": terms}
        for name, terms in [("H2_resign", ["OD"]), ("H2_spline", ["OD=-2", "OD=2"])]
    }
    estimates = rows(
        ("H2", "H2_spline", "OD=-2", -0.4, -0.8, 0.1, 0.1),
        ("H2", "H2_spline", "OD=2", 0.4, 0.1, 0.7, 0.01),
        ("H2", "H2_resign", "OD", 0.1, -0.1, 0.3, 0.5),
    )
    table = outflow_table(estimates, models, LABELS)
    assert [row[0] for row in table.rows] == ["H2_resign", "H2_spline", ""] and len(table.notes) == 1
    lost = estimates.assign(estimate=estimates["estimate"].mask(estimates["term"] == "OD=-2"))
    table = outflow_table(lost, models, LABELS)
    assert [row[0] for row in table.rows] == ["H2_resign", "H2_spline"] and "另有1行" in table.notes[1]


def test_mediation_splits_the_total():
    models = {"m": {"label_zh": "中介", "estimator": "mediation", "terms": ["OD"], "options": {"per": 1000}}}
    estimates = rows(
        ("H5a", "m", "OD_total", 0.3, 0.1, 0.5, 0.01),
        ("H5a", "m", "OD_direct", 0.2, 0.0, 0.4, 0.05),
        ("H5a", "m", "OD_indirect", 0.1, 0.05, 0.15, 0.004),
    )
    (row,) = mediation_table(estimates, models, LABELS).rows
    assert [cell.split("\n")[0] for cell in row[3:6]] == ["0.300", "0.200", "0.100"] and row[6] == "0.004"
    assert row[2] == LABELS("mediation_per_1000")


def test_policies_show_levels_and_mean_effects_and_no_single_months():
    models = {
        "H14_formal": {"label_zh": "正式", "estimator": "segmented", "options": {"link": "log"}},
        "H14_formal_rollout": {"label_zh": "推开", "estimator": "event_study"},
    }
    estimates = rows(
        ("H14", "H14_formal", "trend", 0.0, -0.1, 0.1, 0.9),
        ("H14", "H14_formal", "level_relief_national", -0.5, -0.7, -0.3, 0.001),
        ("H14", "H14_formal_rollout", "event_-3", 1.0, 0.5, 1.5, 0.01),
        ("H14", "H14_formal_rollout", "event_-2", 0.1, -0.5, 0.7, 0.8),
        ("H14", "H14_formal_rollout", "att", -1.6, -2.5, -0.7, 0.002),
    )
    table = policy_table(estimates, models, LABELS)
    assert [(row[2], row[3]) for row in table.rows] == [("对数", "−0.500"), ("原单位", "−1.600")]
    assert early_months(estimates, "H14_formal_rollout") == (2, 1)
    facts = policy_facts(estimates, models, 0.05, LABELS)
    assert facts["levels"][0][1]["percent"] == "39" and facts["documents"] == []
    assert policy_facts(estimates.iloc[:0], models, 0.05, LABELS)["rollout"] == []


def test_robustness_of_the_main_hypotheses_has_no_rows_of_dashes():
    estimates = rows(("H1", "H1_a", "OD", 0.2, 0.1, 0.3, 0.01), ("H1", "H1_b", "OD", *[float("nan")] * 4))
    table = robustness_main_table(robustness_table(estimates, {}, LABELS), LABELS)
    assert len(table.rows) == 1 and "1行" in table.notes[-1]


def test_percent_of_a_log_change():
    assert percent({"estimate": -0.5}) == "39"


@pytest.mark.parametrize("made", ["scale_quality", "invariance_verdicts", "response_rates"])
def test_short_tables_of_scales(made):
    released = {Path(name).stem: frame for name, frame in report_fakes.scales().items()}
    if made == "scale_quality":
        table = scale_quality_table(released["scale_reliability"], released["scale_structure"], LABELS)
        fits = {row[0]: row[5] for row in table.rows}
        assert fits == {"职业倦怠": "0.990", "自主性": "—"}  # three items are just identified
        nothing = released["scale_reliability"].assign(respondents=None, alpha=None)
        assert not scale_quality_table(nothing, released["scale_structure"], LABELS).rows
    elif made == "invariance_verdicts":
        table = invariance_verdicts_table(released["measurement_invariance"], LABELS)
        assert [row[0] for row in table.rows] == ["职业倦怠", "", "自主性", ""]
        assert [row[3] for row in table.rows].count("仅形态等值") == 1
    else:
        table = response_rates_table(released["survey_response"], LABELS)
        assert [row[0] for row in table.rows] == ["全体", "90后", "女"]
        assert table.rows[0][1:4] == ("640/1,000", "64.0%", "1.00") and table.groups == (1, 2)
