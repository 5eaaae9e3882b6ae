"""The whole pipeline: fit the anchors on the rows of the reference window, apply them to every row.

    used = methods.resolve_all({"normalisation": "z", "weights": "equal", "aggregation": "arithmetic"})
    structure = build_structure(table)
    anchors = fit(values, structure, reference, used)
    steps = apply(values, anchors)          # also for other units and later periods

``values`` (N, k) has one column per indicator in the order of ``structure.codes``, after denominators and imputation.
Anchors hold everything :func:`apply` needs. Fitting and applying cost about as much as sorting the values once, so
that a replicate of a bootstrap is ``apply(values, fit(values[rows], ...))``.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.core.errors import ConfigError, DataError
from jianfu.indices.engine import normalise, treat, weights
from jianfu.indices.engine.aggregate import aggregate, present
from jianfu.indices.engine.methods import check_structure, of_group

DATA_DRIVEN = {"entropy": weights.entropy, "critic": weights.critic}


@dataclass(frozen=True)
class Steps:
    """What :func:`apply` returns. Arrays (N, k) by indicator: treated, normalised, clipped (-1, 0, 1 where a score was
    cut off at its goalposts); (N, g) by group, lowest level first: aggregated, present (number of components).
    ``weights`` {group: (children,) or, for the benefit of the doubt, (N, children)}."""

    treated: np.ndarray
    normalised: np.ndarray
    clipped: np.ndarray
    aggregated: np.ndarray
    present: np.ndarray
    weights: dict


def denominate(values, denominators):
    """Values divided by their denominators (N, k); NaN = no denominator in a column that has none at all.

    A denominator that is zero or missing makes the value missing.
    """
    divided = ~np.isnan(denominators).all(axis=0)
    below = np.where(denominators == 0, np.nan, denominators)
    return np.where(divided, values / below, values)


def fit(values, structure, reference, used):
    """Anchors, a dict that can be stored as JSON, from the rows of ``values`` (N, k) where ``reference`` (N,) is true.

    ``used`` are the settings from :func:`jianfu.indices.engine.methods.resolve_all`.
    Raises :class:`ConfigError` for settings that do not fit the structure and :class:`DataError` for values that a
    method is not defined for.
    """
    check_structure(used, structure)
    rows = np.asarray(values, dtype=float)[reference]
    table, normalisation = structure.indicators, used["normalisation"]
    entries = _fit_treatment(rows, table, used["treatment"])
    treated = _treat(rows, entries)
    direction = table["direction"].to_numpy() * (-1 if normalisation.get("mirrored") else 1)
    low, high, centre = (_goalposts(table, name) for name in ("low", "high", "reference"))
    if normalisation["method"] == "distance":
        normalise.check_ratio(treated, direction, table.index)
    constants = normalise.fit(
        treated,
        np.ones(len(rows), dtype=bool),
        direction,
        normalisation["method"],
        low,
        high,
        centre,
        normalisation.get("to", "best"),
    )
    anchors = {
        "normalisation": normalisation,
        "indicators": {
            code: {"direction": int(sign)} | entry | constant
            for code, sign, entry, constant in zip(table.index, direction, entries, constants, strict=True)
        },
        "groups": {},
    }
    _fit_groups(anchors, treated, treated * direction, structure, used)
    return anchors


def apply(values, anchors):
    """All steps for ``values`` (N, k), columns in the order of ``anchors["indicators"]``.

    Where the normalisation is ``mirrored``, ``normalised`` is relief, and ``aggregated`` is burden again.
    """
    entries = list(anchors["indicators"].values())
    treated = _treat(np.asarray(values, dtype=float), entries)
    normalised, clipped = _normalise(treated, entries, anchors)
    try:
        scores, counts, used = aggregate_groups(normalised, list(anchors["indicators"]), anchors["groups"])
    except DataError as error:  # the reference rows were aggregated when the anchors were fitted
        what = error.reason.values.get("what", error.reason)
        if "n" not in what.values:
            raise
        raise DataError("scores_below_reference", n=what.values["n"]) from None
    return Steps(treated, normalised, clipped, mirror(scores, anchors["normalisation"]), counts, used)


def mirror(scores, normalisation) -> np.ndarray:
    """Scores of burden from those of relief, and back, where the normalisation is ``mirrored``; else as they are."""
    if not normalisation.get("mirrored"):
        return scores
    return 2 * normalisation["shift"] + normalisation["stretch"] - scores


def aggregate_groups(normalised, codes, groups):
    """Scores (N, g), components present (N, g) and weights {group: array} of normalised indicators (N, k).

    ``groups`` as in the anchors, in their order; weights may be other ones than those fitted.
    """
    columns = dict(zip(codes, normalised.T, strict=True))
    scores, counts, used = [], [], {}
    for code, group in groups.items():
        score, n, used[code] = _aggregate(columns, group)
        columns[code] = score
        scores.append(score)
        counts.append(n)
    return np.stack(scores, axis=1), np.stack(counts, axis=1), used


def _fit_treatment(rows, table, treatment):
    """Per indicator: transformation, limits on the transformed scale, and what the treatment found."""
    entries = []
    columns = (table[name] for name in ("transformation", "treatment", "lower", "upper"))
    for j, (code, transformation, treated, *limits) in enumerate(zip(table.index, *columns, strict=True)):
        entry = {"transformation": transformation, "lower": None, "upper": None, "log": None}
        method = "none" if treated == "none" else treatment["method"]
        if method != "none":
            for name, limit in zip(("lower", "upper"), limits, strict=True):
                if not np.isnan(limit):
                    entry[name] = float(treat.transform(np.array(limit), transformation, code))
        x = treat.transform(rows[:, j], transformation, code)
        if method == "winsorise" and entry["lower"] is None and entry["upper"] is None:
            entry |= _winsorise(x, treatment)
        entries.append(entry)
    return entries


def _winsorise(x, treatment):
    """Limits; or, where they do not suffice and the fallback is log, the constants of ln(x - min + range/100)."""
    thresholds = treatment["skewness"], treatment["kurtosis"]
    lower, upper, moved = treat.winsor_limits(x, *thresholds, treatment["max_points"])
    if treatment["fallback"] == "log" and treat.is_outlying(np.clip(x, lower, upper), *thresholds):
        low, high = float(np.nanmin(x)), float(np.nanmax(x))
        return {"log": [low, 0.01 * (high - low)], "winsorised": 0}
    limits = {"lower": lower, "upper": upper}
    return {name: float(x) for name, x in limits.items() if np.isfinite(x)} | {"winsorised": moved}


def _treat(values, entries):
    """Transformed values inside their limits."""
    treated = np.empty(values.shape)
    for j, entry in enumerate(entries):
        x = treat.transform(values[:, j], entry["transformation"])
        if entry["lower"] is not None or entry["upper"] is not None:
            x = np.clip(x, entry["lower"], entry["upper"])
        if entry["log"]:
            low, shift = entry["log"]
            x = np.log(np.maximum(x - low, 0.0) + shift)
        treated[:, j] = x
    return treated


def _goalposts(table, name):
    """Goalposts and reference values, given in the unit of the data, on the transformed scale."""
    return np.array(
        [
            float(treat.transform(np.array(value), transformation, code))
            for code, value, transformation in zip(
                table.index, table[name], table["transformation"], strict=True
            )
        ]
    )


def _normalise(treated, entries, anchors):
    used = anchors["normalisation"]
    direction = np.array([entry["direction"] for entry in entries])
    if used["method"] == "distance":
        normalise.check_ratio(treated, direction, list(anchors["indicators"]))
    return normalise.apply(
        treated, entries, direction, used["method"], used["shift"], used["stretch"], used["clip"]
    )


def _fit_groups(anchors, treated, directed, structure, used):
    """Weights of every group, from the lowest level upwards; those that need data see the reference rows only."""
    entries = list(anchors["indicators"].values())
    scores, _ = _normalise(treated, entries, anchors)
    columns = dict(zip(structure.codes, scores.T, strict=True))
    information = dict(zip(structure.codes, directed.T, strict=True))
    for group in structure.groups:
        spec = of_group(used["weights"], group)
        data = np.stack([information[code] for code in group.children], axis=1)
        peers = np.stack([columns[code] for code in group.children], axis=1)
        entry = {"level": group.level, "children": list(group.children), "weighting": spec["method"]}
        entry |= _weigh(spec, group, data, peers)
        entry["aggregation"] = of_group(used["aggregation"], group)
        anchors["groups"][group.code] = entry
        columns[group.code] = information[group.code] = _aggregate(columns, entry)[0]


def _weigh(spec, group, data, peers):
    """Weights of one group and what belongs to them, as values for JSON."""
    method, found = spec["method"], {}
    if method == "bod":
        bounds = _bounds(spec["bounds"], group)
        return {
            "weights": None,
            "peers": _json(peers),
            "bounds": _json(bounds),
            "bounds_of": spec["bounds_of"],
        }
    if method == "equal":
        values = weights.share(np.ones(len(group.children)))
    elif method == "given":
        values = weights.share(group.weights)
    elif method == "pc1":
        try:
            values, explained = weights.pc1(data, group.children)
        except DataError as error:
            raise DataError("about", name=group.code, what=error.reason) from None
        found = {"explained": None if np.isnan(explained) else explained}
    elif method == "ahp":
        values, largest, index, ratio = weights.ahp(
            weights.comparisons(spec["matrix"], group.code, group.children)
        )
        found = {"eigenvalue": largest, "ci": index, "cr": None if np.isnan(ratio) else ratio}
    else:
        values = DATA_DRIVEN[method](data)
    if method in ("pc1", *DATA_DRIVEN):
        found["rows"] = weights.rows_used(data, each=method == "entropy")
    return {"weights": [float(f"{x:.{normalise.DIGITS}g}") for x in values]} | found


def _bounds(bounds, group):
    """Share bounds (children, 2) from [low, high] for all or {code: [low, high]}."""
    given = [bounds] * len(group.children) if isinstance(bounds, list) else None
    given = given or [(bounds or {}).get(code, (np.nan, np.nan)) for code in group.children]
    array = np.array(given, dtype=float)
    if np.nansum(array[:, 0]) > 1 or (not np.isnan(array[:, 1]).any() and array[:, 1].sum() < 1):
        raise ConfigError("bounds_impossible", key="weights.bounds", group=group.code)
    return array


def _json(array):
    return [[None if np.isnan(x) else float(x) for x in row] for row in array]


def _aggregate(columns, group):
    """Scores, numbers of components present and weights of one group."""
    values = np.stack([columns[code] for code in group["children"]], axis=1)
    options = group["aggregation"]
    if group["weights"] is not None:
        used = np.array(group["weights"])
        try:
            return aggregate(values, used, **options), present(values, used), used
        except DataError as error:
            raise DataError("about", name=list(group["children"]), what=error.reason) from None
    known = (~np.isnan(values)).sum(axis=1)
    enough = known >= options["min_share"] * values.shape[1] - 1e-12
    used, scores = weights.bod(
        np.where(enough[:, None], values, np.nan),
        np.array(group["peers"], dtype=float),
        np.array(group["bounds"], dtype=float),
        group["bounds_of"],
    )
    return scores, known, used
