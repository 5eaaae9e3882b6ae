"""Segmented regression of an interrupted time series (Wagner et al. 2002) on a panel of units and months.

For every date: a change of level at that month and a change of slope from it on, beside a common trend, calendar-month
effects and unit effects. With a date common to all units two things make the panel say less than its rows: shocks that
hit all units in a month and linger, and what lingers within a unit. Errors of a panel allow for both (Thompson 2011,
equation 13: clustered by unit, plus scores summed by month with a Bartlett kernel, less what the two share). Those of a
single series, or by choice of a panel, are of months alone (Newey and West 1987, Driscoll and Kraay 1998). The part of
the months is scaled by T / (T - k), the units' by G / (G - 1). Link 'log' is a Poisson pseudo-likelihood with unit
effects (Hausman, Hall and Griliches 1984): its level and slope changes are changes of log rates.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.statistics import hazard, sandwich
from jianfu.statistics.designs import demean, independent, placed, sums_by


@dataclass(frozen=True)
class SegmentedFit:
    """Result of :func:`fit`.

    names: of the coefficients; coefficients: (k,), NaN where collinear; covariance: (k, k); df: degrees of freedom of
    t; converged; kind: of the errors; lag: of the kernel (None without); n_months: T; n_clusters: of units.
    """

    names: tuple
    coefficients: np.ndarray
    covariance: np.ndarray
    df: float
    converged: bool
    kind: str
    lag: int | None
    n_months: int
    n_clusters: int


def design(month, dates, calendar=None, slopes=True):
    """Columns {name: (N,)}: trend, calendar_<k> effects, level_<name> and slope_<name> of ``dates`` {name: month}.

    month: (N,) consecutive month numbers; the slope term counts months since the date, so that the level change is the
    jump in the first month.
    """
    columns = {"trend": month - month.min()}
    if calendar is not None:
        columns |= {f"calendar_{k}": calendar == k for k in np.unique(calendar)[1:]}
    for name, date in dates.items():
        columns[f"level_{name}"] = month >= date
        if slopes:
            columns[f"slope_{name}"] = np.maximum(month - date, 0)
    return {name: np.asarray(values, dtype=float) for name, values in columns.items()}


def default_lag(n_months):
    """Lag of the Bartlett kernel: 4 (T / 100)^(2/9), rounded down (Newey and West 1994)."""
    return int(4 * (n_months / 100) ** (2 / 9))


def fit(y, columns, unit, month, clusters=None, link="identity", kind="both", lag=None, offset=None):
    """Segmented regression of ``y`` (N,) on ``columns`` ({name: (N,)}) with effects of ``unit`` (codes).

    ``kind`` of errors: both (units, or ``clusters``, and months), months, cluster. A single cluster has months only.
    ``clusters`` (codes, default the units); ``lag`` overrides :func:`default_lag`; ``offset`` (N,) is added to the log
    rate. Raises NotEstimable where there are fewer months than coefficients.
    """
    names = list(columns)
    x = np.column_stack([columns[name] for name in names]).astype(float)
    free = independent(demean(x, unit))
    if link == "log":
        beta, inside, residual, information, converged = _poisson(y, x[:, free], unit, offset)
    else:
        inside = demean(x[:, free], unit)
        information, converged = inside.T @ inside, True
        response = demean(np.asarray(y, dtype=float)[:, None], unit)[:, 0]
        beta = np.linalg.solve(information, inside.T @ response)
        residual = response - inside @ beta
    clusters = unit if clusters is None else clusters
    n_clusters = int(clusters.max()) + 1
    kind = "months" if n_clusters == 1 else kind
    period = (month - month.min()).astype(int)
    n_months = len(np.unique(period))
    left = n_months - len(free) - 1
    if left < 1:
        raise NotEstimable("too_few_months", months=int(n_months), coefficients=len(free) + 1)
    lag = default_lag(n_months) if lag is None else int(lag)
    scores = inside * residual[:, None]
    middle, df = np.zeros((scores.shape[1],) * 2), n_clusters - 1
    if kind != "months":
        middle = sandwich.meat(sums_by(scores, clusters, n_clusters))
    if kind != "cluster":
        common = _bartlett(scores, np.zeros_like(clusters), period, lag)
        df = min(df, left) if kind == "both" else left
        middle = middle + common * n_months / left
    if kind == "both":
        middle = _positive(middle - _bartlett(scores, clusters, period, lag) * n_months / left, middle)
    bread = np.linalg.inv(information)
    return SegmentedFit(
        names=tuple(names),
        coefficients=placed(beta, free, len(names)),
        covariance=placed(bread @ middle @ bread, free, len(names)),
        df=float(df),
        converged=converged,
        kind=kind,
        lag=None if kind == "cluster" else lag,
        n_months=n_months,
        n_clusters=n_clusters,
    )


def _bartlett(scores, clusters, period, lag):
    """Long-run covariance (k, k) of the scores (N, k) by cluster and month, Bartlett weights 1 - l / (lag + 1)."""
    n = int(period.max()) + 1
    cells = sums_by(scores, clusters * n + period, (int(clusters.max()) + 1) * n)
    cube = cells.reshape(-1, n, scores.shape[1])
    total = np.einsum("gtj,gtk->jk", cube, cube)
    for step in range(1, min(lag, n - 1) + 1):
        cross = np.einsum("gtj,gtk->jk", cube[:, step:], cube[:, :-step])
        total += (1 - step / (lag + 1)) * (cross + cross.T)
    return total


def _positive(matrix, fallback):
    """The matrix where it is a covariance, else the larger one that counts twice what units and months share."""
    return matrix if np.linalg.eigvalsh(matrix).min() > 0 else fallback


def _poisson(y, x, unit, offset):
    """Poisson with unit effects: coefficients, columns less weighted means, residuals, information, converged.

    A unit without any event says nothing.
    """
    y, n = np.asarray(y, dtype=float), np.ones(len(y)) if offset is None else np.exp(offset)
    total = np.bincount(unit, y)
    rows, mu = total[unit] > 0, np.zeros(len(y))
    if not rows.any():
        raise NotEstimable("no_events")
    fitted = hazard.fit(y[rows], n[rows], x[rows], [unit[rows]], link="poisson")
    mu[rows] = n[rows] * np.exp(fitted.eta)
    inside = x - (sums_by(x * mu[:, None], unit) / np.where(total > 0, total, 1)[:, None])[unit]
    return fitted.coefficients, inside, y - mu, (inside * mu[:, None]).T @ inside, fitted.converged
