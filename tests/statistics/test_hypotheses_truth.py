"""Models on the tables of unit-years and chains find what the parameters of the full-size province put in."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ingest_cases import ROOT, SCHEMA
from miniature import DEFINITIONS
from told import told

from jianfu.config.files import read_yaml
from jianfu.config.merging import merge
from jianfu.ingest.tables import ingest_table
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import spec_of
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.tables.unit_years import chain_table, unit_year_table, with_year_means
from jianfu.models.tables.variables import derive
from jianfu.province.load import load_province
from jianfu.simulate.draw import draw
from jianfu.simulate.log_tables import task_tables
from jianfu.simulate.parameters import read_parameters
from jianfu.simulate.raw_tables import write_documents
from jianfu.simulate.streams import Streams
from jianfu.survey import scoring

PLAN = read_yaml(ROOT / "config" / "plan" / "models.yaml")
SCALES = read_yaml(ROOT / "config" / "plan" / "scales.yaml")["scales"]


@functools.cache
def parameters():
    return read_parameters(ROOT / "config" / "simulation.yaml")


def scores_of(drawn):
    return scoring.survey_scores(
        drawn.survey,
        drawn.spells,
        SCALES,
        DEFINITIONS,
        min_answered=0.8,
        drop_straightliners=True,
        min_seconds=None,
    )[0]


@functools.cache
def tables():
    drawn = draw(parameters(), 2)
    chains, task_years = task_tables(drawn)
    scores = scores_of(drawn)
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


# ------------------------------------------------------------ what the demonstration does not have (H24, H26)


def years_of(drawn, own):
    """Unit-years with what the year was like, from a draw; signatures as the raw exports have them."""
    detail = drawn.detail
    units, months = detail.structure.codes.astype(object), np.array(detail.months.names, dtype=object)
    keys = {"unit": np.repeat(units, len(months)), "month": np.tile(months, len(units))}
    read = drawn.indicators.pivot_table(index=["unit_code", "month"], columns="indicator", values="value")
    documents = read["B8_total"].reindex(pd.MultiIndex.from_arrays([*keys.values()])).to_numpy()
    late = (detail.counts.flags["late"] / detail.counts.tasks).ravel()
    monthly = pd.DataFrame(
        keys | {"D8_late": late, "B8_total": documents, "B9_signatures": signatures(drawn, own)}
    )
    career = detail.careers
    staff = {"n": career.headcount.ravel(), "voluntary": career.left.ravel(), "leader": 0.16}
    scores = scores_of(drawn)
    _, task_years = task_tables(drawn)
    years = unit_year_table(drawn.unit_year, task_years, scores, drawn.units)
    frames = [monthly, pd.DataFrame(keys | staff), scores.rename(columns={"unit_code": "unit"})]
    years = with_year_means(years, *(AnalysisTable(frame, None, len(frame)) for frame in frames))
    return derive(years, PLAN["variables"]["unit_years"])


def signatures(drawn, own):
    """Signatures per document by unit and month, read from the exported registers of documents."""
    with tempfile.TemporaryDirectory() as folder:
        write_documents(drawn.detail, drawn.unit_year, own, Path(folder), Streams(drawn.detail.seed))
        province = load_province("demo", ROOT, [ROOT / "config" / "provinces"])
        read = ingest_table("documents", folder, province, ROOT / "config" / "plan", SCHEMA, drawn.units)
    rows = read.canonical.to_pandas().groupby(["unit_code", "month"])[["n_docs", "n_sign"]].sum()
    return (rows["n_sign"] / rows["n_docs"]).to_numpy()


def changed(**groups):
    own = merge(parameters(), groups)
    return years_of(draw(own, 5), own)


def fitted(name, table):
    spec = spec_of(PLAN, name)
    return engine.fit_model(spec, table, PLAN["categories"], Settings(bootstrap=0)).set_index("term")


@pytest.mark.slow
def test_what_a_year_brings_upon_the_next_is_found():
    """Points per SD over the SD of the outcome."""
    table = changed(unit_year={"outcome_after": {"late": -1.5, "outflow": -1.0}})
    rows, spread = fitted("H24_outcome", table), table.frame["outcome_next"].std()
    for term, points in (("late_z", -1.5), ("outflow_z", -1.0)):
        row = rows.loc[term]
        assert abs(row["estimate"] - points / spread) < 3 * row["std_error"] and row["p_value"] < 0.01


@pytest.mark.slow
def test_burnout_of_a_year_is_found_in_the_outcomes_of_the_next():
    """Where late tasks are no sign of it; the mean of some thirty answers tells less than all of a unit's burnout."""
    table = changed(
        window=["2022-07", "2026-06"],
        survey={"waves": ["2023-11", "2024-11"]},
        tasks={"late": {"burnout": 0.0}},
        unit_year={"outcome_after": {"burnout": -3.0}},
    )
    row = fitted("H24_burnout", table).loc["burnout_z"]
    assert row["p_value"] < 0.001 and row["estimate"] < 0


@pytest.mark.slow
def test_signatures_after_cases_are_found():
    """Of ln(1 + x) an effect on ln x shows as x / (1 + x)."""
    table = changed(documents={"signs_after": {"own": 0.15, "elsewhere": 0.3}})
    rows, signs = fitted("H26_signatures", table), np.expm1(table.frame["ln_signs"])
    share = (signs / (1 + signs)).mean()
    for term, effect in (("n_accountability", 0.15), ("cases_elsewhere", 0.3)):
        assert rows.loc[term, "estimate"] == pytest.approx(effect * share, rel=0.05)
        assert rows.loc[term, "p_value"] < 0.001
