"""Hazards on cells: cloglog, logit or Poisson with absorbed effects and cluster-robust standard errors.

Fisher scoring with sparse blocks. The first effect (usually the unit) has a diagonal information block and is
eliminated from every step; a further effect (usually the month) enters through group sums, never as dummy columns.

Conventions: expected information (as R's ``glm``), sandwich times G / (G - 1), no adjustment for the number of
coefficients.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from jianfu.statistics import sandwich
from jianfu.statistics.designs import indicator, left_out, placed, pruned, standardised, swept
from jianfu.statistics.newton import MOVING, Maximum, Point, maximise


def _cloglog(eta, y, n):
    odds = np.exp(np.clip(eta, -40, 4))
    mu = -np.expm1(-odds)
    score = (y - n * mu) * odds / mu
    weight = n * odds**2 * np.exp(-odds) / mu
    deviance = -2 * float(y @ np.log(mu) - (n - y) @ odds)
    return score, weight, deviance


def _logit(eta, y, n):
    mu = 1 / (1 + np.exp(-np.clip(eta, -40, 40)))
    deviance = -2 * float(y @ np.log(mu) + (n - y) @ np.log1p(-mu))
    return y - n * mu, n * mu * (1 - mu), deviance


def _poisson(eta, y, n):
    mu = n * np.exp(np.clip(eta, -40, 20))
    deviance = -2 * float(y @ np.clip(eta, -40, 20) - mu.sum())
    return y - mu, mu, deviance


LINKS = {"cloglog": _cloglog, "logit": _logit, "poisson": _poisson}
START = {
    "cloglog": lambda p: np.log(-np.log1p(-p)),
    "logit": lambda p: np.log(p / (1 - p)),
    "poisson": np.log,
}
NEAR = 1e-6  # last step of coefficients that are one draw of many


@dataclass(frozen=True)
class HazardFit:
    """Result of :func:`fit`.

    coefficients: (k,); covariance: (k, k) cluster-robust; bread: (k, k) inverse information, all NaN for a collinear
    column; collinear: indices of the columns left out; n_clusters: G; converged; separated: the likelihood is flat
    but coefficients still move, so that there is no finite estimate; moving: their indices; eta: (N,) linear predictor.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    bread: np.ndarray
    collinear: tuple
    n_clusters: int
    converged: bool
    separated: bool
    moving: tuple
    eta: np.ndarray


def observed_weight(eta, y, n, link):
    """Weights (N,) of the observed information; of the canonical links they are the expected ones."""
    if link != "cloglog":
        return LINKS[link](eta, y, n)[1]
    odds = np.exp(np.clip(eta, -40, 4))
    mu = -np.expm1(-odds)
    return n * odds - y * odds / mu * (1 - odds * np.exp(-odds) / mu)


def codes_of(values):
    """Integer codes (N,) >= 0 renumbered to 0 ... K-1 in the same order, and K; levels that do not occur go."""
    values = np.asarray(values)
    number = np.cumsum(np.bincount(values) > 0)
    return number[values] - 1, int(number[-1])


def drop_separated(y, n, groups, trials=None):
    """Rows of levels without any event, or with nothing but events, whose effect is infinite.

    ``trials``: (N,) largest possible events of each row, None = ``n``. ``groups`` maps names to arrays of level
    codes. Returns the mask of rows to keep and {(name, code): sum of n dropped}.
    """
    trials = n if trials is None else trials
    groups = {name: codes_of(values)[0] for name, values in groups.items()}

    def worthless(codes, keep, size):
        events, total = (np.bincount(codes[keep], part[keep], minlength=size) for part in (y, trials))
        return (total > 0) & ((events == 0) | (events == total))

    return pruned(groups, n, worthless)


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

    def coded(self, sums: np.ndarray) -> np.ndarray:
        """Sums by level (..., size) as sums over the columns (..., q)."""
        return sums[..., 1:] if self.columns is None else sums @ self.columns

    def effect(self, beta: np.ndarray) -> np.ndarray:
        """Effect of every row (N,) from the coefficients (q,) of the columns."""
        return (np.r_[0.0, beta] if self.columns is None else self.columns @ beta)[self.codes]


class _Pairs:
    """Cells of two factors: sums of values (N,) by the levels of both, (size, size)."""

    def __init__(self, one: Factor, two: Factor):
        self.shape, self.codes = (one.size, two.size), one.codes * two.size + two.codes

    def sums(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.codes, values, minlength=np.prod(self.shape)).reshape(self.shape)


class Blocks:
    """Normal equations of a design [X | columns of the later effects] with the first effect eliminated."""

    def __init__(self, design, effects, more: tuple[Factor, ...] = ()):
        first = effects[0] if effects else np.zeros(len(design), dtype=int)
        self.first, *self.others = (Factor(*codes_of(codes)) for codes in (first, *effects[1:]))
        self.others += more
        self.indicators = [indicator(f.codes, f.size) for f in (self.first, *self.others)]
        factors = (self.first, *self.others)
        self.pairs = {(i, j): _Pairs(factors[i], factors[j]) for j in range(len(factors)) for i in range(j)}
        self._place(design)

    def over(self, design) -> "Blocks":
        """The same effects behind another design (N, k)."""
        other = copy(self)
        other._place(design)
        return other

    def _place(self, design):
        self.design, self.n_first, self.places, at = design, self.first.size, [], design.shape[1]
        for factor in self.others:
            self.places.append(slice(at, at + factor.width))
            at += factor.width
        self.width = at
        return self

    def cross(self, weight):
        """Information (p, p), its cross block with the first effect (G, p) and that effect's diagonal (G,)."""
        weighted, k = self.design * weight[:, None], self.design.shape[1]
        full, link = np.zeros((self.width, self.width)), np.zeros((self.n_first, self.width))
        full[:k, :k] = self.design.T @ weighted
        link[:, :k] = self.indicators[0] @ weighted
        for j, (factor, here) in enumerate(zip(self.others, self.places, strict=True), start=1):
            by_first = self.pairs[0, j].sums(weight)
            link[:, here] = factor.coded(by_first)
            full[here, :k] = factor.coded((self.indicators[j] @ weighted).T).T
            full[here, here] = factor.coded(factor.coded(np.diag(by_first.sum(axis=0))).T)
            for i, (before, there) in enumerate(
                zip(self.others[: j - 1], self.places, strict=False), start=1
            ):
                full[here, there] = before.coded(factor.coded(self.pairs[i, j].sums(weight)).T)
        return np.tril(full) + np.tril(full, -1).T, link, self.first.sums(weight)

    def reduced(self, weight):
        """Information after eliminating the first effect, with the pieces needed to recover that effect.

        A level without weight has the diagonal 1, so that nothing is divided by zero.
        """
        full, link, diagonal = self.cross(weight)
        diagonal = np.where(diagonal > 0, diagonal, 1.0)
        share = link / diagonal[:, None]
        return full - link.T @ share, share, diagonal

    def independent(self, weight):
        """Indices of the columns that are no combination of the effects and of earlier columns."""
        k = self.design.shape[1]
        scale = [weight @ self.design**2]
        scale += [
            f.sums(weight)[1:] if f.columns is None else f.sums(weight) @ f.columns**2 for f in self.others
        ]
        return swept(self.reduced(weight)[0], np.concatenate(scale), [*range(k, self.width), *range(k)])

    def score(self, values):
        """Sums of ``values`` over the columns (p,) and over the first effect (G,)."""
        parts = [self.design.T @ values, *(factor.coded(factor.sums(values)) for factor in self.others)]
        return np.concatenate(parts), self.first.sums(values)

    def predict(self, beta, first):
        """Linear predictor of coefficients (p,) and of the first effect (G,)."""
        eta = self.design @ beta[: self.design.shape[1]] + first[self.first.codes]
        for factor, here in zip(self.others, self.places, strict=True):
            eta += factor.effect(beta[here])
        return eta

    def start(self, y, n, link):
        """State (p + G,) from which the iterations start: rates of the first effect, shrunken to the overall one."""
        overall = y.sum() / n.sum()
        rates = (self.first.sums(y) + overall) / (self.first.sums(n) + 1)
        return np.r_[np.zeros(self.width), START[link](rates)]

    def restricted(self, state, levels):
        """The ``state`` (p + G,) for some of the rows, whose codes in the effects are ``levels``: without the levels
        that do not occur, the later effects against the first one that does."""
        present = [np.unique(codes) for codes in levels]
        parts, first = [state[: self.design.shape[1]]], state[self.width :]
        for here, some in zip(self.places, present[1:], strict=True):
            own = np.r_[0.0, state[here]][some]
            parts.append(own[1:] - own[0])
            first = first + own[0]
        return np.concatenate([*parts, first[present[0]] if present else first])

    def least_squares(self, y, weights):
        """Weighted least squares of ``y`` (N,), all three without the absorbed first effect.

        Coefficients (p,) and their bread (p, p), both zero for a column that depends on earlier ones, residuals (N,),
        and the ``share`` that :meth:`cluster_scores` takes.
        """
        info, share, diagonal = self.reduced(weights)
        place = np.ix_(*[self.independent(weights)] * 2)
        bread = np.zeros_like(info)
        bread[place] = np.linalg.inv(info[place])
        moment, first = self.score(weights * y)
        beta = bread @ (moment - share.T @ first)
        return beta, bread, y - self.predict(beta, first / diagonal - share @ beta), share

    def cluster_scores(self, values, clusters, n_clusters, share):
        """Score of each cluster (C, p) after the first effect is partialled out."""
        own, shape = Factor(clusters, n_clusters), (n_clusters, self.n_first)
        parts = [indicator(clusters, n_clusters) @ (self.design * values[:, None])]
        parts += [factor.coded(_Pairs(own, factor).sums(values)) for factor in self.others]
        pairs = sparse.coo_matrix((values, (clusters, self.first.codes)), shape=shape).tocsr()
        return np.hstack(parts) - pairs @ share


def fit(y, n, design, effects=(), clusters=None, link="cloglog", offset=0.0, information="expected"):
    """Maximum likelihood of ``y`` events in ``n`` trials on ``design`` and absorbed ``effects``.

    y, n: (N,) events (may be expected counts) and trials or exposure; design: (N, k) without a constant;
    effects: arrays of level codes, the first one eliminated, none = a constant; clusters: (N,) codes, none = each row
    its own; offset: added to the linear predictor; information (expected or observed) is the kind behind the
    covariance. A column that is a linear combination of the effects and of earlier columns is left out and named in
    ``collinear``.
    """
    y, n = np.asarray(y, dtype=float), np.asarray(n, dtype=float)
    design = np.asarray(design, dtype=float).reshape(len(y), -1)
    k = design.shape[1]
    clusters, n_clusters = codes_of(np.arange(len(y)) if clusters is None else clusters)
    design, _, unit = standardised(design, n)
    blocks = Blocks(design, list(effects))

    free = blocks.independent(n)
    found = climb(blocks, free, y, n, link, start=blocks.start(y, n, link), offset=offset)
    eta, score, weight = found.point.parts
    if information == "observed":
        weight = observed_weight(eta, y, n, link)
    info, share, _ = blocks.reduced(weight)
    bread = np.linalg.inv(info[np.ix_(free, free)])
    scores = blocks.cluster_scores(score, clusters, n_clusters, share)[:, free]
    covariance, kept = bread @ sandwich.meat(scores) @ bread, free[free < k]
    inside, units = slice(len(kept)), np.outer(unit[kept], unit[kept])
    return HazardFit(
        coefficients=placed(found.state[kept] / unit[kept], kept, k),
        covariance=placed(covariance[inside, inside] / units, kept, k),
        bread=placed(bread[inside, inside] / units, kept, k),
        collinear=left_out(kept, k),
        n_clusters=n_clusters,
        converged=found.converged,
        separated=found.separated,
        moving=tuple(np.flatnonzero(np.abs(found.step[:k]) > MOVING)),
        eta=eta,
    )


def at_the_fit(y, n, design, effects, link, offset=0.0):
    """What a covariance is made of: indices of the columns that are not collinear, derivatives of the log likelihood by
    the linear predictor (N,) and working weights (N,), both at the fit to all rows.

    link: as in :func:`fit`, or ols (least squares of ``y`` with the weights ``n``); other arguments as there.
    """
    k = design.shape[1]
    if link == "ols":
        blocks = Blocks(standardised(design, n)[0], [codes_of(codes)[0] for codes in effects])
        _, bread, residual, _ = blocks.least_squares(y - n @ y / n.sum(), n)
        return np.flatnonzero(np.diag(bread)[:k]), n * residual, n
    found = fit(y, n, design, effects, None, link, offset)
    score, weight, _ = LINKS[link](found.eta, y, n)
    return np.setdiff1d(np.arange(k), found.collinear), score, weight


def climb(
    blocks: Blocks,
    free: np.ndarray,
    y: np.ndarray,
    n: np.ndarray,
    link: str,
    *,
    start: np.ndarray,
    offset: float | np.ndarray = 0.0,
    empty: float = -np.inf,
    **limits,
) -> Maximum:
    """Maximise the likelihood over the columns ``free`` and the first effect from ``start`` (width + G,).

    Parts of its points: linear predictor, score and expected weight, (N,) each. A column whose information is not above
    ``empty`` does not move.
    """
    family, split = LINKS[link], blocks.width

    def evaluate(eta):
        score, weight, deviance = family(eta, y, n)
        return Point(-deviance / 2, (eta, score, weight))

    def direction(point):
        _, score, weight = point.parts
        info, share, diagonal = blocks.reduced(weight)
        slope, slope_first = blocks.score(score)
        step = np.zeros(split)
        used = free[np.diag(info)[free] > empty]
        step[used] = np.linalg.solve(info[np.ix_(used, used)], (slope - share.T @ slope_first)[used])
        step_first = slope_first / diagonal - share @ step
        return np.r_[step, step_first], slope @ step + slope_first @ step_first

    return maximise(
        start,
        predict=lambda state: blocks.predict(state[:split], state[split:]),
        evaluate=evaluate,
        direction=direction,
        offset=offset,
        **limits,
    )


def on_weights(y, n, design, effects, weights, link="cloglog", offset=0.0):
    """Coefficients (m, k) of the fits in which every row counts as often as each array of ``weights`` (N,) says, 0 = is
    left out, and whether each fit converged (m,).

    They start at the fit to all rows; levels of the effects that are left without an event go first. A column that is
    collinear is NaN, as are all columns of a fit that does not converge. link: as in :func:`fit`, or ols (least squares
    of ``y`` with the weights ``n``); other arguments as there.
    """
    y, n = np.asarray(y, dtype=float), np.asarray(n, dtype=float)
    design, _, unit = standardised(np.asarray(design, dtype=float).reshape(len(y), -1), n)
    offset, effects = np.broadcast_to(offset, y.shape), [codes_of(codes)[0] for codes in effects]
    blocks, k = Blocks(design, effects), design.shape[1]
    if link != "ols":
        free = blocks.independent(n)
        whole = climb(blocks, free, y, n, link, start=blocks.start(y, n, link), offset=offset).state
    found, converged = [], []
    for weight in weights:
        rows = np.flatnonzero(weight)
        if link != "ols":
            levels = {j: codes[rows] for j, codes in enumerate(effects)}
            rows = rows[drop_separated(y[rows] * weight[rows], n[rows] * weight[rows], levels)[0]]
        if not len(rows):
            found.append(np.full(k, np.nan))
            converged.append(False)
            continue
        own, levels = n[rows] * weight[rows], [codes[rows] for codes in effects]
        part = Blocks(design[rows], levels)
        free = part.independent(own)
        if link == "ols":
            beta, ended = part.least_squares(y[rows], own)[0], True
        else:
            begin = blocks.restricted(whole, levels)
            begin[np.setdiff1d(np.arange(part.width), free)] = 0
            near = {"start": begin, "offset": offset[rows], "tolerance": NEAR}
            fitted = climb(part, free, y[rows] * weight[rows], own, link, **near)
            beta, ended = fitted.state, fitted.converged
        free = free[free < k]
        found.append(placed(beta[free] / unit[free], free, k) if ended else np.full(k, np.nan))
        converged.append(ended)
    return np.array(found), np.array(converged)


def efficient_scores(y, n, design, effects, clusters, link, term, value=0.0):
    """Score of each cluster (G,) for column ``term`` of ``design`` when its coefficient is ``value``.

    The model is fitted without that column; the scores of all other coefficients are then projected out with the
    expected information at this fit, and those of the first effect with them. None if that fit did not converge.
    Sums to the score statistic of the hypothesis; arguments as in :func:`fit`.
    """
    y, n = np.asarray(y, dtype=float), np.asarray(n, dtype=float)
    others = [j for j in range(design.shape[1]) if j != term]
    restricted = fit(y, n, design[:, others], effects, clusters, link, value * design[:, term])
    if not restricted.converged:
        return None
    used = [j for i, j in enumerate(others) if i not in restricted.collinear]
    columns = design[:, [term, *used]]
    blocks = Blocks(columns - n @ columns / n.sum(), list(effects))
    score, weight, _ = LINKS[link](restricted.eta, y, n)
    info, share, _ = blocks.reduced(weight)
    codes, n_clusters = codes_of(clusters)
    scores = blocks.cluster_scores(score, codes, n_clusters, share)
    return scores[:, 0] - scores[:, 1:] @ np.linalg.lstsq(info[1:, 1:], info[1:, 0], rcond=None)[0]
