"""Exposures: which months they average, their scale, and leads that somebody's leaving cannot move."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_indices import MEMBERS, MONTHS, REFERENCE, frame_of, long, members, random_indicators

from jianfu.indices.construction import build_exposures, build_indices, fit_anchors
from jianfu.indices.specification import Months, index_spec

X = members(("OD", "x", 1.0))
PER_HEAD = members(("OD", "tasks", 1.0, 1.0, "log1p", True), ("OD", "x", 1.0))


def exposures(indicators, plan, frame=None, reference=REFERENCE, before=None):
    frame = frame_of(indicators) if frame is None else frame
    spec = index_spec(plan, reference)
    spec = replace(spec, before=before or spec.before)
    anchors = fit_anchors(indicators, frame, spec)
    return build_exposures(indicators, frame, spec, anchors), anchors


def series(found, name, unit="A"):
    rows = found[(found["exposure"] == name) & (found["unit_code"] == unit)]
    return rows.set_index("month")["value"]


def test_by_hand():
    values = [3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7]
    indicators = long({("A", "x"): values})
    found, anchors = exposures(indicators, X)
    x = np.array(values)
    level = 50 + 10 * (x - x[:12].mean()) / x[:12].std(ddof=1)
    lag = np.array([np.mean(level[max(0, m - 3) : m]) if m >= 2 else np.nan for m in range(14)])
    reference = lag[2:12]
    assert anchors["exposures"]["OD"]["n"] == 10
    assert anchors["exposures"]["OD"]["mean"] == pytest.approx(reference.mean())
    assert anchors["exposures"]["OD"]["sd"] == pytest.approx(reference.std(ddof=1))
    standardised = (lag - reference.mean()) / reference.std(ddof=1)
    assert series(found, "OD").index[0] == "2024-03"  # two of three months are enough
    assert series(found, "OD").to_numpy() == pytest.approx(standardised[2:], abs=1e-8)
    lead = np.array([np.mean(level[m + 1 : m + 4]) for m in range(12)])  # January's lead: February to April
    expected = (lead - reference.mean()) / reference.std(ddof=1)  # the constants of the lag
    assert series(found, "OD_lead").to_numpy() == pytest.approx(expected, abs=1e-8)
    assert series(found, "OD_lead").index[-1] == "2024-12"
    half_year = np.array([np.mean(level[max(0, m - 6) : m]) if m >= 4 else np.nan for m in range(14)])
    own = half_year[4:12]
    assert series(found, "OD_6m").index[0] == "2024-05"  # four of six months are enough
    assert series(found, "OD_6m").to_numpy() == pytest.approx(
        (half_year[4:] - own.mean()) / own.std(ddof=1), abs=1e-8
    )


def test_scale_over_the_reference_window():
    found, _ = exposures(random_indicators(missing=0), MEMBERS)
    inside = found[(found["month"] <= "2024-12") & ~found["exposure"].str.endswith("_lead")]
    moments = inside.groupby("exposure")["value"].agg(["mean", "std"])
    assert len(moments) == 2 * MEMBERS["index"].nunique()
    assert moments["mean"].to_numpy() == pytest.approx(0, abs=1e-8)
    assert moments["std"].to_numpy() == pytest.approx(1, abs=1e-8)


def test_too_few_months_are_missing():
    values = [1.0, 2, 3, None, None, 4, 5, 3, 2, 1, 4, 2, 3]
    found, _ = exposures(long({("A", "x"): values}), X, frame_of(long({("A", "x"): [0.0] * 13})))
    months = series(found, "OD").index.tolist()
    # 2024-06 looks back on March to May (one present), 2024-07 on April to June (one present)
    assert months == [MONTHS[k] for k in (2, 3, 4, 7, 8, 9, 10, 11, 12)]


def test_nothing_crosses_a_unit():
    late = long({("B", "x"): [None] * 6 + [1.0, 2, 3, 4, 5, 6, 7]})
    indicators = pd.concat([long({("A", "x"): [5.0, 4, 6, 5, 4, 6, 5, 4, 6, 5, 4, 6, 9]}), late])
    frame = frame_of(long({("A", "x"): [0.0] * 13, ("B", "x"): [0.0] * 13}))
    found, _ = exposures(indicators, X, frame)
    assert series(found, "OD", "B").index[0] == "2024-09"
    assert series(found, "OD_lead", "B").index[0] == "2024-05"


def test_no_exposure_for_a_unit_that_is_gone():
    indicators = long({("A", "x"): [5.0, 4, 6, 5, 4, 6], ("B", "x"): [5.0, 4, 6, 7, 4, 6]})
    frame = frame_of(indicators).query("unit_code == 'A' or month <= '2024-04'")
    found, anchors = exposures(indicators.query("unit_code == 'A' or month <= '2024-04'"), X, frame)
    assert series(found, "OD", "B").index.tolist() == ["2024-03", "2024-04"]
    assert anchors["exposures"]["OD"]["n"] == 6


def per_head(tasks, headcount, months=8):
    """Indicators and unit_months of two units; tasks per head on the headcount of each month's predecessor."""
    values = {}
    for unit in "AB":
        rate = np.asarray(tasks[unit], float) / np.asarray(headcount[unit], float)
        values[unit, "tasks"] = rate.tolist()
        values[unit, "x"] = [1.0, 2, 1, 3, 2, 1, 2, 3][:months]
    indicators = long(values)
    frame = frame_of(indicators).assign(headcount=[h for unit in "AB" for h in headcount[unit]])
    return indicators, frame


def test_an_exit_after_the_month_does_not_move_the_lead():
    tasks = {"A": [100, 120, 90, 110, 130, 100, 90, 120], "B": [60, 80, 70, 90, 60, 70, 80, 90]}
    steady = {"A": [10] * 8, "B": [8] * 8}
    indicators, frame = per_head(tasks, steady)
    spec = index_spec(PER_HEAD, ("2024-01", "2024-08"))
    anchors = fit_anchors(indicators, frame, spec)
    before = build_exposures(indicators, frame, spec, anchors)
    # somebody of A leaves in April: the headcount of May and later is smaller by one
    indicators, frame = per_head(tasks, {"A": [10, 10, 10, 10, 9, 9, 9, 9], "B": [8] * 8})
    after = build_exposures(indicators, frame, spec, anchors)
    for month in MONTHS[:4]:  # seen from March (m+1 = April) and from April itself, the lead does not move
        assert series(after, "OD_lead")[month] == pytest.approx(series(before, "OD_lead")[month], abs=1e-9)
    # without the fixed headcount it would have
    levels = [
        build_indices(*data, spec, anchors).indices().query("unit_code == 'A'").set_index("month")["value"]
        for data in ((indicators, frame), per_head(tasks, steady))
    ]
    assert levels[0]["2024-05"] > levels[1]["2024-05"] + 0.1
    # and no lag up to April changes either: each month stands on the headcount of the month before it
    for month in MONTHS[2:5]:
        assert series(after, "OD")[month] == pytest.approx(series(before, "OD")[month], abs=1e-9)


def test_lead_by_hand_with_a_changing_headcount():
    tasks = {"A": [100, 120, 90, 110, 130, 100, 90, 120], "B": [60, 80, 70, 90, 60, 70, 80, 90]}
    headcount = {"A": [10, 12, 11, 9, 10, 8, 9, 10], "B": [8, 7, 8, 9, 8, 7, 8, 9]}
    indicators, frame = per_head(tasks, headcount)
    spec = index_spec(PER_HEAD, ("2024-01", "2024-08"))
    anchors = fit_anchors(indicators, frame, spec)
    found = series(build_exposures(indicators, frame, spec, anchors), "OD_lead")
    a, e = anchors["indicators"], anchors["exposures"]["OD"]
    x = [1.0, 2, 1, 3, 2, 1, 2, 3]
    for m in range(5):
        levels = []
        for t in (m + 1, m + 2, m + 3):
            head = (np.log1p(tasks["A"][t] / headcount["A"][m]) - a["tasks"]["mean"]) / a["tasks"]["sd"]
            levels.append(50 + 10 * (head + (x[t] - a["x"]["mean"]) / a["x"]["sd"]) / 2)
        assert found[MONTHS[m]] == pytest.approx((np.mean(levels) - e["mean"]) / e["sd"], abs=1e-8)


def test_other_lags():
    values = [3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
    found, anchors = exposures(long({("A", "x"): values}), X, before=Months(2, 2, 1))
    level = 50 + 10 * (np.array(values) - np.mean(values)) / np.std(values, ddof=1)
    assert anchors["exposures"]["OD"]["n"] == 10
    expected = (level[:10] - level[:10].mean()) / level[:10].std(ddof=1)
    assert series(found, "OD").to_numpy() == pytest.approx(expected, abs=1e-8)
    assert series(found, "OD").index[0] == "2024-03"


def test_fast_enough_for_a_hundred_draws():
    months = pd.period_range("2023-07", "2026-06", freq="M").astype(str).tolist()
    codes = [*MEMBERS["indicator"].unique(), *(f"other{k}" for k in range(20))]
    grid = pd.MultiIndex.from_product([[f"U{k:03d}" for k in range(200)], months, codes])
    indicators = grid.to_frame(index=False, name=["unit_code", "month", "indicator"])
    indicators["value"] = np.random.default_rng(1).random(len(indicators))
    frame = indicators[["unit_code", "month"]].drop_duplicates(ignore_index=True).assign(headcount=50)
    begun = time.process_time()
    spec = index_spec(MEMBERS, ("2023-07", "2024-06"))
    anchors = fit_anchors(indicators, frame, spec)
    build_indices(indicators, frame, spec, anchors)
    build_exposures(indicators, frame, spec, anchors)
    assert time.process_time() - begun < 2
