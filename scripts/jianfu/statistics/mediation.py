"""Indirect and direct effects through a mediator, by g-computation with a cluster bootstrap.

Linear mediator m = a x + controls + effects and linear outcome y = c x + b m + controls + effects. Averaged over the
observed rows, moving the mediator from its prediction at x to that at x + 1 changes the predicted outcome by
a b (natural indirect effect), moving the exposure itself by c (natural direct effect). Both assume that nothing
unmeasured confounds mediator and outcome. The bootstrap draws whole clusters; intervals are percentiles.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.statistics.designs import demean, dummies

CHUNK = 100


@dataclass(frozen=True)
class MediationFit:
    """Result of :func:`fit` for e exposures.

    a: (e,) exposure on mediator; b: mediator on outcome; direct: (e,); indirect: (e,); draws: (B, e) bootstrap
    replicates of the indirect effect; direct_draws: (B, e).
    """

    a: np.ndarray
    b: float
    direct: np.ndarray
    indirect: np.ndarray
    draws: np.ndarray
    direct_draws: np.ndarray


def fit(outcome, mediator, exposures, controls, effects, clusters, replicates, seed):
    """Paths of ``exposures`` (N, e) through ``mediator`` (N,) to ``outcome`` (N,).

    ``effects`` are arrays of codes; the levels of the first one must lie inside ``clusters``. The other effects and
    ``controls`` (N, c) enter as columns.
    """
    e = exposures.shape[1]
    later = [dummies(pd.factorize(np.asarray(codes))[0]) for codes in effects[1:]]
    columns = np.column_stack([outcome, mediator, exposures, controls, *later])
    first = pd.factorize(np.asarray(effects[0]))[0] if effects else np.zeros(len(outcome), dtype=int)
    clusters = pd.factorize(np.asarray(clusters))[0]
    products = _cluster_products(demean(columns, first), clusters)
    n_clusters = len(products)

    weights = np.random.default_rng(seed).multinomial(
        n_clusters, np.full(n_clusters, 1 / n_clusters), size=replicates
    )
    point = _paths(np.ones((1, n_clusters)), products, e)
    chunks = [_paths(weights[i : i + CHUNK], products, e) for i in range(0, replicates, CHUNK)]
    a, b, direct = (np.concatenate([chunk[j] for chunk in chunks]) for j in range(3))
    return MediationFit(
        a=point[0][0],
        b=float(point[1][0]),
        direct=point[2][0],
        indirect=point[0][0] * point[1][0],
        draws=a * b[:, None],
        direct_draws=direct,
    )


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
