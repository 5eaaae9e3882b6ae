"""Burden indices and exposures with frozen anchors (theory, section 4), on the engine :mod:`jianfu.indices.engine`.

Component: transformed indicator → z with mean and sample standard deviation over the logged unit-months of the
reference window. Index: mean of 50 + 10 × z. Other normalisations, weights and aggregations are settings
(:mod:`jianfu.indices.methods`). Exposure: the mean of the index over earlier months, standardised by that mean's own
mean and sample standard deviation over the unit-months of the reference window. Anchors are estimated once and
stored, so that later months and other units change no old value.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.months import month_range
from jianfu.indices.engine import anchors as stored
from jianfu.indices.engine import impute, pipeline
from jianfu.indices.engine.structure import Group, Structure
from jianfu.indices.exposures import LEAD, SURVEY, Exposure
from jianfu.indices.grid import Grid, mean_of, mean_of_months, shift
from jianfu.indices.methods import relief, resolve_methods

read_anchors, write_anchors = stored.read, stored.write
# Weights that see one component at a time: only with these can a component be anchored on months of its own.
SEPARATE_WEIGHTS = ("given", "equal", "ahp", "entropy")


def read_plan(path: str, indicators: pd.DataFrame, weights=()) -> pd.DataFrame:
    """Members of the indices: index, indicator, weight, direction, transformation, per_head, yearly, unit.

    ``path`` is config/plan/indices.csv (index, indicator, weight), ``indicators`` the indicator table. ``weights``,
    rows with the same three keys, replaces the members of the indices it names.
    """
    members = pd.read_csv(path, dtype={"weight": float}, encoding="utf-8-sig")
    order = pd.Index(members["index"].unique())
    own = pd.DataFrame(list(weights), columns=["index", "indicator", "weight"]).astype({"weight": float})
    members = pd.concat([members[~members["index"].isin(own["index"])], own], ignore_index=True)
    members = members.sort_values("index", key=order.get_indexer, kind="stable", ignore_index=True)
    members["weight"] = members["weight"].fillna(1.0)
    traits = indicators.set_index("code")
    for row in members.itertuples():
        if row.indicator not in traits.index:
            raise ConfigError(
                f"{path}: the index {row.index} has the member '{row.indicator}', which is no indicator."
            )
        if row.weight <= 0:
            raise ConfigError(f"{path}: the weight of {row.indicator} must be above zero.")
    members["direction"] = members["indicator"].map(traits["direction"])
    members["transformation"] = members["indicator"].map(traits["transformation"])
    members["per_head"] = members["indicator"].map(traits["denominator"]).str.contains("headcount")
    members["yearly"] = members["indicator"].map(traits["frequency"]) == "year"
    members["unit"] = members["indicator"].map(traits["unit_en"])
    return members


def reference_window(window, months: int = 12, declared=None) -> tuple[str, str]:
    """First and last month from which anchors come: the declared ones, else the first ``months`` of the window."""
    return tuple(declared) if declared else (window[0], month_range(*window)[:months][-1])


def fit_anchors(
    indicators: pd.DataFrame,
    members: pd.DataFrame,
    reference_window: tuple[str, str],
    unit_months: pd.DataFrame,
    min_share: float = 0.6,
    lags: tuple[int, int] = (1, 3),
    min_months: int = 2,
    survey_months: int = 6,
    survey_min_months: int = 4,
    methods: dict | None = None,
) -> dict:
    """Anchors of components, indices and exposures from the reference window.

    ``methods``: the settings ``indices:``; None = frozen z, weights of the plan, arithmetic mean. Returns {"window",
    "methods", "normalisation", "indicators": {code: transformation, unit, window, n, mean, sd, limits, dropped, …},
    "indices": {index: members, group (its weights and aggregation), n, mean, sd}, "exposures": {name: window, n,
    mean, sd}, "sha256"}.

    A component that the reference window cannot anchor is dropped: ``dropped`` holds the reason (else null) and it
    counts as absent everywhere. Only a yearly component without any value in the reference window (the value of a year
    enters the next) is anchored on the first month in which it has values; so are exposures of an index without
    values there. Months that follow change neither. ``window`` of the entry says so.
    """
    used = resolve_methods(methods or {}, min_share)
    grid, codes = Grid(unit_months), _codes(members)
    values, _ = _screened(grid, grid.spread(indicators, codes), used["imputation"])
    months = grid.window(*reference_window)
    yearly = dict(zip(members["indicator"], members.get("yearly", [False] * len(members)), strict=True))
    rows, windows = _reference_rows(values, months, grid, reference_window, codes, yearly, used)
    fitted = pipeline.fit(rows, _structure(members, methods or {}, used), np.ones(len(rows), bool), used)
    anchors = {
        "window": list(reference_window),
        "methods": used,
        "normalisation": fitted["normalisation"],
        "indicators": _entries(fitted["indicators"], members, windows),
        "indices": {},
        "exposures": {},
    }
    plain = {
        index: dict(zip(part["indicator"], part["weight"], strict=True)) for index, part in _by_index(members)
    }
    for index, own in plain.items():
        anchors["indices"][index] = {"members": own, "group": fitted["groups"][index]}
    levels, _, _ = _levels(values, members, anchors)
    for index, level in levels.items():
        anchors["indices"][index] |= _moments(level[:, months])
        for name, (first, last), least in (
            (Exposure(index=index).name, lags, min_months),
            (Exposure(index=index, window=SURVEY).name, (1, survey_months), survey_min_months),
        ):
            earlier = np.where(grid.valid, mean_of_months(level, -first, -last, least), np.nan)
            anchors["exposures"][name] = _exposure_moments(earlier, months, grid, reference_window)
    return stored.seal(anchors)


def build_indices(
    indicators: pd.DataFrame, members: pd.DataFrame, anchors: dict, unit_months: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Indices by unit and month: unit_code, month, index, value, n_components; missing indices have no row.

    An index is missing where less than the minimum share of its components is present.
    """
    return build_steps(indicators, members, anchors, unit_months).indices()


@dataclass(frozen=True)
class IndexSteps:
    """Every step from the indicators to the indices: arrays (units, months, components or indices) on a grid."""

    grid: Grid
    codes: list
    screened: np.ndarray
    imputed: np.ndarray
    treated: np.ndarray
    normalised: np.ndarray
    levels: dict
    present: dict

    def indices(self):
        """As :func:`build_indices` returns them."""
        return self.grid.long("index", self.levels, n_components=self.present)

    def frames(self):
        """{step: frame unit_code, month, one column per component or index}."""
        steps = {name: self.grid.wide(getattr(self, name), self.codes) for name in STEPS[:-1]}
        return steps | {"aggregated": self.grid.wide(np.stack(list(self.levels.values()), -1), self.levels)}


STEPS = ("screened", "imputed", "treated", "normalised", "aggregated")


def build_steps(indicators, members, anchors, unit_months=None) -> IndexSteps:
    """All steps for the members of the indices, with the constants of ``anchors``.

    Imputed values are those of the indicators of the unit-months in ``unit_months``; without it, of the unit-months
    that have any member.
    """
    codes = _codes(members)
    own = indicators[_is_in(indicators["indicator"], codes)]
    grid = Grid(own if unit_months is None else unit_months)
    values, imputed = _screened(grid, grid.spread(own, codes), anchors["methods"]["imputation"])
    levels, present, steps = _levels(values, members, anchors)
    shape = values.shape
    return IndexSteps(
        grid,
        codes,
        values,
        imputed,
        steps.treated.reshape(shape),
        steps.normalised.reshape(shape),
        levels,
        present,
    )


def build_exposures(
    indicators: pd.DataFrame,
    unit_months: pd.DataFrame,
    members: pd.DataFrame,
    anchors: dict,
    lags: tuple[int, int] = (1, 3),
    min_months: int = 2,
    survey_months: int = 6,
    survey_min_months: int = 4,
) -> pd.DataFrame:
    """Standardised exposures of each unit-month: unit_code, month, exposure, value; missing ones have no row.

    For each index: ``OD``, mean over months m-1 to m-3; ``OD_6m``, mean over m-1 to m-6 (for survey fieldwork in
    month m); ``OD_lead``, mean over m+1 to m+3 with the constants of ``OD`` and with per-head components on the
    headcount fixed at the end of m-1, so that somebody's leaving does not raise it.
    """
    grid = Grid(unit_months)
    values, _ = _screened(grid, grid.spread(indicators, _codes(members)), anchors["methods"]["imputation"])
    headcount = grid.fill(unit_months["headcount"].to_numpy(float))
    levels, _, _ = _levels(values, members, anchors)
    ahead = _leads(values, levels, headcount, members, anchors, lags)
    arrays = {}
    for index, level in levels.items():
        before, survey = Exposure(index=index).name, Exposure(index=index, window=SURVEY).name
        lead = Exposure(index=index, variant=LEAD).name
        for name, constants, mean in (
            (before, before, mean_of_months(level, -lags[0], -lags[1], min_months)),
            (lead, before, mean_of(ahead[index], min_months)),
            (survey, survey, mean_of_months(level, -1, -survey_months, survey_min_months)),
        ):
            arrays[name] = np.where(grid.valid, _standardise(mean, anchors["exposures"][constants]), np.nan)
    return grid.long("exposure", arrays)


def notices(anchors: dict) -> pd.DataFrame:
    """What happened to components that the reference window cannot anchor: indicator, outcome, column, n.

    outcome: ``dropped_from_index`` (column: the reason) or ``anchored_later`` (column: the month it is anchored on).
    """
    rows = []
    for code, entry in anchors["indicators"].items():
        if entry["dropped"]:
            rows.append((code, "dropped_from_index", entry["dropped"], entry["n"]))
        elif entry["window"] != anchors["window"]:
            rows.append((code, "anchored_later", entry["window"][0], entry["n"]))
    return pd.DataFrame(rows, columns=["indicator", "outcome", "column", "n"])


def check_common(anchors: dict, members: pd.DataFrame, path: str) -> None:
    """Raise :class:`ConfigError` unless common anchors hold every index with the members and units of this plan."""
    for index, part in _by_index(members):
        if set(anchors.get("indices", {}).get(index, {}).get("members", {})) != set(part["indicator"]):
            raise ConfigError(
                f"{path}: the common anchors have no index {index} with the members of this province; make them "
                "from a province with the same plan."
            )
    for row in members.itertuples():
        entry = anchors["indicators"][row.indicator]
        if (entry["transformation"], entry["unit"]) != (row.transformation, row.unit):
            raise ConfigError(
                f"{path}: the common anchors measure {row.indicator} in '{entry['unit']}' "
                f"({entry['transformation']}), this plan in '{row.unit}' ({row.transformation})."
            )


def _codes(members):
    return members["indicator"].drop_duplicates().tolist()


def _by_index(members):
    return members.groupby("index", sort=False)


def _is_in(column, codes):
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.append(column.cat.categories.isin(codes), False)[column.cat.codes]
    return column.isin(codes)


def _screened(grid, values, imputation):
    """Values with gaps filled as the imputation says, and which those are; only where the unit exists."""
    if imputation["method"] == "none":
        return values, np.zeros(values.shape, dtype=bool)
    units, months, k = values.shape
    filled, flags = impute.carry_forward(
        values.reshape(-1, k),
        np.repeat(np.arange(units), months),
        np.tile(np.arange(months), units),
        imputation["limit"],
    )
    flags = flags.reshape(values.shape) & grid.valid[..., None]
    return np.where(flags, filled.reshape(values.shape), values), flags


def _reference_rows(values, months, grid, window, codes, yearly, used):
    """Rows (n, k) that anchors come from, and {code: window} of the components anchored on months of their own."""
    k = values.shape[2]
    rows = values[:, months].reshape(-1, k)
    parts, windows = [rows[~np.isnan(rows).all(axis=1)]], {}
    weights = used["weights"]
    separate = {part["method"] for part in (weights["default"], *weights["parents"].values())}
    if separate <= set(SEPARATE_WEIGHTS):
        for j, code in enumerate(codes):
            known = ~np.isnan(values[..., j])
            if yearly[code] and known.any() and not known[:, months].any():
                first = int(np.argmax(known.any(axis=0)))
                part = np.full((len(values), k), np.nan)
                part[:, j] = values[:, first, j]
                parts.append(part[known[:, first]])
                windows[code] = [str(grid.months[first])] * 2
    return np.concatenate(parts), {code: windows.get(code, list(window)) for code in codes}


def _structure(members, settings, used):
    """The indices as groups of the engine; a component may belong to several of them."""
    table = members.drop_duplicates("indicator").set_index("indicator")
    posts, limits = settings.get("goalposts") or {}, settings.get("limits") or {}
    for key, given in (("goalposts", posts), ("limits", limits)):
        for code in given:
            if code not in table.index:
                raise ConfigError(f"indices: '{key}' names '{code}', which is no member of an index.")
    nothing = (np.nan, np.nan)
    indicators = pd.DataFrame(
        {
            "direction": table["direction"] * (-1 if relief(used) else 1),
            "transformation": table["transformation"],
            "treatment": "default",
            "low": [posts.get(code, nothing)[0] for code in table.index],
            "high": [posts.get(code, nothing)[1] for code in table.index],
            "lower": [limits.get(code, nothing)[0] for code in table.index],
            "upper": [limits.get(code, nothing)[1] for code in table.index],
            "reference": np.nan,
        }
    )
    groups = [
        Group(index, 2, tuple(part["indicator"]), tuple(part["weight"])) for index, part in _by_index(members)
    ]
    return Structure(indicators, tuple(groups))


def _entries(fitted, members, windows):
    """Entries of the indicators with their unit and window."""
    units = dict(zip(members["indicator"], members.get("unit", [""] * len(members)), strict=True))
    return {
        code: {"transformation": entry["transformation"], "unit": units[code], "window": windows[code]}
        | entry
        for code, entry in fitted.items()
    }


def _levels(values, members, anchors):
    """{index: level (units, months)}, {index: components present}, and the steps of the engine (rows, …)."""
    engine = {
        "normalisation": anchors["normalisation"],
        "indicators": {code: anchors["indicators"][code] for code in _codes(members)},
        "groups": {index: anchors["indices"][index]["group"] for index, _ in _by_index(members)},
    }
    steps = pipeline.apply(values.reshape(-1, values.shape[2]), engine)
    scores = steps.aggregated
    if relief(anchors["methods"]):
        scores = 2 * anchors["normalisation"]["shift"] + anchors["normalisation"]["stretch"] - scores
    shape = values.shape[:2]
    levels = {index: scores[:, g].reshape(shape) for g, index in enumerate(engine["groups"])}
    present = {index: steps.present[:, g].reshape(shape) for g, index in enumerate(engine["groups"])}
    return levels, present, steps


def _leads(values, levels, headcount, members, anchors, lags):
    """{index: its levels in each lead month}, per-head members on the headcount of the row's own month."""
    per_head = members["per_head"].astype(bool)
    moving = members[members["index"].isin(members.loc[per_head, "index"])]
    own = [_codes(members).index(code) for code in _codes(moving)]
    heads = np.isin(_codes(moving), members.loc[per_head, "indicator"])
    ahead = {index: [] for index in levels}
    for months in range(lags[0], lags[1] + 1):
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = shift(headcount, -months) / headcount
        factor[~np.isfinite(factor)] = np.nan
        rebased = {}
        if len(moving):
            later = shift(values[..., own], -months)
            later[..., heads] *= factor[..., None]
            rebased, _, _ = _levels(later, moving, anchors)
        for index, level in levels.items():
            ahead[index].append(rebased[index] if index in rebased else shift(level, -months))
    return ahead


def _exposure_moments(earlier, months, grid, window):
    """Moments over the reference window or, without a value there, over the first month that has one."""
    known = ~np.isnan(earlier)
    if known.any() and not known[:, months].any():
        first = int(np.argmax(known.any(axis=0)))
        return {"window": [str(grid.months[first])] * 2} | _moments(earlier[:, first])
    return {"window": list(window)} | _moments(earlier[:, months])


def _moments(values):
    """n, mean and sample standard deviation of the values present, with 12 significant digits."""
    values = values[~np.isnan(values)]
    reason = None
    if len(values) < 2:
        reason = "fewer than two values in the reference window"
    elif values.min() == values.max():
        reason = "no spread in the reference window"
    digits = [None, None] if reason else [float(f"{x:.12g}") for x in (values.mean(), values.std(ddof=1))]
    return {"n": len(values), "mean": digits[0], "sd": digits[1], "dropped": reason}


def _standardise(values, anchor):
    if anchor["dropped"]:
        return np.full_like(values, np.nan)
    return (values - anchor["mean"]) / anchor["sd"]
