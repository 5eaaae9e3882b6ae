"""The specification curve: the declared specification is the model, failures stay, the joint test finds effects."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jianfu.config.files import read_yaml
from jianfu.config.merging import merge
from jianfu.core.messages import message
from jianfu.core.reasons import read_reasons
from jianfu.indicators import unit_months
from jianfu.indices.construction import read_cube
from jianfu.indices.specification import index_spec
from jianfu.models import engine
from jianfu.models.estimators import common
from jianfu.models.reasons import because
from jianfu.models.spec import spec_of
from jianfu.models.tables.table import exposure_at
from jianfu.province.reference import reference_window
from jianfu.release.gate import release_frame
from jianfu.release.outputs import Limits, read_outputs
from jianfu.robustness.curve import fits, province
from jianfu.robustness.curve.variants import exposures_of, ways, windows
from jianfu.simulate.draw import draw
from jianfu.study import design, draws

CONFIG = Path(__file__).parents[2] / "config"
PLAN = CONFIG / "plan"
MODELS = read_yaml(PLAN / "models.yaml")
DECLARED = read_yaml(PLAN / "specifications.yaml")
FEW = DECLARED | {
    "indices": {name: DECLARED["indices"][name] for name in ("declared", "percentile", "ampi")},
    "drop_one": False,
    "lags": [[1, 3], [1, 1]],
    "permutations": 39,
}
STRONG = {"exits": {"overload": 0.9, "yearly": {"70s": 0.08, "80s": 0.1, "90s": 0.2, "00s": 0.15}}}


@pytest.fixture(scope="module")
def small():
    names = (
        "models.yaml checks.yaml hypotheses.csv indicators.csv indices.csv tiers.csv scales.yaml exits.yaml"
    )
    files = [PLAN / name for name in names.split()]
    setup = design.setup(CONFIG / "simulation.yaml", CONFIG / "default.yaml", *files, small=True)
    setup = setup.of(parameters=merge(setup.parameters, STRONG)).only(["H2_exits"])
    tables = draws.sources(draw(setup.parameters, 4))
    window = tuple(setup.settings["data"]["window"])
    frame = unit_months.build_unit_months(
        *(tables[name] for name in ("units", "spells", "tasks_months", "app_months")), window, setup.calendar
    )
    own = setup.settings
    reference = reference_window(window, own["indices"])
    spec = index_spec(setup.members, reference, settings=own["indices"], exposure=own["exposure"]).only("OD")
    made = read_cube(tables["indicators"], frame, spec), spec
    return setup, draws.analysis_tables(tables, setup), made


@pytest.fixture(scope="module")
def curve(small):
    return province.curve(small[1]["hazard_cells"], *small[2], FEW, MODELS, 0.95, 1, 1)


def test_the_grid_has_at_least_five_hundred_specifications(small):
    sizes = [
        len(ways(DECLARED, small[2][1])),
        *(len(DECLARED[name]) for name in ("lags", "links", "controls", "samples", "clusters")),
    ]
    assert np.prod(sizes) >= 500


def test_the_declared_index_has_the_exposure_of_the_models(small):
    _, tables, (cube, spec) = small
    exposures, refused = exposures_of(cube, spec, FEW)
    frame = tables["hazard_cells"].whole()
    long = cube.grid.long("exposure", {"OD": exposures["declared", "1-3"]})
    found = exposure_at(frame["unit"], frame["month"], long, "OD")
    np.testing.assert_array_equal(found, frame["OD"])
    assert not refused


def test_the_declared_specification_is_the_declared_model(small, curve):
    setup, tables, _ = small
    settings = common.Settings(bootstrap=0)
    model = engine.fit_models(setup.specs, tables, setup.categories, settings, "").set_index("term").loc["OD"]
    rows = curve[0].set_index(fits.KEYS)
    own = rows.loc["declared", "1-3", "cloglog", "declared", "all", "unit"]
    assert own["estimate"] == pytest.approx(model["estimate"], abs=1e-6)
    assert own["std_error"] == pytest.approx(model["std_error"], rel=1e-5)
    assert (own["n_used"], own["n_events"]) == (model["n_used"], model["n_events"])


def test_every_combination_has_one_row_and_the_summary_counts_them(curve):
    rows, overall = curve
    assert not rows[fits.KEYS].duplicated().any()
    assert len(rows) == 3 * 2 * 3 * 2 * 2 * 2 == overall["specifications"].iloc[0]
    fitted = rows["estimate"].dropna()
    assert overall["failed"].iloc[0] == len(rows) - len(fitted)
    assert overall["median"].iloc[0] == pytest.approx(fitted.median())
    assert (rows.loc[rows["estimate"].isna(), "reasons"] != "").all()


def test_a_strong_effect_is_found_jointly_and_none_where_units_are_exchanged(small, curve):
    assert curve[1]["p_median"].iloc[0] <= 0.05
    _, tables, (cube, spec) = small
    exposures, _ = exposures_of(cube, spec, FEW)
    order = np.random.default_rng(3).permutation(len(cube.grid.units))
    exchanged = {name: values[order] for name, values in exposures.items()}
    spec = replace(spec_of(MODELS, "H2_exits"), controls=("cohort",))
    base = fits.base_of(spec, tables["hazard_cells"], MODELS["categories"], cube.grid)
    clusters = province.clusters_of(tables["hazard_cells"].frame, cube.grid.units)
    tests = fits.joint_test({("a", "b"): base}, exchanged, FEW | {"links": ["poisson"]}, clusters, 2)
    assert tests.set_index("statistic").loc["median", "p_value"] > 0.05


def test_each_way_replaces_what_it_names_and_keeps_the_rest(small):
    spec = small[2][1].changed(normalisation="minmax", imputation={"method": "last", "limit": 2})
    found = ways(DECLARED, spec)
    assert next(iter(found.values())).settings == spec.settings and "minmax" not in found
    assert found["entropy"].methods["normalisation"] == spec.methods["normalisation"]
    assert found["z"].methods["normalisation"]["method"] == "z"
    assert all(way.methods["imputation"] == spec.methods["imputation"] for way in found.values())
    assert [months.name for months in windows(FEW | {"lags": [[1, 1], [1, 3]]}, spec)] == ["1-3", "1-1"]


def test_weights_that_cannot_be_had_are_failures_with_their_reason(small):
    plan = FEW | {"indices": {"declared": {}, "ahp": {"weights": "ahp"}}}
    _, refused = exposures_of(*small[2], plan)
    assert set(refused) == {"ahp"} and "matrix" in message(refused["ahp"], "en")
    bases, links, lags = {("declared", "all"): because("no_events")}, FEW["links"], ["1-3", "1-1"]
    rows = fits.run(bases, {("declared", lags[0]): None}, refused, lags, links, {"unit": None}, 0.95)
    told = {index: read_reasons(text)[0].code for index, text in rows.set_index("index")["reasons"].items()}
    assert told == {"ahp": "index_refused", "declared": "no_events"}
    assert len(rows) == 2 * 2 * 3 and rows["estimate"].isna().all()


def test_a_curve_without_any_sample_has_only_reasons(small):
    table = small[1]["hazard_cells"]
    nobody = replace(table, frame=table.frame.assign(voluntary=0))
    rows, overall = province.curve(nobody, *small[2], FEW, MODELS, 0.95, 1, 1)
    assert {read_reasons(text)[0].code for text in rows["reasons"]} == {"no_events"}
    assert overall["failed"].iloc[0] == len(rows) and np.isnan(overall["p_median"].iloc[0])


def test_the_gate_withholds_figures_with_few_events(curve):
    output = read_outputs(PLAN / "outputs_full.csv")["specification_curve"]
    rows = curve[0][province.PUBLISHED]
    limits = {"min_residual_df": 10, "dominance": 0.9}
    hidden, _ = release_frame(output, rows, Limits(min_cell=10**6, **limits))
    assert hidden[fits.FIGURES].isna().all().all()
    shown, _ = release_frame(output, rows, Limits(min_cell=10, **limits))
    assert shown["estimate"].notna().any() and "n_events" not in shown
