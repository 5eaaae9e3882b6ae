"""The gate for models on a user's own table."""

import pandas as pd

from jianfu.models.own_tables import of_results
from jianfu.release.estimates import counts_persons, release_estimates
from jianfu.release.ledger import round_alike
from jianfu.release.outputs import Limits


def released(rows: pd.DataFrame, settings: dict, limits: Limits) -> pd.DataFrame:
    """Rows that may leave.

    The limits of ``disclosure`` apply as in every province, and counts are rounded alike, except where the table is
    declared ``public`` or the rows of a model are results of other analyses (meta-analysis, pooling, adjusted
    p-values).
    """
    free = rows["model"].isin(
        [entry["name"] for entry in settings["list"] if settings.get("public") or of_results(entry)]
    )
    free = free.to_numpy()
    rows = rows.reset_index(drop=True)
    checked, _ = release_estimates(rows, limits)
    checked = checked[~free]
    _, checked, _ = round_alike({}, checked, limits.min_cell, counts_persons(checked))
    return pd.concat([checked, rows.loc[free, checked.columns]]).sort_index()
