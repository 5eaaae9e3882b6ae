"""The one construction of the burden indices and their exposures (theory, section 4), whoever needs one.

Component: transformed indicator → z with mean and sample standard deviation over the logged unit-months of the
reference window. Index: mean of 50 + 10 × z. Other normalisations, weights and aggregations are settings
(:mod:`jianfu.indices.methods`). Exposure: the mean of the index over earlier months, standardised by that mean's own
mean and sample standard deviation over the unit-months of the reference window. Anchors are estimated once and
stored, so that later months and other units change no old value.

Everything is made by :func:`fit` and :func:`build` from a :class:`Cube` of values and an
:class:`~jianfu.indices.specification.IndexSpec`. Whoever wants the index in another way changes the specification;
whoever wants it from other units says how often each unit counts (``times``).
"""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError, DataError
from jianfu.indices.engine import anchors as stored
from jianfu.indices.engine import impute, pipeline
from jianfu.indices.engine.treat import varies
from jianfu.indices.exposures import LEAD, SURVEY, Exposure
from jianfu.indices.grid import Grid, mean_of, mean_of_months, shift
from jianfu.indices.specification import IndexSpec, Months

read_anchors, write_anchors = stored.read, stored.write
# Weights that see one component at a time: only with these can a component be anchored on months of its own.
SEPARATE_WEIGHTS = ("given", "equal", "ahp", "entropy")
STEPS = ("screened", "imputed", "treated", "normalised", "aggregated")


@dataclass(frozen=True)
class Cube:
    """Values of the members (units, months, members): ``screened``, NaN = missing, gaps filled as the imputation of a
    specification says, and ``imputed``, which those are."""

    grid: Grid
    codes: list[str]
    screened: np.ndarray
    imputed: np.ndarray

    def of(self, codes: list[str]) -> "Cube":
        """The same for some of the members."""
        if codes == self.codes:
            return self
        own = [self.codes.index(code) for code in codes]
        return Cube(self.grid, codes, self.screened[..., own], self.imputed[..., own])


@dataclass(frozen=True)
class Built:
    """Every step from the indicators to the indices: arrays (units, months, members), and by index the ``levels`` and
    the number of members ``present`` (units, months)."""

    cube: Cube
    treated: np.ndarray
    normalised: np.ndarray
    levels: dict[str, np.ndarray]
    present: dict[str, np.ndarray]

    def indices(self) -> pd.DataFrame:
        """unit_code, month, index, value, n_components; missing indices have no row.

        An index is missing where less than the minimum share of its components is present.
        """
        return self.cube.grid.long("index", self.levels, n_components=self.present)

    def frames(self) -> dict[str, pd.DataFrame]:
        """{step: frame unit_code, month, one column per component or index} for :data:`STEPS`."""
        arrays = (self.cube.screened, self.cube.imputed, self.treated, self.normalised)
        frames = [self.cube.grid.wide(array, self.cube.codes) for array in arrays]
        frames.append(self.cube.grid.wide(np.stack(list(self.levels.values()), -1), self.levels))
        return dict(zip(STEPS, frames, strict=True))


def read_cube(indicators: pd.DataFrame, unit_months: pd.DataFrame, spec: IndexSpec) -> Cube:
    """The members of ``spec`` on the grid of ``unit_months`` (unit_code, month) from the long ``indicators``."""
    grid = Grid(unit_months)
    values = grid.spread(indicators, spec.codes)
    how = spec.methods["imputation"]
    if how["method"] == "none":
        return Cube(grid, spec.codes, values, np.zeros(values.shape, dtype=bool))
    units, months, k = values.shape
    unit, month = np.repeat(np.arange(units), months), np.tile(np.arange(months), units)
    filled, flags = impute.carry_forward(values.reshape(-1, k), unit, month, how["limit"])
    flags = flags.reshape(values.shape) & grid.valid[..., None]
    return Cube(grid, spec.codes, np.where(flags, filled.reshape(values.shape), values), flags)


# ------------------------------------------------------------------------------------------------ fit and build


def fit(cube: Cube, spec: IndexSpec, times: np.ndarray | None = None) -> dict:
    """Constants of members and indices from the reference window: {"window", "methods", "normalisation", "indicators":
    {code: unit, window, n, mean, sd, limits, dropped, …}, "groups": {index: weights, aggregation}}.

    times: (U,) how often each unit counts, as in a bootstrap; None = once. A member that the reference window cannot
    anchor is dropped: ``dropped`` holds the reason (else null) and it counts as absent everywhere. Only a yearly
    member without any value in the reference window (the value of a year enters the next) is anchored on the first
    month in which it has values. Months that follow do not change it. ``window`` of the entry says so.
    """
    cube = cube.of(spec.codes)
    rows, windows = _reference_rows(cube, spec, times)
    fitted = pipeline.fit(rows, spec.structure, np.ones(len(rows), dtype=bool), spec.methods)
    units = spec.structure.indicators["unit"].to_dict()
    entries = {
        code: {
            "transformation": entry["transformation"],
            "unit": units[code],
            "window": windows.get(code, list(spec.reference)),
        }
        | entry
        for code, entry in fitted["indicators"].items()
    }
    return {"window": list(spec.reference), "methods": spec.methods} | fitted | {"indicators": entries}


def build(cube: Cube, spec: IndexSpec, anchors: dict) -> Built:
    """All steps for the members and indices of ``spec`` with the constants of ``anchors``, of :func:`fit` or stored."""
    cube = cube.of(spec.codes)
    groups = anchors.get("groups") or {index: entry["group"] for index, entry in anchors["indices"].items()}
    engine = {
        "normalisation": anchors["normalisation"],
        "indicators": {code: anchors["indicators"][code] for code in spec.codes},
        "groups": {index: groups[index] for index in spec.indices},
    }
    shape = cube.screened.shape
    steps = pipeline.apply(cube.screened.reshape(-1, shape[2]), engine)
    by_index = {
        name: dict(zip(spec.indices, getattr(steps, name).T.reshape(-1, *shape[:2]), strict=True))
        for name in ("aggregated", "present")
    }
    return Built(cube, steps.treated.reshape(shape), steps.normalised.reshape(shape), *by_index.values())


def levels(cube: Cube, spec: IndexSpec, times: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """{index: (units, months)} under the constants of the cube's own reference window."""
    return build(cube, spec, fit(cube, spec, times)).levels


def _reference_rows(cube, spec, times):
    """Rows (n, k) that anchors come from, and {code: window} of the members anchored on months of their own."""
    values, months = cube.screened, cube.grid.window(*spec.reference)
    rows, windows = _counted(values[:, months], times), {}
    parts = [rows[~np.isnan(rows).all(axis=1)]]
    weights = spec.methods["weights"]
    if {part["method"] for part in (weights["default"], *weights["parents"].values())} <= set(
        SEPARATE_WEIGHTS
    ):
        for j in np.flatnonzero(spec.structure.indicators["yearly"].to_numpy(dtype=bool)):
            known = ~np.isnan(values[..., j])
            if known.any() and not known[:, months].any():
                first = int(np.argmax(known.any(axis=0)))
                part = np.full(values[:, first].shape, np.nan)
                part[:, j] = values[:, first, j]
                part = _counted(part[:, None], times)
                parts.append(part[~np.isnan(part[:, j])])
                windows[spec.codes[j]] = [str(cube.grid.months[first])] * 2
    return np.concatenate(parts), windows


def _counted(values, times):
    """Rows (n, k) of ``values`` (U, T, k), those of a unit as often as it counts."""
    rows = values.reshape(-1, values.shape[2])
    return rows if times is None else np.repeat(rows, np.repeat(times, values.shape[1]), axis=0)


# ------------------------------------------------------------------------------------------------ exposures


def mean_before(level: np.ndarray, grid: Grid, months: Months) -> np.ndarray:
    """Mean of ``level`` (units, months) over the months before each month in which the unit exists."""
    return np.where(grid.valid, mean_of_months(level, -months.first, -months.last, months.least), np.nan)


def exposure(
    level: np.ndarray, grid: Grid, months: Months, reference: tuple[str, str], times: np.ndarray | None = None
) -> np.ndarray:
    """Exposure (units, months) made of an index, standardised over the reference window; ``times`` as in :func:`fit`.

    Raises :class:`DataError` where it does not vary there.
    """
    mean = mean_before(level, grid, months)
    anchor = _exposure_moments(mean if times is None else np.repeat(mean, times, axis=0), grid, reference)
    if anchor["dropped"]:
        raise DataError("exposure_constant")
    return _standardise(mean, anchor)


def fit_anchors(indicators: pd.DataFrame, unit_months: pd.DataFrame, spec: IndexSpec) -> dict:
    """Anchors of members, indices and exposures, to be stored: those of :func:`fit` with "indices": {index: members,
    group (its weights and aggregation), n, mean, sd} instead of "groups", "exposures": {name: window, n, mean, sd},
    and a check sum.

    Exposures of an index without values in the reference window are anchored on the first month that has some.
    """
    cube = read_cube(indicators, unit_months, spec)
    anchors = fit(cube, spec)
    found = build(cube, spec, anchors)
    groups = anchors.pop("groups")
    inside = cube.grid.window(*spec.reference)
    anchors |= {"indices": {}, "exposures": {}}
    for group in spec.structure.groups:
        index, level = group.code, found.levels[group.code]
        anchors["indices"][index] = {
            "members": dict(zip(group.children, group.weights, strict=True)),
            "group": groups[index],
        } | _moments(level[:, inside])
        for window, months in (("", spec.before), (SURVEY, spec.survey)):
            mean = mean_before(level, cube.grid, months)
            moments = _exposure_moments(mean, cube.grid, spec.reference)
            anchors["exposures"][Exposure(index=index, window=window).name] = moments
    return stored.seal(anchors)


def build_indices(
    indicators: pd.DataFrame, unit_months: pd.DataFrame, spec: IndexSpec, anchors: dict
) -> Built:
    """Every step with stored anchors; gaps are filled as the anchors say."""
    spec = spec.changed(imputation=anchors["methods"]["imputation"])
    return build(read_cube(indicators, unit_months, spec), spec, anchors)


def build_exposures(
    indicators: pd.DataFrame, unit_months: pd.DataFrame, spec: IndexSpec, anchors: dict
) -> pd.DataFrame:
    """Standardised exposures of each unit-month: unit_code, month, exposure, value; missing ones have no row.

    For each index: ``OD``, mean over months m-1 to m-3; ``OD_6m``, mean over m-1 to m-6 (for survey fieldwork in
    month m); ``OD_lead``, mean over m+1 to m+3 with the constants of ``OD`` and with per-head components on the
    headcount fixed at the end of m-1, so that somebody's leaving does not raise it.
    """
    found = build_indices(indicators, unit_months, spec, anchors)
    grid = found.cube.grid
    ahead = _leads(found, grid.fill(unit_months["headcount"].to_numpy(float)), spec, anchors)
    arrays = {}
    for index, level in found.levels.items():
        before, survey = Exposure(index=index), Exposure(index=index, window=SURVEY)
        lead = np.where(grid.valid, mean_of(ahead[index], spec.before.least), np.nan)
        for exposed, constants, mean in (
            (before, before, mean_before(level, grid, spec.before)),
            (Exposure(index=index, variant=LEAD), before, lead),
            (survey, survey, mean_before(level, grid, spec.survey)),
        ):
            arrays[exposed.name] = _standardise(mean, anchors["exposures"][constants.name])
    return grid.long("exposure", arrays)


def _leads(found, headcount, spec, anchors):
    """{index: its levels in each lead month}, per-head members on the headcount of the row's own month."""
    per_head = spec.structure.indicators["per_head"].astype(bool)
    heads = set(per_head.index[per_head])
    moving = spec.only(*(group.code for group in spec.structure.groups if heads & set(group.children)))
    cube = found.cube.of(moving.codes)
    ahead = {index: [] for index in found.levels}
    for months in range(spec.before.first, spec.before.last + 1):
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = shift(headcount, -months) / headcount
        factor[~np.isfinite(factor)] = np.nan
        rebased = {}
        if moving.codes:
            later = shift(cube.screened, -months)
            later[..., np.isin(moving.codes, list(heads))] *= factor[..., None]
            rebased = build(Cube(cube.grid, cube.codes, later, cube.imputed), moving, anchors).levels
        for index, level in found.levels.items():
            ahead[index].append(rebased[index] if index in rebased else shift(level, -months))
    return ahead


def _exposure_moments(mean, grid, window):
    """Moments over the reference window or, without a value there, over the first month that has one."""
    known, months = ~np.isnan(mean), grid.window(*window)
    if known.any() and not known[:, months].any():
        first = int(np.argmax(known.any(axis=0)))
        return {"window": [str(grid.months[first])] * 2} | _moments(mean[:, first])
    return {"window": list(window)} | _moments(mean[:, months])


def _moments(values):
    """n, mean and sample standard deviation of the values present, with 12 significant digits."""
    values = values[~np.isnan(values)]
    reason = None
    if len(values) < 2:
        reason = "no_value" if not len(values) else "one_value"
    elif not varies(values.min(), values.max()):
        reason = "no_spread"
    digits = [None, None] if reason else [float(f"{x:.12g}") for x in (values.mean(), values.std(ddof=1))]
    return {"n": len(values), "mean": digits[0], "sd": digits[1], "dropped": reason}


def _standardise(values, anchor):
    if anchor["dropped"]:
        return np.full_like(values, np.nan)
    return (values - anchor["mean"]) / anchor["sd"]


# ------------------------------------------------------------------------------------------------ about anchors


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


def frozen_anchors(path: str, spec: IndexSpec) -> dict:
    """Anchors of an earlier run of the same province (:func:`fit_anchors`), for later months on the same scale.

    Raises :class:`ConfigError` where they are of other members, units or methods than ``spec``.
    """
    anchors = read_anchors(path)
    check_common(anchors, spec, path)
    if json.dumps(anchors["methods"], sort_keys=True) != json.dumps(spec.methods, sort_keys=True):
        raise ConfigError("frozen_methods", file=path)
    return anchors


def check_common(anchors: dict, spec: IndexSpec, path: str) -> None:
    """Raise :class:`ConfigError` unless common anchors hold every index with the members and units of this plan."""
    for group in spec.structure.groups:
        if set(anchors.get("indices", {}).get(group.code, {}).get("members", {})) != set(group.children):
            raise ConfigError("common_members", file=path, index=group.code)
    for code, row in spec.structure.indicators.iterrows():
        entry = anchors["indicators"][code]
        if (entry["transformation"], entry["unit"]) != (row["transformation"], row["unit"]):
            raise ConfigError(
                "common_units",
                file=path,
                code=code,
                theirs=entry["unit"],
                their_transformation=entry["transformation"],
                ours=row["unit"],
                our_transformation=row["transformation"],
            )
