"""Build the standardised exposures of each unit-month from indicators and anchors.

1. Rebuild the indices, also for later months with per-head members on the headcount of the row's own month.
2. Average them over the months before (exposure, survey exposure) and after (placebo lead), and standardise.
3. Do the same with common anchors, where the province names some: the scale for pooling.
4. Write exposures.parquet and exposures_common.parquet.

Fails when the anchors were changed after they were made.
"""

import pandas as pd

from jianfu.core import frames, logs
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.construction import build_exposures, check_common, read_anchors
from jianfu.indices.specification import index_spec, read_members


def main(indicators, unit_months, anchors, plan, members, common_anchors, exposure, exposures, common):
    values, frame, anchors = frames.load(indicators), pd.read_parquet(unit_months), read_anchors(anchors)
    members = read_members(members, read_indicators(plan))
    spec = index_spec(members, anchors["window"], exposure=exposure)
    own = build_exposures(values, frame, spec, anchors)
    own.to_parquet(exposures, compression="zstd", index=False)
    shared = own.iloc[:0]
    if common_anchors:
        given = read_anchors(common_anchors)
        check_common(given, spec, common_anchors)
        shared = build_exposures(values, frame, spec, given)
    shared.rename(columns={"value": "value_common"}).to_parquet(common, compression="zstd", index=False)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        indicators=snakemake.input.indicators,
        unit_months=snakemake.input.unit_months,
        anchors=snakemake.input.anchors,
        plan=snakemake.input.plan,
        members=snakemake.input.members,
        common_anchors=snakemake.params.common_anchors,
        exposure=snakemake.params.exposure,
        exposures=snakemake.output.exposures,
        common=snakemake.output.common,
    )
