"""Store what a run was made with.

1. Write the resolved settings of the province as YAML.
2. Write the seed and the SHA-256 of the code and of every raw file as JSON.
3. List what departs from the common plan.

Fails when a raw file cannot be read.
"""

from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.core.provenance import record_provenance
from jianfu.province.plan import deviations, write_deviations

if __name__ == "__main__":
    logs.start(snakemake)
    record_provenance(
        province=snakemake.wildcards.province,
        settings=snakemake.params.settings,
        inputs=[*snakemake.params.raw, *snakemake.input.simulated],
        code=snakemake.params.project,
        config_path=snakemake.output.config,
        run_path=snakemake.output.run,
    )
    write_deviations(
        deviations(
            Path(snakemake.input.plan[0]).parent,
            snakemake.params.settings,
            read_yaml(snakemake.input.default),
        ),
        snakemake.output.deviations,
    )
