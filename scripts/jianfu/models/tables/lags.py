"""Exposure in single months before the month at risk, for distributed lags (how long does a burden matter?)."""

import pandas as pd

from jianfu.indices.exposures import Exposure


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
