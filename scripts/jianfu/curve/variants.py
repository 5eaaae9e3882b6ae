"""The same index in other ways: normalisation, weights, aggregation, members; and its lagged exposures."""

from dataclasses import dataclass

import numpy as np

from jianfu.calendar import month_range
from jianfu.composite import normalise, treat, weights
from jianfu.composite.aggregate import aggregate
from jianfu.errors import DataError

SCALES = {"ampi": (70.0, 60.0)}  # shift and stretch of a normalisation with a scale of its own
DATA_DRIVEN = {"entropy": weights.entropy, "critic": weights.critic}


@dataclass(frozen=True)
class Members:
    """Members of one index by unit and month.

    units, months: labels; values: (U, T, k) transformed, NaN = missing; valid: (U, T) the unit exists; reference: (T,)
    months of the anchors; codes, direction, weight: (k,).
    """

    units: np.ndarray
    months: np.ndarray
    values: np.ndarray
    valid: np.ndarray
    reference: np.ndarray
    codes: list
    direction: np.ndarray
    weight: np.ndarray


def members_of(indicators, unit_months, plan, index, reference):
    """:class:`Members` of ``index`` from the long ``indicators``; ``plan`` as from ``jianfu.indices.read_plan``,
    ``reference`` the first and last month of the reference window."""
    own = plan[plan["index"] == index]
    units = np.unique(unit_months["unit_code"].astype(object))
    months = np.array(month_range(unit_months["month"].min(), unit_months["month"].max()), dtype=object)
    codes = own["indicator"].tolist()
    rows = indicators[indicators["indicator"].isin(codes)]
    values = np.full((len(units), len(months), len(codes)), np.nan)
    place = [
        np.searchsorted(units, rows["unit_code"].astype(object)),
        np.searchsorted(months, rows["month"].astype(object)),
        np.array([codes.index(code) for code in rows["indicator"]], dtype=int),
    ]
    place[0] = np.minimum(place[0], len(units) - 1)
    place[1] = np.minimum(place[1], len(months) - 1)
    known = (units[place[0]] == rows["unit_code"].to_numpy(object)) & (
        months[place[1]] == rows["month"].to_numpy(object)
    )
    values[tuple(axis[known] for axis in place)] = rows["value"].to_numpy(float)[known]
    for j, row in enumerate(own.itertuples()):
        values[..., j] = treat.transform(values[..., j], row.transformation, row.indicator)
    valid = np.zeros(values.shape[:2], dtype=bool)
    valid[
        np.searchsorted(units, unit_months["unit_code"].astype(object)),
        np.searchsorted(months, unit_months["month"].astype(object)),
    ] = True
    return Members(
        units,
        months,
        values,
        valid,
        np.isin(months, month_range(*reference)),
        codes,
        own["direction"].to_numpy(float),
        own["weight"].to_numpy(float),
    )


def choices(plan, codes):
    """The declared ways to make the index: {name: {normalisation, weights, aggregation, left_out}}."""
    ways = {name: {"left_out": None} | way for name, way in plan["indices"].items()}
    if plan["drop_one"]:
        first = next(iter(ways.values()))
        ways |= {f"without {code}": first | {"left_out": code} for code in codes}
    return ways


def declared(settings):
    """The way in which the province makes its indices, from the group ``indices`` of the settings."""
    names = ("normalisation", "weights", "aggregation")
    methods = {name: settings[name] for name in names}
    return {"left_out": None} | {
        name: method if isinstance(method, str) else method["method"] for name, method in methods.items()
    }


def index_levels(members, way, min_share, rows=None):
    """Index (U, T) made in one ``way`` of :func:`choices`, up to a linear transformation.

    rows: positions of the units from which the constants come (with repetitions in a bootstrap), None = all. Raises
    :class:`DataError` where a method is not defined for these data.
    """
    keep = [j for j, code in enumerate(members.codes) if code != way["left_out"]]
    values, direction = members.values[..., keep], members.direction[keep]
    reference = values[:, members.reference] if rows is None else values[rows][:, members.reference]
    reference = reference.reshape(-1, len(keep))
    reference = reference[~np.isnan(reference).all(axis=1)]
    everything = np.ones(len(reference), dtype=bool)
    constants = normalise.fit(reference, everything, direction, way["normalisation"])
    flat = values.reshape(-1, len(keep))
    scale = SCALES.get(way["normalisation"], (0.0, 1.0))
    scores, _ = normalise.apply(flat, constants, direction, way["normalisation"], *scale)
    used = members.weight[keep]
    if way["weights"] in DATA_DRIVEN:
        used = DATA_DRIVEN[way["weights"]](reference * direction)
    elif way["weights"] == "pc1":
        used, _ = weights.pc1(reference * direction, [members.codes[j] for j in keep])
    elif way["weights"] == "equal":
        used = np.ones(len(keep))
    elif way["weights"] != "given":
        raise DataError(f"the weights '{way['weights']}' are not offered in a specification curve.")
    return aggregate(scores, used, way["aggregation"], min_share).reshape(values.shape[:2])


def exposure(levels, members, lags, min_share, rows=None):
    """Mean of ``levels`` (U, T) over the months m - first to m - last (``lags``), standardised by mean and sample SD
    over the reference months of the units in ``rows`` (None = all): (U, T), NaN where unknown."""
    first, last = lags
    total, present = np.zeros(levels.shape), np.zeros(levels.shape)
    for lag in range(first, last + 1):
        moved = np.full(levels.shape, np.nan)
        moved[:, lag:] = levels[:, : levels.shape[1] - lag]
        known = ~np.isnan(moved)
        total += np.where(known, moved, 0.0)
        present += known
    least = np.ceil(min_share * (last - first + 1) - 1e-9)
    mean = np.divide(
        total, present, out=np.full(levels.shape, np.nan), where=(present >= least) & members.valid
    )
    own = mean[:, members.reference] if rows is None else mean[rows][:, members.reference]
    own = own[~np.isnan(own)]
    if len(own) < 2 or not own.std(ddof=1) > 0:
        raise DataError("the exposure does not vary in the reference window.")
    return (mean - own.mean()) / own.std(ddof=1)
