"""The unit table as the later steps need it: one row per unit; how much of a total its largest units hold."""

import numpy as np
import pandas as pd


def latest_units(units: pd.DataFrame) -> pd.DataFrame:
    """The latest row of every unit, by ``valid_from`` (missing = since ever), in order of unit_code."""
    ordered = units.assign(valid_from=pd.to_datetime(units["valid_from"])).sort_values(
        ["unit_code", "valid_from"], na_position="first", kind="stable"
    )
    return ordered.drop_duplicates("unit_code", keep="last")


def top2_share(values: pd.Series) -> float:
    """Share of a total that its two largest units hold (0 where the total is 0)."""
    known = np.sort(values.dropna().to_numpy())
    total = known.sum()
    return float(known[-2:].sum() / total) if total > 0 else 0.0
