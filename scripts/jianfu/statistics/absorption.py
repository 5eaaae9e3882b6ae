"""Normal equations of regressions with absorbed effects, exact and sparse.

The first effect (usually the unit) has a diagonal block and is eliminated from every step; further effects (usually the
month) enter through sums by level, never as dummy columns. Of the pairs of levels only those that occur are held, so
that unit x month beside unit x cohort, or county x month beside unit, takes memory with the rows.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from jianfu.statistics.designs import codes_of, indicator, standardised, swept

DENSE = 300  # unknowns below which a dense solution is the faster one
MANY = 1_000_000  # pairs of levels above which only those that occur are held


def beside(design: np.ndarray, effects: Iterable[np.ndarray], weight: np.ndarray, term: int) -> list[int]:
    """Columns of ``design`` (N, k) that a model without column ``term`` keeps: the others of the model with it.

    What is left out of the full model as a combination of earlier columns must not take the place of the term.
    """
    blocks = Blocks(standardised(design, weight)[0], list(effects))
    return [j for j in blocks.independent(weight) if j < design.shape[1] and j != term]


@dataclass(frozen=True)
class Factor:
    """An effect by its ``codes`` (N,) of ``size`` levels.

    It enters by the ``columns`` (size, q) that its levels have, e.g. the controls of a pattern; None = one dummy for
    every level but the first.
    """

    codes: np.ndarray
    size: int
    columns: np.ndarray | None = None

    @property
    def width(self) -> int:
        """Number of columns q."""
        return self.size - 1 if self.columns is None else self.columns.shape[1]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums of ``values`` (N,) by level (size,)."""
        return np.bincount(self.codes, values, minlength=self.size)

    def coded(self, sums):
        """Sums by level (m, size), dense or sparse, as sums over the columns (m, q)."""
        return sums[:, 1:] if self.columns is None else sums @ self.columns

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sums of ``values`` (N,) over the columns (q,)."""
        return self.coded(self.sums(values)[None])[0]

    def effect(self, beta: np.ndarray) -> np.ndarray:
        """Effect of every row (N,) from the coefficients (q,) of the columns."""
        return (np.r_[0.0, beta] if self.columns is None else self.columns @ beta)[self.codes]

    def squares(self, weight: np.ndarray) -> np.ndarray:
        """Weighted sums of squares (q,) of the columns, weights (N,)."""
        sums = self.sums(weight)
        return sums[1:] if self.columns is None else sums @ self.columns**2

    def gram(self, weight: np.ndarray) -> sparse.spmatrix | np.ndarray:
        """Weighted cross products (q, q) of the columns."""
        sums = self.sums(weight)
        return sparse.diags(sums[1:]) if self.columns is None else (self.columns.T * sums) @ self.columns


class _Pairs:
    """Pairs of levels of two factors; where they would be many, only those that occur."""

    def __init__(self, one: Factor, two: Factor):
        self.shape, self.pair = (one.size, two.size), one.codes * two.size + two.codes
        self.sparse = one.size * two.size > MANY
        if self.sparse:
            self.pair, found = pd.factorize(self.pair, sort=True)
            rows, self.levels = np.divmod(found, two.size)
            self.bounds = np.searchsorted(rows, np.arange(one.size + 1))

    def sums(self, values: np.ndarray) -> sparse.csr_matrix | np.ndarray:
        """Sums of ``values`` (N,) by the levels of both (one.size, two.size)."""
        if not self.sparse:
            return np.bincount(self.pair, values, minlength=np.prod(self.shape)).reshape(self.shape)
        sums = np.bincount(self.pair, values, minlength=len(self.levels))
        return sparse.csr_matrix((sums, self.levels, self.bounds), shape=self.shape)


@dataclass(frozen=True)
class Reduced:
    """Normal equations after the first effect is eliminated.

    information: (p, p); share: (G, p), what each level of the first effect takes of the columns; both are sparse where
    pairs of levels are; diagonal: (G,) of that effect, 1 for a level without weight, so that nothing is divided by 0.
    """

    information: sparse.csc_matrix | np.ndarray
    share: sparse.csr_matrix | np.ndarray
    diagonal: np.ndarray

    def solve(self, right: np.ndarray, right_first: np.ndarray, free: np.ndarray):
        """Solution of the equations with the right-hand sides (p,) of the columns and (G,) of the first effect: those
        of the columns, zero outside ``free``, and of that effect."""
        solution = np.zeros(len(right))
        solution[free] = _solved(self._among(free), (right - self.share.T @ right_first)[free])
        return solution, right_first / self.diagonal - self.share @ solution

    def inverse(self, wanted: np.ndarray, free: np.ndarray) -> np.ndarray:
        """The columns ``wanted`` (m,), all of them ``free``, of the inverse information over ``free``: (p, m), zero
        outside ``free``."""
        units = (free[:, None] == wanted).astype(float)
        found = np.zeros((self.information.shape[0], len(wanted)))
        found[free] = _solved(self._among(free), units)
        return found

    def residual(self, column: int, others: np.ndarray) -> np.ndarray:
        """Weights (p,) of the columns that leave of one ``column`` what the ``others`` do not explain."""
        weights = np.zeros(self.information.shape[0])
        weights[column] = 1.0
        right = _dense(self.information[:, [column]])[others, 0]
        weights[others] = -_solved(self._among(others), right)
        return weights

    def within(self, k: int, others: np.ndarray) -> np.ndarray:
        """Cross products (k, k) of the first ``k`` columns after the ``others`` are projected out."""
        cross = _dense(self.information[:, :k])
        return cross[:k] - cross[others].T @ _solved(self._among(others), cross[others])

    def _among(self, columns):
        return self.information[:, columns][columns]


def _dense(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else matrix


def _solved(matrix: sparse.spmatrix | np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solution of a symmetric, positive definite system; raises :class:`numpy.linalg.LinAlgError` where it is none."""
    if matrix.shape[0] <= DENSE or not sparse.issparse(matrix):
        return np.linalg.solve(_dense(matrix), right)
    try:
        symmetric = {
            "permc_spec": "MMD_AT_PLUS_A",
            "diag_pivot_thresh": 0.0,
            "options": {"SymmetricMode": True},
        }
        return splu(matrix.tocsc(), **symmetric).solve(right)
    except RuntimeError as error:
        raise np.linalg.LinAlgError(str(error)) from None


@dataclass(frozen=True)
class LeastSquares:
    """Result of :meth:`Blocks.least_squares`.

    coefficients: (p,), zero for a column that depends on earlier ones; kept: indices (m,) of the columns of the design
    that do not; bread: (p, m), theirs of the inverse information; residual: (N,); reduced: the equations.
    """

    coefficients: np.ndarray
    kept: np.ndarray
    bread: np.ndarray
    residual: np.ndarray
    reduced: Reduced


class Blocks:
    """Normal equations of a design [X | columns of the later effects] with the first effect eliminated."""

    def __init__(self, design, effects, more: tuple[Factor, ...] = ()):
        first = effects[0] if effects else np.zeros(len(design), dtype=int)
        self.first, *self.others = (Factor(*codes_of(codes)) for codes in (first, *effects[1:]))
        self.others += more
        self._relate()
        self._place(design)

    def _relate(self):
        factors = (self.first, *self.others)
        self.indicators = [indicator(f.codes, f.size) for f in factors]
        self.pairs = {(i, j): _Pairs(factors[i], factors[j]) for j in range(len(factors)) for i in range(j)}

    def over(self, design: np.ndarray) -> "Blocks":
        """The same effects behind another design (N, k)."""
        other = copy(self)
        other._place(design)
        return other

    def some(self, rows: np.ndarray) -> "Blocks":
        """The same on some ``rows`` (places): the first effect by the levels that occur there, later ones by all."""
        part = Blocks(self.design[rows], [self.first.codes[rows]])
        part.others = [Factor(f.codes[rows], f.size, f.columns) for f in self.others]
        part._relate()
        part._place(part.design)
        return part

    def _place(self, design):
        self.design, self.n_first, self.places, at = design, self.first.size, [], design.shape[1]
        for factor in self.others:
            self.places.append(slice(at, at + factor.width))
            at += factor.width
        self.width = at

    def reduced(self, weight: np.ndarray) -> Reduced:
        """The equations at working weights (N,)."""
        weighted = self.design * weight[:, None]
        own = np.tril(self.design.T @ weighted)
        blocks = {(0, 0): own + np.tril(own, -1).T}
        by_first = [self.indicators[0] @ weighted]
        for j, factor in enumerate(self.others, start=1):
            by_first.append(factor.coded(self.pairs[0, j].sums(weight)))
            blocks[j, 0] = factor.coded((self.indicators[j] @ weighted).T).T
            for i, before in enumerate(self.others[: j - 1], start=1):
                blocks[j, i] = before.coded(factor.coded(self.pairs[i, j].sums(weight)).T)
            blocks[j, j] = factor.gram(weight)
        blocks |= {(i, j): block.T for (j, i), block in blocks.items() if i < j}
        diagonal = self.first.sums(weight)
        diagonal = np.where(diagonal > 0, diagonal, 1.0)
        link, n = self._joined([by_first]), len(self.others) + 1
        share = sparse.diags(1 / diagonal) @ link
        full = self._joined([[blocks[i, j] for j in range(n)] for i in range(n)])
        return Reduced(full - link.T @ share, share, diagonal)

    def _joined(self, blocks):
        """Blocks as one matrix, sparse where pairs of levels are."""
        if any(pairs.sparse for pairs in self.pairs.values()):
            return sparse.bmat([[sparse.csc_matrix(part) for part in row] for row in blocks], format="csc")
        return np.block([[_dense(part) for part in row] for row in blocks])

    def independent(self, weight: np.ndarray, reduced: Reduced | None = None) -> np.ndarray:
        """Indices of the columns that are no combination of the effects and of earlier columns.

        reduced: the equations at ``weight``, where they are known already.
        """
        reduced, k = reduced or self.reduced(weight), self.design.shape[1]
        effects = self.independent_effects(reduced, weight)
        columns = swept(reduced.within(k, effects), weight @ self.design**2, range(k))
        return np.r_[columns, effects]

    def independent_effects(self, reduced: Reduced, weight: np.ndarray) -> np.ndarray:
        """Those of the later effects that are no combination of the first effect and of earlier ones."""
        k, kept = self.design.shape[1], [np.empty(0, dtype=int)]
        if self.width == k:
            return kept[0]
        scale = np.concatenate([factor.squares(weight) for factor in self.others])
        among = reduced.information[k:, k:]
        labels = connected_components(among, directed=False)[1]  # columns apart from each other
        for columns in np.split(np.argsort(labels, kind="stable"), np.cumsum(np.bincount(labels))[:-1]):
            gram = _dense(among[:, columns][columns])
            kept.append(columns[swept(gram, scale[columns], range(len(columns)))])
        return np.sort(np.concatenate(kept)) + k

    def score(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums of ``values`` (N,) over the columns (p,) and over the first effect (G,)."""
        parts = [self.design.T @ values, *(factor.total(values) for factor in self.others)]
        return np.concatenate(parts), self.first.sums(values)

    def predict(self, beta: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Linear predictor (N,) of coefficients (p,) and of the first effect (G,)."""
        eta = self.design @ beta[: self.design.shape[1]] + first[self.first.codes]
        for factor, here in zip(self.others, self.places, strict=True):
            eta += factor.effect(beta[here])
        return eta

    def restricted(self, state: np.ndarray, levels: Iterable[np.ndarray]) -> np.ndarray:
        """The ``state`` (p + G,) for some of the rows, whose codes in the effects are ``levels``: without the levels
        that do not occur, the later effects against the first one that does."""
        present = [np.unique(codes) for codes in levels]
        parts, first = [state[: self.design.shape[1]]], state[self.width :]
        for here, some in zip(self.places, present[1:], strict=True):
            own = np.r_[0.0, state[here]][some]
            parts.append(own[1:] - own[0])
            first = first + own[0]
        return np.concatenate([*parts, first[present[0]] if present else first])

    def least_squares(self, y: np.ndarray, weights: np.ndarray) -> LeastSquares:
        """Weighted least squares of ``y`` (N,)."""
        reduced = self.reduced(weights)
        free = self.independent(weights, reduced)
        beta, first = reduced.solve(*self.score(weights * y), free)
        kept = free[free < self.design.shape[1]]
        residual = y - self.predict(beta, first)
        return LeastSquares(beta, kept, reduced.inverse(kept, free), residual, reduced)

    def cluster_scores(self, values: np.ndarray, clusters: np.ndarray, n_clusters: int, reduced: Reduced):
        """Score of each cluster (C, p), dense or sparse as ``reduced``, after the first effect is partialled out."""
        own = Factor(clusters, n_clusters)
        parts = [indicator(clusters, n_clusters) @ (self.design * values[:, None])]
        parts += [factor.coded(_Pairs(own, factor).sums(values)) for factor in self.others]
        pairs = sparse.coo_matrix((values, (clusters, self.first.codes)), shape=(n_clusters, self.n_first))
        return self._joined([parts]) - pairs.tocsr() @ reduced.share
