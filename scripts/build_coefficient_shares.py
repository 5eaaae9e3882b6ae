"""Share out the variance of the primary coefficient over the choices in building its index.

1. Build the index under every combination of the choices declared in the settings (group `sensitivity`).
2. Make its exposure and fit the primary hazard each time.
3. Write the grid of coefficients and the exact shares of their variance, for the gate.

A province whose data do not allow a single fit gets empty tables.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.errors import DataError
from jianfu.models.spec import spec_of
from jianfu.models.tables.reading import read_hazard
from jianfu.robustness.curve import fits, province
from jianfu.robustness.curve.shares import coefficient, coefficient_shares
from jianfu.robustness.index_sensitivity import anchored

FACTORS = ["normalisation", "weights", "aggregation", "drop_one", "window"]


def main(inputs, settings, grid, shares):
    plan, models = read_yaml(inputs["specifications"]), read_yaml(inputs["models"])
    table, _ = read_hazard(inputs)
    cube, spec = province.read_index(inputs, settings, plan["term"])
    rows = pd.DataFrame(columns=[*FACTORS, "estimate"])
    split = pd.DataFrame(columns=["factor", "levels", "first_order", "total", "left_out"])
    try:
        rows, split = fit_all(table, cube, spec, plan, models, settings)
    except DataError as error:
        logs.LOGGER.warning("no coefficient for any combination: %s", error)
    frames.store(rows, grid)
    frames.store(split, shares)


def fit_all(table, cube, spec, plan, models, settings):
    model = spec_of(models, plan["model"])
    if len(anchored(cube, spec)) < 2:
        raise DataError("few_components")
    controls, where = next(iter(plan["controls"].values())), next(iter(plan["samples"].values()))
    base = fits.Base(table.frame, cube.grid, models["categories"], controls, where, list(model.outcomes))
    if base.events.sum() < settings["disclosure"]["min_cell"]:
        raise DataError("few_events_to_publish")
    cluster = province.clusters_of(table.frame, cube.grid.units)["unit"]
    return coefficient_shares(
        cube, spec, settings["sensitivity"], coefficient(base, plan["links"][0], cluster)
    )


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        settings=dict(snakemake.params.items()),
        grid=snakemake.output.coefficient_multiverse,
        shares=snakemake.output.coefficient_shares,
    )
