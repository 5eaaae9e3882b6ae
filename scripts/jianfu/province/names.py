"""Every name in the settings must exist: models, indicators, scales, columns, and what wordings lead to."""

import csv
from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.core.errors import ConfigError
from jianfu.core.spelling import nearest, suggestion
from jianfu.core.wording import normal_wording
from jianfu.province.wordings import check_fixed, check_wordings

KINDS = {"indicators": "indicator", "indices": "index", "models": "model", "scales": "scale"}
NUMBERS = ("count", "number")


def plan_names(root):
    """Names that settings may refer to.

    A dict with lists ``indicators``, ``indices`` and ``models``; ``scales`` {scale: [lowest, highest code]};
    ``keys`` {variant of a scoring key: (its scale, [lowest, highest code])};
    ``tables`` {raw table: {column: its declaration}}, where the type ``input`` marks columns that are read but not
    stored; and ``wordings`` {column: {normal wording: canonical value}}.
    """
    plan, schemas = Path(root) / "config" / "plan", Path(root) / "workflow" / "schemas"
    declared, scale_plan = read_yaml(schemas / "canonical.yaml"), read_yaml(plan / "scales.yaml")
    scales, variants = scale_plan["scales"], scale_plan["variants"]
    tables = {}
    for table, entry in (declared["tables"] | declared["sources"]).items():
        columns = {name: column for name, column in entry["columns"].items() if not column.get("derived")}
        tables[table] = columns | {name: {"type": "input"} for name in entry.get("inputs", [])}
    for scale, entry in [*((entry["scale"], entry) for entry in variants.values()), *scales.items()]:
        tables["survey"] |= {item: {"type": "item", "scale": scale} for item in entry["items"]}
    wordings = {}
    for row in _rows(plan / "values.csv"):
        value = row["value"] == "true" if row["column"] == "boolean" else row["value"]
        wordings.setdefault(row["column"], {})[normal_wording(row["wording"])] = value
    return {
        "indicators": _column(plan / "indicators.csv", "code"),
        "indices": _column(plan / "indices.csv", "index"),
        "models": [model["name"] for model in read_yaml(plan / "models.yaml")["models"]],
        "scales": {scale: entry["range"] for scale, entry in scales.items()},
        "keys": {name: (entry["scale"], entry["range"]) for name, entry in variants.items()},
        "tables": {name: columns for name, columns in tables.items() if name != "spells"},
        "wordings": wordings,
    }


def _rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _column(path, column):
    return list(dict.fromkeys(row[column] for row in _rows(path)))


def check_names(settings, names, file):
    """Raise :class:`ConfigError` for the first name in ``settings`` that ``names`` (:func:`plan_names`) lacks."""
    for row, entry in enumerate(settings["weights"], start=1):
        _check(entry["index"], "indices", f"weights[{row}].index", names, file)
        _check(entry["indicator"], "indicators", f"weights[{row}].indicator", names, file)
    for key in ("goalposts", "limits"):
        for code in settings["indices"][key]:
            _check(code, "indicators", f"indices.{key}", names, file)
    for row, index in enumerate(settings["sensitivity"]["indices"], start=1):
        _check(index, "indices", f"sensitivity.indices[{row}]", names, file)
    for model in settings["models"] if isinstance(settings["models"], list) else []:
        _check(model, "models", "models", names, file)
    for scale in settings["survey"]["ranges"]:
        _check(scale, "scales", "survey.ranges", names, file)
    ranges = _ranges_of_keys(settings["survey"]["keys"], names, file) | settings["survey"]["ranges"]
    names = {**names, "scales": names["scales"] | ranges}
    everywhere = {name: column for table in names["tables"].values() for name, column in table.items()}
    check_wordings(settings["values"], everywhere, names, f"{file}: 'values")
    for row, source in enumerate(settings["sources"], start=1):
        _check_source(source, settings["values"], names, f"{file}: 'sources[{row}]")


def _ranges_of_keys(keys, names, file):
    """Ranges of the scales for which the province chose another scoring key."""
    for scale, key in keys.items():
        _check(scale, "scales", "survey.keys", names, file)
        fitting = [name for name, (owner, _) in names["keys"].items() if owner == scale]
        if key not in fitting:
            raise ConfigError(
                f"{file}: 'survey.keys.{scale}' names the scoring key '{key}', which config/plan/scales.yaml does not "
                f"have for this scale; {suggestion(key, fitting)}"
            )
    return {scale: names["keys"][key][1] for scale, key in keys.items()}


def _check(value, kind, key, names, file):
    if value not in names[kind]:
        raise ConfigError(
            f"{file}: '{key}' names the {KINDS[kind]} '{value}', which does not exist; "
            f"{suggestion(value, list(names[kind]))}"
        )


def _check_source(source, values, names, place):
    table = source["table"]
    columns = names["tables"][table]
    for heading, column in source.get("columns", {}).items():
        if column not in columns:
            raise ConfigError(
                f"{place}.columns' maps '{heading}' to '{column}', which is no column of {table}; "
                f"{suggestion(column, list(columns))}"
            )
    for key in ("fixed", "fill"):
        for column in source.get(key, {}):
            if column not in columns:
                raise ConfigError(
                    f"{place}.{key}' names '{column}', which is no column of {table}; "
                    f"{suggestion(column, list(columns))}"
                )
    numbers = [name for name, column in columns.items() if column["type"] in NUMBERS]
    for column in source.get("percent", []):
        if column not in numbers:
            close = nearest(column, numbers)
            advice = f"did you mean '{close}'?" if close else f"valid are {', '.join(numbers) or 'none'}."
            raise ConfigError(f"{place}.percent' names '{column}', which is no number of {table}; {advice}")
    check_wordings(source.get("values", {}), columns, names, f"{place}.values")
    check_fixed(source, values, columns, names, place)
