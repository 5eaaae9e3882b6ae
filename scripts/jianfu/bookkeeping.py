"""Publishable books: what became of source rows, of indicators, and of the sample on the way to the models."""

import numpy as np
import pandas as pd

from jianfu.outputs import OTHER

SOURCE_TABLES = (
    "units",
    "tasks",
    "app_activity",
    "roster",
    "ledger",
    "survey",
    "documents",
    "unit_year",
    "policies",
    "app_days",
)
ROW_OUTCOMES = ("kept", "duplicate", "rejected", "nondata")


# ------------------------------------------------------------------------------------------------ quality


def data_quality(row_counts, headings, labels):
    """Rows by table: read, kept, duplicate, rejected, nondata, bad optional cells, and the three commonest reasons.

    row_counts: quality/row_counts.csv; headings: the record of headings read (table, file, sheet), which says to which
    table a sheet belongs. A sheet without recognised headings counts under ``other``.
    """
    keys = ["file", "sheet"]
    tables = headings[["table", *keys]].drop_duplicates(keys)
    counts = row_counts.merge(tables, on=keys, how="left").fillna({"table": OTHER})
    order = [table for table in SOURCE_TABLES if (counts["table"] == table).any()]
    rows = []
    for table in [*order, *sorted(set(counts["table"]) - set(order))]:
        part = counts[counts["table"] == table]
        by_outcome = part.groupby("outcome")["rows"].sum()
        outcomes = {name: int(by_outcome.get(name, 0)) for name in ROW_OUTCOMES}
        bad = int(by_outcome.get("bad_optional_value", 0))
        rows.append((table, sum(outcomes.values()), *outcomes.values(), bad, _top_reasons(part, labels)))
    columns = ["table", "rows_read", *ROW_OUTCOMES, "bad_cells", "top_reasons"]
    return pd.DataFrame(rows, columns=columns)


def _top_reasons(part, labels, most=3):
    rejected = part[part["outcome"] == "rejected"].groupby("reason")["rows"].sum()
    rejected = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))[:most]
    texts = [f"{labels(f'reason_{r}') if f'reason_{r}' in labels else r} {n}" for r, n in rejected if n]
    return labels("fig_semicolon").join(texts)


def indicator_list(indicators, plan, indices, notices, unanchored, labels):
    """Every indicator of the plan: its label, logged unit-months, mean, standard deviation, coverage, status.

    status: ``used`` (has values), ``not_in_index`` (has values, but the reference window cannot anchor it: a row of
    unanchored), ``switched_off`` (a column it needs is absent), ``no_values``.
    """
    known = indicators[indicators["value"].notna()].groupby("indicator")
    summary = known["value"].agg(unit_months="size", mean="mean", sd="std").join(known["coverage"].mean())
    off = set(notices.loc[notices["outcome"] == "switched_off", "indicator"])
    member = indices.groupby("indicator")["index"].agg(";".join)
    result = plan[["code", "construct"]].copy()
    result["index"] = plan["code"].map(member).fillna("")
    result["label"] = plan[f"label_{labels.language}"]
    result = result.merge(summary, left_on="code", right_index=True, how="left")
    result["unit_months"] = result["unit_months"].fillna(0).astype("int64")
    present = result["unit_months"] > 0
    result["status"] = np.select(
        [present & result["code"].isin(unanchored["indicator"]), present, result["code"].isin(off)],
        ["not_in_index", "used", "switched_off"],
        "no_values",
    )
    return result[["code", "construct", "index", "label", "unit_months", "mean", "sd", "coverage", "status"]]


# ------------------------------------------------------------------------------------------------ sample flow

# Chain → unit that adds up, and the steps after reading: (name in flow.csv, name of the rows dropped before it).
CHAINS = {
    "exits": ("person_months", (("at_risk", "dropped"), ("used", "dropped_"))),
    "survey": ("respondents", (("scored", "dropped"), ("used", "dropped_"))),
}
EXTRA = {
    "exits": ("persons", "events"),
    "survey": (),
}  # further units of a chain, which do not add up by reason
FLOW_COLUMNS = ["chain", "position", "step", "reason", "unit", "n"]


def sample_flow(flow):
    """Chains chain, position, step, reason, unit, n from restricted/flow.csv; reason "" = what remains.

    Person-months and respondents add up. Of persons only what remains is known, so the difference between two steps
    stands under ``other``: the gate must see it. Events (of the main model) are known at the last step.
    """
    parts = []
    for name, (unit, steps) in CHAINS.items():
        rows = flow[flow["chain"] == name]
        if rows.empty:
            continue
        parts.append(_chain(rows, name, unit, steps))
        if name == "exits":
            every = ("read", *(step for step, _ in steps))
            parts += [
                _remaining(rows, name, "persons", every),
                _remaining(rows, name, "events", every[-1:], len(every)),
            ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=FLOW_COLUMNS)


def _stage(rows, step):
    """Rows of a step of flow.csv; ``used`` and ``dropped_`` carry the name of the model behind them."""
    steps = rows["step"].astype(str)
    return rows[(steps == step) | (steps.str.startswith(step) if step in ("used", "dropped_") else False)]


def _chain(rows, name, unit, steps):
    first = _stage(rows, "read").iloc[0]
    found = [(name, 1, f"read_{name}", "", unit, int(first[unit]))]
    for position, (step, dropped) in enumerate(steps, start=2):
        reached = _stage(rows, step)
        if reached.empty:
            break
        label = f"used_{name}" if step == "used" else step
        for row in _stage(rows, dropped).to_dict("records"):
            if not pd.isna(row[unit]) and row[unit] > 0:
                found.append((name, position, label, row["reason"], unit, int(row[unit])))
        found.append((name, position, label, "", unit, int(reached.iloc[0][unit])))
    return pd.DataFrame(found, columns=FLOW_COLUMNS)


def _remaining(rows, name, unit, steps, first=1):
    """Chain of a unit that does not add up by reason: differences between steps are ``other``."""
    found, last = [], None
    for position, step in enumerate(steps, start=first):
        reached = _stage(rows, step)
        if reached.empty or pd.isna(reached.iloc[0][unit]):
            continue
        n, label = int(reached.iloc[0][unit]), f"{step}_{name}" if step in ("read", "used") else step
        if last is not None and last > n:
            found.append((name, position, label, OTHER, unit, last - n))
        found.append((name, position, label, "", unit, n))
        last = n
    return pd.DataFrame(found, columns=FLOW_COLUMNS)
