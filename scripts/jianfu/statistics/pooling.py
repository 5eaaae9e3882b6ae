"""Rubin's rules: one estimate from those of several completed data sets, in the conventions of mice::pool."""

from dataclasses import dataclass

import numpy as np

from jianfu.core.errors import NotEstimable


@dataclass(frozen=True)
class Pooled:
    """Pooled estimates, arrays (k,) each.

    within, between, total: variances; riv: relative increase in variance due to nonresponse; lambda_: share of the
    variance due to it; fmi: fraction of missing information; df: of the t reference (Barnard and Rubin 1999).
    """

    estimates: np.ndarray
    within: np.ndarray
    between: np.ndarray
    total: np.ndarray
    riv: np.ndarray
    lambda_: np.ndarray
    fmi: np.ndarray
    df: np.ndarray
    m: int

    @property
    def std_errors(self):
        return np.sqrt(self.total)


def pool(estimates, variances, df_complete=np.inf):
    """Pool ``estimates`` (m, k) with squared standard errors ``variances`` (m, k) by Rubin's rules (1987).

    Total variance T = U + (1 + 1/m) B; df by Barnard and Rubin (1999) from the degrees of freedom of the complete-data
    analysis ``df_complete`` (number or (k,); inf = Rubin's large-sample df); fmi = (riv + 2 / (df + 3)) / (1 + riv).
    Raises NotEstimable with fewer than two imputations.
    """
    estimates, variances = (np.atleast_2d(np.asarray(a, dtype=float)) for a in (estimates, variances))
    m = len(estimates)
    if m < 2:
        raise NotEstimable("two_imputations")
    within, between = variances.mean(axis=0), estimates.var(axis=0, ddof=1)
    extra = (1 + 1 / m) * between
    total = within + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        riv, share = extra / within, extra / total
    df = barnard_rubin(m, share, df_complete)
    with np.errstate(invalid="ignore"):
        fmi = (riv + 2 / (df + 3)) / (1 + riv)
    return Pooled(estimates.mean(axis=0), within, between, total, riv, share, fmi, df, m)


def barnard_rubin(m, share, df_complete):
    """Degrees of freedom (Barnard and Rubin 1999, eq. 3) from m imputations and the variance share (k,)."""
    share = np.maximum(share, 1e-4)
    large = (m - 1) / share**2
    complete = np.broadcast_to(np.asarray(df_complete, dtype=float), share.shape)
    finite = np.where(np.isfinite(complete), complete, 0.0)
    observed = (finite + 1) / (finite + 3) * finite * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        small = large * observed / (large + observed)
    return np.where(np.isfinite(complete), small, large)


def shifted(outcome, imputed, delta):
    """Outcome with ``delta`` added to its imputed values: data not missing at random (delta adjustment, Rubin 1977)."""
    return np.asarray(outcome, dtype=float) + delta * np.asarray(imputed, dtype=float)
