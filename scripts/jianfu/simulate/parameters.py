"""Parameters of the simulated province (config/simulation.yaml)."""

from jianfu.config.files import display, read_yaml
from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError
from jianfu.core.spelling import suggestion


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
    units = parameters["units"]
    if units["counties"] % units["prefectures"]:
        raise ConfigError(
            f"{name}: units.counties ({units['counties']}) must be a multiple of units.prefectures "
            f"({units['prefectures']})."
        )
    return parameters


def _check(own, model, name, complete, place=""):
    """Raise where ``own`` has a key that ``model`` lacks, lacks one (if ``complete``), or has another kind of value."""
    for key, value in own.items():
        if key not in model:
            raise ConfigError(f"{name}: unknown key '{place}{key}'; {suggestion(key, list(model))}")
        if _kind(value) != _kind(model[key]):
            raise ConfigError(f"{name}: '{place}{key}' must be {_kind(model[key])}, not {_kind(value)}.")
        if isinstance(value, dict):
            _check(value, model[key], name, complete, f"{place}{key}.")
    missing = [key for key in model if key not in own] if complete else []
    if missing:
        raise ConfigError(
            f"{name}: the key '{place}{missing[0]}' is missing; copy it from config/simulation.yaml."
        )


def _kind(value):
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else "a number"
