"""Uniformity of targets across unlike units (construct C2)."""

import numpy as np
import pandas as pd

from jianfu.core.units import latest_units

CONTEXT = ("population", "area_km2", "revenue")


def uniformity(targets: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Uniformity of targets across unlike units (C2): unit_code, year, uniformity.

    ``targets``: unit_code, year, indicator_id, target. Within a county and year, UNI of an indicator is
    1 - min(1, CV(target) / CV(context)) over the units that were given a target, with CV(context) the mean of the
    CVs of population, area and revenue (sample standard deviations; contexts that are not known for two units are
    left out). The county's value, the mean of its indicators weighted by the number of units, holds for all of its
    units that were given a target. An indicator needs two units with positive mean target and unlike contexts.
    """
    frame = targets.merge(latest_units(units)[["unit_code", "county_code", *CONTEXT]], on="unit_code")
    grouped = frame.astype(dict.fromkeys(("target", *CONTEXT), float)).groupby(
        ["county_code", "year", "indicator_id"]
    )
    spread = grouped[["target", *CONTEXT]].std() / grouped[["target", *CONTEXT]].mean()
    spread = spread.where((spread > 0) | (spread == 0))
    context = spread[list(CONTEXT)].mean(axis=1)
    values = pd.DataFrame(
        {
            "value": 1 - np.minimum(1, spread["target"] / context.where(context > 0)),
            "n": grouped["target"].count(),
        }
    ).dropna()
    weighted = (values["value"] * values["n"]).groupby(["county_code", "year"]).sum()
    county = (
        (weighted / values["n"].groupby(["county_code", "year"]).sum()).rename("uniformity").reset_index()
    )
    members = frame[["county_code", "unit_code", "year"]].drop_duplicates()
    result = members.merge(county, on=["county_code", "year"]).sort_values(
        ["unit_code", "year"], ignore_index=True
    )
    return result[["unit_code", "year", "uniformity"]]
