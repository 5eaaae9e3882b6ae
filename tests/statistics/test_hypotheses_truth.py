"""Models on the tables of unit-years and chains find what the parameters of the full-size province put in."""

import functools

import pytest
from ingest_cases import ROOT
from miniature import DEFINITIONS
from told import told

from jianfu.config.files import read_yaml
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import spec_of
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.tables.unit_years import chain_table, unit_year_table
from jianfu.models.tables.variables import derive
from jianfu.simulate.draw import draw
from jianfu.simulate.log_tables import task_tables
from jianfu.simulate.parameters import read_parameters
from jianfu.survey import scoring

PLAN = read_yaml(ROOT / "config" / "plan" / "models.yaml")
SCALES = read_yaml(ROOT / "config" / "plan" / "scales.yaml")["scales"]


@functools.cache
def parameters():
    return read_parameters(ROOT / "config" / "simulation.yaml")


@functools.cache
def tables():
    drawn = draw(parameters(), 2)
    chains, task_years = task_tables(drawn)
    scores, _ = scoring.survey_scores(
        drawn.survey,
        drawn.spells,
        SCALES,
        DEFINITIONS,
        min_answered=0.8,
        drop_straightliners=True,
        min_seconds=None,
    )
    years = unit_year_table(drawn.unit_year, task_years, scores, drawn.units)
    found = {"unit_years": years, "chains": chain_table(chains, drawn.units)}
    return {name: derive(table, PLAN["variables"].get(name, {})) for name, table in found.items()}


def row(name, term):
    """Estimate of one term of a declared model."""
    spec = spec_of(PLAN, name)
    rows = engine.fit_model(spec, tables()[spec.data], PLAN["categories"], Settings(bootstrap=0))
    return rows.set_index("term").loc[term]


@pytest.mark.parametrize(
    ("model", "term", "truth"),
    [
        ("H9_accountability", "log(tasks_month)", lambda p: p["accountability"]["tasks"]),
        ("H9_accountability", "log1p(n_errors)", lambda p: p["accountability"]["errors"]),
        ("H12_outcome", "ln_hours_trace", lambda p: 0.0),
        ("H12_outcome", "ln_hours_substantive", lambda p: p["outcome"]["substantive"]),
        ("H13_score", "log(artefacts_month)", lambda p: p["score"]["material"]),
    ],
)
def test_yearly_models_find_their_parameters(model, term, truth):
    found = row(model, term)
    assert abs(found["estimate"] - truth(parameters()["unit_year"])) < 3 * found["std_error"]
    assert found["converged"] and found["n_clusters"] > 190


def test_scores_reward_material():
    assert row("H13_score", "log(artefacts_month)")["p_value"] < 0.001


def test_chains_find_the_mean_ratio():
    """Targets and days are whole numbers, which moves the mean of the logarithm by less than 0.01."""
    found = row("H16_amplification", "(Intercept)")
    assert found["estimate"] == pytest.approx(parameters()["tasks"]["chain_log_ratio"]["mean"], abs=0.015)
    assert found["n_clusters"] == 200 and found["p_value"] < 1e-6


def test_what_the_data_lack_is_named():
    years = tables()["unit_years"]
    lacking = years.frame.drop(columns=["ln_hours_trace"])
    table = AnalysisTable(lacking, None, len(lacking), absent={"ln_hours_trace": "hours_trace"})
    rows = engine.fit_model(spec_of(PLAN, "H12_outcome"), table, PLAN["categories"], Settings(bootstrap=0))
    assert rows["estimate"].isna().all()
    assert set(told(rows)) == {"not estimable: column hours_trace is absent"}
