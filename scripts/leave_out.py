"""Write a canonical table without the rows that the province leaves out.

1. Find the units of the counties and types, and the apps, that `exclude` names; an answer of the survey is of the unit
   of its person.
2. Write the other rows in their order.
"""

from jianfu.core import frames, logs
from jianfu.indicators.left_out import without
from jianfu.survey.scoring import units_of

if __name__ == "__main__":
    logs.start(snakemake)
    table = snakemake.wildcards.table
    paths = {"units": snakemake.input.units, table: snakemake.input.table}
    placed = (
        units_of(*map(frames.load, (paths[table], snakemake.input.spells))) if table == "survey" else None
    )
    without(table, paths, snakemake.params.exclude, snakemake.output.used, placed)
