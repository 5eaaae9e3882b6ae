"""What estimators do with the columns of a design: units, collinearity, sums and means by level."""

from collections.abc import Callable, Iterable

import numpy as np
from scipy import sparse

COLLINEAR = 1e-9  # share of a column's sum of squares below which nothing is left of it
NOTHING = 1e-8  # the same of its length
AT_ONCE = 64  # columns that are swept together


def standardised(design: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns (N, k) less their means by the weights ``n``, in units of their spread; means and units, (k,) each.

    A constant column becomes zero, its unit is one.
    """
    centre = n @ design / n.sum()
    centred = design - centre
    spread = np.sqrt(n @ centred**2 / n.sum())
    varies = spread > 1e-12 * np.abs(design).max(axis=0, initial=0)
    return (
        np.where(varies, centred, 0.0) / np.where(varies, spread, 1.0),
        centre,
        np.where(varies, spread, 1.0),
    )


def swept(gram: np.ndarray, scale: np.ndarray, order: Iterable[int]) -> np.ndarray:
    """Indices of the columns, taken in ``order``, that are not linear combinations of earlier ones.

    gram: (k, k) cross products; scale: (k,) sizes against which what is left of a column is judged, 0 = leave out. A
    Cholesky decomposition that passes over such columns, by blocks of ``AT_ONCE`` as in LAPACK's potrf.
    """
    order = np.fromiter(order, dtype=int)
    rest, least = gram[np.ix_(order, order)], COLLINEAR * scale[order]
    kept = np.zeros(len(order), dtype=bool)
    for start in range(0, len(order), AT_ONCE):
        end = min(start + AT_ONCE, len(order))
        root = np.zeros((len(order) - start, end - start))
        for j in range(end - start):
            column = rest[start + j :, start + j] - root[j:, :j] @ root[j, :j]
            kept[start + j] = least[start + j] > 0 and column[0] > least[start + j]
            if kept[start + j]:
                root[j:, j] = column / np.sqrt(column[0])
        below = root[end - start :]
        rest[end:, end:] -= below @ below.T
    return np.sort(order[kept])


def independent(design: np.ndarray) -> list[int]:
    """Indices of the columns of ``design`` (N, k) that are not linear combinations of earlier ones (Gram-Schmidt)."""
    kept, basis = [], np.empty((len(design), 0))
    for j, column in enumerate(design.T):
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        norm = np.linalg.norm(rest)
        if norm > NOTHING * max(np.linalg.norm(column), 1e-300):
            basis = np.column_stack([basis, rest / norm])
            kept.append(j)
    return kept


def placed(found: np.ndarray, free: Iterable[int], k: int) -> np.ndarray:
    """Figures (p,) or (p, p) of the columns ``free`` at their places among all k, NaN for the columns left out."""
    full = np.full((k,) * np.ndim(found), np.nan)
    full[np.ix_(*[free] * np.ndim(found))] = found
    return full


def left_out(free: Iterable[int], k: int) -> tuple[int, ...]:
    """Indices of the k columns that are not among ``free``."""
    return tuple(int(j) for j in np.setdiff1d(np.arange(k), free))


def codes_of(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Integer codes (N,) >= 0 renumbered to 0 ... K-1 in the same order, and K; levels that do not occur go."""
    values = np.asarray(values)
    number = np.cumsum(np.bincount(values) > 0)
    return number[values] - 1, int(number[-1])


def sums_by(values: np.ndarray, codes: np.ndarray, size: int = 0) -> np.ndarray:
    """Sums of the columns of ``values`` (N, k) over the rows of each level of ``codes``, (levels or ``size``, k)."""
    sums = [np.bincount(codes, column, minlength=size) for column in values.T]
    return np.column_stack(sums) if sums else np.empty((max(size, int(codes.max(initial=-1)) + 1), 0))


def indicator(codes: np.ndarray, size: int | None = None) -> sparse.csr_matrix:
    """Rows of each level of ``codes`` (N,) as ones of a sparse matrix (levels or ``size``, N)."""
    shape = None if size is None else (size, len(codes))
    return sparse.csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=shape)


def demean(matrix: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Columns of ``matrix`` (N, k) less their means within the levels ``codes`` 0 ... K-1."""
    return matrix - (sums_by(matrix, codes) / np.bincount(codes)[:, None])[codes]


def dummies(codes: np.ndarray, first: int = 1) -> np.ndarray:
    """Columns (N, K - first) of the levels ``first`` ... K-1 of ``codes`` (0 ... K-1)."""
    return (codes[:, None] == np.arange(first, codes.max() + 1)).astype(float)


def nested(codes: np.ndarray, clusters: np.ndarray) -> bool:
    """Whether every level of ``codes`` (N,) lies inside one of ``clusters`` (N,)."""
    return len(np.unique(codes * (clusters.max() + 1) + clusters)) == codes.max() + 1


def pruned(
    groups: dict[str, np.ndarray],
    n: np.ndarray,
    worthless: Callable[[np.ndarray, np.ndarray, int], np.ndarray],
) -> tuple[np.ndarray, dict[tuple[str, int], int]]:
    """Rows left when levels that say nothing go, repeated because one group's rows may empty another's levels.

    groups: names with codes (N,) 0 ... K-1; n: (N,) observations of a row; worthless: levels (K,) bool that go, of
    codes, mask of the rows that are left, and K. Returns the mask of rows to keep and {(name, level): n dropped}.
    """
    keep, dropped, changed = np.ones(len(n), dtype=bool), {}, True
    while changed and keep.any():
        changed = False
        for name, codes in groups.items():
            out = keep & worthless(codes, keep, int(codes.max()) + 1)[codes]
            lost = np.bincount(codes[out], n[out])
            dropped |= {(name, int(level)): int(lost[level]) for level in np.unique(codes[out])}
            keep, changed = keep & ~out, changed or out.any()
    return keep, dropped
