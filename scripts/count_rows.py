"""Put the books of all tables together.

1. Counts of kept, duplicate, rejected and nondata rows, and of odd cells, by file and sheet.
2. Headings and what they were read as.
3. Notices, and the files of the folder that no source names.

Fails when the books of a table cannot be read.
"""

from jianfu.core import logs
from jianfu.ingest.quality import join_books

if __name__ == "__main__":
    logs.start(snakemake)
    join_books(
        counts=snakemake.input.counts,
        columns=snakemake.input.columns,
        notices=snakemake.input.notices,
        folder=snakemake.params.folder,
        sources=snakemake.params.sources,
        counts_path=snakemake.output.counts,
        columns_path=snakemake.output.columns,
        notices_path=snakemake.output.notices,
    )
