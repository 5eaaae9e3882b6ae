"""What the choices in building an index do to the coefficient: the multiverse of the index, with a fit at its end."""

from dataclasses import replace

import numpy as np

from jianfu.core.errors import DataError
from jianfu.indices.engine.multiverse import multiverse
from jianfu.robustness.curve.variants import exposure
from jianfu.statistics.sobol import exact_shares


def coefficient(base, members, place, lags, min_share, link, cluster):
    """Measure of :func:`~jianfu.indices.engine.multiverse.multiverse`: the coefficient of the exposure made of the
    index.

    base: :class:`~jianfu.robustness.curve.fits.Base`; place: (unit, month) positions in ``members`` of the rows of
    the index; lags: first and last month of the exposure; cluster: (U,) codes. Raises :class:`DataError` where the
    fit fails.
    """
    ready = {}

    def measure(index, reference):
        levels = np.full(members.valid.shape, np.nan)
        levels[place] = index
        window = np.isin(np.arange(len(members.months)), np.unique(place[1][reference]))
        values = exposure(levels, replace(members, reference=window), lags, min_share)
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
            raise DataError("fewer events than coefficients")
        codes = cluster[np.unique(base.unit[used])]
        fit = cells.fit(values[base.unit[used], base.month[used]], [codes], start=start)
        if not fit.converged:
            raise DataError("the hazard did not converge")
        ready[mask][2] = fit.start
        return fit.coefficients[0]

    return measure


def coefficient_shares(base, members, data, windows, factors, drop_one, plan, cluster):
    """(grid, shares): the coefficient under every combination, and the exact shares of its variance by choice.

    data: :class:`jianfu.robustness.index_sensitivity.Data` of the same index; windows, factors, drop_one: as for the
    multiverse; plan: the declared specifications, whose first lag and link are used; cluster: (U,) codes of the units.
    """
    place = (
        np.searchsorted(members.units, data.rows["unit_code"].to_numpy(object)),
        np.searchsorted(members.months, data.rows["month"].to_numpy(object)),
    )
    measure = coefficient(base, members, place, plan["lags"][0], plan["min_share"], plan["links"][0], cluster)
    result = multiverse(data.values, data.table, windows, factors, measure, drop_one)
    grid = result.design.assign(estimate=result.scores[:, 0] if len(result.design) else [])
    left = result.failures.groupby("factor")["level"].agg(";".join)
    shares = exact_shares(result.design, grid["estimate"])
    return grid, shares.assign(left_out=[left.get(factor, "") for factor in shares["factor"]])
