"""What the burden indices depend on: publishable tables of diagnostics, multiverse, rank bands and uncertainty."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jianfu.core.months import month_range
from jianfu.core.units import latest_units, top2_share
from jianfu.indices import construction
from jianfu.indices.construction import Cube
from jianfu.indices.engine import diagnostics
from jianfu.indices.engine.multiverse import bands, multiverse, rank_shifts, ranks, unit_means
from jianfu.indices.engine.pipeline import mirror
from jianfu.indices.engine.weights import share
from jianfu.indices.grid import DECIMALS
from jianfu.indices.specification import IndexSpec

LEVEL = 0.9  # of the rank bands
BY_COMPONENT = {
    "influence": "influence",
    "vif": "vif",
    "leave_one_out_rank_correlation": "leave_one_out",
    "correlation_with_group": "with_index",
}
COUNTY = ("county_code", "county_name", "city_name")
FACTORS = ("normalisation", "weights", "aggregation", "drop_one", "window")  # of the multiverse


@dataclass(frozen=True)
class Data:
    """One index where it has any value of a member.

    cube, spec: of the index; codes: members that the reference window can anchor; rows: (N,) frame unit_code, month,
    county_code, headcount of the unit-months with any value, ``place`` their positions (unit, month) in the cube;
    units: (U,) codes in order, unit: (N,) positions in them.
    """

    cube: Cube
    spec: IndexSpec
    codes: list[str]
    rows: pd.DataFrame
    place: tuple[np.ndarray, np.ndarray]
    units: np.ndarray
    unit: np.ndarray


def components(index: str, indicators, unit_months, spec: IndexSpec) -> Data | None:
    """:class:`Data` of one index of ``spec``; None where fewer than two members can be anchored, or it has no value."""
    own = spec.only(index)
    cube = construction.read_cube(indicators, unit_months, own)
    codes = anchored(cube, own)
    if len(codes) < 2 or np.isnan(construction.levels(cube, own)[index]).all():
        return None
    place = np.nonzero(~np.isnan(cube.screened).all(axis=2))
    rows = pd.DataFrame(
        {"unit_code": cube.grid.units.take(place[0]), "month": cube.grid.months.take(place[1])}
    ).merge(
        unit_months[["unit_code", "month", "county_code", "headcount"]], on=["unit_code", "month"], how="left"
    )
    units, unit = np.unique(rows["unit_code"].to_numpy(dtype=object), return_inverse=True)
    return Data(cube, own, codes, rows, place, units, unit)


def anchored(cube: Cube, spec: IndexSpec) -> list[str]:
    """Members that the reference window can anchor."""
    entries = construction.fit(cube, spec)["indicators"]
    return [code for code, entry in entries.items() if not entry["dropped"]]


def windows(cube: Cube, reference: tuple[str, str], lengths) -> dict[str, tuple[str, str]]:
    """{number of months: reference window}: that of the province, then those that begin with it and last ``lengths``
    months. A window longer than the data is left out."""
    first, last = reference
    later = month_range(first, max(cube.grid.months[-1], last))
    found = {str(len(month_range(first, last))): tuple(reference)}
    return found | {
        str(n): (first, later[n - 1]) for n in sorted(lengths) if str(n) not in found and n <= len(later)
    }


def grid_of(cube: Cube, spec: IndexSpec, choices) -> tuple[dict[str, list], dict[str, tuple[str, str]]]:
    """Factors of the multiverse of one index with their levels, what is declared first, and the reference windows.

    choices: the group ``sensitivity`` of the settings; a member that cannot be anchored is not left out once more.
    """
    found = windows(cube, spec.reference, choices["reference_months"])
    return spec.grid(choices, anchored(cube, spec)) | {"window": list(found)}, found


def at(spec: IndexSpec, row, windows) -> IndexSpec:
    """The specification of one combination of the levels of :func:`grid_of`."""
    return replace(spec.at(row), reference=windows[row.window])


def diagnose(index, data):
    """Formative diagnostics of one index in the reference window: by component, and correlations by pair.

    By component: index, code, weight, influence, vif, leave_one_out (rank correlation of the index with and without
    it), correlation with the index. By pair: index, code, with, correlation, n. Of a geometric mean all are those of
    relief, of which it is taken.
    """
    anchors = construction.fit(data.cube, data.spec)
    built, group = construction.build(data.cube, data.spec, anchors), anchors["groups"][index]
    own = [data.spec.codes.index(code) for code in data.codes]
    inside = data.cube.grid.window(*data.spec.reference)[data.place[1]]
    place = tuple(positions[inside] for positions in data.place)
    values = built.normalised[place][:, own]
    score = mirror(built.levels[index][place], anchors["normalisation"])
    weights = None if group["weights"] is None else share(np.array(group["weights"])[own])
    rows = diagnostics.frame(
        diagnostics.group_rows(index, data.codes, values, score, weights, group["aggregation"])
    )
    wide = rows[rows["diagnostic"].isin(BY_COMPONENT)].pivot_table(
        index="code", columns="diagnostic", values="value", dropna=False
    )
    by_component = wide.reindex(index=data.codes, columns=list(BY_COMPONENT)).rename(columns=BY_COMPONENT)
    by_component = by_component.assign(index=index, weight=weights).rename_axis("code").reset_index()
    pairs = rows[rows["diagnostic"] == "correlation"].rename(
        columns={"value": "correlation", "group": "index"}
    )
    return by_component, pairs


def county_scores(scores, data, weights=None):
    """Counties and their mean scores (S, C) over units with ``weights`` (S, U), from scores (S, U)."""
    county = data.rows.drop_duplicates("unit_code").set_index("unit_code")["county_code"].reindex(data.units)
    codes, county = np.unique(county.to_numpy(dtype=object), return_inverse=True)
    belongs = (county[:, None] == np.arange(len(codes))).astype(float)
    weights = np.ones(scores.shape) if weights is None else np.asarray(weights, dtype=float)
    weights = np.where(np.isnan(scores), 0.0, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return codes, (np.nan_to_num(scores) * weights) @ belongs / (weights @ belongs)


def resample(data, draws, seed):
    """Bootstrap: unit weights (B, U), mean index of each unit (B, U) and monthly mean of the index (B, months).

    In each of the ``draws`` replicates as many units as there are are drawn with replacement; the anchors are made anew
    from them, and the index of all rows follows. The months of a unit stay together, so that they may depend on one
    another.
    """
    months, month = np.unique(data.rows["month"].to_numpy(dtype=object), return_inverse=True)
    random, size = np.random.default_rng(seed), len(data.units)
    known = data.cube.grid.units.isin(data.units)
    weights, scores, means = [], [], []
    for _ in range(draws):
        counts = np.bincount(random.integers(0, size, size), minlength=size)
        times = np.zeros(len(known), dtype=np.int64)
        times[known] = counts
        index = construction.levels(data.cube, data.spec, times)[data.spec.indices[0]][data.place]
        weights.append(counts)
        scores.append(_means(index, data.unit, size, np.ones(len(index))))
        means.append(_means(index, month, len(months), counts[data.unit].astype(float)))
    return months, np.array(weights), np.array(scores), np.array(means)


def _means(values, group, size, weights):
    """Weighted means of the values present by group (size,)."""
    weights = np.where(np.isnan(values), 0.0, weights)
    total = np.bincount(group, weights, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.bincount(group, np.nan_to_num(values) * weights, minlength=size) / total


def rank_tables(index, data, result, boot, units):
    """Rank bands by county (publishable) and by unit (restricted), from the multiverse and from the bootstrap."""
    _, weights, scores, _ = boot
    by_unit = bands(result.scores, data.units, LEVEL).merge(
        _drawn(data.units, ranks(scores)), on="unit", how="left"
    )
    counties, levels = county_scores(result.scores, data)
    _, drawn = county_scores(scores, data, weights)
    by_county = bands(levels, counties, LEVEL).merge(_drawn(counties, ranks(drawn)), on="unit", how="left")
    persons = data.rows.groupby(["county_code", "unit_code"])["headcount"].max()
    size = persons.groupby("county_code").agg(units="size", persons="sum", top2_share=top2_share)
    names = latest_units(units).drop_duplicates("county_code", keep="last")[list(COUNTY)]
    by_county = by_county.rename(columns={"unit": "county_code"}).merge(names, on="county_code", how="left")
    by_county = by_county.merge(size.reset_index(), on="county_code", how="left")
    by_unit = by_unit.rename(columns={"unit": "unit_code"}).assign(index=index)
    return by_county.assign(index=index), by_unit


def _drawn(names, positions):
    """Band of the ranks (B, U) of a bootstrap."""
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(positions, [tail, 100 - tail], axis=0)
    return pd.DataFrame({"unit": names, "drawn_low": low, "drawn_high": high})


def monthly_interval(index, data, boot, confidence):
    """Mean of the index by month with the percentile interval of the bootstrap, and the persons behind it."""
    months, _, _, means = boot
    level = construction.levels(data.cube, data.spec)[index][data.place]
    known = data.rows.assign(value=np.round(level, DECIMALS))[~np.isnan(level)]
    frame = known.groupby("month").agg(
        mean=("value", "mean"), persons=("headcount", "sum"), top2_share=("headcount", top2_share)
    )
    tail = 100 * (1 - confidence) / 2
    low, high = np.nanpercentile(means, [tail, 100 - tail], axis=0)
    limits = pd.DataFrame({"ci_low": low, "ci_high": high}, index=months)
    return frame.join(limits).rename_axis("month").reset_index().assign(index=index)


BAND = ("rank", "rank_median", "rank_low", "rank_high", "drawn_low", "drawn_high")
OUTPUT_COLUMNS = {
    "index_diagnostics": ["index", "code", "weight", *BY_COMPONENT.values()],
    "index_correlations": ["index", "code", "with", "correlation", "n"],
    "index_multiverse": ["index", *FACTORS, "mean_rank_shift"],
    "index_shares": ["index", "factor", "levels", "first_order", "total", "left_out"],
    "county_ranks": ["index", *COUNTY, *BAND, "units", "persons", "top2_share"],
    "index_interval": ["index", "month", "mean", "ci_low", "ci_high", "persons", "top2_share"],
    "rank_bands": ["index", "unit_code", *BAND],
}


def build_all(indicators, unit_months, units, spec, settings, inference) -> dict[str, pd.DataFrame]:
    """Every table of OUTPUT_COLUMNS for the indices in ``settings`` (group ``sensitivity`` of the settings).

    inference: the group of that name (confidence, seed). An index with fewer than two components that can be anchored
    is left out.
    """
    tables = {name: [] for name in OUTPUT_COLUMNS}
    for index in settings["indices"]:
        data = components(index, indicators, unit_months, spec)
        if data is None:
            continue
        factors, reference = grid_of(data.cube, data.spec, settings)
        _, means = unit_means(data.rows["unit_code"])

        def score(row, data=data, reference=reference, means=means):
            own = at(data.spec, row, reference)
            return means(construction.levels(data.cube, own)[own.indices[0]][data.place])

        result = multiverse(factors, score)
        boot = resample(data, settings["bootstrap"], inference["seed"])
        by_county, by_unit = rank_tables(index, data, result, boot, units)
        shifts = rank_shifts(result).assign(index=index)
        by_component, pairs = diagnose(index, data)
        tables["index_diagnostics"].append(by_component)
        tables["index_correlations"].append(pairs)
        tables["index_multiverse"].append(shifts)
        tables["index_shares"].append(result.shares(shifts["mean_rank_shift"]).assign(index=index))
        tables["county_ranks"].append(by_county)
        tables["rank_bands"].append(by_unit)
        tables["index_interval"].append(monthly_interval(index, data, boot, inference["confidence"]))
    return {
        name: (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns))[columns]
        for (name, columns), parts in zip(OUTPUT_COLUMNS.items(), tables.values(), strict=True)
    }
