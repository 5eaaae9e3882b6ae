"""H3 where unobserved pressure of a unit acts more on one cohort: effects of unit and cohort, month and cohort hold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from ingest_cases import ROOT

from jianfu.config.files import read_yaml
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import spec_of
from jianfu.models.tables.table import AnalysisTable
from jianfu.statistics.designs import independent

PLAN = read_yaml(ROOT / "config" / "plan" / "models.yaml")
COHORTS = ("80后", "90后")
UNITS, MONTHS = 60, 24


def province(seed, *, yearly, slope=0.0, more=0.0, staff=20, units=UNITS):
    """Hazard cells of a province whose pressure (SD 1) raises burden by .60, exits by .40, of 90后 by another .30.

    yearly: exits per person-year; slope, more: log hazard per unit of burden, of all and of 90后 in addition.
    """
    rng = np.random.default_rng(seed)
    pressure = rng.standard_normal(units)
    monthly = rng.standard_normal((units, MONTHS))
    for t in range(1, MONTHS):
        monthly[:, t] = 0.85 * monthly[:, t - 1] + np.sqrt(1 - 0.85**2) * monthly[:, t]
    burden = (0.6 * pressure[:, None] + 0.8 * monthly)[:, :, None]
    young = np.arange(2)
    season = 0.3 * rng.standard_normal(MONTHS)[None, :, None]
    eta = np.log(yearly / 12) + season + (slope + more * young) * burden
    eta = eta + (0.4 + 0.3 * young) * pressure[:, None, None]
    sex = np.array([0.5, 0.5])
    n = rng.poisson(staff * sex, (units, MONTHS, 2, 2)) + 1
    events = rng.binomial(n, -np.expm1(-np.exp(eta))[..., None])
    unit, month, cohort, sex = (axis.ravel() for axis in np.indices(n.shape))
    frame = pd.DataFrame(
        {
            "unit": pd.Categorical(unit), "county": unit // 10, "month": pd.Categorical(month),
            "cohort": pd.Categorical(np.array(COHORTS)[cohort]), "sex": pd.Categorical(np.array(["男", "女"])[sex]),
            "tenure_band": pd.Categorical(["5-10"] * len(unit)), "lock": False,
            "OD": burden[unit, month, 0], "n": n.ravel(), "voluntary": events.ravel(),
        }
    )  # fmt: skip
    return AnalysisTable(frame, "n", int(n.sum()), exposures={"OD": "OD"})


def rows(names, tables):
    """Estimates of OD × 90后 in every province, with standard error, p-value and interval, by model."""
    found = []
    for table in tables:
        for name in names:
            fitted = engine.fit_model(spec_of(PLAN, name), table, PLAN["categories"], Settings(bootstrap=0))
            row = fitted[fitted["term"] == "OD:cohort_90s"].iloc[0]
            found.append(row[["model", "estimate", "std_error", "p_value", "ci_low", "ci_high", "n_events"]])
    return pd.DataFrame(found).infer_objects().groupby("model")


def test_pressure_that_differs_by_cohort_is_no_interaction():
    names = ["H3_exits_by_cohort", "H3_within_cohorts", "H3_unit_months"]
    found = rows(names, [province(seed, yearly=0.08) for seed in range(12)])["estimate"]
    mean, error = found.mean(), found.std() / np.sqrt(12)
    assert mean["H3_exits_by_cohort"] > 0.08  # what differs between units
    for name in names[1:]:
        assert abs(mean[name]) < 3 * error[name] and error[name] < 0.06


def test_rare_events_no_more_than_coefficients_as_with_dummies():
    table = province(1, yearly=0.035, slope=0.14, more=0.2, staff=10, units=24)
    spec = replace(spec_of(PLAN, "H3_within_cohorts"), report="all")
    found = engine.fit_model(spec, table, PLAN["categories"], Settings(bootstrap=0)).set_index("term")
    cells = table.whole().assign(
        unit=lambda c: c["unit"].astype(str) + c["cohort"].astype(str),
        month=lambda c: c["month"].astype(str) + c["cohort"].astype(str),
    )
    kept = []
    while len(kept) != len(cells):  # levels without events say nothing
        kept = cells
        for name in ("unit", "month"):
            cells = cells[cells.groupby(name)["voluntary"].transform("sum") > 0]
    young = (cells["cohort"] == "90后").astype(float)
    design = np.column_stack(
        [cells["OD"], cells["OD"] * young, cells["sex"] == "女"]
        + [pd.get_dummies(cells[name]) for name in ("unit", "month")]
    ).astype(float)
    design = design[:, independent(design)]
    rank = design.shape[1]
    assert found["n_events"].iloc[0] == cells["voluntary"].sum() <= rank
    assert found["residual_df"].iloc[0] == cells["n"].sum() - rank
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    y, n = cells["voluntary"], cells["n"]
    dense = sm.GLM(np.column_stack([y, n - y]), design, family=family).fit(tol=1e-12, maxiter=100)
    terms = ["OD", "OD:cohort_90s", "sex_female"]
    np.testing.assert_allclose(found.loc[terms, "estimate"], dense.params[:3], rtol=1e-6)


@pytest.mark.slow
def test_size_and_coverage_down_to_one_event_per_unit_and_cohort():
    for yearly, more in ((0.05, 0.0), (0.025, 0.0), (0.025, 0.2)):
        tables = (province(seed, yearly=yearly, slope=0.14, more=more) for seed in range(600))
        found = rows(["H3_within_cohorts"], tables)
        covered = ((found.obj["ci_low"] < more) & (more < found.obj["ci_high"])).mean()
        assert 0.93 < covered < 0.975
        assert abs(found["estimate"].mean().item() - more) < 0.03
