"""Influence of groups of rows on a hazard: the fit without each group, continued from the fit of all rows."""

import numpy as np

from jianfu.statistics import hazard

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
    blocks = hazard.Blocks(design - n @ design / n.sum(), effects)
    k, free = design.shape[1], blocks.independent(hazard.LINKS[link](eta, y, n)[1])
    start = np.zeros(blocks.width + blocks.n_first)
    found = hazard.climb(
        blocks, free, y, n, link, start=start, offset=eta, tolerance=TOLERANCE, max_steps=STEPS
    )
    change = np.full(k, np.nan)
    if found.converged:
        known = free[free < k]
        change[known] = found.state[known]
    return change
