"""Unit-months side by side: alignment, standardisation, timing of policies."""

import numpy as np
import pandas as pd
import pytest

from jianfu.models.tables.unit_months import unit_month_table

UNITS, MONTHS = ("390101001", "390102001"), ("2024-01", "2024-02", "2024-03")


def long(key, name, values):
    """Long table of one quantity; ``values``: one row per unit, None = missing (no row)."""
    rows = [
        (unit, month, name, value)
        for unit, row in zip(UNITS, values, strict=True)
        for month, value in zip(MONTHS, row, strict=True)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["unit_code", "month", key, "value"])


@pytest.fixture
def table():
    panel = pd.DataFrame(
        [(u, m, u[:6]) for u in UNITS for m in MONTHS], columns=["unit_code", "month", "county_code"]
    )
    indicators = pd.concat(
        [
            long("indicator", "D8_late", [[0.1, 0.3, None], [0.2, 0.2, 0.9]]),
            long("indicator", "A2_checks", [[0, 3, 8], [1, None, 2]]),
            long("indicator", "flat", [[1, 1, 5], [1, 1, 5]]),
        ]
    )
    policies = pd.DataFrame(
        [
            ("P1", "减负规定（试点）", "2024-02-10", "390102", "其他"),
            ("P1", "规定", "2024-03-01", None, "减负"),
        ],
        columns=["policy_id", "name", "start_date", "county_code", "topic"],
    )
    units = pd.DataFrame(
        {"unit_code": UNITS, "county_code": [u[:6] for u in UNITS], "unit_type": "镇"}
    ).assign(
        **dict.fromkeys(("valid_from", "distance_km", "hardship", "population", "area_km2", "revenue"), None)
    )
    plan = pd.DataFrame(
        {"code": ["D8_late", "A2_checks", "flat"], "transformation": ["none", "log1p", "none"]}
    )
    exposures = long("exposure", "OD", [[None, None, 1.5], [None, None, -0.5]])
    return unit_month_table(
        panel.sample(frac=1, random_state=1).assign(unit_type="镇"),
        indicators.sample(frac=1, random_state=2),
        long("index", "OD", [[50, 51, 52], [53, 54, None]]),
        exposures,
        plan,
        ("2024-01", "2024-02"),
        policies,
        {"relief": ["减负"], "none": ["没有"]},
        units,
    )


def test_values_stand_beside_their_unit_and_month(table):
    frame = table.frame
    assert table.n_read == len(frame) == 6 and list(frame["unit"]) == [u for u in UNITS for _ in MONTHS]
    np.testing.assert_array_equal(frame["A2_checks"], [0, 3, 8, 1, np.nan, 2])
    np.testing.assert_array_equal(frame["OD_month"], [50, 51, 52, 53, 54, np.nan])
    np.testing.assert_array_equal(frame["OD"], [np.nan, np.nan, 1.5, np.nan, np.nan, -0.5])
    assert list(frame["time"]) == [0, 1, 2] * 2 and list(frame["county"].unique()) == ["390101", "390102"]


def test_an_indicator_is_standardised_over_the_reference_months(table):
    reference = np.array([0.1, 0.3, 0.2, 0.2])
    expected = (np.array([0.1, 0.3, np.nan, 0.2, 0.2, 0.9]) - 0.2) / reference.std(ddof=1)
    np.testing.assert_allclose(table.frame["D8_late_z"], expected, atol=1e-12)
    logs = np.log1p([0, 3, 1])
    np.testing.assert_allclose(table.frame["A2_checks_z"][2], (np.log(9) - logs.mean()) / logs.std(ddof=1))
    assert "flat_z" not in table.frame  # no spread in the reference months


def test_the_earlier_start_of_a_policy_counts_where_it_holds(table):
    frame = table.frame
    number = {m: 2024 * 12 + i for i, m in enumerate(MONTHS)}
    assert list(frame["relief_start"]) == [number["2024-03"]] * 3 + [number["2024-02"]] * 3
    assert list(frame["relief"]) == [False, False, True, False, True, True]
    assert list(frame["relief_since"]) == [-2, -1, 0, -1, 0, 1]
    assert list(frame["relief_national"]) == [False, False, True] * 2
    assert frame["none_start"].isna().all() and not frame["none"].any()
