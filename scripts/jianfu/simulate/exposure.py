"""The overload exposure inside the month loop: the same definition as jianfu.indices.construction, month by month.

The loop needs the exposure of month m before the headcounts of later months exist, and the anchors of the tasks per
head rest on all headcounts of the reference window. The months of that window are therefore run twice with the same
random numbers: first with anchors from constant headcounts, then with the anchors of the first run. What is left of
the difference to the anchors of the finished draw is below 0.1 % of a standard deviation; the probabilities handed out
as truth are the ones that were used.
"""

from copy import copy

import numpy as np

from jianfu.simulate.measures import tasks_per_head

OVERLOAD = ("A1_tasks", "A2_checks", "A3_veto", "A4_letters", "A5_amp", "A6_share", "C5_short_share")
UNTRANSFORMED = ("A5_amp", "A6_share", "C5_short_share", "D3_rest_eve_share", "D6_monotony", "A10", "B1_trace_only",
                 "B2_desk", "C1_template", "C2_uniformity", "C3_format_returns")  # fmt: skip
REFERENCE_MONTHS = 12
MIN_SHARE = 0.6
MIN_MONTHS = 2


def transformed(code, value):
    """ln(1 + x) for counts and rates, shares and log ratios as they are."""
    return value if code in UNTRANSFORMED else np.log1p(value)


def anchor(values):
    """Mean and sample standard deviation over the reference window (first months), missing values left out."""
    reference = values[:, :REFERENCE_MONTHS]
    reference = reference[~np.isnan(reference)]
    return (reference.mean(), reference.std(ddof=1)) if len(reference) > 1 else (np.nan, np.nan)


def index_of(measures, codes, anchors=None):
    """Index 50 + 10 x mean z of the members that are present, units x months; and the anchors."""
    anchors = anchors or {code: anchor(transformed(code, measures[code])) for code in codes}
    z = np.stack([(transformed(c, measures[c]) - anchors[c][0]) / anchors[c][1] for c in codes])
    return mean_index(z), anchors


def mean_index(z):
    """Index from standardised members (first axis); missing below the minimum share of members."""
    present = ~np.isnan(z)
    n = present.sum(axis=0)
    enough = n >= MIN_SHARE * len(z)
    total = np.where(present, z, 0).sum(axis=0)
    return np.where(enough, 50 + 10 * total / np.maximum(n, 1), np.nan)


def window_mean(index, first, last, minimum):
    """Mean of the index over the months m-first to m-last (first >= last), for every month m; NaN below minimum."""
    months = index.shape[1]
    total, present = np.zeros(index.shape), np.zeros(index.shape, dtype=int)
    for lag in range(last, first + 1):
        part = index[:, : months - lag]
        known = ~np.isnan(part)
        total[:, lag:] += np.where(known, part, 0)
        present[:, lag:] += known
    return np.where(present >= minimum, total / np.maximum(present, 1), np.nan)


class OverloadExposure:
    """OD exposure by month for :class:`~jianfu.simulate.careers.MonthLoop`; unknown exposures count as average."""

    def __init__(self, fixed, counts, months, headcount):
        """Anchors from ``fixed`` indicators and the given ``headcount`` (units x months)."""
        measures = fixed | {"A1_tasks": tasks_per_head(counts, months, headcount)}
        index, self.anchors = index_of(measures, OVERLOAD)
        self.mean, self.sd = anchor(window_mean(index, 3, 1, MIN_MONTHS))
        self._take(fixed, counts, months)

    def under(self, fixed, counts):
        """The exposure made of other ``fixed`` indicators and ``counts`` on the same anchors, from the first month."""
        other = copy(self)
        other._take(fixed, counts, self.months)
        return other

    def _take(self, fixed, counts, months):
        self.counts, self.months = counts, months
        fixed_z = [(transformed(c, fixed[c]) - self.anchors[c][0]) / self.anchors[c][1] for c in OVERLOAD[1:]]
        self.fixed_z = np.stack(fixed_z)
        self.index = np.full(counts.tasks.shape, np.nan)

    def __call__(self, t, headcount):
        """Standardised mean index of the months t-3 to t-1; takes in the index of month t on the way."""
        tasks = np.log1p(tasks_per_head(self.counts, self.months, headcount, t))
        z = (tasks - self.anchors["A1_tasks"][0]) / self.anchors["A1_tasks"][1]
        self.index[:, t] = mean_index(np.concatenate([z[None], self.fixed_z[:, :, t]]))
        past = self.index[:, max(t - 3, 0) : t]
        known = ~np.isnan(past)
        n = known.sum(axis=1)
        mean = np.where(known, past, 0).sum(axis=1) / np.maximum(n, 1)
        return np.where(n >= MIN_MONTHS, (mean - self.mean) / self.sd, 0.0)
