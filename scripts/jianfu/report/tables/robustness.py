"""Every robustness model, and fixed effects beside pooled estimates."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.verdicts import usable
from jianfu.models.words import model_label, outcome_label, term_label
from jianfu.report.tables.estimates import estimate_cells, estimates_table, of_interest
from jianfu.report.tables.table import NOTHING, Table, count, number


def robustness_table(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """Every robustness model: one row per term of interest."""
    shown = of_interest(estimates, models)
    rows = []
    for row in shown[shown["role"] == "robustness"].to_dict("records"):
        names = (
            row["hypothesis"],
            model_label(row["model"], models, labels),
            term_label(row["term"], labels),
        )
        rows.append((*names, *estimate_cells(row), count(row["n_used"]), count(row["n_events"])))
    keys = (
        "hypothesis",
        "model",
        "variable",
        "estimate",
        "std_error",
        "interval",
        "p_value",
        "n_used",
        "n_events",
    )
    return estimates_table("robustness", keys, rows, ("note_stars", "note_robustness"), labels, 3)


def paired_with_pooled(estimates: pd.DataFrame, models: dict[str, dict]) -> list[tuple[dict, dict]]:
    """Primary rows and the pooled rows of the same hypothesis, outcome and term: list of (primary, pooled)."""
    shown = of_interest(estimates, models)
    pooled = shown[shown["role"] == "pooled"]
    pairs = []
    for row in shown[shown["role"] == "primary"].to_dict("records"):
        same = (
            pooled[["hypothesis", "outcome", "term"]] == [row["hypothesis"], row["outcome"], row["term"]]
        ).all(axis=1)
        pairs += [(row, other) for other in pooled[same].to_dict("records")[:1]]
    return pairs


def fe_versus_pooled(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """Fixed effects and pooled estimates side by side with their difference."""
    rows = []
    for fixed, pooled in paired_with_pooled(estimates, models):
        both = usable(fixed) and usable(pooled)
        difference = number(pooled["estimate"] - fixed["estimate"]) if both else NOTHING
        names = (fixed["hypothesis"], outcome_label(fixed, labels), term_label(fixed["term"], labels))
        rows.append((*names, *_with_error(fixed), *_with_error(pooled), difference))
    keys = ("hypothesis", "outcome", "variable", "fixed", "interval", "pooled", "interval", "difference")
    return estimates_table("fe_versus_pooled", keys, rows, ("note_stars", "note_fe_versus_pooled"), labels, 3)


def _with_error(row):
    estimate, error, limits, _ = estimate_cells(row)
    return (f"{estimate}\n{error}" if usable(row) else NOTHING), limits
