"""Count the rows of every canonical table that the province leaves out.

1. Open all canonical tables with every row.
2. Count the rows that each value of `exclude` means, beside all rows of the table.

Fails when a county, type of unit or app does not occur.
"""

from pathlib import Path

from jianfu.core import frames, logs
from jianfu.indicators.left_out import counted

if __name__ == "__main__":
    logs.start(snakemake)
    paths = {Path(path).stem: path for path in snakemake.input.tables}
    frames.store(counted(paths, snakemake.params.exclude), snakemake.output.left_out)
