"""The disclosure gate for what only a full run makes.

1. Refuse outputs that are not declared in config/plan/outputs_full.csv or may not leave.
2. Withhold estimates with too few persons, events or residual degrees of freedom.
3. Write the released tables, estimates.csv and disclosure_log.csv below release/full.

Fails when an output may not leave in any form.
"""

from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.release.gate import release_all

if __name__ == "__main__":
    logs.start(snakemake.log[0])
    release_all(
        published={
            key: path for key, path in snakemake.input.items() if key not in ("estimates", "plan", "labels")
        },
        estimates=snakemake.input.estimates,
        plan=snakemake.input.plan,
        settings=snakemake.params.settings,
        labels=Labels(snakemake.params.language, snakemake.input.labels),
        synthetic=snakemake.params.synthetic,
        folder=snakemake.params.folder,
    )
