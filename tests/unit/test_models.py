"""The model engine: declared models -> tidy rows, with every observation accounted for."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from miniature import DEFINITIONS
from miniature import table as canonical
from told import told

from jianfu.core.errors import DataError, NotEstimable
from jianfu.exits import cells
from jianfu.exits.person_months import person_months
from jianfu.models import engine, sample
from jianfu.models.estimates import RESTRICTED_COLUMNS
from jianfu.models.estimators.common import Settings, codes_of
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.spec import spec_of, specs_of
from jianfu.models.tables.outcomes import hazard_table, survey_table
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.terms import columns_of, term_variables
from jianfu.statistics import hazard, newton, regression

ROOT = Path(__file__).parents[2]
PLAN = yaml.safe_load((ROOT / "config" / "plan" / "models.yaml").read_text(encoding="utf-8"))
CATEGORIES = PLAN["categories"]
SETTINGS = Settings(bootstrap=49)
TABLES = ("hazard_cells", "hazard_details", "tenure_cells", "exits", "survey_scores") + (
    "unit_waves",
    "unit_months",
    "exit_months",
    "unit_years",
    "chains",
)
# Models that need columns which are not here.
ELSEWHERE = ("H1_item", "H1_weighted", "H2_secondment", "H2_distributed_lag", "H5b_meaning_to_exits")
ELSEWHERE += (
    "H2_via_secondment",
    "H2_without_via_secondment",
    "H2_secondment_as_exit",
    "H2_with_sideways",
    "H2_resolved",
    "joint_exits",
    "H25_burnout",
    "H1_stayed",
    "H1_silent_above",
    "H1_silent_below",
    "H2_county_clusters",
    "H2_decided",
    "H2_exam_decided",
)
FITTED = [
    spec
    for spec in specs_of(PLAN)
    if spec.hypothesis in ("H1", "H2", "H3", "H5b", "H6", "H8")
    and spec.data in ("hazard_cells", "survey_scores")
    and spec.name not in ELSEWHERE
]
MONTHS = [f"2024-{m:02d}" for m in range(1, 13)]
UNITS = [f"3901210{u:02d}" for u in range(45)]


def units_table():
    frame = pd.DataFrame({"unit_code": UNITS, "county_code": [u[:6] for u in UNITS], "valid_from": pd.NaT})
    rng = np.random.default_rng(1)
    traits = {"unit_type": rng.choice(["镇", "乡"], len(UNITS)), "hardship": rng.random(len(UNITS)) < 0.3}
    for name in ("distance_km", "population", "area_km2", "revenue"):
        traits[name] = rng.uniform(1, 100, len(UNITS))
    return frame.assign(**traits)


def exposures_table():
    rng = np.random.default_rng(2)
    rows = []
    for unit in UNITS:
        for name in ("OD", "TR", "RG", "REST", "OD_lead", "OD_6m", "TR_6m", "RG_6m", "REST_6m"):
            rows += [
                (unit, month, name, value)
                for month, value in zip(MONTHS[2:], rng.normal(size=10), strict=True)
            ]
    return pd.DataFrame(rows, columns=["unit_code", "month", "exposure", "value"])


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(3)
    cohorts, bands = list(CATEGORIES["cohort"]), ["<1", "1-3", "5-10", "10+"]
    rows = [
        (u, m, c, s, b) for u in UNITS for m in MONTHS for c in cohorts for s in ("男", "女") for b in bands
    ]
    frame = pd.DataFrame(rows, columns=["unit_code", "month", "cohort", "sex", "tenure_band"])
    frame["lock"], frame["aged50"] = rng.random(len(frame)) < 0.4, (frame["cohort"] == "70后及以前")
    frame["n"] = rng.integers(1, 8, len(frame))
    for event in ("resign", "select", "exam", "transfer", "retire"):
        frame[event] = rng.binomial(frame["n"], 0.01)
    frame.loc[frame["unit_code"] == UNITS[7], ["resign", "select", "exam", "transfer", "retire"]] = 0
    frame["voluntary"] = frame[["resign", "select", "exam", "transfer"]].sum(axis=1)
    read = int(frame["n"].sum()) + 100
    flow = pd.DataFrame(
        {"step": ["read", "dropped"], "reason": ["", "off_post"], "person_months": [read, 100]}
    )

    n = 1600
    scores = pd.DataFrame({"unit_code": rng.choice(UNITS, n), "wave": rng.integers(1, 3, n)})
    scores["person_key"] = [f"p{i // 2}" for i in range(n)]
    scores["fieldwork_month"] = np.where(scores["wave"] == 1, "2024-05", "2024-10")
    scores["cohort"], scores["sex"] = rng.choice(cohorts, n), rng.choice(["男", "女"], n)
    scores["tenure_band"] = rng.choice(bands, n)
    for name in ("burnout", "exhaustion", "cynicism", "inefficacy", "meaning", "innovation", "intention"):
        scores[name] = rng.normal(3, 1, n)
    scores.loc[:9, "meaning"] = np.nan
    survey_flow = pd.DataFrame(
        {"step": ["read", "dropped"], "reason": ["", "too_fast"], "respondents": [n + 5, 5]}
    )
    exposures, units = exposures_table(), units_table()
    return {
        "hazard_cells": hazard_table(frame, flow, exposures, units),
        "survey_scores": survey_table(scores, survey_flow, exposures, units),
    }


@pytest.fixture(scope="module")
def estimates(tables):
    return engine.fit_models(FITTED, tables, CATEGORIES, SETTINGS, "test")


def test_every_declared_model_gives_rows_in_the_fixed_columns(estimates):
    assert list(estimates.columns) == RESTRICTED_COLUMNS
    assert set(estimates["model"]) == {spec.name for spec in FITTED}
    assert estimates["converged"].all()
    assert estimates["estimate"].notna().all()
    assert set(estimates["province"]) == {"test"}
    assert not estimates.duplicated(["model", "term"]).any()


def test_every_observation_is_accounted_for(estimates):
    for row in estimates.itertuples():
        reasons = json.loads(row.dropped_by_reason)
        assert row.n_read - sum(reasons.values()) == row.n_used, row.model
        assert row.n_dropped == sum(reasons.values())
        assert all(n > 0 for n in reasons.values())
    h2 = estimates[estimates["model"] == "H2_exits"].iloc[0]
    assert set(json.loads(h2["dropped_by_reason"])) == {"off_post", "missing_exposure", "separated_unit"}
    assert h2["n_units"] == h2["n_clusters"] == 44
    assert "unit: 1 level(s) without events left out" in told(h2)
    retirement = estimates[estimates["model"] == "H2_retirement"].iloc[0]
    assert json.loads(retirement["dropped_by_reason"])["outside_risk_set"] > 0
    meaning = estimates[estimates["model"] == "H6_meaning"].iloc[0]
    assert json.loads(meaning["dropped_by_reason"]) == {"too_fast": 5, "missing_outcome": 10}


def test_rows_speak_the_common_language(estimates):
    assert set(estimates["role"]) <= {
        "primary",
        "robustness",
        "placebo",
        "negative_control",
        "diagnostic",
        "pooled",
    }
    assert set(estimates["vcov"]) <= {"iid", "hetero", "cluster_G", "cluster_G_nk", "CR2", "wild"}
    by_row = estimates.set_index(["model", "term"])
    assert by_row.loc[("H2_exits", "OD"), ["exposure", "scale"]].tolist() == ["OD", "log_hazard_per_sd"]
    assert by_row.loc[("H2_exits", "lock"), "scale"] == "log_hazard"
    assert by_row.loc[("H3_exits_by_cohort", "OD:cohort_90s"), "scale"] == "log_hazard_per_sd"
    assert by_row.loc[("H1_burnout", "OD"), ["exposure", "scale"]].tolist() == ["OD_6m", "sd_per_sd"]
    assert by_row.loc[("H5b_meaning_to_intention", "TR_indirect"), ["exposure", "outcome"]].tolist() == [
        "TR_6m",
        "intention",
    ]
    assert by_row.loc[("H5b_meaning_to_intention", "TR_a"), "outcome"] == "meaning"
    assert estimates[estimates["role"] == "placebo"]["term"].tolist() == ["OD_lead"]
    assert (estimates["ci_low"] < estimates["estimate"]).all()
    assert (estimates["estimate"] < estimates["ci_high"]).all()


def test_the_engine_fits_what_the_model_says(tables, estimates):
    frame = tables["hazard_cells"].whole()
    frame = frame[frame["OD"].notna() & (frame["unit"] != UNITS[7])]
    columns = columns_of(frame, ["OD", "OD:cohort_90s", "cohort", "sex", "tenure_band", "lock"], CATEGORIES)
    effects = [codes_of(frame["unit"]), codes_of(frame["month"])]
    fit = hazard.fit(
        frame["voluntary"], frame["n"], np.column_stack(list(columns.values())), effects, effects[0]
    )
    rows = estimates[estimates["model"] == "H3_exits_by_cohort"].set_index("term").loc[list(columns)]
    np.testing.assert_allclose(rows["estimate"], fit.coefficients, atol=1e-9)
    np.testing.assert_allclose(rows["std_error"], np.sqrt(np.diag(fit.covariance)), rtol=1e-7)


def test_outcomes_are_standardised_over_the_rows_used(tables, estimates):
    frame = tables["survey_scores"].frame
    frame = frame[frame["TR"].notna() & frame["meaning"].notna()]
    outcome = (frame["meaning"] - frame["meaning"].mean()) / frame["meaning"].std(ddof=1)
    columns = columns_of(frame, ["TR", "cohort", "sex", "tenure_band"], CATEGORIES)
    effects = [codes_of(frame["unit"]), codes_of(frame["wave"])]
    fit = regression.fit(outcome, np.column_stack(list(columns.values())), effects, effects[0])
    row = estimates[estimates["model"] == "H6_meaning"].iloc[0]
    assert row["estimate"] == pytest.approx(fit.coefficients[0], abs=1e-9)


def test_row_order_does_not_matter(tables):
    table = tables["hazard_cells"]
    shuffled = replace(table, frame=table.frame.sample(frac=1, random_state=1))
    one, other = (
        engine.fit_model(spec_of(PLAN, "H2_exits"), t, CATEGORIES, SETTINGS) for t in (table, shuffled)
    )
    figures = ["estimate", "std_error", "p_value"]
    np.testing.assert_allclose(one[figures].to_numpy(float), other[figures].to_numpy(float), rtol=1e-7)


def changed(table, **columns):
    return replace(table, frame=table.frame.assign(**columns))


@pytest.mark.parametrize(
    "columns, reason",
    [
        ({"voluntary": 0}, "no events"),
        ({"OD": np.nan}, "column OD has no values"),
    ],
)
def test_what_cannot_be_estimated_says_why(tables, columns, reason):
    rows = engine.fit_model(
        spec_of(PLAN, "H2_exits"), changed(tables["hazard_cells"], **columns), CATEGORIES, SETTINGS
    )
    assert rows["term"].tolist() == ["OD"]
    assert rows["estimate"].isna().all()
    assert not rows["converged"].any()
    assert told(rows).item() == f"not estimable: {reason}"
    lost = sum(json.loads(rows["dropped_by_reason"].item()).values())
    assert rows["n_read"].item() - lost == rows["n_used"].item()
    assert rows["n_dropped"].item() == lost
    engine.check_converged(rows, allowed=False)  # not a failure of the fit


def with_exits(table, every, most):
    """The table with the exits of every so-manieth cell that has some and an exposure, and of so many at most."""
    has = (table.frame["voluntary"] > 0) & table.whole()["OD"].notna()
    kept = has & (has.cumsum() % every == 0) & (has.cumsum() <= every * most)
    return changed(table, voluntary=table.frame["voluntary"].where(kept, 0))


def test_more_coefficients_than_events_cannot_be_estimated(tables):
    spec = spec_of(PLAN, "H2_exits").changed({"effects": ["unit", "month"], "controls": ["sex"]})
    table = with_exits(tables["hazard_cells"], 23, 5)
    row = engine.fit_model(spec, table, CATEGORIES, SETTINGS).iloc[0]
    left = table.frame[table.frame["voluntary"] > 0]
    events, months = left["voluntary"].sum(), left["month"].nunique()
    estimated = 2 + months - 1  # the units, of rare events, cost none
    assert 2 < events <= estimated
    assert told(row) == f"not estimable: {events} events for {estimated} coefficients"
    lost = sum(json.loads(row["dropped_by_reason"]).values())
    assert row["n_read"] - lost == row["n_used"]


def test_events_per_slope_and_unit_are_noted(tables):
    spec = spec_of(PLAN, "H2_exits").changed({"controls": [], "report": ["OD"]})
    table = tables["hazard_cells"]
    row = engine.fit_model(spec, with_exits(table, 12, 200), CATEGORIES, SETTINGS).iloc[0]
    assert np.isfinite(row["estimate"])
    per_unit = row["n_events"] / row["n_units"]
    assert per_unit > 2 and row["n_events"] > 10
    assert f"events: {row['n_events']:.1f} per slope, {per_unit:.1f} per unit" in told(row)
    assert "few events" not in told(row)
    pooled = engine.fit_model(spec_of(PLAN, "H2_pooled"), table, CATEGORIES, SETTINGS).iloc[0]
    assert ("few events" in told(pooled)) == (pooled["n_events"] < 10 * 18)


def test_a_survey_that_was_never_held(tables):
    table = tables["survey_scores"]
    empty = AnalysisTable(table.frame.iloc[:0], None, 0, {}, table.exposures)
    rows = engine.fit_models(
        [spec for spec in FITTED if spec.data == "survey_scores"],
        {"survey_scores": empty},
        CATEGORIES,
        SETTINGS,
        "",
    )
    assert told(rows).str.startswith("not estimable").all()
    assert "TR_indirect" in set(rows["term"])


def test_a_control_that_is_absent_is_left_out_and_noted(tables):
    rows = engine.fit_model(
        spec_of(PLAN, "H2_pooled"), changed(tables["hazard_cells"], distance_km=np.nan), CATEGORIES, SETTINGS
    )
    assert rows["converged"].all()
    assert "control distance_km absent" in told(rows).item()


def test_a_separated_covariate_gives_no_figures_and_is_named(tables):
    table = tables["hazard_cells"]
    never = np.where(table.frame["voluntary"] > 0, 0.0, np.where(np.arange(len(table.frame)) % 3, 0.0, 1.0))
    spec = spec_of(PLAN, "H2_exits").changed({"controls": ["never"]})
    rows = engine.fit_model(spec, changed(table, never=never), CATEGORIES, SETTINGS)
    assert rows["estimate"].isna().all()
    assert told(rows).item() == "not estimable: events are separated by never"


def test_what_did_not_converge_gives_no_figures_and_stops_the_run(tables, monkeypatch):
    monkeypatch.setattr(hazard, "maximise", partial(newton.maximise, max_steps=2))
    rows = engine.fit_model(spec_of(PLAN, "H2_exits"), tables["hazard_cells"], CATEGORIES, SETTINGS)
    assert rows["estimate"].isna().all()
    assert not rows["converged"].any()
    assert told(rows).str.startswith("did not converge").all()
    with pytest.raises(DataError, match="H2_exits: the model did not converge"):
        engine.check_converged(rows, allowed=False)
    engine.check_converged(rows, allowed=True)


def test_collinear_terms_have_no_figure_and_a_note(tables):
    table = tables["hazard_cells"]
    rows = engine.fit_model(
        spec_of(PLAN, "H2_lead"), changed(table, OD_lead=2 * table.whole()["OD"]), CATEGORIES, SETTINGS
    )
    assert rows["estimate"].isna().all()
    assert "collinear and left out: OD_lead" in told(rows).item()


def test_expected_outcomes_give_the_target(tables):
    table = tables["hazard_cells"]
    frame = table.whole()
    slope = np.where(frame["cohort"] == "90后", 0.34, 0.14)
    rate = -np.expm1(-np.exp(-5 + slope * frame["OD"].fillna(0) + 0.3 * (frame["cohort"] == "90后")))
    known = changed(table, voluntary=frame["n"] * rate)
    rows = engine.fit_model(spec_of(PLAN, "H3_exits_by_cohort"), known, CATEGORIES, SETTINGS)
    rows = rows.set_index("term")
    assert rows.loc["OD", "estimate"] == pytest.approx(0.14, abs=1e-8)
    assert rows.loc["OD:cohort_90s", "estimate"] == pytest.approx(0.20, abs=1e-8)
    assert rows.loc["OD", "n_units"] == 45  # the unit without events had a chance of one
    mixed = engine.fit_model(spec_of(PLAN, "H2_exits"), known, CATEGORIES, SETTINGS)["estimate"].iloc[0]
    assert 0.14 < mixed < 0.34


def test_terms_and_reference_levels():
    frame = pd.DataFrame({"OD": [1.0, 2.0, 3.0], "cohort": ["70后及以前", "90后", "00后"]})
    columns = columns_of(frame, ["OD", "OD:cohort_90s", "cohort"], CATEGORIES)
    assert {name: values.tolist() for name, values in columns.items()} == {
        "OD": [1, 2, 3],
        "OD:cohort_90s": [0, 2, 0],
        "cohort_90s": [0, 1, 0],
        "cohort_00s": [0, 0, 1],
    }  # 80后 does not occur: 70后 is the reference
    assert term_variables(["OD:cohort_90s", "cohort", "lock"], CATEGORIES) == ["OD", "cohort", "lock"]
    with pytest.raises(NotEstimable):
        sample.select(spec_of(PLAN, "H2_exits"), AnalysisTable(frame, None, 3), CATEGORIES)


def test_selected_models_keep_the_order_of_the_plan():
    names = ["H3_exits_by_cohort", "H1_burnout"]
    assert [spec.name for spec in engine.selected(specs_of(PLAN), names)] == [
        "H1_burnout",
        "H3_exits_by_cohort",
    ]
    assert engine.selected(specs_of(PLAN), "all") == specs_of(PLAN)


def test_the_plan_is_consistent():
    names = [spec["name"] for spec in PLAN["models"]]
    assert len(names) == len(set(names))
    for spec in PLAN["models"]:
        assert spec["estimator"] in ESTIMATORS
        assert spec["data"] in TABLES
        assert {
            "hypothesis",
            "label_zh",
            "label_en",
            "role",
            "outcome",
        } <= set(spec)
    hypotheses = pd.read_csv(ROOT / "config" / "plan" / "hypotheses.csv", dtype=str, keep_default_na=False)
    assert set(hypotheses["family"]) == {"confirmatory", "exploratory"}
    assert set(hypotheses.loc[hypotheses["family"] == "confirmatory", "hypothesis"]) == {"H1", "H2", "H3"}
    for row in hypotheses[hypotheses["model"] != ""].itertuples():
        spec = spec_of(PLAN, row.model)
        assert spec.hypothesis == row.hypothesis
        assert spec.role in ("primary", "robustness")
        if ESTIMATORS[spec.estimator].scale in ("unit", "log_hazard") and spec.terms:
            named = (*spec.terms, *spec.options.get("contrasts", {}))
            assert row.term.removesuffix("_indirect") in named


def test_sample_flow_adds_up(tables):
    spells = canonical(
        "spells",
        [
            {"person_key": f"p{i}", "unit_code": UNITS[i % 9], "birth_ym": "1992-01", "sex": "男", "on_post": True,
             "spell_start": "2020-01-01", "spell_end": f"2024-{4 + i // 9 % 9:02d}-10" if i % 2 else None,
             "exit_type": "辞职" if i % 2 else None}
            for i in range(90)
        ],
    )  # fmt: skip
    window = (MONTHS[0], MONTHS[-1])
    months, flow = person_months(spells, window, DEFINITIONS)
    exits = hazard_table(cells.hazard_cells(months), flow, exposures_table(), units_table())
    both = {"hazard_cells": exits, "survey_scores": tables["survey_scores"]}
    survey_flow = pd.DataFrame(
        {"step": ["read", "dropped"], "reason": ["", "too_fast"], "respondents": [1605, 5]}
    )
    flows = {"hazard_cells": flow, "survey_scores": survey_flow}
    result = engine.sample_flow(specs_of(PLAN), both, CATEGORIES, flows, months)
    for chain, unit, model in (
        ("exits", "person_months", "H2_exits"),
        ("survey", "respondents", "H1_burnout"),
    ):
        rows = result[result["chain"] == chain]
        lost = rows.loc[rows["step"].str.startswith("dropped"), unit].sum()
        read, used = (rows.loc[rows["step"] == step, unit].item() for step in ("read", f"used_{model}"))
        assert read - lost == used
    used = result.set_index("step").loc["used_H2_exits"]
    assert 0 < used["persons"] <= 90
    assert used["events"] > 0
