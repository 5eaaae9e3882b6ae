"""Compute what the burden indices depend on.

1. Diagnostics of the components: correlations, variance inflation, leaving one out, influence against weight.
2. Multiverse: every combination of normalisation, weights, aggregation, component left out and reference window, with
   exact shares of the variance of the mean absolute rank shift.
3. Cluster bootstrap of the whole pipeline: rank bands of counties and the interval of the monthly mean.
4. Write publishable tables (they still have to pass the gate) and the rank bands of units, which stay restricted.

An index with fewer than two components in this province is left out.
"""

import pandas as pd

from jianfu.core import frames, logs
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.construction import read_plan, reference_window
from jianfu.robustness.index_sensitivity import build_all


def main(inputs, outputs, window, indices, weights, settings, inference):
    members = read_plan(inputs["members"], read_indicators(inputs["plan"]), weights)
    notices = pd.read_csv(inputs["unanchored"], encoding="utf-8-sig")
    tables = build_all(
        frames.load(inputs["indicators"]),
        frames.load(inputs["unit_months"]),
        frames.load(inputs["units"]),
        members,
        set(notices["indicator"]),
        reference_window(window, indices["reference_months"], indices["reference_window"])[0],
        settings,
        inference,
    )
    for name, path in outputs.items():
        tables[name].to_parquet(path, compression="zstd", index=False)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        outputs=dict(snakemake.output.items()),
        window=snakemake.params.window,
        indices=snakemake.params.indices,
        weights=snakemake.params.weights,
        settings=snakemake.params.settings,
        inference=snakemake.params.inference,
    )
