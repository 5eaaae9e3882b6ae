"""Which methods there are, their options and defaults: settings as written → settings as used."""

from math import isnan

from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean

IMPUTATION = {"none": {}, "last": {"limit": 3}}
TREATMENT = {
    "none": {},
    "winsorise": {"skewness": 2.0, "kurtosis": 3.5, "max_points": 5, "fallback": "none"},
    "limits": {},
}
NORMALISATION = {
    "z": {"scale": None},
    "minmax": {"range": None},
    "goalposts": {"range": None, "clip": True},
    "ampi": {},
    "rank": {},
    "borda": {},
    "percentile": {"range": None},
    "distance": {"to": "best"},
}
WEIGHTS = {
    "given": {},
    "equal": {},
    "entropy": {},
    "critic": {},
    "pc1": {},
    "ahp": {"matrix": None},
    "bod": {"bounds": None, "bounds_of": "shares"},
}
AGGREGATION = {
    "arithmetic": {"min_share": 0.6},
    "power": {"min_share": 0.6, "p": 2.0},
    "ampi": {"min_share": 0.6, "penalty": "+"},
    "geometric": {"min_share": 0.6},
}
BY_GROUP = ("levels", "parents")


def resolve(setting, methods, default, key):
    """Mapping ``method`` + all its options of a setting written as a word or as a mapping.

    ``key`` names the setting in the sentences of :class:`ConfigError`; ``levels`` and ``parents`` are left out.
    """
    setting = {"method": setting} if isinstance(setting, str) else dict(setting or {})
    method = setting.get("method", default)
    if method not in methods:
        advice = did_you_mean(method, list(methods))
        raise ConfigError("no_such_method", key=key, value=method, advice=advice)
    options = {name: value for name, value in setting.items() if name not in ("method", *BY_GROUP)}
    for name in options:
        if name not in methods[method]:
            known = list(methods[method])
            advice = did_you_mean(name, known) if known else Reason("has_none")
            raise ConfigError("no_option", key=f"{key}.{name}", method=method, advice=advice)
    return {"method": method, **methods[method], **options}


def resolve_all(settings):
    """The settings ``imputation``, ``treatment``, ``normalisation``, ``weights``, ``aggregation`` as used.

    The scale follows the aggregation where none is written: with ``ampi`` scores lie on 70–130 (z: 100 ± 10).
    ``weights`` and ``aggregation`` become {"default": mapping, "levels": [mapping, …], "parents": {code: mapping}}.
    """
    used = {
        "imputation": resolve(settings.get("imputation"), IMPUTATION, "none", "imputation"),
        "treatment": resolve(settings.get("treatment"), TREATMENT, "none", "treatment"),
        "normalisation": resolve(settings.get("normalisation"), NORMALISATION, "z", "normalisation"),
        "weights": _by_group(settings.get("weights"), WEIGHTS, "given", "weights"),
        "aggregation": _by_group(settings.get("aggregation"), AGGREGATION, "arithmetic", "aggregation"),
    }
    parts = [
        used["aggregation"]["default"],
        *used["aggregation"]["levels"],
        *used["aggregation"]["parents"].values(),
    ]
    wide = any(part["method"] == "ampi" for part in parts)
    used["normalisation"] = _scaled(used["normalisation"], wide)
    return used


def _by_group(setting, methods, default, key):
    setting = {"method": setting} if isinstance(setting, str) else dict(setting or {})
    base = resolve(setting, methods, default, key)
    levels = [
        resolve(level, methods, default, f"{key}.levels[{row}]")
        for row, level in enumerate(setting.get("levels") or [], start=1)
    ]
    parents = {
        code: resolve(part, methods, default, f"{key}.parents.{code}")
        for code, part in (setting.get("parents") or {}).items()
    }
    return {"default": base, "levels": levels, "parents": parents}


def of_group(setting, group):
    """The mapping that holds for one group: by its code, else by its level, else the default."""
    if group.code in setting["parents"]:
        return setting["parents"][group.code]
    level = group.level - 2
    return setting["levels"][level] if setting["levels"] else setting["default"]


def check_structure(used, structure):
    """Raise :class:`ConfigError` where ``levels``, ``parents`` or goalposts do not fit the structure."""
    _check_goalposts(used, structure)
    codes = [group.code for group in structure.groups]
    for key in ("weights", "aggregation"):
        levels, parents = used[key]["levels"], used[key]["parents"]
        if levels and len(levels) != structure.levels:
            raise ConfigError(
                "wrong_number_of_levels", key=f"{key}.levels", entries=len(levels), levels=structure.levels
            )
        for code in parents:
            if code not in codes:
                raise ConfigError(
                    "no_aggregate", key=f"{key}.parents", code=code, advice=did_you_mean(code, codes)
                )
    for group in structure.groups:
        weights, method = of_group(used["weights"], group), of_group(used["aggregation"], group)["method"]
        if weights["method"] == "bod" and method != "arithmetic":
            raise ConfigError("doubt_is_a_sum", code=group.code)


def _check_goalposts(used, structure):
    if used["normalisation"]["method"] == "goalposts":
        for code, row in structure.indicators.iterrows():
            if isnan(row["low"]) or isnan(row["high"]):
                raise ConfigError("goalpost_missing", key="structure", code=code)


def _scaled(normalisation, wide):
    """The normalisation with ``shift`` and ``stretch`` instead of ``range`` or ``scale``."""
    method = normalisation["method"]
    used = {"method": method, "shift": 0.0, "stretch": 1.0, "clip": normalisation.get("clip", False)}
    if method == "ampi":
        return used | {"shift": 70.0, "stretch": 60.0}
    if method == "z":
        scale = (
            {"mean": 0, "sd": 1} | ({"mean": 100, "sd": 10} if wide else {}) | (normalisation["scale"] or {})
        )
        return used | {"shift": float(scale["mean"]), "stretch": float(scale["sd"])}
    if "range" in normalisation:
        low, high = normalisation["range"] or ((70, 130) if wide else (0, 1))
        if low >= high:
            raise ConfigError("range_upside_down", key="normalisation.range")
        return used | {"shift": float(low), "stretch": float(high - low)}
    return used | {"to": normalisation["to"]} if method == "distance" else used
