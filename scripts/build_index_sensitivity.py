"""Compute what the burden indices depend on.

1. Diagnostics of the components: correlations, variance inflation, leaving one out, influence against weight.
2. Multiverse: every combination of normalisation, weights, aggregation, component left out and reference window, with
   exact shares of the variance of the mean absolute rank shift.
3. Cluster bootstrap of the whole pipeline: rank bands of counties and the interval of the monthly mean.
4. Write publishable tables (they still have to pass the gate) and the rank bands of units, which stay restricted.

An index that the province measures on the common tier is looked at there. One with fewer than two components that can
be anchored in this province is left out.
"""

import pandas as pd

from jianfu.core import frames, logs
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.specification import index_spec, read_members
from jianfu.models.tiers import replacements
from jianfu.robustness.index_sensitivity import build_all


def main(inputs, outputs, reference, indices, settings, inference):
    members = read_members(inputs["members"], read_indicators(inputs["plan"]))
    tier = replacements(pd.read_csv(inputs["tiers"], encoding="utf-8-sig"))
    settings = settings | {"indices": [tier.get(index, index) for index in settings["indices"]]}
    tables = build_all(
        frames.load(inputs["indicators"]),
        frames.load(inputs["unit_months"]),
        frames.load(inputs["units"]),
        index_spec(members, reference, settings=indices),
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
        reference=snakemake.params.reference,
        indices=snakemake.params.indices,
        settings=snakemake.params.settings,
        inference=snakemake.params.inference,
    )
