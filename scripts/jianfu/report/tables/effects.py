"""Tables of one question each from the released estimates: ways and timing of leaving, mediation, policies."""

import math
from collections.abc import Mapping

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.models.term import figure_of
from jianfu.models.verdicts import usable
from jianfu.models.words import model_label, term_label
from jianfu.report.tables.estimates import POLICY, of_interest
from jianfu.report.tables.table import NOTHING, Table, count, interval, number, p_text

OUTFLOW = (  # models of the ways, the timing and the shape of leaving
    "H2_resign",
    "H2_select_exam",
    "H2_transfer",
    "H2_via_secondment",
    "H2_secondment",
    "H2_distributed_lag",
    "H2_spline",
)
POLICY_TERMS = ("level_", "slope_", "att", "d_electronic", "trend", "relief", "ratio", "detectable_trend")
PER_SCALE = {"log_rate": "policy_log", "excess_per_1000": "mediation_per_1000", "sd": "mediation_sd"}
PARTS = ("total", "direct", "indirect")


def _numbers(row):
    if not usable(row):
        return (NOTHING,) * 3
    return number(row["estimate"]), interval(row["ci_low"], row["ci_high"]), p_text(row["p_value"])


def _blank_repeats(rows):
    """Blank the first cell where it repeats that above; positions where the first cell changes."""
    begins, last, shown = [], None, []
    for position, (first, *rest) in enumerate(rows):
        if first != last and position:
            begins.append(position)
        shown.append(("" if first == last else first, *rest))
        last = first
    return tuple(shown), tuple(begins)


def _told(rows, left, labels):
    """The rows with a figure in one of the three cells behind their names, and a note of how many others there are."""
    told = [row for row in rows if any(cell != NOTHING for cell in row[left : left + 3])]
    lacking = len(rows) - len(told)
    return told, (labels("note_rows_lacking", n=lacking),) if lacking else ()


def _table(name, keys, rows, labels, left, spaced=False):
    """The rows that have a figure, with a note of how many others there are."""
    told, lacking = _told(rows, left, labels)
    rows, groups = _blank_repeats(told)
    header = tuple(labels(f"column_{key}") for key in keys)
    notes = (labels(f"note_{name}"), *lacking)
    space = groups if spaced else ()
    return Table(name, labels(f"table_{name}"), header, rows, space, labels("source_estimates"), notes, left)


def outflow_table(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """Exits by way, distributed lag and curve of the exposure, one row per coefficient."""
    shown, rows = of_interest(estimates, models), []
    for model in OUTFLOW:
        for row in shown[shown["model"] == model].to_dict("records"):
            names = model_label(model, models, labels), term_label(row["term"], labels)
            rows.append((*names, *_numbers(row), count(row["n_events"])))
    keys = ("model", "variable", "estimate", "interval", "p_value", "n_events")
    return _table("outflow_models", keys, rows, labels, 2)


def mediation_table(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """Total, direct and indirect association of every exposure in every mediation model of the plan."""
    rows = []
    for name, model in models.items():
        if model["estimator"] != "mediation":
            continue
        own = estimates[estimates["model"] == name]
        own = {row["term"]: row for row in own.to_dict("records")}
        for term in model["terms"]:
            parts = [own.get(f"{term}_{part}") for part in PARTS]
            if all(part is None for part in parts):
                continue
            cells = [_estimate_over_interval(part) for part in parts]
            scale = "per_1000" if "per" in model.get("options", {}) else "sd"
            names = model_label(name, models, labels), term_label(term, labels)
            p_value = NOTHING if parts[2] is None else _numbers(parts[2])[2]
            rows.append((*names, labels(f"mediation_{scale}"), *cells, p_value))
    keys = ("model", "exposure", "unit_of_effect", "total_association", "direct", "indirect", "p_indirect")
    return _table("mediation", keys, rows, labels, 3, spaced=True)


def _estimate_over_interval(row):
    if row is None or not usable(row):
        return NOTHING
    return f"{number(row['estimate'])}\n{interval(row['ci_low'], row['ci_high'])}"


def policy_rows(estimates: pd.DataFrame) -> pd.DataFrame:
    """Rows of the policy models that a reader looks for: no single months, no trend beside a level."""
    rows = estimates[estimates["hypothesis"].isin(POLICY)]
    rows = rows[rows["term"].astype(str).str.startswith(POLICY_TERMS) & (rows["term"] != "att_dynamic")]
    levels = set(rows.loc[rows["term"].str.startswith("level_"), "model"])
    return rows[~((rows["term"] == "trend") & rows["model"].isin(levels))]


def is_log(model, models: dict[str, dict]) -> bool:
    """True if the coefficients of a policy model are changes of a logarithm."""
    return models.get(model, {}).get("options", {}).get("link") == "log"


def policy_table(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """What changed after relief rules (H14) and whether paper gave way to electronic documents (H15)."""
    rows = []
    for row in policy_rows(estimates).to_dict("records"):
        own = "policy_log" if is_log(row["model"], models) else "policy_unit"
        scale = labels(PER_SCALE.get(row["scale"], own))
        names = model_label(row["model"], models, labels), term_label(row["term"], labels), scale
        clusters = count(row["n_clusters"])
        rows.append((*names, *_numbers(row), clusters))
    keys = ("model", "variable", "unit_of_effect", "estimate", "interval", "p_value", "clusters")
    return _table("policy_models", keys, rows, labels, 3)


def percent(row: Mapping) -> str:
    """Relative change in per cent of a coefficient on the log scale, as an absolute whole number."""
    return f"{abs(100 * (math.exp(row['estimate']) - 1)):.0f}"


def main_robustness(
    estimates: pd.DataFrame, hypotheses: pd.DataFrame, models: dict[str, dict], family="confirmatory"
) -> pd.DataFrame:
    """Robustness rows of the confirmatory hypotheses that no other table of the report holds."""
    names = set(hypotheses.loc[hypotheses["family"] == family, "hypothesis"])
    shown = of_interest(estimates, models)
    return shown[shown["hypothesis"].isin(names) & ~shown["model"].isin(OUTFLOW)]


def robustness_main_table(table: Table, labels: Labels) -> Table:
    """The table of robustness of the confirmatory hypotheses, under its own name: the rows that have a figure."""
    told, lacking = _told(table.rows, table.left, labels)
    rows, groups = _blank_repeats(told)
    notes = (*table.notes, labels("note_robustness_main"), *lacking)
    title = labels("table_robustness_main")
    return Table("robustness_main", title, table.header, rows, groups, table.source, notes, table.left)


def excess_rows(checks: pd.DataFrame, model) -> dict[str, dict]:
    """Excess exits per 1,000 person-months beside a model: {what: row}, what is a cohort or '' for all."""
    rows = checks[checks["model"] == f"{model}.additive"]
    found = {}
    for row in rows.to_dict("records"):
        _, _, what = figure_of(str(row["term"]))[1].partition("; ")
        if not missing(row["estimate"]):
            found[what] = row
    return found
