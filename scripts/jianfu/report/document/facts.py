"""Single numbers that the sentences of the report quote, from released estimates and figure data."""

import math
from collections.abc import Mapping

import pandas as pd

from jianfu.models.estimates import missing
from jianfu.models.reasons import has
from jianfu.release.outputs import TOTAL
from jianfu.report.tables.table import count, number, p_text


def effect(row: Mapping, alpha: float = 0.05) -> dict:
    """One estimate as texts (estimate, std_error, low, high, p) with ``significant`` and ``positive``.

    ``p`` carries its sign (``<0.001``, ``=0.013``) and is the adjusted p-value where there is one (``adjusted``);
    ``size`` is the absolute value. Log hazards also get the ratio with its interval and ``percent``, the relative
    change of the monthly risk per standard deviation (absolute value, whole number).
    """
    adjusted = not missing(row["p_adjusted"])
    p_value = row["p_adjusted"] if adjusted else row["p_value"]
    fact = {
        "estimate": number(row["estimate"]),
        "std_error": number(row["std_error"]),
        "low": number(row["ci_low"]),
        "high": number(row["ci_high"]),
        "size": number(abs(row["estimate"])),
        "raw": float(row["estimate"]),
        "p": p_text(p_value) if not missing(p_value) and p_value < 0.001 else f"={p_text(p_value)}",
        "adjusted": adjusted,
        "significant": not missing(p_value) and p_value < alpha,
        "positive": row["estimate"] > 0,
        "hazard": str(row["scale"]).startswith("log_hazard"),
    }
    if fact["hazard"]:
        ratio = math.exp(row["estimate"])
        fact |= {
            "ratio": number(ratio, 2),
            "ratio_low": number(math.exp(row["ci_low"]), 2),
            "ratio_high": number(math.exp(row["ci_high"]), 2),
            "percent": f"{abs(100 * (ratio - 1)):.0f}",
        }
    return fact


def sample_counts(estimates: pd.DataFrame) -> dict:
    """Sizes of the analysis samples of the primary models H1 and H2 (texts), by hypothesis; None if not fitted.

    ``rounded`` names those that the gate has rounded.
    """
    found = {"H1": None, "H2": None}
    for hypothesis in found:
        rows = estimates[(estimates["hypothesis"] == hypothesis) & (estimates["role"] == "primary")]
        rows = rows[rows["n_used"] > 0]
        if len(rows):
            keys = ("n_read", "n_used", "n_dropped", "n_units", "n_clusters", "n_events")
            row = rows.iloc[0]
            counts = {key: count(row[key]) for key in keys}
            may = ("n_read", "n_used", "n_dropped", "n_events")
            found[hypothesis] = counts | {"rounded": may if has(row["reasons"], "rounded") else ()}
    return found


def burden_change(series, index: str) -> dict | None:
    """First and last monthly mean of an index, and the highest month; None without data."""
    rows = series[(series["index"] == index) & series["mean"].notna()].sort_values("month", kind="stable")
    if rows.empty:
        return None
    top = rows.loc[rows["mean"].idxmax()]
    first, last = rows.iloc[0], rows.iloc[-1]
    return {
        "first_month": first["month"],
        "first": number(first["mean"], 1),
        "last_month": last["month"],
        "last": number(last["mean"], 1),
        "top_month": top["month"],
        "top": number(top["mean"], 1),
    }


def county_range(cells) -> dict | None:
    """Number of counties and the lowest and highest county mean over the window; None with fewer than two."""
    means = cells.dropna(subset="mean").groupby("county_code")["mean"].mean()
    if len(means) < 2:
        return None
    return {
        "n": len(means),
        "low": number(means.min(), 1),
        "high": number(means.max(), 1),
        "gap": number(means.max() - means.min(), 1),
    }


def rest_eve_share(clock) -> dict | None:
    """Share of clock-timed tasks that were issued on the eve of a rest period and due right after it (per cent)."""
    rows = clock.dropna(subset=["tasks", "rest_eve_share"])
    total = rows["tasks"].sum()
    if not total:
        return None
    return {
        "percent": number(100 * (rows["tasks"] * rows["rest_eve_share"]).sum() / total, 1),
        "tasks": count(total),
    }


def dose_extremes(points, cohort: str) -> dict | None:
    """Exit rates per 1,000 person-months of a cohort in its lowest and highest shown exposure group (no total row)."""
    rows = points[(points["cohort"] == cohort) & points["rate"].notna() & points["exposure_mean"].notna()]
    rows = rows[rows["bin"] != TOTAL].sort_values("exposure_mean", kind="stable")
    if len(rows) < 2:
        return None
    low, high = rows.iloc[0], rows.iloc[-1]
    return {
        "low": number(low["rate"], 2),
        "high": number(high["rate"], 2),
        "difference": number(high["rate"] - low["rate"], 2),
    }


def final_incidence(curves: pd.DataFrame, cohort: str, tertiles=("low", "high")) -> dict | None:
    """Cumulative incidence (per cent) of the lowest and highest burden tertile up to their last common time.

    Curves begin at different months and their steps are merged for disclosure, so each tertile has its own ``months``
    at the post and its own month ``since`` on which it is conditioned. None if either tertile has no point.
    """
    rows = curves[(curves["cohort"] == cohort) & curves["cumulative_incidence"].notna()]
    ends = rows.groupby("tertile")["time_months"].max()
    if not set(tertiles) <= set(ends.index):
        return None
    rows = rows[rows["time_months"] <= ends[list(tertiles)].min()].sort_values("time_months", kind="stable")
    found = {}
    for tertile in tertiles:
        curve = rows[rows["tertile"] == tertile]
        if curve.empty:
            return None
        point = curve.iloc[-1]
        found[tertile] = {
            "months": count(point["time_months"]),
            "since": count(point["from_months"]),
            "value": number(100 * point["cumulative_incidence"], 1),
            "low": number(100 * point["ci_low"], 1),
            "high": number(100 * point["ci_high"], 1),
        }
    return found


def rank_stability(counties, index: str) -> dict | None:
    """Counties with a rank, and those whose band over the multiverse spans at most one rank; None without data."""
    rows = counties[(counties["index"] == index) & counties["rank"].notna()]
    if rows.empty:
        return None
    steady = (rows["rank_high"] - rows["rank_low"]) <= 1
    return {"n": len(rows), "steady": int(steady.sum())}


def born_in(exits: Mapping) -> tuple[int | None, int | None]:
    """First and last year of birth of the cohort in question, None where it is open; exits: content of exits.yaml."""
    firsts = [*exits["cohorts"].values(), None]
    at = list(exits["cohorts"]).index(exits["focus"])
    return firsts[at], None if firsts[at + 1] is None else firsts[at + 1] - 1
