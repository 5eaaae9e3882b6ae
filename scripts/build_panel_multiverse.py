"""Build the index of a user's own panel under every combination of choices.

1. Read the table and the indicator table that the province file names.
2. Build the top index under every combination of the choices in `sensitivity`.
3. Write how far each shifts the ranks of the units, the exact shares of the choices in it, and the rank bands.

Fails when no combination is defined for the values.
"""

from pathlib import Path

from jianfu.core import logs
from jianfu.core.content import unchanged
from jianfu.core.spreadsheets import write_csv
from jianfu.indices.own_panel.multiverse import panel_multiverse


def main(settings, choices, null_tokens, files):
    tables = panel_multiverse(settings, choices, null_tokens)
    for path in files:
        write_csv(tables[Path(path).stem], path, digits=13)


if __name__ == "__main__":
    logs.start(snakemake)
    with unchanged(snakemake.params.files):
        main(
            settings=snakemake.params.settings,
            choices=snakemake.params.choices,
            null_tokens=snakemake.params.null_tokens,
            files=list(snakemake.output),
        )
