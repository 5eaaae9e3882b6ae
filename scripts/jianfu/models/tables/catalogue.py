"""The columns that the analysis tables can have, known before any data are read: what a declared model may name.

A province lacks those whose source it does not have; the models that name them say so when they are fitted.
"""

from collections.abc import Iterable, Mapping

from jianfu.core.tables import own_columns
from jianfu.exits import cells
from jianfu.indices.exposures import ARRIVAL, CALM, ELSEWHERE, LEAD, Exposure
from jianfu.ingest.schema import Table
from jianfu.models.checks.exposures import LOGGING
from jianfu.models.tables.lags import ARRIVED
from jianfu.models.tables.staying import STAYING
from jianfu.models.tables.table import LOGGED_TRAITS, NAMES, TRAITS
from jianfu.models.tables.unit_months import SAME_MONTH, Z
from jianfu.models.tables.unit_years import HOURS, SAMPLING, WAVE
from jianfu.survey.scoring import ROSTER_COLUMNS

LAGS = range(1, 25)  # single months before the month at risk
TIME = ("time", "year", "calendar_month")
PANEL = ("headcount", "establishment", "workdays", "rest_days", "tasks_logged", "app_logged")
POLICY = ("", "_start", "_since", "_early", "_national", "_national_since")
YES_NO = (
    "lock",
    "aged50",
    "within_35",
    "resolved",
    "tasks_logged",
    "app_logged",
)  # columns that are true or false
UNIT_YEAR = ("year", "months", "n_tasks", "n_artefacts", "n_hours", "tasks_month", "artefacts_month")
WORDS = ("text", "category", "code", "unit", "person")  # types of canonical columns that are no numbers
CHAIN = ("level", "step", "ln_target", "ln_artefacts", "ln_ratio", "ln_time")


def columns_of_tables(
    plan: Mapping,
    exits: Mapping,
    indicators: Iterable[str],
    indices: Iterable[str],
    scales: Mapping,
    canonical: Mapping[str, Table],
) -> dict[str, set[str]]:
    """{analysis table: its columns}, with the variables that the plan declares.

    plan: content of models.yaml, exits: of exits.yaml; indicators, indices: codes; scales: {scale: scoring key};
    canonical: the canonical tables, with the province's own columns.
    """
    indicators, indices = list(indicators), [*indices, LOGGING["index"]]
    traits = {name for trait in TRAITS for name in ([f"ln_{trait}"] if trait in LOGGED_TRAITS else [trait])}
    unit = {NAMES.get(name, name) for name in ("unit_code", *traits)}
    exposures = {Exposure(index=i, variant=v).term for i in indices for v in ("", LEAD, CALM, ELSEWHERE)}
    measured = {*indicators, *(code + Z for code in indicators), *(index + SAME_MONTH for index in indices)}
    scores = {*scales, *(sub for key in scales.values() for sub in key.get("subscales", ()))}
    items = {item for key in scales.values() for item in key["items"]}
    answers = scores | {score + Z for score in scores} | items | {*HOURS, "rank_years", "weight", "silent"}
    monthly = {*TIME, *PANEL, *(group + suffix for group in plan["policies"] for suffix in POLICY)} | measured
    events = {"n", "resolved", "voluntary", *exits["events"]}
    roster, unit = (
        set(own_columns(canonical["spells"].columns)),
        unit | set(own_columns(canonical["units"].columns)),
    )
    persons = roster | {"person", "wave", "fieldwork_month", "cohort", "sex", "tenure_band", *ROSTER_COLUMNS}
    lasting = {ARRIVED, *(Exposure(index=index, variant=ARRIVAL).term for index in indices)}
    lagged = {Exposure(index=index, lag=lag).name for index in indices for lag in LAGS}
    last_wave = {"wave", *(name + WAVE for name in answers | exposures)}

    def keys(names):
        return {NAMES.get(name, name) for name in names}

    tables = {
        "hazard_cells": keys(cells.KEYS) | events | exposures | lagged | last_wave,
        "hazard_details": keys(cells.DETAILS) | events | exposures,
        "hazard_own": keys(cells.DETAILS) | events | exposures | roster,
        "tenure_cells": keys(cells.TENURE) | events | exposures | lasting,
        "exits": keys(cells.DETAILS) | {"person", "cause", "upward"} | exposures,
        "survey_scores": persons
        | answers
        | exposures
        | lagged
        | {code + Z for code in indicators}
        | {*plan["policies"], STAYING, "tenure_months"}
        | lasting,
        "unit_months": monthly | exposures | {"month"},
        "exit_months": monthly | exposures | events | {"month"},
        "unit_waves": monthly | exposures | lagged | answers | {"wave", "fieldwork_month", "n_answers"},
        "unit_years": {
            *canonical["unit_year"].columns,
            *UNIT_YEAR,
            *(f"ln_{name}" for name in HOURS),
            *SAMPLING,
            *("n_answers", "outflow", "ln_signs"),
        }
        - {"unit_code"}
        | monthly
        | exposures
        | lagged
        | answers,
        "chains": {"month", *CHAIN},
    }
    declared = plan["variables"]
    return {name: found | unit | set(declared.get(name, ())) for name, found in tables.items()}


def yes_no_columns(plan: Mapping, exits: Mapping, canonical: Mapping[str, Table]) -> set[str]:
    """Columns of analysis tables that are true or false, or count of how many that it was."""
    declared = [(name, entry) for table in plan["variables"].values() for name, entry in table.items()]
    truths = {
        column.name
        for table in canonical.values()
        for column in table.columns.values()
        if column.type == "boolean"
    }
    made = {name for name, entry in declared if entry.keys() & {"among", "contains", "lacks"}}
    levels = {dummy for own in plan["categories"].values() for dummy in own.values()}
    return {"voluntary", "upward", *YES_NO, *exits["events"], *plan["policies"]} | truths | made | levels


def word_columns(plan: Mapping, canonical: Mapping[str, Table]) -> set[str]:
    """Columns of analysis tables that hold words or codes: what a model takes as a category or not at all."""
    columns = [column for table in canonical.values() for column in table.columns.values()]
    words = {column.name for column in columns if column.type in WORDS} - {
        column.name for column in columns if column.type not in WORDS
    }
    return {NAMES.get(name, name) for name in words} | {"cause", *plan["categories"]}


def levels_of(plan: Mapping, columns: Iterable[str]) -> set[str]:
    """Dummies of the categorical variables among ``columns`` (``cohort_90s``), as models name them."""
    own = [levels for variable, levels in plan["categories"].items() if variable in columns]
    return {dummy for levels in own for dummy in levels.values()}
