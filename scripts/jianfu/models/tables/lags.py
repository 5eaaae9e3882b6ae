"""How long a burden matters: exposure in single months before the month at risk, and since the arrival at the post."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.months import month_number
from jianfu.indices.exposures import ARRIVAL, Exposure

ARRIVED = "arrived"  # whether the spell began in the window
LEAST = 2 / 3  # share of the months since arrival in which the index must be known


def lagged_exposures(indices, reference, wanted):
    """Rows unit_code, month, exposure, value of the exposures ``wanted``: ``OD_lag3`` is the index of month m-3.

    indices: unit_code, month, index, value; reference: (first, last) month; wanted: exposures with a lag. Values are in
    SD of the monthly index over the reference months, less its mean there. A month without the index gives no row; an
    index that does not vary in the reference months has none.
    """
    parts = []
    for name in sorted({exposure.index for exposure in wanted}):
        rows = indices[(indices["index"] == name) & indices["value"].notna()]
        known = rows.loc[rows["month"].astype(str).between(*reference), "value"]
        if not known.std(ddof=1) > 0:
            continue
        values = (rows["value"] - known.mean()) / known.std(ddof=1)
        levels = pd.Index(rows["month"].astype(str).unique())
        for lag in sorted({exposure.lag for exposure in wanted if exposure.index == name}):
            later = dict(zip(levels, (pd.PeriodIndex(levels, freq="M") + lag).astype(str), strict=True))
            parts.append(
                pd.DataFrame(
                    {
                        "unit_code": rows["unit_code"].astype(object).to_numpy(),
                        "month": rows["month"].astype(str).map(later).to_numpy(dtype=object),
                        "exposure": Exposure(index=name, lag=lag).name,
                        "value": values.to_numpy(),
                    }
                )
            )
    columns = ["unit_code", "month", "exposure", "value"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def since_arrival(table, month, tenure, indices, reference, wanted):
    """The table with :data:`ARRIVED` and, for the indices ``wanted``, ``OD_arrival``: the mean of the single months
    from the arrival at the post to m-1, in SD of the monthly index; known for those who arrived in the window.

    month, tenure: its columns of the month and of the completed months at the post; the others as in
    :func:`lagged_exposures`.
    """
    frame = table.frame
    now, months = month_number(frame[month].astype(object)), frame[tenure].astype(float).to_numpy()
    first = month_number(indices["month"]).min() if len(indices) else np.nan
    arrived = (months >= 1) & (now - months >= first)
    columns = {ARRIVED: arrived}
    for index in sorted(wanted):
        before = lagged_exposures(indices, reference, [Exposure(index=index, lag=1)])
        name = Exposure(index=index, variant=ARRIVAL).name
        if before.empty or frame.empty:
            columns[name] = np.nan
            continue
        grid = before.pivot_table(index="unit_code", columns=month_number(before["month"]), values="value")
        grid = grid.reindex(columns=np.arange(first, np.nanmax(now) + 1))
        known = grid.notna().to_numpy()
        unit = grid.index.get_indexer(frame["unit"].astype(object))
        last = np.maximum(now - first, 0).astype(int)
        start = np.maximum(last - np.nan_to_num(months).astype(int), 0)
        sums = (np.cumsum(part, axis=1) for part in (grid.fillna(0.0).to_numpy(), known))
        total, n = (part[unit, last] - part[unit, start] for part in sums)
        enough = arrived & (unit >= 0) & (n >= LEAST * months)
        columns[name] = np.divide(total, n, out=np.full(len(frame), np.nan), where=enough & (n > 0))
    names = {name: name for name in columns if name != ARRIVED}
    return replace(table, frame=frame.assign(**columns), exposures=table.exposures | names)
