"""Build the burden indices with frozen anchors, every step kept.

1. Take the constants of every component, index and exposure from the reference window, or from frozen anchors.
2. Impute (off by default), treat, normalise and aggregate the components.
3. Do the same with common anchors, where the province names some: the scale for pooling, never mixed with its own.
4. Write indices.parquet, indices_common.parquet, anchors.json, the steps and index_notices.csv.

Fails when a member of an index is no indicator, when a method is not defined for the values, or when the common anchors
belong to another plan. A component that cannot be anchored is dropped and reported.
"""

from pathlib import Path

import pandas as pd

from jianfu.core import frames, logs
from jianfu.core.spreadsheets import write_csv
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.construction import (
    build_indices,
    check_common,
    fit_anchors,
    frozen_anchors,
    notices,
    read_anchors,
    write_anchors,
)
from jianfu.indices.specification import index_spec, read_members

KEYS = ["unit_code", "month", "indicator"]


def main(
    indicators,
    unit_months,
    plan,
    members,
    reference,
    settings,
    exposure,
    indices,
    common,
    anchors,
    steps,
    remarks,
):
    members = read_members(members, read_indicators(plan))
    spec = index_spec(members, reference, settings=settings, exposure=exposure)
    values = frames.load(
        indicators,
        columns=[*KEYS, "value"],
        filters=[("indicator", "in", spec.codes)],
        read_dictionary=KEYS,
    )
    frame = pd.read_parquet(unit_months)
    frozen = spec.settings["frozen"]
    fitted = frozen_anchors(frozen, spec) if frozen else fit_anchors(values, frame, spec)
    found = notices(fitted)
    for row in found.itertuples():
        logs.LOGGER.warning("%s: %s (%s).", row.indicator, row.outcome, row.column)
    built = build_indices(values, frame, spec, fitted)
    built.indices().to_parquet(indices, compression="zstd", index=False)
    for step, table in built.frames().items():
        path = Path(steps) / f"{step}.parquet"
        table.to_parquet(path, compression="zstd", index=False, use_dictionary=KEYS[:2])
    _on_common_scale(values, frame, spec, built).to_parquet(common, compression="zstd", index=False)
    write_anchors(fitted, anchors)
    write_csv(found, remarks)


def _on_common_scale(values, frame, spec, own):
    """The indices with the constants of another province; no rows where none are named."""
    path = spec.settings["anchors"]
    if not path:
        return own.indices().iloc[:0].rename(columns={"value": "value_common"})
    anchors = read_anchors(path)
    check_common(anchors, spec, path)
    return build_indices(values, frame, spec, anchors).indices().rename(columns={"value": "value_common"})


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        indicators=snakemake.input.indicators,
        unit_months=snakemake.input.unit_months,
        plan=snakemake.input.plan,
        members=snakemake.input.members,
        reference=snakemake.params.reference,
        settings=snakemake.params.settings,
        exposure=snakemake.params.exposure,
        indices=snakemake.output.indices,
        common=snakemake.output.common,
        anchors=snakemake.output.anchors,
        steps=Path(snakemake.output.aggregated).parent,
        remarks=snakemake.output.notices,
    )
