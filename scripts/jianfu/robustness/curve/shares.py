"""What the choices in building an index do to the coefficient: the multiverse of the index, with a fit at its end."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError
from jianfu.indices import construction
from jianfu.indices.construction import Cube
from jianfu.indices.engine.multiverse import multiverse
from jianfu.indices.specification import IndexSpec
from jianfu.robustness.index_sensitivity import at, grid_of


def coefficient(base, link: str, cluster: np.ndarray) -> Callable[[np.ndarray], float]:
    """Function of an exposure (U, T): its coefficient in the hazard.

    base: :class:`~jianfu.robustness.curve.fits.Base`; cluster: (U,) codes. Raises :class:`DataError` where the fit
    fails. Fits on the same cells start from one another.
    """
    ready = {}

    def fitted(values):
        known = ~np.isnan(values)
        mask = known.tobytes()
        if mask not in ready:
            used = base.rows_with(known)
            ready[mask] = [used, base.cells(used, link) if len(used) else None, None]
        used, cells, start = ready[mask]
        if (
            cells is None
            or base.events[used].sum() <= cells.n_units + cells.n_months + cells.controls.shape[1]
        ):
            raise DataError("few_events_for_coefficients")
        codes = cluster[np.unique(base.unit[used])]
        fit = cells.fit(values[base.unit[used], base.month[used]], [codes], start=start)
        if not fit.converged:
            raise DataError("hazard_not_converged")
        ready[mask][2] = fit.start
        return fit.coefficients[0]

    return fitted


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
