"""The exit models of the plan: causes that add up, Cox on tenure from cells, lags and curves."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from miniature import DEFINITIONS
from province_cases import ROOT

from jianfu.config.files import read_yaml
from jianfu.exits import cells
from jianfu.indices.exposures import Exposure
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.sample import prepare
from jianfu.models.spec import spec_of
from jianfu.models.tables.lags import lagged_exposures, since_arrival
from jianfu.models.tables.outcomes import hazard_table
from jianfu.models.tables.reading import columns_named
from jianfu.models.tables.staying import with_staying
from jianfu.models.tables.table import AnalysisTable
from jianfu.statistics import cox

PLAN = read_yaml(ROOT / "config" / "plan" / "models.yaml")
MONTHS = [str(m) for m in pd.period_range("2024-01", "2025-06", freq="M")]
UNITS = [f"3901210{u:02d}" for u in range(45)]
VOLUNTARY = DEFINITIONS.of_kind("voluntary")
LAGS = [exposure for exposure in map(Exposure.of, columns_named(PLAN)) if exposure.lag]
CAUSES = [
    "",
    "resign",
    "select",
    "exam",
    "transfer",
    "via_secondment",
    "retire",
    "secondment",
    "secondment_long",
    "sideways",
    "other",
]


def test_the_models_say_which_single_lags_and_means_of_the_last_wave_there_are():
    assert {(lag.index, lag.lag) for lag in LAGS} == {("OD", lag) for lag in range(1, 13)}
    waves = {name for name in columns_named(PLAN) if name.endswith("_wave")}
    assert waves == {"burnout_wave", "meaning_wave", "OD_wave", "TR_wave"}
    other = {"models": [{"name": "x", "estimator": "ols", "terms": ["TR_lag2:cohort_90s", "log(RG_lag1)"]}]}
    assert columns_named(other) == ["RG_lag1", "TR_lag2", "cohort_90s"]


@pytest.fixture(scope="module")
def months():
    """Person-months of 900 persons who leave for various causes, as from jianfu.exits.person_months.person_months."""
    rng, rows = np.random.default_rng(11), []
    for person in range(900):
        unit, start, tenure = person % 45, rng.integers(0, 6), rng.integers(0, 30)
        traits = (rng.choice(["80后", "90后"]), rng.choice(["男", "女"]))
        for k, month in enumerate(MONTHS[start:]):
            cause = rng.choice(
                CAUSES, p=[0.943, 0.012, 0.008, 0.004, 0.009, 0.010, 0.002, 0.007, 0.002, 0.002, 0.001]
            )
            rows.append((f"p{person}", UNITS[unit], month, *traits, tenure + k, cause))
            if cause and not cause.startswith("secondment"):
                break
    columns = ["person_key", "unit_code", "month", "cohort", "sex", "tenure_months", "cause"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["tenure_band"] = DEFINITIONS.tenure_band(frame["tenure_months"])
    frame["lock"], frame["aged50"] = frame["tenure_months"] < 12, False
    for name in ("person_key", "unit_code", "month", "cohort", "sex", "tenure_band"):
        frame[name] = pd.Categorical(frame[name], sorted(frame[name].unique()))
    frame["kind"] = frame["cause"].map(DEFINITIONS.events | {"": ""})
    frame["cause"] = pd.Categorical(frame["cause"], CAUSES)
    return frame


@pytest.fixture(scope="module")
def tables(months):
    rng = np.random.default_rng(12)
    earlier = [str(m) for m in pd.period_range("2023-01", "2025-06", freq="M")]
    indices = pd.DataFrame([(u, m, "OD", rng.normal(50, 8)) for u in UNITS for m in earlier])
    indices.columns = ["unit_code", "month", "index", "value"]
    now = pd.DataFrame([(u, m, "OD", rng.normal()) for u in UNITS for m in MONTHS])
    now.columns = ["unit_code", "month", "exposure", "value"]
    exposures = pd.concat([now, lagged_exposures(indices, ("2023-01", "2023-12"), LAGS)], ignore_index=True)
    flow = pd.DataFrame({"step": ["read"], "reason": [""], "person_months": [len(months)]})
    units = pd.DataFrame({"unit_code": UNITS, "county_code": [u[:6] for u in UNITS], "valid_from": pd.NaT})
    return {
        "hazard_cells": hazard_table(cells.hazard_cells(months), flow, exposures, units),
        "tenure_cells": hazard_table(cells.tenure_cells(months), flow, exposures, units),
    }


def fit(name, tables, **changes):
    spec = spec_of(PLAN, name).changed(changes)
    return engine.fit_models([spec], tables, PLAN["categories"], Settings(bootstrap=0), "x")


def test_the_causes_add_up_to_all_voluntary_exits(tables, months):
    parts = ("H2_resign", "H2_select_exam", "H2_transfer", "H2_via_secondment")
    events = {name: fit(name, tables)["n_events"].iloc[0] for name in (*parts, "H2_exits", "H2_secondment")}
    assert sum(events[name] for name in parts) == events["H2_exits"] > 100
    counted = months["cause"].value_counts()
    assert events["H2_exits"] == sum(counted[cause] for cause in VOLUNTARY)
    assert events["H2_secondment"] == sum(counted[cause] for cause in CAUSES if "secondment" in cause)
    named = [cause for name in parts for cause in spec_of(PLAN, name).outcomes]
    assert sorted(named) == sorted(VOLUNTARY)


def test_poisson_on_tenure_cells_is_cox_on_tenure(tables, months):
    row = fit("H2_cox", tables, effects=["tenure_month"], report=["OD"]).iloc[0]
    keys = ["unit_code", "month"]
    known = (
        tables["hazard_cells"]
        .of(["unit", "month", "OD"])
        .drop_duplicates()
        .astype({"unit": str, "month": str})
    )
    rows = months.astype(dict.fromkeys(keys, str)).merge(
        known.rename(columns={"unit": "unit_code"}), on=keys, how="left"
    )
    columns = np.column_stack(
        [rows["OD"], rows["cohort"] == "90后", rows["sex"] == "男", rows["lock"]]
    ).astype(float)
    entry = rows["tenure_months"].to_numpy(dtype=float)
    wanted = cox.fit(entry, entry + 1, rows["cause"].isin(VOLUNTARY), columns, ties="breslow")
    assert row["estimate"] == pytest.approx(wanted.coefficients[0], abs=1e-7)
    units = pd.factorize(rows["unit_code"])[0]
    sums = np.column_stack([np.bincount(units, column) for column in wanted.residuals.T])
    covariance = wanted.bread @ (sums.T @ sums) @ wanted.bread * 45 / 44
    assert row["std_error"] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-6)


def test_posts_held_fixed_are_those_of_the_persons(months):
    """Against dummies on single person-months; a trait that all share changes nothing."""
    rng = np.random.default_rng(5)
    persons = months["person_key"].cat.categories
    of = months["person_key"].cat.codes.to_numpy()
    traits = {
        name: pd.Categorical(rng.choice(list(levels), len(persons))[of], list(levels))
        for name, levels in (("bianzhi", "ab"), ("education", "cde"), ("rank", "fg"))
    }
    now = pd.DataFrame([(u, m, "OD", rng.normal()) for u in UNITS for m in MONTHS])
    now.columns = ["unit_code", "month", "exposure", "value"]
    flow = pd.DataFrame({"step": ["read"], "reason": [""], "person_months": [len(months)]})
    units = pd.DataFrame({"unit_code": UNITS, "county_code": [u[:6] for u in UNITS], "valid_from": pd.NaT})

    def row(name, keys, **changes):
        frame = months.assign(within_35=of % 2 == 0, **keys)
        tables = {"tenure_cells": hazard_table(cells.tenure_cells(frame), flow, now, units)}
        return fit(name, tables, controls=["cohort", "sex"], **changes).set_index("term")

    found = row("H2_posts", traits, effects=["month", *traits]).loc["OD"]
    values = now.set_index(["unit_code", "month"])["value"]
    at = pd.MultiIndex.from_frame(months[["unit_code", "month"]].astype(str))
    x = pd.get_dummies(
        pd.DataFrame({name: months[name].astype(str) for name in ("month", "cohort", "sex")} | traits),
        drop_first=True,
        dtype=float,
    )
    columns = np.column_stack([values.loc[at], np.ones(len(x)), x])
    y = months["cause"].isin(VOLUNTARY).to_numpy(dtype=float)
    family = sm.families.Binomial(sm.families.links.CLogLog())
    wanted = sm.GLM(y, columns, family=family).fit(tol=1e-12)
    assert found["estimate"] == pytest.approx(wanted.params[0], abs=1e-6)
    same = {name: pd.Categorical(["x"] * len(months)) for name in traits}
    plain = row("H2_posts", same, effects=["month"]).loc["OD"]
    assert row("H2_posts", same, effects=["month", *traits]).loc["OD", "estimate"] == pytest.approx(
        plain["estimate"], abs=1e-8
    )
    ages = [row("H3_age_limit", traits, effects=["month:within_35"]).loc["OD:within_35", "estimate"]]
    both = [
        row("H3_age_limit", traits, effects=["month"], terms=["OD"], where={"within_35": young}).loc["OD"]
        for young in (True, False)
    ]
    assert np.isfinite(ages[0]) and ages[0] == pytest.approx(
        both[0]["estimate"] - both[1]["estimate"], abs=0.05
    )


def test_the_linear_model_on_cells_is_that_on_rows(tables, months):
    row = fit("H2_linear", tables, effects=[], controls=["sex"], report=["OD"]).iloc[0]
    frame = tables["hazard_cells"].whole()
    frame = frame.loc[frame.index.repeat(frame["n"])]
    x = np.column_stack([np.ones(len(frame)), frame["OD"], frame["sex"] == "男"])
    share = (frame["voluntary"] / frame["n"]).to_numpy()  # rows of a cell sum to its events
    beta = np.linalg.solve(x.T @ x, x.T @ share)
    assert row["estimate"] == pytest.approx(beta[1], abs=1e-10)


def test_lags_are_the_index_of_earlier_months(tables):
    frame = tables["hazard_cells"].whole().drop_duplicates(["unit", "month"]).set_index(["unit", "month"])
    one, three = frame["OD_lag1"], frame["OD_lag3"]
    assert one[(UNITS[3], "2024-05")] == three[(UNITS[3], "2024-07")]
    assert np.isfinite(frame["OD_lag12"]).all()


def test_the_cumulative_effect_is_the_sum_of_the_lags(tables):
    rows = fit("H2_distributed_lag", tables).set_index("term")
    assert list(rows.index) == [*(f"OD_lag{k}" for k in range(1, 13)), "OD_cumulative"]
    assert rows.loc["OD_cumulative", "estimate"] == pytest.approx(rows["estimate"].iloc[:12].sum())
    assert (rows["scale"] == "log_hazard_per_sd").all()
    assert json.loads(rows["dropped_by_reason"].iloc[0]) == {}


def test_the_curve_passes_through_zero_and_bends(tables):
    rows = fit("H2_spline", tables).set_index("term")["estimate"]
    assert list(rows.index) == ["OD=-2", "OD=-1", "OD=1", "OD=2"]
    assert np.isfinite(rows).all()
    straight = fit("H2_spline", tables, terms=["OD"]).set_index("term")["estimate"]
    assert straight["OD=2"] == pytest.approx(2 * straight["OD=1"])


def test_exposure_since_arrival_is_the_mean_of_all_months_there():
    rng = np.random.default_rng(5)
    months = [str(m) for m in pd.period_range("2023-01", "2025-06", freq="M")]
    indices = pd.DataFrame([(u, m, "OD", rng.normal(50, 8)) for u in UNITS[:3] for m in months])
    indices.columns = ["unit_code", "month", "index", "value"]
    indices = indices.drop(index=[40])  # a month that was not recorded: 2023-11 of the second unit
    rows = [
        (unit, month, tenure)
        for unit in UNITS[:4]
        for month in ("2023-01", "2023-12", "2025-06")
        for tenure in (0, 1, 2, 5, 11, 29, 30, 60)
    ]
    frame = pd.DataFrame(rows, columns=["unit", "month", "tenure_month"])
    table = AnalysisTable(frame, None, len(frame))
    found = since_arrival(table, "month", "tenure_month", indices, ("2023-01", "2023-12"), ["OD"]).frame
    reference = indices.loc[indices["month"] < "2024-01", "value"]
    value = indices.set_index(["unit_code", "month"])["value"].sub(reference.mean()) / reference.std()
    for (unit, month, tenure), arrived, told in zip(rows, found["arrived"], found["OD_arrival"], strict=True):
        before = [str(pd.Period(month, "M") - lag) for lag in range(1, tenure + 1)]
        assert arrived == (tenure > 0 and min(before) >= "2023-01")
        known = value.reindex([(unit, one) for one in before]).dropna()
        if arrived and len(known) >= 2 / 3 * tenure:
            assert told == pytest.approx(known.mean())
        else:
            assert np.isnan(told)
    assert found["OD_arrival"].notna().sum() > 20


@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.SingularMatrixWarning")
def test_those_who_stayed_weigh_by_the_inverse_of_their_probability_of_staying(tables):
    """Against a model with dummies in statsmodels, month by month of one unit and cohort; the others likewise."""
    spec, cells_ = spec_of(PLAN, PLAN["staying"]), tables["hazard_cells"]
    keys = ("2025-05", "90后"), ("2025-01", "80后")
    answers = pd.DataFrame(
        [(u, c, m) for u in UNITS for m, c in keys], columns=["unit", "cohort", "fieldwork_month"]
    )
    survey = AnalysisTable(answers, None, len(answers))
    weight = with_staying(survey, cells_, spec, PLAN["categories"]).frame["staying"]

    model = prepare(spec, cells_, PLAN["categories"])
    own = cells_.frame[model.sample.rows].reset_index(drop=True)
    dummies = [
        pd.get_dummies(code, dtype=float, drop_first=i > 0).to_numpy() for i, code in enumerate(model.effects)
    ]
    counts = np.column_stack([model.events, model.trials - model.events])
    family, odds = sm.families.Binomial(sm.families.links.CLogLog()), []
    for part in (model.of_controls(), [model.columns[term] for term in spec.terms]):
        dummies.append(np.column_stack(part))
        odds.append(-np.log1p(-sm.GLM(counts, np.column_stack(dummies), family=family).fit().fittedvalues))
    own["gain"] = model.trials * (odds[1] - odds[0])
    own["n"] = model.trials
    by_month = own.groupby([own[k].astype(str) for k in ("unit", "cohort", "month")])[["gain", "n"]].sum()
    expected = []
    for unit, cohort, month in answers.itertuples(index=False):
        before = [str(pd.Period(month, "M") - lag) for lag in range(1, 13)]
        rows = by_month.reindex([(unit, cohort, one) for one in before])
        expected.append(np.exp((rows["gain"] / rows["n"]).sum()))
    expected = np.clip(expected, *np.quantile(expected, (0.01, 0.99)))
    assert weight.to_numpy() == pytest.approx(expected, rel=1e-5) and weight.std() > 0.01

    nobody = AnalysisTable(cells_.frame.iloc[:0], "n", 0)
    found = with_staying(survey, nobody, spec, PLAN["categories"])
    assert "staying" not in found.frame and found.absent == {"staying": "exit_type"}
