"""The plan as a province overlays it, checked before any job: whatever a row names must be there.

Each check ends in one sentence that names the province file, the row and the nearest valid name.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.months import month_range
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean
from jianfu.core.tables import MEASURED, OWN, own_columns
from jianfu.exits.definitions import UNKNOWN, definitions_of
from jianfu.indicators.evaluation import check_expressions
from jianfu.indicators.plan import SOURCES, checked, source_of
from jianfu.indices.roles import LEADING, ROLES
from jianfu.indices.specification import members_of
from jianfu.ingest.scale_keys import chosen
from jianfu.ingest.schema import tables_of
from jianfu.models.checks.derived import derive
from jianfu.models.diagram import circle, diagram_of, edges_of
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.own_tables import check_entry
from jianfu.models.spec import ALL, ModelSpec, specs_of
from jianfu.models.tables.catalogue import (
    POLICY,
    YES_NO,
    columns_of_tables,
    levels_of,
    word_columns,
    yes_no_columns,
)
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.tables.unit_months import Z
from jianfu.models.tables.variables import ARGUMENTS, OPERATIONS
from jianfu.models.tables.variables import parts_of as parts_of_variable
from jianfu.models.term import names_of, parts_of

SIGNS = ("+", "-", ">=", "0", "=")
FAMILIES = ("confirmatory", "exploratory")
MODEL_ROLES = ("primary", "robustness", "placebo", "negative_control", "pooled", "diagnostic")
# those behind figures and tables of their own (burnout by burden, stepwise and by groups, predictions, curve)
DRAWN = ("H1_burnout", "H2_exits", "H3_within_cohorts")
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
# What the words of a name are for begins with, and words of values, which only the data know.
WORDS_OF = ("short", "outcome", "node", "scenario", "beside", "column", "cause", "qr", "source_table")
NODE = "node_"
OPEN_WORDS = "value_"
BESIDE = (
    "name",
    "role",
    "data",
    "estimators",
    "needs",
    "exposures",
)  # those that say beside which models it stands
SCALE_KEYS = ("items", "range", "reversed", "subscales", "weights", "min_answered", "rare")
CHANCES = ("logit", "cloglog")  # estimators, and links of others, whose outcome happens or does not
MADE = ("_indirect", "_direct", "_total", "_pure", "_a")  # what estimators add to the name of a term


def check_plan(
    settings: Mapping,
    content: Callable[[str], object],
    common: Callable[[str], object],
    schema: str | Path,
    file: str,
) -> None:
    """Raise :class:`ConfigError` for the first row of a province's plan that cannot be.

    settings: of the province; content: function from the name of a file of the plan to its content with the overlay,
    common: to that without it; schema: path of workflow/schemas/canonical.yaml; file: the province file.
    """
    overlay, survey = settings["plan"], settings["survey"]
    scales = chosen(content("scales.yaml"), survey["keys"], survey["ranges"])
    canonical = tables_of(schema, scales, settings["sources"])
    exits, plan = content("exits.yaml"), content("models.yaml")
    _check_events(exits, overlay, file)
    definitions_of(exits, file)
    _check_exits(overlay.get("exits", ()), exits["upward"], canonical["spells"].columns, file)
    _check_sources(overlay.get("indicators", {}), canonical, file)
    indicators = checked(pd.DataFrame(content("indicators.csv")), file)
    _check_indicators(indicators[indicators["code"].isin(overlay.get("indicators", {}))], canonical, file)
    for code, index in zip(indicators["code"], indicators["index"], strict=True):
        if index and "index" in (overlay.get("indicators", {}).get(code) or {}):
            known = [row["index"] for row in content("indices.csv")]
            _one_of(index, known, file, f"plan.indicators.{code}.index")
    members = _members(content("indices.csv"), indicators, overlay, file)
    indices = members["index"].unique()
    _check_roles(content("index_roles.csv"), indices, file)
    for name, scale in sorted(scales.items(), key=lambda entry: entry[0] not in overlay.get("scales", {})):
        _check_scale(name, scale, scales, file)
    named = {
        "indicators": [*indicators["code"]],
        "indices": [*indices],
        "scales": scales,
        "events": exits["events"],
    }
    _check_taken(overlay, named, canonical, file)
    without = tables_of(schema, {}, settings["sources"])  # the tables but for the items of scales
    beside = columns_of_tables(plan, exits, indicators["code"], indices, {}, without)["survey_scores"]
    others = {*without["survey"].columns, *beside}.union(*named.values())
    for name in overlay.get("scales", {}):
        for item in scales.get(name, {}).get("items", ()):
            if item in others:
                raise ConfigError("item_taken", file=file, key=f"plan.scales.{name}", item=item)
    tables = columns_of_tables(plan, exits, indicators["code"], indices, scales, canonical)
    hypotheses, diagrams = content("hypotheses.csv"), content("diagrams.yaml")
    kinds = yes_no_columns(plan, exits, canonical), word_columns(plan, canonical)
    values = _values(plan, canonical) | {"month": month_range(*settings["data"]["window"])}
    _check_policies_there(overlay, plan, file)
    _check_models(plan, tables, values, kinds, file)
    _check_variables(plan["variables"], tables, exits["cohorts"], file)
    bare = columns_of_tables(plan | {"variables": {}}, exits, indicators["code"], indices, scales, canonical)
    _check_variables_new(overlay.get("variables", {}), bare, file)
    _check_categories(overlay.get("categories", {}), exits, canonical, tables, file)
    for name, entry in overlay.get("models", {}).items():
        if entry and entry.get("hypothesis"):
            known = {row["hypothesis"] for row in hypotheses}
            _one_of(entry["hypothesis"], known, file, f"plan.models.{name}.hypothesis")
    _check_hypotheses(hypotheses, plan, overlay, file)
    _check_diagrams(diagrams, hypotheses, plan, overlay, file)
    known = {node for edges in common("diagrams.yaml").values() for node in _nodes(edges)}
    known |= {column for columns in tables.values() for column in columns}
    known |= {row["key"].removeprefix(NODE) for row in content("labels.csv") if row["key"].startswith(NODE)}
    _check_nodes(overlay.get("diagrams", {}), known, file)
    checks = content("checks.yaml")["checks"]
    _check_policies(overlay.get("policies", {}), plan, checks, file)
    for check in checks:
        if check["name"] in overlay.get("checks", {}):
            _check_check(check, plan, tables, indices, values, file)
    names = [model["name"] for model in plan["models"]]
    for table, columns in content("tables.yaml").items():
        for name in columns if table in overlay.get("tables", {}) else ():
            _one_of(name, names, file, f"plan.tables.{table}")
    scenarios = [entry["id"] for entry in content("scenarios.yaml")["scenarios"]]
    nodes = {node for edges in diagrams.values() for node in _nodes(edges)}
    words = {*(c for columns in tables.values() for c in columns), *levels_of(plan, plan["categories"])}
    words |= {*nodes, *scenarios, *(check["name"] for check in checks), *canonical}
    words |= {column for table in canonical.values() for column in own_columns(table.columns)}
    _check_labels(overlay.get("labels", {}), common("labels.csv"), words, file)
    _check_items(overlay.get("scales", {}), settings["sources"], file)


def _check_events(exits, overlay, file):
    """Exits are events that there are, also after what the province switches off."""
    named = [("exits", row.get("event")) for row in exits["exits"]]
    for key, event in [*named, *(("nowhere", event) for event in exits["nowhere"])]:
        if event is not None:
            _there(event, exits["events"], overlay, "events", file, f"plan.{key}")


def _check_exits(rows, upward, columns, file):
    """Own exits and what counts as upward: types and destinations that the ledger can hold."""
    for place in upward:
        _one_of(place, columns["destination_level"].values, file, "plan.upward")
    for number, row in enumerate(rows, start=1):
        if not row.keys() & {"exit_type", "destination"}:  # every exit would be this one
            key = Reason("quoted", text=f"plan.exits[{number}]")
            raise ConfigError("in_file", file=file, what=Reason("lacks_key", key=key, missing="exit_type"))
        if "exit_type" in row:
            _one_of(row["exit_type"], columns["exit_type"].values, file, "plan.exits.exit_type")
        for place in row.get("destination", ()):
            _one_of(place, columns["destination_level"].values, file, "plan.exits.destination")


def _check_taken(overlay, named, canonical, file):
    """What is new has a name that nothing else has, as all of these become columns of the same tables.

    named: {table of the overlay: the names in it}.
    """
    columns = {column for table in canonical.values() for column in table.columns}
    for table, own in named.items():
        others = columns.union(*(names for other, names in named.items() if other != table))
        for name in overlay.get(table, {}):
            if name in own and name in others:
                raise ConfigError("plan_name_taken", file=file, key=f"plan.{table}.{name}")


def _check_labels(own, common, words, file):
    """Words belong to a key that the plan has, or to the name of something: `strain`, `outcome_strain`."""
    known = {row["key"] for row in common} | words
    for key, said in own.items():
        if said is False:
            place = Reason("quoted", text=f"plan.labels.{key}")
            what = Reason("must_be", key=place, form=Reason("a_group"), shown="off")
            raise ConfigError("in_file", file=file, what=what)
        about = any(key.startswith(f"{kind}_") and key.removeprefix(f"{kind}_") in words for kind in WORDS_OF)
        if not (key in known or about or key.startswith(OPEN_WORDS)):
            _one_of(
                key, [*known, *(f"{kind}_{name}" for kind in WORDS_OF for name in words)], file, "plan.labels"
            )


def _values(plan, canonical):
    """{column: the values it can have} of the columns that are categories or yes and no."""
    columns = [column for table in canonical.values() for column in table.columns.values()]
    found = dict.fromkeys(YES_NO, (True, False))
    found |= {column.name: (True, False) for column in columns if column.type == "boolean"}
    found |= {column.name: tuple(vars(column)["values"]) for column in columns if column.type == "category"}
    return found | {variable: tuple(levels) for variable, levels in plan["categories"].items()}


def _check_sources(own, canonical, file):
    """Sources of own and changed indicators: those that are measured, and own tables."""
    known = [*SOURCES, *(name for name in canonical if name.startswith(OWN))]
    for code, row in own.items():
        if row and "source" in row:
            _one_of(row["source"], known, file, f"plan.indicators.{code}.source")


def _check_indicators(rows, canonical, file):
    """Own and changed indicators: the columns they need, and whether the expression can be evaluated."""
    for row in rows.itertuples():
        key = f"plan.indicators.{row.code}"
        table = source_of(row.source)[0]
        for column in [
            need for text in (row.needs, row.optional) for need in re.split(r"[ |]", text) if need
        ]:
            owner, _, name = column.rpartition(".")
            _one_of(owner or table, canonical, file, f"{key}.needs")
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
    known = list(dict.fromkeys(known))
    if value not in known:
        advice = did_you_mean(value, known)
        raise ConfigError("plan_name_unknown", file=file, key=key, name=str(value), advice=advice)


def _there(name, known, overlay, table, file, user):
    """``name`` must be one of the ``known`` rows of ``table``, also after what the province switches off there."""
    if name not in [*known] and overlay.get(table, {}).get(name) is False:
        raise ConfigError("plan_row_needed", file=file, key=f"plan.{table}", name=name, user=user)
    _one_of(name, known, file, user)


def _members(rows, indicators, overlay, file):
    members = pd.DataFrame(rows)
    for row in members.itertuples():
        key = f"plan.indices.{row.index}.{row.indicator}"
        _there(row.indicator, indicators["code"], overlay, "indicators", file, key)
        if not pd.to_numeric(row.weight, errors="coerce") > 0:
            raise ConfigError("member_weight", file=file, code=key)
    return members_of(members.astype({"weight": float}), indicators, file)


def _check_roles(rows, indices, file):
    for row in rows:
        _one_of(row["index"], indices, file, "plan.index_roles")
        _one_of(row["role"], ROLES, file, f"plan.index_roles.{row['index']}")
    leading = [row["index"] for row in rows if row["role"] == LEADING]
    if len(leading) != 1:
        raise ConfigError("one_leading", file=file, names=leading or ["—"])


def _check_categories(own, exits, canonical, tables, file):
    """Dummies are of columns, and of values that these have, as far as that is known."""
    columns = canonical["spells"].columns.values()
    levels = {column.name: vars(column)["values"] for column in columns if vars(column)["values"]}
    levels |= {"cohort": exits["cohorts"], "tenure_band": [*exits["tenure_bands"], UNKNOWN]}
    for variable, dummies in own.items():
        _one_of(variable, {name for columns in tables.values() for name in columns}, file, "plan.categories")
        for value, dummy in (dummies or {}).items() if variable in levels else ():
            if dummy:
                _one_of(value, levels[variable], file, f"plan.categories.{variable}")


def _check_scale(name, scale, scales, file):
    key = f"plan.scales.{name}"
    for part in scale:
        _one_of(part, SCALE_KEYS, file, key)
    for other in scales.values():
        if other["range"] != scale["range"] and (shared := {*other["items"]} & {*scale["items"]}):
            raise ConfigError("item_of_two_ranges", file=file, key=key, items=sorted(shared))
    low, high = scale["range"]
    if low >= high:
        raise ConfigError("lower_code_first", file=file, key=f"{key}.range")
    subscales = scale.get("subscales", {})
    for named, where in [
        (scale.get("reversed") or [], "reversed"),
        *((items, f"subscales.{part}") for part, items in subscales.items()),
    ]:
        for item in named:
            _one_of(item, scale["items"], file, f"{key}.{where}")
    for part in scale.get("weights", {}):
        _one_of(part, subscales, file, f"{key}.weights")


def _check_items(own, sources, file):
    """A scale that says its items says where they are asked: without one of them its score would be another."""
    survey = [source.get("columns", {}) for source in sources if source["table"] == "survey"]
    mapped = {column for columns in survey for column in columns.values()}
    for name, scale in own.items():
        for item in (scale or {}).get("items", ()):
            if item not in mapped:
                raise ConfigError("item_unmapped", file=file, key=f"plan.scales.{name}", item=item)


def _check_models(plan, tables, values, kinds, file):
    for name in DRAWN:
        if name not in {entry["name"] for entry in plan["models"]}:
            raise ConfigError("plan_model_drawn", file=file, name=name)
    for entry in plan["models"]:
        key = f"plan.models.{entry['name']}"
        place = Reason("plan_row", file=file, key=key)
        _one_of(entry["estimator"], ESTIMATORS, file, f"{key}.estimator")
        _one_of(entry["data"], tables, file, f"{key}.data")
        _one_of(entry.get("role", "robustness"), MODEL_ROLES, file, f"{key}.role")
        own = {name: value for name, value in entry.items() if name not in MODEL_WORDS}
        columns = tables[entry["data"]]
        check_entry(own, columns, place, levels_of(plan, columns))
        _check_kinds(entry, kinds, plan["categories"], place)
        _check_where(own.get("where", {}), values, file, f"{key}.where")


def _check_where(where, values, file, key):
    for column, wanted in where.items():
        if wanted == []:
            place = Reason("quoted", text=f"{key}.{column}")
            what = Reason("too_few_entries", key=place, entries=Reason("one_entry"), found=0)
            raise ConfigError("in_file", file=file, what=what)
        for value in wanted if isinstance(wanted, list) else [wanted]:
            _one_of(value, values.get(column, (value,)), file, f"{key}.{column}")


def _check_kinds(entry, kinds, categories, place):
    """Words are no numbers; a score, whatever its values, neither happens nor not; nothing explains itself.

    kinds: the columns that are true or false, and those that hold words.
    """
    (yes_no, words), spec, options = kinds, ModelSpec.of(entry), entry.get("options", {})
    estimator, link = ESTIMATORS[spec.estimator], options.get("model", spec.estimator)
    parts = parts_of([*spec.terms, *spec.controls])
    for outcome in spec.outcomes:
        if outcome in words and "outcome" not in estimator.text:
            raise ConfigError("outcome_is_words", place=place, column=outcome)
        if link in CHANCES and "trials" not in options and outcome not in yes_no:
            raise ConfigError("outcome_is_number", place=place, estimator=link, column=outcome)
        for part in parts:
            if part.text.removesuffix(Z) == outcome.removesuffix(Z):
                raise ConfigError("outcome_among_terms", place=place, column=part.text)
    for part in parts:
        if part.column in words and (part.function or part.column not in categories):
            raise ConfigError("term_is_words", place=place, term=part.text, column=part.column)


def _check_policies(own, plan, checks, file):
    """A new group of policies is used by some model, variable or check; else its name is a slip."""
    for name in own:
        if not _uses([plan["models"], plan["variables"], checks], name):
            advice = did_you_mean(name, [*plan["policies"].keys() - {name}])
            raise ConfigError("policies_unused", file=file, name=name, advice=advice)


def _check_policies_there(overlay, plan, file):
    """No model uses a group of policies that the province switches off."""
    for name, said in overlay.get("policies", {}).items():
        for entry in plan["models"] if said is False else ():
            if _uses(entry, name):
                _there(name, plan["policies"], overlay, "policies", file, f"plan.models.{entry['name']}")


def _uses(entries, name):
    """Whether models, variables or checks name a column of this group of policies."""
    return bool({*re.findall(r"\w+", str(entries))} & {name + suffix for suffix in POLICY})


def _check_variables(variables, tables, cohorts, file):
    for table, declared in variables.items():
        _one_of(table, tables, file, "plan.variables")
        for name, definition in declared.items():
            key = f"plan.variables.{table}.{name}"
            for part in definition:
                _one_of(part, [*OPERATIONS, *ARGUMENTS], file, key)
            try:
                parts_of_variable(name, definition)
            except ConfigError as error:
                raise ConfigError("in_file", file=file, what=error.reason) from None
            for value in definition["values"] if definition.get("among") == "cohort" else ():
                _one_of(value, cohorts, file, f"{key}.values")
            for source in definition.values():
                if isinstance(source, str) and source not in ("year", "month"):
                    _one_of(source, tables[table], file, key)


def _check_variables_new(own, columns, file):
    """A variable does not take the place of a column; columns: of the tables without variables."""
    for table, names in own.items():
        for name in names:
            if name in columns[table]:
                raise ConfigError("plan_name_taken", file=file, key=f"plan.variables.{table}.{name}")


def _check_hypotheses(rows, plan, overlay, file):
    models = {model["name"]: model for model in plan["models"]}
    for row in rows:
        key = f"plan.hypotheses.{row['hypothesis']}"
        _there(row["model"], models, overlay, "models", file, f"{key}.model")
        if not (
            row["hypothesis"] in overlay.get("hypotheses", {}) or row["model"] in overlay.get("models", {})
        ):
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


def _nodes(declared):
    """Names of the nodes of a declared diagram, of causes and what they act on."""
    return {node for cause, effects in declared.items() for node in (cause, *(effects or ()))}


def _check_nodes(own, known, file):
    """A node that neither a model nor a common diagram has is something new, which needs a name in words, or a slip."""
    for name, declared in own.items():
        for node in sorted(_nodes(declared) - known if declared else ()):
            advice = did_you_mean(node, sorted(known))
            raise ConfigError(
                "node_without_words", file=file, key=f"plan.diagrams.{name}", name=node, advice=advice
            )


def _check_check(check, plan, tables, indices, values, file):
    """A check names what there is, makes a model that can be fitted of some primary model, and changes something."""
    key = f"plan.checks.{check['name']}"
    for name in check:
        if name != "name":
            _one_of(name, CHANGES, file, key)
    _one_of(check["role"], MODEL_ROLES, file, f"{key}.role")
    everywhere = {column for columns in tables.values() for column in columns}
    for part, known in {
        "estimators": ESTIMATORS,
        "data": tables,
        "controls": everywhere,
        "needs": everywhere,
        "drop_effects": everywhere,
    }.items():
        for name in check.get(part, ()):
            _one_of(name, known, file, f"{key}.{part}")
    made = {}
    for spec in specs_of(plan):
        table = AnalysisTable(
            pd.DataFrame(columns=sorted(tables[spec.data])), None, 0, exposures=dict.fromkeys(indices)
        )
        try:
            derived = derive(check, spec, table) if spec.role == "primary" else None
        except ConfigError as error:
            raise ConfigError("in_file", file=file, what=error.reason) from None
        if derived is not None:
            made[derived.name] = derived != derive(
                {k: v for k, v in check.items() if k in BESIDE}, spec, table
            )
            entry = {name: value for name, value in derived.written().items() if name not in MODEL_WORDS}
            _one_of(derived.estimator, ESTIMATORS, file, f"{key}.set.estimator")
            columns = tables[derived.data]
            check_entry(entry, columns, Reason("plan_row", file=file, key=key), levels_of(plan, columns))
    _check_where(check.get("set", {}).get("where", {}), values, file, f"{key}.set.where")
    if not any(made.values()):
        raise ConfigError("check_changes_nothing" if made else "check_beside_none", file=file, key=key)
