"""The tidy estimates, through which every result passes: one row per model and term, whatever the estimator."""

import pandas as pd

COLUMNS = [
    *("province", "hypothesis", "model", "role", "specification", "outcome", "exposure", "term", "scale"),
    *("estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted"),
    *("n_read", "n_used", "n_dropped", "dropped_by_reason", "n_units", "n_clusters", "n_events"),
    *("converged", "vcov"),
]
# As models are fitted, with what the gate needs; and as they leave, when the gate has put the reasons into words.
BEHIND = ["behind_persons", "behind_events", "behind_of"]  # of jianfu.models.behind
RESTRICTED_COLUMNS = [*COLUMNS, "reasons", "residual_df", "persons", *BEHIND]
RELEASED_COLUMNS = [*COLUMNS, "note"]
CHECK = "."  # between the name of a model and that of a check beside it
INDIRECT = "_indirect"  # ending of the terms that are products of two paths


def tidy(rows: list[dict] | pd.DataFrame) -> pd.DataFrame:
    """Rows as a frame of :data:`RESTRICTED_COLUMNS`."""
    return pd.DataFrame(rows).reindex(columns=RESTRICTED_COLUMNS)


def is_check(estimates: pd.DataFrame) -> pd.Series:
    """Mask of the rows that are checks beside a model, not declared models."""
    return estimates["model"].astype(str).str.contains(CHECK, regex=False)


def missing(value: object) -> bool:
    """True for None, NaN and the empty text."""
    return value is None or value == "" or value != value
