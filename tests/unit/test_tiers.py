"""Which tier of measurement a province stands on, and what that makes of the plan."""

from pathlib import Path

import pandas as pd
import pytest

from jianfu.config.files import read_yaml
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
