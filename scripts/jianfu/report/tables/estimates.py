"""What the tables of estimates share: which rows they show, and how a row fills its cells.

The tables are built from released files only: none of them sees a fitted model.
"""

from collections.abc import Mapping

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.verdicts import usable
from jianfu.report.tables.table import NOTHING, Table, bracketed, interval, p_text, starred

POLICY = ("H14", "H15", "H27")  # hypotheses on relief rules; their diagnostics stand in a table of their own


def of_interest(estimates: pd.DataFrame, models: dict[str, dict]) -> pd.DataFrame:
    """Rows whose term is one of its model's terms of interest (not a control); every path of a mediation."""

    def wanted(name, term):
        model = models.get(name, {})
        named = [
            *model.get("terms", [] if "report" in model else [term]),
            *(model.get("report") or [] if model.get("report") != "all" else []),
        ]
        return model.get("estimator") == "mediation" or term in named

    return estimates[[wanted(*pair) for pair in zip(estimates["model"], estimates["term"], strict=True)]]


def estimate_cells(row: Mapping) -> tuple[str, ...]:
    """Estimate with stars, error, interval and p of one row."""
    if not usable(row):
        return (NOTHING,) * 4
    return (
        starred(row["estimate"], row["p_value"]),
        bracketed(row["std_error"]),
        interval(row["ci_low"], row["ci_high"]),
        p_text(row["p_value"]),
    )


def estimates_table(name, keys, rows, notes, labels: Labels, left) -> Table:
    """A table of estimates: headings of the ``keys``, no group, the estimates as source."""
    header = tuple(labels(f"column_{key}") for key in keys)
    source, notes = labels("source_estimates"), tuple(map(labels, notes))
    return Table(name, labels(f"table_{name}"), header, tuple(rows), (), source, notes, left)
