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
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.construction import read_plan, reference_window
from jianfu.models.estimators.common import outcomes_of
from jianfu.models.tables.reading import read_hazard
from jianfu.robustness.curve import fits, province
from jianfu.robustness.curve.shares import coefficient_shares
from jianfu.robustness.index_sensitivity import components, windows

FACTORS = ["normalisation", "weights", "aggregation", "drop_one", "window"]


def main(inputs, settings, grid, shares):
    plan, models = read_yaml(inputs["specifications"]), read_yaml(inputs["models"])
    table, _ = read_hazard(inputs)
    members = province.read_members(inputs, settings, plan["term"])
    rows = pd.DataFrame(columns=[*FACTORS, "estimate"])
    split = pd.DataFrame(columns=["factor", "levels", "first_order", "total", "left_out"])
    try:
        rows, split = fit_all(table, members, plan, models, inputs, settings)
    except DataError as error:
        logs.LOGGER.warning("no coefficient for any combination: %s", error)
    frames.store(rows, grid)
    frames.store(split, shares)


def fit_all(table, members, plan, models, inputs, settings):
    choices, own = settings["sensitivity"], settings["indices"]
    spec = province.spec_of(models, plan["model"])
    plain = read_plan(inputs["index_plan"], read_indicators(inputs["indicator_plan"]), settings["weights"])
    indicators, unit_months = (frames.load(inputs[name]) for name in ("indicators", "unit_months"))
    data = components(plan["term"], indicators, unit_months, plain)
    if data is None:
        raise DataError("the index has fewer than two components")
    controls, where = next(iter(plan["controls"].values())), next(iter(plan["samples"].values()))
    base = fits.Base(table.frame, members, models["categories"], controls, where, outcomes_of(spec))
    if base.events.sum() < settings["disclosure"]["min_cell"]:
        raise DataError("too few events to publish")
    first = reference_window(settings["window"], own["reference_months"], own["reference_window"])[0]
    masks = windows(data.rows["month"].to_numpy(object), first, choices["reference_months"])
    factors = {name: choices[name] for name in FACTORS[:3]}
    cluster = province.clusters_of(table.frame, members)["unit"]
    return coefficient_shares(base, members, data, masks, factors, choices["drop_one"], plan, cluster)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        settings=dict(snakemake.params.items()),
        grid=snakemake.output.coefficient_multiverse,
        shares=snakemake.output.coefficient_shares,
    )
