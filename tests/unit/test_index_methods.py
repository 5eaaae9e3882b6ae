"""The choices offered for the burden indices, late anchors, two scales, kept steps: everything looks back only."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_indices import (
    MEMBERS,
    PLAN,
    REFERENCE,
    frame_of,
    long,
    members,
    random_indicators,
)

import build_exposures as exposures_rule
import build_indices as indices_rule
from jianfu.core.errors import ConfigError, DataError
from jianfu.core.months import month_range
from jianfu.indices.construction import (
    build_exposures,
    build_indices,
    check_common,
    fit_anchors,
    notices,
    write_anchors,
)
from jianfu.indices.engine.treat import skewness
from jianfu.indices.methods import resolve_methods
from jianfu.indices.specification import index_spec

TWO = members(("OD", "x", 1.0), ("OD", "y", 1.0))
THREE_MONTHS = ("2024-01", "2024-03")
CHOICES = [
    {},
    {"imputation": {"method": "last", "limit": 2}},
    {"treatment": "winsorise"},
    {"normalisation": "minmax"},
    {"normalisation": "percentile"},
    {"normalisation": "rank"},
    {"weights": "equal"},
    {"weights": "entropy"},
    {"weights": "critic"},
    {"normalisation": "minmax", "aggregation": "power", "treatment": "winsorise"},
    {"normalisation": "ampi", "aggregation": "ampi"},
    {"normalisation": "percentile", "aggregation": "geometric"},
]


def build(indicators, plan=MEMBERS, reference=REFERENCE, frame=None, **methods):
    frame = frame_of(indicators) if frame is None else frame
    spec = index_spec(plan, reference, settings=methods)
    anchors = fit_anchors(indicators, frame, spec)
    return build_indices(indicators, frame, spec, anchors).indices(), anchors


def steps_of(indicators, plan, anchors, frame):
    return build_indices(indicators, frame, index_spec(plan, REFERENCE), anchors)


def level(indices, index="OD", unit="A"):
    rows = indices[(indices["index"] == index) & (indices["unit_code"] == unit)]
    return rows.set_index("month")["value"]


# --- choices --------------------------------------------------------------------------------------------------------

XY = {("A", "x"): [0.0, 5, 10, 10, 5], ("A", "y"): [2.0, 4, 3, 2, 8]}


def test_minmax_lies_between_0_and_100_in_the_reference_window():
    indices, _ = build(long(XY), TWO, THREE_MONTHS, normalisation="minmax")
    assert level(indices).tolist() == pytest.approx([0, 75, 75, 50, (50 + 300) / 2])


def test_goalposts_are_settings_and_clip():
    posts = {"x": [0, 5], "y": [0, 4]}
    indices, anchors = build(long(XY), TWO, THREE_MONTHS, normalisation="goalposts", goalposts=posts)
    assert level(indices).tolist() == pytest.approx([25, 100, 87.5, 75, 100])
    assert anchors["indicators"]["x"]["scale"] == 5


def test_power_mean_lets_the_heavier_component_weigh_more():
    indices, _ = build(long(XY), TWO, THREE_MONTHS, normalisation="minmax", aggregation="power")
    assert level(indices).tolist()[:3] == pytest.approx([0, ((50**2 + 100**2) / 2) ** 0.5, 79.0569415])


def test_ampi_adds_the_penalty_for_bads():
    indices, _ = build(long(XY), TWO, THREE_MONTHS, normalisation="minmax", aggregation="ampi")
    mean, spread = (100 + 130) / 2, 15.0
    assert level(indices)["2024-02"] == pytest.approx(mean + spread**2 / mean)


def test_geometric_is_the_mirrored_mean_of_relief():
    posts = {"x": [0, 10], "y": [0, 10]}
    indices, _ = build(
        long(XY), TWO, THREE_MONTHS, normalisation="goalposts", goalposts=posts, aggregation="geometric"
    )
    relief = 101 - (1 + 99 * np.array([[0.0, 0.2], [0.5, 0.4], [1, 0.3], [1, 0.2], [0.5, 0.8]]))
    assert level(indices).to_numpy() == pytest.approx(101 - np.sqrt(relief.prod(axis=1)))


def test_more_burden_is_more_burden_for_every_choice():
    indicators = random_indicators(missing=0, units=4)
    plan = MEMBERS[MEMBERS["index"] == "OD"]
    for methods in CHOICES[2:]:
        if "critic" in methods.values():
            continue  # a weight of zero is possible
        base, anchors = build(indicators, plan, **methods)
        for code in plan["indicator"]:
            raised = indicators.assign(value=indicators["value"] + 0.02 * (indicators["indicator"] == code))
            again = steps_of(raised, plan, anchors, frame_of(indicators)).indices()
            assert (again["value"] >= base["value"] - 1e-9).all(), (methods, code)


def test_limits_come_from_the_reference_window_and_hold_later():
    rng = np.random.default_rng(3)
    series = rng.normal(10, 1, 18)
    series[3], series[15] = 40, 60
    indicators = long({("A", "x"): series.tolist(), ("A", "y"): rng.random(18).tolist()})
    _, anchors = build(indicators, TWO, treatment="winsorise")
    limit = anchors["indicators"]["x"]["upper"]
    assert limit == np.sort(series[:12])[-2] and skewness(series[:12]) > 2
    steps = steps_of(indicators, TWO, anchors, frame_of(indicators)).frames()
    assert steps["screened"]["x"].max() == 60 and steps["treated"]["x"].max() == pytest.approx(limit)
    _, anchors = build(indicators, TWO, treatment="limits", limits={"x": [9, 11]})
    assert (anchors["indicators"]["x"]["lower"], anchors["indicators"]["x"]["upper"]) == (9, 11)


def test_unequal_weights_of_the_plan_stay_unless_equal_ones_are_asked_for():
    plan = members(("OD", "x", 3.0), ("OD", "y", 1.0))
    assert build(long(XY), plan, THREE_MONTHS)[1]["indices"]["OD"]["group"]["weights"] == [0.75, 0.25]
    equal = build(long(XY), plan, THREE_MONTHS, weights="equal")[1]
    assert equal["indices"]["OD"]["group"]["weights"] == [0.5, 0.5]


def test_first_component_is_refused_where_loadings_have_mixed_signs():
    opposed = {("A", "x"): [1.0, 2, 3, 4], ("A", "y"): [4.0, 3, 2, 1], ("A", "z"): [1.0, 2, 3, 5]}
    plan = members(("OD", "x", 1.0), ("OD", "y", 1.0), ("OD", "z", 1.0))
    with pytest.raises(DataError, match="OD: weights 'pc1' are refused"):
        build(long(opposed), plan, ("2024-01", "2024-04"), weights="pc1")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"aggregation": "geometric"}, "needs the normalisation minmax, goalposts, percentile, not z"),
        ({"weights": "entropie"}, "indices: 'weights' cannot be 'entropie'; did you mean 'entropy'"),
        ({"aggregation": {"parents": {"OD": "geometric"}}}, "geometric for all indices or for none"),
        ({"imputation": {"method": "last", "months": 2}}, "'imputation.months' is no option"),
    ],
)
def test_wrong_choices_are_named(settings, sentence):
    with pytest.raises(ConfigError, match=sentence):
        resolve_methods(settings)


# --- imputation -----------------------------------------------------------------------------------------------------


def test_the_last_value_stands_in_for_at_most_k_months_and_is_flagged():
    series = {("A", "x"): [None, 1.0, 2, None, None, None, 5], ("B", "x"): [7.0, None, None, 3, 1, 2, 4]}
    frame = frame_of(long({("A", "x"): [0.0] * 7, ("B", "x"): [0.0] * 7}))
    plan = members(("OD", "x", 1.0))
    _, anchors = build(
        long(series), plan, ("2024-01", "2024-07"), frame, imputation={"method": "last", "limit": 2}
    )
    steps = steps_of(long(series), plan, anchors, frame)
    frames = steps.frames()
    filled = frames["screened"].set_index("unit_code")["x"]
    assert filled["A"].tolist()[1:] == [1, 2, 2, 2, pytest.approx(np.nan, nan_ok=True), 5]
    assert np.isnan(filled["A"].iloc[0])
    assert filled["B"].tolist() == [7, 7, 7, 3, 1, 2, 4]
    flagged = frames["imputed"]
    assert flagged["x"].dtype == bool and flagged["x"].sum() == 4
    assert len(steps.indices()) == 12
    plain, _ = build(long(series), plan, ("2024-01", "2024-07"), frame)
    assert len(plain) == 8


# --- no look-ahead --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("methods", CHOICES, ids=lambda m: " ".join(map(str, m.values())) or "default")
def test_permuting_the_future_changes_nothing_earlier(methods):
    indicators = random_indicators(units=5, months=month_range("2024-01", "2025-06"))
    now = "2025-02"
    future = indicators["month"] > now
    shuffled = indicators.copy()
    shuffled.loc[future, "value"] = np.random.default_rng(9).permutation(indicators.loc[future, "value"]) ** 2
    extra = indicators[future].assign(unit_code="new")
    results = []
    for data in (indicators, shuffled, pd.concat([indicators, extra]), indicators[~future]):
        frame = data[["unit_code", "month"]].drop_duplicates(ignore_index=True).assign(headcount=10)
        indices, anchors = build(data, frame=frame, **methods)
        exposures = build_exposures(data, frame, index_spec(MEMBERS, REFERENCE), anchors)
        exposures = exposures[~exposures["exposure"].str.endswith("_lead")]
        results.append((anchors, indices[indices["month"] <= now], exposures[exposures["month"] <= now]))
    for anchors, *tables in results[1:]:
        assert anchors == results[0][0]
        for one, other in zip(results[0][1:], tables, strict=True):
            assert len(one)
            pd.testing.assert_frame_equal(
                one.reset_index(drop=True), other.reset_index(drop=True), check_exact=True
            )


# --- anchors where the reference window has no value ----------------------------------------------------------------

YEARLY = members(("GAP", "gap", 1.0), ("OD", "x", 1.0), ("OD", "y", 1.0), ("OD", "gap", 1.0)).assign(
    yearly=lambda frame: frame["indicator"] == "gap", unit="ln ratio"
)


def late(months=18, units=5, seed=4):
    """Two monthly components, and a yearly one that begins in 2025-01."""
    random = np.random.default_rng(seed)
    values = {}
    for u in range(units):
        for code in "xy":
            values[f"U{u}", code] = random.random(18).tolist()[:months]
        values[f"U{u}", "gap"] = ([None] * 12 + [float(u)] * 6)[:months]
    return long(values)


def test_a_yearly_component_without_reference_values_is_anchored_on_its_first_month():
    indices, anchors = build(late(), YEARLY)
    assert anchors["indicators"]["gap"]["window"] == ["2025-01", "2025-01"]
    assert anchors["exposures"]["GAP"]["window"] == ["2025-03", "2025-03"]
    assert notices(anchors).to_numpy().tolist() == [["gap", "anchored_later", "2025-01", 5]]
    gap = indices[indices["index"] == "GAP"]
    z = (np.arange(5) - 2) / np.std(range(5), ddof=1)
    assert gap[gap["month"] == "2025-04"]["value"].to_numpy() == pytest.approx(50 + 10 * z, abs=1e-8)
    assert gap["month"].min() == "2025-01"
    assert indices[(indices["index"] == "OD") & (indices["month"] < "2025-01")]["n_components"].eq(2).all()


def test_late_anchors_do_not_move_when_months_are_added():
    found = []
    for months in (13, 15, 18):
        indices, anchors = build(late(months), YEARLY)
        entry = anchors["indicators"]["gap"]
        found.append((entry["mean"], entry["sd"], indices[indices["month"] <= "2025-01"]))
    for mean, sd, indices in found[1:]:
        assert (mean, sd) == found[0][:2]
        pd.testing.assert_frame_equal(indices.reset_index(drop=True), found[0][2].reset_index(drop=True))


def test_a_monthly_component_that_begins_late_stays_out():
    plan = YEARLY.assign(yearly=False)
    indices, anchors = build(late(), plan)
    assert anchors["indicators"]["gap"]["dropped"] == "no_value"
    assert set(indices["index"]) == {"OD"}
    _, anchors = build(late(), YEARLY, weights="critic")  # weights that need the components side by side
    assert anchors["indicators"]["gap"]["dropped"]


# --- two scales and kept steps, through the rules -------------------------------------------------------------------


def run_rules(folder, indicators, frame, **settings):
    folder.mkdir()
    indicators.assign(coverage=1.0).to_parquet(folder / "indicators.parquet", index=False)
    frame.to_parquet(folder / "unit_months.parquet", index=False)
    defaults = {"min_share": 0.6, "anchors": None, "frozen": None}
    exposure = {"lags": [1, 3], "min_months": 2, "survey_months": 6, "survey_min_months": 4}
    plan = {"plan": PLAN / "indicators.csv", "members": PLAN / "indices.csv"}
    sources = {name: folder / f"{name}.parquet" for name in ("indicators", "unit_months")}
    indices_rule.main(
        **sources, **plan, reference=REFERENCE, settings=defaults | settings, exposure=exposure,
        indices=folder / "indices.parquet", common=folder / "indices_common.parquet",
        anchors=folder / "anchors.json", steps=folder, remarks=folder / "notices.csv",
    )  # fmt: skip
    exposures_rule.main(
        **sources, **plan, anchors=folder / "anchors.json", common_anchors=settings.get("anchors"),
        exposure=exposure, exposures=folder / "exposures.parquet", common=folder / "exposures_common.parquet",
    )  # fmt: skip
    return {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}


def test_two_scales_are_declared_and_never_mixed(tmp_path):
    one, two = random_indicators(seed=1), random_indicators(seed=2).assign(value=lambda d: d["value"] * 3 + 1)
    first = run_rules(tmp_path / "one", one, frame_of(one))
    assert first["indices_common"].empty and first["exposures_common"].empty
    alone = run_rules(tmp_path / "alone", two, frame_of(two))
    both = run_rules(tmp_path / "both", two, frame_of(two), anchors=str(tmp_path / "one" / "anchors.json"))
    for name in ("indices", "exposures"):
        pd.testing.assert_frame_equal(both[name], alone[name])  # the province's own scale stays as it is
        assert "value_common" in both[f"{name}_common"] and "value" not in both[f"{name}_common"]
    od = both["indices_common"].query("index == 'OD'")["value_common"]
    assert od.mean() > 60 > both["indices"].query("index == 'OD'")["value"].mean()
    # on the common scale the first province has the values of its own scale
    again = run_rules(tmp_path / "again", one, frame_of(one), anchors=str(tmp_path / "one" / "anchors.json"))
    for name in ("indices", "exposures"):
        same = again[f"{name}_common"].rename(columns={"value_common": "value"})
        pd.testing.assert_frame_equal(same, first[name])


def test_another_year_of_data_moves_no_earlier_number_under_frozen_anchors(tmp_path):
    year = random_indicators(seed=1)
    first = run_rules(tmp_path / "first", year, frame_of(year))
    later = random_indicators(seed=1).assign(
        month=lambda d: (pd.PeriodIndex(d["month"], freq="M") + d["month"].nunique()).astype(str),
        value=lambda d: d["value"] * 2,
    )
    both = pd.concat([year, later], ignore_index=True)
    revised = both.assign(value=both["value"].where(both["unit_code"] != both["unit_code"].iloc[0]))
    frozen = {"frozen": str(tmp_path / "first" / "anchors.json")}
    second = run_rules(tmp_path / "second", revised, frame_of(revised), **frozen)
    kept = first["indices"][first["indices"]["unit_code"] != both["unit_code"].iloc[0]]
    found = kept.merge(second["indices"], on=["unit_code", "month", "index"], how="left")
    assert len(kept) and (found["value_x"] == found["value_y"]).all()
    anew = run_rules(tmp_path / "anew", revised, frame_of(revised))  # a unit less in the reference window
    moved = kept.merge(anew["indices"], on=["unit_code", "month", "index"])
    assert (moved["value_x"] != moved["value_y"]).any()
    assert (tmp_path / "second" / "anchors.json").read_text() == (
        tmp_path / "first" / "anchors.json"
    ).read_text()


def test_frozen_anchors_of_other_methods_are_refused(tmp_path):
    year = random_indicators()
    run_rules(tmp_path / "first", year, frame_of(year))
    frozen = {"frozen": str(tmp_path / "first" / "anchors.json"), "weights": "entropy"}
    with pytest.raises(ConfigError, match="another normalisation, weighting or aggregation"):
        run_rules(tmp_path / "second", year, frame_of(year), **frozen)


def test_common_anchors_of_another_plan_are_refused(tmp_path):
    _, anchors = build(random_indicators())
    other = MEMBERS[(MEMBERS["index"] != "OD") | (MEMBERS["indicator"] == "A1_tasks")]
    with pytest.raises(ConfigError, match="no index OD with the members of this province"):
        check_common(anchors, index_spec(other, REFERENCE), "common.json")
    unit = MEMBERS.assign(unit=MEMBERS["unit"].str.replace("20 working days", "month"))
    with pytest.raises(ConfigError, match="measure A1_tasks in 'tasks per head and 20 working days'"):
        check_common(anchors, index_spec(unit, REFERENCE), "common.json")
    check_common(anchors, index_spec(MEMBERS, REFERENCE), "common.json")


def test_every_step_can_be_looked_at(tmp_path):
    indicators = random_indicators()
    found = run_rules(tmp_path / "p", indicators, frame_of(indicators))
    plan = MEMBERS.set_index("indicator")
    for code in ("A1_tasks", "A6_share"):
        screened, treated = found["screened"][code], found["treated"][code]
        expected = np.log1p(screened) if code == "A1_tasks" else screened
        assert treated.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9, nan_ok=True)
    od = plan.index[plan["index"] == "OD"]
    mean = found["normalised"][od].mean(axis=1).where(found["normalised"][od].notna().mean(axis=1) >= 0.6)
    assert found["aggregated"]["OD"].to_numpy() == pytest.approx(mean.to_numpy(), abs=1e-8, nan_ok=True)
    assert not found["imputed"][od].any().any()
    long_od = found["indices"].query("index == 'OD'")["value"]
    assert long_od.to_numpy() == pytest.approx(found["aggregated"]["OD"].dropna().to_numpy(), abs=1e-9)


def test_anchors_hold_what_makes_them_reusable(tmp_path):
    _, anchors = build(random_indicators(), treatment="winsorise")
    entry = anchors["indicators"]["A1_tasks"]
    assert entry["unit"] == "tasks per head and 20 working days" and entry["transformation"] == "log1p"
    assert {"n", "mean", "sd", "lower", "upper", "centre", "scale", "direction", "window"} <= set(entry)
    assert sum(anchors["indices"]["OD"]["group"]["weights"]) == pytest.approx(1)
    write_anchors(anchors, tmp_path / "anchors.json")
    assert Path(tmp_path / "anchors.json").stat().st_size < 60_000
