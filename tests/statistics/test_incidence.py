"""Cumulative incidence with delayed entry: R's survival, hand-made numbers, conservation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from miniature import DEFINITIONS, table

from jianfu.exits import incidence
from jianfu.exits.person_months import person_months

REFERENCE = Path(__file__).parents[1] / "data" / "reference"  # made by incidence.R there


def test_delayed_entry_and_competing_exits_of_r():
    data = pd.read_csv(REFERENCE / "incidence_data.csv")
    expected = pd.read_csv(REFERENCE / "incidence_expected.csv", skipinitialspace=True)
    times = expected["time"].to_numpy()
    at_risk = [((data["entry"] < t) & (data["exit"] >= t)).sum() for t in times]
    leaves = [((data["exit"] == t) & (data["event"] == 1)).sum() for t in times]
    competes = [((data["exit"] == t) & (data["event"] == 2)).sum() for t in times]
    assert at_risk == expected["n"].tolist()
    curve = incidence.aalen_johansen(np.array(at_risk), np.array(leaves), np.array(competes))
    np.testing.assert_allclose(curve, expected["incidence"], atol=1e-12)


def test_by_hand():
    curve = incidence.aalen_johansen(np.array([10, 8, 0, 4]), np.array([1, 2, 0, 1]), np.array([1, 0, 0, 1]))
    assert curve == pytest.approx([0.1, 0.1 + 0.8 * 0.25, 0.3, 0.3 + 0.8 * 0.75 * 0.25])


def test_all_exits_and_survivors_add_up():
    rng = np.random.default_rng(1)
    n, d, c = rng.integers(20, 40, 30), rng.integers(0, 3, 30), rng.integers(0, 3, 30)
    both = incidence.aalen_johansen(n, d, c) + incidence.aalen_johansen(n, c, d)
    np.testing.assert_allclose(both, 1 - np.cumprod(1 - (d + c) / n))


def test_tertiles_have_equal_numbers_of_units():
    exposures = pd.DataFrame(
        {
            "unit_code": list("abcdef") * 2,
            "exposure": "OD",
            "value": [3, 1, 2, 9, 8, 7] * 2,
            "month": "2024-01",
        }
    )
    found = incidence.burden_tertiles(exposures, ("2024-01", "2024-12"), exposure="OD")
    assert found.to_dict() == {"b": "low", "c": "low", "a": "middle", "f": "middle", "e": "high", "d": "high"}


def test_tertiles_do_not_look_at_months_after_the_reference_window():
    early = pd.DataFrame(
        {"unit_code": list("abc"), "exposure": "OD", "value": [1.0, 2, 3], "month": "2024-06"}
    )
    late = early.assign(value=[90.0, 2, 3], month="2025-01")  # people left unit a: its burden per head rose
    found = incidence.burden_tertiles(pd.concat([early, late]), ("2024-01", "2024-12"), exposure="OD")
    assert found.to_dict() == {"a": "low", "b": "middle", "c": "high"}


@pytest.fixture(scope="module")
def province():
    """Thirty units; leaving is twice as frequent in the ten with the highest burden."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(3000):
        unit = i % 30
        start = pd.Timestamp("2012-01-10") + pd.Timedelta(days=int(rng.integers(0, 365 * 13)))
        wait = rng.geometric(0.02 if unit >= 20 else 0.01)
        other = rng.geometric(0.003)
        leave = start + pd.DateOffset(months=int(min(wait, other)))
        if leave < pd.Timestamp("2023-01-01"):
            continue  # gone before the window opened: never seen
        gone = leave < pd.Timestamp("2026-01-01")
        rows.append(
            {
                "person_key": f"p{i:04d}",
                "unit_code": f"3901210{unit:02d}",
                "birth_ym": "1993-01",
                "sex": "女",
                "on_post": True,
                "spell_start": start,
                "spell_end": leave if gone else None,
                "exit_type": ("辞职" if wait <= other else "死亡") if gone else None,
            }
        )
    frame = table("spells", rows)
    months, _ = person_months(frame, ("2023-01", "2025-12"), DEFINITIONS)
    exposures = pd.DataFrame(
        {"unit_code": [f"3901210{u:02d}" for u in range(30)], "month": "2023-04", "exposure": "OD"}
    ).assign(value=np.arange(30.0))
    return months, exposures, ("2023-01", "2023-12")


def curves_of(*province, exposure="OD", min_at_risk=10, replicates=50):
    return incidence.cumulative_incidence(
        *province, exposure="OD", min_at_risk=min_at_risk, replicates=replicates, seed=1, confidence=0.95
    )


def test_known_incidence_is_recovered(province):
    curves = curves_of(*province, replicates=199)
    assert set(curves["cohort"]) == {"90后"}
    for tertile, rate in (("low", 0.01), ("high", 0.02)):
        curve = curves[curves["tertile"] == tertile].set_index("time_months")
        start = curve["from_months"].iloc[0]
        assert curve["cumulative_incidence"].iloc[0] == 0
        months = 48
        stay = (1 - rate) * (1 - 0.003)
        truth = rate * (1 - stay**months) / (1 - stay)
        row = curve.loc[start + months]
        assert row["ci_low"] < truth < row["ci_high"]
        assert abs(row["cumulative_incidence"] - truth) < 0.06


def test_curves_are_monotone_and_count_every_event_in_their_range(province):
    months, exposures, reference = province
    curves = curves_of(months, exposures, reference)
    for _, curve in curves.groupby("tertile"):
        assert (curve["cumulative_incidence"].diff().dropna() >= 0).all()
        assert (curve["ci_low"] <= curve["cumulative_incidence"]).mean() > 0.95
    first, last = curves["time_months"].min() + 1, curves["time_months"].max()
    inside = months["tenure_months"].between(first, last)
    assert curves["n_events"].sum() == (months.loc[inside, "cause"] == "resign").sum()
    assert curves["n_at_risk"].min() >= 1


def test_too_few_at_risk_gives_no_curve(province):
    assert curves_of(*province, exposure="OD", min_at_risk=10_000).empty
    empty = province[0].iloc[:0]
    assert curves_of(empty, *province[1:]).empty
