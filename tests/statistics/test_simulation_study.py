"""The simulation study: draws that do not depend on each other, the same through raw files, figures by hand."""

import inspect
import re
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.config.files import read_yaml
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError, DataError
from jianfu.exits.person_months import person_months
from jianfu.models.term import names_of
from jianfu.simulate.draw import draw
from jianfu.study import design, draws, raw, summary, targets

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
PLAN = CONFIG / "plan"
STUDY = read_yaml(PLAN / "simulation_study.yaml")
TINY = {
    "units": {"prefectures": 1, "counties": 2, "towns": 8, "townships": 2, "streets": 2},
    "policies": {"formal_checks": {"early_counties": 0, "early": []}},
}


MANY_EXITS = {"exits": {"yearly": {"70s": 0.08, "80s": 0.10, "90s": 0.20, "00s": 0.15}}}


def setup(small=False):
    names = (
        "models.yaml checks.yaml hypotheses.csv indicators.csv indices.csv tiers.csv scales.yaml exits.yaml"
    )
    files = [PLAN / name for name in names.split()]
    found = design.setup(CONFIG / "simulation.yaml", CONFIG / "default.yaml", *files, small)
    # enough exits for a small province
    return found.of(parameters=merge(found.parameters, MANY_EXITS)) if small else found


def tiny(fits, **changes):
    """The study with few small provinces, each with these models."""
    scenarios = [scenario | {"fits": fits} for scenario in STUDY["scenarios"]]
    return STUDY | {"province": TINY, "target_draws": 1, "bell_draws": 1, "scenarios": scenarios} | changes


def test_every_province_of_the_study_has_its_own_seed():
    seeds = [
        design.seed_of(STUDY, scenario["name"], number)
        for scenario in STUDY["scenarios"]
        for number in range(scenario["draws"])
    ]
    assert len(set(seeds)) == len(seeds)
    assert sum(chunk.n for chunk in design.chunks(STUDY)) == len(seeds)
    assert min(scenario["draws"] for scenario in STUDY["scenarios"]) >= 500
    assert {scenario["world"] for scenario in STUDY["scenarios"]} == set(STUDY["worlds"])
    with pytest.raises(ConfigError, match="no scenario 'other'"):
        design.scenario_of(STUDY, "other")


def test_a_draw_depends_neither_on_the_chunk_nor_on_its_place_in_it():
    study = tiny(["H2_exits"])
    pair = draws.chunk_draws(setup(small=True), study, design.Chunk("strong", 4, 2))
    alone = draws.chunk_draws(setup(small=True), study, design.Chunk("strong", 5, 1))
    second = pair[pair["seed"] == design.seed_of(study, "strong", 5)].reset_index(drop=True)
    pd.testing.assert_frame_equal(second, alone)
    assert pair["target"].isna().all()


def test_draws_without_identities_give_the_estimates_of_draws_with_them():
    own = setup(small=True).only(["H1_burnout", "H2_exits"])
    direct = draws.one_draw(own, 3, False)
    tables = draws.analysis_tables(draws.sources(draw(own.parameters, 3)), own)
    both = summary.compared(direct, draws.estimates(tables, own).assign(seed=3), 1e-9)
    assert both["same"].all() and len(both) == 2


def test_a_province_gives_the_same_estimates_through_raw_files():
    study = tiny(["H2_exits", "H1_burnout"], bell_draws=0)
    own = setup(small=True)
    through = raw.raw_draw(own, study, 0, ROOT)
    direct = draws.chunk_draws(own, study, design.Chunk(study["raw"]["scenario"], 0, 1))
    both = summary.compared(direct, through, study["raw"]["tolerance"])
    assert both["same"].all() and both["estimate"].notna().all() and len(both) == 2


def test_the_null_is_one_for_every_primary_model():
    """Under the truth `null` what the models give on true probabilities and means is zero, with unit pressure too."""
    own = setup()
    scenario = design.scenario_of(STUDY, "null")
    own = own.of(parameters=design.parameters_of(own.parameters, STUDY, scenario)).only(scenario["fits"])
    rows = draws.one_draw(own, 1, True)
    assert np.abs(rows["target"]).max() < 2e-3
    without = design.parameters_of(own.parameters, STUDY, design.scenario_of(STUDY, "null_no_pressure"))
    assert without["exits"]["overload"] == 0 and without["pressure"]["on_exit"] == 0


def test_bells_stand_beside_the_models_and_say_what_they_find():
    study = tiny(["H1_burnout", "H2_exits"])
    rows = draws.chunk_draws(setup(small=True), study, design.Chunk("null_unit_shocks", 0, 1)).set_index(
        "model"
    )
    tests = {name for name in rows.index if name.startswith("H2_exits.")}
    assert tests == {f"H2_exits.{bell}" for bell in STUDY["bells"]}
    assert {"H1_burnout.lead", "H1_burnout.within_between"} <= set(rows.index)
    bells = rows[rows.index.str.contains(".", regex=False)]
    assert set(bells["result"]) <= {"passed", "failed", "weak", "none"} and (bells["target"] == 0).all()
    assert set(rows.loc[["H1_burnout", "H2_exits"], "result"]) <= {
        "supported",
        "inconclusive",
        "negligible",
        "contrary",
    }


@pytest.mark.parametrize("scenario", ["default_lost_logs", "default_decided_earlier"])
def test_targets_know_what_nobody_sees(scenario):
    """The target is the effect of the exposure that acted on everyone, logged or not; the data show less of it."""
    study = tiny(["H2_exits"], province=STUDY["province"], bell_draws=0)
    rows = draws.chunk_draws(setup(), study, design.Chunk(scenario, 0, 1)).set_index("term")
    assert 0.12 < rows.loc["OD", "target"] < 0.30


def test_every_person_month_needs_its_probability():
    small = setup(small=True)
    drawn = draw(small.parameters, 1)
    months, _ = person_months(drawn.spells, tuple(small.parameters["window"]), small.definitions)
    joined = targets.with_probabilities(months, drawn.person_months)
    others = pd.concat(
        [drawn.person_months, *[drawn.person_months.head(20).assign(unit_code="elsewhere")] * 2]
    )
    pd.testing.assert_frame_equal(targets.with_probabilities(months, others), joined)
    assert len(joined) == len(drawn.person_months)
    voluntary = (joined["kind"] == "voluntary").sum()
    assert abs(voluntary - joined["p_voluntary"].sum()) < 5 * np.sqrt(voluntary)
    with pytest.raises(DataError, match="have no probability"):
        targets.with_probabilities(months, drawn.person_months.iloc[:-50])


def rows_of(model, role, estimates, term="OD", scenario="default", target=0.2, p=0.01):
    frame = pd.DataFrame({"estimate": estimates, "std_error": 0.1, "target": target, "p_value": p})
    frame["ci_low"], frame["ci_high"] = frame["estimate"] - 0.2, frame["estimate"] + 0.2
    own = {"hypothesis": "H2", "model": model, "role": role, "term": term, "scenario": scenario, "scale": "s"}
    return frame.assign(**own, result="supported")


def test_summary_by_hand():
    frame = pd.concat(
        [
            rows_of("H2_exits", "primary", [0.1, 0.2, 0.5, 0.3]),
            rows_of("H2_pooled", "pooled", [0.6, 0.6, 0.6, np.nan]),
            rows_of("H3_pooled", "pooled", [0.6, 0.6, 0.6, 0.7], term="OD:cohort_90s"),
        ]
    )
    found = summary.summarise(frame, STUDY, 0.95).set_index("model")
    assert found.loc["H2_exits", ["coverage", "rejected", "tested"]].tolist() == [0.75, 1.0, "power"]
    assert found.loc["H2_exits", "bias"] == pytest.approx(0.075)
    assert found.loc["H2_exits", "bias_mc_error"] == pytest.approx(np.std([-0.1, 0, 0.3, 0.1], ddof=1) / 2)
    assert found.loc["H2_exits", "coverage_mc_error"] == pytest.approx(np.sqrt(0.75 * 0.25 / 4))
    assert found.loc["H2_pooled", ["coverage", "n_failed", "n_draws"]].tolist() == [0, 1, 4]
    assert found["verdict"].str.split(",").str[0].tolist() == ["ok", "biased", "not judged"]


def test_a_figure_fails_only_if_its_whole_interval_lies_outside():
    def verdict(rejections, n=2000):
        p = np.where(np.arange(n) < rejections, 0.01, 0.5)
        # estimates of a distribution that is covered in 95 of 100 draws
        estimates = np.where(np.arange(n) % 20 == 0, 0.3, 0.0) * np.where(np.arange(n) % 40 == 0, 1, -1)
        frame = rows_of("H2_exits", "primary", estimates, scenario="null", target=0.0, p=p)
        table = summary.summarise(frame, STUDY, 0.95)
        return table["verdict"].iloc[0], len(summary.failures(table))

    assert verdict(100) == ("ok", 0)
    assert verdict(150) == ("ok", 0)  # 7.5 %: the interval reaches down to 6.1 %
    assert verdict(170) == ("size outside", 1)
    assert verdict(30) == ("size outside", 1)


def test_the_share_has_the_interval_of_clopper_and_pearson():
    # 5 of 100 at 95 %: 1.64 % to 11.28 % (Clopper and Pearson 1934, as R's binom.test gives)
    value, low, high = summary.share(np.arange(100) < 5, 0.95)
    assert (value, round(low, 4), round(high, 4)) == (0.05, 0.0164, 0.1128)
    assert summary.share(np.zeros(10, dtype=bool), 0.95)[1] == 0.0


def shortened(study, draws, raw):
    """The study with ``draws`` draws per scenario, ``raw`` of them through raw files."""
    scenarios = [scenario | {"draws": draws} for scenario in study["scenarios"]]
    return study | {"scenarios": scenarios, "raw": study["raw"] | {"draws": raw}}


def _chunk(chunk):
    return draws.chunk_draws(setup(), shortened(STUDY, 50, 1), chunk)


@pytest.mark.slow
def test_fifty_provinces_of_every_scenario(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    study = shortened(STUDY | {"chunk": 10}, 50, 1)
    with get_context("spawn").Pool(2) as pool:
        rows = pd.concat(pool.map(_chunk, design.chunks(study), chunksize=1), ignore_index=True)
    table = summary.summarise(rows, study, 0.95)
    wrong = summary.failures(table)
    assert wrong.empty, wrong[["scenario", "model", "term", "verdict"]].to_string()
    judged = table[table["judged"]]
    assert (judged["n_failed"] == 0).all() and (judged["bias_z"].abs() < 5).all()
    again = raw.raw_draw(setup(), study, 0, ROOT)
    direct = rows[(rows["seed"] == again["seed"].iloc[0]) & rows["model"].isin(again["model"])]
    assert summary.compared(direct, again, 1e-6)["same"].all()
    bells = table[table["model"] == "H2_exits.bursts"].set_index("scenario")["rejected"]
    assert bells["null_unit_shocks"] > 0.2 > bells["null"]


def test_chunks_are_those_of_the_rule():
    chunk = design.chunks(STUDY)[1]
    assert replace(chunk, first=0) == design.chunks(STUDY)[0]


def test_rules_hand_over_what_a_setup_is_made_of():
    rules = ROOT / "workflow" / "rules"
    given = set(re.findall(r'^    "(\w+)": ', (rules / "study.smk").read_text(encoding="utf-8"), re.M))
    parameters = inspect.signature(design.setup).parameters.values()
    assert {each.name for each in parameters if each.default is each.empty} <= given
    assert "**(STUDY_INPUTS |" in (rules / "interventions.smk").read_text(encoding="utf-8")


@pytest.mark.slow
def test_no_verdict_of_the_demonstration_contradicts_a_truth_that_its_interval_excludes():
    """Of hypotheses about persons that name exposures alone; a verdict is wrong only where the interval holds the
    truth."""
    own = setup()
    exposures = set(own.members["index"])
    known = {
        spec.name
        for spec in own.specs
        if spec.data in ("hazard_cells", "survey_scores")
        and spec.estimator in ("ols", "cloglog")
        and set(names_of(spec.terms)) <= exposures | {"cohort_90s"}
    }
    own = own.only(known & set(own.hypotheses["model"]))
    needed = set(own.members["indicator"])
    drawn = draw(own.parameters, 1, identities=False, indicators=needed)
    rows = draws.estimates(draws.analysis_tables(draws.sources(drawn), own), own)
    rows = draws.with_targets(rows, draws.analysis_tables(draws.true_sources(drawn, needed), own, drawn), own)
    lines = own.hypotheses.merge(rows.dropna(subset="target"), on=["model", "term"])
    assert {"H1_burnout", "H2_exits", "H3_within_cohorts", "H17_meaning"} <= set(lines["model"])
    sign = np.where(lines["predicted_sign"] == "+", 1, -1)
    truth, smallest = lines["target"] * sign, lines["smallest"].astype(float)
    wrong = ((lines["result"] == "supported") & (truth <= 0)) | (
        (lines["result"] == "contrary") & (truth >= 0)
    )
    wrong |= (lines["result"] == "negligible") & (truth.abs() > smallest)
    excluded = (lines["target"] < lines["ci_low"]) | (lines["target"] > lines["ci_high"])
    assert not lines[wrong & excluded][["model", "term", "result", "estimate", "target"]].to_dict("records")
