"""One sentence for the first departure of a settings file from workflow/schemas/config.schema.yaml.

What a value must look like where type and bounds do not say it stands in the schema under ``form``: the code of its
words in config/plan/messages.csv.
"""

from jsonschema import Draft202012Validator

from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import all_of, did_you_mean, nearest, one_of

_TYPES = {
    "string": "a_text",
    "number": "a_number",
    "integer": "a_whole_number",
    "boolean": "true_or_false",
    "array": "a_list",
    "object": "a_group",
    "null": "nothing",
}
_BOUNDS = {
    "minimum": "at_least",
    "exclusiveMinimum": "above",
    "maximum": "at_most",
    "exclusiveMaximum": "below",
}
_LENGTHS = {"minItems": "too_few_entries", "minProperties": "too_few_entries", "maxItems": "too_many_entries"}


def check_schema(settings, schema: dict, name: str) -> None:
    """Raise :class:`ConfigError` with one sentence for the first departure of ``settings`` from ``schema``."""
    if not isinstance(settings, dict):
        raise ConfigError("no_settings", file=name)
    errors = sorted(
        Draft202012Validator(schema).iter_errors(settings), key=lambda e: list(map(str, e.absolute_path))
    )
    if not errors:
        return
    error = next((e for e in errors if e.validator == "additionalProperties"), errors[0])
    unknown = error.validator == "additionalProperties"
    raise ConfigError(
        "in_file", file=name, what=_unknown_key(error, schema) if unknown else _wrong_value(error)
    )


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
    """Reason for a key that the schema does not have at this level."""
    here = list(error.schema.get("properties", {}))
    wrong = next(key for key in error.instance if key not in here)
    prefix = f"{_dotted(error.absolute_path)}." if error.absolute_path else ""
    everywhere = dict(_all_keys(schema))
    if moved := error.schema.get("moved", {}).get(wrong):
        return Reason("key_moved", key=wrong, to=moved)
    if close := nearest(wrong, here):
        advice = Reason("did_you_mean", name=prefix + close)
    elif close := nearest(wrong, list(everywhere)):
        advice = Reason("did_you_mean", name=everywhere[close])
    else:
        advice = Reason("valid_here", names=here)
    return Reason("unknown_key", key=f"{prefix}{wrong}", advice=advice)


def _shown(value):
    if isinstance(value, dict):
        return Reason("a_group")
    if isinstance(value, list):
        return Reason("a_list" if value else "an_empty_list")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return Reason("quoted", text=str(value))


def _bounds(schema):
    """``between 0 and 1``, ``at least 2``, ``above 0.5 and below 1``."""
    if {"minimum", "maximum"} <= set(schema):
        return Reason("between", low=schema["minimum"], high=schema["maximum"])
    return all_of([Reason(code, bound=schema[key]) for key, code in _BOUNDS.items() if key in schema])


def _wrong_value(error):
    """Reason for a value of the wrong type, outside its range or not in its list."""
    value, wanted, rule = error.instance, error.validator_value, error.validator
    key = _dotted(error.absolute_path)
    key = Reason("quoted", text=key) if key else Reason("the_file")
    shown = _shown(value)
    if rule == "enum":
        return Reason("cannot_be", key=key, shown=shown, advice=did_you_mean(value, wanted))
    if rule == "oneOf" and "form" not in error.schema:
        names = [Reason("quoted", text=choice["required"][0]) for choice in wanted]
        return Reason("needs_either", key=key, names=one_of(names))
    if rule == "required":
        return Reason("lacks_key", key=key, missing=next(name for name in wanted if name not in value))
    if error.absolute_path and error.absolute_path[-1] == "url_env":
        # someone may have written the address itself, password and all
        return Reason("must_be", key=key, form=Reason(error.schema["form"]), shown=Reason("the_address"))
    if rule == "uniqueItems":
        return Reason("stands_twice", key=key)
    if "form" in error.schema:
        return Reason("must_be", key=key, form=Reason(error.schema["form"]), shown=shown)
    if rule == "anyOf":
        form = next((c.schema["form"] for c in error.context if "form" in c.schema), "another_type")
        return Reason("must_be", key=key, form=Reason(form), shown=shown)
    if rule == "type":
        types = wanted if isinstance(wanted, list) else [wanted]
        return Reason("must_be", key=key, form=one_of([Reason(_TYPES[t]) for t in types]), shown=shown)
    if rule in _BOUNDS:
        return Reason("must_lie", key=key, bounds=_bounds(error.schema), shown=shown)
    if rule in _LENGTHS:
        entries = Reason("one_entry") if wanted == 1 else Reason("n_entries", n=wanted)
        return Reason(_LENGTHS[rule], key=key, entries=entries, found=len(value))
    return Reason("not_allowed", key=key, rule=rule)
