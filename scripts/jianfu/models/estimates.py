"""The tidy estimates, through which every result passes: one row per model and term, whatever the estimator."""

from functools import cache
from pathlib import Path

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.core.reasons import read_reasons
from jianfu.models.reasons import in_words

ESTIMATE_COLUMNS = [
    *("province", "hypothesis", "model", "role", "specification", "outcome", "exposure", "term", "scale"),
    *("estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted"),
    *("n_read", "n_used", "n_dropped", "dropped_by_reason", "n_units", "n_clusters", "n_events"),
    *("converged", "vcov", "note"),
]
GATE_COLUMNS = ["residual_df", "persons", "reasons"]  # only the disclosure gate uses them


@cache
def _english():
    return Labels("en", str(Path(__file__).parents[3] / "config" / "plan" / "labels.csv"))


def english(reasons) -> str:
    """Reasons in English; only until the gate puts them into words."""
    return in_words(reasons, _english())


def tidy(rows) -> pd.DataFrame:
    """Rows as frame of all columns; ``note`` only until the gate puts ``reasons`` into words."""
    frame = pd.DataFrame(rows)
    frame["note"] = [english(read_reasons(text)) for text in frame["reasons"]]
    return frame.reindex(columns=[*ESTIMATE_COLUMNS, *GATE_COLUMNS])
