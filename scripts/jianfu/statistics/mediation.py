"""Indirect and direct effects through a mediator, by g-computation with a cluster bootstrap.

Linear mediator m = a x + controls + effects and linear outcome y = c x + b m + controls + effects. Averaged over the
observed rows, moving the mediator from its prediction at x to that at x + 1 changes the predicted outcome by
a b (natural indirect effect), moving the exposure itself by c (natural direct effect). Both assume that nothing
unmeasured confounds mediator and outcome. The bootstrap draws whole clusters; intervals are percentiles.
"""

import numpy as np
import pandas as pd

from jianfu.statistics.designs import demean, dummies

CHUNK = 100


def bootstrap(outcome, mediator, exposures, controls, effects, clusters, replicates, seed):
    """Replicates of the indirect and of the direct effects of ``exposures`` (N, e), (B, e) each, through ``mediator``
    (N,) on ``outcome`` (N,).

    ``effects`` are arrays of codes; the levels of the first one must lie inside ``clusters``. The other effects and
    ``controls`` (N, c) enter as columns.
    """
    later = [dummies(pd.factorize(np.asarray(codes))[0]) for codes in effects[1:]]
    columns = np.column_stack([outcome, mediator, exposures, controls, *later])
    first = pd.factorize(np.asarray(effects[0]))[0] if effects else np.zeros(len(outcome), dtype=int)
    products = _cluster_products(demean(columns, first), pd.factorize(np.asarray(clusters))[0])
    n_clusters = len(products)
    weights = np.random.default_rng(seed).multinomial(
        n_clusters, np.full(n_clusters, 1 / n_clusters), size=replicates
    )
    chunks = [
        _paths(weights[i : i + CHUNK], products, exposures.shape[1]) for i in range(0, replicates, CHUNK)
    ]
    a, b, direct = (np.concatenate(part) for part in zip(*chunks, strict=True))
    return a * b[:, None], direct


def _cluster_products(matrix, clusters):
    """Cross-products of the columns within each cluster, (G, p, p)."""
    order = np.argsort(clusters, kind="stable")
    bounds = np.flatnonzero(np.r_[True, np.diff(clusters[order]) > 0])
    return np.stack([part.T @ part for part in np.split(matrix[order], bounds[1:])])


def _paths(weights, products, e):
    """a (B, e), b (B,), direct (B, e) for cluster weights (B, G). Columns: outcome, mediator, exposures, others."""
    total = np.tensordot(weights.astype(float), products, axes=1)
    a = np.linalg.pinv(total[:, 2:, 2:], hermitian=True) @ total[:, 2:, 1:2]
    c = np.linalg.pinv(total[:, 1:, 1:], hermitian=True) @ total[:, 1:, 0:1]
    return a[:, :e, 0], c[:, 0, 0], c[:, 1 : 1 + e, 0]
