"""Which tier of measurement a province stands on, and what that makes of the plan."""

from pathlib import Path

import pandas as pd
import pytest

import settle_plan
from jianfu.config.files import read_yaml
from jianfu.config.overlay import write_plan_file
from jianfu.core.labels import Labels
from jianfu.core.spreadsheets import write_csv
from jianfu.models.small_levels import Merging
from jianfu.models.spec import specs_of
from jianfu.models.tiers import (
    COMMON,
    FULL,
    NONE,
    given_share,
    read_tiers,
    renamed,
    replacements,
    settled,
    tiers_of,
)
from jianfu.province.plan import plan_content
from jianfu.report.document.plan_tables import tiers_table
from jianfu.report.tables.table import NOTHING

PLAN = Path(__file__).parents[2] / "config" / "plan"
COUNTERPARTS = {"OD": "OD-C", "RG": ""}
GIVEN = dict.fromkeys(("OD", "TR", "RG", "GAP"), 1.0)
INDICES = ["OD", "OD-C", "OD_core", "TR", "RG"]


def province(**valued):
    """Indices of ten logged unit-months (and one that is not), with a value of each index in so many of them."""
    months = [f"2024-{m:02d}" for m in range(1, 12)]
    unit_months = pd.DataFrame({"unit_code": "A", "month": months, "tasks_logged": [True] * 10 + [False]})
    rows = [
        ("A", month, index.replace("_", "-"), 50.0) for index, n in valued.items() for month in months[:n]
    ]
    return pd.DataFrame(rows, columns=["unit_code", "month", "index", "value"]), unit_months


@pytest.mark.parametrize(
    ("valued", "tier", "used"),
    [
        ({"OD": 10, "OD_C": 10}, FULL, "OD"),
        ({"OD": 5, "OD_C": 10}, FULL, "OD"),
        ({"OD": 4, "OD_C": 10}, COMMON, "OD-C"),
        ({"OD_C": 5}, COMMON, "OD-C"),
        ({"OD": 4, "OD_C": 4}, NONE, ""),
        ({}, NONE, ""),
    ],
)
def test_the_full_index_where_half_of_the_logged_months_have_it_else_the_common_one(valued, tier, used):
    found = tiers_of(COUNTERPARTS, *province(**valued), GIVEN).set_index("index")
    assert found.loc["OD", ["tier", "used"]].tolist() == [tier, used]
    assert found.loc["RG", ["tier", "used"]].tolist() == [NONE, ""]  # rigidity has no common tier


def test_correlations_of_the_tiers_within_and_between_units_by_hand():
    """Within units the two go together exactly, between units they go against each other."""
    months = [f"2024-{m:02d}" for m in range(1, 5)]
    rows = []
    for u, unit in enumerate("ABC"):
        for m, month in enumerate(months):
            rows += [(unit, month, "OD", 50 + u + 0.1 * m), (unit, month, "OD-C", 50 - 2 * u + 0.3 * m)]
    indices = pd.DataFrame(rows, columns=["unit_code", "month", "index", "value"])
    unit_months = indices[["unit_code", "month"]].drop_duplicates().assign(tasks_logged=True)
    found = tiers_of(COUNTERPARTS, indices, unit_months, GIVEN).set_index("index")
    assert found.loc["OD", ["within", "between"]].tolist() == pytest.approx([1, -1])
    assert found.loc["RG", ["within", "between"]].isna().all()


def test_models_on_both_tiers_stand_side_by_side_with_their_share():
    labels = Labels("zh", PLAN / "labels.csv")
    tiers = pd.DataFrame(
        {"index": ["OD", "RG"], "common": ["OD-C", None], "within": [0.8, None], "between": [0.9, None]}
    )
    rows = [("H1", "OD", 0.4, 0.2, 0.6), ("H1_common", "OD-C", 0.3, 0.1, 0.5), ("H3", "OD:x", 0.01, -0.1, 0.1),
            ("H3_common", "OD-C:x", 0.05, -0.1, 0.2), ("H6", "RG", 0.2, 0.1, 0.3)]  # fmt: skip
    estimates = pd.DataFrame(rows, columns=["model", "term", "estimate", "ci_low", "ci_high"])
    table = tiers_table(tiers, estimates, {}, labels)
    assert [(row[0], row[-1]) for row in table.rows] == [("H1", "75"), ("H3", NOTHING)]
    assert table.rows[0][2:4] == ("0.400\n[0.200, 0.600]", "0.300\n[0.100, 0.500]")
    assert "0.80" in table.notes[0] and "0.90" in table.notes[0]


def test_months_that_were_not_logged_do_not_count():
    found = tiers_of(COUNTERPARTS, *province(OD_C=11), GIVEN).set_index("index")
    assert found.loc["OD", "share_common"] == 1


def test_an_index_of_coded_columns_is_not_the_full_tier():
    members = pd.DataFrame(
        [("OD", "A1"), ("OD", "A3"), ("OD", "A6"), ("RG", "C1")], columns=["index", "indicator"]
    )
    needs = {"A1": "", "A3": "is_veto", "A6": "has_score|has_rank", "C1": "template_required"}
    given = given_share(members, needs, needs, {"is_veto", "has_rank"})
    assert given == {"OD": pytest.approx(1 / 3), "RG": 1.0}
    found = tiers_of(COUNTERPARTS, *province(OD=10, OD_C=10, RG=10), given).set_index("index")
    assert found["tier"].to_dict() == {"OD": COMMON, "RG": FULL}
    assert given_share(members, needs, needs, ()) == {"OD": 1.0, "RG": 1.0}
    assert given_share(members, needs, ["A1", "A3"], ()) == {"OD": pytest.approx(2 / 3), "RG": 0.0}  # absent


def test_only_exposures_of_the_index_itself_are_renamed():
    names = {"OD": "OD-C"}
    terms = [
        "OD",
        "OD:cohort_90s",
        "OD_lag3",
        "within(OD, unit)",
        "OD_core",
        "OD_core_lead",
        "TR",
        "ODD",
        "OD-C",
    ]
    expected = [
        "OD-C", "OD-C:cohort_90s", "OD-C_lag3", "within(OD-C, unit)", "OD_core", "OD_core_lead", "TR", "ODD", "OD-C"
    ]  # fmt: skip
    assert renamed(terms, names, INDICES) == expected
    assert renamed({"curve": {"OD": [1, 2]}, "n": 3}, names, INDICES) == {"curve": {"OD-C": [1, 2]}, "n": 3}


def plan():
    hypotheses = pd.read_csv(PLAN / "hypotheses.csv", dtype=str, encoding="utf-8-sig")
    indices = pd.read_csv(PLAN / "indices.csv")["index"].unique()
    return read_yaml(PLAN / "models.yaml"), hypotheses, indices


def test_on_the_common_tier_every_model_of_the_plan_asks_about_the_common_index():
    models, hypotheses, indices = plan()
    tiers = tiers_of(read_tiers(PLAN / "tiers.csv"), *province(OD_C=10, TR_C=10), GIVEN)
    specs = specs_of(settled(models, hypotheses, tiers, indices))
    assert [spec.name for spec in specs] == [entry["name"] for entry in models["models"]]
    terms = {term for spec in specs for term in spec.terms}
    assert {"OD-C", "OD-C:cohort_90s", "TR-C", "OD_core"} <= terms
    assert not {"OD", "TR", "OD:cohort_90s", "OD_lead"} & terms
    assert replacements(tiers) == {"OD": "OD-C", "TR": "TR-C"}


def test_on_the_full_tier_the_common_index_stands_beside_the_confirmatory_models_and_nothing_else_changes():
    models, hypotheses, indices = plan()
    tiers = tiers_of(read_tiers(PLAN / "tiers.csv"), *province(OD=10, OD_C=10, TR=10, TR_C=10), GIVEN)
    own = settled(models, hypotheses, tiers, indices)["models"]
    assert [entry for entry in own if entry in models["models"]] == models["models"]
    added = {entry["name"]: entry for entry in own if entry not in models["models"]}
    assert list(added) == ["H1_burnout_common", "H2_exits_common", "H3_within_cohorts_common"]
    assert added["H3_within_cohorts_common"]["terms"] == ["OD-C", "OD-C:cohort_90s"]
    assert {entry["role"] for entry in added.values()} == {"robustness"}


def test_levels_with_few_events_are_merged_with_those_beside_them_in_the_order_of_the_province(tmp_path):
    """Cohorts and bands of its own have a place in the order, too."""
    overlay = {"cohorts": {"85后": 1985, "95后": 1995}, "tenure_bands": {"3-5": False, "3-4": 48, "4-5": 60}}
    write_plan_file(plan_content(PLAN, overlay, "")("exits.yaml"), tmp_path / "exits.yaml")
    tiers = tiers_of(read_tiers(PLAN / "tiers.csv"), *province(OD=10, OD_C=10), GIVEN)
    write_csv(tiers, tmp_path / "tiers.csv")
    inputs = {
        "members": PLAN / "indices.csv",
        "models": PLAN / "models.yaml",
        "hypotheses": PLAN / "hypotheses.csv",
    }
    inputs |= {"tiers": tmp_path / "tiers.csv", "definitions": tmp_path / "exits.yaml"}
    settle_plan.main(inputs, {"models": tmp_path / "m.yaml", "hypotheses": tmp_path / "h.csv"}, min_cell=12)
    merging = read_yaml(tmp_path / "m.yaml")["merging"]
    assert merging["least"] == 12 and merging["orders"]["lock_band"] == ["locked", "ended_1y", "ended"]
    assert merging["orders"]["cohort"] == ["70后及以前", "80后", "85后", "90后", "95后", "00后"]
    assert merging["orders"]["tenure_band"] == ["<1", "1-3", "3-4", "4-5", "5-10", "10+"]
    rule, events = Merging(**merging), pd.Series({"80后": 90, "85后": 40, "90后": 30, "95后": 3, "00后": 15})
    assert rule.of("cohort", events, None) == {"95后": "00后"}
