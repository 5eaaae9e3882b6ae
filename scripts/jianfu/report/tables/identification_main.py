"""Short table of the checks beside the confirmatory hypotheses: one row per check, one column per hypothesis."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.indices.exposures import CALM
from jianfu.models.estimates import CHECK, missing
from jianfu.models.term import Term, figure_of
from jianfu.models.verdicts import changed, deciding_estimates, falsifications, usable
from jianfu.models.words import outcome_label, term_label
from jianfu.report.tables.table import NOTHING, Table, interval, number

NAME = "identification_main"
FAMILY = "confirmatory"
GROUPS = ("robustness_value", "events_per_unit")  # rows that begin a group


def confirmatory(estimates: pd.DataFrame, hypotheses: pd.DataFrame) -> list[tuple[dict, pd.Series | None]]:
    """(plan row, primary estimate) of the confirmatory hypotheses; None for an estimate that cannot be used."""
    decided = deciding_estimates(estimates, hypotheses[hypotheses["family"] == FAMILY])
    return [(plan, row if row is not None and usable(row) else None) for plan, row in decided]


def found(checks: pd.DataFrame, model: str, check: str, term: str) -> pd.Series | None:
    """The row of one check beside ``model``, or None; ``term`` as it stands in the estimates."""
    rows = checks[(checks["model"] == f"{model}{CHECK}{check}") & (checks["term"] == term)]
    rows = rows[rows["estimate"].notna()]
    return rows.iloc[0] if len(rows) else None


def variants(term: str, levels: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Name of the burden term in each check: the first part of an interaction carries the change.

    levels: {name of a dummy: the level behind it}.
    """
    first, *rest = Term(term).names
    level = levels.get(rest[0], rest[0]) if rest else ""
    apart = f"{first}; {level} - others" if rest else first
    return falsifications(term) | {
        "within": ("within_between", term),
        "no_emergency": ("no_emergency", changed(term, variant=CALM)),
        "logging": ("logging", term),
        "excess_per_1000": ("additive", f"excess_per_1000({apart})"),
        "excess_focus": ("additive", f"excess_per_1000({first}; {level})"),
        "excess_rest": ("additive", f"excess_per_1000({first}; not {level})"),
        "sd": ("spread", f"sd({first})"),
        "sd_within": ("spread", f"sd_within({first})"),
        "robustness_value": ("confounding", f"robustness_value({term})"),
        "robustness_value_significance": ("confounding", f"robustness_value_significance({term})"),
        "oster_delta": ("confounding", f"oster_delta({term})"),
        "e_value": ("e_value", f"e_value({term})"),
        "e_value_limit": ("e_value", f"e_value_limit({term})"),
        "lowest": ("one_county_out", f"lowest_without_one({term})"),
        "highest": ("one_county_out", f"highest_without_one({term})"),
        "detectable": ("power", f"detectable({term})"),
        "events_per_unit": ("events", "events_per_unit"),
        "separated_share": ("events", "separated_share"),
    }


def beside(checks: pd.DataFrame, plan: dict, levels: dict[str, str]) -> dict[str, pd.Series | None]:
    """Every check of :func:`variants` beside the model of a hypothesis: row or None by name."""
    return {
        name: found(checks, plan["model"], *where) for name, where in variants(plan["term"], levels).items()
    }


def _times(row, unit):
    """Estimate and interval of a row by another unit, itself the estimate of a row; None where one of them is."""
    if row is None or unit is None:
        return None
    return {name: row[name] * unit["estimate"] for name in ("estimate", "ci_low", "ci_high")}


def _text(row):
    if row is None or missing(row["estimate"]):
        return NOTHING
    digits = 3 if abs(row["estimate"]) < 10 else 1
    value = number(row["estimate"], digits)
    return value if missing(row["ci_low"]) else f"{value}\n{interval(row['ci_low'], row['ci_high'])}"


def identification_main_table(
    estimates: pd.DataFrame,
    checks: pd.DataFrame,
    hypotheses: pd.DataFrame,
    levels: dict[str, str],
    labels: Labels,
) -> Table:
    """Estimate [interval] of every check beside the confirmatory hypotheses; a dash where there is none, no row for a
    check that none of them has.

    estimates: rows of the declared models; checks: rows of the checks beside them; hypotheses: the plan;
    levels: as in :func:`variants`.
    """
    pairs = confirmatory(estimates, hypotheses)
    header = [labels("column_check")]
    columns = []
    for plan, primary in pairs:
        outcome = outcome_label(primary, labels) if primary is not None else NOTHING
        header.append(f"{plan['hypothesis']}\n{outcome}\n{term_label(plan['term'], labels)}")
        rows = beside(checks, plan, levels)
        low, high = rows.pop("lowest"), rows.pop("highest")
        cells = {"primary": _text(primary)}
        for name, row in rows.items():
            cells[name] = _text(row)
            if name == "sd_within":
                cells["per_within_sd"] = _text(_times(primary, row))
        cells["one_county_out"] = NOTHING if low is None or high is None else f"{_text(low)} – {_text(high)}"
        columns.append(cells)
    names = list(columns[0]) if columns else []
    names = [name for name in names if any(cells.get(name, NOTHING) != NOTHING for cells in columns)]
    # the range over counties stands before the smallest detectable effect
    if "one_county_out" in names and "detectable" in names:
        names.remove("one_county_out")
        names.insert(names.index("detectable"), "one_county_out")
    rows = tuple(
        (labels(f"main_check_{name}"), *(cells.get(name, NOTHING) for cells in columns)) for name in names
    )
    groups = tuple(names.index(name) for name in GROUPS if name in names)
    title, source = labels(f"table_{NAME}"), labels("source_estimates")
    return Table(NAME, title, tuple(header), rows, groups, source, (labels(f"note_{NAME}"),), 1)


def detectable_effects(checks: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Smallest effect detectable with power 80 % by (model, term), from the checks beside the models."""
    found = {}
    for row in checks.to_dict("records"):
        model, check = row["model"].split(CHECK, 1)
        if check == "power" and not missing(row["estimate"]):
            found[model, figure_of(row["term"])[1]] = row["estimate"]
    return found
