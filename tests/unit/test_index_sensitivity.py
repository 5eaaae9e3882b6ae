"""Diagnostics, multiverse and rank bands of the burden indices: hand-computed parts, shapes, what stays restricted."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.core.labels import Labels
from jianfu.indices.construction import read_cube
from jianfu.indices.roles import read_roles
from jianfu.indices.specification import index_spec
from jianfu.release.gate import release_frame
from jianfu.release.outputs import Limits, read_outputs
from jianfu.report.figures.index_sensitivity import draw
from jianfu.robustness.index_sensitivity import (
    OUTPUT_COLUMNS,
    build_all,
    components,
    county_scores,
    diagnose,
    windows,
)

PLAN = Path(__file__).resolve().parents[2] / "config" / "plan"
ROLES = read_roles(PLAN / "index_roles.csv")
OUTPUTS = read_outputs(PLAN / "outputs.csv")
SETTINGS = {
    "indices": ["OD", "GAP"],
    "normalisation": ["z", "minmax"],
    "weights": ["given", "entropy"],
    "aggregation": ["arithmetic", "ampi"],
    "drop_one": True,
    "reference_months": [3, 6],
    "bootstrap": 60,
}
INFERENCE = {"confidence": 0.95, "seed": 7}
MEMBERS = pd.DataFrame(
    {
        "index": ["OD", "OD", "OD", "GAP"],
        "indicator": ["a", "b", "c", "g"],
        "weight": 1.0,
        "direction": 1,
        "transformation": ["log1p", "none", "none", "none"],
    }
)
SPEC = index_spec(MEMBERS, ("2024-01", "2024-03"))


def province(units=20, months=8):
    """Units of four counties with a level of their own; county 0 carries most burden."""
    random = np.random.default_rng(2)
    names = [f"33011{u % 4}{u:03d}" for u in range(units)]
    text = [f"2024-{m:02d}" for m in range(1, months + 1)]
    unit_months = pd.DataFrame(
        [(u, m, u[:6], 30) for u in names for m in text],
        columns=["unit_code", "month", "county_code", "headcount"],
    )
    level = unit_months["county_code"].str[-2:].map({"10": 3.0, "11": 2.0, "12": 1.0, "13": 0.0}).to_numpy()
    parts = []
    for code in ("a", "b", "c"):
        values = np.exp(0.4 * level + 0.3 * random.normal(size=len(unit_months)))
        parts.append(unit_months[["unit_code", "month"]].assign(indicator=code, value=values))
    towns = pd.DataFrame({"unit_code": names, "valid_from": None, "county_code": [n[:6] for n in names]})
    towns = towns.assign(county_name="县" + towns["county_code"], city_name="市")
    return pd.concat(parts, ignore_index=True), unit_months, towns


@pytest.fixture(scope="module")
def tables():
    indicators, unit_months, units = province()
    return build_all(indicators, unit_months, units, SPEC, SETTINGS, INFERENCE)


def test_every_declared_column_is_there_and_passes_the_gate(tables):
    for name, frame in tables.items():
        assert list(frame.columns) == OUTPUT_COLUMNS[name]
        if name != "rank_bands":
            released, _ = release_frame(
                OUTPUTS[name], frame, Limits(min_cell=10, min_residual_df=10, dominance=0.9)
            )
            assert len(released) == len(frame)
    assert not {"unit_code"} & {c for name in OUTPUTS for c in OUTPUTS[name].columns}


def test_counties_rank_as_they_were_made(tables):
    ranks = tables["county_ranks"].set_index("county_code")
    assert ranks["rank"].to_dict() == {"330110": 1, "330111": 2, "330112": 3, "330113": 4}
    assert (ranks["rank_low"] <= ranks["rank"]).all() and (ranks["rank"] <= ranks["rank_high"]).all()
    assert ranks["units"].tolist() == [5] * 4 and ranks["persons"].tolist() == [150] * 4


def test_the_grid_is_complete_and_its_shares_are_shares(tables):
    assert len(tables["index_multiverse"]) == 2 * 2 * 2 * 4 * 2
    assert tables["index_multiverse"]["mean_rank_shift"].iloc[0] == 0
    shares = tables["index_shares"]
    assert shares["first_order"].between(0, 1).all() and shares["first_order"].sum() <= 1 + 1e-12
    assert (shares["total"] >= shares["first_order"] - 1e-12).all()


def test_an_index_of_one_component_has_no_sensitivity(tables):
    assert set(tables["index_shares"]["index"]) == {"OD"}


def test_the_monthly_interval_holds_the_mean(tables):
    frame = tables["index_interval"]
    assert (frame["ci_low"] < frame["mean"]).all() and (frame["mean"] < frame["ci_high"]).all()
    # in the reference window the mean over units is 50 by construction
    assert frame["mean"].iloc[:3].mean() == pytest.approx(50, abs=1e-9)


def test_county_scores_by_hand():
    indicators, unit_months, _ = province(units=4)
    data = components("OD", indicators, unit_months, SPEC)
    data.rows["county_code"] = np.where(data.rows["unit_code"] < "330112", "A", "B")
    counties, scores = county_scores(np.array([[1.0, 3.0, 5.0, np.nan]]), data, [[1, 3, 2, 9]])
    assert counties.tolist() == ["A", "B"] and scores.tolist() == [[2.5, 5.0]]


def test_members_without_an_anchor_do_not_take_part():
    indicators, unit_months, _ = province(units=4)
    for gone in (["b"], ["b", "c"]):
        left = indicators[~indicators["indicator"].isin(gone)]
        data = components("OD", left, unit_months, SPEC)
        assert data is None if len(gone) > 1 else data.codes == ["a", "c"]
    _, pairs = diagnose("OD", components("OD", indicators[indicators["indicator"] != "b"], unit_months, SPEC))
    assert pairs[["code", "with"]].to_numpy().tolist() == [["a", "c"]]


def test_reference_windows_begin_with_that_of_the_province():
    indicators, unit_months, _ = province(units=4)
    cube = read_cube(indicators, unit_months, SPEC)
    assert windows(cube, ("2024-02", "2024-04"), [2, 3, 12]) == {
        "3": ("2024-02", "2024-04"),
        "2": ("2024-02", "2024-03"),
    }
    assert list(windows(cube, ("2024-01", "2024-08"), [12, 24])) == ["8"]


def test_the_figure_draws_all_and_nothing(tables):
    labels = Labels("zh", PLAN / "labels.csv")
    counties = tables["county_ranks"].assign(status="shown")
    figure = draw(counties, tables["index_shares"], ROLES, labels, synthetic=True)
    assert len(figure.axes) == 2
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()][0] == "县330110"
    draw(counties.iloc[:0], tables["index_shares"].iloc[:0], ROLES, labels)
