"""Hazards on cells: cloglog, logit or Poisson with absorbed effects and cluster-robust standard errors.

Fisher scoring on the normal equations of :mod:`jianfu.statistics.absorption`: an effect enters through sums by level,
never as dummy columns.

Conventions: expected information (as R's ``glm``), sandwich times G / (G - 1), no adjustment for the number of
coefficients.
"""

from dataclasses import dataclass

import numpy as np

from jianfu.statistics import sandwich
from jianfu.statistics.absorption import Blocks, beside
from jianfu.statistics.designs import codes_of, left_out, placed, pruned, standardised
from jianfu.statistics.newton import MOVING, Maximum, Point, maximise


def _cloglog_score(eta, y, n):
    odds = np.exp(np.clip(eta, -40, 4))
    mu = -np.expm1(-odds)
    return (y - n * mu) * odds / mu, mu, odds


def _cloglog(eta, y, n):
    score, mu, odds = _cloglog_score(eta, y, n)
    weight = n * odds**2 * np.exp(-odds) / mu
    deviance = -2 * float(y @ np.log(mu) - (n - y) @ odds)
    return score, weight, deviance


def _logit_score(eta, y, n):
    mu = 1 / (1 + np.exp(-np.clip(eta, -40, 40)))
    return y - n * mu, mu


def _logit(eta, y, n):
    score, mu = _logit_score(eta, y, n)
    deviance = -2 * float(y @ np.log(mu) + (n - y) @ np.log1p(-mu))
    return score, n * mu * (1 - mu), deviance


def _poisson_score(eta, y, n):
    mu = n * np.exp(np.clip(eta, -40, 20))
    return y - mu, mu


def _poisson(eta, y, n):
    score, mu = _poisson_score(eta, y, n)
    deviance = -2 * float(y @ np.clip(eta, -40, 20) - mu.sum())
    return score, mu, deviance


# derivatives of the log likelihood by the linear predictor, which may have several columns; what else they come with
SCORES = {"cloglog": _cloglog_score, "logit": _logit_score, "poisson": _poisson_score}
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


def start_of(blocks, y, n, link):
    """State (p + G,) from which the iterations start: rates of the first effect, shrunken to the overall one."""
    overall = y.sum() / n.sum()
    rates = (blocks.first.sums(y) + overall) / (blocks.first.sums(n) + 1)
    return np.r_[np.zeros(blocks.width), START[link](rates)]


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
    found = climb(blocks, free, y, n, link, start=start_of(blocks, y, n, link), offset=offset)
    eta, score, weight = found.point.parts
    if information == "observed":
        weight = observed_weight(eta, y, n, link)
    reduced, kept = blocks.reduced(weight), free[free < k]
    bread = reduced.inverse(kept, free)
    covariance = sandwich.meat(blocks.cluster_scores(score, clusters, n_clusters, reduced) @ bread)
    units = np.outer(unit[kept], unit[kept])
    return HazardFit(
        coefficients=placed(found.state[kept] / unit[kept], kept, k),
        covariance=placed(covariance / units, kept, k),
        bread=placed(bread[kept] / units, kept, k),
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
        found = blocks.least_squares(y - n @ y / n.sum(), n)
        return found.kept, n * found.residual, n
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
        reduced, slopes = blocks.reduced(weight), blocks.score(score)
        used = free[reduced.information.diagonal()[free] > empty]
        step, step_first = reduced.solve(*slopes, used)
        return np.r_[step, step_first], slopes[0] @ step + slopes[1] @ step_first

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
        whole = climb(blocks, free, y, n, link, start=start_of(blocks, y, n, link), offset=offset).state
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
            beta, ended = part.least_squares(y[rows], own).coefficients, True
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
    others = beside(design, effects, n, term)
    restricted = fit(y, n, design[:, others], effects, clusters, link, value * design[:, term])
    if not restricted.converged:
        return None
    columns = design[:, [*others, term]]
    blocks = Blocks(columns - n @ columns / n.sum(), list(effects))
    score, weight, _ = LINKS[link](restricted.eta, y, n)
    reduced, codes, n_clusters = blocks.reduced(weight), *codes_of(clusters)
    own = len(others)
    free = np.setdiff1d(blocks.independent(n), own)
    return blocks.cluster_scores(score, codes, n_clusters, reduced) @ reduced.residual(own, free)
