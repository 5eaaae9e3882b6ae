"""What wordings lead to: a canonical value of their column, or a known wording of one (增员 for in)."""

from jianfu.core.errors import ConfigError
from jianfu.core.spelling import nearest, suggestion, valid
from jianfu.core.wording import normal_wording

# Columns to which wordings never apply: numbers of persons become pseudonyms, names of units are looked up as units.
WITHOUT_WORDINGS = ("person", "input")


def check_wordings(entries, columns, names, place):
    """Raise :class:`ConfigError` where ``values`` name no column or lead to no value of it.

    entries    {column: {wording: target}}; besides columns, ``boolean`` and the scales of the survey are permitted
    columns    {column: declaration} of the table, or of all tables
    names      as from :func:`jianfu.province.names.plan_names`, with the scale ranges of the province
    place      start of the sentence: file and key, with an open quote
    """
    scales = {column["scale"]: column for column in columns.values() if column["type"] == "item"}
    permitted = {name: column for name, column in columns.items() if column["type"] not in WITHOUT_WORDINGS}
    permitted = {**permitted, **scales, "boolean": {"type": "boolean"}}
    for name, wordings in entries.items():
        if name not in permitted:
            raise ConfigError(
                f"{place}' has wordings for '{name}', which is no column that has wordings; "
                f"{suggestion(name, list(permitted))}"
            )
        column = permitted[name]
        for wording, target in wordings.items():
            advice = _objection(target, name, column, names)
            if advice:
                raise ConfigError(f"{place}.{name}' leads '{wording}' to '{_written(target)}', {advice}")


def check_fixed(source, values, columns, names, place):
    """Fixed categories must be values of their column, or wordings that lead to one."""
    for name, value in source.get("fixed", {}).items():
        column = columns[name]
        if column["type"] not in ("category", "boolean"):
            continue
        own = {**values.get(name, {}), **source.get("values", {}).get(name, {})}
        if column["type"] == "boolean":
            own |= {**values.get("boolean", {}), **source.get("values", {}).get("boolean", {})}
        if normal_wording(str(value)) in {normal_wording(str(wording)) for wording in own}:
            continue
        advice = _objection(value, name, column, names)
        if advice:
            raise ConfigError(f"{place}.fixed' sets {name} to '{_written(value)}', {advice}")


def _written(value):
    """A value as it stands in YAML."""
    return str(value).lower() if isinstance(value, bool) else value


def _objection(target, name, column, names):
    """End of the sentence that says why ``target`` cannot be a value of ``column``; None where it can."""
    known = names["wordings"].get(name, {})
    if column["type"] == "category":
        canonical = column["values"]
        if normal_wording(str(target)) in {normal_wording(value) for value in canonical} | set(known):
            return None
        close = nearest(target, [*canonical, *known])
        advice = f"did you mean '{close}'?" if close else f"{valid(canonical)}."
        return f"which is no value of {name}; {advice}"
    if column["type"] == "boolean":
        if isinstance(target, bool) or normal_wording(str(target)) in known | names["wordings"]["boolean"]:
            return None
        return "which is neither yes nor no; valid are true, false."
    if column["type"] == "item":
        low, high = names["scales"][column["scale"]]
        if isinstance(target, (int, float)) and not isinstance(target, bool) and low <= target <= high:
            return None
        return f"which is no code of {column['scale']}; valid are numbers from {low:g} to {high:g}."
    return None
