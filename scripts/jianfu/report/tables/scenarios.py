"""The table of what scenarios change and what the models project, from what the gate released."""

from collections.abc import Mapping

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.report.tables.table import NOTHING, Table, interval, number

INDEX, EXITS, HEADCOUNT, SUPPORT = "index", "exits_avoided", "headcount_36", "outside_support"
OUTCOMES = ("burnout", "meaning", "innovation")


def scenario_table(effects: pd.DataFrame, verdicts: Mapping[str, str], labels: Labels) -> Table:
    """One row per scenario: change of the indices, exits avoided, staying, survey outcomes, and what limits it.

    effects: released table scenario_effects (scenario, quantity, group, estimate, ci_low, ci_high, note); verdicts:
    code of the verdict by hypothesis, of which exits rest on H2 and burnout on H1.
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
        rows.append((name, *cells, _percent(support["estimate"])))
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
        (
            _legend(effects, labels),
            labels("note_scenarios"),
            *_unsupported(verdicts, labels),
            *_further(effects, labels),
            *_refusals(effects),
        ),
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


def relief_table(combinations: pd.DataFrame, verdicts: Mapping[str, str], labels: Labels) -> Table:
    """One row per combination of measures: records touched, exits avoided, burnout, and whether it is on the frontier.

    combinations: released table relief_plan; verdicts: as of :func:`scenario_table`.
    """
    known = combinations[combinations[EXITS].notna()]
    rows = [
        (
            row["measures"],
            _percent(row["touched"], 1),
            f"{number(row[EXITS], 1)}\n{interval(row['exits_low'], row['exits_high'], 1)}",
            number(row["per_touched"], 1),
            f"{number(row['burnout'], 2)}\n{interval(row['burnout_low'], row['burnout_high'], 2)}",
            _percent(row["outside_support"]),
            labels("relief_frontier" if row["frontier"] else "relief_not_frontier"),
            _percent(row["on_frontier"]),
        )
        for row in known.to_dict("records")
    ]
    names = list(dict.fromkeys(name for row in combinations["measures"] for name in row.split("+")))
    words = (f"{name} {labels(f'scenario_{name}')}" for name in names)
    notes = [
        labels("scenario_separator").join(words),
        labels("note_relief_plan"),
        *_unsupported(verdicts, labels),
    ]
    refused = combinations[combinations[EXITS].isna() & combinations["note"].notna()]
    notes += [f"{row['measures']}: {row['note']}" for row in refused.to_dict("records")]
    header = (
        labels("column_measures"),
        labels("column_touched"),
        labels("column_exits_avoided_of", group=labels("value_all")),
        labels("column_per_touched"),
        labels("outcome_burnout"),
        labels("column_outside_support"),
        labels("column_frontier"),
        labels("column_on_frontier"),
    )
    return Table(
        "relief_plan",
        labels("table_relief_plan"),
        header,
        tuple(rows) or ((labels("relief_none"), *[NOTHING] * (len(header) - 1)),),
        (),
        labels("source_scenarios"),
        tuple(notes),
    )


def _percent(share, digits=0):
    return NOTHING if missing(share) else f"{number(100 * share, digits)}%"


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


def _unsupported(verdicts, labels):
    """That projections rest on nothing where the hypothesis behind them is not supported, one line each."""
    return tuple(
        labels(f"note_relief_{name}", verdict=labels(f"verdict_{verdicts[name]}"))
        for name in ("H2", "H1")
        if verdicts.get(name, "supported") != "supported"
    )


def _further(effects, labels):
    """What has no column, one line per quantity: hours, and what scenarios without a projection describe of all."""
    own = effects[effects["quantity"].str.match("hours_|rank_shift|slope_") & (effects["group"] == "all")]
    lines = []
    for quantity, rows in own[own["estimate"].notna()].groupby("quantity", sort=False):
        cells = (f"{row['scenario']} {_cell(row)}".replace("\n", " ") for row in rows.to_dict("records"))
        lines.append(f"{labels('explore_quantity_' + quantity)}: {labels('scenario_separator').join(cells)}")
    return lines


def _refusals(effects):
    """Why scenarios project nothing, one line each."""
    rows = effects[(effects["quantity"] == SUPPORT) & effects["note"].notna()]
    return tuple(
        f"{row['scenario']}: {row['note']}" for row in rows.to_dict("records") if str(row["note"]).strip()
    )
