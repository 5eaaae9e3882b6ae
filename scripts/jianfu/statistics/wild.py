"""Restricted wild bootstraps by cluster: p-values with few clusters, of hazards by scores (Kline and Santos 2012).

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
    observed, replicated = _replicates(scores, replicates, seed)
    return (1 + int((replicated >= observed * (1 - TIES)).sum())) / (replicates + 1)


def half_width(scores, estimate, replicates, seed, confidence=0.95):
    """Half the width of an interval around ``estimate`` that leaves out zero where p < 1 - ``confidence``.

    The score statistic is the estimate over its standard error under the hypothesis; that error times the quantile of
    the replicated statistics is the half width. NaN where the replicates are too few for the quantile.
    """
    observed, replicated = _replicates(scores, replicates, seed)
    # as many may be that large, the observed one included, at most
    beyond = int(np.ceil((1 - confidence) * (replicates + 1) - TIES)) - 1
    if beyond < 1 or not observed > 0:
        return np.nan
    critical = np.sort(replicated)[len(replicated) - beyond]
    return abs(estimate) * float(np.sqrt(critical / (observed * (1 - TIES))))


def _replicates(scores, replicates, seed):
    """The observed statistic and the replicated ones."""
    points = np.r_[-WEBB, WEBB] if len(scores) < FEW_WEBB else np.array([-1.0, 1.0])
    drawn = np.random.default_rng(seed).choice(points, size=(replicates, len(scores)))
    return _statistic(scores[None, :])[0], _statistic(drawn * scores)


def _statistic(scores):
    spread = ((scores - scores.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return scores.sum(axis=1) ** 2 / spread


def cluster_p_value(y, design, effects, clusters, term, replicates, seed, weights=None):
    """Restricted wild cluster bootstrap of least squares (Cameron, Gelbach and Miller 2008; MacKinnon 2023): p-value.

    The hypothesis is that column ``term`` of ``design`` (N, k) has the coefficient zero; effects: arrays of codes (none
    = a constant). Residuals of the restricted fit are multiplied by one weight per cluster, t statistics have
    cluster-robust errors, and everything is computed from sums by cluster, so that nothing is fitted again. Two-sided,
    ties count against the hypothesis, the observed statistic counts as one replicate. NaN for a collinear column.
    weights: (N,) of weighted least squares; those of cells with a number of rows each give what the rows give.
    """
    root = np.ones(len(y)) if weights is None else np.sqrt(np.asarray(weights, dtype=float))
    full = _columns(np.asarray(design, dtype=float), effects) * root[:, None]
    response = np.asarray(y, dtype=float) * root
    x, others = full[:, term], np.delete(full, term, axis=1)
    residual_x = x - others @ np.linalg.lstsq(others, x, rcond=None)[0]
    if not residual_x @ residual_x > 1e-10 * (x @ x):
        return np.nan
    restricted = response - others @ np.linalg.lstsq(others, response, rcond=None)[0]
    codes = np.unique(clusters, return_inverse=True)[1]
    n_clusters = codes.max() + 1
    inverse = np.linalg.pinv(full.T @ full, hermitian=True)

    def by_cluster(values):
        return np.column_stack([np.bincount(codes, column, minlength=n_clusters) for column in values.T])

    scores = np.bincount(codes, residual_x * restricted, minlength=n_clusters)
    left, right = by_cluster(full * residual_x[:, None]), by_cluster(full * restricted[:, None])
    shrink = (
        right @ inverse @ left.T
    )  # what fitting to the residuals of one cluster takes from another's score
    points = np.r_[-WEBB, WEBB] if n_clusters < FEW_WEBB else np.array([-1.0, 1.0])
    drawn = np.random.default_rng(seed).choice(points, size=(replicates, n_clusters))
    signs = np.vstack([np.ones(n_clusters), drawn])
    spread = ((signs * scores - signs @ shrink) ** 2).sum(axis=1)
    squared = (signs @ scores) ** 2 / spread
    return (1 + int((squared[1:] >= squared[0] * (1 - TIES)).sum())) / (replicates + 1)


def _columns(design, effects):
    """Design with dummies of the effects (a constant where there are none)."""
    if not effects:
        return np.column_stack([design, np.ones(len(design))])
    dummies = [codes[:, None] == np.unique(codes)[None, :] for codes in map(np.asarray, effects)]
    later = [block[:, 1:] for block in dummies[1:]]
    return np.column_stack([design, dummies[0], *later]).astype(float)
