"""Are the correlations fit for a factor model: Kaiser-Meyer-Olkin, Bartlett's test, parallel analysis."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.survey.psychometrics.items import checked, positive_definite


def _correlation(items):
    correlation = np.corrcoef(items, rowvar=False)
    if not positive_definite(correlation):
        raise NotEstimable("not_positive_definite")
    return correlation


def kmo(items):
    """Kaiser-Meyer-Olkin measure of sampling adequacy: overall and of every item (p,).

    Sum of squared correlations over itself plus the sum of squared partial correlations (Kaiser and Rice 1974), as
    ``KMO`` of R psych.
    """
    correlation = _correlation(checked(items))
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = inverse / np.outer(scale, scale)
    plain, partial = (matrix**2 - np.diag(np.diag(matrix) ** 2) for matrix in (correlation, partial))
    by_item = plain.sum(axis=0) / (plain.sum(axis=0) + partial.sum(axis=0))
    return float(plain.sum() / (plain.sum() + partial.sum())), by_item


@dataclass(frozen=True)
class Test:
    """A chi-squared test."""

    chi2: float
    df: int
    p_value: float


def bartlett(items):
    """Bartlett's test (1951) that the correlation matrix is the identity, as ``cortest.bartlett`` of R psych."""
    items = checked(items)
    n, p = items.shape
    sign, log_determinant = np.linalg.slogdet(_correlation(items))
    chi2 = -log_determinant * (n - 1 - (2 * p + 5) / 6)
    df = p * (p - 1) // 2
    return Test(float(chi2), df, float(stats.chi2.sf(chi2, df)))


@dataclass(frozen=True)
class Parallel:
    """Parallel analysis: number of components, observed eigenvalues (p,) and those that chance gives (p,)."""

    components: int
    observed: np.ndarray
    chance: np.ndarray


def parallel_analysis(items, draws=200, quantile=0.95, seed=20240401):
    """Horn's parallel analysis (1965) of principal components of the correlation matrix.

    Chance is the ``quantile`` of the eigenvalues of ``draws`` matrices of independent normal data of the same size
    (Glorfeld 1995). Counted are the leading components whose eigenvalue exceeds it.
    """
    items = checked(items)
    observed = np.linalg.eigvalsh(np.corrcoef(items, rowvar=False))[::-1]
    random = np.random.default_rng(seed)
    eigenvalues = np.array(
        [
            np.linalg.eigvalsh(np.corrcoef(random.standard_normal(items.shape), rowvar=False))[::-1]
            for _ in range(draws)
        ]
    )
    chance = np.quantile(eigenvalues, quantile, axis=0)
    above = observed > chance
    return Parallel(int(len(above) if above.all() else np.argmin(above)), observed, chance)
