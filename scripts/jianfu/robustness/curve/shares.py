"""What the choices in building an index do to the coefficient: the multiverse of the index, with a fit at its end."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from jianfu.indices import construction
from jianfu.indices.construction import Cube
from jianfu.indices.engine.multiverse import multiverse
from jianfu.indices.specification import IndexSpec
from jianfu.robustness.curve.fits import Base
from jianfu.robustness.index_sensitivity import at, grid_of


def coefficient(base: Base, link: str, cluster: np.ndarray) -> Callable[[np.ndarray], float]:
    """Function of an exposure (U, T): its coefficient in the hazard on ``base``; cluster: (U,) codes.

    Raises :class:`NotEstimable` where the fit fails.
    """
    return lambda values: base.fit(values, link, [cluster])[0].coefficients[0]


def coefficient_shares(
    cube: Cube, spec: IndexSpec, choices: Mapping, estimate: Callable[[np.ndarray], float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(grid, shares): the coefficient under every combination, and the exact shares of its variance by choice.

    cube, spec: of one index; choices: the group ``sensitivity`` of the settings; estimate: as :func:`coefficient`.
    """
    factors, windows = grid_of(cube, spec, choices)

    def score(row):
        own = at(spec, row, windows)
        level = construction.levels(cube, own)[own.indices[0]]
        return estimate(construction.exposure(level, cube.grid, own.before, own.reference))

    result = multiverse(factors, score)
    grid = result.design.assign(estimate=result.scores[:, 0])
    return grid, result.shares(grid["estimate"])
