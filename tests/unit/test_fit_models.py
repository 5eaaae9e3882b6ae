"""The scripts of the model stage on a small simulated province: same bytes on every run, every observation counted."""

import json
from pathlib import Path

import pandas as pd
import pytest
from told import told

import build_burnout_bins
import build_cumulative_incidence
import build_dose_response
import build_hazard_cells
import build_survey_scores
import fit_models
from jianfu.indicators import unit_months as panel
from jianfu.indices import construction
from jianfu.indices.specification import index_spec
from jianfu.province.reference import reference_window
from jianfu.simulate.draw import draw
from jianfu.simulate.log_tables import task_tables
from jianfu.study import design

CONFIG = Path(__file__).parents[2] / "config"
PLAN = CONFIG / "plan"
INFERENCE = {"confidence": 0.95, "bootstrap": 49, "seed": 1, "allow_unconverged": True}
REFERENCE = {"reference_months": 12, "reference_window": None}
EXPOSURE = {"survey_months": 6, "survey_min_months": 4}
SURVEY = {"keys": {}, "ranges": {}, "min_answered": 0.8, "drop_straightliners": True, "min_seconds": None}


@pytest.fixture(scope="module")
def canonical(tmp_path_factory):
    """What the model stage reads of a simulated province of 24 units, as Parquet files."""
    folder = tmp_path_factory.mktemp("canonical")
    names = "models.yaml checks.yaml hypotheses.csv indicators.csv indices.csv scales.yaml exits.yaml"
    files = [PLAN / name for name in names.split()]
    setup = design.setup(CONFIG / "simulation.yaml", CONFIG / "default.yaml", *files, small=True)
    drawn = draw(setup.parameters, 6)
    window = tuple(setup.parameters["window"])
    logged = drawn.unit_months
    keys = ["unit_code", "month"]
    unit_months = panel.build_unit_months(
        drawn.units,
        drawn.spells,
        logged.loc[logged["tasks_logged"], keys],
        logged.loc[logged["app_logged"], keys],
        window,
        setup.calendar,
    )
    spec = index_spec(setup.members, reference_window(window, REFERENCE))
    anchors = construction.fit_anchors(drawn.indicators, unit_months, spec)
    exposures = construction.build_exposures(drawn.indicators, unit_months, spec, anchors)
    chains, task_years = task_tables(drawn)
    frames = {
        "survey": drawn.survey,
        "spells": drawn.spells,
        "units": drawn.units,
        "policies": drawn.policies,
        "unit_year": drawn.unit_year,
        "unit_months": unit_months,
        "indicators": drawn.indicators,
        "indices": construction.build_indices(drawn.indicators, unit_months, spec, anchors).indices(),
        "exposures": exposures,
        "check_exposures": exposures.head(0),
        "chains": chains,
        "task_years": task_years,
    }
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet")
    return folder, window


def run(canonical, folder):
    """Run the six scripts into ``folder``."""
    source, window = canonical
    spells, exposures = source / "spells.parquet", source / "exposures.parquet"
    made = ("hazard_cells", "hazard_details", "hazard_own", "tenure_cells", "exits", "survey_scores")
    read = {path.stem: path for path in source.glob("*.parquet") if path.stem != "survey"}
    names = read | {name: folder / f"{name}.parquet" for name in made}
    names |= {name: folder / f"{name}.csv" for name in ("flow_exits", "flow_survey")}
    names |= {
        "plan": PLAN / "models.yaml",
        "hypotheses": PLAN / "hypotheses.csv",
        "checks": PLAN / "checks.yaml",
        "definitions": PLAN / "exits.yaml",
    }
    names |= {"indicator_plan": PLAN / "indicators.csv"}
    definitions = PLAN / "exits.yaml"
    build_hazard_cells.main(
        spells,
        definitions,
        window,
        *(names[name] for name in made[:-1]),
        folder / "person_counts.parquet",
        names["flow_exits"],
    )
    build_survey_scores.main(
        source / "survey.parquet",
        spells,
        source / "units.parquet",
        PLAN / "scales.yaml",
        definitions,
        SURVEY,
        names["survey_scores"],
        names["flow_survey"],
        folder / "survey_response.parquet",
    )
    fit_models.main(
        names,
        window,
        reference_window(window, REFERENCE),
        EXPOSURE,
        "all",
        INFERENCE,
        "small",
        folder / "estimates.parquet",
        folder / "flow.csv",
    )
    build_cumulative_incidence.main(
        spells,
        exposures,
        definitions,
        PLAN / "index_roles.csv",
        window,
        reference_window(window, REFERENCE),
        10,
        INFERENCE,
        folder / "curves.parquet",
    )
    rates = folder / "rates.parquet"
    build_dose_response.main(
        spells, exposures, definitions, PLAN / "index_roles.csv", window, 10, 0.95, rates
    )
    build_burnout_bins.main(names, 0.95, folder / "bins.parquet")


@pytest.fixture(scope="module")
def results(canonical, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    run(canonical, folder)
    return folder


@pytest.mark.slow
def test_two_runs_write_the_same_bytes(canonical, results, tmp_path):
    run(canonical, tmp_path)
    files = sorted(path.name for path in results.iterdir())
    assert len(files) == 15
    for name in files:
        assert (tmp_path / name).read_bytes() == (results / name).read_bytes(), name


def test_estimates_account_for_every_observation(results):
    estimates = pd.read_parquet(results / "estimates.parquet")
    cells = pd.read_parquet(results / "hazard_cells.parquet")
    flow = pd.read_csv(results / "flow_exits.csv", encoding="utf-8-sig", keep_default_na=False)
    read = flow.set_index("step").loc["read", "person_months"]
    assert read == cells["n"].sum() + flow.loc[flow["step"] == "dropped", "person_months"].sum()
    for row in estimates.itertuples():
        assert row.n_read - sum(json.loads(row.dropped_by_reason).values()) == row.n_used, row.model
    hazards = estimates[estimates["outcome"] == "voluntary"]
    assert (hazards["n_read"] == read).all()


def test_tested_rows_have_adjusted_p_values_and_others_have_none(results):
    estimates = pd.read_parquet(results / "estimates.parquet")
    hypotheses = pd.read_csv(PLAN / "hypotheses.csv", dtype=str, keep_default_na=False)
    tests = set(zip(hypotheses["model"], hypotheses["term"], strict=True))
    tested = [(row.model, row.term) in tests for row in estimates.itertuples()]
    known = estimates["p_value"].notna()
    assert (estimates["p_adjusted"].notna() == (pd.Series(tested) & known)).all()
    assert (
        estimates["p_adjusted"].dropna() >= estimates.loc[estimates["p_adjusted"].notna(), "p_value"]
    ).all()


def test_few_clusters_are_treated_as_such(results):
    estimates = pd.read_parquet(results / "estimates.parquet")
    burnout = estimates[estimates["model"] == "H1_burnout"].iloc[0]
    assert burnout["vcov"] == "CR2"
    assert "Satterthwaite" in told(burnout)
    exits = estimates[estimates["model"] == "H2_exits"].iloc[0]
    assert f"t({exits['n_clusters'] - 1})" in told(exits)
    assert "few clusters" in told(exits)
    assert exits["vcov"] == "wild"
    assert "p-value and interval: restricted wild score bootstrap (Rademacher, 49 replicates)" in told(exits)
    assert exits["p_value"] * 50 == pytest.approx(round(exits["p_value"] * 50))
    sex = estimates[(estimates["model"] == "H2_exits") & (estimates["term"] == "sex_female")].iloc[0]
    assert sex["vcov"] == "cluster_G" and "wild" not in told(sex)
    indirect = estimates[estimates["term"] == "OD_indirect"].iloc[0]
    assert indirect["vcov"] == "cluster_G"
    assert "percentile interval of the cluster bootstrap, 49 replicates" in told(indirect)
    assert "few clusters" in told(indirect)
    path = estimates[(estimates["model"] == indirect["model"]) & (estimates["term"] == "OD_a")].iloc[0]
    assert path["vcov"] == "CR2" and "few clusters" not in told(path)


def test_figures_rest_on_the_same_exits(results):
    rates = pd.read_parquet(results / "rates.parquet")
    flow = pd.read_csv(results / "flow.csv", encoding="utf-8-sig", keep_default_na=False)
    lost = flow.loc[flow["reason"] == "missing_exposure", "person_months"].astype(float).sum()
    at_risk = flow.loc[flow["step"] == "at_risk", "person_months"].astype(float).sum()
    for rows in (rates[rates["bin"] != "all"], rates[rates["bin"] == "all"]):
        everyone = rows[rows["cohort"] == "all"]
        assert everyone["person_months"].sum() == at_risk - lost
        assert rows.loc[rows["cohort"] != "all", "exits"].sum() == everyone["exits"].sum()
    counts = pd.read_parquet(results / "person_counts.parquet")
    assert counts["person_months"].sum() == at_risk


def test_every_hypothesis_is_fitted(results):
    """All but what needs several years or the dates of completed tasks; those are fitted in test_hypotheses_truth."""
    estimates = pd.read_parquet(results / "estimates.parquet").set_index(["model", "term"])
    plan = pd.read_csv(PLAN / "hypotheses.csv", dtype=str, keep_default_na=False)
    assert (plan["model"] != "").all() and set(plan["hypothesis"]) >= {
        f"H{i}" for i in range(1, 22) if i != 5
    }
    known = [estimates.loc[(row.model, row.term), "estimate"] for row in plan.itertuples()]
    missing = plan.loc[pd.isna(known), "model"]
    yearly = {"H9_accountability", "H12_outcome", "H13_score"}
    few = {"H18_after_lock", "H18_via_secondment", "H3_within_cohorts"}  # too few events in 24 units
    steps = {"H16_province_to_city", "H16_city_to_county", "H16_county_to_township"}  # no levels of issuers
    late = {"H14_formal", "H14_disguised", "H14_total", "H21_late"}
    drawn = {"H22_actions", "H22_apps", "H25_exits"}  # the draw has no totals of apps and 18 months
    assert set(missing) <= yearly | late | few | steps | drawn
