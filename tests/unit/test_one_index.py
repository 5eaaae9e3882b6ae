"""Whatever needs the index gets the same one, to the last digit of what is released, under every setting."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from test_indices import MEMBERS

from jianfu.core.months import month_range
from jianfu.indices import construction
from jianfu.indices.engine.multiverse import ranks
from jianfu.indices.own_panel.multiverse import panel_multiverse
from jianfu.indices.own_panel.output import build_panel
from jianfu.indices.specification import index_spec
from jianfu.models.spec import ModelSpec
from jianfu.release.publications import index_over_time
from jianfu.robustness.curve.shares import coefficient_shares
from jianfu.robustness.curve.variants import exposures_of
from jianfu.robustness.index_sensitivity import build_all
from jianfu.robustness.uncertainty import bootstrap, rows

MONTHS, REFERENCE = month_range("2024-01", "2025-06"), ("2024-01", "2024-12")
CHOICES = {
    "indices": ["OD", "TR", "RG"],
    "normalisation": ["z", "minmax"],
    "weights": ["given", "entropy"],
    "aggregation": ["arithmetic", "power"],
    "drop_one": False,
    "reference_months": [12, 15],
    "bootstrap": 3,
}
PLAN = {
    "indices": {"declared": {}, "percentile": {"normalisation": "percentile"}},
    "drop_one": False,
    "lags": [[1, 3], [1, 6]],
    "min_share": 0.6,
}
INFERENCE = {"confidence": 0.95, "seed": 1}
POSTS = {code: [0, 1.5] for code in MEMBERS["indicator"].unique()}
SETTINGS = {
    "default": {},
    "geometric": {"normalisation": "minmax", "aggregation": "geometric"},
    "last": {"imputation": {"method": "last", "limit": 3}},
    "entropy": {"normalisation": "percentile", "weights": "entropy", "min_share": 0.4},
    "posts": {"normalisation": "goalposts", "goalposts": POSTS, "weights": "critic", "aggregation": "power"},
    "ampi": {"normalisation": "ampi", "aggregation": "ampi", "treatment": "winsorise"},
    "parents": {"weights": {"method": "given", "parents": {"OD": "entropy", "TR": "equal"}}},
}


@pytest.fixture(scope="session")
def province():
    """Indicators with gaps of 24 units in 18 months: one member begins late, one has no value in the first year."""
    random = np.random.default_rng(5)
    keys = pd.MultiIndex.from_product([[f"33011{u % 4}{u:03d}" for u in range(24)], MONTHS])
    frame = keys.to_frame(index=False, name=["unit_code", "month"])
    parts = []
    for code in MEMBERS["indicator"].unique():
        part = frame.assign(indicator=code, value=random.gamma(2.0, 0.3, len(frame)))
        part = part[random.random(len(part)) > 0.15]
        if code in ("A4_letters", "C2_uniformity"):
            part = part[part["month"] > REFERENCE[1]]
        parts.append(part)
    frame = frame.assign(headcount=random.integers(8, 40, len(frame)), county_code=frame["unit_code"].str[:6])
    units = frame.drop_duplicates("unit_code")[["unit_code", "county_code"]]
    units = units.assign(valid_from=None, county_name="县" + units["county_code"], city_name="市")
    return pd.concat(parts, ignore_index=True), frame, units


@pytest.fixture(scope="module", params=SETTINGS)
def made(province, request):
    """Specification, and the indices and exposures of the pipeline."""
    spec = index_spec(MEMBERS, REFERENCE, settings=SETTINGS[request.param])
    anchors = construction.fit_anchors(*province[:2], spec)
    indices = construction.build_indices(*province[:2], spec, anchors).indices()
    return spec, indices, construction.build_exposures(*province[:2], spec, anchors)


def released(values):
    """As the gate writes numbers."""
    return [f"{value:.10g}" for value in values]


def overload(made, province):
    """Cube and specification of OD, and its exposures in the pipeline: {name: (units, months)}."""
    spec = made[0].only("OD")
    cube = construction.read_cube(*province[:2], spec)
    arrays = {}
    for name, part in made[2].groupby("exposure"):
        arrays[name] = cube.grid.spread(part.rename(columns={"exposure": "indicator"}), [name])[..., 0]
    return cube, spec, arrays


@dataclass
class Probe:
    """A model that keeps the exposures it is given."""

    months: object
    seen: list = field(default_factory=list)

    def estimate(self, values, _=None):
        self.seen.append(values)
        return np.zeros(1)


def test_sensitivity_starts_from_the_index_of_the_pipeline(made, province):
    spec, indices, _ = made
    tables = build_all(*province, spec, CHOICES, INFERENCE)
    shown = index_over_time(indices, province[1]).set_index(["index", "month"])["mean"]
    interval = tables["index_interval"].set_index(["index", "month"])["mean"]
    assert set(interval.index.get_level_values(0)) == {"OD", "TR", "RG"}
    assert released(interval) == released(shown.reindex(interval.index))
    means = indices.groupby(["index", "unit_code"])["value"].mean()
    county = province[2].set_index("unit_code")["county_code"]
    for index in CHOICES["indices"]:
        units = means[index]
        bands = tables["rank_bands"].query("index == @index").set_index("unit_code")["rank"]
        np.testing.assert_array_equal(bands[units.index], ranks([units])[0])
        levels = units.groupby(county.reindex(units.index)).mean()
        counties = tables["county_ranks"].query("index == @index").set_index("county_code")["rank"]
        np.testing.assert_array_equal(counties[levels.index], ranks([levels])[0])
        first = tables["index_multiverse"].query("index == @index").iloc[0]
        assert first["mean_rank_shift"] == 0 and first["window"] == "12"
        assert first["normalisation"] == spec.only(index).choices["normalisation"]


def test_curve_shares_and_bootstrap_start_from_the_exposures_of_the_pipeline(made, province):
    cube, spec, wanted = overload(made, province)
    curve, _ = exposures_of(cube, spec, PLAN)
    np.testing.assert_array_equal(np.round(curve["declared", "1-3"], 10), wanted["OD"])
    first, probe = Probe(spec.before), Probe(spec.survey)
    coefficient_shares(cube, spec, CHOICES, lambda values: first.estimate(values)[0])
    np.testing.assert_array_equal(np.round(first.seen[0], 10), wanted["OD"])
    bootstrap.replicate(cube, spec, {"a": probe, "b": first}, None)
    np.testing.assert_array_equal(np.round(probe.seen[0], 10), wanted["OD_6m"])
    np.testing.assert_array_equal(np.round(first.seen[-1], 10), wanted["OD"])


def test_an_index_without_exposure_has_no_interval_and_says_why(province, monkeypatch):
    flat = province[0].assign(value=1.0)
    spec = index_spec(MEMBERS, REFERENCE).only("OD")
    cube = construction.read_cube(flat, province[1], spec)
    columns = ["model", "term", "specification", "estimate", "reasons"]
    estimates = pd.DataFrame([["H2", "OD", "cloglog", 0.1, ""]], columns=columns)
    monkeypatch.setattr(
        rows, "spec_of", lambda _, name: ModelSpec(name=name, data="hazard_cells", terms=("OD",))
    )
    monkeypatch.setattr(rows, "hazard_model", lambda *arguments: Probe(arguments[-1]))
    frame = province[1].rename(columns={"unit_code": "unit", "county_code": "county"})
    tables = {"hazard_cells": type("Table", (), {"frame": frame})}
    plan = {"models": ["H2"], "resample": "unit", "replicates": 2, "reliability": [], "index": "OD"}
    found = rows.build(cube, spec, tables, plan, {"categories": {}}, INFERENCE, estimates, None, 1)
    assert found["estimate"].isna().all() and len(found) == 1
    assert "no_variation" in found["reasons"].item()


# ------------------------------------------------------------------------------------------------ own panels

TREE = pd.DataFrame(
    {
        "code": ["a", "b", "c", "d", "e", "left", "right"],
        "parent": ["left", "left", "right", "right", "right", "top", "top"],
        "direction": [1, -1, 1, 1, -1, None, None],
        "weight": [2, 1, 1, 1, 3, 1, 2],
        "low": [0, 0, 0, 0, 0, None, None],
        "high": [8, 8, 8, 8, 8, None, None],
        "treatment": [None, None, "none", None, None, None, None],
    }
)
MATRIX = {"a": {"b": 3}, "c": {"d": "1/3", "e": 2}, "d": {"e": 5}, "left": {"right": 4}}
PANELS = {
    "treated": {"treatment": {"method": "winsorise", "skewness": 0.5, "kurtosis": 0.5}},
    "goalposts": {"normalisation": {"method": "goalposts", "range": [1, 100]}, "aggregation": "geometric"},
    "comparisons": {"weights": {"method": "ahp", "matrix": MATRIX}},
    "levels": {
        "normalisation": "percentile",
        "weights": {"levels": ["entropy", "equal"]},
        "aggregation": {"levels": ["arithmetic", {"method": "power", "p": 3}]},
    },
    "parents": {"weights": {"parents": {"right": "critic"}}, "imputation": {"method": "last", "limit": 1}},
    "doubt": {"normalisation": "percentile", "weights": {"method": "bod", "bounds": [0.1, 0.6]}},
}


@pytest.fixture
def panel(tmp_path):
    """Settings of a panel of 30 counties over three years."""
    random = np.random.default_rng(8)
    keys = pd.MultiIndex.from_product([[f"county {c:02d}" for c in range(30)], [2020, 2021, 2022]])
    frame = keys.to_frame(index=False, name=["county", "year"])
    for code in "abcde":
        frame[code] = random.gamma(1.0, 1.5, len(frame)).round(6)
    frame.loc[random.random(len(frame)) < 0.1, "b"] = None
    frame.to_csv(tmp_path / "panel.csv", index=False)
    table = TREE.astype(object).where(TREE.notna(), None).to_dict("records")
    return {"data": str(tmp_path / "panel.csv"), "unit": "county", "period": "year", "structure": table}


def assert_ranks_are_those_of_the_index(settings):
    found = build_panel(settings)
    codes, values = found.steps["aggregated"]
    means = pd.Series(values[:, codes.index("top")]).groupby(found.units).mean()
    tables = panel_multiverse(settings, CHOICES)
    positions = tables["ranks"].set_index("unit")["rank"]
    np.testing.assert_array_equal(positions[means.index], ranks([means])[0])
    assert tables["multiverse"]["mean_rank_shift"].iloc[0] == 0
    return tables["multiverse"], found


@pytest.mark.parametrize("name", PANELS)
def test_ranks_of_a_panel_are_those_of_its_index(name, panel):
    grid, _ = assert_ranks_are_those_of_the_index(panel | PANELS[name])
    assert len(grid) > 1


@pytest.mark.parametrize("name", ["treated", "levels", "doubt"])
def test_ranks_of_a_panel_on_given_anchors_are_those_of_its_index(name, panel, tmp_path):
    anchors = build_panel(panel | PANELS[name] | {"reference_window": [2020, 2021]}).anchors
    construction.write_anchors(anchors, tmp_path / "anchors.json")
    grid, found = assert_ranks_are_those_of_the_index(panel | {"anchors": str(tmp_path / "anchors.json")})
    assert found.anchors == anchors and len(grid) > 1
