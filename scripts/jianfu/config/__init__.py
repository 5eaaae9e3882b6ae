"""Settings: the default, one overlay per province, and checks that end in one sentence.

A province file is merged over ``config/default.yaml`` key by key (lists and single values replace) and checked
against ``workflow/schemas/config.schema.yaml`` at every level before any job starts.
"""

import csv
import difflib
import os
from datetime import date
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from jianfu.errors import ConfigError

REQUIRED_SOURCES = ("units", "tasks", "app_activity", "roster")
SPELL_SOURCES = ("roster", "ledger")
COMMAND_KEYS = ("provinces", "provinces_dir")
# Settings in which provinces may differ without departing from the common plan.
PROVINCE_KEYS = (
    "province",
    "language",
    "data",
    "sources",
    "values",
    "simulate",
    "calendar",
    "figures",
    "report",
)


class _Loader(yaml.SafeLoader):
    """Safe YAML that keeps dates as text and refuses a key written twice."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path):
    """Content of a YAML file; raises :class:`ConfigError` with file and line where it cannot be read."""
    name = display(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError:
        raise ConfigError(
            f"{name}: the file cannot be opened; check the name and that you may read it."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: the file is not UTF-8 text; save it again with encoding UTF-8.") from None
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        problem = getattr(error, "problem", None) or "it is not valid YAML"
        raise ConfigError(f"{name}{line}: {problem}; check indentation, colons and quotes there.") from None


def display(path):
    """A path as a user would write it: relative where it lies inside the working directory."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def merge(base, overlay):
    """Overlay merged over base: dictionaries key by key, everything else replaced. Neither is changed."""
    if not (isinstance(base, dict) and isinstance(overlay, dict)):
        return overlay
    merged = dict(base)
    for key, value in overlay.items():
        merged[key] = merge(base[key], value) if key in base else value
    return merged


def nearest(word, candidates, cutoff=0.6):
    """The candidate closest in spelling to ``word``, or None where none reaches the similarity ``cutoff``."""
    lowered = [str(candidate).lower() for candidate in candidates]
    found = difflib.get_close_matches(str(word).lower(), lowered, n=1, cutoff=cutoff)
    return next((c for c in candidates if found and str(c).lower() == found[0]), None)


def suggestion(word, candidates):
    """``did you mean 'x'?`` for the nearest candidate, else the list of the valid ones."""
    close = nearest(word, candidates, cutoff=0.4)
    return f"did you mean '{close}'?" if close else f"valid are {', '.join(map(str, candidates))}."


def _all_keys(schema, prefix=""):
    """Every key of the schema with its full dotted name, as pairs (key, full name)."""
    for key, child in schema.get("properties", {}).items():
        yield key, f"{prefix}{key}"
        yield from _all_keys(child, f"{prefix}{key}.")


def _dotted(path):
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _unknown_key(error, schema):
    """Sentence for a key that the schema does not have at this level."""
    valid = list(error.schema.get("properties", {}))
    wrong = next(key for key in error.instance if key not in valid)
    prefix = _dotted(error.absolute_path)
    full = f"{prefix}.{wrong}" if prefix else str(wrong)
    close = nearest(wrong, valid)
    if close:
        return (
            f"unknown key '{full}'; did you mean '{prefix}.{close}'?"
            if prefix
            else f"unknown key '{full}'; did you mean '{close}'?"
        )
    everywhere = dict(_all_keys(schema))
    close = nearest(wrong, list(everywhere))
    if close:
        return f"unknown key '{full}'; did you mean '{everywhere[close]}'?"
    return f"unknown key '{full}'; valid here are {', '.join(valid)}."


_TYPE_NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of keys",
    "null": "null",
}


def _wrong_value(error):
    """Sentence for a value of the wrong type, outside its range or not in its list."""
    key, value = _dotted(error.absolute_path) or "the file", error.instance
    shown = (
        "a group of keys"
        if isinstance(value, dict)
        else "a list"
        if isinstance(value, list)
        else f"'{value}'"
    )
    if error.validator == "enum":
        return f"'{key}' cannot be {shown}; {suggestion(value, error.validator_value)}"
    if error.validator == "oneOf":
        names = " or ".join(f"'{choice['required'][0]}'" for choice in error.validator_value)
        return f"'{key}' needs either {names}, and not both."
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in value)
        return f"'{key}' lacks the key '{missing}'; add it."
    if key.endswith(".url_env"):
        # someone may have written the address itself, password and all
        return f"'{key}' must be {error.schema['description']}, not the address itself."
    if "description" in error.schema:
        return f"'{key}' must be {error.schema['description']}, not {shown}."
    if error.validator == "anyOf":
        wanted = next((c.schema["description"] for c in error.context if "description" in c.schema), None)
        return f"'{key}' must be {wanted or 'of another type'}, not {shown}."
    if error.validator == "type":
        types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        return f"'{key}' must be {' or '.join(_TYPE_NAMES[t] for t in types)}, not {shown}."
    return f"'{key}' is not allowed: {error.message}."


def check_schema(settings, schema, name):
    """Raise :class:`ConfigError` with one sentence for the first departure of ``settings`` from ``schema``."""
    if not isinstance(settings, dict):
        raise ConfigError(f"{name}: the file must hold keys and values such as 'language: zh'.")
    errors = sorted(
        Draft202012Validator(schema).iter_errors(settings), key=lambda e: list(map(str, e.absolute_path))
    )
    if not errors:
        return
    error = next((e for e in errors if e.validator == "additionalProperties"), errors[0])
    sentence = (
        _unknown_key(error, schema) if error.validator == "additionalProperties" else _wrong_value(error)
    )
    raise ConfigError(f"{name}: {sentence}")


def _column(path, column):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(dict.fromkeys(row[column] for row in csv.DictReader(file)))


def plan_names(root):
    """Names that settings may refer to: a dict with indicators, indices, models, scales and columns by table."""
    plan, schemas = Path(root) / "config" / "plan", Path(root) / "workflow" / "schemas"
    declared = read_yaml(schemas / "canonical.yaml")
    canonical = declared["tables"] | declared["sources"]
    items = [
        item
        for scale in read_yaml(plan / "scales.yaml")["scales"].values()
        for item in scale.get("items", [])
    ]
    columns = {table: [*entry["columns"], *entry.get("inputs", [])] for table, entry in canonical.items()}
    columns["survey"] = columns.get("survey", []) + items
    return {
        "indicators": _column(plan / "indicators.csv", "code"),
        "indices": _column(plan / "indices.csv", "index"),
        "models": [model["name"] for model in read_yaml(plan / "models.yaml")["models"]],
        "scales": list(read_yaml(plan / "scales.yaml")["scales"]),
        "columns": columns,
    }


def check_names(settings, names, file):
    """Every model, indicator, index, scale and column named in ``settings`` must exist in the plan."""

    def check(value, kind, key):
        if value not in names[kind]:
            raise ConfigError(
                f"{file}: '{key}' names the {kind_word[kind]} '{value}', which does not exist; "
                f"{suggestion(value, names[kind])}"
            )

    kind_word = {"indicators": "indicator", "indices": "index", "models": "model", "scales": "scale"}
    for row, entry in enumerate(settings["weights"], start=1):
        check(entry["index"], "indices", f"weights[{row}].index")
        check(entry["indicator"], "indicators", f"weights[{row}].indicator")
    for model in settings["models"] if isinstance(settings["models"], list) else []:
        check(model, "models", "models")
    for scale in settings["survey"]["ranges"]:
        check(scale, "scales", "survey.ranges")
    for row, source in enumerate(settings["sources"], start=1):
        valid = names["columns"].get(source["table"])
        for heading, column in source.get("columns", {}).items():
            if valid is not None and column not in valid:
                raise ConfigError(
                    f"{file}: 'sources[{row}].columns' maps '{heading}' to '{column}', which is no column of "
                    f"{source['table']}; {suggestion(column, valid)}"
                )


def check_fields(settings, file):
    """Rules that span several keys; raises :class:`ConfigError`."""
    data, exposure = settings["data"], settings["exposure"]
    if data["window"] is None:
        raise ConfigError(
            f'{file}: \'data.window\' is missing; give the first and last month, e.g. ["2024-01", "2025-06"].'
        )
    for key, window in (
        ("data.window", data["window"]),
        ("indices.reference_window", settings["indices"]["reference_window"]),
    ):
        if window and window[0] > window[1]:
            raise ConfigError(f"{file}: '{key}' ends ({window[1]}) before it begins ({window[0]}).")
    reference = settings["indices"]["reference_window"]
    if reference and not (data["window"][0] <= reference[0] and reference[1] <= data["window"][1]):
        raise ConfigError(f"{file}: 'indices.reference_window' must lie inside 'data.window'.")
    if exposure["lags"][0] > exposure["lags"][1]:
        raise ConfigError(f"{file}: 'exposure.lags' must name the nearer month first, e.g. [1, 3].")
    if exposure["min_months"] > exposure["lags"][1] - exposure["lags"][0] + 1:
        raise ConfigError(
            f"{file}: 'exposure.min_months' is larger than the number of months in 'exposure.lags'."
        )
    if exposure["survey_min_months"] > exposure["survey_months"]:
        raise ConfigError(f"{file}: 'exposure.survey_min_months' is larger than 'exposure.survey_months'.")
    if data["extraction_date"]:
        try:
            date.fromisoformat(data["extraction_date"])
        except ValueError:
            raise ConfigError(
                f"{file}: 'data.extraction_date' is not a day of the calendar; write it as YYYY-MM-DD."
            ) from None
    in_folder = any("files" in s or "file" in s.get("database", {}) for s in settings["sources"])
    if settings["simulate"] is None and data["folder"] is None and in_folder:
        raise ConfigError(f"{file}: 'data.folder' is missing; name the folder that holds the raw exports.")
    if settings["simulate"] is not None and not settings["province"]["synthetic"]:
        raise ConfigError(f"{file}: a simulated province must say 'province: {{synthetic: true}}'.")
    named = {source["table"] for source in settings["sources"]}
    missing = [table for table in REQUIRED_SOURCES if table not in named]
    if missing:
        raise ConfigError(f"{file}: 'sources' has no entry for {', '.join(missing)}; name the files of each.")


def _resolve_paths(settings, folder, file):
    """Paths in a province file are relative to that file; returns settings with paths from the working directory."""

    def resolve(value, key):
        path = Path(folder, value)
        if not path.exists():
            raise ConfigError(
                f"{file}: '{key}' names '{value}', which does not exist (looked in {display(folder)})."
            )
        return display(path.resolve())

    settings = merge(settings, {})
    if settings["data"]["folder"] and not settings["simulate"]:
        settings = merge(settings, {"data": {"folder": resolve(settings["data"]["folder"], "data.folder")}})
    if settings["calendar"]["holidays"]:
        settings = merge(
            settings,
            {"calendar": {"holidays": resolve(settings["calendar"]["holidays"], "calendar.holidays")}},
        )
    if settings["simulate"]:
        parameters = resolve(settings["simulate"]["parameters"], "simulate.parameters")
        settings = merge(
            settings, {"simulate": {"seed": settings["simulate"].get("seed", 1), "parameters": parameters}}
        )
    return settings


def province_file(slug, folders):
    """Path of ``<slug>.yaml`` in the first of ``folders`` that has it; one sentence with the nearest name if none."""
    for folder in folders:
        path = Path(folder) / f"{slug}.yaml"
        if path.is_file():
            return path
    existing = sorted({path.stem for folder in folders for path in Path(folder).glob("*.yaml")})
    where = " or ".join(display(folder) for folder in folders)
    raise ConfigError(f"There is no province file '{slug}.yaml' in {where}; {suggestion(slug, existing)}")


def load_province(slug, root, folders):
    """Resolved settings of one province (dict with the keys of config/default.yaml)."""
    schema = read_yaml(Path(root) / "workflow" / "schemas" / "config.schema.yaml")
    default_path = Path(root) / "config" / "default.yaml"
    default = read_yaml(default_path)
    check_schema(default, schema, display(default_path))
    path = province_file(slug, folders)
    file = display(path)
    overlay = read_yaml(path)
    check_schema(overlay, schema, file)
    settings = merge(default, overlay)
    check_fields(settings, file)
    check_names(settings, plan_names(root), file)
    return _resolve_paths(settings, path.resolve().parent, file)


def load_command(command, root):
    """Settings of every province named on the command line: ``{slug: settings}``.

    ``command`` is Snakemake's ``--config``: ``provinces`` (a name, or several with commas; default demo) and
    ``provinces_dir`` (a further folder with province files, searched first).
    """
    for key in command:
        if key not in COMMAND_KEYS:
            raise ConfigError(f"--config: unknown key '{key}'; {suggestion(key, COMMAND_KEYS)}")
    slugs = [slug.strip() for slug in str(command.get("provinces", "demo")).split(",") if slug.strip()]
    folders = [command["provinces_dir"]] if command.get("provinces_dir") else []
    for folder in folders:
        if not Path(folder).is_dir():
            raise ConfigError(f"--config provinces_dir: the folder '{folder}' does not exist.")
    for slug in slugs:
        if not slug.replace("-", "").replace("_", "").isalnum() or not slug.isascii():
            raise ConfigError(
                f"--config provinces: '{slug}' is no valid name; use letters, digits, - and _ only."
            )
    return {
        slug: load_province(slug, root, [*folders, Path(root) / "config" / "provinces"]) for slug in slugs
    }


def deviations(settings, default):
    """Settings that depart from the common plan: list of (key, common value, this province's value)."""
    rows = []

    def compare(common, own, key):
        if isinstance(common, dict) and isinstance(own, dict) and common:
            for name in own:
                compare(common.get(name), own[name], f"{key}.{name}")
        elif common != own:
            rows.append((key, common, own))

    for name in default:
        if name not in PROVINCE_KEYS:
            compare(default[name], settings[name], name)
    return rows
