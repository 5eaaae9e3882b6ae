"""Build the indices OD, TR, RG, GAP and REST with frozen anchors.

1. Take mean and standard deviation of every component, index and exposure from the reference window.
2. Standardise the components and average them.
3. Write indices.parquet and anchors.json.

Fails when a member of an index is no indicator. A component that cannot be anchored is dropped and reported.
"""

import pandas as pd

from jianfu import logs
from jianfu.indicators import read_plan as read_indicators
from jianfu.indices import build_indices, dropped, fit_anchors, read_plan, reference_window, write_anchors


def main(
    indicators, unit_months, plan, members, window, settings, exposure, weights, indices, anchors, notices
):
    members = read_plan(members, read_indicators(plan), weights)
    values = pd.read_parquet(indicators)
    fitted = fit_anchors(
        values,
        members,
        reference_window(window, settings["reference_months"], settings["reference_window"]),
        pd.read_parquet(unit_months),
        settings["min_share"],
        **exposure,
    )
    remarks = dropped(fitted)
    for remark in remarks.itertuples():
        logs.LOGGER.warning("%s is left out of its index: %s.", remark.indicator, remark.column)
    build_indices(values, members, fitted, settings["min_share"]).to_parquet(
        indices, compression="zstd", index=False
    )
    write_anchors(fitted, anchors)
    remarks.to_csv(notices, index=False, encoding="utf-8-sig")


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        indicators=snakemake.input.indicators,
        unit_months=snakemake.input.unit_months,
        plan=snakemake.input.plan,
        members=snakemake.input.members,
        window=snakemake.params.window,
        settings=snakemake.params.settings,
        exposure=snakemake.params.exposure,
        weights=snakemake.params.weights,
        indices=snakemake.output.indices,
        anchors=snakemake.output.anchors,
        notices=snakemake.output.notices,
    )
