"""Take a user's own indicator panel through every step of an index and write each step.

1. Read the table and the indicator table that the province file names.
2. Estimate limits, means or ranges and weights from the reference window; freeze them as anchors.
3. Write the steps raw, denominated, screened, treated, normalised and aggregated, the weights and the diagnostics.

Fails when a column is missing, a cell is no number, a row stands twice, or a method is not defined for the values.
"""

from pathlib import Path

from jianfu.core import logs
from jianfu.core.content import unchanged
from jianfu.indices.engine import anchors as stored
from jianfu.indices.own_panel.output import build_panel, empty_indices, write


def main(settings, null_tokens, folder):
    result = build_panel(settings, null_tokens)
    for reason in empty_indices(result):
        logs.progress(reason.code, **reason.values)
    for row in result.diagnostics[result.diagnostics["note"] != ""].itertuples():
        logs.LOGGER.warning("%s of %s: %s", row.diagnostic, row.code or row.group, row.note)
    write(result, folder)
    stored.write(result.anchors, Path(folder) / "anchors.json")


if __name__ == "__main__":
    logs.start(snakemake)
    with unchanged(snakemake.params.files):
        main(
            settings=snakemake.params.settings,
            null_tokens=snakemake.params.null_tokens,
            folder=Path(snakemake.output.anchors).parent,
        )
