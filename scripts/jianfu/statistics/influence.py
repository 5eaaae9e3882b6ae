"""Influence of groups of rows on a hazard: the fit without each group, continued from the fit of all rows."""

import numpy as np

from jianfu.statistics import hazard
from jianfu.statistics.hazard import _Blocks, _independent

STEPS, TOLERANCE = 12, 1e-7


def without_groups(y, n, design, effects, groups, link, fit):
    """Coefficients (L, k) of the hazard without the rows of each of the L levels of ``groups`` (N,).

    y, n, design, effects, link: as given to :func:`jianfu.statistics.hazard.fit`; fit: its result on all rows. Newton
    steps start at that fit, so that few are needed. Levels of effects and of binary columns in which nothing is left
    to happen are left out with their rows. NaN for collinear columns and where no fit was found.
    """
    columns = [j for j in range(design.shape[1]) if j not in fit.collinear]
    binary = [j for j in columns if np.isin(design[:, j], (0, 1)).all()]
    found = np.full((int(groups.max()) + 1, design.shape[1]), np.nan)
    for level in range(len(found)):
        rows = np.flatnonzero(groups != level)
        levels = {i: codes[rows] for i, codes in enumerate(effects)}
        levels |= {f"column {j}": design[rows, j].astype(int) for j in binary}
        rows = rows[hazard.drop_separated(y[rows], n[rows], levels)[0]]
        if len(rows) and y[rows].sum() > len(columns):
            inside = [codes[rows] for codes in effects]
            change = _continued(y[rows], n[rows], design[np.ix_(rows, columns)], inside, link, fit.eta[rows])
            found[level, columns] = fit.coefficients[columns] + change
    return found


def _continued(y, n, design, effects, link, eta):
    """Change (k,) of the coefficients from the linear predictor ``eta`` to the maximum; NaN if it is not reached."""
    blocks = _Blocks(design - n @ design / n.sum(), effects)
    k, change = design.shape[1], np.zeros(design.shape[1])
    score, weight, deviance = hazard.LINKS[link](eta, y, n)
    free = None
    for _ in range(STEPS):
        info, share, diagonal = blocks.reduced(weight)
        if free is None:
            scale = np.r_[weight @ blocks.design**2, np.ones(blocks.width - k)]
            free = _independent(info, scale, [*range(k, blocks.width), *range(k)])
        slope, slope_first = blocks.score(score)
        step = np.zeros(blocks.width)
        step[free] = np.linalg.solve(info[np.ix_(free, free)], (slope - share.T @ slope_first)[free])
        move = blocks.predict(step, slope_first / diagonal - share @ step)
        score, weight, new = hazard.LINKS[link](eta + move, y, n)
        if not new <= deviance + 1e-6 * abs(deviance):
            break
        eta, deviance, change = eta + move, new, change + step[:k]
        if np.abs(step[:k]).max(initial=0) < TOLERANCE:
            change[[j for j in range(k) if j not in free]] = np.nan
            return change
    return np.full(k, np.nan)
