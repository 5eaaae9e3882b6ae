"""Burden indices and exposures with frozen anchors (theory, section 4).

Component: transformed indicator → z = direction × (x - mean) / sd, with mean and sample standard deviation over the
logged unit-months of the reference window. Index: 50 + 10 × weighted mean of z. Exposure: the mean of the index over
earlier months, standardised by that mean's own mean and sample standard deviation over the unit-months of the
reference window. Anchors are estimated once and stored, so that later months and other units change no old value.

Everything is computed on arrays unit × month × indicator; missing is NaN.
"""

import hashlib
import json

import numpy as np
import pandas as pd

from jianfu.calendar import month_range
from jianfu.errors import ConfigError, DataError

DECIMALS = 10  # of stored values: below this, processors may differ in the last digit


def read_plan(path: str, indicators: pd.DataFrame, weights=()) -> pd.DataFrame:
    """Members of the indices: index, indicator, weight, direction, transformation, per_head.

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
) -> dict:
    """Anchors of components, indices and exposures from the reference window.

    Returns {"window", "indicators": {code: transformation, n, mean, sd, dropped}, "indices": {index: members,
    n, mean, sd}, "exposures": {name: n, mean, sd}, "sha256"}. A component without two values or without spread in
    the reference window is dropped: ``dropped`` holds the reason (else null) and it counts as absent everywhere.
    """
    grid = _Grid(unit_months)
    values = grid.spread(indicators, members)
    months = np.isin(grid.months, month_range(*reference_window))
    anchors = {"window": list(reference_window), "indicators": {}, "indices": {}, "exposures": {}}
    for row in members.itertuples():
        component = _transform(values[row.indicator], row)[:, months]
        anchors["indicators"][row.indicator] = {"transformation": row.transformation} | _moments(component)
    for index, rows in members.groupby("index", sort=False):
        levels, _ = _index(values, rows, anchors, min_share)
        anchors["indices"][index] = {
            "members": dict(zip(rows["indicator"], rows["weight"], strict=True))
        } | _moments(levels[:, months])
        for name, (first, last), least in (
            (index, lags, min_months),
            (f"{index}_6m", (1, survey_months), survey_min_months),
        ):
            earlier = np.where(grid.valid, _mean_of_months(levels, -first, -last, least), np.nan)
            anchors["exposures"][name] = _moments(earlier[:, months])
    return anchors | {"sha256": _digest(anchors)}


def build_indices(
    indicators: pd.DataFrame, members: pd.DataFrame, anchors: dict, min_share: float = 0.6
) -> pd.DataFrame:
    """Indices by unit and month: unit_code, month, index, value, n_components; missing indices have no row.

    An index is missing where less than ``min_share`` of its weight is present.
    """
    grid = _Grid(indicators[indicators["indicator"].isin(members["indicator"])])
    values = grid.spread(indicators, members)
    arrays, counts = {}, {}
    for index, rows in members.groupby("index", sort=False):
        arrays[index], counts[index] = _index(values, rows, anchors, min_share)
    return grid.long("index", arrays, n_components=counts)


def build_exposures(
    indicators: pd.DataFrame,
    unit_months: pd.DataFrame,
    members: pd.DataFrame,
    anchors: dict,
    lags: tuple[int, int] = (1, 3),
    min_months: int = 2,
    survey_months: int = 6,
    survey_min_months: int = 4,
    min_share: float = 0.6,
) -> pd.DataFrame:
    """Standardised exposures of each unit-month: unit_code, month, exposure, value; missing ones have no row.

    For each index: ``OD``, mean over months m-1 to m-3; ``OD_6m``, mean over m-1 to m-6 (for survey fieldwork in
    month m); ``OD_lead``, mean over m+1 to m+3 with the constants of ``OD`` and with per-head components on the
    headcount fixed at the end of m-1, so that somebody's leaving does not raise it.
    """
    grid = _Grid(unit_months)
    values = grid.spread(indicators, members)
    headcount = grid.fill(unit_months["headcount"].to_numpy(float))
    arrays = {}
    for index, rows in members.groupby("index", sort=False):
        levels, _ = _index(values, rows, anchors, min_share)
        leads = _rebased_leads(values, headcount, rows, anchors, min_share, lags)
        for name, constants, mean in (
            (index, index, _mean_of_months(levels, -lags[0], -lags[1], min_months)),
            (f"{index}_lead", index, _mean(leads, min_months)),
            (f"{index}_6m", f"{index}_6m", _mean_of_months(levels, -1, -survey_months, survey_min_months)),
        ):
            arrays[name] = np.where(grid.valid, _standardise(mean, anchors["exposures"][constants]), np.nan)
    return grid.long("exposure", arrays)


def write_anchors(anchors: dict, path: str) -> None:
    """Store anchors as JSON."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(anchors, file, ensure_ascii=False, indent=1)
        file.write("\n")


def read_anchors(path: str) -> dict:
    """Stored anchors; raises :class:`DataError` where they were changed after they were made."""
    with open(path, encoding="utf-8") as file:
        anchors = json.load(file)
    if anchors.get("sha256") != _digest(anchors):
        raise DataError(
            f"{path}: the anchors do not match their own check sum; make them again, never edit them."
        )
    return anchors


def dropped(anchors: dict) -> pd.DataFrame:
    """Components that the reference window cannot anchor: indicator, outcome, column, n (as the indicator notices)."""
    rows = [
        (code, "dropped_from_index", entry["dropped"], entry["n"])
        for code, entry in anchors["indicators"].items()
        if entry["dropped"]
    ]
    return pd.DataFrame(rows, columns=["indicator", "outcome", "column", "n"])


class _Grid:
    """Units × months of a long frame, months without gaps."""

    def __init__(self, frame):
        unit, self.units = pd.factorize(frame["unit_code"], sort=True)
        self.units = pd.Index(self.units)
        present = frame["month"].drop_duplicates()
        self.months = np.array(
            month_range(present.min(), present.max()) if len(present) else [], dtype=object
        )
        self.at = unit, pd.Index(self.months).get_indexer(frame["month"])
        self.valid = np.zeros((len(self.units), len(self.months)), dtype=bool)
        self.valid[self.at] = True

    def fill(self, column):
        """Array unit × month of a column of the frame that made the grid."""
        array = np.full(self.valid.shape, np.nan)
        array[self.at] = column
        return array

    def spread(self, indicators, members):
        """Arrays unit × month of the values of each member."""
        codes = pd.Index(members["indicator"].unique())
        code = codes.get_indexer(indicators["indicator"])
        rows = indicators[code >= 0]
        unit = self.units.get_indexer(rows["unit_code"])
        month = pd.Index(self.months).get_indexer(rows["month"])
        cube = np.full((len(codes), *self.valid.shape), np.nan)
        inside = (unit >= 0) & (month >= 0)
        cube[code[code >= 0][inside], unit[inside], month[inside]] = rows["value"].to_numpy(float)[inside]
        return dict(zip(codes, cube, strict=True))

    def long(self, key, arrays, **more):
        """The values present in a dict of arrays, as rows ordered by unit, month and the order of the dict."""
        cube = np.stack(list(arrays.values()), axis=-1)
        unit, month, name = np.nonzero(~np.isnan(cube))
        columns = {
            "unit_code": self.units.take(unit),
            "month": pd.Index(self.months).take(month),
            key: pd.Index(list(arrays)).take(name),
            "value": np.round(cube[unit, month, name], DECIMALS),
        }
        for column, others in more.items():
            columns[column] = np.stack(list(others.values()), axis=-1)[unit, month, name]
        return pd.DataFrame(columns)


def _transform(values, row):
    if row.transformation == "none":
        return values
    if (values < 0).any():
        raise DataError(f"{row.indicator}: a count below zero has no logarithm; check its source.")
    return np.log1p(values)


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


def _index(values, members, anchors, min_share):
    """Index levels and numbers of components present, arrays unit × month, from a dict of arrays by indicator."""
    shape = next(iter(values.values())).shape
    total, weight, present = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)
    for row in members.itertuples():
        z = row.direction * _standardise(
            _transform(values[row.indicator], row), anchors["indicators"][row.indicator]
        )
        known = ~np.isnan(z)
        total += row.weight * np.where(known, z, 0)
        weight += row.weight * known
        present += known
    enough = weight >= min_share * members["weight"].sum() - 1e-12
    return 50 + 10 * np.divide(
        total, weight, out=np.full(shape, np.nan), where=enough & (weight > 0)
    ), present


def _rebased_leads(values, headcount, members, anchors, min_share, lags):
    """The index of each lead month, per-head members on the headcount of the row's own month."""
    leads = []
    for months in range(lags[0], lags[1] + 1):
        ahead = {code: _shift(array, -months) for code, array in values.items()}
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = _shift(headcount, -months) / headcount
        factor[~np.isfinite(factor)] = np.nan
        for code in members.loc[members["per_head"], "indicator"]:
            ahead[code] = ahead[code] * factor
        leads.append(_index(ahead, members, anchors, min_share)[0])
    return leads


def _mean_of_months(levels, first, last, least):
    """Mean over the months m+first … m+last (both ends included), where at least ``least`` are present."""
    step = 1 if last >= first else -1
    return _mean([_shift(levels, -offset) for offset in range(first, last + step, step)], least)


def _mean(arrays, least):
    """Mean of the values present, where at least ``least`` are."""
    total, n = np.zeros(arrays[0].shape), np.zeros(arrays[0].shape, dtype=np.int64)
    for array in arrays:
        known = ~np.isnan(array)
        total += np.where(known, array, 0)
        n += known
    return np.divide(total, n, out=np.full(total.shape, np.nan), where=n >= least)


def _shift(array, months):
    """Array moved ``months`` later along its month axis (earlier if negative); never across units."""
    moved = np.full(array.shape, np.nan)
    width = array.shape[1]
    if abs(months) < width:
        moved[:, max(months, 0) : width + min(months, 0)] = array[:, max(-months, 0) : width - max(months, 0)]
    return moved


def _digest(anchors):
    text = json.dumps({k: v for k, v in anchors.items() if k != "sha256"}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
