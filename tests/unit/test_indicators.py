"""Every indicator against a miniature worked out by hand, and the rules about what is missing and what is zero."""

from math import exp, log
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from clock_cases import plain_minutes, plain_rest_eve, working_minutes
from miniature import CALENDAR, table, tables, task, unit_months

from jianfu.core.errors import ConfigError
from jianfu.core.months import month_range
from jianfu.indicators.evaluation import NOTHING_EXCLUDED, build_indicators
from jianfu.indicators.plan import SOURCES, read_plan
from jianfu.indicators.uniformity import uniformity
from jianfu.indicators.views import Means

PLAN = Path(__file__).parents[2] / "config" / "plan" / "indicators.csv"
FULL_PLAN = read_plan(PLAN)
WINDOW = ("2024-01", "2025-06")
W = 21 / 20  # working days of 2024-03, in twenties
LABELS = ["检查", "督查", "考核", "巡察", "观摩", "调研", "视察", "指导", "会议"]


def build(codes, rows, frame=None, exclude=NOTHING_EXCLUDED, **options):
    """Indicators and notices of these codes; ``rows`` as in miniature.tables."""
    plan = FULL_PLAN
    if codes is not None:
        plan = plan[plan["code"].isin(codes)].reset_index(drop=True)
    frame = unit_months() if frame is None else frame
    source = options.pop("source", tables(**rows))
    return build_indicators(source, frame, plan, CALENDAR, WINDOW, ("2024-01", "2024-12"), exclude, **options)


def one(code, unit="A", month="2024-03", frame=None, exclude=NOTHING_EXCLUDED, **rows):
    """The value of one indicator in one unit-month (None where there is no row)."""
    values, _ = build([code], rows, frame, exclude)
    found = values.query("unit_code == @unit and month == @month")["value"]
    return found.iloc[0] if len(found) else None


def days(n, **more):
    """n tasks of unit A in March 2024."""
    return [task("A", f"2024-03-{k + 4:02d} 09:00", task_id=f"T{k}", **more) for k in range(n)]


def visits(*rows):
    return [
        task("A", "2024-03-05 09:00", label=label, task_id=f"V{k}", **more)
        for k, (label, more) in enumerate(rows)
    ]


def app(name="一", action="打卡", count=1.0, unit="A", month="2024-03", **more):
    return {
        "unit_code": unit,
        "month": month,
        "app_name": name,
        "action_type": action,
        "count": count,
        **more,
    }


# --- overload -------------------------------------------------------------------------------------------------------


def test_a1_tasks_per_head_and_twenty_working_days():
    rows = days(6) + visits(("会议", {}), ("其他", {}), ("检查", {}))
    assert one("A1_tasks", tasks=rows) == pytest.approx(6 / (4 * W))


def test_a1_effective_number_of_issuers():
    rows = [task("A", "2024-03-05 09:00", task_id=f"T{k}", issuer=i) for k, i in enumerate("aaab")]
    rows.append(task("A", "2024-03-05 09:00", task_id="T9"))
    entropy = -(0.75 * log(0.75) + 0.25 * log(0.25))
    values, _ = build(["A1_issuers"], {"tasks": rows})
    assert values["value"].iloc[0] == pytest.approx(exp(entropy), abs=1e-10)
    assert values["coverage"].iloc[0] == pytest.approx(4 / 5)


def test_a12_counts_what_is_open_at_the_end_of_each_working_day():
    rows = [
        task(
            "A", "2024-03-04 09:00", due="2024-03-08 17:00", task_id="X", done_at="2024-03-07 10:00"
        ),  # 3 days
        task(
            "A", "2024-02-26 09:00", due="2024-02-27 17:00", task_id="Y"
        ),  # never done: to 28 March, 20 days
        task("A", "2024-03-29 09:00", task_id="Z", done_at="2024-04-03 10:00"),  # 1 day here, 2 in April
        task(
            "A", "2024-03-06 09:00", due="2024-03-08 17:00", task_id="V", done_at="2024-03-06 17:00"
        ),  # same day
        task("A", "2024-03-05 09:00", task_id="N"),  # says no end
        *visits(("检查", {})),
    ]
    values, _ = build(["A12_open"], {"tasks": rows}, unit_months(months=("2024-02", "2024-03", "2024-04")))
    found = values.set_index("month")
    assert found.loc["2024-03", "value"] == pytest.approx((3 + 20 + 1 + 0) / (4 * 21))
    assert found.loc["2024-03", "coverage"] == pytest.approx(4 / 5)
    assert found.loc["2024-02", "value"] == pytest.approx(4 / (4 * 18))
    assert found.loc["2024-04", "value"] == pytest.approx(2 / (4 * 22))


def test_b1_demand_needs_one_number_above_zero_and_ignores_tasks_that_say_nothing():
    asked = [{"n_table": 0, "n_photo": 2}, {"n_table": 0}, {"n_text": 1, "n_table": None}, {}]
    rows = [task("A", "2024-03-05 09:00", task_id=f"T{k}", **more) for k, more in enumerate(asked)]
    assert one("B1_demand", tasks=rows) == pytest.approx(2 / 3)


def test_b1_demand_takes_the_title_where_no_number_is_given():
    asked = [
        {"asks_table": True},
        {"asks_table": False, "asks_photo": True},
        {"asks_table": False, "asks_text": False},
        {"asks_photo": True, "n_photo": 0},  # the number says none
        {},
    ]
    rows = [task("A", "2024-03-05 09:00", task_id=f"T{k}", **more) for k, more in enumerate(asked)]
    assert one("B1_demand", tasks=rows) == pytest.approx(2 / 4)


def test_a12_is_zero_in_a_logged_month_without_open_tasks():
    rows = [task("A", "2024-03-06 09:00", due="2024-03-08 17:00", done_at="2024-03-06 17:00")]
    assert one("A12_open", tasks=rows) == 0


def test_a2_counts_formal_checks_only():
    rows = days(1) + visits(*[(label, {}) for label in LABELS])
    assert one("A2_checks", tasks=rows) == pytest.approx(4 / W)


def test_a2_is_zero_where_others_were_checked_and_missing_where_no_check_was_recorded_at_all():
    frame = unit_months(units=("A", "B"), months=("2024-03", "2024-04"))
    rows = [task(u, f"2024-{m}-05 09:00", task_id=f"{u}{m}") for u in "AB" for m in ("03", "04")]
    rows.append(task("B", "2024-03-06 09:00", label="检查", task_id="C"))
    values, _ = build(["A2_checks"], {"tasks": rows}, frame)
    found = values.set_index(["unit_code", "month"])["value"]
    assert found["A", "2024-03"] == 0
    assert found["B", "2024-03"] == pytest.approx(1 / W)
    assert found[:, "2024-04"].isna().all()


def test_a2_is_missing_in_a_county_whose_whole_register_is_absent():
    frame = unit_months(units=("A", "B", "C"), months=("2024-03",))
    county = {"A": "350121", "B": "350121", "C": "350122"}
    units = [{"unit_code": u, "county_code": c, "valid_from": "2020-01-01"} for u, c in county.items()]
    units.append({"unit_code": "C", "county_code": "350121", "valid_from": None})  # C belonged to it before
    rows = [task(u, "2024-03-05 09:00", task_id=u) for u in "ABC"]
    rows.append(task("B", "2024-03-06 09:00", label="检查", task_id="check"))
    values, _ = build(["A2_checks"], {"tasks": rows, "units": units}, frame)
    found = values.set_index("unit_code")["value"]
    assert found["A"] == 0
    assert found["B"] == pytest.approx(1 / W)
    assert np.isnan(found["C"])


def test_a3_counts_veto_items_while_they_are_in_force():
    rows = [
        task("A", "2024-01-10 09:00", "2024-03-01", task_id="1", is_veto=True, veto_domain="信访"),
        task("A", "2024-03-10", None, task_id="2", is_veto=True, veto_domain="信访"),
        task("A", "2024-02-10 09:00", "2024-02-29", task_id="3", is_veto=True, veto_domain="环保"),
        task("A", "2024-03-31 23:59", "2024-05-01", task_id="4", is_veto=True, veto_domain="安全生产"),
        task("A", "2024-03-10 09:00", "2024-04-01", task_id="5", is_veto=False),
    ]
    assert one("A3_veto", tasks=rows) == 3
    assert one("A3_domains", tasks=rows) == 2
    assert one("A3_veto", month="2024-04", frame=unit_months(months=("2024-04",)), tasks=rows) == 1


def test_a3_is_zero_in_a_logged_month_without_veto_items():
    rows = days(2) + [task("A", "2024-01-10 09:00", "2024-01-11", task_id="v", is_veto=True)]
    assert one("A3_veto", tasks=rows) == 0


def test_a4_letters_of_a_year_enter_the_next_year_per_post():
    frame = unit_months(months=("2024-12", "2025-01", "2025-06"))
    rows = [{"unit_code": "A", "year": 2024, "n_letters": 25}]
    values, _ = build(["A4_letters", "A4_in_force"], {"unit_year": rows}, frame)
    found = values.set_index(["month", "indicator"])["value"]
    assert np.isnan(found["2024-12", "A4_letters"])
    assert found["2025-01", "A4_letters"] == found["2025-06", "A4_letters"] == 2.5
    assert found["2025-01", "A4_in_force"] == 25


def test_a5_mean_log_ratio_over_the_links_of_a_chain():
    top = task("A", "2024-02-01 09:00", "2024-02-20", task_id="p", target_value=100, n_table=2, n_text=0)
    middle = task(
        "A",
        "2024-03-04",
        "2024-03-13",
        task_id="c",
        parent_task_id="p",
        target_value=120,
        n_table=3,
        n_text=1,
    )
    low = task("A", "2024-03-11 10:00", "2024-03-15 09:00", task_id="g", parent_task_id="c", target_value=120)
    first = (log(1.2) + log(4 / 2)) / 2
    second = log(1.0)  # artefacts of the grandchild are not known
    assert one("A5_amp", tasks=[top, middle, low]) == pytest.approx((first + second) / 2, abs=1e-10)


def test_a5_ignores_zero_targets_and_the_same_task_at_another_unit():
    parent = [
        task("A", "2024-03-01", "2024-03-10", task_id="p", target_value=0),
        task("B", "2024-03-01", "2024-03-30", task_id="p", target_value=50),
    ]
    child = task("A", "2024-03-04", "2024-03-08", task_id="c", parent_task_id="p", target_value=60)
    assert np.isnan(one("A5_amp", tasks=[*parent, child]))
    assert one("A5_time", tasks=[*parent, child]) == pytest.approx(log(7 / 5), abs=1e-10)


@pytest.mark.parametrize(("due", "time", "earlier"), [("2024-03-20", 0.0, 0), ("2024-03-12", log(12 / 4), 1)])
def test_a5_time_that_is_passed_on_whole_is_no_compression(due, time, earlier):
    """The child has fewer days than its parent in both cases, because it is issued later."""
    rows = [
        task("A", "2024-03-01 09:00", "2024-03-20 17:00", task_id="p", target_value=1),
        task("A", "2024-03-09 09:00", f"{due} 12:00", task_id="c", parent_task_id="p", target_value=1),
    ]
    assert one("A5_time", tasks=rows) == pytest.approx(time, abs=1e-10)
    assert (one("A5_earlier", tasks=rows), one("A5_amp", tasks=rows)) == (earlier, 0.0)


def test_a5_counts_orphans_and_cycles_without_following_them():
    def link(child, parent, target):
        return task(
            "A",
            "2024-03-04 09:00",
            task_id=child,
            parent_task_id=parent,
            target_value=target,
            issue_precision="day",
        )

    rows = [
        task("A", "2024-03-01", task_id="root", target_value=10),
        link("a", "root", 20),
        link("orphan", "nowhere", 90),
        link("x", "z", 30),
        link("y", "x", 40),
        link("z", "y", 50),
        link("below", "x", 60),  # hangs below the cycle: a link like any other
        link("self", "self", 70),
    ]
    values, notices = build(["A5_amp"], {"tasks": rows})
    assert values["value"].iloc[0] == pytest.approx((log(2) + log(2)) / 2, abs=1e-10)
    counts = notices.set_index("outcome")["n"]
    assert (counts["cascade_links"], counts["cascade_orphans"], counts["cascade_cycles"]) == (7, 1, 4)


def test_indicators_that_need_what_titles_told_are_named():
    parent = task("A", "2024-03-01", task_id="p", target_value=50)
    child = task(
        "A", "2024-03-04", task_id="c", parent_task_id="p", target_value=60, coded="parent_task_id topic"
    )
    _, notices = build(["A1_tasks", "A5_amp", "A5_target"], {"tasks": [parent, child]})
    told = notices[notices["outcome"] == "from_title"]
    assert told[["indicator", "column"]].to_numpy().tolist() == [
        ["A5_amp", "parent_task_id"],
        ["A5_target", "parent_task_id"],
    ]


def test_a5_walks_chains_of_any_depth():
    rows = [task("A", "2024-03-01", task_id="0", target_value=1.0)]
    rows += [
        task("A", "2024-03-01", task_id=str(k), parent_task_id=str(k - 1), target_value=1.1**k)
        for k in range(1, 40)
    ]
    values, notices = build(["A5_amp"], {"tasks": rows})
    assert values["value"].iloc[0] == pytest.approx(log(1.1), abs=1e-10)
    assert "cascade_cycles" not in set(notices["outcome"])


def test_a5_levels_count_from_the_highest_task_known_and_stop_at_cycles():
    def link(child, parent):
        return task("A", "2024-03-04", task_id=child, parent_task_id=parent, target_value=1)

    rows = [task("A", "2024-03-01", task_id="root"), link("a", "root"), link("b", "a"), link("c", "b")]
    orphans = [link("orphan", "nowhere"), link("under", "orphan")]
    cycle = [link("x", "y"), link("y", "x"), link("below", "x"), link("self", "self")]
    assert one("A5_levels", tasks=rows) == 2
    assert one("A5_levels", tasks=rows + orphans + cycle) == (1 + 2 + 3 + 1) / 4
    assert np.isnan(one("A5_levels", tasks=cycle))


def test_a5_adhoc_share():
    rows = days(3, in_annual_plan=True) + [task("A", "2024-03-20 09:00", task_id="x", in_annual_plan=False)]
    assert one("A5_adhoc", tasks=rows) == 0.25


def test_a6_share_of_disguised_checks():
    rows = days(1) + visits(
        ("调研", {"has_score": True, "has_rank": False}),
        ("观摩", {"has_rectify": True}),
        ("视察", {"has_score": False}),
        ("指导", {"has_material_list": False, "has_rank": False}),
        ("指导", {}),  # nothing known: not in the share
        ("检查", {"has_score": True}),  # a formal check is not a disguised one
    )
    values, _ = build(["A6_share", "A6_disguised"], {"tasks": rows})
    assert values["value"].tolist() == [0.5, pytest.approx(2 / W)]
    assert values["coverage"].iloc[0] == 0.8


def test_a6_share_is_missing_without_visits():
    assert np.isnan(one("A6_share", tasks=days(2) + visits(("检查", {"has_score": True}))))


def test_a7_relief_tasks():
    rows = days(3, topic="防汛") + [task("A", "2024-03-20 09:00", task_id="x", topic="减负")]
    assert one("A7_relief_share", tasks=rows) == 0.25
    assert one("A7_relief", tasks=rows) == pytest.approx(1 / W)


def test_a9_and_a10_from_the_yearly_table():
    frame = unit_months(months=("2025-01",))
    duties = {"n_basic_duty": 100, "n_coop_duty": 90, "n_clauses": 9}
    powers = {"n_power_enforcement": 20, "n_power_finance": 10, "n_power_personnel": 9}
    row = {"unit_code": "A", "year": 2024, "n_tolerance": 1, "n_accountability": 3} | duties | powers
    assert one("A9_tolerance", month="2025-01", frame=frame, unit_year=[row]) == 0.25
    assert one("A10", month="2025-01", frame=frame, unit_year=[row]) == pytest.approx(log(200 / 40))


def test_a10_without_accountability_clauses_says_so():
    frame = unit_months(months=("2025-01",))
    counts = ("n_basic_duty", "n_coop_duty", "n_power_enforcement", "n_power_finance", "n_power_personnel")
    row = {"unit_code": "A", "year": 2024} | dict.fromkeys(counts, 9)
    values, notices = build(["A10"], {"unit_year": [row]}, frame)
    assert values["value"].iloc[0] == pytest.approx(log(19 / 28))
    assert notices.to_numpy().tolist() == [["A10", "computed_without", "n_clauses", 0]]


def test_a11_rankings():
    rows = days(1) + visits(
        ("检查", {"has_rank": True}), ("调研", {"has_rank": True}), ("检查", {"has_rank": False})
    )
    assert one("A11_rankings", tasks=rows) == pytest.approx(2 / W)


# --- traces ---------------------------------------------------------------------------------------------------------


def test_b1_artefacts_per_task():
    rows = [
        task(
            "A",
            "2024-03-05 09:00",
            task_id="1",
            n_table=1,
            n_text=2,
            n_photo=3,
            n_video=0,
            is_trace_only=True,
        ),
        task(
            "A",
            "2024-03-05 09:00",
            task_id="2",
            n_table=0,
            n_text=0,
            n_photo=0,
            n_video=0,
            is_trace_only=False,
        ),
        task("A", "2024-03-05 09:00", task_id="3", n_table=1, n_text=None, n_photo=1, n_video=1),
        task("A", "2024-03-05 09:00", label="检查", task_id="4", n_table=9, n_text=9, n_photo=9, n_video=9),
    ]
    values, _ = build(["B1_artefacts", "B1_tables", "B1_trace_only"], {"tasks": rows})
    assert values["value"].tolist() == [3.0, pytest.approx(2 / 3), 0.5]
    assert values["coverage"].tolist() == [pytest.approx(2 / 3), 1.0, pytest.approx(2 / 3)]


def test_b1_leaves_out_a_kind_of_artefact_that_nobody_records():
    values, notices = build(["B1_artefacts"], {"tasks": days(2, n_table=1, n_photo=2)})
    assert values["value"].iloc[0] == 3
    assert set(notices["column"]) == {"n_text", "n_video"} and set(notices["outcome"]) == {"computed_without"}


def test_a_part_that_is_recorded_later_moves_nothing_before_and_is_named():
    frame = unit_months(months=("2024-03", "2025-03"))
    before = days(2, n_table=1, n_photo=2)
    later = task("A", "2025-03-04 09:00", task_id="later", n_table=1, n_photo=2, n_video=5)
    values, notices = build(["B1_artefacts"], {"tasks": [*before, later]}, frame)
    assert values.dropna(subset=["value"])["value"].tolist() == [3, 3]
    assert "n_video" in set(notices["column"]) and set(notices["outcome"]) == {"computed_without"}
    values, _ = build(["B1_artefacts"], {"tasks": [task("A", "2024-03-04 09:00", task_id="T"), later]}, frame)
    assert values.dropna(subset=["value"])["value"].tolist() == [8]  # nothing before that could be kept


def test_clauses_that_are_counted_later_move_no_earlier_year():
    frame = unit_months(months=("2024-03", "2026-03"))
    counts = ("n_basic_duty", "n_coop_duty", "n_power_enforcement", "n_power_finance", "n_power_personnel")
    years = [{"unit_code": "A", "year": year} | dict.fromkeys(counts, 9) for year in (2023, 2025)]
    years[1]["n_clauses"] = 40
    values, _ = build(["A10"], {"unit_year": years}, frame)
    assert values["value"].tolist() == [pytest.approx(log(19 / 28))] * 2


def test_b2_desk_share_of_checks():
    modes = ["查阅资料", "查阅资料", "查阅资料", "实地", "混合"]
    rows = days(1) + visits(
        *[("检查", {"check_mode": m}) for m in modes], ("调研", {"check_mode": "查阅资料"})
    )
    assert one("B2_desk", tasks=rows) == 0.75


def test_b3_diagnostics():
    hashes = ["h1", "h1", "h2", None]
    rows = [
        task(
            "A",
            "2024-03-05 09:00",
            "2024-03-08",
            task_id=str(k),
            file_hash=h,
            done_at=f"2024-03-{7 + k:02d} 17:00",
        )
        for k, h in enumerate(hashes)
    ]
    assert one("B3_duplicates", tasks=rows) == pytest.approx(1 / 3)
    assert one("B3_bunching", tasks=rows) == 0.25
    assert one("D8_late", tasks=rows) == 0.5


def test_b4_walls():
    frame = unit_months(months=("2025-02",))
    assert (
        one(
            "B4_walls",
            month="2025-02",
            frame=frame,
            unit_year=[{"unit_code": "A", "year": 2024, "n_wall": 12}],
        )
        == 12
    )


def test_apps_and_actions():
    rows = [
        app(
            "一", "打卡", 10, is_mandatory=True, used_in_assessment=True, off_hours_count=5, rest_day_count=2
        ),
        app(
            "一", "积分", 20, is_mandatory=True, used_in_assessment=True, off_hours_count=1, rest_day_count=6
        ),
        app("二", "转发", 30, is_mandatory=False, used_in_assessment=False),
        app("三", "填报", 40, is_mandatory=True, used_in_assessment=False),
        app("三", "在线时长", 90, off_hours_count=90, rest_day_count=90),  # hours, no actions
    ]
    codes = [
        "B5_apps",
        "B6_online",
        "B6_actions",
        "B6_checkin",
        "B6_photos",
        "B7_assessed",
        "D2_off_hours",
        "D4_rest_actions",
    ]
    values, _ = build(codes, {"app_activity": rows})
    found = values.set_index("indicator")["value"]
    assert found["B5_apps"] == 2
    assert found["B6_actions"] == pytest.approx(100 / (4 * W))
    assert found["B6_online"] == pytest.approx(90 / (4 * W))
    assert found["B6_checkin"] == pytest.approx(10 / (4 * W))
    assert found["B6_photos"] == 0
    assert found["B7_assessed"] == pytest.approx(1 / 3)
    assert found["D2_off_hours"] == pytest.approx(6 / 30)
    assert found["D4_rest_actions"] == pytest.approx(8 / (4 * 10))


def test_b8_total_needs_both_channels():
    def row(channel, n, month, n_sign=None):
        return {"unit_code": "A", "month": month, "channel": channel, "n_docs": n, "n_sign": n_sign}

    rows = [row("纸质", 30, "2024-03", 45), row("电子", 12, "2024-03", 18), row("纸质", 30, "2024-02")]
    frame = unit_months(months=("2024-02", "2024-03", "2024-04"))
    values, _ = build(["B8_total", "B8_paper", "B9_signatures"], {"documents": rows}, frame)
    found = values.set_index(["month", "indicator"])["value"]
    assert found["2024-03", "B8_total"] == pytest.approx(42 / W)
    assert np.isnan(found["2024-02", "B8_total"]) and found["2024-02", "B8_paper"] == pytest.approx(
        30 / (18 / 20)
    )
    assert found["2024-03", "B9_signatures"] == 1.5
    assert found["2024-04"].isna().all()


# --- rigidity -------------------------------------------------------------------------------------------------------


def test_c1_templates_and_items():
    rows = days(1, template_required=True, n_indicator=4) + [
        task("A", "2024-03-20 09:00", task_id="x", template_required=False, n_indicator=9),
        task("A", "2024-03-21 09:00", task_id="y"),
        task("A", "2024-03-21 09:00", label="会议", task_id="z", template_required=True, n_indicator=90),
    ]
    values, _ = build(["C1_template", "C1_items"], {"tasks": rows})
    assert values["value"].tolist() == [0.5, 6.5]


def test_c2_uniformity_of_targets():
    units = table(
        "units",
        [
            {"unit_code": "A", "county_code": "C", "population": 10, "area_km2": 1, "revenue": None},
            {"unit_code": "B", "county_code": "C", "population": 30, "area_km2": 3, "revenue": None},
            {"unit_code": "D", "county_code": "E", "population": 30, "area_km2": 3, "revenue": 5},
        ],
    )
    targets = pd.DataFrame(
        [
            ("A", 2024, "same", 7.0),
            ("B", 2024, "same", 7.0),
            ("A", 2024, "half", 15.0),
            ("B", 2024, "half", 25.0),
            ("A", 2024, "wild", 1.0),
            ("B", 2024, "wild", 99.0),
            ("D", 2024, "same", 7.0),
        ],
        columns=["unit_code", "year", "indicator_id", "target"],
    )
    context = np.std([10, 30], ddof=1) / 20
    half = 1 - (np.std([15, 25], ddof=1) / 20) / context
    found = uniformity(targets, units)
    assert found["unit_code"].tolist() == ["A", "B"]  # one unit alone cannot be uniform
    assert found["uniformity"].tolist() == pytest.approx([(1 + half + 0) / 3] * 2)


def test_c2_weighs_by_units_and_enters_the_next_year():
    units = [
        {"unit_code": u, "county_code": "C", "population": p}
        for u, p in zip("ABD", (10, 20, 30), strict=True)
    ]
    rows = [
        task("A", "2024-03-01", task_id="1", indicator_id="j", target_value=5),
        task("A", "2024-04-01", task_id="2", indicator_id="j", target_value=7),  # mean of A: 6
        task("B", "2024-03-01", task_id="3", indicator_id="j", target_value=6),
        task("D", "2024-03-01", task_id="4", indicator_id="j", target_value=6),
        task("A", "2024-03-01", task_id="5", indicator_id="k", target_value=10),
        task("B", "2024-03-01", task_id="6", indicator_id="k", target_value=20),
    ]
    frame = unit_months(units=("A", "D"), months=("2024-12", "2025-01"))
    values, _ = build(["C2_uniformity"], {"units": units, "tasks": rows}, frame)
    found = values.set_index(["unit_code", "month"])["value"]
    assert found["A", "2025-01"] == found["D", "2025-01"] == pytest.approx((3 * 1 + 2 * 0) / 5)
    assert found[:, "2024-12"].isna().all()


def test_c3_returns_for_format():
    reasons = [("格式不符", 1), ("未按模板", 2), ("数据有误", 1), ("材料不全", 1), (None, 0), (None, 1)]
    rows = [
        task("A", "2024-03-05 09:00", task_id=str(k), n_return=n, return_reason=r)
        for k, (r, n) in enumerate(reasons)
    ]
    values, _ = build(["C3_format_returns", "C3_returns"], {"tasks": rows})
    assert values["value"].tolist() == [0.5, pytest.approx(5 / 6)]


def test_c4_preparation():
    rows = days(1, prep_hours=9) + visits(
        ("检查", {"prep_hours": 2}), ("督查", {"prep_hours": 4}), ("检查", {})
    )
    assert one("C4_preparation", tasks=rows) == 3


def test_c5_working_slack():
    rows = [
        task("A", "2024-03-01 16:00", "2024-03-04 14:00", task_id="1"),  # 120 + 240 minutes
        task("A", "2024-03-04 08:00", "2024-03-04", task_id="2"),  # one office day, to the end of it
        task("A", "2024-03-04 08:00", "2024-03-05 08:01", task_id="3"),  # 481 minutes
        task("A", "2024-03-04", "2024-03-04", task_id="4"),  # no clock time
        task("A", "2024-03-04 09:00", "2024-03-04 10:00", task_id="5", emergency=True),
        task("A", "2024-03-04 09:00", None, task_id="6"),
        task("A", "2024-03-04 09:00", "2026-03-04", task_id="7"),  # far beyond the window: not short
    ]
    values, _ = build(["C5_short_share", "C5_slack_hours"], {"tasks": rows})
    assert values["value"].tolist() == [0.5, pytest.approx((360 + 480 + 481) / 60 / 3)]
    assert values["coverage"].iloc[0] == pytest.approx(4 / 6)


def test_slack_of_old_months_does_not_depend_on_how_far_the_window_reaches():
    rows = [
        task("A", "2024-03-04 09:00", "2024-05-20", task_id="1"),
        task("A", "2024-03-05 16:00", "2024-03-08", task_id="2"),
        task("A", "2024-03-05 16:00", "2025-12-08", task_id="3"),  # more than a year ahead: not followed
        task("A", "2024-04-30 15:00", "2024-05-06", task_id="4"),
    ]
    found = []
    for last in ("2024-03", "2024-04", "2025-06"):
        frame = unit_months(months=month_range("2024-03", last))
        plan = FULL_PLAN[FULL_PLAN["source"] == "tasks"].reset_index(drop=True)
        values, _ = build_indicators(
            tables(tasks=rows), frame, plan, CALENDAR, ("2024-03", last), ("2024-03", "2024-03")
        )
        found.append(values[values["month"] == "2024-03"].reset_index(drop=True))
    pd.testing.assert_frame_equal(found[0], found[1], check_exact=True)
    pd.testing.assert_frame_equal(found[0], found[2], check_exact=True)
    minutes = working_minutes([rows[0]["issue_at"], rows[1]["issue_at"]], ["2024-05-20", "2024-03-08"])
    slack = found[0].set_index("indicator")["value"]["C5_slack_hours"]
    assert slack == pytest.approx(minutes.mean() / 60)


# --- rest -----------------------------------------------------------------------------------------------------------

REST = [
    task("A", "2024-03-01 16:00", "2024-03-04", task_id="1"),  # Friday to Monday: rest-eve
    task("A", "2024-03-01 09:00", "2024-03-04", task_id="2"),  # in the morning: not
    task("A", "2024-03-05 16:00", "2024-03-06", task_id="3"),  # in mid-week: not
    task("A", "2024-03-02 10:00", "2024-03-04 09:00", task_id="4"),  # issued on Saturday: rest-eve
    task("A", "2024-03-01", "2024-03-04", task_id="5"),  # perhaps in the afternoon
    task("A", "2024-03-03", "2024-03-04", task_id="6"),  # certainly, whatever the hour
    task("A", "2024-03-01 16:00", "2024-03-04", task_id="7", emergency=True),
    task("A", "2024-03-01 16:00", None, task_id="8"),
    task("A", "2024-03-08 15:00", "2024-03-12", task_id="9"),  # Friday to Tuesday: not
]


def test_d3_share_and_its_bounds():
    assert one("D3_rest_eve_share", tasks=REST) == pytest.approx(2 / 5)
    assert one("D3_rest_eve_lower", tasks=REST) == pytest.approx(3 / 7)
    assert one("D3_rest_eve_upper", tasks=REST) == pytest.approx(4 / 7)


@pytest.mark.parametrize(
    ("issue", "due", "share"),
    [
        ("2024-03-01 16:00", "2024-03-04", 1),
        ("2024-09-30 16:00", "2024-10-08", 1),
        ("2024-10-11 16:00", "2024-10-14", 0),
        ("2024-10-12 16:00", "2024-10-14", 1),
    ],
)
def test_d3_around_national_day(issue, due, share):
    month = issue[:7]
    row = task("A", issue, due)
    assert one("D3_rest_eve_share", month=month, frame=unit_months(months=(month,)), tasks=[row]) == share


def test_d3_observed_to_expected_by_calendar_year():
    frame = unit_months(months=("2024-03", "2025-01"))
    rows = [
        task("A", "2024-03-01 16:00", "2024-03-04", task_id="1"),
        task("A", "2024-05-17 16:00", "2024-05-20", task_id="2"),
        task("A", "2024-03-08 16:00", "2024-03-15", task_id="3"),
        task("A", "2024-03-05 09:00", "2024-03-06", task_id="4"),
        task("A", "2024-03-05 09:00", "2024-03-20", task_id="5"),
    ]
    # issue times: 3 of 5 rest-eve; slack of at most a working day: 3 of 5; expected 9/25, observed 2/5
    assert one("D3_rest_eve_ratio", month="2025-01", frame=frame, tasks=rows) == pytest.approx(
        (2 / 5) / (9 / 25)
    )
    assert np.isnan(one("D3_rest_eve_ratio", month="2024-03", frame=frame, tasks=rows))
    # with 3 × 1 expected over 5 tasks, fewer than one is expected: missing
    few = [
        rows[0],
        rows[2],
        {**rows[1], "due_at": "2024-05-27"},
        {**rows[3], "due_at": "2024-03-20"},
        rows[4],
    ]
    assert np.isnan(one("D3_rest_eve_ratio", month="2025-01", frame=frame, tasks=few))


def test_slack_and_rest_eve_agree_with_a_second_opinion():
    random = np.random.default_rng(3)
    issue = pd.Timestamp("2024-09-20") + pd.to_timedelta(random.integers(1, 30 * 1440, 300), unit="min")
    issue = issue.where(issue != issue.normalize(), issue + pd.Timedelta(minutes=1))
    due = issue + pd.to_timedelta(random.integers(0, 5 * 1440, 300), unit="min")
    frame = unit_months(units=[f"U{k}" for k in range(300)], months=("2024-09", "2024-10"))
    rows = [
        task(f"U{k}", str(i), str(d if k % 2 else d.normalize() + pd.Timedelta(days=1)))
        for k, (i, d) in enumerate(zip(issue, due, strict=True))
    ]
    codes = ["C5_slack_hours", "D3_rest_eve_share", "D3_rest_eve_lower", "D3_rest_eve_upper"]
    values, _ = build(codes, {"tasks": rows}, frame)
    found = values.dropna().pivot_table(index="unit_code", columns="indicator", values="value")
    found = found.loc[[f"U{k}" for k in range(300)]]
    due = pd.DatetimeIndex([row["due_at"] for row in rows])
    minutes = plain_minutes(issue, due, CALENDAR)
    assert found["C5_slack_hours"].to_numpy() == pytest.approx(minutes / 60)
    for code in codes[1:]:
        assert (found[code].to_numpy() == plain_rest_eve(issue, due, CALENDAR)).all()
    assert 0.05 < found["D3_rest_eve_share"].mean() < 0.6


def test_d4_rest_days_with_a_task():
    rows = [
        task("A", "2024-03-02 10:00", "2024-03-10", task_id="1"),  # a Saturday and a Sunday
        task("A", "2024-03-02 11:00", "2024-03-05", task_id="2"),  # the same Saturday
        task("A", "2024-02-28 09:00", "2024-03-17", task_id="3"),  # due on a Sunday of the next month
    ]
    assert one("D4_rest_days_tasked", tasks=rows) == pytest.approx(3 / 10)


def test_d4_longest_run_crosses_months():
    dates = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02", "2024-03-05", "2024-03-06"]
    rows = [{"unit_code": "A", "date": d, "actions": 1} for d in dates]
    rows.append({"unit_code": "A", "date": "2024-03-03", "actions": 0})
    assert one("D4_longest_run", app_days=rows) == 4


def test_d6_monotony():
    rows = [
        task("A", "2024-03-05 09:00", task_id=f"{k}", category=c)
        for k, c in enumerate(["a", "a", "a", "b", None])
    ] + [task("B", "2024-02-05 09:00", task_id="x", category="c")]
    entropy = -(0.75 * log(0.75) + 0.25 * log(0.25))
    assert one("D6_monotony", tasks=rows) == pytest.approx(1 - entropy / log(3), abs=1e-10)


def test_yearly_outcomes():
    row = {"unit_code": "A", "year": 2024, "n_innovation": 2, "n_accountability": 3}
    row |= {"outcome_hotline": 90.0, "outcome_satisfaction": 80.0}
    frame = unit_months(months=("2025-01",))
    codes = ["F1_innovations", "F2_accountability", "G1_hotline", "G1_satisfaction"]
    values, _ = build(codes, {"unit_year": [row]}, frame)
    assert values["value"].tolist() == [20, 3, 90, 80]


def test_logging_intensity():
    rows = days(3, auto_recorded=True) + [task("A", "2024-03-20 09:00", task_id="x", auto_recorded=False)]
    assert one("LOG_auto", tasks=rows) == 0.75


# --- rules ----------------------------------------------------------------------------------------------------------


def test_unlogged_is_missing_and_logged_without_checks_is_zero():
    frame = unit_months(units=("A", "B", "D"), tasks_logged=[True, False, True])
    rows = days(1) + visits(("检查", {})) + [task("D", "2024-03-05 09:00", task_id="d")]
    values, _ = build(["A1_tasks", "A2_checks"], {"tasks": rows}, frame)
    found = values.set_index(["unit_code", "indicator"])["value"]
    assert "B" not in found.index.get_level_values(0)
    assert found["D", "A2_checks"] == 0


def test_app_statistics_that_were_not_kept_are_missing():
    frame = unit_months(units=("A", "B"), app_logged=[True, False])
    values, _ = build(["B6_actions", "B5_apps"], {"app_activity": [app(is_mandatory=False)]}, frame)
    assert set(values["unit_code"]) == {"A"}
    assert values.set_index("indicator")["value"]["B5_apps"] == 0


def test_absent_columns_switch_off_with_a_notice():
    values, notices = build(["C1_template", "A1_tasks", "B6_actions"], {"tasks": days(2)})
    assert set(values["indicator"]) == {"A1_tasks"}
    assert notices.to_numpy().tolist() == [
        ["B6_actions", "switched_off", "(no rows in app_activity)", 0],
        ["C1_template", "switched_off", "template_required", 0],
    ]


def test_no_task_at_all_runs():
    values, notices = build(None, {}, unit_months(tasks_logged=False, app_logged=False))
    assert values.empty and set(notices["outcome"]) == {"switched_off"}


def test_headcount_of_nobody_gives_no_rate():
    assert np.isnan(one("A1_tasks", frame=unit_months(headcount=0), tasks=days(2)))


def test_low_coverage_is_missing():
    rows = days(3) + [task("A", "2024-03-20 09:00", task_id="x", template_required=True)]
    values, _ = build(["C1_template"], {"tasks": rows})
    assert np.isnan(values["value"].iloc[0]) and values["coverage"].iloc[0] == 0.25


def test_exclusions():
    rows = (
        days(2, topic="秸秆禁烧")
        + days(4, topic="防汛")[2:]
        + [
            task("A", "2024-03-20 09:00", task_id="e", emergency=True),
            task("A", "2024-04-20 09:00", task_id="f"),
        ]
    )
    frame = unit_months(months=("2024-03", "2024-04"))
    exclude = {"topics": ["秸秆禁烧"], "months": ["2024-04"], "emergency": True}
    assert one("A1_tasks", frame=frame, tasks=rows) == pytest.approx(5 / (4 * W))
    assert one("A1_tasks", frame=frame, exclude=exclude, tasks=rows) == pytest.approx(2 / (4 * W))


def test_a_month_of_excluded_topics_only_is_a_logged_zero():
    exclude = {"topics": ["秸秆禁烧"], "months": [], "emergency": False}
    assert one("A1_tasks", exclude=exclude, tasks=days(2, topic="秸秆禁烧")) == 0


def test_a_wrong_expression_is_named(tmp_path):
    plan = read_plan(PLAN)
    plan = plan[plan["code"].isin(["A1_tasks", "B1_tables"])].reset_index(drop=True)
    plan.loc[1, "expression"] = "mean_of(n_tabel, is_task)"
    with pytest.raises(ConfigError, match="B1_tables cannot be evaluated"):
        build_indicators(tables(tasks=days(1, n_table=1)), unit_months(), plan, CALENDAR, WINDOW, WINDOW)


def test_the_plan_is_complete_and_names_existing_columns():
    for row in FULL_PLAN.itertuples():
        columns = table(SOURCES[row.source][0]).columns
        for name in row.needs.replace("|", " ").split() + row.optional.split():
            other, _, column = name.rpartition(".")
            assert column in (table(other).columns if other else columns), row.code
        assert row.construct and row.label_zh and row.label_en and row.unit_zh and row.unit_en, row.code
        assert row.direction in (1, -1) and 0 <= row.min_coverage <= 1, row.code
        counts = row.denominator.endswith("20") or row.denominator == "headcount_restdays"
        assert not counts or row.transformation == "log1p", f"{row.code}: rates enter as ln(1+x)"


def test_a_wrong_plan_is_named(tmp_path):
    plan = pd.read_csv(PLAN, dtype=str)
    plan.loc[0, "denominator"] = "heads"
    plan.to_csv(tmp_path / "plan.csv", index=False)
    with pytest.raises(ConfigError, match="A1_tasks has the denominator 'heads'; permitted are none"):
        read_plan(tmp_path / "plan.csv")


def test_order_of_rows_and_threads_change_nothing():
    random = np.random.default_rng(5)
    issuers, categories = random.integers(0, 9, 400), random.integers(0, 7, 400)
    rows = [
        task(
            "AB"[k % 2],
            f"2024-03-{k % 28 + 1:02d} 15:{k % 60:02d}",
            f"2024-03-{k % 28 + 3:02d}",
            task_id=str(k),
            parent_task_id=str(k + 2) if k % 3 else None,
            target_value=1 + random.random(),
            n_table=random.random(),
            issuer=str(i),
            category=str(c),
        )
        for k, (i, c) in enumerate(zip(issuers, categories, strict=True))
    ]
    frame = unit_months(units=("A", "B"))
    first, _ = build(None, {"tasks": rows}, frame)
    second, _ = build(None, {"tasks": rows[::-1]}, frame, means=Means(threads=2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert first["value"].notna().sum() > 20


def test_parquet_files_and_frames_give_the_same(tmp_path):
    source = tables(
        tasks=days(3, n_table=1, category="a", is_veto=True), app_activity=[app(is_mandatory=True)]
    )
    paths = {}
    for name, frame in source.items():
        paths[name] = str(tmp_path / f"{name}.parquet")
        pq.write_table(frame, paths[name])
    first, _ = build(None, {}, source=source)
    second, _ = build(None, {}, source=paths)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
