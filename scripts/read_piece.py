"""Read some of the files of one canonical table, for ingest_table.py to put together.

1. Take the blocks of files that are the share of this job.
2. Read their rows as ingest_table.py does; write typed rows and books into one folder.

Fails as ingest_table.py does.
"""

import pandas as pd

from jianfu.core import logs
from jianfu.core.content import unchanged
from jianfu.ingest.blocks import blocks_of
from jianfu.ingest.tables import read_piece

if __name__ == "__main__":
    logs.start(snakemake)
    table, settings = snakemake.wildcards.table, snakemake.params.settings
    blocks = blocks_of(table, snakemake.params.folder, settings["sources"])
    read = {**snakemake.params.raw, **snakemake.params.holidays, **snakemake.params.labelled}
    with unchanged(read):
        read_piece(
            table,
            [blocks[number] for number in snakemake.params.share],
            settings=settings,
            plan_dir=snakemake.params.plan_dir,
            scales=snakemake.input.scales,
            schema=snakemake.input.schema,
            units=pd.read_parquet(snakemake.input.units) if snakemake.input.units else None,
            into=snakemake.output.piece,
        )
