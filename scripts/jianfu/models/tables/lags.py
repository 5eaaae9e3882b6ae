"""Exposure in single months before the month at risk, for distributed lags (how long does a burden matter?)."""

import pandas as pd

from jianfu.indices.exposures import Exposure

LAGGED = ("OD",)  # indices with single lags
LAGS = range(1, 13)


def lagged_exposures(indices, reference):
    """Rows unit_code, month, exposure, value: ``OD_lag1`` ... ``OD_lag12``, the index of month m-1 ... m-12.

    indices: unit_code, month, index, value; reference: (first, last) month. Values are in SD of the monthly index over
    the reference months, less its mean there. A month without the index gives no row; an index that does not vary in
    the reference months has none.
    """
    parts = []
    for name in LAGGED:
        rows = indices[(indices["index"] == name) & indices["value"].notna()]
        known = rows.loc[rows["month"].astype(str).between(*reference), "value"]
        if not known.std(ddof=1) > 0:
            continue
        values = (rows["value"] - known.mean()) / known.std(ddof=1)
        levels = pd.Index(rows["month"].astype(str).unique())
        for lag in LAGS:
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
