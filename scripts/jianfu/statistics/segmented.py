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
from jianfu.statistics.designs import demean, independent, sums_by
from jianfu.statistics.newton import Point, maximise

TOLERANCE = 1e-10  # of a coefficient of the Poisson likelihood


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
    """Columns {name: (N,)}: trend, level_<i> and slope_<i> of the dates (month numbers), calendar_<k> effects.

    month: (N,) consecutive month numbers; the slope term counts months since the date, so that the level change is the
    jump in the first month.
    """
    columns = {"trend": month - month.min()}
    for i, date in enumerate(dates, start=1):
        columns[f"level_{i}"] = month >= date
        if slopes:
            columns[f"slope_{i}"] = np.maximum(month - date, 0)
    if calendar is not None:
        columns |= {f"calendar_{k}": calendar == k for k in np.unique(calendar)[1:]}
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
    free = np.isin(np.arange(x.shape[1]), independent(demean(x, unit)))
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
    left = n_months - int(free.sum()) - 1
    if left < 1:
        raise NotEstimable("too_few_months", months=int(n_months), coefficients=int(free.sum()) + 1)
    lag = default_lag(n_months) if lag is None else int(lag)
    scores = inside * residual[:, None]
    middle, df = np.zeros((scores.shape[1],) * 2), n_clusters - 1
    if kind != "months":
        middle = _cross(sums_by(scores, clusters, n_clusters)) * n_clusters / (n_clusters - 1)
    if kind != "cluster":
        common = _bartlett(sums_by(scores, period, period.max() + 1), lag)
        df = min(df, left) if kind == "both" else left
        middle = middle + common * n_months / left
    if kind == "both":
        middle = _positive(middle - _own(scores, clusters, period, lag) * n_months / left, middle)
    bread = np.linalg.inv(information)
    coefficients, covariance = np.full(len(names), np.nan), np.full((len(names), len(names)), np.nan)
    coefficients[free] = beta
    covariance[np.ix_(free, free)] = bread @ middle @ bread
    shown = None if kind == "cluster" else lag
    return SegmentedFit(
        tuple(names), coefficients, covariance, float(df), converged, kind, shown, n_months, n_clusters
    )


def _cross(sums):
    return sums.T @ sums


def _own(scores, clusters, period, lag):
    """The part of the months' kernel that comes from pairs of rows of one cluster."""
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


def _bartlett(sums, lag):
    """Long-run covariance of the rows of ``sums`` (T, k), Bartlett weights 1 - l / (lag + 1)."""
    total = sums.T @ sums
    for step in range(1, min(lag, len(sums) - 1) + 1):
        cross = sums[step:].T @ sums[:-step]
        total = total + (1 - step / (lag + 1)) * (cross + cross.T)
    return total


def _poisson(y, x, unit, offset):
    """Poisson with unit effects concentrated out: coefficients, columns less weighted means, residuals, information."""
    y = np.asarray(y, dtype=float)
    total = np.bincount(unit, y)

    def evaluate(eta):
        mu = np.exp(np.clip(eta, -500, 500))
        sums = np.bincount(unit, mu)
        value = y @ np.clip(eta, -500, 500) - total[total > 0] @ np.log(sums[total > 0])
        mu = mu * np.divide(total, sums, out=np.zeros_like(sums), where=sums > 0)[unit]
        inside = x - (sums_by(x * mu[:, None], unit) / np.where(total > 0, total, 1)[:, None])[unit]
        return Point(float(value), (inside, y - mu, (inside * mu[:, None]).T @ inside))

    def direction(point):
        inside, residual, information = point.parts
        score = inside.T @ residual
        step = np.linalg.solve(information, score)
        return step, score @ step

    found = maximise(
        np.zeros(x.shape[1]),
        predict=lambda beta: x @ beta,
        evaluate=evaluate,
        direction=direction,
        offset=np.zeros(len(y)) if offset is None else offset,
        tolerance=TOLERANCE,
    )
    return found.state, *found.point.parts, found.converged
