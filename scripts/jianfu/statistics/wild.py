"""Restricted wild score cluster bootstrap (Kline and Santos 2012): p-values of hazards with few clusters.

The efficient scores of the clusters at the estimate under the hypothesis are multiplied by random weights, so that
nothing is fitted again. Weights are Webb's six points below 12 clusters, else Rademacher's two.
"""

import numpy as np

FEW_WEBB = 12
WEBB = np.sqrt([0.5, 1.0, 1.5])
TIES = 1e-10  # relative difference below which two statistics are equal


def weights_name(n_clusters):
    """Name of the weights for a number of clusters."""
    return "Webb" if n_clusters < FEW_WEBB else "Rademacher"


def p_value(scores, replicates, seed):
    """Two-sided p-value of the hypothesis that the efficient cluster ``scores`` (G,) have mean zero.

    The statistic is the squared sum over the sum of squared deviations from the mean; ties count against the
    hypothesis (>=), and the observed statistic counts as one replicate.
    """
    points = np.r_[-WEBB, WEBB] if len(scores) < FEW_WEBB else np.array([-1.0, 1.0])
    drawn = np.random.default_rng(seed).choice(points, size=(replicates, len(scores)))
    observed, replicated = _statistic(scores[None, :])[0], _statistic(drawn * scores)
    return (1 + int((replicated >= observed * (1 - TIES)).sum())) / (replicates + 1)


def _statistic(scores):
    spread = ((scores - scores.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return scores.sum(axis=1) ** 2 / spread
