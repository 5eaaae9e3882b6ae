"""Checks beside the primary models: what they derive, where they apply, and that their figures are right."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats
from told import told

from jianfu.core.errors import NotEstimable
from jianfu.core.labels import Labels
from jianfu.indices.construction import build_exposures, fit_anchors
from jianfu.indices.specification import index_spec
from jianfu.models import engine
from jianfu.models.checks import derived as checks
from jianfu.models.checks.exposures import check_exposures, matched_units
from jianfu.models.estimates import RESTRICTED_COLUMNS, is_check
from jianfu.models.estimators import diagnostics
from jianfu.models.estimators.common import Settings
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.reasons import because
from jianfu.models.sample import Prepared
from jianfu.models.spec import ModelSpec, spec_of
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.terms import Design
from jianfu.report.tables.identification import identification_table
from jianfu.statistics import hazard, sensitivity

ROOT = Path(__file__).parents[2]
PLAN = yaml.safe_load((ROOT / "config" / "plan" / "checks.yaml").read_text(encoding="utf-8"))["checks"]
CATEGORIES = {"cohort": {"80后": "cohort_80s", "90后": "cohort_90s"}}
SETTINGS = Settings(bootstrap=0)
SPEC = ModelSpec(
    name="H3_x",
    hypothesis="H3",
    role="primary",
    estimator="cloglog",
    data="hazard_cells",
    outcomes=("voluntary",),
    terms=("OD", "OD:cohort_90s"),
    controls=("cohort",),
    effects=("unit", "month"),
    clusters=("unit",),
    report="all",
)


def check_of(name):
    return next(check for check in PLAN if check["name"] == name)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product(
        [range(50), range(18), CATEGORIES["cohort"]], names=["unit", "month", "cohort"]
    )
    frame = index.to_frame(index=False)
    frame["county"] = pd.Categorical(frame["unit"] // 10)
    pressure = rng.normal(size=50)
    by_month = {}
    for name in ("OD", "OD_lead", "OD_calm", "LOG"):
        values = 0.5 * pressure[:, None] + rng.normal(size=(50, 18))
        by_month[name] = frame[name] = values[frame["unit"], frame["month"]]
    elsewhere = np.random.default_rng(6).normal(size=(50, 18))
    by_month["OD_elsewhere"] = frame["OD_elsewhere"] = elsewhere[frame["unit"], frame["month"]]
    frame["n"] = rng.integers(10, 30, len(frame))
    young = frame["cohort"] == "90后"
    eta = -4 + (0.2 + 0.2 * young) * frame["OD"] + 0.5 * young + 0.3 * pressure[frame["unit"]]
    frame["voluntary"] = rng.binomial(frame["n"], -np.expm1(-np.exp(eta)))
    frame["retire"] = rng.binomial(frame["n"], 0.02)
    frame["aged50"] = ~young
    for name in ("distance_km", "hardship", "ln_population", "ln_area_km2", "ln_revenue"):
        frame[name] = rng.normal(size=50)[frame["unit"]]
    for name in ("unit", "month", "cohort"):
        frame[name] = pd.Categorical(frame[name])
    exposures = {name: name for name in by_month}
    return AnalysisTable(frame, "n", int(frame["n"].sum()), {}, exposures)


@pytest.fixture(scope="module")
def fitted(table):
    rows = engine.fit_models([SPEC], {"hazard_cells": table}, CATEGORIES, SETTINGS, "p")
    beside = checks.beside(PLAN, [SPEC], rows, {"hazard_cells": table}, CATEGORIES, SETTINGS, "p")
    return rows, beside


def test_a_lead_enters_beside_the_lag_and_its_products(table):
    lead = checks.derive(check_of("lead"), SPEC, table)
    assert lead.name == "H3_x.lead" and lead.role == "placebo"
    assert lead.terms == ("OD", "OD:cohort_90s", "OD_lead", "OD_lead:cohort_90s")
    assert lead.report == ("OD_lead", "OD_lead:cohort_90s")
    assert lead.effects == SPEC.effects and lead.controls == SPEC.controls


def test_other_changes_of_the_plan(table):
    calm = checks.derive(check_of("no_emergency"), SPEC, table)
    assert calm.terms == ("OD_calm", "OD_calm:cohort_90s")
    between = checks.derive(check_of("within_between"), SPEC, table)
    assert between.effects == ("month",)
    assert "between(OD, unit):cohort_90s" in between.terms and "ln_revenue" in between.controls
    control = checks.derive(check_of("retirement"), SPEC, table)
    assert (control.outcome, control.terms, control.where) == ("retire", ("OD",), {"aged50": True})
    assert checks.derive(check_of("logging"), SPEC, table).controls == ("cohort", "LOG")
    e_value = checks.derive(check_of("e_value"), SPEC, table)
    assert e_value.options == {"model": "cloglog", "common": True}
    assert SPEC.terms == ("OD", "OD:cohort_90s")  # the primary model is left as it was


def test_checks_apply_only_where_they_make_sense(table):
    plain = replace(SPEC, terms=("hardship",))
    assert checks.derive(check_of("lead"), plain, table) is None
    assert checks.derive(check_of("power"), plain, table) is not None
    assert checks.derive(check_of("within_between"), replace(SPEC, effects=("month",)), table) is None
    assert checks.derive(check_of("additive"), replace(SPEC, estimator="ols"), table) is None
    assert checks.derive(check_of("power"), replace(SPEC, estimator="mediation"), table) is None


@pytest.mark.parametrize(("declared", "check"), [("H2_lead", "lead"), ("H2_retirement", "retirement")])
def test_declared_placebos_are_the_checks_beside_the_main_model(declared, check, table):
    """The report and the simulation study name them as models; they must not drift from the check."""
    plan = yaml.safe_load((ROOT / "config" / "plan" / "models.yaml").read_text(encoding="utf-8"))
    derived = checks.derive(check_of(check), spec_of(plan, "H2_exits"), table)
    same = ("estimator", "data", "outcomes", "where", "terms", "controls", "effects", "clusters")
    own = spec_of(plan, declared)
    assert [getattr(own, name) for name in same] == [getattr(derived, name) for name in same]


def test_every_check_of_the_plan_names_what_exists():
    labels = Labels("zh", ROOT / "config" / "plan" / "labels.csv")
    for check in PLAN:
        assert f"beside_{check['name']}" in labels
        assert set(check.get("estimators", [])) <= set(ESTIMATORS)
        assert check.get("set", {}).get("estimator", "ols") in ESTIMATORS


def test_every_check_gives_rows_that_account_for_every_observation(fitted):
    _, beside = fitted
    expected = {
        f"H3_x.{check['name']}" for check in PLAN if "outcomes" not in check
    }  # the others go with theirs
    assert set(beside["model"]) == expected | {"H3_x.events"}
    assert is_check(beside).all()
    assert list(beside.columns) == RESTRICTED_COLUMNS
    for row in beside.itertuples():
        assert row.n_read - sum(json.loads(row.dropped_by_reason).values()) == row.n_used
    assert beside["converged"].all(), beside.loc[~beside["converged"].astype(bool), ["model", "reasons"]]
    assert not beside.duplicated(["model", "term"]).any()


def figure(beside, term):
    return beside[beside["term"] == term].iloc[0]


def test_scales_say_what_the_figures_are(fitted):
    _, beside = fitted
    scales = {
        "OD_lead": "log_hazard_per_sd",
        "between(OD, unit)": "log_hazard_per_sd",
        "lowest_without_one(OD)": "log_hazard_per_sd",
        "detectable(OD)": "log_hazard_per_sd",
        "robustness_value(OD)": "r2",
        "oster_beta(OD)": "probability_per_sd",
        "excess_per_1000(OD)": "excess_per_1000_per_sd",
        "e_value(OD)": "risk_ratio",
        "events_per_unit": "count",
    }
    assert {term: figure(beside, term)["scale"] for term in scales} == scales


def test_the_e_value_is_that_of_the_primary_estimate(fitted, table):
    rows, beside = fitted
    main = rows[rows["term"] == "OD"].iloc[0]
    ratio = sensitivity.risk_ratio(main[["estimate", "ci_low", "ci_high"]].to_numpy(float), "hr", common=True)
    point, limit = sensitivity.e_value(*map(float, ratio))
    assert figure(beside, "e_value(OD)")["estimate"] == pytest.approx(point)
    assert figure(beside, "e_value_limit(OD)")["estimate"] == pytest.approx(limit)


def test_influence_is_that_of_fits_without_a_county(fitted, table):
    _, beside = fitted
    frame = table.frame
    young = (frame["cohort"] == "90后").to_numpy(float)
    x = np.column_stack([frame["OD"], frame["OD"] * young, young])
    found = []
    for county in range(5):
        rows = (frame["county"] != county).to_numpy()
        y, n = frame["voluntary"].to_numpy()[rows], frame["n"].to_numpy()[rows]
        groups = {name: frame[name].cat.codes.to_numpy()[rows] for name in ("unit", "month")}
        keep, _ = hazard.drop_separated(y, n, groups)
        effects = [codes[keep] for codes in groups.values()]
        found.append(
            hazard.fit(y[keep], n[keep], x[rows][keep], effects, groups["unit"][keep]).coefficients[1]
        )
    ends = [figure(beside, f"{end}_without_one(OD:cohort_90s)")["estimate"] for end in ("lowest", "highest")]
    assert ends == pytest.approx([min(found), max(found)], rel=1e-6)


def rate_of(table, young):
    own = table.frame[(table.frame["cohort"] == "90后") == young]
    return 1000 * own["voluntary"].sum() / own["n"].sum()


def test_the_spread_of_the_exposure_is_that_within_units_and_that_of_all(fitted, table):
    """Half of the pressure of a unit, and independent draws with SD 1 in each of its months; rows count as persons."""
    _, beside = fitted
    persons = table.frame.loc[table.frame.index.repeat(table.frame["n"]), ["unit", "OD"]]
    assert figure(beside, "sd(OD)")["estimate"] == pytest.approx(persons["OD"].std())
    within = persons["OD"] - persons.groupby("unit", observed=True)["OD"].transform("mean")
    expected = np.sqrt((within**2).sum() / (len(within) - 50))
    assert figure(beside, "sd_within(OD)")["estimate"] == pytest.approx(expected)
    assert abs(expected - 1) < 0.1 and "sd(OD:cohort_90s)" not in set(beside["term"])


def test_the_additive_scale_finds_the_difference_between_cohorts(fitted, table):
    """The excess exits per 1,000 of each cohort, and of the one less the other, are those of the true model."""
    _, beside = fitted
    young, old = (figure(beside, f"excess_per_1000(OD; {cohort})") for cohort in ("90后", "80后"))
    gap = figure(beside, "excess_per_1000(OD; 90后 - others)")
    assert gap["estimate"] == pytest.approx(young["estimate"] - old["estimate"], rel=1e-9)
    assert gap["std_error"] < young["std_error"] + old["std_error"]
    rest = figure(beside, "excess_per_1000(OD; not 90后)")
    assert rest["estimate"] == pytest.approx(young["estimate"] - gap["estimate"], rel=1e-9)
    assert rest["ci_low"] < 0.2 * rate_of(table, young=False) < rest["ci_high"]
    hazard_of = table.frame.groupby("cohort", observed=True)[["voluntary", "n"]].sum()
    rate = 1000 * hazard_of["voluntary"] / hazard_of["n"]
    assert abs(young["estimate"] - 0.4 * rate["90后"]) < 3 * young["std_error"]
    assert abs(old["estimate"] - 0.2 * rate["80后"]) < 3 * old["std_error"]


def test_units_without_events_count_with_no_excess(table):
    """Fifty units more in which nobody leaves: the fit stays, and the same events are those of twice the persons."""
    idle = table.frame.assign(unit=table.frame["unit"].astype(int) + 50, voluntary=0)
    frame = pd.concat([table.frame, idle], ignore_index=True)
    frame["unit"] = pd.Categorical(frame["unit"].astype(int))
    whole = AnalysisTable(frame, "n", int(frame["n"].sum()), {}, table.exposures)
    own = checks.derive(check_of("additive"), SPEC, table)
    few, many = (
        engine.fit_models([own], {"hazard_cells": one}, CATEGORIES, SETTINGS, "p") for one in (table, whole)
    )
    for term in few["term"]:
        one, other = (figure(rows, term) for rows in (few, many))
        assert other["estimate"] == pytest.approx(one["estimate"] / 2, rel=1e-6)
        assert other["std_error"] == pytest.approx(one["std_error"] / 2, rel=1e-6)


def test_a_null_result_says_what_could_have_been_found(fitted):
    rows, beside = fitted
    null = rows.assign(p_value=0.5)
    noted = checks.with_detectable(null, beside, 0.95)
    smallest = figure(beside, "detectable(OD)")["estimate"]
    note = told(noted.loc[noted["term"] == "OD"]).item()
    assert f"smallest effect detectable with power 80%: {smallest:.3f}" in note
    clear = checks.with_detectable(rows.assign(p_value=0.001), beside, 0.95)
    assert not told(clear).str.contains("detectable").any()


def test_a_design_detects_no_more_than_the_reported_test(fitted, table):
    """An interval that few clusters widen, of CR2 or the wild bootstrap, tells how small an effect could be seen."""
    rows, _ = fitted
    power = [check for check in PLAN if check["name"] == "power"]
    found = []
    for half in (0.001, 1.0):
        own = rows.assign(ci_low=rows["estimate"] - half, ci_high=rows["estimate"] + half, n_clusters=20)
        beside = checks.beside(power, [SPEC], own, {"hazard_cells": table}, CATEGORIES, SETTINGS, "p")
        found.append(figure(beside, "detectable(OD)"))
    design, wide = found
    assert (
        0.05 < design["estimate"] < 0.3 and design["std_error"] > 0
    )  # from the design, as the interval is narrower
    assert wide["estimate"] == pytest.approx(1 + stats.t.ppf(0.8, 19) / stats.t.ppf(0.975, 19))
    assert "from the reported SE" in told(pd.DataFrame([wide])).item()


@pytest.mark.parametrize("estimator", ["mediation", "tost", "segmented"])
def test_what_other_estimators_detect_follows_from_their_errors(estimator, table):
    spec = ModelSpec(name="H5_x", role="primary", estimator=estimator, data="hazard_cells", terms=("x",))
    fitted = engine.fit_model(SPEC, table, CATEGORIES, SETTINGS).head(2)
    rows = fitted.assign(model="H5_x", term=["x", "y"], std_error=[0.1, np.nan], n_clusters=21, p_value=0.4)
    rows = rows.assign(ci_low=np.nan, ci_high=np.nan)
    found = checks.beside(PLAN, [spec], rows, {"hazard_cells": table}, CATEGORIES, SETTINGS, "p")
    assert found[["model", "term", "role"]].to_numpy().tolist() == [
        ["H5_x.power", "detectable(x)", "diagnostic"]
    ]
    detectable = 0.1 * (stats.t.ppf(0.975, 20) + stats.t.ppf(0.8, 20))
    assert found["estimate"].item() == pytest.approx(detectable)
    assert found["p_value"].isna().all()
    noted = checks.with_detectable(rows, found, 0.95)
    assert f"detectable with power 80%: {detectable:.3f}" in told(noted).iloc[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_table_shows_every_check_in_words(fitted, language):
    _, beside = fitted
    labels = Labels(language, ROOT / "config" / "plan" / "labels.csv")
    table = identification_table(beside, {"H3_x": {"label_zh": "模型", "label_en": "Model"}}, labels)
    assert len(table.rows) == len(beside)
    names = {row[3] for row in table.rows}
    assert len(names) > 20
    assert not any("_" in name or re.search(r"[a-z]_|[a-z0-9]\(", name) for name in names), names


@pytest.fixture
def panel():
    """Two indices of one indicator each for 6 units and 24 months; the calm indicator is half the usual one."""
    rng = np.random.default_rng(3)
    months = [f"{2023 + m // 12}-{m % 12 + 1:02d}" for m in range(24)]
    keys = pd.MultiIndex.from_product([[f"u{i}" for i in range(6)], months], names=["unit_code", "month"])
    frame = keys.to_frame(index=False)
    unit_months = frame.assign(headcount=20.0, tasks_logged=True, app_logged=True, unit_type="镇")
    unit_months["county_code"] = np.where(unit_months["unit_code"] < "u3", "C1", "C2")
    values = rng.gamma(2, 2, len(frame))
    usual = frame.assign(indicator="A", value=values, coverage=1.0)
    logged = frame.assign(indicator="LOG_auto", value=rng.uniform(size=len(frame)), coverage=1.0)
    plan = pd.DataFrame(
        {
            "code": ["A", "LOG_auto"],
            "source": ["tasks", "tasks"],
            "transformation": "none",
            "unit_en": "share",
            "denominator": "none",
            "frequency": "month",
        }
    )
    members = pd.DataFrame(
        [{"index": "OD", "indicator": "A", "weight": 1.0, "direction": 1.0, "transformation": "none"}]
    ).assign(per_head=False, yearly=False, unit="share")
    return unit_months, usual, logged, plan, members


def build(panel, tmp_path, monkeypatch, emergency):
    unit_months, usual, logged, plan, members = panel
    calls = []

    def evaluated(tables, frame, rows, calendar, window, reference, exclude):
        calls.append((list(rows["code"]), exclude["emergency"]))
        return usual.assign(value=usual["value"] / 2), None

    monkeypatch.setattr("jianfu.models.checks.exposures.build_indicators", evaluated)
    pd.DataFrame({"emergency": emergency}).to_parquet(tmp_path / "tasks.parquet")
    lead = unit_months[["unit_code", "month"]].assign(exposure="OD_lead", value=1.5)
    own = lead.assign(exposure="OD_6m", value=lead["unit_code"].str[1:].astype(float))
    exposures = pd.concat([lead, own], ignore_index=True)
    built = check_exposures(
        {"tasks": tmp_path / "tasks.parquet"},
        unit_months,
        pd.concat([usual, logged]),
        exposures,
        plan,
        index_spec(members, ("2023-01", "2023-12")),
        None,
        ("2023-01", "2024-12"),
        {"emergency": False},
    )
    return built, calls


def test_exposures_of_the_checks(panel, tmp_path, monkeypatch):
    built, calls = build(panel, tmp_path, monkeypatch, [True, False, None])
    assert calls == [(["A"], True)]
    assert set(built["exposure"]) == {
        "OD_calm",
        "OD_calm_6m",
        "OD_lead_6m",
        "OD_elsewhere_6m",
        "LOG",
        "LOG_6m",
    }
    unit_months, usual, _, _, members = panel
    spec = index_spec(members, ("2023-01", "2023-12"))
    plain = build_exposures(usual, unit_months, spec, fit_anchors(usual, unit_months, spec)).set_index(
        ["unit_code", "month", "exposure"]
    )
    calm = built[built["exposure"] == "OD_calm"].replace({"exposure": {"OD_calm": "OD"}})
    wanted = plain["value"].reindex(pd.MultiIndex.from_frame(calm[["unit_code", "month", "exposure"]]))
    np.testing.assert_allclose(calm["value"], wanted, atol=1e-8)  # half of everything is the same in SD
    assert (built.loc[built["exposure"] == "OD_lead_6m", "value"] == 1.5).all()
    away = built[built["exposure"] == "OD_elsewhere_6m"].groupby("unit_code")["value"].unique().map(list)
    assert away.to_dict() == {
        f"u{i}": [3.0 if i < 3 else 0.0] for i in range(6)
    }  # all alike: the first of the county


def test_the_matched_unit_is_of_another_county_of_the_same_type_and_nearest_in_size():
    units = pd.DataFrame(
        [
            ("a", "C1", "镇", 40),
            ("b", "C1", "镇", 41),
            ("c", "C2", "镇", 60),
            ("d", "C2", "镇", 30),
            ("e", "C2", "乡", 40),
        ],
        columns=["unit_code", "county_code", "unit_type", "headcount"],
    )
    found = matched_units(units.assign(month="2024-01"))
    assert found.where(found.notna(), None).to_dict() == {
        "a": "d",
        "b": "d",
        "c": "b",
        "d": "a",
        "e": None,
    }  # ln 41/30 < ln 60/41


def test_without_tags_there_is_nothing_to_leave_out(panel, tmp_path, monkeypatch):
    built, calls = build(panel, tmp_path, monkeypatch, [None, False])
    assert not calls
    assert set(built["exposure"]) == {"OD_lead_6m", "OD_elsewhere_6m", "LOG", "LOG_6m"}


def small_survey(units, waves, answers, seed=1):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [range(units), range(waves), range(answers)], names=["unit", "wave", "row"]
    )
    frame = index.to_frame(index=False).drop(columns="row").assign(county=lambda f: f["unit"] % 3)
    frame["OD"] = rng.normal(size=units)[frame["unit"]]  # constant within units
    frame["TR"] = rng.normal(size=len(frame))
    frame["burnout"] = frame["OD"] + 0.3 * frame["TR"] + rng.normal(size=len(frame))
    return AnalysisTable(frame, None, len(frame), {}, {"OD": "OD", "TR": "TR"})


def survey_check(name, table, terms):
    spec = replace(SPEC, name="x", estimator="ols", data="survey_scores", outcomes=("burnout",), report=None)
    spec = replace(spec, terms=tuple(terms), controls=(), effects=("unit", "wave"))
    own = dict(check_of(name)["set"])
    own["options"] = {
        key: {"{estimator}": "ols", "{common}": False}.get(value, value) if isinstance(value, str) else value
        for key, value in own["options"].items()
    }
    own["options"].pop("benchmarks", None)
    return engine.fit_model(spec.changed(own), table, CATEGORIES, SETTINGS)


@pytest.mark.parametrize("name", ["confounding", "e_value", "one_county_out", "power"])
def test_a_check_of_a_collinear_term_has_no_figures(name):
    rows = survey_check(name, small_survey(12, 1, 20), ["OD"])
    assert rows["estimate"].isna().all()
    assert told(rows).str.contains("not estimable|collinear|nothing of OD is left").all()


def test_a_collinear_term_leaves_the_figures_of_the_others():
    rows = survey_check("confounding", small_survey(12, 1, 20), ["TR", "OD"])
    own = rows["term"].str.contains("(OD)", regex=False)
    assert rows.loc[own, "estimate"].isna().all() and told(rows.loc[own]).str.contains("not estimable").all()
    assert rows.loc[rows["term"].isin(["partial_r2(TR)", "robustness_value(TR)"]), "estimate"].notna().all()


def test_as_many_coefficients_as_observations_have_no_detectable_effect():
    table = small_survey(3, 3, 1)
    frame = table.frame[(table.frame["unit"] + table.frame["wave"]) != 4].reset_index(drop=True)
    frame["dummy"] = (frame.index == 2) * 1.0
    frame["other"] = (frame.index == 4) * 1.0
    for column in ("a", "b"):
        frame[column] = np.random.default_rng(ord(column)).normal(size=len(frame))
    table = AnalysisTable(frame, None, len(frame), {}, {"TR": "TR"})
    rows = survey_check("power", table, ["TR", "dummy", "other", "a", "b"])
    assert rows["estimate"].isna().all() and told(rows).str.contains("too few|nothing of").all()


@pytest.mark.parametrize("name", ["fit_detectable", "fit_e_value", "fit_leave_one_out"])
def test_a_hazard_without_any_level_with_events_is_not_estimable(name):
    # every unit and control level has no event, or nothing but events: no row is left
    used = pd.DataFrame({"unit": [0, 0, 1, 1], "county": [0, 0, 1, 1], "voluntary": [0, 0, 1, 1]})
    columns = Design(used.assign(OD=[0.1, 0.4, -0.2, 0.3]), ["OD"], {})
    spec = ModelSpec(terms=("OD",), outcomes=("voluntary",), effects=("unit",), clusters=("unit",))
    spec = replace(spec, options={"model": "cloglog", "group": "county"})
    with pytest.raises(NotEstimable) as stopped:
        getattr(diagnostics, name)(Prepared(spec, None, [], used, np.ones(4), columns), SETTINGS)
    assert stopped.value.reason == because("too_few_events", events=0, coefficients=1)
