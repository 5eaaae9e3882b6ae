"""The gate for models on a user's own table."""

import pandas as pd

from jianfu.models.own_tables import of_results
from jianfu.release.estimates import release_estimates
from jianfu.release.outputs import Limits


def released(rows: pd.DataFrame, settings: dict, limits: Limits) -> pd.DataFrame:
    """Rows that may leave.

    The limits of ``disclosure`` apply as in every province, except where the table is declared ``public`` or the rows
    of a model are results of other analyses (meta-analysis, pooling, adjusted p-values).
    """
    free = rows["model"].isin(
        [entry["name"] for entry in settings["list"] if settings.get("public") or of_results(entry)]
    )
    checked, _ = release_estimates(rows, limits)
    free = free.to_numpy()
    return pd.concat([checked[~free], rows.reset_index(drop=True).loc[free, checked.columns]]).sort_index()
