"""The disclosure gate: the only step that writes data into release/, and what a full run adds into release/full/.

1. Refuse outputs that are not declared, hold personal columns or count persons at a forbidden grain.
2. Withhold small, dominated and otherwise revealed cells; merge steps of curves and small dropped groups.
3. Withhold estimates with too few persons, events or residual degrees of freedom.
4. Release as before what differs by few persons from the release before.
5. Write the released tables, estimates.csv and disclosure_log.csv, and store what was released for the next time.

Fails when an output may not leave in any form.
"""

from pathlib import Path

from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.release.gate import release_all

if __name__ == "__main__":
    logs.start(snakemake)
    release_all(
        published={Path(path).stem: path for path in snakemake.input.published},
        estimates=snakemake.input.estimates,
        plan=snakemake.input.plan,
        settings=snakemake.params.settings,
        labels=Labels(snakemake.params.language, snakemake.input.labels),
        synthetic=snakemake.params.synthetic,
        folder=Path(snakemake.output.estimates).parent,
        earlier=next(iter(snakemake.params.earlier), None),
        vintage=Path(
            "results", snakemake.wildcards.province, "restricted", "vintage", f"{snakemake.rule}.parquet"
        ),
    )
