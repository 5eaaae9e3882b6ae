"""Estimates of simulated provinces, with their targets, through the code that real provinces use."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.reasons import read_reasons
from jianfu.exits import cells
from jianfu.exits.person_months import person_months
from jianfu.indicators import unit_months
from jianfu.indices.construction import build_exposures, fit_anchors
from jianfu.indices.specification import index_spec
from jianfu.models import engine, verdicts
from jianfu.models.checks.derived import derive
from jianfu.models.checks.exposures import elsewhere, survey_leads
from jianfu.models.estimates import CHECK
from jianfu.models.estimators import common
from jianfu.models.spec import ALL
from jianfu.models.tables.outcomes import hazard_table, survey_table
from jianfu.models.tables.table import AnalysisTable, exposure_at
from jianfu.models.tables.unit_years import WAVE, wave_table, with_last_wave
from jianfu.province.reference import reference_window
from jianfu.simulate.draw import draw
from jianfu.simulate.measures import long_indicators
from jianfu.study import targets
from jianfu.study.design import parameters_of, scenario_of, seed_of
from jianfu.study.targets import TRUE
from jianfu.survey import scoring

COLUMNS = [
    "hypothesis",
    "model",
    "role",
    "term",
    "scale",
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "p_value",
]
# Parts of a mediation that nobody asks of a simulation.
DECOMPOSED = (
    "_direct_total",
    "_controlled_direct",
    "_indirect_pure",
    "_proportion",
    "_reference",
    "_mediated",
    "_ratio",
)
AHEAD = 3  # months over which a unit-wave averages indicators, of which the study has none
HIDDEN = {"p_voluntary": "p_observed"}  # probabilities without what is hidden, in the place of the true ones


def sources(drawn):
    """The tables of a draw from which the analysis starts, as ingestion and build_indicators give them."""
    logged = drawn.unit_months
    return {
        "units": drawn.units,
        "spells": drawn.spells,
        "survey": drawn.survey,
        "indicators": drawn.indicators,
        "tasks_months": logged.loc[logged["tasks_logged"], ["unit_code", "month"]],
        "app_months": logged.loc[logged["app_logged"], ["unit_code", "month"]],
    }


def true_sources(drawn, members):
    """The same as nobody sees it: the indicators ``members`` before anything was lost or drifted."""
    detail, own = drawn.detail, sources(drawn)
    values = {code: detail.measures[code] for code in members if code in detail.measures}
    logged = pd.DataFrame(
        {
            "unit_code": np.repeat(detail.structure.codes.astype(object), len(detail.months)),
            "month": np.tile(np.array(detail.months.names, dtype=object), len(detail.structure.codes)),
        }
    )[detail.counts.logged.ravel()]
    indicators = long_indicators(values, detail.structure, detail.months)
    return own | {"indicators": indicators, "tasks_months": logged.reset_index(drop=True)}


def measured(tables, setup):
    """Unit-months of a province from :func:`sources`, and how ``setup`` makes indices and exposures of them."""
    settings = setup.settings
    window, own = tuple(settings["data"]["window"]), settings["indices"]
    frame = unit_months.build_unit_months(
        tables["units"],
        tables["spells"],
        tables["tasks_months"],
        tables["app_months"],
        window,
        setup.calendar,
    )
    reference = reference_window(window, own)
    return frame, index_spec(setup.members, reference, settings=own, exposure=settings["exposure"])


def analysis_tables(tables, setup, truth=None):
    """Analysis tables {name of data: table} that the models of ``setup`` need, of a province from :func:`sources`.

    With ``truth`` (a draw) expected outcomes stand beside the observed ones, and OD in the hazard table is the exposure
    that acted.
    """
    needed = {spec.data for spec in setup.specs}
    frame, spec = measured(tables, setup)
    anchors = fit_anchors(tables["indicators"], frame, spec)
    exposures = build_exposures(tables["indicators"], frame, spec, anchors)
    if setup.checks:
        exposures = pd.concat(
            [exposures, elsewhere(exposures, frame), survey_leads(exposures)], ignore_index=True
        )
    found = {}
    of_wave = [
        name.removesuffix(WAVE)
        for spec in setup.specs
        for name in (*spec.terms, spec.mediator)
        if WAVE in name
    ]
    if "survey_scores" in needed or of_wave:
        found["survey_scores"] = _survey(tables, setup, exposures, truth)
    if "hazard_cells" in needed:
        found["hazard_cells"] = _hazards(tables, setup, exposures, truth)
    if of_wave:
        waves = _waves(found["survey_scores"], frame)
        hazards = with_last_wave(found["hazard_cells"], waves, [*of_wave, *(name + TRUE for name in of_wave)])
        named = {name + TRUE + WAVE: name + WAVE + TRUE for name in of_wave}
        found["hazard_cells"] = replace(hazards, frame=hazards.frame.rename(columns=named))
    return found


def _survey(tables, setup, exposures, truth):
    survey = setup.settings["survey"]
    scores, flow = scoring.survey_scores(
        tables["survey"],
        tables["spells"],
        scoring.with_ranges(setup.scales, survey["ranges"]),
        setup.definitions,
        min_answered=survey["min_answered"],
        drop_straightliners=survey["drop_straightliners"],
        min_seconds=survey["min_seconds"],
    )
    if truth is not None:
        scores = targets.expected_scores(scores, truth.survey_truth)
    return survey_table(scores, flow, exposures, tables["units"])


def _hazards(tables, setup, exposures, truth):
    window = tuple(setup.settings["data"]["window"])
    months, flow = person_months(tables["spells"], window, setup.definitions)
    if truth is None:
        return hazard_table(cells.hazard_cells(months), flow, exposures, tables["units"])
    known = truth.person_months.assign(**{name: truth.person_months[own] for name, own in HIDDEN.items()})
    table = hazard_table(targets.expected_cells(months, known), flow, exposures, tables["units"])
    rows = truth.exposure.assign(exposure="OD")
    acting = exposure_at(table.frame["unit"], table.frame["month"], rows, "OD")
    measured = table.of(["OD"])
    known = measured["OD"].notna() if "OD" in measured else False
    return replace(table, frame=table.frame.assign(OD=np.where(known, acting, np.nan)))


def _waves(survey, unit_months):
    """Unit-waves of the survey: means of the scores, and of the expected ones where they stand there."""
    months = unit_months[["unit_code", "month"]].rename(columns={"unit_code": "unit"})
    order = {month: k for k, month in enumerate(sorted(months["month"].astype(str).unique()))}
    months = months.assign(month=months["month"].astype(str), time=months["month"].astype(str).map(order))
    return wave_table(survey, AnalysisTable(months, None, len(months)), AHEAD)


def estimates(tables, setup):
    """Estimates of the models of ``setup`` and of the falsification tests beside the primary ones.

    Column ``result``: of a hypothesis its verdict, of a falsification test what it says, both by p-values that are not
    adjusted (:mod:`jianfu.models.verdicts`).
    """
    alpha = 1 - setup.settings["inference"]["confidence"]
    inference = common.Settings(1 - alpha, bootstrap=0)
    specs = [replace(spec, report=None) if spec.report == ALL else spec for spec in setup.specs]
    rows = _read(engine.fit_models(specs, tables, setup.categories, inference, ""))
    rows = rows[~rows["term"].str.endswith(DECOMPOSED)]
    lines = {(line.model, line.term): line for line in setup.hypotheses.itertuples()}
    results, tested = [], {}
    for row in rows.to_dict("records"):
        line = lines.get((row["model"], row["term"]))
        sign, smallest = (verdicts.sign_of(line.predicted_sign), float(line.smallest)) if line else ("", 0)
        results.append(verdicts.verdict(row, sign, smallest, alpha).code if line else "")
        for check, term in verdicts.falsifications(row["term"]).values() if row["role"] == "primary" else ():
            tested[(f"{row['model']}{CHECK}{check}", term)] = row
    derived = [
        derive(check, spec, tables[spec.data])
        for spec in specs
        if spec.role == "primary"
        for check in setup.checks
    ]
    bells = [replace(spec, report=None) for spec in derived if spec]
    parts = [rows.assign(result=results)]
    if bells:
        rung = _read(engine.fit_models(bells, tables, setup.categories, inference, ""))
        keys = list(zip(rung["model"], rung["term"], strict=True))
        rung = rung[[key in tested for key in keys]]
        said = [
            verdicts.judged(row, tested[(row["model"], row["term"])], alpha)
            for row in rung.to_dict("records")
        ]
        parts.append(rung.assign(result=said))
    return pd.concat(parts, ignore_index=True)[[*COLUMNS, "result"]]


def _read(rows):
    """Rows of estimates with their reasons as objects."""
    return rows.assign(reasons=rows["reasons"].map(read_reasons))


def with_targets(rows, tables, setup):
    """Column ``target``: what each model gives on the exposure that acts and on expected outcomes (``tables``)."""
    inference = common.Settings(setup.settings["inference"]["confidence"], bootstrap=0)
    truth = targets.targets(setup.specs, tables, {}, setup.categories, inference)
    own = truth.set_index(["model", "term"])["target"]
    return rows.assign(target=[own.get((row.model, row.term), np.nan) for row in rows.itertuples()])


def one_draw(setup, seed, with_target):
    """Rows of one simulated province: those of :func:`estimates` and ``target`` (NaN unless ``with_target``; zero where
    a falsification test should find nothing)."""
    needed = set(setup.members["indicator"])
    drawn = draw(setup.parameters, seed, identities=False, indicators=needed)
    rows = estimates(analysis_tables(sources(drawn), setup), setup).assign(target=np.nan)
    if with_target:
        truth = setup.of(checks=[])
        rows = with_targets(rows, analysis_tables(true_sources(drawn, needed), truth, drawn), truth)
    rows["target"] = rows["target"].mask(rows["model"].str.contains(CHECK, regex=False), 0.0)
    return rows.assign(seed=seed)


def chunk_draws(setup, design, chunk):
    """Rows of all draws of a :class:`~jianfu.study.design.Chunk`, in their order, with the scenario.

    The first draws of a scenario have targets (none under the truth ``null``, where they are zero) and falsification
    tests.
    """
    scenario = scenario_of(design, chunk.scenario)
    own = setup.of(parameters=parameters_of(setup.parameters, design, scenario))
    plain, tested = own.only(scenario["fits"]), own.only(scenario["fits"], design["bells"])
    null = scenario["truth"] == "null"
    parts = []
    for number in range(chunk.first, chunk.first + chunk.n):
        fitted = tested if number < design["bell_draws"] else plain
        targeted = number < design["target_draws"] and not null
        rows = one_draw(fitted, seed_of(design, chunk.scenario, number), targeted)
        parts.append(rows.assign(target=0.0) if null else rows)
    result = pd.concat(parts, ignore_index=True)
    result.insert(0, "scenario", chunk.scenario)
    return result
