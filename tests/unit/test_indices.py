"""Indices against hand computation, their invariances, and anchors that stay frozen."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.months import month_range
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.construction import (
    build_exposures,
    build_indices,
    fit_anchors,
    notices,
    read_anchors,
    write_anchors,
)
from jianfu.indices.specification import index_spec, members_of, read_members
from jianfu.province.reference import reference_window

PLAN = Path(__file__).parents[2] / "config" / "plan"
INDICATORS = read_indicators(PLAN / "indicators.csv")
MEMBERS = read_members(PLAN / "indices.csv", INDICATORS)
MONTHS = month_range("2024-01", "2025-06")
REFERENCE = ("2024-01", "2024-12")


def members(*rows):
    """Members from (index, indicator, weight) or with direction, transformation and per_head."""
    columns = ["index", "indicator", "weight", "direction", "transformation", "per_head"]
    rows = [(*row, *(1.0, "none", False)[len(row) - 3 :]) for row in rows]
    return pd.DataFrame(rows, columns=columns)


def long(values, months=None):
    """Long indicators from {(unit, indicator): list by month}."""
    rows = [
        (unit, month, indicator, value)
        for (unit, indicator), series in values.items()
        for month, value in zip(months or MONTHS, series, strict=False)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["unit_code", "month", "indicator", "value"])


def frame_of(indicators):
    """unit_months of the same units over the same months, 10 persons each."""
    units, months = sorted(indicators["unit_code"].unique()), sorted(indicators["month"].unique())
    grid = pd.MultiIndex.from_product([units, months], names=["unit_code", "month"]).to_frame(index=False)
    return grid.assign(headcount=10)


def random_indicators(units=6, months=MONTHS, seed=1, codes=None, missing=0.1):
    random = np.random.default_rng(seed)
    codes = codes or MEMBERS["indicator"].unique()
    values = {(f"U{u}", code): random.random(len(months)) for u in range(units) for code in codes}
    frame = long(values, months)
    frame.loc[random.random(len(frame)) < missing, "value"] = np.nan
    return frame


def build(indicators, plan, reference=REFERENCE, min_share=0.6):
    return build_with(indicators, index_spec(plan, reference, settings={"min_share": min_share}))


def build_with(indicators, spec):
    frame = frame_of(indicators)
    anchors = fit_anchors(indicators, frame, spec)
    return build_indices(indicators, frame, spec, anchors).indices(), anchors


def test_index_by_hand():
    indicators = long({("A", "x"): [0.0, 1, 2, 9], ("A", "y"): [np.e - 1, 0, np.e - 1, 0]})
    plan = members(("OD", "x", 1.0), ("OD", "y", 3.0, 1.0, "log1p"))
    indices, anchors = build(indicators, plan, ("2024-01", "2024-03"))
    sd_y = np.std([1, 0, 1], ddof=1)
    expected = {"transformation": "none", "n": 3, "mean": 1.0, "sd": 1.0, "dropped": None}
    assert expected.items() <= anchors["indicators"]["x"].items()
    assert anchors["indicators"]["x"]["window"] == ["2024-01", "2024-03"]
    assert anchors["indices"]["OD"]["members"] == {"x": 1.0, "y": 3.0}
    assert anchors["indices"]["OD"]["group"]["weights"] == [0.25, 0.75]
    assert anchors["indicators"]["y"]["mean"] == pytest.approx(2 / 3)
    z_x, z_y = np.array([-1, 0, 1, 8]), (np.array([1, 0, 1, 0]) - 2 / 3) / sd_y
    assert indices["value"].to_numpy() == pytest.approx(50 + 10 * (z_x + 3 * z_y) / 4, abs=1e-9)
    assert indices["n_components"].tolist() == [2, 2, 2, 2]


def test_direction_and_reference_mean():
    indicators = random_indicators(missing=0)
    indices, anchors = build(indicators, MEMBERS)
    inside = indices[indices["month"] <= "2024-12"]
    assert inside.groupby("index")["value"].mean().to_numpy() == pytest.approx(50, abs=1e-8)
    flipped, _ = build(indicators, MEMBERS.assign(direction=-MEMBERS["direction"]))
    assert (flipped["value"] + indices["value"]).to_numpy() == pytest.approx(100, abs=1e-8)


def test_missing_below_the_share_of_components():
    plan = members(*[("OD", code, weight) for code, weight in zip("vwxyz", (9.0, 1, 1, 1, 1), strict=True)])
    series = {("A", code): [1.0, 2, 5, 3, 4] for code in "vwxyz"}
    for code, month in (("v", 3), ("w", 3), ("x", 4), ("y", 4), ("z", 4)):
        series["A", code][month] = None
    indices, _ = build(long(series), plan, ("2024-01", "2024-03"))
    assert indices["month"].tolist() == MONTHS[:4]  # 3 of 5 are enough, 2 of 5 are not, whatever their weight
    assert indices["n_components"].tolist() == [5, 5, 5, 3]
    strict, _ = build(long(series), plan, ("2024-01", "2024-03"), min_share=0.61)
    assert strict["month"].tolist() == MONTHS[:3]


def test_nothing_known_is_no_row():
    plan = members(("OD", "x", 1.0))
    indicators = long({("A", "x"): [1, 2, np.nan]})
    assert build(indicators, plan, ("2024-01", "2024-02"))[0]["month"].tolist() == ["2024-01", "2024-02"]


def test_constant_and_absent_components_are_dropped_and_count_as_absent():
    plan = members(
        *(("OD", "x", 1.0), ("OD", "constant", 1.0), ("GAP", "late", 1.0)),
        *(("TR", "x", 1.0), ("TR", "y", 1.0), ("TR", "late", 1.0)),
    )
    series = {("A", "x"): [1, 2, 4, 3], ("A", "constant"): [5, 5, 5, 6], ("A", "late"): [None, None, None, 8]}
    series["A", "y"] = [2, 2, 1, 3]
    indices, anchors = build(long(series), plan, ("2024-01", "2024-03"))
    assert set(indices["index"]) == {"TR"}  # OD has half of its components, GAP nothing
    assert notices(anchors).to_numpy().tolist() == [
        ["constant", "dropped_from_index", "no_spread", 3],
        ["late", "dropped_from_index", "no_value", 0],
    ]
    assert anchors["exposures"]["OD"]["dropped"]


def test_months_and_units_after_the_window_change_no_old_value():
    later = month_range("2024-01", "2026-02")
    everything = random_indicators(units=8, months=later)
    old = everything[(everything["month"] <= "2025-06") & (everything["unit_code"] < "U6")]
    new_unit_late = everything[(everything["unit_code"] < "U6") | (everything["month"] > "2024-12")]
    results = []
    for indicators in (old, new_unit_late):
        frame = frame_of(old) if indicators is old else indicators[["unit_code", "month"]].drop_duplicates()
        frame = frame.assign(headcount=10)
        spec = index_spec(MEMBERS, REFERENCE)
        anchors = fit_anchors(indicators, frame, spec)
        indices = build_indices(indicators, frame, spec, anchors).indices()
        exposures = build_exposures(indicators, frame, spec, anchors)
        exposures = exposures[~exposures["exposure"].str.endswith("_lead")]
        results.append((anchors, indices, exposures))
    assert results[0][0] == results[1][0]
    for before, after in zip(results[0][1:], results[1][1:], strict=True):
        after = after[(after["month"] <= "2025-06") & (after["unit_code"] < "U6")]
        pd.testing.assert_frame_equal(
            before.reset_index(drop=True), after.reset_index(drop=True), check_exact=True
        )
        assert len(before)


def test_order_of_rows_and_of_members_changes_nothing():
    indicators = random_indicators()
    first, _ = build(indicators, MEMBERS)
    second, _ = build(indicators.sample(frac=1, random_state=1), MEMBERS)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    shuffled, _ = build(indicators, MEMBERS.sample(frac=1, random_state=1))
    keys = ["unit_code", "month", "index"]
    both = first.merge(shuffled, on=keys, suffixes=("", "_2"))
    assert len(both) == len(first)
    assert both["value"].to_numpy() == pytest.approx(both["value_2"].to_numpy(), abs=1e-9)


def test_monotone_in_every_component():
    indicators = random_indicators(missing=0)
    plan = MEMBERS[MEMBERS["index"] == "OD"]
    base, anchors = build(indicators, plan)
    for code in plan["indicator"]:
        raised = indicators.assign(value=indicators["value"] + (indicators["indicator"] == code) * 0.1)
        again = build_indices(raised, frame_of(raised), index_spec(plan, REFERENCE), anchors).indices()
        assert (again["value"] > base["value"]).all()


def test_a_doubled_component_equals_double_weight():
    indicators = random_indicators(codes=["x", "y"], missing=0)
    twin = indicators[indicators["indicator"] == "x"].assign(indicator="twin")
    doubled, _ = build(
        pd.concat([indicators, twin]), members(("OD", "x", 1.0), ("OD", "twin", 1.0), ("OD", "y", 1.0))
    )
    weighted, _ = build(indicators, members(("OD", "x", 2.0), ("OD", "y", 1.0)))
    assert doubled["value"].to_numpy() == pytest.approx(weighted["value"].to_numpy(), abs=1e-9)


def test_a_negative_count_has_no_logarithm():
    with pytest.raises(DataError, match="x: a count below zero"):
        build(long({("A", "x"): [1, -2, 3]}), members(("OD", "x", 1.0, 1.0, "log1p")))


def test_anchors_are_stored_with_their_check_sum(tmp_path):
    _, anchors = build(random_indicators(), MEMBERS)
    path = tmp_path / "anchors.json"
    write_anchors(anchors, path)
    assert read_anchors(path) == anchors
    assert set(anchors) == {
        "window", "methods", "normalisation", "indicators", "indices", "exposures", "sha256",
    }  # fmt: skip
    path.write_text(path.read_text(encoding="utf-8").replace('"n": ', '"n": 1'), encoding="utf-8")
    with pytest.raises(DataError, match="check sum"):
        read_anchors(path)


def test_reference_window():
    year = {"reference_months": 12, "reference_window": None}
    assert reference_window(("2023-07", "2026-06"), year) == ("2023-07", "2024-06")
    assert reference_window(("2024-01", "2024-05"), year) == ("2024-01", "2024-05")
    declared = {"reference_months": 12, "reference_window": ["2024-07", "2025-06"]}
    assert reference_window(("2024-01", "2025-06"), declared) == ("2024-07", "2025-06")


def test_plan_of_the_common_indices():
    by_index = MEMBERS.groupby("index")["indicator"].agg(list)
    assert by_index["GAP"] == ["A10"] and by_index["REST"] == ["D3_rest_eve_share"]
    assert len(by_index["OD"]) == len(by_index["TR"]) == 7 and len(by_index["RG"]) == 4
    assert set(MEMBERS.loc[MEMBERS["per_head"], "indicator"]) == {
        "A1_tasks",
        "A12_open",
        "B6_actions",
        "D4_rest_actions",
    }
    declared = INDICATORS[INDICATORS["index"] != ""].set_index("code")["index"].to_dict()
    theory = MEMBERS[MEMBERS["index"].isin(["OD", "TR", "RG", "GAP", "REST"])]
    assert declared == theory.set_index("indicator")["index"].to_dict()


def test_the_common_tier_needs_only_what_every_office_has():
    by_index = MEMBERS.groupby("index")["indicator"].agg(list)
    assert by_index["OD-C"] == ["A1_tasks", "A1_issuers", "A2_checks", "A12_open", "C5_short_share"]
    assert by_index["TR-C"] == ["B1_demand", "B5_all", "B6_actions", "B8_total"]


def test_overload_without_the_members_it_shares_with_pressure():
    by_index = MEMBERS.groupby("index")["indicator"].agg(set)
    assert by_index["D7"] == {"A2_checks", "A3_veto", "A4_letters", "C5_short_share"}
    assert by_index["OD_core"] == by_index["OD"] - by_index["D7"]
    for index, member, rest in (
        ("OD", "VETO", "OD_but_A3"),
        ("OD", "CHECKS", "OD_but_A2"),
        ("TR", "APPS", "TR_but_apps"),
    ):
        assert by_index[rest] == by_index[index] - by_index[member] and len(by_index[rest]) >= 5


def test_members_of_an_index_stand_together_in_the_order_of_the_indices():
    own = pd.DataFrame([("OD", "B1_tables", 2.0)], columns=["index", "indicator", "weight"])
    plan = members_of(pd.concat([MEMBERS[[*own]], own], ignore_index=True), INDICATORS, "")
    assert list(plan.loc[plan["index"] == "OD", "indicator"])[-1] == "B1_tables"
    assert list(plan["index"].drop_duplicates()) == list(MEMBERS["index"].drop_duplicates())
    assert (plan["index"] != plan["index"].shift()).sum() == plan["index"].nunique()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"index": "OD", "indicator": "A99", "weight": 1}, "'A99'"),
        ({"index": "OD", "indicator": "A10", "weight": 0}, "A10"),
    ],
)
def test_wrong_members_are_named(row, sentence):
    with pytest.raises(ConfigError, match=sentence):
        members_of(pd.DataFrame([row]), INDICATORS, "")
