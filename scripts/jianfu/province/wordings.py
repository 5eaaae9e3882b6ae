"""What wordings lead to: a canonical value of their column, or a known wording of one (增员 for in)."""

from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean, nearest, valid_are
from jianfu.core.wording import normal_wording

# Columns to which wordings never apply: numbers of persons become pseudonyms, names of units are looked up as units;
# an input that the dictionary has wordings for (the state of a task) is a category.
WITHOUT_WORDINGS = ("person", "input")


def check_wordings(entries: dict, columns: dict, names: dict, *, file: str, key: str) -> None:
    """Raise :class:`ConfigError` where ``values`` name no column or lead to no value of it.

    entries    {column: {wording: target}}; besides columns, ``boolean`` and the scales of the survey are permitted
    columns    {column: declaration} of the table, or of all tables
    names      as from :func:`jianfu.province.names.plan_names`, with the scale ranges of the province
    file, key  where the entries stand
    """
    scales = {column["scale"]: column for column in columns.values() if column["type"] == "item"}
    permitted = {
        name: column
        for name, column in columns.items()
        if column["type"] not in WITHOUT_WORDINGS or name in names["wordings"]
    }
    permitted = {**permitted, **scales, "boolean": {"type": "boolean"}}
    for name, wordings in entries.items():
        if name not in permitted:
            advice = did_you_mean(name, list(permitted))
            raise ConfigError("no_column_with_wordings", file=file, key=key, name=name, advice=advice)
        column = permitted[name]
        for wording, target in wordings.items():
            objection = _objection(target, name, column, names)
            if objection:
                raise ConfigError(
                    "wording_leads_nowhere",
                    file=file,
                    key=f"{key}.{name}",
                    wording=str(wording),
                    value=_written(target),
                    why=objection,
                )


def check_given(
    given: dict, source: dict, values: dict, columns: dict, names: dict, *, file: str, key: str
) -> None:
    """Categories that ``given`` {column: value} sets must be values of their column, or wordings that lead to one."""
    for name, value in given.items():
        column = columns[name]
        if column["type"] not in ("category", "boolean"):
            continue
        own = {**values.get(name, {}), **source.get("values", {}).get(name, {})}
        if column["type"] == "boolean":
            own |= {**values.get("boolean", {}), **source.get("values", {}).get("boolean", {})}
        if normal_wording(str(value)) in {normal_wording(str(wording)) for wording in own}:
            continue
        objection = _objection(value, name, column, names)
        if objection:
            raise ConfigError(
                "fixed_is_no_value", file=file, key=key, name=name, value=_written(value), why=objection
            )


def _written(value):
    """A value as it stands in YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _objection(target, name, column, names):
    """Why ``target`` cannot be a value of ``column``, as a :class:`Reason`; None where it can."""
    known = names["wordings"].get(name, {})
    if column["type"] in ("category", "input"):  # an input with wordings: the state of a task
        canonical = column.get("values") or sorted(set(known.values()))
        if normal_wording(str(target)) in {normal_wording(value) for value in canonical} | set(known):
            return None
        close = nearest(target, [*canonical, *known])
        advice = Reason("did_you_mean", name=close) if close else valid_are(canonical)
        return Reason("is_no_value", name=name, advice=advice)
    if column["type"] == "boolean":
        if isinstance(target, bool) or normal_wording(str(target)) in known | names["wordings"]["boolean"]:
            return None
        return Reason("is_neither_yes_nor_no")
    if column["type"] == "item":
        low, high = names["scales"][column["scale"]]
        if isinstance(target, (int, float)) and not isinstance(target, bool) and low <= target <= high:
            return None
        return Reason("is_no_code", scale=column["scale"], low=low, high=high)
    return None
