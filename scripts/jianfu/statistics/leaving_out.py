"""Regressions with absorbed effects when one group of rows after another is left out.

Every level of the first effect lies inside one group, so that the normal equations without a group are those of all
rows less its own. Least squares is solved from them. Of a hazard they give the first step from the fit to all rows; the
next ones take the same information and the scores at the states reached, of all groups in one pass over the rows.
"""

from collections.abc import Mapping

import numpy as np

from jianfu.statistics import hazard
from jianfu.statistics.absorption import Blocks, Reduced
from jianfu.statistics.designs import codes_of, indicator, nested, placed, standardised, swept

CHUNK = 2_000  # rows that are looked at together, for all groups: so that they fit into the cache
MOST_STEPS = 8  # without an end after so many, a group is fitted by itself


def without_each(
    y: np.ndarray,
    n: np.ndarray,
    design: np.ndarray,
    effects: list[np.ndarray],
    groups: np.ndarray,
    kept: Mapping[int, np.ndarray],
    link: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (1 + C, k) of the fit to all rows and of those without each of the C ``groups`` (N,), and whether
    each converged (1 + C,).

    kept: {group: mask (N,) of the rows of the fit without it} where they are not simply all others, as levels of the
    effects would be left without an event. link, other arguments and what is NaN: as in :func:`hazard.on_weights`.
    """
    y, n = np.asarray(y, dtype=float), np.asarray(n, dtype=float)
    design = np.asarray(design, dtype=float).reshape(len(y), -1)
    groups, size = codes_of(groups)

    def rows(row):
        return kept.get(row - 1, groups != row - 1)  # of row 0 all

    slopes, converged = np.full((1 + size, design.shape[1]), np.nan), np.zeros(1 + size, dtype=bool)
    for row, found in _together(y, n, design, effects, groups, link).items():
        if row - 1 not in kept:
            slopes[row], converged[row] = found, True
    left = [row for row in np.flatnonzero(~converged) if rows(row).any()]
    if left:
        apart = hazard.on_weights(y, n, design, effects, map(rows, left), link)
        slopes[left], converged[left] = apart
    return slopes, converged


def _together(y, n, design, effects, groups, link):
    """{0: coefficients (k,) of all rows, 1 + group: those without it}, as far as they are found from all rows."""
    if not effects or not nested(codes_of(effects[0])[0], groups):
        return {}
    design, _, unit = standardised(design, n)
    blocks, k, size = Blocks(design, effects), design.shape[1], groups.max() + 1
    if any(pairs.sparse for pairs in blocks.pairs.values()):
        return {}
    free = blocks.independent(n)
    if link == "ols":
        score, weight = n * y, n
    else:
        found = hazard.climb(blocks, free, y, n, link, start=hazard.start_of(blocks, y, n, link))
        _, score, weight = found.point.parts
        if not found.converged:
            return {}
    rest = _Rest(blocks, groups, size, weight, free)
    if link == "ols":
        whole = rest.whole.solve(*blocks.score(score), free)[0]
        states, ended = rest.steps(*rest.scores_without(score))[0], np.ones(size, dtype=bool)
    else:
        whole = found.state
        states, ended = _climbed(rest, whole, y, n, link, score)
    own = [(0, whole, free)]
    own += [(1 + group, states[:, group], rest.free[group]) for group in np.flatnonzero(ended)]
    own = [(row, beta, columns[columns < k]) for row, beta, columns in own]
    return {row: placed(beta[columns] / unit[columns], columns, k) for row, beta, columns in own}


class _Rest:
    """Normal equations without each group at the working weights (N,) of one fit.

    whole: those of all rows; own: those of the rows of each group; free: the columns that are independent without it,
    judged against what they are in all rows, so that what only the group has is left out.
    """

    def __init__(self, blocks, groups, size, weight, free):
        self.blocks, self.groups, self.size = blocks, groups, size
        self.whole, k = blocks.reduced(weight), blocks.design.shape[1]
        order = np.lexsort((blocks.first.codes, groups))
        ends = np.cumsum(np.bincount(groups, minlength=size))
        self.rows = np.split(order, ends[:-1])
        self.own, self.free, later = [], [], free[free >= k]
        squares = weight @ blocks.design**2
        for rows in self.rows:
            part = blocks.some(rows).reduced(weight[rows])
            information = self.whole.information - part.information
            self.own.append(part)
            rest = Reduced(information, self.whole.share, self.whole.diagonal)
            among = information[np.ix_(later, later)]
            left = later[swept(among, np.diag(self.whole.information)[later], range(len(later)))]
            self.free.append(np.r_[swept(rest.within(k, left), squares, range(k)), left])

    def scores_without(self, score):
        """Sums of ``score`` (N,) over the columns (p, C) and the first effect (G, C) without each group."""
        columns, first = self.blocks.score(score)
        columns, first = np.repeat(columns[:, None], self.size, 1), np.repeat(first[:, None], self.size, 1)
        for group, rows in enumerate(self.rows):
            columns[:, group] -= self.blocks.some(rows).score(score[rows])[0]
            first[np.unique(self.blocks.first.codes[rows]), group] = 0
        return columns, first

    def steps(self, columns, first):
        """Steps of the columns (p, C) and of the first effect (G, C) from the scores without each group."""
        moves = np.zeros_like(columns)
        right = columns - self.whole.share.T @ first
        for group, (part, free) in enumerate(zip(self.own, self.free, strict=True)):
            information = (self.whole.information - part.information)[np.ix_(free, free)]
            moves[free, group] = np.linalg.solve(information, right[free, group])
        return moves, first / self.whole.diagonal[:, None] - self.whole.share @ moves


def _climbed(rest, state, y, n, link, score):
    """Coefficients (p, C) of the hazards without each group, and whether each has ended (C,)."""
    blocks = rest.blocks
    columns = np.repeat(state[: blocks.width, None], rest.size, 1)
    first = np.repeat(state[blocks.width :, None], rest.size, 1)
    scores, done = rest.scores_without(score), np.zeros(rest.size, dtype=bool)
    for _ in range(MOST_STEPS):
        moves, moves_first = rest.steps(*scores)
        moves_first[:, done], moves[:, done] = 0, 0
        columns += moves
        first += moves_first
        largest = np.maximum(np.abs(moves).max(axis=0, initial=0), np.abs(moves_first).max(axis=0, initial=0))
        done |= largest < hazard.NEAR
        if done.all():
            break
        scores = _scores_at(rest, columns, first, y, n, link)
    return columns, done


def _scores_at(rest, columns, first, y, n, link):
    """Sums of the scores over the columns (p, C) and the first effect (G, C) without each group, at its own state."""
    blocks, family, k = rest.blocks, hazard.SCORES[link], rest.blocks.design.shape[1]
    sums, sums_first = np.zeros_like(columns), np.zeros_like(first)
    effects = [
        (factor, np.vstack([np.zeros(rest.size), columns[here]]), here)
        for factor, here in zip(blocks.others, blocks.places, strict=True)
    ]
    for group, every in enumerate(rest.rows):
        for rows in np.array_split(every, -(-len(every) // CHUNK)):
            design, codes = blocks.design[rows], blocks.first.codes[rows]
            eta = design @ columns[:k] + first[codes]
            for factor, betas, _ in effects:
                eta += betas[factor.codes[rows]]
            score = family(eta, y[rows, None], n[rows, None])[0]
            score[:, group] = 0
            sums[:k] += design.T @ score
            for factor, _, here in effects:
                sums[here] += (indicator(factor.codes[rows], factor.size) @ score)[1:]
            starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
            sums_first[codes[starts]] += np.add.reduceat(score, starts, axis=0)
    return sums, sums_first
