"""Build the standardised exposures of each unit-month from indicators and anchors.

1. Rebuild the indices, also for later months with per-head members on the headcount of the row's own month.
2. Average them over the months before (exposure, survey exposure) and after (placebo lead), and standardise.
3. Write exposures.parquet.

Fails when the anchors were changed after they were made.
"""

import pandas as pd

from jianfu import logs
from jianfu.indicators import read_plan as read_indicators
from jianfu.indices import build_exposures, read_anchors, read_plan


def main(indicators, unit_months, anchors, plan, members, min_share, exposure, weights, exposures):
    build_exposures(
        pd.read_parquet(indicators),
        pd.read_parquet(unit_months),
        read_plan(members, read_indicators(plan), weights),
        read_anchors(anchors),
        **exposure,
        min_share=min_share,
    ).to_parquet(exposures, compression="zstd", index=False)


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        indicators=snakemake.input.indicators,
        unit_months=snakemake.input.unit_months,
        anchors=snakemake.input.anchors,
        plan=snakemake.input.plan,
        members=snakemake.input.members,
        min_share=snakemake.params.min_share,
        exposure=snakemake.params.exposure,
        weights=snakemake.params.weights,
        exposures=snakemake.output.exposures,
    )
