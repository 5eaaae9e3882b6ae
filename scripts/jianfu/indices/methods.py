"""The choices behind the burden indices: settings ``indices:`` as written → methods of the engine as used."""

from collections.abc import Mapping

from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.indices.engine import methods
from jianfu.indices.engine.weights import comparisons

KEYS = ("imputation", "treatment", "normalisation", "weights", "aggregation")
MEAN_50 = {"mean": 50, "sd": 10}
RANGED = ("minmax", "goalposts", "percentile")
POSITIVE = ("power", "geometric")  # not defined, or not monotone, below zero


def resolve_methods(settings: Mapping) -> dict:
    """Methods as :func:`jianfu.indices.engine.methods.resolve_all` gives them, with the scales of the burden indices.

    Frozen z-scores lie around 50 with 10 points per standard deviation, ranges on 0 … 100, everything that AMPI
    aggregates on 70 … 130. The geometric mean is taken of *relief*, the mirror image of burden on 1 … 100, and mirrored
    back: a single light component cannot make up for the heavy ones. Under a power or geometric mean min-max scores
    are cut off at the range of the reference window, unless their scale leaves room for as much again below it.
    ``min_share``: share of the components that must be present, unless the aggregation has its own. Raises
    :class:`ConfigError` naming the key under ``indices``.
    """
    chosen = {key: settings[key] for key in KEYS if settings.get(key)}
    try:
        plain = methods.resolve_all(chosen)
        geometric = _relief(plain)
        used = methods.resolve_all(chosen | {"normalisation": _scaled(chosen, plain, geometric)})
    except ConfigError as error:
        raise ConfigError("about", name="indices", what=error.reason) from None
    normalisation = used["normalisation"]
    positive = any(part["method"] in POSITIVE for part in _parts(used))
    if positive and normalisation["method"] == "minmax":
        # later months may lie outside the range of the reference window, and so below zero
        normalisation["clip"] = normalisation["shift"] < normalisation["stretch"]
    if geometric:
        normalisation["mirrored"] = True
    if "min_share" in settings and "min_share" not in _written(chosen.get("aggregation")):
        used["aggregation"]["default"]["min_share"] = settings["min_share"]
    return used


def _parts(used):
    """The aggregations of all indices."""
    return [used["aggregation"]["default"], *used["aggregation"]["parents"].values()]


def _relief(used):
    """Whether the indices are geometric means, taken on the relief scale."""
    found = {part["method"] == "geometric" for part in _parts(used)}
    if len(found) > 1 or used["aggregation"]["levels"]:
        raise ConfigError("geometric_for_all", key="aggregation")
    return found.pop()


def _written(setting):
    return {"method": setting} if isinstance(setting, str) else dict(setting or {})


def _scaled(chosen, plain, geometric):
    """The normalisation as written, with the scale of the burden indices where it names none."""
    method, written = plain["normalisation"]["method"], _written(chosen.get("normalisation"))
    wide = any(part["method"] == "ampi" for part in _parts(plain))
    if geometric and method not in RANGED:
        raise ConfigError("geometric_needs_range", normalisations=list(RANGED), method=method)
    if method == "z" and not wide and "scale" not in written:
        return written | {"method": "z", "scale": MEAN_50}
    if method in RANGED and not wide and "range" not in written:
        return written | {"range": [1, 100] if geometric else [0, 100]}
    return written | {"method": method}


def check_methods(indices: dict, members: Mapping[str, list[str]], file: str) -> None:
    """Raise :class:`ConfigError` where the settings ``indices`` of a province ``file`` do not fit together.

    members: the indicators of each index.
    """
    try:
        used = resolve_methods(indices)
    except ConfigError as error:
        raise ConfigError("in_file", file=file, what=error.reason) from None
    try:
        for index, own in members.items():
            part = used["weights"]["parents"].get(index, used["weights"]["default"])
            if part["method"] == "ahp":
                comparisons(part["matrix"], index, own)
    except ConfigError as error:
        what = Reason("about", name="indices", what=error.reason)
        raise ConfigError("in_file", file=file, what=what) from None
    for key in ("goalposts", "limits"):
        for code, (low, high) in indices[key].items():
            if low >= high:
                raise ConfigError("lower_value_first", file=file, key=f"indices.{key}.{code}")
    for key, method in (
        ("goalposts", used["normalisation"]["method"]),
        ("limits", used["treatment"]["method"]),
    ):
        if indices[key] and method != key:
            raise ConfigError("without_effect", file=file, key=f"indices.{key}", method=method)
