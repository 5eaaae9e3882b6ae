"""Parameters of the simulated province (config/simulation.yaml)."""

from jianfu.config.files import display, read_yaml
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean

BYTES_OF_TASK = 270  # of a row of the task log in its file


def read_parameters(path, small: bool = False, pattern=None) -> dict:
    """All parameters as a nested dictionary; ``small`` merges the overlay for tests over the full-size ones.

    ``pattern`` is a complete parameter file (config/simulation.yaml): a file of one's own must have its keys, with
    values of the same kind. Raises :class:`ConfigError` with one sentence that names file and key.
    """
    name = display(path)
    parameters = read_yaml(path)
    overlay = parameters.pop("small", {})
    model = read_yaml(pattern) if pattern else parameters
    _check(parameters, {key: value for key, value in model.items() if key != "small"}, name, complete=True)
    _check(overlay, parameters, name, complete=False, place="small.")
    if small:
        parameters = merge(parameters, overlay)
    return parameters


def expected_bytes(parameters: dict, table: str | None = None) -> int:
    """About how large the raw files of a canonical ``table`` will be, or of all: by unit-months and tasks, as measured
    on the demonstration province."""
    units, (first, last) = parameters["units"], parameters["window"]
    months = (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:]) + 1
    unit_months = (units["towns"] + units["townships"] + units["streets"]) * months
    of = {
        "tasks": BYTES_OF_TASK * parameters["tasks"]["mean"] + 900,
        "app_activity": 2000,
        "app_days": 1200,
        "documents": 170,
    }
    of |= {"spells": 250, "survey": 250}  # bytes for a unit-month
    return round(unit_months * (sum(of.values()) if table is None else of.get(table, 10)))


def _check(own, model, name, complete, place=""):
    """Raise where ``own`` has a key that ``model`` lacks, lacks one (if ``complete``), or has another kind of value."""
    for key, value in own.items():
        if key not in model:
            unknown = Reason("unknown_key", key=f"{place}{key}", advice=did_you_mean(key, list(model)))
            raise ConfigError("in_file", file=name, what=unknown)
        if _kind(value) != _kind(model[key]):
            named = Reason("quoted", text=f"{place}{key}")
            wrong = Reason("must_be", key=named, form=_kind(model[key]), shown=_kind(value))
            raise ConfigError("in_file", file=name, what=wrong)
        if isinstance(value, dict):
            _check(value, model[key], name, complete, f"{place}{key}.")
    missing = [key for key in model if key not in own] if complete else []
    if missing:
        raise ConfigError("parameter_missing", file=name, key=f"{place}{missing[0]}")


def _kind(value):
    """What a value is, as a :class:`Reason`."""
    if isinstance(value, dict):
        return Reason("a_group")
    if isinstance(value, list):
        return Reason("a_list")
    return Reason("a_text") if isinstance(value, str) else Reason("a_number")
