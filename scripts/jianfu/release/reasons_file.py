"""reasons.csv: why figures are lacking, what limits them and how they were made, as data beside estimates.csv."""

import json

import pandas as pd

from jianfu.core.reasons import Reason, read_reasons

COLUMNS = ["row", "model", "outcome", "term", "code", "values"]


def reasons_table(estimates: pd.DataFrame) -> pd.DataFrame:
    """One row per reason of released estimates (column ``reasons``): ``row`` counts the lines of estimates.csv from 1.

    ``values`` is JSON.
    """
    rows = []
    for number, row in enumerate(estimates.to_dict("records"), 1):
        for reason in read_reasons(row["reasons"]):
            values = {key: value for key, value in reason.data().items() if key != "code"}
            told = json.dumps(values, ensure_ascii=False)
            rows.append((number, row["model"], row["outcome"], row["term"], reason.code, told))
    return pd.DataFrame(rows, columns=COLUMNS)


def reasons_of(table: pd.DataFrame, rows: int) -> list[list[Reason]]:
    """The reasons of ``rows`` released estimates from what :func:`reasons_table` made."""
    found = [[] for _ in range(rows)]
    for row in table.to_dict("records"):
        data = json.dumps([{"code": row["code"]} | json.loads(row["values"])], ensure_ascii=False)
        found[row["row"] - 1] += read_reasons(data)
    return found
