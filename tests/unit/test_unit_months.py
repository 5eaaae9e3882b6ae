"""Units valid in a month, headcount at the end of the month before, and what counts as logged."""

import pandas as pd
import pyarrow.parquet as pq
from miniature import CALENDAR, table, tables, task

from jianfu.indicators.unit_months import COLUMNS, build_unit_months, logged_months

NOTHING = pd.DataFrame({"unit_code": [], "month": []}, dtype=str)


def unit(code="A", **more):
    return {
        "unit_code": code,
        "unit_name": code,
        "county_code": "C",
        "county_name": "C",
        "unit_type": "镇",
        **more,
    }


def spell(person, start, end=None, code="A", **more):
    return {"person_key": person, "unit_code": code, "spell_start": start, "spell_end": end, **more}


def build(units, spells=(), window=("2024-03", "2024-04"), tasks=NOTHING, apps=NOTHING):
    return build_unit_months(table("units", units), table("spells", spells), tasks, apps, window, CALENDAR)


def test_one_row_per_valid_unit_and_month():
    frame = build([unit("B", valid_from="2024-04-15"), unit("A", valid_to="2024-03-01"), unit("D")])
    assert frame.columns.tolist() == COLUMNS
    assert frame[["unit_code", "month"]].to_numpy().tolist() == [
        ["A", "2024-03"],
        ["B", "2024-04"],
        ["D", "2024-03"],
        ["D", "2024-04"],
    ]
    assert frame["workdays"].tolist() == [21, 22, 21, 22] and frame["rest_days"].tolist() == [10, 8, 10, 8]


def test_a_renamed_unit_has_one_row_with_the_later_traits():
    units = [
        unit("A", unit_type="乡", establishment=30, valid_to="2024-03-15"),
        unit("A", unit_type="镇", establishment=40, valid_from="2024-03-16"),
    ]
    frame = build(units, window=("2024-02", "2024-03"))
    assert frame["unit_type"].tolist() == ["乡", "镇"] and frame["establishment"].tolist() == [30, 40]


def test_headcount_is_that_of_the_previous_month_end():
    spells = [
        spell("stays", "2015-01-01"),
        spell("leaves in March", "2015-01-01", "2024-03-10"),
        spell("leaves on the last day of February", "2015-01-01", "2024-02-29"),
        spell("left before", "2015-01-01", "2024-02-28"),
        spell("comes in March", "2024-03-01"),
        spell("seconded out", "2024-01-01", on_post=False),
        spell("twice", "2015-01-01", "2024-03-20"),
        spell("twice", "2024-02-20"),
        spell("fragment", None, "2024-03-05"),
        spell("elsewhere", "2015-01-01", code="Z"),
    ]
    assert build([unit()], spells)["headcount"].tolist() == [5, 3]


def test_an_exit_in_the_month_does_not_change_its_headcount():
    before = build([unit()], [spell("1", "2015-01-01"), spell("2", "2015-01-01")])
    after = build([unit()], [spell("1", "2015-01-01"), spell("2", "2015-01-01", "2024-03-02")])
    assert before["headcount"].tolist() == [2, 2] and after["headcount"].tolist() == [2, 1]


def test_a_unit_without_staff_has_headcount_zero():
    assert build([unit()])["headcount"].tolist() == [0, 0]


def test_logged():
    month = pd.DataFrame({"unit_code": ["A"], "month": ["2024-04"]})
    frame = build([unit("A"), unit("B")], tasks=month, apps=month)
    assert frame["tasks_logged"].tolist() == frame["app_logged"].tolist() == [False, True, False, False]


def logged(tmp_path, rows, excluded=()):
    paths = {}
    for name, content in tables(tasks=rows).items():
        paths[name] = str(tmp_path / f"{name}.parquet")
        pq.write_table(content, paths[name])
    months, apps = logged_months(paths["tasks"], paths["app_activity"], excluded)
    assert apps.empty
    return sorted(map(tuple, months.to_numpy().tolist()))


def test_a_register_of_checks_alone_does_not_make_a_month_logged(tmp_path):
    rows = [
        task("A", "2024-03-05"),
        task("A", "2024-04-05", label="检查"),
        task("B", "2024-04-05", label="会议"),
    ]
    assert logged(tmp_path, rows) == [("A", "2024-03"), ("B", "2024-04")]
    assert logged(tmp_path, rows, ["2024-04"]) == [("A", "2024-03")]


def test_a_province_with_a_register_of_checks_only(tmp_path):
    assert logged(tmp_path, [task("A", "2024-04-05", label="检查")]) == [("A", "2024-04")]
