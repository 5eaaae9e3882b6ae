"""Store what a run was made with.

1. Write the resolved settings of the province as YAML.
2. Write versions, seed and the SHA-256 of the code and of every raw file as JSON.

Fails when a raw file cannot be read.
"""

from jianfu.core import logs
from jianfu.core.provenance import record_provenance

if __name__ == "__main__":
    logs.start(snakemake)
    record_provenance(
        province=snakemake.wildcards.province,
        settings=snakemake.params.settings,
        inputs=list(snakemake.input),
        code=snakemake.params.project,
        config_path=snakemake.output.config,
        run_path=snakemake.output.run,
    )
