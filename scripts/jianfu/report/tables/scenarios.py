"""The table of what scenarios change and what the models project, from what the gate released."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.report.tables.table import NOTHING, Table, interval, number

INDEX, EXITS, HEADCOUNT, SUPPORT = "index", "exits_avoided", "headcount_36", "outside_support"
OUTCOMES = ("burnout", "meaning", "innovation")


def scenario_table(effects: pd.DataFrame, labels: Labels) -> Table:
    """One row per scenario: change of the indices, exits avoided, staying, survey outcomes, and what limits it.

    effects: released table scenario_effects (scenario, quantity, group, estimate, ci_low, ci_high, note).
    """
    indices = list(dict.fromkeys(effects.loc[effects["quantity"] == INDEX, "group"]))
    groups = [g for g in dict.fromkeys(effects.loc[effects["quantity"] == EXITS, "group"]) if g != "all"]
    cohort = next(iter(effects.loc[effects["quantity"] == HEADCOUNT, "group"]), "")
    outcomes = [name for name in OUTCOMES if (effects["quantity"] == name).any()]
    columns = [(INDEX, index) for index in indices] + [(EXITS, group) for group in groups]
    columns += [(HEADCOUNT, cohort)] * bool(cohort) + [(name, "all") for name in outcomes]
    rows = []
    for name, own in effects.groupby("scenario", sort=False):
        known = {(row["quantity"], row["group"]): row for row in own.to_dict("records")}
        support = known[SUPPORT, "all"]
        cells = [_cell(known.get(key)) for key in columns]
        share = NOTHING if missing(support["estimate"]) else f"{number(100 * support['estimate'], 0)}%"
        rows.append((name, *cells, share))
    return Table(
        "scenarios",
        labels("table_scenarios"),
        (
            labels("column_scenario"),
            *(_heading(*key, labels) for key in columns),
            labels("column_outside_support"),
        ),
        tuple(rows),
        (),
        labels("source_scenarios"),
        (_legend(effects, labels), labels("note_scenarios"), *_refusals(effects)),
        1,
    )


def projections_table(effects: pd.DataFrame, labels: Labels) -> Table:
    """The scenarios that are projected, in words: exits avoided (of all, then by group) and burnout."""
    shown = effects[effects["quantity"].isin([EXITS, OUTCOMES[0]]) & effects["estimate"].notna()]
    keys = shown[["quantity", "group"]].drop_duplicates()
    columns = sorted(
        keys.itertuples(index=False, name=None), key=lambda key: (key[0] != EXITS, key[1] != "all")
    )
    rows = []
    for name, own in shown.groupby("scenario", sort=False):
        known = {(row["quantity"], row["group"]): row for row in own.to_dict("records")}
        rows.append((labels(f"scenario_{name}"), *(_cell(known.get(key)) for key in columns)))
    header = (labels("column_scenario"), *(_heading(*key, labels) for key in columns))
    title, note = labels("table_projections"), labels("note_projections")
    return Table("projections", title, header, tuple(rows), notes=(note,))


def _cell(row):
    """Estimate with its interval; a dash where there is none."""
    if row is None or missing(row["estimate"]):
        return NOTHING
    digits = 1 if row["quantity"] in (INDEX, EXITS, HEADCOUNT) else 2
    text = number(row["estimate"], digits)
    return text if missing(row["ci_low"]) else f"{text}\n{interval(row['ci_low'], row['ci_high'], digits)}"


def _heading(quantity, group, labels):
    if quantity == INDEX:
        return f"Δ{group}"
    if quantity in (EXITS, HEADCOUNT):
        key = f"column_{HEADCOUNT}" if quantity == HEADCOUNT else "column_exits_avoided_of"
        return labels(key, group=labels(f"value_{group}"))
    return labels(f"outcome_{quantity}")


def _legend(effects, labels):
    """What each scenario is, in one line: the words do not fit into a column."""
    names = effects["scenario"].drop_duplicates()
    return labels("scenario_separator").join(f"{name} {labels(f'scenario_{name}')}" for name in names)


def _refusals(effects):
    """Why scenarios project nothing, one line each."""
    rows = effects[(effects["quantity"] == SUPPORT) & effects["note"].notna()]
    return tuple(
        f"{row['scenario']}: {row['note']}" for row in rows.to_dict("records") if str(row["note"]).strip()
    )
