"""How well coded values agree with given ones: share, Cohen's kappa, F1; from counts of pairs."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

AGREEMENT_COLUMNS = ["column", "n", "agreement", "kappa", "f1"]


def agreement(pairs: Mapping[tuple, int]) -> dict[str, float]:
    """n, agreement, kappa and f1 of ``pairs`` {(given, coded): rows}; values are texts or booleans.

    kappa = (agreement - chance) / (1 - chance), chance from both margins (Cohen 1960), NaN where chance is one. f1 is
    that of True for booleans, else the mean over the given values (macro).
    """
    pairs = Counter({pair: n for pair, n in pairs.items() if n})
    n = sum(pairs.values())
    if not n:
        return {"n": 0, "agreement": float("nan"), "kappa": float("nan"), "f1": float("nan")}
    given, coded = Counter(), Counter()
    for (left, right), rows in pairs.items():
        given[left] += rows
        coded[right] += rows
    same = sum(rows for (left, right), rows in pairs.items() if left == right) / n
    chance = sum(given[value] * coded[value] for value in given) / n**2
    wanted = [True] if set(given) | set(coded) <= {True, False} else sorted(given)
    scores = [2 * pairs[value, value] / ((given[value] + coded[value]) or float("nan")) for value in wanted]
    return {
        "n": n,
        "agreement": same,
        "kappa": (same - chance) / (1 - chance) if chance < 1 else float("nan"),
        "f1": sum(scores) / len(scores),
    }


def agreement_table(pairs: Mapping[tuple, int]) -> pd.DataFrame:
    """Frame of :data:`AGREEMENT_COLUMNS`, one row for each column that files and titles both have; ``pairs`` is
    {(column, value of the file, value of the title): rows}."""
    columns = {}
    for (column, given, coded), rows in pairs.items():
        columns.setdefault(column, Counter())[given, coded] += rows
    rows = [{"column": column, **agreement(found)} for column, found in columns.items()]
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)
