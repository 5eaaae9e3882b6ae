"""Share out the variance of the primary coefficient over the choices in building its index.

1. Build the index under every combination of the choices declared in the settings (group `sensitivity`).
2. Make its exposure and fit the primary hazard each time.
3. Write the grid of coefficients and the exact shares of their variance, with the events behind them, for the gate.

A province whose data do not allow a single fit gets empty tables.
"""

from dataclasses import replace

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.errors import DataError, NotEstimable
from jianfu.indicators.plan import read_plan
from jianfu.models.spec import spec_of
from jianfu.models.tables.reading import read_hazard
from jianfu.robustness.curve import fits, province
from jianfu.robustness.curve.shares import coefficient, coefficient_shares
from jianfu.robustness.index_sensitivity import FACTORS, anchored


def main(inputs, settings, grid, shares):
    plan, models = read_yaml(inputs["specifications"]), read_yaml(inputs["models"])
    table, _ = read_hazard(inputs, models)
    cube, spec = province.read_index(inputs, read_plan(inputs["indicator_plan"]), settings, plan["term"])
    rows = pd.DataFrame(columns=[*FACTORS, "estimate", "n_events"])
    split = pd.DataFrame(columns=["factor", "levels", "first_order", "total", "left_out", "n_events"])
    try:
        rows, split = fit_all(table, cube, spec, plan, models, settings)
    except (DataError, NotEstimable) as error:
        logs.LOGGER.warning("no coefficient for any combination: %s", error)
    frames.store(rows, grid)
    frames.store(split, shares)


def fit_all(table, cube, spec, plan, models, settings):
    if len(anchored(cube, spec)) < 2:
        raise NotEstimable("few_components")
    controls, where = next(iter(plan["controls"].values())), next(iter(plan["samples"].values()))
    model = replace(spec_of(models, plan["model"]), controls=tuple(controls), where=where)
    base = fits.base_of(model, table, models["categories"], cube.grid)
    cluster = province.clusters_of(table.frame, cube.grid.units)["unit"]
    estimate = coefficient(base, plan["links"][0], cluster)
    found = coefficient_shares(cube, spec, settings["sensitivity"], estimate)
    return [frame.assign(n_events=int(base.events.sum())) for frame in found]


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        settings=dict(snakemake.params.items()),
        grid=snakemake.output.coefficient_multiverse,
        shares=snakemake.output.coefficient_shares,
    )
