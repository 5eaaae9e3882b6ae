"""Count the rows of every canonical table that the province leaves out.

1. Look whether every county, type of unit, app and topic of `exclude` occurs.
2. Count the rows that each value of `exclude` means, beside all rows of the table.

Fails when one does not occur.
"""

from pathlib import Path

from jianfu.core import frames, logs
from jianfu.indicators.left_out import counted
from jianfu.ingest.excluded import check_read

if __name__ == "__main__":
    logs.start(snakemake)
    paths, exclude = {Path(path).stem: path for path in snakemake.input.tables}, snakemake.params.exclude
    check_read(exclude, paths, snakemake.params.file)
    frames.store(counted(paths, exclude), snakemake.output.left_out)
