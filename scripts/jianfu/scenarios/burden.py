"""The burden that edited rows would have made: indicators, indices and exposures by the construction of the pipeline
with its stored anchors."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from jianfu.indices import construction
from jianfu.indices.construction import Built
from jianfu.indices.exposures import SURVEY, Exposure
from jianfu.indices.specification import IndexSpec

STEP = 0.05  # of the logarithm of the headcount, for the slope of the indices


@dataclass(frozen=True)
class Burden:
    """Indices of a province under some rows: ``built`` with the stored ``anchors``, of the indices of ``spec``."""

    built: Built
    spec: IndexSpec
    anchors: dict

    @property
    def indices(self) -> list[str]:
        """Codes of the indices, in the order of the last axis of all arrays here."""
        return self.spec.indices

    @cached_property
    def levels(self) -> np.ndarray:
        """Levels (units, months, indices)."""
        return np.stack([self.built.levels[index] for index in self.indices], axis=-1)

    @cached_property
    def slopes(self) -> np.ndarray:
        """Change of the levels (units, months, indices) per unit of the logarithm of the headcount.

        Members per head fall as the headcount rises; the slope is the central difference of the construction itself.
        """
        return (self._with_heads(STEP) - self._with_heads(-STEP)) / (2 * STEP)

    def _with_heads(self, step):
        """Levels with the headcount of every unit-month times exp(step)."""
        cube, per_head = self.built.cube, self.spec.structure.indicators["per_head"].astype(bool)
        values = cube.screened.copy()
        values[..., [self.spec.codes.index(code) for code in per_head.index[per_head]]] *= np.exp(-step)
        built = construction.build(replace(cube, screened=values), self.spec, self.anchors)
        return np.stack([built.levels[index] for index in self.indices], axis=-1)

    def exposures(self, levels: np.ndarray, *, survey: bool = False) -> np.ndarray:
        """Standardised exposures (units, months, indices) made of ``levels``: the three, or six, months before."""
        months = self.spec.survey if survey else self.spec.before
        means = [
            construction.mean_before(levels[..., j], self.built.cube.grid, months)
            for j in range(len(self.indices))
        ]
        mean, sd = self.moments(SURVEY if survey else "")
        return (np.stack(means, axis=-1) - mean) / sd

    def moments(self, window: str = "") -> np.ndarray:
        """Means and standard deviations (2, indices) of the exposures; NaN where an exposure has no anchor."""
        entries = [
            self.anchors["exposures"][Exposure(index=index, window=window).name] for index in self.indices
        ]
        return np.array([[np.nan if e[key] is None else e[key] for e in entries] for key in ("mean", "sd")])


def burden(indicators: pd.DataFrame, unit_months: pd.DataFrame, spec: IndexSpec, anchors: dict) -> Burden:
    """The burden made of long ``indicators`` (unit_code, month, indicator, value) with stored ``anchors``."""
    return Burden(construction.build_indices(indicators, unit_months, spec, anchors), spec, anchors)


def completed(edited: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """Edited indicators, where nothing is left to compute one from with the value that the pipeline stored.

    A share of no rows at all is unknown, not zero; without this, an index would change because it lost a member.
    """
    keys = ["unit_code", "month", "indicator"]
    both = stored[[*keys, "value"]].merge(
        edited[[*keys, "value"]], on=keys, how="left", suffixes=("_stored", "")
    )
    kept = both.pop("value_stored")
    both["value"] = both["value"].fillna(kept).where(kept.notna())
    return both
