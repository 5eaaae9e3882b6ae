"""Tables that only the documents have: members of the indices, indicators, deviations, disclosure."""

import json
import re

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.estimates import CHECK, missing
from jianfu.models.tiers import COMMON, FULL, NONE, TWIN, renamed
from jianfu.models.words import model_label, term_label, text_of
from jianfu.report.tables.released import worded
from jianfu.report.tables.table import NOTHING, Table, count, interval, number


def members_table(weights, indicators: pd.DataFrame, labels: Labels) -> Table:
    """Members of each index in use and how many of them the indices of this province hold.

    weights: rows (index, indicator); indicators: the released list (code, label, status).
    """
    words = dict(zip(indicators["code"], indicators["label"], strict=True))
    present = set(indicators.loc[indicators["status"] == "used", "code"])
    rows = []
    for index, members in weights.groupby("index", sort=False)["indicator"]:
        names = labels("list_comma").join(words.get(code, code) for code in members)
        rows.append((f"{labels(index)}\n({index})", names, f"{len(present & set(members))}/{len(members)}"))
    header = tuple(labels(f"column_{key}") for key in ("index", "members", "available"))
    source, note = labels("source_indicator_list"), labels("note_members")
    return Table("members", labels("table_members"), header, tuple(rows), (), source, (note,), left=2)


def members_left_out(weights, indicators: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Members that are not in the indices: list of (status, labels of the indicators), statuses as they come."""
    lost = indicators[indicators["code"].isin(weights["indicator"]) & (indicators["status"] != "used")]
    return [(status, rows["label"].tolist()) for status, rows in lost.groupby("status", sort=False)]


def tiers_table(tiers: pd.DataFrame, estimates: pd.DataFrame, models, labels: Labels) -> Table:
    """The confirmatory models on both tiers side by side: estimate on either and what share of it the common one has.

    tiers: rows of tiers.csv of the province; estimates: released rows; models: {name: entry} of the plan. The note says
    how the two indices go together; a province on one tier has no rows.
    """
    both = tiers[tiers["common"].fillna("") != ""]
    names = dict(zip(both["index"], both["common"], strict=True))
    known = {(row["model"], row["term"]): row for row in estimates.to_dict("records")}
    rows = []
    for (model, term), own in known.items():
        twin = known.get((model + TWIN, renamed(term, names, [*names, *names.values()])))
        if twin is None or twin["term"] == term or missing(own["estimate"]) or missing(twin["estimate"]):
            continue
        texts = [
            f"{number(row['estimate'])}\n{interval(row['ci_low'], row['ci_high'])}" for row in (own, twin)
        ]
        clear = own["ci_low"] * own["ci_high"] > 0  # a share of next to nothing says nothing
        share = number(100 * twin["estimate"] / own["estimate"], 0) if clear else NOTHING
        rows.append((model_label(model, models, labels), term_label(term, labels), *texts, share))
    header = ("column_model", "column_term", "column_tier_full", "column_tier_common", "column_tier_share")
    pairs = tiers.dropna(subset=["within", "between"]).to_dict("records")
    said = labels("list_semicolon").join(
        labels(
            "tier_correlations",
            index=labels(row["index"]),
            within=number(row["within"], 2),
            between=number(row["between"], 2),
        )
        for row in pairs
    )
    notes = (labels("note_tiers", pairs=said),) if said else ()
    title = labels("table_tiers")
    return Table(
        "tiers", title, tuple(map(labels, header)), tuple(rows), (), labels("source_tiers"), notes, left=2
    )


def tiers_used(tiers: pd.DataFrame, weights, indicators: pd.DataFrame) -> dict[str, list[dict]]:
    """{tier: the indices that stand on it}: index, used (what is used for it) and left_out, members this leaves out.

    tiers: rows of tiers.csv of the province; weights: rows (index, indicator); indicators: the released list.
    """
    words = dict(zip(indicators["code"], indicators["label"], strict=True))
    members = {index: list(rows) for index, rows in weights.groupby("index")["indicator"]}
    found = {FULL: [], COMMON: [], NONE: []}
    for row in tiers.to_dict("records"):
        kept = members[row["used"]] if row["tier"] == COMMON else members[row["index"]]
        lost = [words.get(code, code) for code in members[row["index"]] if code not in kept]
        found[row["tier"]].append({"index": row["index"], "used": row["used"], "left_out": lost})
    return found


def indicators_table(indicators: pd.DataFrame, labels: Labels) -> Table:
    """The released list of indicators for a page: its unit behind each name, remarks left to the file."""
    rows = []
    for row in indicators.to_dict("records"):
        unit = "" if missing(row["unit"]) else row["unit"]
        name = row["label"] + (labels("in_brackets", text=unit) if unit and unit not in row["label"] else "")
        indices = [] if missing(row["index"]) else str(row["index"]).split(";")
        used = labels("list_comma").join(labels(index) if index in labels else index for index in indices)
        figures = [None if missing(row[key]) else float(row[key]) for key in ("mean", "sd", "coverage")]
        texts = [
            number(value, 2) if value is None or abs(value) < 100 else number(value, 0) for value in figures
        ]
        rows.append(
            (
                row["code"].split("_")[0],
                name,
                used or NOTHING,
                *texts,
                worded(row["status"], "status", labels),
            )
        )
    keys = ("code", "label", "index", "mean", "sd", "coverage", "status")
    header = tuple(labels(f"column_{key}") for key in keys)
    notes = (labels("note_indicator_list"), labels("note_indicator_file"))
    source = labels("source_indicator_list")
    return Table("indicator_list", labels("table_indicator_list"), header, tuple(rows), (), source, notes, 3)


def deviations_table(
    changed: list[dict], estimates: pd.DataFrame, left_out: pd.DataFrame, labels: Labels
) -> Table:
    """What departs from the common plan: what it is, the common value, the province's, and what it touches.

    changed: as from :func:`jianfu.province.plan.deviations`; estimates, left_out: the released ones.
    """
    rows = []
    for row, texts in zip(changed, deviations_rows(changed, labels), strict=True):
        touched = touched_by(row["table"], row["row"], estimates)
        rows_out = _rows_left_out(row, left_out, labels)
        rows.append((*texts, rows_out or (NOTHING if touched is None else count(int(touched.sum())))))
    header = tuple(
        labels(f"column_{key}") for key in ("setting", "common_value", "own_value", "results_touched")
    )
    note = labels("note_deviations")
    return Table("deviations", labels("table_deviations"), header, tuple(rows), (), "", (note,), left=3)


def deviations_rows(changed: list[dict], labels: Labels) -> list[tuple[str, str, str]]:
    """What differs, the value on the one side and the value on the other, in words."""
    rows = []
    for row in changed:
        names = [labels(name) if name in labels else name for name in (row["row"], row["field"]) if name]
        what = labels("in_brackets", text=labels("list_comma").join(names)) if names else ""
        rows.append((labels(f"plan_{row['table']}") + what, _brief(row["common"]), _brief(row["own"])))
    return rows


def _rows_left_out(row, left_out, labels):
    """Rows that a setting of ``exclude`` leaves out, by table; nothing of other settings."""
    kind = row["field"].removeprefix("exclude.")
    found = left_out[left_out["kind"] == kind].groupby("table", sort=False)["rows"].sum(min_count=1)
    return labels("list_semicolon").join(
        labels("rows_left_out", table=text_of(f"qr_{table}", labels, table), rows=count(rows))
        for table, rows in found.dropna().items()
    )


VARIABLES = {
    "cohorts": "cohort",
    "focus": "cohort",
    "tenure_bands": "tenure",
}  # tables of levels of a variable
OF_EXITS = ("voluntary", "upward", "outflow", "staying")  # what is made of exits


def touched_by(table: str, row: str, estimates: pd.DataFrame) -> pd.Series | None:
    """Which rows of the estimates name what a deviation changes (mask); None where that cannot be told by name.

    A model or check by its name, a hypothesis by its own, an index, indicator, scale or variable by the formula.
    """
    name = row.split(".")[0]
    if table == "models":
        return estimates["model"].str.split(CHECK).str[0].eq(name)
    if table == "checks":
        return estimates["model"].str.endswith(f"{CHECK}{name}")
    if table == "hypotheses":
        return estimates["hypothesis"].eq(name)
    exits = table in ("events", "exits", "secondment", "upward", "nowhere")
    if exits or table in ("indices", "indicators", "scales", *VARIABLES):
        words = [*OF_EXITS, *([name] if name else [])] if exits else [VARIABLES.get(table, name)]
        text = estimates["exposure"].fillna("") + " " + estimates["specification"].fillna("")
        return text.str.contains(rf"(?<![A-Za-z0-9-])(?:{'|'.join(map(re.escape, words))})(?![A-Za-z0-9-])")
    return None


def _brief(value):
    """A setting or row of the plan on one line; nothing set is a dash."""
    if value is None or value in ([], {}, ""):
        return NOTHING
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_brief(inner)}" for key, inner in value.items() if inner not in ("", None))
    if isinstance(value, list):
        return "; ".join(_brief(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)


def disclosure_table(log, labels: Labels) -> Table:
    """The disclosure log by rule: outputs checked, outputs changed, figures changed."""
    rows = []
    for rule, lines in log.groupby("rule", sort=False):
        changed = lines[lines["cells"] > 0]
        action = changed["action"].iloc[0] if len(changed) else lines["action"].iloc[0]
        rows.append((rule, count(len(lines)), count(len(changed)), count(lines["cells"].sum()), action))
    header = tuple(labels(f"column_{key}") for key in ("rule", "checked", "changed", "cells", "action"))
    return Table(
        "disclosure",
        labels("table_disclosure"),
        header,
        tuple(rows),
        (),
        labels("source_disclosure"),
    )


def sources_table(figures, tables: dict[str, Table], labels: Labels) -> Table:
    """In which released file the numbers of each figure and table stand."""
    rows = [(labels(f"figure_{name}"), f"figures/{name}") for name in figures]
    rows += [(table.title, f"tables/{name}") for name, table in tables.items() if table.rows]
    header = tuple(labels(f"column_{key}") for key in ("content", "file"))
    note = labels("note_sources")
    return Table("sources", labels("table_sources"), header, tuple(rows), (len(figures),), "", (note,), 2)


def numbers_table(made: pd.DataFrame, labels: Labels) -> Table:
    """Every number of the brief with the formula and the released cells behind it.

    made: as :meth:`jianfu.report.document.quotes.Quotes.table` gives it.
    """
    header = tuple(labels(f"column_{key}") for key in ("quoted", "formula", "source_cells"))
    rows = tuple(
        (row["number"], labels(f"formula_{row['formula']}"), row["cells"]) for row in made.to_dict("records")
    )
    note = labels("note_brief_numbers")
    return Table("brief_numbers", labels("table_brief_numbers"), header, rows, (), "", (note,), 3)
