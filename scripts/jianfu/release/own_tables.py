"""The gate for models on a user's own table."""

import pandas as pd

from jianfu.models.estimates import ESTIMATE_COLUMNS
from jianfu.models.own_tables import of_results
from jianfu.release.gate import release_estimates


def released(rows, settings, limits, withheld_text):
    """Rows that may leave, in the fixed columns.

    The limits of ``disclosure`` apply as in every province, except where the table is declared ``public`` or the rows
    of a model are results of other analyses (meta-analysis, pooling, adjusted p-values).
    """
    free = [entry["name"] for entry in settings["list"] if settings.get("public") or of_results(entry)]
    checked, _ = release_estimates(rows, limits, withheld_text)
    free = rows["model"].isin(free)
    whole = rows.loc[free, ESTIMATE_COLUMNS]
    return pd.concat([checked[~free.to_numpy()], whole]).sort_index(kind="stable")
