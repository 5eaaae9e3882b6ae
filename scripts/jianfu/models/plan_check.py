"""The plan as a province overlays it, checked before any job: whatever a row names must be there.

Each check ends in one sentence that names the province file, the row and the nearest valid name.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean
from jianfu.core.tables import MEASURED, OWN
from jianfu.exits.definitions import definitions_of
from jianfu.indicators.evaluation import check_expressions
from jianfu.indicators.plan import checked, source_of
from jianfu.indices.roles import ROLES
from jianfu.indices.specification import members_of
from jianfu.ingest.scale_keys import chosen
from jianfu.ingest.schema import tables_of
from jianfu.models.diagram import circle, diagram_of, edges_of
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.own_tables import check_entry
from jianfu.models.spec import ALL
from jianfu.models.tables.catalogue import columns_of_tables, levels_of
from jianfu.models.term import names_of

SIGNS = ("+", "-", ">=", "0", "=")
FAMILIES = ("confirmatory", "exploratory")
MODEL_ROLES = ("primary", "robustness", "placebo", "negative_control", "pooled", "diagnostic")
MODEL_WORDS = ("hypothesis", "role", "label_zh", "label_en")  # keys that no estimator looks at
# keys of a check (config/plan/checks.yaml)
CHANGES = (
    "role",
    "data",
    "estimators",
    "needs",
    "exposures",
    "set",
    "replace",
    "mirror",
    "controls",
    "drop_effects",
    "report",
)
SCALE_KEYS = ("items", "range", "reversed", "subscales", "weights", "min_answered")
MADE = ("_indirect", "_direct", "_total", "_pure", "_a")  # what estimators add to the name of a term


def check_plan(settings: Mapping, content: Callable[[str], object], schema: str | Path, file: str) -> None:
    """Raise :class:`ConfigError` for the first row of a province's plan that cannot be.

    settings: of the province; content: function from the name of a file of the plan to its content with the overlay;
    schema: path of workflow/schemas/canonical.yaml; file: the province file.
    """
    overlay, survey = settings["plan"], settings["survey"]
    scales = chosen(content("scales.yaml"), survey["keys"], survey["ranges"])
    canonical = tables_of(schema, scales, settings["sources"])
    exits, plan = content("exits.yaml"), content("models.yaml")
    definitions_of(exits, file)
    indicators = checked(pd.DataFrame(content("indicators.csv")), file)
    _check_indicators(indicators[indicators["code"].isin(overlay.get("indicators", {}))], canonical, file)
    members = _members(content("indices.csv"), indicators, file)
    for row in content("index_roles.csv"):
        _one_of(row["index"], members["index"].unique(), file, "plan.index_roles")
        _one_of(row["role"], ROLES, file, f"plan.index_roles.{row['index']}")
    for name, scale in scales.items():
        _check_scale(scale, f"plan.scales.{name}", file)
    tables = columns_of_tables(
        plan,
        exits,
        indicators["code"],
        members["index"].unique(),
        scales,
        canonical,
    )
    _check_models(plan, tables, file)
    _check_variables(plan["variables"], tables, exits["cohorts"], file)
    _check_hypotheses(content("hypotheses.csv"), plan, overlay.get("hypotheses", {}), file)
    _check_diagrams(content("diagrams.yaml"), content("hypotheses.csv"), plan, overlay, file)
    for check in content("checks.yaml")["checks"]:
        _check_check(check, tables, f"plan.checks.{check['name']}", file)
    names = [model["name"] for model in plan["models"]]
    for table, columns in content("tables.yaml").items():
        for name in columns if table in overlay.get("tables", {}) else ():
            _one_of(name, names, file, f"plan.tables.{table}")


def _check_indicators(rows, canonical, file):
    """Own and changed indicators: their source, the columns they need, and whether the expression can be evaluated."""
    for row in rows.itertuples():
        key = f"plan.indicators.{row.code}"
        table = source_of(row.source)[0]
        _one_of(table, canonical, file, f"{key}.source")
        for column in [
            need for text in (row.needs, row.optional) for need in re.split(r"[ |]", text) if need
        ]:
            owner, _, name = column.rpartition(".")
            _one_of(name, canonical[owner or table].columns, file, f"{key}.needs")
    if len(rows):
        empty = {name: table.arrow_schema().empty_table() for name, table in canonical.items()}
        measured = {name: empty[name] for name in empty if name in MEASURED or name.startswith(OWN)}
        try:
            check_expressions(rows.reset_index(drop=True), measured)
        except ConfigError as error:
            raise ConfigError("in_file", file=file, what=error.reason) from None


def _one_of(value, known, file, key):
    """``value`` must be one of the ``known`` names."""
    known = list(known)
    if value not in known:
        advice = did_you_mean(value, known)
        raise ConfigError("plan_name_unknown", file=file, key=key, name=str(value), advice=advice)


def _members(rows, indicators, file):
    members = pd.DataFrame(rows)
    for row in members.itertuples():
        key = f"plan.indices.{row.index}.{row.indicator}"
        _one_of(row.indicator, indicators["code"], file, key)
        if not pd.to_numeric(row.weight, errors="coerce") > 0:
            raise ConfigError("member_weight", file=file, code=row.indicator)
    return members_of(members.astype({"weight": float}), indicators, file)


def _check_scale(scale, key, file):
    for name in scale:
        _one_of(name, SCALE_KEYS, file, key)
    low, high = scale["range"]
    if low >= high:
        raise ConfigError("lower_code_first", file=file, key=f"{key}.range")
    subscales = scale.get("subscales", {})
    for named, where in [
        (scale.get("reversed") or [], "reversed"),
        *((items, f"subscales.{name}") for name, items in subscales.items()),
    ]:
        for item in named:
            _one_of(item, scale["items"], file, f"{key}.{where}")
    for name in scale.get("weights", {}):
        _one_of(name, subscales, file, f"{key}.weights")


def _check_models(plan, tables, file):
    for entry in plan["models"]:
        key = f"plan.models.{entry['name']}"
        place = Reason("plan_row", file=file, key=key)
        _one_of(entry["estimator"], ESTIMATORS, file, f"{key}.estimator")
        _one_of(entry["data"], tables, file, f"{key}.data")
        _one_of(entry.get("role", "robustness"), MODEL_ROLES, file, f"{key}.role")
        own = {name: value for name, value in entry.items() if name not in MODEL_WORDS}
        columns = tables[entry["data"]]
        check_entry(own, columns, place, levels_of(plan, columns))


def _check_variables(variables, tables, cohorts, file):
    for table, declared in variables.items():
        _one_of(table, tables, file, "plan.variables")
        for name, definition in declared.items():
            for value in definition["values"] if definition.get("among") == "cohort" else ():
                _one_of(value, cohorts, file, f"plan.variables.{table}.{name}.values")
            for source in definition.values():
                if isinstance(source, str) and source not in ("year", "month"):
                    _one_of(source, tables[table], file, f"plan.variables.{table}.{name}")


def _check_hypotheses(rows, plan, own, file):
    models = {model["name"]: model for model in plan["models"]}
    for row in rows:
        key = f"plan.hypotheses.{row['hypothesis']}"
        if row["model"] not in models:  # switched off by the province, or misspelt by it
            _one_of(row["model"], models, file, f"{key}.model")
        if row["hypothesis"] not in own:
            continue
        _one_of(row["predicted_sign"], SIGNS, file, f"{key}.predicted_sign")
        _one_of(row["family"], FAMILIES, file, f"{key}.family")
        if not re.fullmatch(r"\d*\.?\d+", str(row["smallest"])) or float(row["smallest"]) <= 0:
            raise ConfigError("smallest_effect", file=file, key=f"{key}.smallest", value=row["smallest"])
        model = models[row["model"]]
        named = [*model.get("terms", ()), *(r for r in model.get("report", ()) if model["report"] != ALL)]
        if model.get("report") == ALL:
            named += model.get("controls", [])
        known = [*named, *(term + made for term in named for made in MADE)]
        if not ESTIMATORS[model["estimator"]].reports_all and row["term"] not in known:
            _one_of(row["term"], [*named, *names_of(named)], file, f"{key}.term")


def _check_diagrams(diagrams, rows, plan, overlay, file):
    """Every diagram belongs to a hypothesis, runs in no circle, and holds exposure and outcome of its model.

    Diagrams of hypotheses that a province switches off are left behind; those it declares itself must have one.
    """
    lines, models = {}, {model["name"]: model for model in plan["models"]}
    for row in rows:
        lines.setdefault(row["hypothesis"], row)
    for name in overlay.get("diagrams", {}):
        if name in diagrams:
            _one_of(name, lines, file, "plan.diagrams")
    for name, declared in diagrams.items():
        key = f"plan.diagrams.{name}"
        for cause, effects in declared.items():
            if not (isinstance(effects, list) and all(isinstance(effect, str) for effect in effects)):
                raise ConfigError("diagram_effects", file=file, key=f"{key}.{cause}")
        edges = edges_of(declared)
        if found := circle(edges):
            raise ConfigError("diagram_circle", file=file, key=key, nodes=found)
        if name in lines:
            row = lines[name]
            diagram = diagram_of(declared, models[row["model"]], row["term"])
            for node in (diagram.exposure, diagram.outcome):
                _one_of(node, diagram.nodes, file, key)


def _check_check(check, tables, key, file):
    for name in check:
        if name != "name":
            _one_of(name, CHANGES, file, key)
    _one_of(check["role"], MODEL_ROLES, file, f"{key}.role")
    for estimator in [*check.get("estimators", ()), check.get("set", {}).get("estimator", "ols")]:
        if "{" not in estimator:
            _one_of(estimator, ESTIMATORS, file, f"{key}.estimators")
    for table in check.get("data", ()):
        _one_of(table, tables, file, f"{key}.data")
    everywhere = {column for columns in tables.values() for column in columns}
    for control in check.get("controls", ()):
        _one_of(control, everywhere, file, f"{key}.controls")
