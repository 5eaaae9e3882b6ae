"""One sentence for the first departure of a settings file from workflow/schemas/config.schema.yaml."""

from jsonschema import Draft202012Validator

from jianfu.core.errors import ConfigError
from jianfu.core.spelling import nearest, suggestion, valid

_TYPE_NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of keys",
    "null": "null",
}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_LENGTHS = ("minItems", "maxItems")
FUZZY_LENGTH = 3  # a word of two letters resembles every other


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
    here = list(error.schema.get("properties", {}))
    wrong = next(key for key in error.instance if key not in here)
    prefix = _dotted(error.absolute_path)
    full = f"{prefix}.{wrong}" if prefix else str(wrong)
    close = nearest(wrong, here)
    if close:
        return f"unknown key '{full}'; did you mean '{prefix + '.' if prefix else ''}{close}'?"
    everywhere = dict(_all_keys(schema))
    close = nearest(wrong, list(everywhere))
    if close:
        return f"unknown key '{full}'; did you mean '{everywhere[close]}'?"
    return f"unknown key '{full}'; valid here are {', '.join(here)}."


def _shown(value):
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"'{value}'"


def _bounds(schema):
    """``between 0 and 1``, ``at least 2``, ``above 0.5 and below 1``."""
    if {"minimum", "maximum"} <= set(schema):
        return f"between {schema['minimum']} and {schema['maximum']}"
    return " and ".join(f"{words} {schema[key]}" for key, words in _BOUNDS.items() if key in schema)


def _wrong_value(error):
    """Sentence for a value of the wrong type, outside its range or not in its list."""
    key, value, wanted = _dotted(error.absolute_path) or "the file", error.instance, error.validator_value
    shown = _shown(value)
    if error.validator == "enum":
        fuzzy = max(len(str(word)) for word in wanted) >= FUZZY_LENGTH
        return f"'{key}' cannot be {shown}; {suggestion(value, wanted) if fuzzy else valid(wanted) + '.'}"
    if error.validator == "oneOf":
        names = " or ".join(f"'{choice['required'][0]}'" for choice in wanted)
        return f"'{key}' needs either {names}, and not both."
    if error.validator == "required":
        missing = next(name for name in wanted if name not in value)
        return f"'{key}' lacks the key '{missing}'; add it."
    if key.endswith(".url_env"):
        # someone may have written the address itself, password and all
        return f"'{key}' must be {error.schema['description']}, not the address itself."
    if "description" in error.schema:
        return f"'{key}' must be {error.schema['description']}, not {shown}."
    if error.validator == "anyOf":
        words = next((c.schema["description"] for c in error.context if "description" in c.schema), None)
        return f"'{key}' must be {words or 'of another type'}, not {shown}."
    if error.validator == "type":
        types = wanted if isinstance(wanted, list) else [wanted]
        return f"'{key}' must be {' or '.join(_TYPE_NAMES[t] for t in types)}, not {shown}."
    if error.validator in _BOUNDS:
        return f"'{key}' must be {_bounds(error.schema)}, not {shown}."
    if error.validator in _LENGTHS:
        words = "at least" if error.validator == "minItems" else "at most"
        noun = "entry" if wanted == 1 else "entries"
        return f"'{key}' must have {words} {wanted} {noun}, not {len(value)}."
    return f"'{key}' is not allowed: {error.message}."
