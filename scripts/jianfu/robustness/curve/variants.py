"""The same index in other ways: normalisation, weights, aggregation, members; and its lagged exposures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError
from jianfu.indices.engine import pipeline, treat
from jianfu.indices.engine.methods import resolve_all
from jianfu.indices.engine.structure import Group, Structure
from jianfu.indices.grid import Grid, mean_of_months

WEIGHTS = ("given", "equal", "entropy", "critic", "pc1")


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
    """:class:`Members` of ``index`` from the long ``indicators``; ``plan`` as from
    ``jianfu.indices.construction.read_plan``,
    ``reference`` the first and last month of the reference window."""
    own = plan[plan["index"] == index]
    grid, codes = Grid(unit_months), own["indicator"].tolist()
    values = grid.spread(indicators, codes)
    for j, row in enumerate(own.itertuples()):
        values[..., j] = treat.transform(values[..., j], row.transformation, row.indicator)
    return Members(
        np.array(grid.units, dtype=object),
        np.array(grid.months, dtype=object),
        values,
        grid.valid,
        grid.window(*reference),
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
    if way["weights"] not in WEIGHTS:
        raise DataError(f"the weights '{way['weights']}' are not offered in a specification curve.")
    keep = [j for j, code in enumerate(members.codes) if code != way["left_out"]]
    values = members.values[..., keep]  # noqa: PD011
    reference = values[:, members.reference] if rows is None else values[rows][:, members.reference]
    reference = reference.reshape(-1, len(keep))
    reference = reference[~np.isnan(reference).all(axis=1)]
    methods = {name: way[name] for name in ("normalisation", "weights")}
    used = resolve_all(methods | {"aggregation": {"method": way["aggregation"], "min_share": min_share}})
    anchors = pipeline.fit(reference, _structure(members, keep), np.ones(len(reference), dtype=bool), used)
    flat = values.reshape(-1, len(keep))
    return pipeline.apply(flat, anchors).aggregated[:, 0].reshape(values.shape[:2])


def _structure(members, keep):
    """The members at the positions ``keep`` as one group; their values are transformed already."""
    table = pd.DataFrame(
        {"direction": members.direction[keep], "transformation": "none", "treatment": "default"},
        index=[members.codes[j] for j in keep],
    ).assign(**dict.fromkeys(("low", "high", "lower", "upper", "reference"), np.nan))
    return Structure(table, (Group("index", 2, tuple(table.index), tuple(members.weight[keep])),))


def exposure(levels, members, lags, min_share, rows=None):
    """Mean of ``levels`` (U, T) over the months m - first to m - last (``lags``), standardised by mean and sample SD
    over the reference months of the units in ``rows`` (None = all): (U, T), NaN where unknown."""
    mean = lagged(levels, members, lags, min_share)
    own = mean[:, members.reference] if rows is None else mean[rows][:, members.reference]
    own = own[~np.isnan(own)]
    if len(own) < 2 or not own.std(ddof=1) > 0:
        raise DataError("the exposure does not vary in the reference window.")
    return (mean - own.mean()) / own.std(ddof=1)


def lagged(levels, members, lags, min_share):
    """Mean of ``levels`` (U, T) over the months m - first to m - last, where ``min_share`` of them are present."""
    first, last = lags
    least = np.ceil(min_share * (last - first + 1) - 1e-9)
    return np.where(members.valid, mean_of_months(levels, -first, -last, least), np.nan)
