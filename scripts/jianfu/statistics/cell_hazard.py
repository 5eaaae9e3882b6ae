"""The same hazard many times: other exposures, or other weights of the units, on cells that stay.

Cells are unit x month x pattern, a pattern being one combination of the control variables. Exposures vary over units
and months (and, in an interaction, over patterns); unit effects are eliminated from every step and month effects are
group sums, as in :mod:`jianfu.statistics.hazard`, but the controls enter through sums over patterns, and a fit starts
where an earlier one ended. Estimates and covariance are those of :func:`jianfu.statistics.hazard.fit` (expected
information, G / (G - 1), no adjustment for the number of coefficients).

A cluster bootstrap that draws units with replacement is a fit in which every unit has the number of times it was drawn
as its weight.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.statistics.designs import COLLINEAR, swept
from jianfu.statistics.hazard import LINKS, START, codes_of
from jianfu.statistics.newton import Point, maximise

TOLERANCE, MAX_STEPS = 1e-8, 40
EMPTY = 1e-9  # information of a column below which nothing is known about it (a month with the weight zero)


@dataclass(frozen=True)
class CellFit:
    """Result of :meth:`Cells.fit`.

    coefficients (J,); covariances: one cluster-robust (J, J) per level of clustering asked for; start: what a later
    fit may begin with; converged; eta: (N,) linear predictor.
    """

    coefficients: np.ndarray
    covariances: tuple
    start: tuple
    converged: bool
    eta: np.ndarray


class Cells:
    """Cells ready for fits.

    y, n: (N,) events and trials; unit, month, pattern: (N,) codes; controls: (P, k) control columns of each pattern,
    without a constant; months: False leaves out the month effects. Columns of ``controls`` that are linear combinations
    of earlier ones and the effects are left out.
    """

    def __init__(self, y, n, unit, month, pattern, controls, link="cloglog"):
        self.y, self.n = np.asarray(y, dtype=float), np.asarray(n, dtype=float)
        self.unit, self.n_units = codes_of(unit)
        self.month, self.n_months = codes_of(month)
        self.pattern, self.n_patterns = np.asarray(pattern), len(controls)
        self.link = link
        self.by_month = self.unit * self.n_months + self.month
        self.by_pattern = self.unit * self.n_patterns + self.pattern
        self.month_pattern = self.month * self.n_patterns + self.pattern
        share = np.bincount(self.pattern, self.n, minlength=self.n_patterns)
        self.controls = controls - share @ controls / share.sum()
        gram, _, _ = self._information(self.n, np.empty((len(self.y), 0)))
        k = controls.shape[1]
        scale = np.r_[share @ self.controls**2, np.ones(self.n_months - 1)]
        kept = swept(gram, scale, [*range(k, len(gram)), *range(k)])
        self.controls = self.controls[:, [j for j in kept if j < k]]

    def _sums(self, values, size, codes):
        return np.bincount(codes, values, minlength=size)

    def _pairs(self, values):
        """Sums by unit x pattern, month x pattern and unit x month."""
        g, t, p = self.n_units, self.n_months, self.n_patterns
        return (
            self._sums(values, g * p, self.by_pattern).reshape(g, p),
            self._sums(values, t * p, self.month_pattern).reshape(t, p),
            self._sums(values, g * t, self.by_month).reshape(g, t),
        )

    def _information(self, weight, x):
        """Information without the unit effects (p, p), share of each unit (G, p), diagonal of the units (G,).

        Columns: exposures ``x`` (N, J), controls, months but the first.
        """
        unit_pattern, month_pattern, unit_month = self._pairs(weight)
        z, j, k = self.controls, x.shape[1], self.controls.shape[1]
        width = j + k + self.n_months - 1
        full, link = np.zeros((width, width)), np.zeros((self.n_units, width))
        weighted = x * weight[:, None]
        full[:j, :j] = x.T @ weighted
        for c in range(j):
            full[c, j : j + k] = self._sums(weighted[:, c], self.n_patterns, self.pattern) @ z
            full[c, j + k :] = self._sums(weighted[:, c], self.n_months, self.month)[1:]
            link[:, c] = self._sums(weighted[:, c], self.n_units, self.unit)
        full[j : j + k, j : j + k] = z.T @ (month_pattern.sum(axis=0)[:, None] * z)
        full[j : j + k, j + k :] = (month_pattern @ z)[1:].T
        full[j + k :, j + k :] = np.diag(unit_month.sum(axis=0)[1:])
        full = np.triu(full) + np.triu(full, 1).T
        link[:, j : j + k], link[:, j + k :] = unit_pattern @ z, unit_month[:, 1:]
        diagonal = unit_month.sum(axis=1)
        share = link / np.where(diagonal > 0, diagonal, 1.0)[:, None]
        return full - link.T @ share, share, diagonal

    def _slopes(self, score, x):
        """Sums of the scores over the columns (p,) and over the units (G,)."""
        by_pattern = self._sums(score, self.n_patterns, self.pattern)
        months = self._sums(score, self.n_months, self.month)[1:]
        return np.r_[x.T @ score, by_pattern @ self.controls, months], self._sums(
            score, self.n_units, self.unit
        )

    def _predictor(self, beta, first, x):
        j, k = x.shape[1], self.controls.shape[1]
        grid = first[:, None] + np.r_[0.0, beta[j + k :]]
        return x @ beta[:j] + (self.controls @ beta[j : j + k])[self.pattern] + grid.ravel()[self.by_month]

    def cluster_scores(self, score, share, x):
        """Scores (G, p) of all columns by unit, unit effects partialled out."""
        unit_pattern, _, unit_month = self._pairs(score)
        own = [self._sums(score * column, self.n_units, self.unit) for column in x.T]
        scores = np.column_stack([*own, unit_pattern @ self.controls, unit_month[:, 1:]])
        return scores - unit_month.sum(axis=1)[:, None] * share

    def fit(self, x, clusters=(), times=None, start=None, tolerance=TOLERANCE):
        """Maximum likelihood with exposures ``x`` (N, J).

        clusters: levels of clustering, each as (G,) codes of the clusters of the units; times: (G,) weights of the
        units, None = one each (months without any event among the weighted units are left out); start:
        ``CellFit.start`` of a fit with the same or fewer exposures; tolerance: largest step of a coefficient at which
        the fit counts as converged.
        """
        x = np.asarray(x, dtype=float).reshape(len(self.y), -1)
        x = x - self.n @ x / self.n.sum()
        family, j = LINKS[self.link], x.shape[1]
        weights = np.ones(len(self.y)) if times is None else np.asarray(times, dtype=float)[self.unit]
        if times is not None:
            events = self._sums(self.y * weights, self.n_months, self.month)
            weights = weights * (events > 0)[self.month]
        y, n = self.y * weights, self.n * weights
        beta, first = self._start(start, j)
        split = len(beta)

        def evaluate(eta):
            score, weight, deviance = family(eta, y, n)
            return Point(-deviance / 2, (eta, score, weight))

        def direction(point):
            _, score, weight = point.parts
            info, share, diagonal = self._information(weight, x)
            slope, slope_first = self._slopes(score, x)
            step, active, present = np.zeros(split), np.diag(info) > EMPTY, diagonal > 0
            step[active] = np.linalg.solve(
                info[np.ix_(active, active)], (slope - share.T @ slope_first)[active]
            )
            step_first = np.where(present, slope_first / np.where(present, diagonal, 1.0) - share @ step, 0.0)
            return np.r_[step, step_first], slope @ step + slope_first @ step_first

        found = maximise(
            np.r_[beta, first],
            predict=lambda state: self._predictor(state[:split], state[split:], x),
            evaluate=evaluate,
            direction=direction,
            tolerance=tolerance,
            max_steps=MAX_STEPS,
        )
        beta, first = found.state[:split], found.state[split:]
        eta, score, weight = found.point.parts
        covariances = ()
        if clusters:
            info, share, _ = self._information(weight, x)
            influence = self.cluster_scores(score, share, x) @ np.linalg.inv(info)[:, :j]
            covariances = tuple(_sandwich(influence, codes) for codes in clusters)
        return CellFit(beta[:j], covariances, (beta, first), found.converged, eta)

    def _start(self, start, j):
        width = j + self.controls.shape[1] + self.n_months - 1
        if start is None:
            events, total = (self._sums(v, self.n_units, self.unit) for v in (self.y, self.n))
            overall = self.y.sum() / self.n.sum()
            return np.zeros(width), START[self.link]((events + overall) / (total + 1))
        beta, first = start
        return np.r_[np.zeros(width - len(beta)), beta], first.copy()


def _sandwich(influence, codes):
    """Covariance (J, J) from the influence of each unit (G, J), summed by cluster, times C / (C - 1)."""
    codes, n_clusters = codes_of(codes)
    sums = np.zeros((n_clusters, influence.shape[1]))
    np.add.at(sums, codes, influence)
    return sums.T @ sums * (n_clusters / max(n_clusters - 1, 1))


class ScoreTest:
    """Efficient scores of exposures that vary over units and months, at the estimate without any exposure.

    Everything a test needs are sums over unit x month, so that thousands of exposures cost little.
    """

    def __init__(self, cells):
        empty = np.empty((len(cells.y), 0))
        fit = cells.fit(empty)
        self.converged, self.cells = fit.converged, cells
        score, weight, _ = LINKS[cells.link](fit.eta, cells.y, cells.n)
        info, share, _ = cells._information(weight, empty)
        size = cells.n_units * cells.n_months
        self.weight = cells._sums(weight, size, cells.by_month)
        self.score = cells._sums(score, size, cells.by_month)
        z = cells.controls
        by_cell = [cells._sums(weight * column[cells.pattern], size, cells.by_month) for column in z.T]
        unit = np.repeat(np.arange(cells.n_units), cells.n_months)
        month = np.tile(np.arange(cells.n_months), cells.n_units)
        months = [self.weight * (month == t) for t in range(1, cells.n_months)]
        # weighted sums of every nuisance column by unit x month, net of the units' shares
        self.nuisance = np.column_stack([*by_cell, *months]) - self.weight[:, None] * share[unit]
        self.inverse = np.linalg.pinv(info, hermitian=True, rcond=COLLINEAR)
        self.scores = cells.cluster_scores(score, share, empty)

    def scores_of(self, exposures):
        """Efficient scores (G, m) of each unit for ``exposures`` (units x months, m), zero where the exposure is zero.

        Sum over clusters = the score statistic of the coefficient of that exposure.
        """
        cells = self.cells
        cross = self.inverse @ (self.nuisance.T @ exposures)
        own = (self.score[:, None] * exposures).reshape(cells.n_units, cells.n_months, -1).sum(axis=1)
        return own - self.scores @ cross
