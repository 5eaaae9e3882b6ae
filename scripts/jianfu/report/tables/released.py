"""Tables that the gate released as plain CSV, given headings, widths, source and notes; and all tables together."""

from collections.abc import Iterable

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.models.verdicts import Decided
from jianfu.models.words import text_of
from jianfu.report.tables.checks import checks_table
from jianfu.report.tables.hypotheses import hypotheses_table
from jianfu.report.tables.regression import regression_table
from jianfu.report.tables.robustness import fe_versus_pooled, robustness_table
from jianfu.report.tables.table import Table

OMITTED = ("construct",)  # the code of an indicator begins with it
GATE_STATUS = {"shown", "withheld"}


def released_table(name, frame: pd.DataFrame, labels: Labels) -> Table:
    """A released table with headings (``column_<name>``) and wordings from the dictionary, without the gate's columns.

    In the description of the sample, repeated cells stay empty and space parts the blocks.
    """
    gate = ["data", *OMITTED] + (
        ["status"] if "status" in frame and set(frame["status"]) <= GATE_STATUS else []
    )
    frame = frame.drop(columns=gate, errors="ignore")
    columns = list(frame.columns)
    header = tuple(text_of(f"column_{column}", labels, column) for column in columns)
    cells = [[worded(value, column, labels) for value in frame[column]] for column in columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    groups = _group(rows) if columns[0] == "block" else ()
    left = next((n for n, column in enumerate(columns) if pd.api.types.is_numeric_dtype(frame[column])), 1)
    return Table(
        name,
        labels(f"table_{name}"),
        header,
        tuple(map(tuple, rows)),
        groups,
        labels(f"source_{name}"),
        (labels(f"note_{name}"),),
        max(left, 1),
    )


def worded(value, column, labels: Labels) -> str | float | None:
    """Words for a released value: ``value_<column>_<value>``, ``value_<value>``, the label of the value, or itself."""
    if not isinstance(value, str):
        return None if missing(value) else float(value)
    keys = (f"value_{column}_{value}", f"value_{value}", value)
    return next((labels(key) for key in keys if key in labels), value)


def _group(rows):
    """Blank repeated first cells, and repeated second ones below them, in place; positions where a group begins."""
    begins, last = [], (None, None)
    for position, row in enumerate(rows):
        block, variable = row[0], row[1]
        if block != last[0]:
            begins += [position] if position else []
        else:
            row[0] = ""
            row[1] = "" if variable == last[1] else variable
        last = (block, variable)
    return tuple(begins)


def all_tables(
    estimates: pd.DataFrame,
    released,
    tested: Iterable[Decided],
    models: dict[str, dict],
    layout,
    labels: Labels,
    alpha: float,
    detectable=None,
) -> dict[str, Table]:
    """Every released table and table of results by name.

    released: frames by name; tested: as from :func:`jianfu.models.verdicts.hypothesis_rows`; layout: columns of the
    regression tables (config/plan/tables.yaml); detectable: smallest detectable effect by (model, term).
    """
    tables = {name: released_table(name, frame, labels) for name, frame in released.items()}
    tables |= {
        name: regression_table(name, names, estimates, models, labels) for name, names in layout.items()
    }
    tables["hypotheses"] = hypotheses_table(tested, labels, detectable)
    tables["checks"] = checks_table(estimates, models, labels, alpha)
    tables["robustness"] = robustness_table(estimates, models, labels)
    tables["fe_versus_pooled"] = fe_versus_pooled(estimates, models, labels)
    return tables
