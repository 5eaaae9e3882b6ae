"""Placebo leads, negative controls and diagnostics among the declared models."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.verdicts import check_result
from jianfu.models.words import model_label, term_label
from jianfu.report.tables.estimates import POLICY, estimate_cells, estimates_table
from jianfu.report.tables.table import Table, count

CHECK_ROLES = ("placebo", "negative_control", "diagnostic")


def checks_table(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels, alpha: float) -> Table:
    """Placebo leads and negative controls, which should be zero, and diagnostics."""
    rows = []
    for role in CHECK_ROLES:
        shown = estimates["role"].eq(role) & ~(estimates["hypothesis"].isin(POLICY) & (role == "diagnostic"))
        for row in estimates[shown].to_dict("records"):
            names = (model_label(row["model"], models, labels), term_label(row["term"], labels))
            result = labels(f"check_{check_result(row, estimates, alpha)}")
            rows.append((*names, *estimate_cells(row), count(row["n_events"]), result))
    keys = ("check", "variable", "estimate", "std_error", "interval", "p_value", "n_events", "check_result")
    return estimates_table("checks", keys, rows, ("note_checks",), labels, 2)
