"""Cluster bootstrap of the whole pipeline: units are drawn, anchors, index, exposure and estimates made anew.

A unit that is drawn twice has the weight two in the constants of the index and in the models (frequency weights: the
same as repeated rows with a unit effect each). Fits start at the estimates of the data and run until they converge.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jianfu.core.errors import DataError
from jianfu.indices import construction
from jianfu.indices.construction import Built, Cube
from jianfu.indices.specification import IndexSpec, Months
from jianfu.robustness.uncertainty import reliability

TOLERANCE = 1e-5  # of a replicate: far below its sampling error


@dataclass
class Hazard:
    """A hazard on cells: ``base`` and ``rows`` as in :mod:`jianfu.robustness.curve.fits`, columns that multiply the
    exposure (terms, (N, J), ones for the exposure itself), months of the exposure."""

    base: object
    cells: object
    rows: np.ndarray
    factors: np.ndarray
    months: Months
    start: tuple = None

    def estimate(self, values, times):
        """Coefficients (J,) with the exposure ``values`` (U, T) and ``times`` (U,) every unit was drawn."""
        base, rows = self.base, self.rows
        x = values[base.unit[rows], base.month[rows]][:, None] * self.factors
        own = None if times is None else times[np.unique(base.unit[rows])]
        fit = self.cells.fit(x, times=own, start=self.start, tolerance=TOLERANCE)
        if self.start is None:
            self.start = fit.start
        return fit.coefficients if fit.converged else np.full(x.shape[1], np.nan)


@dataclass
class Survey:
    """Least squares of a standardised score with unit and wave effects: y, other columns (N, k) with waves among
    them, positions of unit and month in the exposures, months of the exposure."""

    y: np.ndarray
    columns: np.ndarray
    unit: np.ndarray
    month: np.ndarray
    months: Months

    def estimate(self, values, times):
        """Coefficient of the exposure as array (1,), see :meth:`Hazard.estimate`."""
        weight = np.ones(len(self.y)) if times is None else times[self.unit].astype(float)
        mean = np.average(self.y, weights=weight)
        spread = np.sqrt(weight @ (self.y - mean) ** 2 / (weight.sum() - 1))
        data = np.column_stack([self.y / spread, values[self.unit, self.month], self.columns])
        size = np.bincount(self.unit, weight)
        sums = np.column_stack([np.bincount(self.unit, weight * column) for column in data.T])
        data = (data - (sums / np.maximum(size, 1e-300)[:, None])[self.unit]) * np.sqrt(weight)[:, None]
        return np.linalg.lstsq(data[:, 1:], data[:, 0], rcond=None)[0][:1]


def member_exposures(built: Built, months: Months) -> np.ndarray:
    """Exposures (U, T, k) made of one normalised member each, on the scale of the mean of all."""
    own = [
        construction.mean_before(member, built.cube.grid, months)
        for member in np.moveaxis(built.normalised, 2, 0)
    ]
    return np.stack(own, axis=-1)


def replicate(cube: Cube, spec: IndexSpec, models: Mapping, times: np.ndarray | None) -> tuple[dict, dict]:
    """Estimates of all ``models`` ({name: :class:`Hazard` or :class:`Survey`}) and reliabilities ({months: lambda}).

    cube, spec: of one index, made of units drawn ``times`` (U,); None = the data themselves.
    """
    built = construction.build(cube, spec, construction.fit(cube, spec, times))
    level, exposures, reliabilities = built.levels[spec.indices[0]], {}, {}
    for months in {model.months for model in models.values()}:
        exposures[months] = construction.exposure(level, cube.grid, months, spec.reference, times)
        reliabilities[months] = reliability.within(member_exposures(built, months), times).value
    return {
        name: model.estimate(exposures[model.months], times) for name, model in models.items()
    }, reliabilities


def draws(
    cube: Cube, spec: IndexSpec, models: Mapping, clusters: np.ndarray, seed: int, first: int, n: int
) -> tuple[dict, dict]:
    """Replicates ``first`` ... ``first + n - 1``: {name: (n, J)}, {months: (n,)}; a failed one is NaN.

    clusters: (U,) codes of what is drawn (units or counties). Every replicate has a stream of its own. Raises
    :class:`DataError` where the data themselves have no estimate.
    """
    start, lambdas = replicate(cube, spec, models, None)
    found, reliabilities = {name: [] for name in models}, {months: [] for months in lambdas}
    for number in range(first, first + n):
        rng = np.random.default_rng([seed, number])
        n_clusters = int(clusters.max()) + 1
        times = np.bincount(rng.integers(0, n_clusters, n_clusters), minlength=n_clusters)[clusters]
        try:
            estimates, own = replicate(cube, spec, models, times)
        except (np.linalg.LinAlgError, DataError):
            estimates = {name: np.full(len(values), np.nan) for name, values in start.items()}
            own = dict.fromkeys(lambdas, np.nan)
        for name in models:
            found[name].append(estimates[name])
        for months in lambdas:
            reliabilities[months].append(own[months])
    return {k: np.array(v) for k, v in found.items()}, {k: np.array(v) for k, v in reliabilities.items()}
