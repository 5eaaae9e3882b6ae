"""What the burden indices depend on: publishable tables of diagnostics, multiverse, rank bands and uncertainty."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.months import month_range
from jianfu.indicators.units import latest_units
from jianfu.indices.engine import diagnostics, methods, pipeline
from jianfu.indices.engine.bootstrap import replicates
from jianfu.indices.engine.multiverse import bands, multiverse, rank_shifts, ranks, shares, unit_means
from jianfu.indices.engine.structure import build_structure
from jianfu.statistics.concentration import top2_share

LEVEL = 0.9  # of the rank bands
BY_COMPONENT = {
    "influence": "influence",
    "vif": "vif",
    "leave_one_out_rank_correlation": "leave_one_out",
    "correlation_with_group": "with_index",
}
SCALE = {"method": "z", "scale": {"mean": 50, "sd": 10}}  # of the indices (theory, section 4)
COUNTY = ("county_code", "county_name", "city_name")


@dataclass(frozen=True)
class Data:
    """Values of the components of one index that the reference window can anchor.

    values: (N, k); table: indicator table of the components; rows: (N,) frame unit_code, month, county_code,
    headcount of the unit-months with any value; units: (U,) codes in order, unit: (N,) positions in them.
    """

    values: np.ndarray
    table: pd.DataFrame
    rows: pd.DataFrame
    units: np.ndarray
    unit: np.ndarray


def components(index, indicators, unit_months, members, dropped=()):
    """:class:`Data` of one index; None if fewer than two components are left without those in ``dropped``."""
    own = members[(members["index"] == index) & ~members["indicator"].isin(dropped)]
    own = own[own["indicator"].isin(indicators.loc[indicators["value"].notna(), "indicator"])]
    if len(own) < 2:
        return None
    wide = indicators[indicators["indicator"].isin(own["indicator"])].pivot_table(
        index=["unit_code", "month"], columns="indicator", values="value", sort=True
    )
    rows = wide.index.to_frame(index=False).merge(
        unit_months[["unit_code", "month", "county_code", "headcount"]], on=["unit_code", "month"], how="left"
    )
    table = own.rename(columns={"indicator": "code"}).assign(parent=index)
    table = table[["code", "parent", "direction", "weight", "transformation"]].reset_index(drop=True)
    units, unit = np.unique(rows["unit_code"].to_numpy(dtype=object), return_inverse=True)
    return Data(wide[table["code"]].to_numpy(dtype=float), table, rows, units, unit)


def windows(months, first, lengths):
    """Masks {text: (N,) bool} of reference windows that begin in month ``first`` and last ``lengths`` months.

    A window longer than the data is left out, save the shortest.
    """
    later = month_range(first, max(max(months), first))
    kept = [n for n in sorted(lengths) if n <= len(later)] or [min(lengths)]
    return {str(n): np.isin(months, later[:n]) for n in kept}


def diagnose(index, data, reference):
    """Formative diagnostics of one index in the reference window: by component, and correlations by pair.

    By component: index, code, weight, influence, vif, leave_one_out (rank correlation of the index with and without
    it), correlation with the index. By pair: index, code, with, correlation, n.
    """
    steps, weights, options = _apply(data, reference)
    codes = list(data.table["code"])
    rows = diagnostics.frame(
        diagnostics.group_rows(
            index, codes, steps.normalised[reference], steps.aggregated[reference, -1], weights, options
        )
    )
    wide = rows[rows["diagnostic"].isin(BY_COMPONENT)].pivot_table(
        index="code", columns="diagnostic", values="value", dropna=False
    )
    by_component = wide.reindex(index=codes, columns=list(BY_COMPONENT)).rename(columns=BY_COMPONENT)
    by_component = by_component.assign(index=index, weight=weights).rename_axis("code").reset_index()
    pairs = rows[rows["diagnostic"] == "correlation"].rename(
        columns={"value": "correlation", "group": "index"}
    )
    return by_component, pairs


def _settings():
    return methods.resolve_all({"normalisation": SCALE})


def _apply(data, reference):
    """Steps, weights (k,) and aggregation options of the primary construction."""
    used = _settings()
    anchors = pipeline.fit(data.values, build_structure(data.table), reference, used)
    group = list(anchors["groups"].values())[-1]
    return pipeline.apply(data.values, anchors), np.array(group["weights"]), group["aggregation"]


def county_scores(scores, data, weights=None):
    """Counties and their mean scores (S, C) over units with ``weights`` (S, U), from scores (S, U)."""
    county = data.rows.drop_duplicates("unit_code").set_index("unit_code")["county_code"].reindex(data.units)
    codes, county = np.unique(county.to_numpy(dtype=object), return_inverse=True)
    belongs = (county[:, None] == np.arange(len(codes))).astype(float)
    weights = np.ones(scores.shape) if weights is None else np.asarray(weights, dtype=float)
    weights = np.where(np.isnan(scores), 0.0, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return codes, (np.nan_to_num(scores) * weights) @ belongs / (weights @ belongs)


def resample(data, reference, draws, seed):
    """Bootstrap: unit weights (B, U), mean index of each unit (B, U) and monthly mean of the index (B, months)."""
    months, month = np.unique(data.rows["month"].to_numpy(dtype=object), return_inverse=True)
    weights, scores, means = [], [], []
    built = build_structure(data.table)
    for counts, index in replicates(data.values, built, data.unit, reference, _settings(), draws, seed):
        weights.append(counts)
        scores.append(_means(index[:, -1], data.unit, len(data.units), np.ones(len(index))))
        means.append(_means(index[:, -1], month, len(months), counts[data.unit].astype(float)))
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


def monthly_interval(index, data, reference, boot, confidence):
    """Mean of the index by month with the percentile interval of the bootstrap, and the persons behind it."""
    months, _, _, means = boot
    steps, _, _ = _apply(data, reference)
    known = data.rows[~np.isnan(steps.aggregated[:, -1])].assign(
        value=steps.aggregated[~np.isnan(steps.aggregated[:, -1]), -1]
    )
    frame = known.groupby("month").agg(
        mean=("value", "mean"), persons=("headcount", "sum"), top2_share=("headcount", top2_share)
    )
    tail = 100 * (1 - confidence) / 2
    low, high = np.nanpercentile(means, [tail, 100 - tail], axis=0)
    limits = pd.DataFrame({"ci_low": low, "ci_high": high}, index=months)
    return frame.join(limits).rename_axis("month").reset_index().assign(index=index)


OUTPUT_COLUMNS = {
    "index_diagnostics": ["index", "code", "weight", *BY_COMPONENT.values()],
    "index_correlations": ["index", "code", "with", "correlation", "n"],
    "index_multiverse": [
        "index",
        "normalisation",
        "weights",
        "aggregation",
        "drop_one",
        "window",
        "mean_rank_shift",
    ],
    "index_shares": ["index", "factor", "levels", "first_order", "total", "left_out"],
    "county_ranks": [
        "index",
        *COUNTY,
        "rank",
        "rank_median",
        "rank_low",
        "rank_high",
        "drawn_low",
        "drawn_high",
        "units",
        "persons",
        "top2_share",
    ],
    "index_interval": ["index", "month", "mean", "ci_low", "ci_high", "persons", "top2_share"],
    "rank_bands": [
        "index",
        "unit_code",
        "rank",
        "rank_median",
        "rank_low",
        "rank_high",
        "drawn_low",
        "drawn_high",
    ],
}


def build_all(indicators, unit_months, units, members, dropped, first_month, settings, inference):
    """Every table of OUTPUT_COLUMNS for the indices in ``settings`` (group ``sensitivity`` of the settings).

    dropped: components that have no anchor; first_month: the first month of the reference window; inference: the group
    of that name (confidence, seed). An index with fewer than two components is left out.
    """
    tables = {name: [] for name in OUTPUT_COLUMNS}
    for index in settings["indices"]:
        data = components(index, indicators, unit_months, members, dropped)
        if data is None:
            continue
        masks = windows(data.rows["month"].to_numpy(dtype=object), first_month, settings["reference_months"])
        reference = next(iter(masks.values()))
        factors = {name: settings[name] for name in ("normalisation", "weights", "aggregation")}
        _, measure = unit_means(data.rows["unit_code"])
        result = multiverse(data.values, data.table, masks, factors, measure, settings["drop_one"])
        boot = resample(data, reference, settings["bootstrap"], inference["seed"])
        by_county, by_unit = rank_tables(index, data, result, boot, units)
        left = result.failures.groupby("factor")["level"].agg(";".join)
        share = shares(result).assign(index=index)
        by_component, pairs = diagnose(index, data, reference)
        tables["index_diagnostics"].append(by_component)
        tables["index_correlations"].append(pairs)
        tables["index_multiverse"].append(rank_shifts(result).assign(index=index))
        tables["index_shares"].append(
            share.assign(left_out=[left.get(factor, "") for factor in share["factor"]])
        )
        tables["county_ranks"].append(by_county)
        tables["rank_bands"].append(by_unit)
        tables["index_interval"].append(
            monthly_interval(index, data, reference, boot, inference["confidence"])
        )
    return {
        name: (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns))[columns]
        for (name, columns), parts in zip(OUTPUT_COLUMNS.items(), tables.values(), strict=True)
    }
