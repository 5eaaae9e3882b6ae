"""Cluster bootstrap of the whole pipeline: units are drawn, anchors, index, exposure and estimates made anew.

A unit that is drawn twice has the weight two in the constants of the index and in the models (frequency weights: the
same as repeated rows with a unit effect each). Fits start at the estimates of the data and run until they converge.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.core.errors import DataError
from jianfu.robustness.curve.variants import exposure, index_levels, lagged
from jianfu.robustness.uncertainty import reliability

TOLERANCE = 1e-5  # of a replicate: far below its sampling error


@dataclass
class Hazard:
    """A hazard on cells: ``base`` and ``rows`` as in :mod:`jianfu.robustness.curve.fits`, columns that multiply the
    exposure (terms, (N, J), ones for the exposure itself), months of the lag."""

    base: object
    cells: object
    rows: np.ndarray
    factors: np.ndarray
    lags: tuple
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
    them, positions of unit and month in the exposures, months of the lag."""

    y: np.ndarray
    columns: np.ndarray
    unit: np.ndarray
    month: np.ndarray
    lags: tuple

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


def member_exposures(members, lags, min_share, rows=None):
    """Exposures (U, T, k) made of one member each, on the scale of the mean of all (standardised members)."""
    own = [_single(members, j, lags, min_share, rows) for j in range(len(members.codes))]
    return np.stack(own, axis=-1)


def _single(members, j, lags, min_share, rows):
    own = members.values[..., j]
    reference = (own if rows is None else own[rows])[:, members.reference]
    reference = reference[~np.isnan(reference)]
    if len(reference) < 2 or not reference.std(ddof=1) > 0:
        return np.full(own.shape, np.nan)
    z = members.direction[j] * (own - reference.mean()) / reference.std(ddof=1)
    return lagged(z, members, lags, min_share)


def replicate(members, models, way, min_share, shares, times):
    """Estimates of all ``models`` ({name: :class:`Hazard` or :class:`Survey`}) and reliabilities ({lags: lambda}).

    The index is made in one ``way`` (see :mod:`jianfu.robustness.curve.variants`) of units drawn ``times`` (U,); None
    = the data themselves. ``shares``: {lags: least share of months present}.
    """
    rows = None if times is None else np.repeat(np.arange(len(times)), times)
    levels = index_levels(members, way, min_share, rows)
    exposures, reliabilities = {}, {}
    for lags, share in shares.items():
        exposures[lags] = exposure(levels, members, lags, share, rows)
        own = member_exposures(members, lags, share, rows)
        reliabilities[lags] = reliability.within(own, times).value
    return {
        name: model.estimate(exposures[model.lags], times) for name, model in models.items()
    }, reliabilities


def draws(members, models, way, min_share, shares, clusters, seed, first, n):
    """Replicates ``first`` ... ``first + n - 1``: {name: (n, J)}, {lags: (n,)}; a failed one is NaN.

    clusters: (U,) codes of what is drawn (units or counties). Every replicate has a stream of its own.
    """
    found, lambdas = {name: [] for name in models}, {lags: [] for lags in shares}
    start, _ = replicate(members, models, way, min_share, shares, None)
    for number in range(first, first + n):
        rng = np.random.default_rng([seed, number])
        n_clusters = int(clusters.max()) + 1
        times = np.bincount(rng.integers(0, n_clusters, n_clusters), minlength=n_clusters)[clusters]
        try:
            estimates, own = replicate(members, models, way, min_share, shares, times)
        except (np.linalg.LinAlgError, DataError):
            estimates = {name: np.full(len(values), np.nan) for name, values in start.items()}
            own = dict.fromkeys(shares, np.nan)
        for name in models:
            found[name].append(estimates[name])
        for lags in shares:
            lambdas[lags].append(own[lags])
    return {k: np.array(v) for k, v in found.items()}, {k: np.array(v) for k, v in lambdas.items()}
