"""One province opened once, and what every scenario is asked of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core import logs
from jianfu.core.errors import NotEstimable
from jianfu.core.reasons import Reason
from jianfu.models.prediction import Predictor, on_samples, predictor, with_clusters_left_out
from jianfu.models.reasons import because
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.scenarios import evaluation, people
from jianfu.scenarios.burden import Burden, burden, completed
from jianfu.scenarios.edits import Rows
from jianfu.scenarios.effects import (
    DRAWS,
    RANKS,
    SLOPE,
    Models,
    changes,
    frame_of,
    scenario_rows,
    support_row,
    terms_present,
)
from jianfu.scenarios.plan import Scenario

MODELS = ("projection", "further", "personal", "slopes")  # groups of models in config/plan/scenarios.yaml


@dataclass(frozen=True)
class Opened:
    """rows: the canonical tables; frame: unit_months; stored: long indicators of the ``plan`` rows, members of the
    indices and those that are only told; before: the burden as it was; models: that project; personal: models of traits
    by outcome; slopes: (model, table) by outcome; units: county_code, county_name, city_name and heads by unit;
    categories: as of the models; seed: of all draws."""

    rows: Rows
    frame: pd.DataFrame
    stored: pd.DataFrame
    plan: pd.DataFrame
    before: Burden
    models: Models
    personal: Mapping[str, Predictor]
    slopes: Mapping[str, tuple[ModelSpec, AnalysisTable]]
    units: pd.DataFrame
    categories: Mapping
    seed: int


def specs_of(plan: Mapping, tiers: pd.DataFrame, anchors: Mapping) -> dict[str, dict[str, ModelSpec]]:
    """{group of :data:`MODELS`: {outcome: model}}, without terms of indices that the province lacks.

    tiers: index, common and used ('' = none); anchors: stored ones, whose exposures may have none.
    """
    absent = {name for name in (*tiers["index"], *tiers["common"]) if name} - set(tiers["used"])
    absent |= {name for name, entry in anchors["exposures"].items() if entry["dropped"]}
    return {
        group: {
            outcome: ModelSpec.of(entry | {"terms": terms_present(entry["terms"], absent)})
            for outcome, entry in plan[group].items()
        }
        for group in MODELS
    }


def fitted(
    specs: Mapping[str, ModelSpec],
    tables: Mapping[str, AnalysisTable],
    categories: Mapping,
    *,
    samples_seed: int | None = None,
) -> tuple[dict[str, Predictor], dict[str, Reason]]:
    """The models of ``specs`` by outcome, and why the others have no estimate.

    samples_seed: of the samples of clusters on which every model is fitted anew; None = not.
    """
    found, lacking = {}, {}
    for name, spec in specs.items():
        try:
            model = predictor(spec, tables[spec.data], categories)
            found[name] = (
                with_clusters_left_out(model)
                if samples_seed is None
                else on_samples(model, DRAWS, samples_seed)
            )
        except NotEstimable as error:
            lacking[name] = error.reason
    return found, lacking


def changed(opened: Opened, scenario: Scenario) -> tuple[Burden, pd.DataFrame]:
    """The burden that the edits of ``scenario`` would have made, and the long indicators behind it."""
    edited = completed(opened.rows.indicators(scenario, opened.plan), opened.stored)
    return burden(edited, opened.frame, opened.before.spec, opened.before.anchors), edited


def ask(opened: Opened, scenario: Scenario) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of effects (:data:`effects.COLUMNS`), and of :data:`evaluation.COLUMNS` where units are ranked anew."""
    none = pd.DataFrame(columns=evaluation.COLUMNS).astype(evaluation.KINDS)
    lacking = opened.rows.lacking(scenario)
    if lacking:
        return _only(scenario, [], because("lacks_columns", columns=lacking)), none
    if scenario.edits:
        try:
            after, edited = changed(opened, scenario)
        except NotEstimable as error:
            return _only(scenario, [], error.reason), none
        told = changes(opened.stored, edited, opened.before, opened.frame)
        return scenario_rows(
            scenario.id, opened.before, after, opened.models, opened.frame, opened.seed, told=told
        ), none
    if scenario.caps:
        return _capped(opened, scenario), none
    rows, ranks = [], none
    if scenario.ranks:
        ranks, whole = evaluation.rank_changes(opened.rows.con, scenario, opened.units, opened.seed)
        rows.append((RANKS, "all", *whole))
    for outcome in scenario.slopes:
        spec, table = opened.slopes[outcome]
        found = evaluation.slopes(spec, table, opened.categories, opened.seed, by_group=table.persons)
        rows += [(f"{SLOPE}_{outcome}", *row) for row in found]
    return _only(scenario, rows, because("descriptive")), ranks


def answers(opened: Opened, scenarios: Iterable[Scenario]) -> dict[str, pd.DataFrame]:
    """What :func:`ask` says of every scenario: tables ``scenario_effects`` and ``evaluation_ranks``."""
    found = []
    for scenario in scenarios:
        logs.passing("asking_scenario", name=scenario.id)
        found.append(ask(opened, scenario))
    kept = ([part for part in parts if len(part)] or parts[:1] for parts in zip(*found, strict=True))
    tables = (pd.concat(parts, ignore_index=True) for parts in kept)
    return dict(zip(("scenario_effects", "evaluation_ranks"), tables, strict=True))


def _capped(opened, scenario):
    rows = [
        (outcome, *row)
        for outcome, found in opened.personal.items()
        for row in people.capped(found, _used(opened, found), scenario.caps, opened.seed)
    ]
    return _only(scenario, rows, None if rows else because("no_personal_model"))


def _used(opened, found):
    table = opened.models.tables[found.model.spec.data]
    return table.frame[found.model.sample.rows].reset_index(drop=True)


def _only(scenario: Scenario, rows: Iterable[tuple], why: Reason | None) -> pd.DataFrame:
    """Rows of a scenario that changes no burden, and ``why`` nothing (else) is projected."""
    support = support_row(np.nan, 0, [why] if why else [])
    return frame_of(scenario.id, [*((*row, []) for row in rows), support])
