"""Scenarios that change a trait of the respondents: what a cap on it moves, by group of persons."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from jianfu.models.prediction import Predictor
from jianfu.models.term import Term
from jianfu.scenarios.effects import ALL, DRAWS, interval

GROUPS = ("cohort", "bianzhi", "role")  # traits by which changes and slopes are told apart
FEWEST = 30  # respondents of a group


def groups_of(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """{all, or the name of a group of persons: mask}; groups with few persons, or of everyone, are left out."""
    found = {ALL: np.ones(len(frame), dtype=bool)}
    for trait in GROUPS:
        values = frame[trait].astype(object).to_numpy() if trait in frame else np.full(len(frame), None)
        for value in sorted({v for v in values if isinstance(v, str)}):
            mask = values == value
            if FEWEST <= mask.sum() < len(frame):
                found[value] = mask
    return found


def capped(
    found: Predictor, frame: pd.DataFrame, caps: Mapping[str, float], seed: int, *, draws: int = DRAWS
) -> list[tuple]:
    """Rows (group, estimate, low, high, behind): mean change of the outcome of ``found`` where each trait of ``caps``
    is at most its value.

    frame: the rows of the analysis table that the model uses. A term of the model is a trait or a product of it with an
    exposure, which stays as it is.
    """
    moved = {
        name: np.minimum(frame[name].to_numpy(float), most) - frame[name].to_numpy(float)
        for name, most in caps.items()
    }
    change = np.zeros((len(frame), len(found.names)))
    for j, term in enumerate(found.names):
        parts = Term(term).names
        shifted = [name for name in parts if name in moved]
        if shifted:
            others = [frame[name].to_numpy(float) for name in parts if name not in moved]
            change[:, j] = np.prod([moved[shifted[0]], *others], axis=0)
    coefficients = np.vstack([found.coefficients, found.draws(draws, seed)])
    return [
        (name, *interval(coefficients @ change[mask].mean(axis=0)), int(mask.sum()))
        for name, mask in groups_of(frame).items()
    ]
