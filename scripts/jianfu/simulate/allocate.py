"""From counts by group to rows: each function gives every row of a group its part so that the counts come out."""

import numpy as np


class Groups:
    """Consecutive rows in groups of the given sizes. Every method returns one value per row."""

    def __init__(self, sizes):
        self.sizes = np.asarray(sizes)
        self.of = np.repeat(np.arange(len(self.sizes)), self.sizes)
        self.start = np.cumsum(self.sizes) - self.sizes
        self.position = np.arange(len(self.of)) - self.start[self.of]

    def rank(self, rng, last=None):
        """Random rank within the group; rows with ``last`` true come after the others."""
        key = self.of * 2.0 + rng.random(len(self.of)) * 0.999
        if last is not None:
            key += last
        ranks = np.empty(len(self.of), dtype=np.int64)
        ranks[np.argsort(key, kind="stable")] = self.position
        return ranks

    def mark(self, rng, counts, among=None):
        """True for ``counts`` random rows of each group, chosen from the rows with ``among`` true."""
        return self.rank(rng, None if among is None else ~among) < counts[self.of]

    def deal(self, rng, table):
        """Class of each row: in every group class j gets ``table[group, j]`` rows, at random."""
        edges = np.cumsum(table, axis=1)[:, :-1]
        return (self.rank(rng)[:, None] >= edges[self.of]).sum(axis=1)

    def scatter(self, rng, totals, skip=0):
        """Counts per row that add up to ``totals`` in each group; the first ``skip`` rows of a group get none."""
        skip = np.broadcast_to(skip, self.sizes.shape)
        group = np.repeat(np.arange(len(totals)), totals)
        row = self.start[group] + skip[group]
        row = row + (rng.random(len(group)) * (self.sizes - skip)[group]).astype(np.int64)
        return np.bincount(row, minlength=len(self.of))


def split(weights, group, totals):
    """Whole numbers in proportion to ``weights`` that add up to ``totals`` in each group.

    ``group`` is sorted. With integer weights and totals not above their sum, no part exceeds its weight.
    """
    before = np.cumsum(weights) - weights
    first = np.searchsorted(group, np.arange(len(totals)))
    present = first < len(group)
    base = np.zeros(len(totals), dtype=weights.dtype)
    base[present] = before[first[present]]
    whole = np.bincount(group, weights, len(totals))[group]
    if np.issubdtype(weights.dtype, np.integer):
        whole = np.maximum(whole.astype(np.int64), 1)
        low = (before - base[group]) * totals[group] // whole
        return (before + weights - base[group]) * totals[group] // whole - low
    last = np.r_[group[1:] != group[:-1], True]
    low = np.floor(np.minimum((before - base[group]) / whole, 1) * totals[group])
    high = np.where(last, totals[group], np.floor((before + weights - base[group]) / whole * totals[group]))
    low = np.r_[0, high[:-1]] * np.r_[False, ~last[:-1]]
    return (high - low).astype(np.int64)
