"""Reliability of an exposure whose members count tasks by a label that was read from their titles.

How often the coder takes one label for another is known from labelled titles: counts of (true, coded) labels. One more
dose of that error is put on the coded tasks of every unit-month, each member is counted anew, and index and exposure
are made with the anchors of the data. With r the correlation of the exposure x with the one so made, within units and
months, the error e has

    var(e) / var(x) = 1 / r^2 - 1,    lambda = 1 - var(e) / var(x)

by which regression calibration divides an estimate (Carroll, Ruppert, Stefanski and Crainiceanu 2006, section 4); to
add the known error once more is the first step of SIMEX, for labels that of Küchenhoff, Mwalili and
Lesaffre (2006, Biometrics 62: 85-96). Errors hang on the true label alone, alike in every unit and month.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jianfu.indices import construction
from jianfu.indices.construction import Cube
from jianfu.indices.grid import Grid
from jianfu.indices.specification import IndexSpec, Months
from jianfu.robustness.uncertainty.reliability import deviations


@dataclass(frozen=True)
class Coded:
    """Tasks by label: ``labels`` (k), ``every`` and ``coded`` (units, months, k) all tasks and those with a label from
    the title, ``errors`` (k, k) the share of the titles of one label (row) that is coded as another (column)."""

    labels: list[str]
    every: np.ndarray
    coded: np.ndarray
    errors: np.ndarray

    @property
    def share(self) -> float:
        """Share of the tasks whose label comes from the title."""
        return float(self.coded.sum() / max(self.every.sum(), 1))

    @property
    def agreement(self) -> float:
        """Share of the coded tasks that the coder is expected to have labelled rightly."""
        own = self.coded.sum(axis=(0, 1))
        return float(own @ np.diag(self.errors) / max(own.sum(), 1))


def count(tasks: pd.DataFrame, errors: pd.DataFrame, grid: Grid) -> Coded:
    """:class:`Coded` of counts of tasks (unit_code, month, event_label, is_coded, n) on ``grid``.

    errors: given, coded, titles (config/plan/title_errors.csv); a label without titles is taken as coded rightly.
    """
    labels = sorted({*tasks["event_label"], *errors["given"], *errors["coded"]})
    places = pd.Index(labels)
    shares = np.zeros((len(labels), len(labels)))
    rows, columns = places.get_indexer(errors["given"]), places.get_indexer(errors["coded"])
    np.add.at(shares, (rows, columns), errors["titles"].to_numpy(float))
    shares[shares.sum(axis=1) == 0] = np.eye(len(labels))[shares.sum(axis=1) == 0]
    unit, month = grid.units.get_indexer(tasks["unit_code"]), grid.months.get_indexer(tasks["month"])
    known = (unit >= 0) & (month >= 0)
    found = []
    for counted in (known, known & tasks["is_coded"].to_numpy(bool)):
        cells = np.zeros((len(grid.units), len(grid.months), len(labels)))
        label = places.get_indexer(tasks["event_label"])
        np.add.at(cells, (unit[counted], month[counted], label[counted]), tasks["n"].to_numpy(float)[counted])
        found.append(cells)
    return Coded(labels, *found, shares / shares.sum(axis=1, keepdims=True))


def again(coded: Coded, rng: np.random.Generator) -> np.ndarray:
    """Tasks by label (units, months, k) after one more dose of the coder's error on those that were coded."""
    counts = coded.coded.astype(np.int64)
    drawn = sum(rng.multinomial(counts[..., place], row) for place, row in enumerate(coded.errors))
    return coded.every - coded.coded + drawn


def with_counts(cube: Cube, coded: Coded, counts: np.ndarray, members: Mapping[str, Sequence[str]]) -> Cube:
    """``cube`` with the ``members`` {member: its labels} as they would be with these ``counts`` (units, months, k).

    A member goes with the number of tasks of its labels; where there was none, by what one task is worth in the other
    months of the unit.
    """
    screened = cube.screened.copy()
    for code, labels in members.items():
        if code in cube.codes:
            own = [place for place, label in enumerate(coded.labels) if label in labels]
            before, after = coded.every[..., own].sum(axis=-1), counts[..., own].sum(axis=-1)
            values = screened[..., cube.codes.index(code)]
            with np.errstate(invalid="ignore", divide="ignore"):
                worth = np.where(before > 0, values / before, np.nan)
            usual = pd.DataFrame(worth.T).median().to_numpy()[:, None]
            worth = np.where(np.isnan(worth), np.broadcast_to(usual, worth.shape), worth)
            changed = (before != after) & ~np.isnan(worth) & ~np.isnan(values)
            screened[..., cube.codes.index(code)] = np.where(changed, worth * after, values)
    return replace(cube, screened=screened)


def reliability(
    cube: Cube,
    spec: IndexSpec,
    coded: Coded,
    members: Mapping[str, Sequence[str]],
    windows: Sequence[Months],
    *,
    draws: int,
    seed: int,
) -> dict[Months, float]:
    """{months: lambda} of the exposures over ``windows`` of the one index of ``spec``; NaN where nothing varies."""
    anchors, rng = construction.fit(cube, spec), np.random.default_rng(seed)
    name = spec.indices[0]
    level = construction.build(cube, spec, anchors).levels[name]
    made = [with_counts(cube, coded, again(coded, rng), members) for _ in range(draws)]
    moved = [construction.build(other, spec, anchors).levels[name] for other in made]
    return {months: _share(level, moved, cube.grid, months) for months in windows}


def _share(level, moved, grid, months):
    """1 less the variance of the error as a share of that of the exposure, within units and months."""
    values = np.stack([construction.mean_before(one, grid, months) for one in (level, *moved)], axis=-1)
    weights = (~np.isnan(values).any(axis=-1)).astype(float)
    if not weights.sum() > 0:
        return np.nan
    inside = deviations(values, weights) * weights[..., None]
    spreads = (inside**2).sum(axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        r2 = (inside[..., :1] * inside[..., 1:]).sum(axis=(0, 1)) ** 2 / (spreads[0] * spreads[1:])
        return float(2 - np.mean(1 / r2))
