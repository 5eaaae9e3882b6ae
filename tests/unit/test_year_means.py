"""What a year was like beside its reference values, and the hypotheses on what came after it (H24, H26)."""

import numpy as np
import pandas as pd
import pytest
from ingest_cases import ROOT

from jianfu.config.files import read_yaml
from jianfu.models import engine
from jianfu.models.checks.derived import derive as derive_check
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import spec_of
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.tables.unit_years import ANSWERS, with_year_means
from jianfu.models.tables.variables import derive

PLAN = read_yaml(ROOT / "config" / "plan" / "models.yaml")
CHECKS = {check["name"]: check for check in read_yaml(ROOT / "config" / "plan" / "checks.yaml")["checks"]}
MONTHS = ["2023-12", "2024-01", "2024-02"]


def tables(leader=(1.0, 0.0)):
    """Unit a and b in three months: unit-years, unit-months, cells of a leader and of staff, answers."""
    months = pd.DataFrame({"unit": ["a"] * 3 + ["b"] * 3, "month": MONTHS * 2, "time": [0, 1, 2] * 2})
    months = months.assign(
        D8_late=[0.9, 0.1, 0.3, 0.5, 0.2, np.nan], B9_signatures=2.0, B8_total=[20.0, 40, 60, 20, 20, 20]
    )
    cells = pd.concat(
        [
            months[["unit", "month"]].assign(leader=kind, n=n, voluntary=0)
            for kind, n in zip(leader, (2, 10), strict=True)
        ]
    )
    cells.loc[(cells["unit"] == "a") & (cells["month"] == "2024-02") & (cells["n"] == 10), "voluntary"] = 1
    answers = pd.DataFrame(
        {"unit": ["a"] * ANSWERS + ["b"] * (ANSWERS - 1), "fieldwork_month": "2024-02", "wave": 1}
    )
    answers["burnout_z"] = np.arange(len(answers), dtype=float)
    years = pd.DataFrame(
        {"unit": ["a", "a", "b", "b"], "year": [2023, 2024] * 2, "outcome_hotline": [1.0, 2, 3, 4]}
    )
    return [AnalysisTable(frame, None, len(frame)) for frame in (years, months, cells, answers)]


def test_means_over_the_months_and_the_answers_of_a_year():
    found = with_year_means(*tables()).frame.set_index(["unit", "year"])
    assert found.loc[("a", 2024), "D8_late"] == pytest.approx(0.2)
    assert found.loc[("b", 2024), "D8_late"] == pytest.approx(0.2)  # of the month that is known
    assert found.loc[("a", 2024), "outflow"] == pytest.approx(1200 * 1 / 24)
    assert found.loc[("a", 2023), "outflow"] == 0
    assert found.loc[("a", 2024), "burnout_z"] == pytest.approx((ANSWERS - 1) / 2)
    assert (
        np.isnan(found.loc[("b", 2024), "burnout_z"]) and found.loc[("b", 2024), "n_answers"] == ANSWERS - 1
    )
    # 50 documents in 20 working days with two signatures each, by two leaders
    assert found.loc[("a", 2024), "ln_signs"] == pytest.approx(np.log1p(50 * 2 / 20 / 2))


def test_signatures_need_documents_and_leaders():
    years, months, cells, answers = tables(leader=(0.0, 0.0))
    assert with_year_means(years, months, cells, answers).frame["ln_signs"].isna().all()
    unknown = AnalysisTable(
        cells.frame.drop(columns="leader"), None, len(cells.frame), absent={"leader": "role"}
    )
    assert with_year_means(years, months, unknown, answers).absent == {"ln_signs": "role"}
    bare = AnalysisTable(months.frame.drop(columns="B8_total"), None, len(months.frame))
    assert with_year_means(years, bare, cells, answers).absent == {"ln_signs": "B8_total"}


def test_others_of_the_county_leave_the_own_value_out():
    frame = pd.DataFrame(
        {"unit": list("abcd"), "county": ["x", "x", "x", "y"], "year": 2024, "n": [1.0, 2, np.nan, 5]}
    )
    found = derive(
        AnalysisTable(frame, None, 4), {"m": {"others": "n", "of": "county", "period": "year"}}
    ).frame["m"]
    np.testing.assert_array_equal(found, [2, 1, 1.5, np.nan])


def nation(late, placebo=0.0, cases=0.0, seed=1):
    """120 units in 12 counties over 6 years: outcomes follow the lateness of the year before by ``late`` SD, of the
    next by ``placebo``; signatures follow the cases of the year before by ``cases``."""
    rng = np.random.default_rng(seed)
    unit, year = (part.ravel() for part in np.meshgrid(range(120), range(2019, 2025), indexing="ij"))
    lateness, exits = rng.normal(size=(2, len(unit)))
    n = rng.poisson(1.5, len(unit)).astype(float)
    frame = pd.DataFrame(
        {
            "unit": unit,
            "year": year,
            "county": unit // 10,
            "D8_late": lateness,
            "outflow": exits,
            "n_accountability": n,
        }
    )
    before, after, earlier = (
        derive(AnalysisTable(frame, None, 720), {"v": {"lag": name, "by": by, "period": "year"}})
        .frame["v"]
        .fillna(0)
        for name, by in (("D8_late", 1), ("D8_late", -1), ("n_accountability", 1))
    )
    noise = rng.normal(size=(3, len(unit)))
    frame["outcome_hotline"] = frame["outcome_satisfaction"] = (
        late * before + placebo * after + 0.3 * noise[0]
    )
    frame["ln_signs"] = 1 + cases * earlier + 0.05 * noise[1] + 0.1 * (unit % 7)
    return derive(AnalysisTable(frame, None, len(frame)), PLAN["variables"]["unit_years"])


def fitted(name, table, check=None):
    spec = spec_of(PLAN, name)
    spec = derive_check(CHECKS[check], spec, table) if check else spec
    return engine.fit_model(spec, table, PLAN["categories"], Settings(bootstrap=0)).set_index("term")


def test_worse_outcomes_after_late_years_are_found_and_no_others():
    assert fitted("H24_outcome", nation(-0.3)).loc["late_z", "ci_high"] < -0.05
    null = nation(0.0)
    assert fitted("H24_outcome", null)["p_value"].min() > 0.05
    assert fitted("H24_outcome", null, "year_before")["p_value"].min() > 0.05


def test_outcomes_that_came_before_the_lateness_ring():
    assert fitted("H24_outcome", nation(0.0, placebo=-0.3), "year_before").loc["late_z", "p_value"] < 0.001


def test_signatures_after_cases_are_found_and_none_after_later_ones():
    acting = nation(0.0, cases=0.06)
    assert fitted("H26_signatures", acting).loc["n_accountability", "ci_low"] > 0.0488
    assert fitted("H26_signatures", acting, "later")["p_value"].min() > 0.01
    null = fitted("H26_signatures", nation(0.0)).loc["n_accountability"]
    assert abs(null["estimate"]) < 3 * null["std_error"] and null["ci_high"] < 0.0488
