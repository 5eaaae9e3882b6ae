"""One small province with every indicator of the plan worked out by hand: no row of the plan without a value here."""

from functools import cache
from math import exp, log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from miniature import CALENDAR, tables, task, unit_months

from jianfu.core.months import month_range
from jianfu.indicators.evaluation import build_indicators
from jianfu.indicators.plan import DENOMINATORS, read_plan

PLAN = Path(__file__).parents[2] / "config" / "plan" / "indicators.csv"
FULL_PLAN = read_plan(PLAN)
WINDOW = ("2023-01", "2025-06")
W = 21 / 20  # working days of 2024-03, in twenties; 10 days off; 4 persons; 10 posts


def kinds(values):
    """Numbers of tables, texts, photos and videos."""
    return dict(zip(("n_table", "n_text", "n_photo", "n_video"), values, strict=True))


MARCH = [
    # Friday 16:00 to Monday: rest-eve; 120 + 480 minutes
    task("A", "2024-03-01 16:00", "2024-03-04", task_id="1", issuer="a", category="x", topic="减负", n_indicator=2,
         in_annual_plan=True, is_trace_only=True, template_required=True, is_veto=True, veto_domain="信访",
         done_at="2024-03-04 10:00", file_hash="h1", n_return=1, return_reason="格式不符", is_adapted=True,
         auto_recorded=True, **kinds((1, 2, 3, 0))),
    # Tuesday, 360 minutes: short; finished late
    task("A", "2024-03-05 09:00", "2024-03-05 17:00", task_id="2", issuer="a", category="x", topic="防汛",
         n_indicator=5, in_annual_plan=False, is_trace_only=False, template_required=False, is_veto=True,
         veto_domain="安全生产", done_at="2024-03-06 10:00", file_hash="h1", n_return=2, return_reason="数据有误",
         is_adapted=False, auto_recorded=False, **kinds((0, 1, 2, 1))),
    # 420 + 7 x 480 minutes; the top of a chain
    task("A", "2024-03-06 09:00", "2024-03-15", task_id="3", issuer="a", category="x", topic="防汛", n_indicator=3,
         in_annual_plan=True, is_trace_only=False, template_required=False, target_value=100,
         done_at="2024-03-14 10:00", file_hash="h2", n_return=0, is_adapted=True, auto_recorded=True,
         **kinds((2, 0, 1, 1))),
    # 420 + 2 x 480 minutes; 5 of 9 days left, target 120 of 100, 8 artefacts of 4
    task("A", "2024-03-07 09:00", "2024-03-11", task_id="4", parent_task_id="3", issuer="a", category="y",
         topic="防汛", in_annual_plan=True, is_trace_only=False, template_required=True, target_value=120,
         done_at="2024-03-11 10:00", file_hash="h3", n_return=1, return_reason="未按模板", is_adapted=False,
         auto_recorded=True, **kinds((3, 3, 1, 1))),
    # 360 + 480 minutes; 2 days, 1 left, target 180 of 120, 2 artefacts of 8
    task("A", "2024-03-11 10:00", "2024-03-12", task_id="5", parent_task_id="4", issuer="b", category="y",
         topic="防汛", in_annual_plan=False, template_required=True, target_value=180, n_return=0, is_adapted=False,
         **kinds((1, 1, 0, 0))),
    # Saturday to Sunday: rest-eve, no working minute
    task("A", "2024-03-16 11:00", "2024-03-17", task_id="6", issuer="b", category="z", topic="防汛"),
    # Friday to Monday, without a clock: a rest-eve task at most
    task("A", "2024-03-08", "2024-03-11", task_id="7", issuer="c", topic="减负", n_indicator=7,
         **kinds((0, 2, 1, 0))),
]  # fmt: skip


def record(event, created):
    return {"event_date": f"2024-{event}", "created_at": f"2024-{created}"}


VISITS = [
    task("A", "2024-03-12 09:00", label=label, task_id=f"V{k}", **more)
    for k, (label, more) in enumerate(
        [
            ("检查", {"check_mode": "查阅资料", "has_rank": True, "n_photo": 4, "prep_hours": 6}),
            (
                "考核",
                {"check_mode": "实地", "has_rank": False, "n_photo": 5, "prep_hours": 9, "n_indicator": 20},
            ),
            (
                "督查",
                {
                    "check_mode": "查阅资料",
                    "has_rank": False,
                    "n_photo": 1,
                    "prep_hours": 3,
                    **record("03-12", "03-19"),
                },
            ),
            ("调研", {"check_mode": "实地", "has_rank": True, "n_photo": 8, **record("03-12", "03-20")}),
            ("观摩", {"check_mode": "实地", "has_score": False, "has_rank": False, "n_photo": 2}),
            ("视察", {"has_score": False, "has_rank": False, **record("03-12", "03-12")}),
        ]
    )
]
# veto items of February that run until the end of March, a Sunday
IN_FORCE = {"信访": 1, "秸秆禁烧": 2, "环保": 1, "耕地保护": 4, "社会稳定": 5}
FEBRUARY = [
    task(
        "A",
        "2024-02-20",
        "2024-03-31",
        task_id=f"{domain}{k}",
        is_veto=True,
        veto_domain=domain,
        category="w",
    )
    for domain, n in IN_FORCE.items()
    for k in range(n)
]
OTHERS = [
    task("A", "2024-06-03", task_id="target", indicator_id="j", target_value=15),
    task("B", "2024-06-03", task_id="target", indicator_id="j", target_value=25),
    *[task("A", "2023-05-04", task_id=f"old{k}") for k in range(3)],
]
UNITS = [{"unit_code": u, "county_code": "C", "population": p} for u, p in (("A", 10), ("B", 30))]
APPS = [
    ("一", "打卡", 10, True, True, 5, 2),
    ("一", "积分", 20, True, True, 1, 6),
    ("二", "转发", 33, False, False, 3, 1),
    ("三", "填报", 41, True, False, 4, 3),
    ("四", "审批", 7, False, False, None, None),
    ("五", "拍照", 12, False, False, None, None),
    ("五", "在线时长", 16, False, False, None, None),
]
APP_COLUMNS = ("app_name", "action_type", "count", "is_mandatory", "used_in_assessment", "off_hours_count",
               "rest_day_count")  # fmt: skip
DOCUMENTS = [
    ("2024-02", "纸质", 36, 1),  # 18 working days: 40 per 20
    ("2024-02", "电子", 18, 1),  # 20
    ("2024-03", "纸质", 84, 100),  # 21 working days: 80
    ("2024-03", "电子", 105, 26),  # 100
]
SPELLS = [
    ("P1", "乡科级正职", "2022-02-28", "2021-01-01", None, True),  # 731 days in rank on 2024-02-29
    ("P2", "党委委员", "2020-02-29", "2021-01-01", None, True),  # 1461
    ("P3", "一般干部", None, "2021-01-01", None, True),
    ("P4", "村党支部书记", "2023-03-01", "2021-01-01", None, True),  # 365; no leader of the township
    ("P5", "乡长", "2010-01-01", "2021-01-01", "2024-02-15", True),  # gone
    ("P6", "副职", "2010-01-01", "2021-01-01", None, False),  # seconded out
    ("P7", "副职", "2010-01-01", "2024-03-01", None, True),  # arrives later
]
HOURS = [
    ("P1", None, 50, 20),
    ("r2", "A", 45, 9),
    ("r3", "A", 40, 10),
    ("r4", "A", 38, 4),
    ("r5", "A", 60, 15),
]
YEARS = [
    {"year": 2023, "outcome_hotline": 80, "outcome_satisfaction": 64, "n_letters": 99},
    {"year": 2024, "outcome_hotline": 90, "outcome_satisfaction": 80, "n_letters": 25, "n_wall": 12, "score": 87.5,
     "n_basic_duty": 100, "n_coop_duty": 90, "n_clauses": 9, "n_power_enforcement": 20, "n_power_finance": 10,
     "n_power_personnel": 9, "n_tolerance": 1, "n_accountability": 3, "n_errors": 12, "n_innovation": 2,
     "w_citizen": 0.15, "leader_approval_hours": 260},
]  # fmt: skip
DAYS = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02", "2024-03-05", "2024-03-06"]


def workdays(year):
    return sum(CALENDAR.workdays(month) for month in month_range(f"{year}-02", f"{year}-08"))


AMPLIFIED = [
    (log(1.2), log(8 / 4)),
    (log(1.5), log(2 / 8)),
]  # target, artefacts
EXPECTED = {
    "A1_tasks": 7 / (4 * W),
    "A1_issuers": exp(-(4 / 7 * log(4 / 7) + 2 / 7 * log(2 / 7) + 1 / 7 * log(1 / 7))),
    "A2_checks": 3 / W,
    "A3_veto": 15,
    "A3_domains": 6,
    "A3_petition": 2,
    "A3_environment": 3,
    "A3_safety": 1,
    "A3_farmland": 4,
    "A3_stability": 5,
    "A4_letters": 25 / 10,
    "A4_in_force": 25,
    "A5_amp": (sum(AMPLIFIED[0]) / 2 + sum(AMPLIFIED[1]) / 2) / 2,
    "A5_target": (log(1.2) + log(1.5)) / 2,
    "A5_earlier": 1 / 2,  # the second child is due after its parent
    "A5_time": (log(9 / 5) + log(1 / 2)) / 2,
    "A5_artefacts": (log(2) - log(4)) / 2,
    "A5_levels": 1.5,
    "A5_adhoc": 2 / 5,
    "A6_share": 1 / 3,
    "A6_disguised": 1 / W,
    "A7_relief": 2 / W,
    "A7_relief_share": 2 / 7,
    "A7_relief_items": 9 / W,
    "A8_all_checks": 4 / W,
    "A9_tolerance": 1 / 4,
    "A10": log(200 / 40),
    "A11_rankings": 2 / W,
    # at the end of the working days of March: seven tasks of the month, and thirteen of February due on the 31st
    "A12_open": (1 + 1 + 6 + 2 + 15 + 10 + 16 + 13 * 21) / (4 * 21),
    "B1_artefacts": 27 / 6,
    "B1_tables": 7 / 6,
    "B1_texts": 9 / 6,
    "B1_photos": 8 / 6,
    "B1_videos": 3 / 6,
    "B1_trace_only": 1 / 4,
    "B1_demand": 6 / 6,  # of those that say how many
    "B2_desk": 2 / 3,
    "B3_duplicates": 1 / 4,
    "B3_bunching": 2 / 4,
    "B3_heaping": 2 / 5,
    "B3_backdated": 1 / 3,
    "B4_walls": 12,
    "B5_apps": 2,
    "B5_all": 5,
    "B6_actions": 123 / (4 * W),
    "B6_total": 123 / W,
    "B6_checkin": 10 / (4 * W),
    "B6_points": 20 / (4 * W),
    "B6_online": 16 / (4 * W),
    "B6_forwarding": 33 / (4 * W),
    "B6_photos": 12 / (4 * W),
    "B6_filling": 41 / (4 * W),
    "B6_approvals": 7 / (4 * W),
    "B6_forced": 3 / 5,
    "B7_assessed": 1 / 5,
    "B8_total": 189 / W,
    "B8_paper": 84 / W,
    "B8_electronic": 105 / W,
    "B8_substitution": -(80 - 40) / (100 - 20),
    "B8_approvals": 126 / (2 * 21),
    "B9_signatures": 126 / 189,
    "B9_leader_hours": 260,
    "B10_photos": (5 + 8 + 2) / 3,
    "B11_score": 87.5,
    "B11_volume": 27 / W,
    "C1_template": 3 / 5,
    "C1_items": (2 + 5 + 3 + 7) / 4,
    "C1_assessment_items": 20,
    "C2_uniformity": 1 - 10 / 20,  # equal means, so the standard deviations of 15, 25 and of 10, 30 decide
    "C3_format_returns": 2 / 3,
    "C3_returns": 3 / 5,
    "C3_adapted_gap": 1 / 2 - 2 / 3,
    "C4_preparation": 6,
    "C5_short_share": 2 / 6,
    "C5_slack_hours": (600 + 360 + 3780 + 1380 + 840 + 0) / 60 / 6,
    "C6_citizens": 0.15,
    "D1_involution": log((21 / workdays(2024)) / (3 / workdays(2023))) - (log(90 / 80) + log(80 / 64)) / 2,
    "D1_trace_hours": 58 / 233,
    "D2_overtime": (10 + 5 + 0 + 0 + 20) / 5,
    "D2_off_hours": 13 / 104,
    "D3_rest_eve_share": 2 / 6,
    "D3_rest_eve_lower": 2 / 7,
    "D3_rest_eve_upper": 3 / 7,
    "D3_rest_eve_ratio": (2 / 6) / (2 / 6 * 4 / 6),
    "D4_rest_actions": 12 / (4 * 10),
    "D4_rest_days_tasked": 3 / 10,  # the 16th, the 17th and the 31st
    "D4_longest_run": 4,
    "D6_monotony": 1 + (3 / 6 * log(3 / 6) + 2 / 6 * log(2 / 6) + 1 / 6 * log(1 / 6)) / log(4),
    "D8_late": 1 / 4,
    "E2_years_in_rank": (731 + 1461 + 365) / 3 / 365.25,
    "F1_innovations": 20,
    "F2_accountability": 3,
    "F2_errors": 12,
    "F2_per_error": 3 / 12,
    "G1_hotline": 90,
    "G1_satisfaction": 80,
    "LOG_auto": 3 / 4,
}
HEADCOUNT_FREE = ("none", "workdays20", "establishment", "restdays")


@cache
def found():
    """Values by code: of 2024-03, yearly ones of 2025-01, where those of 2024 stand."""
    months = month_range("2023-01", "2025-01")
    logged = ["02" <= month[5:] <= "08" for month in months]
    frame = unit_months(months=months, tasks_logged=logged)
    source = tables(
        units=UNITS,
        tasks=MARCH + VISITS + FEBRUARY + OTHERS,
        app_activity=[
            {"unit_code": "A", "month": "2024-03"} | dict(zip(APP_COLUMNS, row, strict=True)) for row in APPS
        ],
        documents=[
            {"unit_code": "A", "month": m, "channel": c, "n_docs": n, "n_sign": s} for m, c, n, s in DOCUMENTS
        ],
        unit_year=[{"unit_code": "A"} | row for row in YEARS],
        app_days=[{"unit_code": "A", "date": day, "actions": 1} for day in DAYS],
        spells=[
            {"person_key": key, "unit_code": "A", "birth_ym": "1990-01", "role": role, "rank_since": since,
             "spell_start": start, "spell_end": end, "on_post": on_post}
            for key, role, since, start, end, on_post in SPELLS
        ],
        survey=[
            {"person_key": key, "unit_code": unit, "wave": 1, "fieldwork_date": "2024-03-15", "hours_week": week,
             "hours_trace": trace}
            for key, unit, week, trace in HOURS
        ],
    )  # fmt: skip
    values, notices = build_indicators(source, frame, FULL_PLAN, CALENDAR, WINDOW, ("2024-01", "2024-12"))
    assert set(notices["outcome"]) == {"cascade_links"}
    yearly = set(FULL_PLAN.loc[FULL_PLAN["frequency"] == "year", "code"])
    month = values["indicator"].isin(yearly).map({True: "2025-01", False: "2024-03"})
    return values[values["month"] == month].set_index("indicator")["value"]


def test_every_row_of_the_plan_has_a_value_worked_out_by_hand():
    assert set(FULL_PLAN["code"]) == set(EXPECTED)


@pytest.mark.parametrize("code", FULL_PLAN["code"])
def test_value(code):
    assert found()[code] == pytest.approx(EXPECTED[code], abs=1e-9)


@pytest.mark.parametrize("code", FULL_PLAN["code"])
def test_no_indicator_takes_the_headcount_of_the_same_month(code):
    denominator = FULL_PLAN.set_index("code").loc[code, "denominator"]
    frame = pd.DataFrame({"headcount": [5.0], "workdays": [20], "rest_days": [8], "establishment": [9.0]})
    doubled = frame.assign(headcount=10.0)
    unit = [DENOMINATORS[denominator](part).iloc[0] for part in (frame, doubled)]
    # unit_months.headcount is of the end of the previous month; no expression counts people by itself
    assert unit[0] == unit[1] if denominator in HEADCOUNT_FREE else unit[1] == 2 * unit[0]
    expression = FULL_PLAN.set_index("code").loc[code, "expression"]
    assert "headcount" not in expression and "person_key" not in expression
    assert np.isfinite(found()[code])


def test_cascade_and_staff_look_back_only():
    assert found()["B8_approvals"] == 3  # neither who left before, nor who arrives in the month itself
