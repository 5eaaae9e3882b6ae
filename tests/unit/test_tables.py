"""Tables of results: cells, verdicts, widths, and the files they are written to."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import report_fakes
from openpyxl import load_workbook

from jianfu.config.files import read_yaml
from jianfu.core.errors import ConfigError
from jianfu.core.labels import Labels
from jianfu.models.reasons import because
from jianfu.models.verdicts import Verdict, hypothesis_rows, judged, narrower, sign_of, verdict
from jianfu.models.words import label_of_every_test, label_of_tests, term_label, value_label, verdict_label
from jianfu.report.document.blocks import shows
from jianfu.report.tables.checks import checks_table
from jianfu.report.tables.hypotheses import hypotheses_table
from jianfu.report.tables.regression import regression_table
from jianfu.report.tables.released import released_table
from jianfu.report.tables.robustness import fe_versus_pooled
from jianfu.report.tables.table import (
    PAGE_WIDTH,
    Table,
    columns_of,
    interval,
    number,
    p_text,
    printed,
    ratio,
    stars,
    write_csv,
    write_xlsx,
)

LABELS = Labels("zh", str(Path(__file__).parents[2] / "config" / "plan" / "labels.csv"))
MODELS = {model["name"]: model for model in report_fakes.MODELS["models"]}


@pytest.fixture
def estimates():
    return report_fakes.estimates()


def test_scores_and_missing_columns_have_words():
    assert term_label("autonomy", LABELS) == "自主性"
    assert value_label("missing_tasks_month", LABELS) == "缺月均任务数"
    assert value_label("missing_start", LABELS) == "缺任职起始日期"


def test_ratios_that_say_nothing_are_limits():
    printed_ = [
        ratio(coefficient) for coefficient in (0.0, 0.693147, 6.9, 7.0, 5e11, -5.2, -6.0, -5e11, None)
    ]
    assert printed_ == ["1.00", "2.00", "992.27", ">1,000", ">1,000", "0.01", "<0.01", "<0.01", "—"]


def main_table(estimates):
    return regression_table(
        "main_regression", report_fakes.TABLES["main_regression"], estimates, MODELS, LABELS
    )


def cell(table, row, column):
    """Cell of the row that begins with ``row`` and the column whose heading holds ``column``."""
    position = next(n for n, head in enumerate(table.header) if column in head)
    return next(cells for cells in table.rows if cells[0] == row)[position]


# ------------------------------------------------------------------------------------------------ cells


def test_numbers_have_true_minus_and_no_negative_zero():
    assert number(-0.1424) == "−0.142"
    assert number(-0.0001) == "0.000"
    assert number(1234.5, 1) == "1,234.5"
    assert number(np.nan) == number(None) == "—"


@pytest.mark.parametrize(
    ("p_value", "mark"),
    [(0.0009, "***"), (0.001, "**"), (0.0099, "**"), (0.01, "*"), (0.049, "*"), (0.05, ""), (np.nan, "")],
)
def test_stars_at_their_levels(p_value, mark):
    assert stars(p_value) == mark


def test_p_values_and_intervals():
    assert p_text(0.0004) == "<0.001"
    assert p_text(0.0004999 + 0.0005) == "<0.001"
    assert p_text(0.0126) == "0.013"
    assert interval(-0.1, 0.25) == "[−0.100, 0.250]"
    assert interval(np.nan, 1) == "—"


def test_numbers_of_a_column_have_the_same_decimals():
    table = Table("t", "t", ("a", "b", "c"), ((7200.0, 0.8921, 6.4452), (-3, np.nan, 10.0), ("", 1, 142.6)))
    assert printed(table) == [["7,200", "0.892", "6.45"], ["−3", "—", "10.00"], ["", "1.000", "142.60"]]


def test_labels_of_terms():
    assert term_label("OD:cohort_90s", LABELS) == "过密化指数 × 90后"
    assert term_label("OD_lead", LABELS) == "过密化指数（未来3个月）"
    assert term_label("something", LABELS) == "something"
    assert term_label(float("nan"), LABELS) == term_label(None, LABELS) == "—"


def test_every_kind_of_errors_of_the_plan_has_words():
    for kind in ("iid", "cluster_G", "CR2", "wild", "bootstrap", "hac_cluster", "hac", "influence_welch"):
        assert f"vcov_{kind}" in LABELS


# ------------------------------------------------------------------------------------------------ regression table


def test_the_foot_gives_the_ratio_of_a_log_hazard_and_the_level_of_the_events(estimates):
    exits = estimates["model"].eq("H2_exits")
    changes = {
        "estimate": np.log(1.2),
        "scale": "log_hazard_per_sd",
        "n_events": 900,
        "n_used": 300_000,
        "converged": True,
    }
    table = main_table(estimates.assign(**{k: estimates[k].mask(exits, v) for k, v in changes.items()}))
    assert cell(table, LABELS("row_ratio"), "(2)") == "1.20"
    assert cell(table, LABELS("row_events_per_1000"), "(2)") == "3.00"
    assert cell(table, LABELS("row_ratio"), "(1)") == "—"  # a difference in SD


def test_estimate_stands_above_its_error(estimates):
    table = main_table(estimates)
    assert cell(table, "过密化指数", "(1)") == "0.187***"
    assert table.rows[1][1] == "(0.041)"
    assert [row[0] for row in table.rows[:4]] == ["过密化指数", "", "过密化指数", "× 90后"]
    assert table.rows[2][3] == "0.214**" and table.rows[3][3] == "(0.083)" and table.rows[2][1] == ""


def test_effects_errors_and_counts_stand_in_a_group_of_their_own(estimates):
    table = main_table(estimates)
    assert table.rows[table.groups[0]][0] == "估计方法"
    assert cell(table, "单位固定效应", "(2)") == "是"
    assert cell(table, "单位固定效应", "(6)") == "否"
    assert cell(table, "观测数", "(2)") == "331,204"
    assert cell(table, "事件数", "(1)") == "—"
    assert cell(table, "标准误", "(1)") == "单位聚类"


def test_a_model_without_estimate_shows_a_dash(estimates):
    estimates.loc[estimates["model"] == "H1_burnout", ["estimate", "std_error", "p_value"]] = np.nan
    table = main_table(estimates)
    assert cell(table, "过密化指数", "(1)") == "—"
    assert table.rows[1][1] == ""


def test_a_table_without_any_estimate_is_not_shown(estimates):
    assert shows(main_table(estimates))
    assert not shows(main_table(estimates.assign(estimate=np.nan)))


def test_an_unconverged_model_shows_a_dash_whatever_its_figures(estimates):
    estimates["converged"] = estimates["converged"].astype(object)
    estimates.loc[estimates["model"] == "H2_exits", "converged"] = False
    assert cell(main_table(estimates), "过密化指数", "(2)") == "—"


def test_controls_are_no_rows_and_absent_models_no_columns(estimates):
    control = estimates.iloc[[0]].assign(term="cohort_90s")
    table = main_table(pd.concat([estimates, control], ignore_index=True))
    assert not any(row[0] == "90后" for row in table.rows)
    fewer = main_table(estimates[estimates["model"] != "H2_poisson"])
    assert len(fewer.header) == len(table.header) - 1


def test_unknown_model_in_the_layout_is_named(estimates):
    with pytest.raises(ConfigError, match="tables.yaml: 'main_regression' names the model 'H9_x'"):
        regression_table("main_regression", ["H9_x"], estimates, MODELS, LABELS)


def test_the_plan_names_models_that_exist():
    plan = Path(__file__).parents[2] / "config" / "plan"
    names = {model["name"] for model in read_yaml(plan / "models.yaml")["models"]}
    for columns in read_yaml(plan / "tables.yaml").values():
        assert set(columns) <= names and len(columns) <= 8
    hypotheses = pd.read_csv(plan / "hypotheses.csv", encoding="utf-8-sig")
    assert set(hypotheses["model"].dropna()) <= names


def test_few_clusters_are_noted(estimates):
    assert not any("40" in note for note in main_table(estimates).notes)
    assert any("40" in note for note in main_table(estimates.assign(n_clusters=24)).notes)


# ------------------------------------------------------------------------------------------------ verdicts and checks


def row_of(estimate=0.2, error=0.05, **changes):
    """A row of estimates with a normal interval of 95 %."""
    row = {"estimate": estimate, "std_error": error, "p_value": 0.001, "p_adjusted": 0.01, "converged": True}
    row |= {"ci_low": estimate - 1.959964 * error, "ci_high": estimate + 1.959964 * error}
    return row | {"n_clusters": 200, "vcov": "cluster_G", "reasons": []} | changes


@pytest.mark.parametrize(
    ("estimate", "error", "p_adjusted", "sign", "expected"),
    [
        (0.2, 0.05, 0.01, "+", "supported"),
        (-0.2, 0.05, 0.01, "-", "supported"),
        (-0.2, 0.05, 0.01, "+", "contrary"),
        (0.2, 0.10, 0.06, "+", "inconclusive"),
        (-0.02, 0.10, 0.80, "+", "inconclusive"),  # the sign of noise decides nothing
        (0.03, 0.04, 0.45, "+", "negligible"),  # to 0.096
        (0.04, 0.04, 0.45, "+", "inconclusive"),  # to 0.106
        (0.05, 0.01, 0.001, "+", "negligible"),  # differs from zero, too little to matter
        (0.03, 0.04, 0.45, "=", "supported"),
        (0.20, 0.04, 0.01, "=", "contrary"),
        (0.20, 0.20, 0.30, "=", "inconclusive"),
        (0.09, 0.03, 0.01, "=", "inconclusive"),  # significant, and not beyond the smallest effect
        (-0.02, 0.04, 0.60, ">=", "supported"),  # from -0.086
        (-0.04, 0.04, 0.30, ">=", "inconclusive"),  # from -0.106
        (-0.30, 0.10, 0.01, ">=", "contrary"),  # to -0.136
        (np.nan, np.nan, np.nan, "+", "not_tested"),
    ],
)
def test_verdicts(estimate, error, p_adjusted, sign, expected):
    """Smallest effect of interest 0.10; 1.645 standard errors to each side are the interval of 90 %."""
    assert verdict(row_of(estimate, error, p_adjusted=p_adjusted), sign, 0.10, 0.05).code == expected


def test_the_narrower_interval_keeps_the_degrees_of_freedom_and_the_sides_of_the_wider_one():
    low, high = narrower(
        row_of(0, 1, ci_low=-2.228139, ci_high=4.456278, reasons=[because("t", df=10)]), 0.05
    )
    assert (low, high) == pytest.approx((-1.812461, 3.624922), abs=1e-5)  # t tables, 10 degrees of freedom


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"reasons": [because("few_events")]}, "inconclusive"),
        ({"reasons": [because("few_treated", clusters=3)]}, "inconclusive"),
        ({"reasons": [because("few_treated", clusters=3)], "vcov": "influence_welch"}, "supported"),
        ({"n_clusters": 24}, "inconclusive"),
        ({"n_clusters": 24, "vcov": "CR2"}, "supported"),
        ({"n_clusters": 24, "vcov": "wild"}, "supported"),
    ],
)
@pytest.mark.parametrize("sign", ["+", ">=", "-"])
def test_few_events_or_clusters_decide_nothing(change, expected, sign):
    found = verdict(row_of(**change), sign, 0.05, 0.05)
    assert found.code == ("contrary" if (expected, sign) == ("supported", "-") else expected)
    assert bool(found.reasons) == (expected == "inconclusive")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (None, "none"),
        (row_of(np.nan, np.nan), "none"),
        (row_of(0.01, 0.04, p_value=0.8), "passed"),  # to 0.076, half of the primary estimate is 0.10
        (row_of(0.05, 0.04, p_value=0.2), "weak"),
        (row_of(0.00, 0.07, p_value=1.0), "weak"),
        (row_of(0.09, 0.04, p_value=0.03), "failed"),
        (row_of(0.09, 0.04, p_value=0.03, n_clusters=12), "weak"),
    ],
)
def test_a_falsification_test_passes_fails_or_cannot_tell(row, expected):
    assert judged(row, row_of(0.2), 0.05) == expected


def test_the_tests_of_a_hypothesis_are_its_own():
    """The lead of H2 says nothing of H3, and nobody born in the 1990s retires."""
    hypotheses = report_fakes.HYPOTHESES[report_fakes.HYPOTHESES["family"] == "confirmatory"]
    made = {
        ("H2_exits.lead", "OD_lead"): (0.0, 0.02),
        ("H2_exits.retirement", "OD"): (0.0, 0.20),
        ("H3_within_cohorts.lead", "OD_lead:cohort_90s"): (0.3, 0.05),
        ("H3_within_cohorts.retirement", "OD"): (0.3, 0.05),
        ("H3_within_cohorts.elsewhere", "OD_elsewhere:cohort_90s"): (0.0, 0.02),
    }
    rows = [
        row_of(*figures, model=model, term=term, p_value=0.001 if figures[0] else 0.9)
        for (model, term), figures in made.items()
    ]
    found = hypothesis_rows(report_fakes.estimates(), pd.DataFrame(rows), hypotheses, 0.05)
    by_name = {line.plan["hypothesis"]: line.tests for line in found}
    assert set(by_name["H1"].values()) == {"none"}
    assert by_name["H2"] == {
        "lead": "passed",
        "retirement": "weak",
        "elsewhere": "none",
        "between": "none",
        "bursts": "none",
        "year_before": "none",
        "later": "none",
    }
    silent = dict.fromkeys(("retirement", "between", "year_before", "later"), "none")
    assert by_name["H3"] == {"lead": "failed", "elsewhere": "passed"} | silent
    words = {name: label_of_tests(tests, LABELS) for name, tests in by_name.items()}
    assert words == {"H1": "检验不适用", "H2": "检验力不足（退休）", "H3": "检验未通过（以后的负担）"}


def test_lasting_differences_between_units_are_said_and_are_no_test():
    tests = {"lead": "passed", "elsewhere": "passed", "between": "failed"}
    assert label_of_tests(tests, LABELS) == "检验通过；乡镇之间另有差别（已扣除）"
    assert label_of_tests(tests | {"lead": "failed"}, LABELS).startswith("检验未通过（以后的负担）；")


def test_the_table_of_hypotheses_says_what_each_test_says():
    tests = {
        "lead": "passed",
        "retirement": "none",
        "elsewhere": "failed",
        "bursts": "weak",
        "between": "weak",
    }
    assert label_of_every_test(tests, LABELS) == (
        "检验未通过（外县相似乡镇）；检验力不足（流出成簇）；检验通过（以后的负担）；乡镇之间有无另外的差别分不清"
    )
    assert label_of_every_test(dict.fromkeys(tests, "none"), LABELS) == "检验不适用"


def test_no_verdict_without_convergence_or_row():
    row = {"estimate": 0.2, "std_error": 0.1, "p_value": 0.001, "p_adjusted": 0.001, "converged": False}
    row |= {"reasons": [because("unconverged")]}
    assert verdict(None, "+", 0.1, 0.05) == Verdict("not_tested")
    assert verdict(row, "+", 0.1, 0.05) == Verdict("not_tested", (because("unconverged"),))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (because("column_absent", column="GAP"), "未检验（缺少权责落差指数）"),
        (because("column_empty", column="OD"), "未检验（缺少过密化指数）"),
        (because("table_empty", table="chains"), "未检验（缺少任务层级关系）"),
        (because("collinear", columns=["OD", "TR"]), "未检验（与其他变量共线）"),
        (because("collinear_term", term="OD"), "未检验（与其他变量共线）"),
        (because("no_events"), "未检验"),
    ],
)
def test_an_untested_hypothesis_says_what_the_data_lack(reason, words):
    row = {"estimate": None, "std_error": None, "converged": False}
    row |= {"reasons": [because("not_estimable", why=reason), because("t", df=3)]}
    assert verdict_label(verdict(row, "+", 0.1, 0.05), LABELS) == words


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("+", "+"),
        ("> 0", "+"),
        ("<0", "-"),
        ("−", "-"),
        ("-", "-"),
        ("0", "="),
        ("≈ 0", "="),
        ("=", "="),
        (">=", ">="),
        ("≥ 0", ">="),
    ],
)
def test_predicted_signs_are_read(text, sign):
    assert sign_of(text) == sign


def test_every_hypothesis_has_a_row_and_untested_ones_no_figures(estimates):
    tested = hypothesis_rows(estimates, report_fakes.checks(), report_fakes.HYPOTHESES, 0.05)
    table = hypotheses_table(tested, LABELS)
    verdicts = {row[0]: row[-1].split("\n")[0] for row in table.rows}
    assert verdicts == {
        "H1": "支持",
        "H2": "支持",
        "H3": "支持",
        "H4": "未检验",
        "H6": "支持",
        "H8": "未检验",
    }
    assert next(row for row in table.rows if row[0] == "H8")[3:6] == ("—", "—", "—")


def test_checks_hold_only_rows_that_should_be_zero(estimates):
    def results(frame):
        return [row[-1] for row in checks_table(frame, MODELS, LABELS, 0.05).rows]

    assert results(estimates) == ["通过（在主要估计的一半以内）", "检验力不足"]
    assert results(estimates.assign(p_value=0.01)) == ["未通过（显著异于零）"] * 2
    few = [[because("few_events")] for _ in estimates.index]
    assert results(estimates.assign(p_value=0.01, reasons=few)) == ["检验力不足"] * 2
    wide = estimates.assign(ci_high=estimates["ci_high"].where(estimates["role"] != "placebo", 0.6))
    assert results(wide) == ["检验力不足"] * 2


def test_fixed_effects_stand_beside_pooled_estimates(estimates):
    table = fe_versus_pooled(estimates, MODELS, LABELS)
    assert [row[0] for row in table.rows] == ["H1", "H2"]
    assert table.rows[1][3] == "0.251***\n(0.062)"
    assert table.rows[1][5] == "0.388***\n(0.033)"
    assert table.rows[1][-1] == "0.137"


# ------------------------------------------------------------------------------------------------ released tables


def test_withheld_cells_are_dashes_and_the_gates_columns_go():
    frame = pd.DataFrame(
        {
            "block": ["persons", "persons", "scores"],
            "row": ["exits", "exits", "burnout"],
            "cohort": ["90后", "00后", "all"],
            "n": [312, None, 6400],
            "status": ["shown", "withheld", "shown"],
            "data": ["合成数据 SYNTHETIC"] * 3,
        }
    )
    table = released_table("descriptives", frame, LABELS)
    assert table.header == ("类别", "变量", "出生年代", "观测数")
    assert table.rows[0] == ("人员", "自愿流出", "90后", 312.0)
    assert table.rows[1] == ("", "", "00后", None)
    assert table.groups == (2,)


def test_status_of_an_indicator_is_kept():
    frame = pd.DataFrame(
        {"code": ["A1"], "label": ["人均任务数"], "unit_months": [0], "status": ["switched_off"]}
    )
    assert released_table("indicator_list", frame, LABELS).rows[0][-1] == "缺字段"


# ------------------------------------------------------------------------------------------------ layout and files


def test_columns_fill_the_page_and_hold_unbreakable_text(estimates):
    table = main_table(estimates)
    widths = columns_of(table).widths
    assert sum(widths) == pytest.approx(PAGE_WIDTH)
    assert all(width >= len("0.251***") for width in widths)


def test_long_text_gets_the_space():
    table = Table("t", "t", ("a", "b"), (("1", "很长的说明" * 10), ("2", "短")))
    narrow, wide = columns_of(table).widths
    assert wide > 4 * narrow


def test_csv_has_the_mark_in_its_last_column(tmp_path, estimates):
    table = main_table(estimates)
    write_csv(table, tmp_path / "a.csv", "合成数据 SYNTHETIC")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with open(tmp_path / "a.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][-1] == "data" and all(row[-1] == "合成数据 SYNTHETIC" for row in rows[1:])
    assert len(rows) == 1 + len(table.rows)


def test_workbook_is_a_three_line_table(tmp_path, estimates):
    table = main_table(estimates)
    write_xlsx(table, tmp_path / "a.xlsx", "合成数据 SYNTHETIC")
    sheet = load_workbook(tmp_path / "a.xlsx")["main_regression"]
    assert "合成数据" in sheet["A1"].value and "合成数据" in sheet.oddHeader.center.text
    first, last = sheet[2], sheet[2 + len(table.rows)]
    assert {cell.border.top.style for cell in first} == {"medium"}
    assert {cell.border.bottom.style for cell in first} == {"thin"}
    assert {cell.border.bottom.style for cell in last} == {"medium"}
    sides = {(c.border.left.style, c.border.right.style) for row in sheet.iter_rows() for c in row}
    assert sides == {(None, None)}
    assert sheet["B3"].value == 0.187 and sheet["B3"].number_format == '#,##0.000"***";−#,##0.000"***"'
    assert sheet["B4"].number_format == '"("#,##0.000")";"("−#,##0.000")"'
    assert not sheet["B5"].value and sheet["D5"].value == 0.214


def test_workbook_keeps_numbers_as_numbers(tmp_path):
    write_xlsx(
        Table("t", "t", ("a", "b", "c"), (("x", 1234.0, 0.1234), ("y", None, 2.0))), tmp_path / "a.xlsx"
    )
    sheet = load_workbook(tmp_path / "a.xlsx")["t"]
    assert (sheet["B3"].value, sheet["C3"].value, sheet["B4"].value) == (1234, 0.1234, "—")


def test_workbook_bytes_depend_on_the_table_alone(tmp_path, estimates):
    digests = set()
    for name in ("a.xlsx", "b.xlsx"):
        write_xlsx(main_table(estimates), tmp_path / name)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
