"""The same hazard many times: other exposures, or other weights of the units, on cells that stay.

Cells are unit x month x pattern, a pattern being one combination of the control variables. Exposures vary over units
and months (and, in an interaction, over patterns); unit effects are eliminated from every step and month effects are
group sums, as in :mod:`jianfu.statistics.hazard`, but the controls enter through sums over patterns, and a fit starts
where an earlier one ended. Estimates and covariance are those of :func:`jianfu.statistics.hazard.fit` (expected
information, G / (G - 1), no adjustment for the number of coefficients).

A cluster bootstrap that draws units with replacement is a fit in which every unit has the number of times it was drawn
as its weight.
"""

from dataclasses import dataclass, replace

import numpy as np

from jianfu.statistics import sandwich
from jianfu.statistics.absorption import Blocks, Factor
from jianfu.statistics.designs import COLLINEAR, codes_of, sums_by
from jianfu.statistics.hazard import LINKS, climb, start_of

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
    start: np.ndarray
    converged: bool
    eta: np.ndarray


class Cells:
    """Cells ready for fits.

    y, n: (N,) events and trials; unit, month, pattern: (N,) codes; controls: (P, k) control columns of each pattern,
    without a constant. Columns of ``controls`` that are linear combinations of earlier ones and the effects are left
    out.
    """

    def __init__(self, y, n, unit, month, pattern, controls, link="cloglog"):
        self.y, self.n, self.link = np.asarray(y, dtype=float), np.asarray(n, dtype=float), link
        share = np.bincount(pattern, self.n, minlength=len(controls))
        controls = controls - share @ controls / share.sum()
        empty, by_pattern = np.empty((len(self.y), 0)), Factor(pattern, len(controls), controls)
        self.blocks = Blocks(empty, [unit, month], (by_pattern,))
        at, kept = self.blocks.places[-1].start, self.blocks.independent(self.n)
        self.controls = controls[:, kept[kept >= at] - at]
        self.blocks.others[-1] = replace(by_pattern, columns=self.controls)
        self.blocks = self.blocks.over(empty)
        self.unit, self.month = self.blocks.first, self.blocks.others[0]
        self.n_units, self.n_months = self.unit.size, self.month.size

    def fit(self, x, clusters=(), times=None, start=None, tolerance=TOLERANCE):
        """Maximum likelihood with exposures ``x`` (N, J).

        clusters: levels of clustering, each as (G,) codes of the clusters of the units; times: (G,) weights of the
        units, None = one each (months without any event among the weighted units are left out); start:
        ``CellFit.start`` of a fit with the same or fewer exposures; tolerance: largest step of a coefficient at which
        the fit counts as converged.
        """
        x = np.asarray(x, dtype=float).reshape(len(self.y), -1)
        blocks, j = self.blocks.over(x - self.n @ x / self.n.sum()), x.shape[1]
        weights = np.ones(len(self.y)) if times is None else np.asarray(times, dtype=float)[self.unit.codes]
        if times is not None:
            weights = weights * (self.month.sums(self.y * weights) > 0)[self.month.codes]
        start = start_of(blocks, self.y, self.n, self.link) if start is None else start
        found = climb(
            blocks,
            np.arange(blocks.width),
            self.y * weights,
            self.n * weights,
            self.link,
            start=np.r_[np.zeros(blocks.width + self.n_units - len(start)), start],
            empty=EMPTY,
            tolerance=tolerance,
            max_steps=MAX_STEPS,
        )
        eta, score, weight = found.point.parts
        covariances = ()
        if clusters:
            reduced = blocks.reduced(weight)
            scores = blocks.cluster_scores(score, self.unit.codes, self.n_units, reduced)
            influence = scores @ reduced.inverse(np.arange(j), np.arange(blocks.width))
            covariances = tuple(sandwich.meat(sums_by(influence, codes_of(codes)[0])) for codes in clusters)
        return CellFit(found.state[:j], covariances, found.state, found.converged, eta)


class ScoreTest:
    """Efficient scores of exposures that vary over units and months, at the estimate without any exposure.

    Everything a test needs are sums over unit x month, so that thousands of exposures cost little.
    """

    def __init__(self, cells):
        fit = cells.fit(np.empty((len(cells.y), 0)))
        self.converged, self.cells = fit.converged, cells
        score, weight, _ = LINKS[cells.link](fit.eta, cells.y, cells.n)
        reduced = cells.blocks.reduced(weight)
        grid = cells.unit.codes * cells.n_months + cells.month.codes
        by_cell = Factor(grid, cells.n_units * cells.n_months)
        self.weight, self.score = by_cell.sums(weight), by_cell.sums(score)
        unit, month = np.divmod(np.arange(by_cell.size), cells.n_months)
        months = [self.weight * (month == t) for t in range(1, cells.n_months)]
        pattern = cells.blocks.others[1].codes
        controls = [by_cell.sums(weight * column[pattern]) for column in cells.controls.T]
        # weighted sums of every nuisance column by unit x month, net of the units' shares
        self.nuisance = np.column_stack([*months, *controls]) - self.weight[:, None] * reduced.share[unit]
        self.inverse = np.linalg.pinv(reduced.information, hermitian=True, rcond=COLLINEAR)
        self.scores = cells.blocks.cluster_scores(score, cells.unit.codes, cells.n_units, reduced)

    def scores_of(self, exposures):
        """Efficient scores (G, m) of each unit for ``exposures`` (units x months, m), zero where the exposure is zero.

        Sum over clusters = the score statistic of the coefficient of that exposure.
        """
        cells = self.cells
        cross = self.inverse @ (self.nuisance.T @ exposures)
        own = (self.score[:, None] * exposures).reshape(cells.n_units, cells.n_months, -1).sum(axis=1)
        return own - self.scores @ cross
