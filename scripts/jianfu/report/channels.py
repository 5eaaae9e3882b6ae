"""What figures and sentences both ask of the released tables on where the burden comes from."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.core.lines import BASE
from jianfu.models.words import text_of

LEVELS = ("国家", "省", "市", "县", "乡")
ARROW = "→"  # between the two levels of a step
CHANNELS = ["paper", "electronic"]


def largest(lines: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """The lines of a dimension that add to the index, those that add most first."""
    own = lines[(lines["dimension"] == dimension) & (lines["name"] != BASE)]
    return own.sort_values(["points", "name"], ascending=[False, True], kind="stable", ignore_index=True)


def order_of(step: str) -> list[int]:
    """Where a step stands from the top down."""
    return [LEVELS.index(level) if level in LEVELS else len(LEVELS) for level in step.split(ARROW)]


def level_words(level: str, labels: Labels) -> str:
    """Words for a level of government."""
    return text_of(f"value_{level}", labels, level)


def step_words(step: str, labels: Labels) -> str:
    """Words for a step from one level to another."""
    return ARROW.join(level_words(level, labels) for level in step.split(ARROW))


def ends(documents: pd.DataFrame) -> tuple[int, pd.DataFrame, pd.DataFrame]:
    """The first and the last months with values, twelve of each or fewer where they would overlap, and how many."""
    known = documents.dropna(subset=CHANNELS).sort_values("month", kind="stable")
    months = max(min(12, len(known) // 2), 1)
    return months, known.head(months), known.tail(months)


def electronic_share(documents: pd.DataFrame) -> float:
    """Electronic documents among all of these months, each month as heavy as its documents."""
    return documents["electronic"].sum() / documents[CHANNELS].to_numpy().sum()
