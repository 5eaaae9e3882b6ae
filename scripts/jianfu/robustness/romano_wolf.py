"""Step-down adjustment for many tests by a joint cluster bootstrap (Romano and Wolf 2005, 2016).

Romano and Wolf (2005), Econometrica 73: 1237-1282; (2016), Statistics and Probability Letters 113: 38-40. The bootstrap
multiplies the efficient scores of the clusters under each hypothesis by random weights (Kline and Santos 2012), the
same weight for a cluster in every test, whatever its model: the dependence between the tests is kept and nothing is
fitted again.
"""

import numpy as np

from jianfu.statistics import wild


def draws(scores, replicates, seed):
    """Bootstrap statistics (B, m) of ``scores`` (G, m): Webb's weights below 12 clusters, else Rademacher's."""
    return np.array([wild.statistic(w * scores.T) for w in wild.draws(len(scores), replicates, seed)])


def step_down(observed, replicated):
    """Adjusted p-values (m,) from statistics (m,) and their replicates (B, m).

    In the order of falling statistics, p = (1 + number of replicates whose maximum over this and all later tests is
    at least as large) / (B + 1), ties count; p never falls along the order. NaN (a test that could not be made) stays
    NaN and does not enter the maxima.
    """
    observed = np.asarray(observed, dtype=float)
    adjusted = np.full(len(observed), np.nan)
    order = [j for j in np.argsort(-observed, kind="stable") if not np.isnan(observed[j])]
    largest = 0.0
    for position, j in enumerate(order):
        maxima = replicated[:, order[position:]].max(axis=1)
        largest = max(largest, wild.share_beyond(observed[j], maxima))
        adjusted[j] = largest
    return adjusted


def adjust(scores, replicates, seed):
    """Unadjusted and adjusted p-values, each (m,), of tests with the cluster scores ``scores`` (G, m)."""
    known = ~np.isnan(scores).any(axis=0)
    filled = np.where(known, scores, 0.0)
    observed = np.where(known, wild.statistic(filled.T), np.nan)
    replicated = draws(filled, replicates, seed)
    single = wild.share_beyond(observed, replicated)
    return np.where(known, single, np.nan), step_down(observed, replicated)
