"""Indices of several provinces on one scale: what the members of an index add to its monthly mean, on any anchors.

An index is a weighted mean of z-scores, and so is its mean over units: with the means of (share of the member in the
index of its unit) and of (share x z-score), the mean of the index on other anchors follows exactly, without any value
of a unit.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from jianfu.core.units import top2_share

COLUMNS = ["index", "month", "member", "share", "score", "units", "persons", "top2_share"]
ANCHORS = ["member", "direction", "n", "mean", "sd"]
LEVELS = ["index", "month", "province", "own_scale", "common_scale"]
CENTRE, SPREAD = 50.0, 10.0  # an index is CENTRE + SPREAD x mean of z-scores


def on_z_scores(anchors: Mapping) -> bool:
    """Whether indices are means of z-scores, which alone can be put on other anchors from their means."""
    methods = anchors["methods"]
    return (
        methods["normalisation"]["method"] == "z"
        and methods["aggregation"]["default"]["method"] == "arithmetic"
    )


def contributions(
    normalised: pd.DataFrame,
    indices: pd.DataFrame,
    unit_months: pd.DataFrame,
    anchors: Mapping,
    chosen: Iterable[str],
) -> pd.DataFrame:
    """What every member adds to the monthly mean of the ``chosen`` indices: :data:`COLUMNS`.

    normalised: unit_code, month, one column of normalised values per member (z-scores on their scale); indices:
    unit_code, month, index, value; unit_months: unit_code, month, headcount; anchors: as stored. share: mean over units
    of the weight of the member among those present; score: mean of share x z-score; persons and top2_share are for the
    gate. Nothing where the indices are no means of z-scores (:func:`on_z_scores`).
    """
    parts = []
    how = anchors["normalisation"]
    for index in chosen if on_z_scores(anchors) else ():
        group = anchors["indices"][index]["group"]
        rows = indices.loc[indices["index"].eq(index) & indices["value"].notna(), ["unit_code", "month"]]
        rows = rows.merge(normalised).merge(unit_months[["unit_code", "month", "headcount"]])
        scores = (rows[group["children"]].to_numpy(dtype=float) - how["shift"]) / how["stretch"]
        share = np.where(np.isnan(scores), 0.0, np.asarray(group["weights"], dtype=float))
        share = share / share.sum(axis=1, keepdims=True)
        months = rows["month"].astype(str)
        size = rows.groupby(months)["headcount"].agg(units="size", persons="sum", top2_share=top2_share)
        for place, member in enumerate(group["children"]):
            own = pd.DataFrame(
                {"share": share[:, place], "score": share[:, place] * np.nan_to_num(scores[:, place])}
            )
            means = own.groupby(months.to_numpy()).mean().join(size)
            parts.append(means.rename_axis("month").reset_index().assign(index=index, member=member))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(parts, ignore_index=True).sort_values(["index", "month", "member"], ignore_index=True)[
        COLUMNS
    ]


def member_anchors(anchors: Mapping, members: Iterable[str]) -> pd.DataFrame:
    """The constants of members: :data:`ANCHORS`; those without any are left out. n: unit-months behind them."""
    entries = {code: anchors["indicators"][code] for code in sorted(set(members))}
    rows = [
        (code, entry["direction"], entry["n"], entry["centre"], entry["scale"])
        for code, entry in entries.items()
        if entry["dropped"] is None
    ]
    return pd.DataFrame(rows, columns=ANCHORS)


def pooled_anchors(anchors: pd.DataFrame) -> pd.DataFrame:
    """Mean and SD of every member over all unit-months of several provinces: member, n, mean, sd.

    anchors: rows of :func:`member_anchors` of all provinces. Sums of squares are those within the provinces and those
    between their means.
    """
    frame = anchors.assign(total=anchors["n"] * anchors["mean"])
    groups = frame.groupby("member")
    n = groups["n"].transform("sum")
    centre = groups["total"].transform("sum") / n
    squares = (frame["n"] - 1) * frame["sd"] ** 2 + frame["n"] * (frame["mean"] - centre) ** 2
    frame = frame.assign(centre=centre, squares=squares, count=n)
    found = frame.groupby("member").agg(n=("n", "sum"), mean=("centre", "first"), squares=("squares", "sum"))
    found["sd"] = np.sqrt(found["squares"] / (found["n"] - 1))
    return found.reset_index()[["member", "n", "mean", "sd"]]


def on_anchors(made: pd.DataFrame, own: pd.DataFrame, common: pd.DataFrame) -> pd.DataFrame:
    """Monthly means of indices on the anchors ``common``: index, month, own_scale, common_scale.

    made: index, month, member, share, score, on the anchors ``own``. A month of which a member is missing (withheld) is
    left out, as its index would be another one.
    """
    frame = made.merge(own, on="member", how="left").merge(
        common, on="member", suffixes=("", "_common"), how="left"
    )
    moved = frame["score"] * frame["sd"] + frame["direction"] * frame["share"] * (
        frame["mean"] - frame["mean_common"]
    )
    frame["moved"] = moved / frame["sd_common"]
    frame["moved"] = frame["moved"].where(frame["share"] > 0, 0.0).where(frame["share"].notna())
    whole = frame.groupby("index")["member"].transform("nunique")
    groups = frame.groupby(["index", "month"])
    complete = groups["share"].transform("count").eq(whole)
    sums = frame[complete].groupby(["index", "month"])[["score", "moved"]].sum() * SPREAD + CENTRE
    return sums.rename(columns={"score": "own_scale", "moved": "common_scale"}).reset_index()


def side_by_side(
    provinces: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], indices: Iterable[str]
) -> pd.DataFrame:
    """Monthly mean of every index in every province, on its own anchors and on those of all together: :data:`LEVELS`.

    provinces: {name: (its contributions, its anchors)}. A province whose index is made of fewer members than elsewhere,
    or by another method, has no rows of it.
    """
    members = {
        (name, index): set(made.loc[made["index"] == index, "member"])
        for name, (made, _) in provinces.items()
        for index in indices
    }
    whole = {
        index: max((own for (_, i), own in members.items() if i == index), key=len, default=set())
        for index in indices
    }
    able = {name: pair for name, pair in provinces.items() if len(pair[1])}
    if not able:
        return pd.DataFrame(columns=LEVELS)
    common = pooled_anchors(pd.concat([own for _, own in able.values()], ignore_index=True))
    parts = []
    for name, (made, own) in able.items():
        same = [index for index in indices if whole[index] and members[name, index] == whole[index]]
        parts.append(on_anchors(made[made["index"].isin(same)], own, common).assign(province=name))
    return pd.concat(parts, ignore_index=True)[LEVELS].sort_values(LEVELS[:3], ignore_index=True)
