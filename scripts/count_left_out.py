"""Count the rows of every canonical table that the province leaves out.

1. Look whether every county, type of unit, app and topic of `exclude` occurs.
2. Count the rows that each value of `exclude` means, beside all rows of the table; an answer of the survey is of
   the unit of its person.

Fails when one does not occur.
"""

from pathlib import Path

from jianfu.core import frames, logs
from jianfu.indicators.left_out import OF_UNITS, counted
from jianfu.ingest.excluded import check_read
from jianfu.survey.scoring import units_of

if __name__ == "__main__":
    logs.start(snakemake)
    paths, exclude = {Path(path).stem: path for path in snakemake.input.tables}, snakemake.params.exclude
    check_read(exclude, paths, snakemake.params.file)
    by_unit = any(exclude[kind] for kind in OF_UNITS)
    placed = units_of(*(frames.load(paths[table]) for table in ("survey", "spells"))) if by_unit else None
    frames.store(counted(paths, exclude, placed), snakemake.output.left_out)
