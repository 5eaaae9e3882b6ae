"""Interventions of the simulator against the edits of its raw exports: two ways to the same indicators and indices."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from simulate_cases import drawn, ingested, parameters, unit_months

from jianfu.core.calendar import Calendar
from jianfu.core.tables import MEASURED
from jianfu.indicators.evaluation import NOTHING_EXCLUDED, build_indicators
from jianfu.indicators.plan import read_plan
from jianfu.indices.construction import fit_anchors
from jianfu.indices.specification import index_spec, read_members
from jianfu.scenarios.burden import burden, completed
from jianfu.scenarios.edits import Rows
from jianfu.scenarios.plan import read_scenarios
from jianfu.simulate.interventions import LEVERS, record_of, world
from jianfu.simulate.measures import long_indicators
from jianfu.study import interventions

PLAN = Path(__file__).parents[2] / "config" / "plan"
DECLARED = {
    s.id: s for s in read_scenarios(yaml.safe_load((PLAN / "scenarios.yaml").read_text(encoding="utf-8")))
}
PACKAGE = ("S1", "S2", "S4", "S5", "S6")
REFERENCE = ("2024-01", "2024-12")
INDICES = ("OD", "TR", "RG", "GAP")


@functools.cache
def measured():
    """The stored rows opened for edits, their plan of indicators, and the frame of the analysis."""
    folder = tempfile.TemporaryDirectory(prefix="jianfu_edited_")
    paths = {}
    for name in MEASURED:
        paths[name] = str(Path(folder.name, f"{name}.parquet"))
        ingested()[name].canonical.to_pandas().to_parquet(paths[name])
    plan, frame = read_plan(PLAN / "indicators.csv"), unit_months(drawn())
    spec = index_spec(read_members(PLAN / "indices.csv", plan), REFERENCE).only(*INDICES)
    own = plan[plan["code"].isin(spec.codes)].reset_index(drop=True)
    measure = (Calendar(), tuple(parameters()["window"]), REFERENCE, NOTHING_EXCLUDED)
    rows = Rows(paths, frame, *measure)
    stored, _ = build_indicators(paths, frame, own, *measure)
    return folder, rows, own, frame, spec, stored


@functools.cache
def record():
    return record_of(drawn())


def under(*levers):
    return world(drawn(), record(), parameters(), levers)


@functools.cache
def natural():
    return under()


@pytest.mark.parametrize("name", [*LEVERS, "S16"])
def test_an_edit_of_the_rows_gives_what_the_intervention_gives(name):
    _, rows, own, frame, spec, stored = measured()
    edited = completed(rows.indicators(DECLARED[name], own), stored)
    found = under(*(PACKAGE if name == "S16" else (name,))).measures
    drawn_rows = long_indicators(found, drawn().detail.structure, drawn().detail.months)
    drawn_rows = completed(drawn_rows, stored)
    pairs = edited.merge(drawn_rows, on=["unit_code", "month", "indicator"], suffixes=("", "_drawn"))
    assert len(pairs) == len(edited) == len(stored)
    same = np.isclose(pairs["value"], pairs["value_drawn"], rtol=1e-9, atol=1e-11, equal_nan=True)
    assert same.all(), pairs[~same].groupby("indicator").size()
    anchors = fit_anchors(stored, frame, spec)
    levels = [burden(rows, frame, spec, anchors).levels for rows in (stored, edited, drawn_rows)]
    assert np.nanmax(np.abs(levels[1] - levels[2])) < 1e-9 < np.nanmax(np.abs(levels[1] - levels[0]))


def test_no_intervention_is_the_draw_itself():
    same, detail = natural(), drawn().detail
    for code, values in same.measures.items():
        np.testing.assert_allclose(values, detail.measures[code], rtol=1e-12, atol=1e-12, err_msg=code)
    pd.testing.assert_frame_equal(same.careers.risk, detail.careers.risk)
    for name, values in same.expected.items():
        np.testing.assert_allclose(values, detail.survey.truth[name], rtol=1e-9, atol=1e-12)


def test_less_burden_keeps_people_and_their_presence_lowers_the_load():
    less = under(*PACKAGE)
    before, after = (w.careers for w in (natural(), less))
    assert after.risk["p_voluntary"].sum() < before.risk["p_voluntary"].sum()
    assert after.headcount[:, -1].sum() > before.headcount[:, -1].sum()
    assert (after.headcount[:, 0] == before.headcount[:, 0]).all()
    assert less.expected["burnout_z"].mean() < natural().expected["burnout_z"].mean()


def test_the_same_persons_are_hired_in_both_arms():
    before, after = (w.careers.spells for w in (natural(), under(*PACKAGE)))
    stock = drawn().detail.persons.stock
    first = [own[own["slot"] >= stock].groupby("slot")[["unit", "start"]].first() for own in (before, after)]
    assert len(first[0]) > 20
    pd.testing.assert_frame_equal(*first)


def test_true_exits_avoided_are_the_difference_of_the_probabilities_of_all_at_risk():
    less = under(*PACKAGE)
    known = interventions.truth(drawn(), natural(), less, "90后")
    fewer = natural().careers.risk["p_voluntary"].sum() - less.careers.risk["p_voluntary"].sum()
    assert known["exits_avoided", "all"] == pytest.approx(12_000 * fewer / len(natural().careers.risk))
    assert not any(interventions.truth(drawn(), natural(), natural(), "90后").values())


def test_the_table_of_the_study_is_that_of_its_design_and_no_row_of_it_fails():
    design = yaml.safe_load((PLAN / "intervention_study.yaml").read_text(encoding="utf-8"))
    table = pd.read_csv(PLAN.parents[1] / "docs" / "intervention_study.csv", encoding="utf-8-sig")
    assert set(table["date"]) == {design["date"]} and not (table["verdict"] == "outside").any()
    judged = table[table["verdict"] == "ok"]
    assert set(judged["intervention"]) >= {"S1", "S2", "S3", "S4", "S5", "S16"}
    assert (table.groupby("world")["n_draws"].min() >= 100).all()


def test_coverage_is_judged_by_its_monte_carlo_interval():
    design = {
        "limits": [0.93, 0.97],
        "mc_confidence": 0.99,
        "judged": {"w": ["burnout"]},
        "date": "2026-01-01",
    }
    rows = pd.DataFrame(
        {
            "world": "w",
            "intervention": "S1",
            "quantity": "burnout",
            "group": "all",
            "truth": 1.0,
            "estimate": 1.1,
        }
        | {"ci_low": 0.9, "ci_high": np.repeat([1.2, 0.95], [340, 60])}
    )
    found = interventions.summarised(rows, design).iloc[0]
    assert (found["coverage"], found["verdict"], found["bias"]) == (0.85, "outside", pytest.approx(0.1))
    assert interventions.summarised(rows.iloc[:360], design).iloc[0]["verdict"] == "ok"
    unmoved = rows.assign(truth=0.0, estimate=0.0, ci_low=0.0, ci_high=0.0)
    assert interventions.summarised(unmoved, design).iloc[0]["verdict"] == "reported"
    assert interventions.summarised(rows.assign(quantity="meaning"), design).iloc[0]["verdict"] == "reported"
