"""Publishable books: what became of source rows, of indicators, and of the sample on the way to the models."""

import json

import numpy as np
import pandas as pd

from jianfu.core.labels import Labels
from jianfu.core.tables import RAW
from jianfu.release.outputs import OTHER, TOTAL

# Punches are listed only where they are given.
SOURCE_TABLES = tuple(table for table in RAW if table != "punches")
ROW_OUTCOMES = ("kept", "duplicate", "rejected", "nondata")  # add up to the rows read
QUALITY = ["table", "files", "rows_read", *ROW_OUTCOMES, "bad_cells", "top_reasons"]


# ------------------------------------------------------------------------------------------------ quality


def data_quality(row_counts: pd.DataFrame, headings: pd.DataFrame, notices: pd.DataFrame) -> pd.DataFrame:
    """Files and rows by table: read, kept, duplicate, rejected, nondata, bad optional cells, and rejected by reason.

    row_counts: quality/row_counts.csv; headings: the record of headings read (table, file, sheet), which says to which
    table a sheet belongs; notices: quality/notices.csv, which names the tables that were not provided (zero files).
    A sheet without recognised headings counts under ``other``. The last row (``all``) counts every file once.
    ``top_reasons`` is {reason: rows} as JSON, which the gate cuts down.
    """
    keys = ["file", "sheet"]
    tables = headings[["table", *keys]].drop_duplicates(keys)
    counts = row_counts.merge(tables, on=keys, how="left").fillna({"table": OTHER})
    absent = set(notices.loc[notices["kind"] == "absent_table", "table"]) - set(counts["table"])
    order = [table for table in SOURCE_TABLES if (counts["table"] == table).any()]
    order += sorted(set(counts["table"]) - set(order))
    order += [table for table in SOURCE_TABLES if table in absent]
    rows = []
    for table in (*order, TOTAL):
        part = counts if table == TOTAL else counts[counts["table"] == table]
        by_outcome = part.groupby("outcome")["rows"].sum()
        outcomes = {name: int(by_outcome.get(name, 0)) for name in ROW_OUTCOMES}
        bad = int(by_outcome.get("bad_optional_value", 0))
        read, files = sum(outcomes.values()), part["file"].nunique()
        rows.append((table, files, read, *outcomes.values(), bad, _reasons(part)))
    return pd.DataFrame(rows, columns=QUALITY)


def _reasons(part):
    """Rejected rows by reason, as JSON."""
    rejected = part[part["outcome"] == "rejected"].groupby("reason")["rows"].sum()
    return json.dumps({reason: int(n) for reason, n in rejected.items() if n}, ensure_ascii=False)


def indicator_list(
    indicators: pd.DataFrame,
    plan,
    indices: pd.DataFrame,
    notices: pd.DataFrame,
    unanchored: pd.DataFrame,
    labels: Labels,
) -> pd.DataFrame:
    """Every indicator of the plan: label, unit, remarks, unit-months, mean, standard deviation, coverage, status.

    remarks: what moves it through the year, on whose records it depends, and which of its columns are from titles.

    status: ``used`` (has values), ``not_in_index`` (has values, but the reference window cannot anchor it: a row of
    unanchored), ``switched_off`` (a column it needs is absent), ``no_values``.
    """
    known = indicators[indicators["value"].notna()].groupby("indicator")
    summary = known["value"].agg(unit_months="size", mean="mean", sd="std").join(known["coverage"].mean())
    off = set(notices.loc[notices["outcome"] == "switched_off", "indicator"])
    dropped = unanchored.loc[unanchored["outcome"] == "dropped_from_index", "indicator"]
    member = indices.groupby("indicator")["index"].agg(";".join)
    result = plan[["code", "construct"]].copy()
    result["index"] = plan["code"].map(member).fillna("")
    result["label"] = plan[f"label_{labels.language}"]
    result["unit"] = plan[f"unit_{labels.language}"]
    remarks = (
        plan["season"].map(lambda season: labels(f"season_{season}")),
        plan["logging"].map(lambda source: labels(f"logging_{source}")),
    )
    told = notices[notices["outcome"] == "from_title"]
    kinds = np.where(told["column"] == "parent_task_id", "remark_linked_by_title", "remark_coded_from_title")
    told = pd.Series(kinds, told["indicator"], object).groupby(level=0).unique()
    result["remarks"] = [
        labels("list_semicolon").join([*row, *map(labels, told.get(code, ()))])
        for code, *row in zip(plan["code"], *remarks, strict=True)
    ]
    result = result.merge(summary, left_on="code", right_index=True, how="left")
    result["unit_months"] = result["unit_months"].fillna(0).astype("int64")
    present = result["unit_months"] > 0
    result["status"] = np.select(
        [present & result["code"].isin(dropped), present, result["code"].isin(off)],
        ["not_in_index", "used", "switched_off"],
        "no_values",
    )
    columns = ["code", "construct", "index", "label", "unit", "remarks", *summary.columns, "status"]
    return result[columns]


# ------------------------------------------------------------------------------------------------ sample flow

# Chain → unit that adds up, and the steps after reading: (name in flow.csv, name of the rows dropped before it).
CHAINS = {
    "exits": ("person_months", (("at_risk", "dropped"), ("used", "dropped_"))),
    "survey": ("respondents", (("scored", "dropped"), ("used", "dropped_"))),
}
FLOW_COLUMNS = ["chain", "position", "step", "reason", "unit", "n"]


def sample_flow(flow: pd.DataFrame) -> pd.DataFrame:
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
