"""What can be answered before anything is fitted, and what to ask for first."""

from pathlib import Path

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.answerable import ANSWERABLE, NOT, Answer, lacking_columns, page, unlocking
from jianfu.models.reasons import because

PLAN = Path(__file__).parents[2] / "config" / "plan"
KEEPERS = pd.read_csv(PLAN / "keepers.csv", encoding="utf-8-sig", keep_default_na=False)
MEMBERS = pd.DataFrame(
    [("OD", "A1"), ("OD", "A3"), ("OD", "A6"), ("RG", "C1"), ("RG", "C2"), ("MON", "A3")],
    columns=["index", "indicator"],
)
TIERS = pd.DataFrame([("OD", "common", "OD-C"), ("RG", "none", "")], columns=["index", "tier", "used"])


def lacking(*rows):
    return pd.DataFrame(rows, columns=["indicator", "table", "column"])


def test_the_column_that_brings_an_index_comes_before_one_that_brings_more_indicators():
    found = unlocking(
        lacking(
            ("A3", "tasks", "is_veto"),
            ("A6", "tasks", "has_score|has_rank"),
            ("A6", "tasks", "check_mode"),  # A6 lacks two: neither alone brings it
            ("C1", "tasks", "template_required"),
            ("C2", "unit_year", ""),
        ),
        MEMBERS,
        TIERS,
        KEEPERS,
    )
    assert found[["table", "column"]].iloc[0].tolist() == [
        "tasks",
        "is_veto",
    ]  # A1 and A3 are two thirds of OD
    assert found["indices"].iloc[0] == ["OD"]
    assert set(found["column"]) == {"is_veto", "template_required", ""}
    asked = found.set_index("column")["asked"].to_dict()
    assert asked["template_required"] == "no" and asked["is_veto"] == "yes"


def test_nothing_lacking_asks_for_nothing():
    assert unlocking(lacking(), MEMBERS, TIERS, KEEPERS).empty
    assert page([], unlocking(lacking(), MEMBERS, TIERS, KEEPERS), {}, Labels("zh", PLAN / "labels.csv"))


def test_notices_become_columns_or_whole_tables():
    plan = pd.DataFrame(
        {
            "code": ["A3", "D4", "A6"],
            "source": ["veto", "app_runs", "tasks"],
            "needs": ["is_veto", "", "has_score|has_rank"],
        }
    )
    notices = pd.DataFrame(
        [
            ("A3", "switched_off", "is_veto"),
            ("D4", "switched_off", "(no rows in app_days)"),
            ("A3", "no_values", ""),
        ],
        columns=["indicator", "outcome", "column"],
    )
    found = lacking_columns(plan, notices, {"veto": "tasks", "app_runs": "app_days"})
    assert found.to_numpy().tolist() == [["A3", "tasks", "is_veto"], ["D4", "app_days", ""]]
    coded = lacking_columns(
        plan, notices, {"veto": "tasks", "app_runs": "app_days", "tasks": "tasks"}, ["has_rank"]
    )
    assert coded.to_numpy().tolist() == [*found.to_numpy().tolist(), ["A6", "tasks", "has_score|has_rank"]]


def test_the_page_says_office_column_and_what_not_to_collect_anew():
    found = [
        Answer("H2", "H2_exits", "OD", ANSWERABLE, 9000, 30, 30, 120, 0.314),
        Answer("H8", "H8_innovation", "RG", NOT, reasons=(because("column_absent", column="RG"),)),
    ]
    wanted = unlocking(
        lacking(("A3", "tasks", "is_veto"), ("A6", "tasks", "x"), ("C1", "tasks", "template_required")),
        MEMBERS,
        TIERS,
        KEEPERS,
    )
    headings = {("tasks", "is_veto"): "是否一票否决", ("tasks", "template_required"): "是否统一模板"}
    text = "\n".join(page(found, wanted, headings, Labels("zh", PLAN / "labels.csv")))
    assert "H2（过密化指数）: 可以回答（事件120、聚类30、80%把握可检出的最小效应0.31）" in text
    assert "H8（刻板化指数）: 不能回答（" in text
    assert "要“是否一票否决”一列" in text and "督查室或考核办" in text
    assert "不要为此让乡镇另行填报：“是否统一模板”一列" in text


def test_every_keeper_names_a_table_and_an_office_where_it_may_be_asked():
    asked = KEEPERS[KEEPERS["asked"] == "yes"]
    assert (asked[["office_zh", "office_en"]] != "").all().all()
    assert set(KEEPERS["asked"]) == {"yes", "no"} and not KEEPERS.duplicated(["table", "column"]).any()
