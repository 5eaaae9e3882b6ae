"""Read one canonical table from the raw files of a province.

1. Find headings and data rows in every file and sheet, unless other jobs have done 1 and 2 (read_piece.py).
2. Read values, units and persons; give every unusable row its one reason.
3. Settle duplicates and conflicts, join roster and ledger into spells.
4. Write the table, its quarantine, counts, headings and notices.

Fails when a file cannot be opened or changes while it is read, a heading is ambiguous, a required column is missing, or
real persons have no key for their pseudonyms.
"""

from pathlib import Path

import pandas as pd

from jianfu.core import logs
from jianfu.core.content import unchanged
from jianfu.ingest.tables import ingest_table

if __name__ == "__main__":
    logs.start(snakemake)
    read = {**snakemake.params.raw, **snakemake.params.holidays, **snakemake.params.labelled}
    with unchanged(read):
        result = ingest_table(
            table=snakemake.wildcards.table,
            folder=snakemake.params.folder,
            settings=snakemake.params.settings,
            plan_dir=snakemake.params.plan_dir,
            scales=snakemake.input.scales,
            schema=snakemake.input.schema,
            units=pd.read_parquet(snakemake.input.units) if snakemake.input.units else None,
            scratch=Path(snakemake.output.canonical).parent,
            pieces=snakemake.input.pieces,
        )
    result.write(
        parquet=snakemake.output.canonical,
        quarantine=snakemake.output.quarantine,
        counts=snakemake.output.counts,
        columns=snakemake.output.columns,
        notices=snakemake.output.notices,
        titles=snakemake.output.titles,
        to_label=snakemake.output.to_label,
    )
