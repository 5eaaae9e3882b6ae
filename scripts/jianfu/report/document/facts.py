"""Single numbers that the sentences of the report quote, from released estimates and figure data."""

import json
import math
from collections.abc import Mapping

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.core.lines import BASE, LEVEL, MEMBER, REST
from jianfu.models.estimates import missing
from jianfu.models.reasons import has
from jianfu.models.verdicts import limits
from jianfu.models.words import text_of
from jianfu.release.outputs import TOTAL
from jianfu.report.channels import (
    electronic_share,
    ends,
    largest,
    level_words,
    order_of,
    step_words,
)
from jianfu.report.tables.table import count, number, p_text, ratio

EXITS_BY_COHORT = "H3_within_cohorts"


def effect(row: Mapping, alpha: float = 0.05) -> dict:
    """One estimate as texts (estimate, std_error, low, high, p) with ``significant`` and ``positive``.

    ``p`` carries its sign (``<0.001``, ``=0.013``) and is the adjusted p-value where there is one (``adjusted``);
    ``limited``: few events or clusters, so that it decides nothing;
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
        "limited": bool(limits(row)),
        "positive": row["estimate"] > 0,
        "hazard": str(row["scale"]).startswith("log_hazard"),
    }
    if fact["hazard"]:
        fact |= {
            "ratio": ratio(row["estimate"]),
            "ratio_low": ratio(row["ci_low"]),
            "ratio_high": ratio(row["ci_high"]),
            "percent": f"{abs(100 * (math.exp(row['estimate']) - 1)):.0f}",
        }
    return fact


def sample_counts(estimates: pd.DataFrame) -> dict:
    """Sizes of the analysis samples of the primary models H1 and H2 (texts), by hypothesis; None if not fitted.

    ``rounded`` names those that the gate has rounded; ``silent``: of ``unit`` and ``month``, those of which
    some stand aside because they are without an event.
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
            found[hypothesis] = counts | {
                "rounded": may if has(row["reasons"], "rounded") else (),
                "silent": [
                    k for k in ("unit", "month") if f"separated_{k}" in json.loads(row["dropped_by_reason"])
                ],
            }
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


def ways_out(exits: Mapping, labels: Labels) -> list[str]:
    """What counts as leaving of one's own will, an event each in words: with the destinations to which it is bound, or
    those that an earlier row gives to another event or to none; exits: content of exits.yaml."""
    rows: list[Mapping] = []  # without those of which an earlier one leaves nothing
    for row in exits["exits"]:
        whole = {earlier.get("exit_type") for earlier in rows if not earlier.get("destination")}
        rows += [] if whole & {None, row.get("exit_type")} else [row]
    ways = []
    for event in (name for name, kind in exits["events"].items() if kind == "voluntary"):
        own = [row for row in rows if row["event"] == event]
        if not own and event not in exits["secondment"].values():
            continue
        bound = bool(own) and all(row.get("destination") for row in own)
        types = {row.get("exit_type") for row in own}
        told = own if bound else [r for r in rows if r.get("exit_type") in types and r["event"] != event]
        levels = dict.fromkeys(level for row in told for level in row.get("destination") or ())
        places = labels("list_comma").join(text_of(f"value_{level}", labels, level) for level in levels)
        name, key = text_of(f"outcome_{event}", labels, event), "way_out_only" if bound else "way_out_except"
        ways.append(labels(key, name=name, places=places) if places else name)
    return ways


def composition(contributions, indicators, index: str, labels: Labels) -> dict | None:
    """Mean of an index, what it is without any load, the two members and the level that add most; None without lines.

    contributions: released lines of the index by dimension; indicators: released codes with their labels.
    """
    own = contributions[(contributions["index"] == index) & contributions["points"].notna()]
    members, levels = (largest(own, dimension) for dimension in (MEMBER, LEVEL))
    if not len(members):
        return None
    names = indicators.set_index("code")["label"]
    levels = levels[~levels["name"].isin(names.index) & ~levels["name"].str.startswith(REST)]
    whole = own[own["dimension"] == MEMBER]
    return {
        "total": number(whole["points"].sum(), 1),
        "base": number(whole.loc[whole["name"] == BASE, "points"].sum(), 1),
        "members": [
            _points(names.get(row.name, row.name), row.points, labels) for row in members[:2].itertuples()
        ],
        "levels": _points(level_words(levels["name"].iloc[0], labels), levels["points"].iloc[0], labels)
        if len(levels)
        else "",
    }


def _points(name, points, labels):
    return labels("fact_points", name=name, points=number(points, 1))


def cascade_steps(chains, labels: Labels) -> list[dict]:
    """By step how much the target of a child task differs from that of its parent, in per cent with the interval."""
    rows = chains[(chains["part"] == "targets") & chains["mean"].notna()]
    found = []
    for row in sorted(rows.to_dict("records"), key=lambda row: order_of(row["step"])):
        mean, low, high = (100 * math.expm1(row[key]) for key in ("mean", "ci_low", "ci_high"))
        found.append(
            {
                "step": step_words(row["step"], labels),
                "more": mean > 0,
                "percent": number(abs(mean), 0),
                "low": number(low, 0),
                "high": number(high, 0),
            }
        )
    return found


def documents_change(documents) -> dict | None:
    """Electronic share, documents on paper and all documents in the first and the last months."""
    months, *parts = ends(documents)
    if not len(parts[0]):
        return None
    totals = [float((part["paper"] + part["electronic"]).mean()) for part in parts]
    first, last = (number(100 * electronic_share(part), 0) for part in parts)
    total_first, total_last = (number(total, 0) for total in totals)
    paper_first, paper_last = (number(part["paper"].mean(), 0) for part in parts)
    return {
        "months": months,
        "first": first,
        "last": last,
        "total_first": total_first,
        "total_last": total_last,
        "paper_first": paper_first,
        "paper_last": paper_last,
    }


def app_audit(audit) -> dict | None:
    """Per cent of the months of apps that go against a clause of the rule, before and after it (empty: no months)."""
    rows = audit[(audit["clause"] == TOTAL) & (audit["app"] == TOTAL) & audit["before"].notna()]
    if rows.empty:
        return None
    row = rows.iloc[0]
    after = "" if missing(row["after"]) else number(100 * row["after"], 0)
    counts = {name: count(row[name]) for name in ("months_before", "months_after")}
    return {"before": number(100 * row["before"], 0), "after": after, **counts}


def relief_lasted(monitor, index: str) -> dict | None:
    """What the control charts say of an index: counties with a chart, how many rang, and (first month, alarm or "") of
    the counties of one date together; None where no county has a rule."""
    own = monitor[monitor["measure"] == index]
    if own.empty:
        return None
    known = own[own["state"] != "no_baseline"]
    joint = known["county_code"] == "together"
    alarms = ["" if missing(month) else month for month in known.loc[joint, "alarm_month"]]
    return {
        "counties": int((~joint).sum()),
        "alarms": int((known.loc[~joint, "state"] == "alarm").sum()),
        "together": [*zip(known.loc[joint, "first_rule"], alarms, strict=True)],
    }


def predicted_exits(predictions, cohort: str) -> dict | None:
    """Exits per 1,000 person-months of a cohort that the model predicts at the least and the largest burden shown."""
    own = predictions[(predictions["group"] == cohort) & predictions["estimate"].notna()]
    own = own[own["model"] == EXITS_BY_COHORT].sort_values("exposure", kind="stable")
    if len(own) < 2:
        return None
    found = {}
    for name, row in (("low", own.iloc[0]), ("high", own.iloc[-1])):
        found[name] = number(row["estimate"], 1)
        found[f"{name}_interval"] = "–".join(number(row[key], 1) for key in ("ci_low", "ci_high"))
    return found


def apart(rows) -> dict | None:
    """Of the terms estimated within and between units their number, and the hypotheses in which the two differ."""
    differences = rows[rows["part"] == "difference"]
    if differences.empty:
        return None
    differ = differences[(differences["ci_low"] > 0) | (differences["ci_high"] < 0)]
    return {"n": len(differences), "names": list(dict.fromkeys(differ["hypothesis"]))}
