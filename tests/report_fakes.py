"""A small released folder with invented numbers, in the shapes that the gate writes, for tests of tables and report."""

import json
from pathlib import Path

import figure_fakes
import numpy as np
import pandas as pd
import yaml

from jianfu.config.files import read_yaml
from jianfu.core.reasons import write_reasons
from jianfu.models.estimates import RELEASED_COLUMNS
from jianfu.models.reasons import because
from jianfu.province.plan import deviations, write_deviations
from jianfu.release.reasons_file import reasons_table
from jianfu.report.document.context import FIGURES

ROOT = Path(__file__).resolve().parents[1]

SURVEY = {"controls": ["cohort", "sex"], "effects": ["unit", "wave"], "data": "survey_scores"}
HAZARD = {"controls": ["cohort", "sex", "lock"], "effects": ["unit", "month"], "data": "hazard_cells"}
MODELS = {
    "categories": {"cohort": {"80后": "cohort_80s", "90后": "cohort_90s"}},
    "models": [
        {"name": name, "label_zh": zh, "label_en": en, "estimator": estimator, "terms": terms, **common}
        for name, zh, en, estimator, terms, common in [
            ("H1_burnout", "职业倦怠", "Burnout", "ols", ["OD"], SURVEY),
            ("H2_exits", "自愿流出", "Voluntary exit", "cloglog", ["OD"], HAZARD),
            (
                "H3_within_cohorts",
                "自愿流出（分代际）",
                "Exit by cohort",
                "cloglog",
                ["OD", "OD:cohort_90s"],
                HAZARD,
            ),
            ("H1_exhaustion", "情绪衰竭", "Exhaustion", "ols", ["OD"], SURVEY),
            ("H2_poisson", "自愿流出（泊松）", "Voluntary exit, Poisson", "poisson", ["OD"], HAZARD),
            (
                "H1_pooled",
                "职业倦怠（无单位效应）",
                "Burnout, pooled",
                "ols",
                ["OD"],
                SURVEY | {"effects": ["wave"]},
            ),
            (
                "H2_pooled",
                "自愿流出（无单位效应）",
                "Exit, pooled",
                "cloglog",
                ["OD"],
                HAZARD | {"effects": ["month"]},
            ),
            (
                "H2_lead",
                "未来暴露（安慰剂）",
                "Exposure in months m+1 to m+3",
                "cloglog",
                ["OD", "OD_lead"],
                HAZARD,
            ),
            ("H2_retirement", "退休（负对照）", "Retirement", "cloglog", ["OD"], HAZARD),
            ("H6_meaning", "工作意义感", "Meaning of work", "ols", ["TR"], SURVEY),
            ("H8_innovation", "创新动力", "Innovation motivation", "ols", ["RG"], SURVEY),
        ]
    ],
}
TABLES = {
    "main_regression": [
        "H1_burnout",
        "H2_exits",
        "H3_within_cohorts",
        "H2_poisson",
        "H1_pooled",
        "H2_pooled",
    ]
}

TIERS = pd.DataFrame(
    [
        ("OD", "OD-C", 0.0, 1.0, "common", "OD-C", None, None),
        ("TR", "TR-C", 1.0, 1.0, "full", "TR", 0.6, 0.9),
        ("RG", "", 0.0, None, "none", "", None, None),
    ],
    columns=["index", "common", "share", "share_common", "tier", "used", "within", "between"],
)
HYPOTHESES = pd.DataFrame(
    [
        (
            "H1",
            "过密化与职业倦怠正相关",
            "Overload is associated with more burnout",
            "H1_burnout",
            "OD",
            "+",
            "confirmatory",
        ),
        (
            "H2",
            "过密化与自愿流出正相关",
            "Overload is associated with more outflow",
            "H2_exits",
            "OD",
            "+",
            "confirmatory",
        ),
        (
            "H3",
            "过密化与流出的关联在90后中更强",
            "The association is stronger among the 1990s cohort",
            "H3_within_cohorts",
            "OD:cohort_90s",
            "+",
            "confirmatory",
        ),
        ("H4", "三项负担共同与倦怠相关", "Three joint sources of burnout", "", "", "+", "exploratory"),
        (
            "H6",
            "痕迹依赖与意义感负相关",
            "Traces go with lower meaning",
            "H6_meaning",
            "TR",
            "-",
            "exploratory",
        ),
        (
            "H8",
            "刻板化与创新动力负相关",
            "Rigidity goes with less innovation",
            "H8_innovation",
            "RG",
            "-",
            "exploratory",
        ),
    ],
    columns=["hypothesis", "statement_zh", "statement_en", "model", "term", "predicted_sign", "family"],
).assign(smallest="0.05")


def estimates():
    """Estimates of every role with invented numbers; one model that could not be estimated."""
    survey = {"outcome": "burnout", "scale": "sd_per_sd", "n_used": 6412, "n_read": 6800, "n_units": 200}
    hazard = {
        "outcome": "voluntary",
        "scale": "log_hazard_per_sd",
        "n_used": 331204,
        "n_read": 352110,
        "n_units": 196,
        "n_events": 912,
    }
    dropped = json.dumps({"missing_exposure": 14800, "separated_unit": 6106})
    rows = [
        ("H1", "H1_burnout", "primary", survey, "OD", 0.187, 0.041),
        ("H1", "H1_exhaustion", "robustness", survey | {"outcome": "exhaustion"}, "OD", 0.203, 0.032),
        ("H1", "H1_pooled", "pooled", survey, "OD", 0.298, 0.021),
        ("H2", "H2_exits", "primary", hazard, "OD", 0.251, 0.062),
        ("H3", "H3_within_cohorts", "primary", hazard, "OD", 0.128, 0.071),
        ("H3", "H3_within_cohorts", "primary", hazard, "OD:cohort_90s", 0.214, 0.083),
        ("H2", "H2_poisson", "robustness", hazard, "OD", 0.249, 0.061),
        ("H2", "H2_pooled", "pooled", hazard, "OD", 0.388, 0.033),
        ("H2", "H2_lead", "placebo", hazard, "OD_lead", -0.012, 0.058),
        (
            "H2",
            "H2_retirement",
            "negative_control",
            hazard | {"outcome": "retire", "n_events": 388},
            "OD",
            0.021,
            0.081,
        ),
        ("H6", "H6_meaning", "primary", survey | {"outcome": "meaning"}, "TR", -0.142, 0.049),
        ("H8", "H8_innovation", "primary", survey | {"outcome": "innovation"}, "RG", np.nan, np.nan),
    ]
    records = []
    for hypothesis, model, role, common, term, estimate, error in rows:
        z = abs(estimate / error) if estimate == estimate else np.nan
        p = float(np.exp(-0.717 * z - 0.416 * z * z)) if z == z else np.nan
        records.append(
            {
                "province": "fake",
                "hypothesis": hypothesis,
                "model": model,
                "role": role,
                "specification": model,
                "exposure": "OD",
                "term": term,
                "estimate": estimate,
                "std_error": error,
                "ci_low": estimate - 1.96 * error,
                "ci_high": estimate + 1.96 * error,
                "p_value": p,
                "p_adjusted": min(1.0, 2 * p) if role == "primary" else np.nan,
                "n_dropped": common["n_read"] - common["n_used"],
                "dropped_by_reason": dropped,
                "n_clusters": common["n_units"],
                "converged": estimate == estimate,
                "vcov": "cluster_G",
                "reasons": [] if estimate == estimate else [because("nothing_left", term="RG")],
                **common,
            }
        )
    return pd.DataFrame(records).reindex(columns=[*RELEASED_COLUMNS, "reasons"])


def checks():
    """Checks beside the primary models with invented numbers: a significant lead of H1, the others near zero."""
    burnout, exits, young = "H1_burnout", "H2_exits", "H3_within_cohorts"
    rows = [
        ("H1", f"{burnout}.lead", "placebo", "OD_lead", -0.06, 0.02),
        ("H1", f"{burnout}.confounding", "diagnostic", "robustness_value(OD)", 0.158, np.nan),
        ("H1", f"{burnout}.e_value", "diagnostic", "e_value(OD)", 2.11, np.nan),
        ("H1", f"{burnout}.power", "diagnostic", "detectable(OD)", 0.115, 0.041),
        ("H2", f"{exits}.lead", "placebo", "OD_lead", 0.01, 0.05),
        ("H2", f"{exits}.within_between", "robustness", "between(OD, unit)", 0.38, 0.07),
        ("H2", f"{exits}.additive", "robustness", "excess_per_1000(OD)", 0.58, 0.16),
        ("H2", f"{exits}.additive", "robustness", "excess_per_1000(OD; 90后 - others)", 0.61, 0.17),
        ("H2", f"{exits}.one_county_out", "diagnostic", "lowest_without_one(OD)", 0.23, np.nan),
        ("H2", f"{exits}.one_county_out", "diagnostic", "highest_without_one(OD)", 0.27, np.nan),
        ("H3", f"{young}.additive", "robustness", "excess_per_1000(OD; 90后 - others)", 1.47, 0.25),
        ("H3", f"{young}.power", "diagnostic", "detectable(OD:cohort_90s)", 0.232, 0.083),
        ("H3", f"{young}.lead", "placebo", "OD_lead:cohort_90s", 0.07, 0.1),
    ]
    columns = ["hypothesis", "model", "role", "term", "estimate", "std_error"]
    frame = pd.DataFrame(rows, columns=columns)
    tested = frame["role"] != "diagnostic"
    frame["ci_low"] = (frame["estimate"] - 1.96 * frame["std_error"]).where(tested)
    frame["ci_high"] = (frame["estimate"] + 1.96 * frame["std_error"]).where(tested)
    z = (frame["estimate"] / frame["std_error"]).abs()
    frame["p_value"] = np.exp(-0.717 * z - 0.416 * z * z).where(tested)
    nothing = [[] for _ in frame.index]
    return frame.assign(converged=True, scale="sd_per_sd", n_clusters=200, reasons=nothing)


def within_between():
    """Differences between units and within them of two hypotheses: one leaves out zero."""
    rows = [
        ("H1", "within", 0.3, 0.2, 0.4),
        ("H1", "difference", 0.03, -0.03, 0.09),
        ("H2", "difference", 0.4, 0.25, 0.55),
    ]
    return pd.DataFrame(rows, columns=["hypothesis", "part", "estimate", "ci_low", "ci_high"])


def scenarios():
    """Released effects of three scenarios: one that is projected, one far outside what was seen, one not asked."""
    rows = [
        ("S1", "index", "OD", -0.6, None, None, ""),
        ("S1", "exits_avoided", "90后", 3.5, -2.2, 9.6, ""),
        ("S1", "exits_avoided", "others", 1.1, -2.2, 3.8, ""),
        ("S1", "headcount_36", "90后", 0.9, -0.6, 2.6, ""),
        ("S1", "burnout", "all", -0.06, -0.13, -0.01, ""),
        ("S1", "outside_support", "all", 0.02, None, None, ""),
        ("S4", "index", "OD", -6.3, None, None, ""),
        ("S4", "outside_support", "all", 0.56, None, None, "56%的单位月超出所见范围"),
        ("S8", "outside_support", "all", None, None, None, "未检验（缺tasks.indicator_id）"),
    ]
    columns = ["scenario", "quantity", "group", "estimate", "ci_low", "ci_high", "note"]
    return pd.DataFrame(rows, columns=columns).assign(status="shown")


def scales():
    """Released tables of the survey scales by path: autonomy compares over waves only, burnout over both groupings."""
    fit = {"chi2": 80.0, "df": [87, 0], "p_value": 0.7, "cfi": 0.99, "tli": 1.0, "rmsea": 0.01}
    fit |= {
        "rmsea_low": 0.0,
        "rmsea_high": 0.02,
        "srmr": 0.02,
        "items": [15, 3],
        "factors": [3, 1],
        "note": "",
    }
    names = ["burnout", "autonomy"]
    reliability = {
        "scale": names,
        "respondents": [800, 810],
        "alpha": [0.95, 0.81],
        "alpha_low": [0.94, 0.79],
    }
    reliability |= {
        "alpha_high": [0.96, 0.83],
        "omega": [0.96, 0.82],
        "icc1": 0.1,
        "icc2": 0.6,
        "items": [15, 3],
    }
    invariance = pd.DataFrame(
        [
            (scale, grouping, level, 800, 3, "yes", verdict, verdict)
            for scale, grouping, verdict in [
                ("burnout", "cohort", "scalar"),
                ("burnout", "wave", "scalar"),
                ("autonomy", "cohort", "configural"),
                ("autonomy", "wave", "scalar"),
            ]
            for level in ("configural", "metric", "scalar")
        ],
        columns=["scale", "grouping", "level", "respondents", "groups", "holds", "verdict", "forbids"],
    )
    response = pd.DataFrame(
        [
            (wave, variable, level, 1000, 640, 0.64, weight, None)
            for wave in (1, 2)
            for variable, level, weight in [
                ("cohort", "90后", 0.98),
                ("cohort", "all", 1.0),
                ("sex", "女", 1.02),
                ("sex", "all", 1.0),
            ]
        ],
        columns=["wave", "variable", "level", "roster", "respondents", "rate", "weight", "effective_n"],
    )
    return journal_frames() | {
        "tables/scale_reliability.csv": pd.DataFrame(reliability),
        "tables/scale_structure.csv": pd.DataFrame({"scale": names, "respondents": [800, 810], **fit}),
        "tables/measurement_invariance.csv": invariance,
        "tables/survey_response.csv": response,
    }


def journal_frames():
    """What the tables of a journal are laid out from; the 00后 are withheld."""
    sample = [
        (grouping, variable, level, group, n, of, share, mean, sd, 0.12 if group == "all" else None)
        for grouping, groups in (("cohort", ["80后", "90后", "00后"]), ("tertile", ["low", "middle", "high"]))
        for variable, level in (("persons", ""), ("sex", "女"), ("sex", "男"), ("burnout", ""))
        for group in [*groups, "all"]
        for n, of, share, mean, sd in [
            (None,) * 5
            if group == "00后"
            else (900, 900, None, 2.5, 1.1)
            if variable == "burnout"
            else (400, 1000, 40.0, None, None)
        ]
    ]
    columns = ["grouping", "variable", "level", "group", "n", "of", "share", "mean", "sd", "difference"]
    figures = {"estimate": 0.31, "std_error": 0.05, "ci_low": 0.21, "ci_high": 0.41, "p_value": 0.0004}
    steps = [(m, s) for m in ("H1_burnout", "H2_exits") for s in ("alone", "controls", "unit", "full")]
    terms = [(m, s, t) for m, s in steps for t in ("OD", "sex_female") if t == "OD" or s != "alone"]
    keys = pd.DataFrame(terms, columns=["model", "step", "term"])
    fits = pd.DataFrame(steps, columns=["model", "step"])
    slopes = [("H1_burnout", "bianzhi", level) for level in ("行政", "事业")]
    return {
        "tables/sample_by_group.csv": pd.DataFrame(sample, columns=columns),
        "tables/correlation_pairs.csv": pd.DataFrame(
            [("meaning", "burnout", -0.21, 900), ("OD", "burnout", 0.34, 900), ("OD", "meaning", -0.1, 900)],
            columns=["row", "column", "correlation", "n"],
        ),
        "tables/stepwise.csv": keys.assign(**figures),
        "tables/stepwise_fit.csv": fits.assign(n_used=1000, pseudo_r2=0.06, r2=0.2, r2_within=0.03),
        "tables/subgroups.csv": pd.DataFrame(slopes, columns=["model", "variable", "level"]).assign(
            **figures, p_difference=0.2
        ),
    }


def frames():
    """Released CSV files below figures/ and tables/, by path."""
    months = [str(m) for m in pd.period_range("2023-07", "2026-06", freq="M")]
    cohorts = ["70后及以前", "80后", "90后", "00后"]
    over_time = [
        (m, i, 50 + n * 0.1 + k, 46, 55, 200)
        for n, m in enumerate(months)
        for k, i in enumerate(["OD", "TR", "RG"])
    ]
    heat = [
        (f"3901{c:02d}", f"第{c}县", "甲市", m, 50 + c + n * 0.1, 10, 10)
        for c in range(1, 6)
        for n, m in enumerate(months)
    ]
    clock = [
        (d, h, 100 + d * h, 0.01, 0.8 if (d, h) == (4, 16) else 0.0) for d in range(7) for h in range(24)
    ]
    dose = [
        (c, b, -1 + b / 2, 20000, 30 + 10 * b, 1.5 + 0.4 * b, 1.2, 2.1, 900)
        for c in cohorts
        for b in range(1, 6)
    ] + [(c, "all", np.nan, 100000, 300, 2.7, np.nan, np.nan, 4500) for c in cohorts]
    incidence = [
        (c, ("low", "middle", "high")[t - 1], k, 0.002 * k * t, 0.001 * k * t, 0.003 * k * t, 3, "shown")
        for c in cohorts
        for t in (1, 2, 3)
        for k in (0, 12, 24, 36)
    ]
    burnout = [(b, -1 + b / 3, 1.6 + 0.05 * b, 1.5, 1.9, 600, 1.6 + 0.05 * b) for b in range(1, 9)]
    flow = [
        (1, "person_months_read", "", "person_months", 352110),
        (2, "dropped", "missing_exposure", "person_months", 14800),
        (3, "dropped", "separated_unit", "person_months", 6106),
        (4, "person_months_used", "", "person_months", 331204),
    ]
    descriptives = [
        ("persons", "persons", c, n, None, None, None)
        for c, n in zip(cohorts, [2201, 3380, 3810, 612], strict=True)
    ] + [("scores", "burnout", c, 800, 800, 1.8, 0.92) for c in cohorts]
    quality = [
        ("units", 1, 212, 201, 1, 0, 10, 0, ""),
        (
            "tasks",
            3,
            288120,
            287015,
            512,
            410,
            183,
            96,
            "unparseable_date 211; unknown_unit 120; due_before_issue 79",
        ),
        ("survey", 1, 6900, 6812, 20, 0, 68, 31, ""),
        ("policies", 0, 0, 0, 0, 0, 0, 0, ""),
        ("all", 5, 295232, 294028, 533, 410, 261, 127, ""),
    ]
    indicators = [
        (
            f"A{n}_demo",
            f"A{n}",
            "OD" if n < 8 else "",
            f"示例指标{n}（每20个工作日）",
            7200,
            1.2 * n,
            0.4,
            0.97,
            "used",
        )
        for n in range(1, 30)
    ]
    indicators[0] = ("A1_tasks", "A1", "OD", "人均任务数", 7200, 1.2, 0.4, 0.97, "used")
    indicators[1] = ("A4_letters", "A4", "OD", "责任状份数", 600, 1.2, 0.4, 0.97, "not_in_index")
    return {
        "figures/index_over_time.csv": pd.DataFrame(
            over_time, columns=["month", "index", "mean", "q25", "q75", "units"]
        ),
        "figures/county_heatmap.csv": pd.DataFrame(
            heat,
            columns=["county_code", "county_name", "city_name", "month", "mean", "units", "units_logged"],
        ),
        "figures/issue_clock.csv": pd.DataFrame(
            clock, columns=["weekday", "hour", "tasks", "share", "rest_eve_share"]
        ),
        "figures/dose_response.csv": pd.DataFrame(
            dose,
            columns=[
                "cohort",
                "bin",
                "exposure_mean",
                "person_months",
                "exits",
                "rate",
                "ci_low",
                "ci_high",
                "persons",
            ],
        ),
        "figures/cumulative_incidence.csv": pd.DataFrame(
            incidence,
            columns=[
                "cohort",
                "tertile",
                "time_months",
                "cumulative_incidence",
                "ci_low",
                "ci_high",
                "from_months",
                "status",
            ],
        ),
        "figures/burnout_by_overload.csv": pd.DataFrame(
            burnout,
            columns=["bin", "exposure_mean", "burnout_mean", "ci_low", "ci_high", "n_persons", "fitted"],
        ),
        "figures/forest.csv": estimates(),
        "figures/forest_all.csv": estimates(),
        "figures/policy_event_study.csv": estimates().iloc[:4],
        "figures/county_ranks.csv": pd.DataFrame(
            [
                ("OD", f"3901{c:02d}", f"第{c}县", "甲市", c, c, max(c - 1, 1), c, 1, 5, 10, "shown")
                for c in range(1, 6)
            ],
            columns=["index", "county_code", "county_name", "city_name", "rank", "rank_median"]
            + ["rank_low", "rank_high", "drawn_low", "drawn_high", "units", "status"],
        ),
        "tables/index_diagnostics.csv": pd.DataFrame(
            [("OD", "A1_tasks", 0.5, 0.6, 1.2, 0.95, 0.7), ("OD", "A2_checks", 0.5, 0.4, 1.2, 0.9, 0.6)],
            columns=["index", "code", "weight", "influence", "vif", "leave_one_out", "with_index"],
        ),
        "tables/scenario_effects.csv": scenarios(),
        "tables/issuer_scorecard.csv": figure_fakes.issuer_scorecard(3),
        "tables/issuer_contributions.csv": figure_fakes.issuer_contributions(),
        "tables/app_rule_audit.csv": figure_fakes.app_rule_audit(3),
        "tables/relief_monitor.csv": pd.DataFrame(
            [
                ("390101", "第1县", "甲市", "2024-08", "OD", 20, "alarm", "2024-11"),
                ("390102", "第2县", "甲市", "2024-08", "OD", 20, "quiet", ""),
                ("390103", "第3县", "甲市", "2023-08", "OD", 8, "no_baseline", ""),
                ("together", "together", "", "2024-08", "OD", 20, "quiet", ""),
            ],
            columns=["county_code", "county_name", "city_name", "first_rule", "measure", "baseline_months"]
            + ["state", "alarm_month"],
        ),
        "figures/documents_over_time.csv": figure_fakes.documents_over_time(),
        "figures/predictions.csv": figure_fakes.predictions(),
        "figures/cascade.csv": figure_fakes.cascade(),
        "figures/within_between.csv": within_between(),
        "figures/mediation_paths.csv": estimates().iloc[:4],
        "tables/index_shares.csv": pd.DataFrame(
            [("OD", "weights", 4, 0.6, 0.7, "pc1"), ("OD", "drop_one", 8, 0.3, 0.4, "")],
            columns=["index", "factor", "levels", "first_order", "total", "left_out"],
        ),
        **scales(),
        "figures/sample_flow.csv": pd.DataFrame(flow, columns=["position", "step", "reason", "unit", "n"]),
        "tables/descriptives.csv": pd.DataFrame(
            descriptives, columns=["block", "row", "cohort", "persons", "n", "mean", "sd"]
        ),
        "tables/left_out.csv": pd.DataFrame(
            [("topics", "秸秆禁烧", "tasks", 240, 9000, "shown")],
            columns=["kind", "value", "table", "rows", "rows_read", "status"],
        ),
        "tables/data_quality.csv": pd.DataFrame(
            quality,
            columns=[
                "table",
                "files",
                "rows_read",
                "kept",
                "duplicate",
                "rejected",
                "nondata",
                "bad_cells",
                "top_reasons",
            ],
        ),
        "tables/indicator_list.csv": pd.DataFrame(
            indicators,
            columns=[
                "code",
                "construct",
                "index",
                "label",
                "unit_months",
                "mean",
                "sd",
                "coverage",
                "status",
            ],
        ).assign(unit="", remarks=""),
        "disclosure_log.csv": pd.DataFrame(
            [
                ("dose_response", "每格不少于10人", 2, "处理", "数值留空"),
                ("descriptives", "每格不少于10人", 0, "通过", "无需处理"),
                ("estimates", "模型剩余自由度不少于10", 0, "通过", "无需处理"),
            ],
            columns=["output", "rule", "cells", "result", "action"],
        ),
    }


def write_estimates(frame, release):
    """Write estimates (with ``reasons`` as lists of reasons) as the gate does."""
    texts = [write_reasons(reasons) for reasons in frame["reasons"]]
    released = {
        "estimates.csv": frame.reindex(columns=RELEASED_COLUMNS),
        "reasons.csv": reasons_table(frame.assign(reasons=texts)),
    }
    for name, table in released.items():
        table.to_csv(release / name, index=False, encoding="utf-8-sig")


def write(folder, settings, draw_figures=None):
    """Write release/ and provenance/ below ``folder``, and models.yaml and hypotheses.csv into plan/."""
    folder = Path(folder)
    shown = {f"{file}.csv": pd.DataFrame({column: range(least)}) for file, column, least in FIGURES.values()}
    for name, frame in (shown | frames()).items():
        path = folder / "release" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(path, index=False, encoding="utf-8-sig")
    write_estimates(pd.concat([estimates(), checks()], ignore_index=True), folder / "release")
    (folder / "plan").mkdir()
    (folder / "plan" / "models.yaml").write_text(yaml.safe_dump(MODELS, allow_unicode=True), encoding="utf-8")
    (folder / "plan" / "tables.yaml").write_text(yaml.safe_dump(TABLES), encoding="utf-8")
    HYPOTHESES.to_csv(folder / "plan" / "hypotheses.csv", index=False, encoding="utf-8-sig")
    TIERS.to_csv(folder / "plan" / "tiers.csv", index=False, encoding="utf-8-sig")
    outputs = pd.read_csv(ROOT / "config" / "plan" / "outputs.csv", dtype=str, encoding="utf-8-sig")
    released = outputs["area"].str.cat(outputs["name"], sep="/").add(".csv").isin(frames())
    outputs[released].to_csv(folder / "plan" / "outputs.csv", index=False, encoding="utf-8-sig")
    (folder / "provenance").mkdir()
    (folder / "provenance" / "config.yaml").write_text(
        yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8"
    )
    common = read_yaml(ROOT / "config" / "default.yaml")
    changed = deviations(ROOT / "config" / "plan", settings, common)
    write_deviations(changed, folder / "plan" / "deviations.csv")
    write_deviations([], folder / "plan" / "departures.csv")
    (folder / "provenance" / "registrations.json").write_text("[]", encoding="utf-8")
    common = {"version": 1, "digest": "0" * 64, "edited": False}
    (folder / "provenance" / "plan.json").write_text(json.dumps({"common": common}), encoding="utf-8")
    run = {"seed": 20240401, "inputs": {}}
    (folder / "provenance" / "run.json").write_text(json.dumps(run), encoding="utf-8")
    for name in FIGURES:
        (draw_figures or draw)(folder / "release" / "figures", name)
    return folder


def draw(folder, name, dpi=300, width=6.1):
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import pylopdf_fonts_zh_cn
    from matplotlib import font_manager

    font = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"
    font_manager.fontManager.addfont(str(font))
    with plt.rc_context({"font.family": "Noto Sans SC", "svg.hashsalt": "jianfu"}):
        figure, axes = plt.subplots(figsize=(width, 3.6))
        axes.plot(range(10))
        axes.set_title(name)
        axes.set_xlabel("示例横轴")
        for kind in ("png", "svg"):
            figure.savefig(
                folder / f"{name}.{kind}", dpi=dpi, metadata={"Date": None} if kind == "svg" else None
            )
        plt.close(figure)
