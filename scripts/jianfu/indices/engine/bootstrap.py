"""Cluster bootstrap of the whole index pipeline: units are drawn with replacement, everything else is made anew."""

import numpy as np

from jianfu.indices.engine import pipeline


def replicates(values, structure, units, reference, used, draws, seed):
    """Index of every row under anchors from resampled units, one replicate after another: yields (counts, index).

    values: (N, k); units: (N,) codes 0 ... U-1; reference: (N,) bool; used: resolved settings. In each of the ``draws``
    replicates U units are drawn with replacement (``counts`` (U,)), treatment limits, constants and weights are
    estimated from their reference rows, and the index (N, groups) of all rows follows. The rows of a unit stay
    together, so that its months may depend on one another.
    """
    units = np.asarray(units)
    size = int(units.max()) + 1
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(reference)
    for _ in range(draws):
        counts = np.bincount(random.integers(0, size, size), minlength=size)
        drawn = np.repeat(rows, counts[units[rows]])
        anchors = pipeline.fit(values[drawn], structure, np.ones(len(drawn), dtype=bool), used)
        yield counts, pipeline.apply(values, anchors).aggregated
