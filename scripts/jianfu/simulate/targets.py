"""Yearly provincial targets given to every unit, by which it shows whether local difference counts (C2)."""

import numpy as np
import pandas as pd

from jianfu.indicators.views import uniformity


def build_targets(parameters, structure, months, streams):
    """One row per unit, year of the window and provincial indicator: unit, year, indicator_id, target.

    In each county and year targets follow the population of the units to some degree between not at all (one
    figure for all) and fully.
    """
    rng = streams("targets")
    own = parameters["targets"]
    years = np.unique(months.year)
    n_units, n_counties = len(structure.codes), len(structure.county_codes)
    shape = (n_units, len(years), own["indicators"])
    population = structure.frame.drop_duplicates("unit_code", keep="last")["population"].to_numpy()
    relative = np.log(population / population.mean())[:, None, None]
    county = np.clip(rng.normal(own["follow"], own["follow_county_sd"], (n_counties, 1, 1)), 0, 1)
    year = np.clip(county + rng.normal(0, own["follow_year_sd"], (n_counties, len(years), 1)), 0, 1)
    base = rng.integers(80, 400, own["indicators"])
    noise = rng.normal(0, own["noise"], shape)
    target = np.maximum(np.rint(base * np.exp(year[structure.county] * relative + noise)), 1)
    unit, y, k = np.indices(shape).reshape(3, -1)
    ids = np.array([f"ZB{i + 1:02d}" for i in range(own["indicators"])], dtype=object)
    return pd.DataFrame({"unit": unit, "year": years[y], "indicator_id": ids[k], "target": target.ravel()})


def yearly_uniformity(targets, structure, months):
    """C2 as units x months: the value of the year before each month's year (missing where there was no log)."""
    frame = targets.assign(unit_code=structure.codes.astype(object)[targets["unit"]])
    found = uniformity(frame[["unit_code", "year", "indicator_id", "target"]], structure.frame)
    table = found.set_index(["unit_code", "year"])["uniformity"].unstack()  # noqa: PD010
    return table.reindex(index=structure.codes, columns=months.year - 1).to_numpy(dtype=float)
