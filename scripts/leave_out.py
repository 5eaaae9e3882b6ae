"""Write a canonical table without the rows that the province leaves out.

1. Find the units of the counties and types, and the apps, that `exclude` names.
2. Write the other rows in their order.
"""

from jianfu.core import logs
from jianfu.indicators.left_out import without

if __name__ == "__main__":
    logs.start(snakemake)
    table = snakemake.wildcards.table
    paths = {"units": snakemake.input.units, table: snakemake.input.table}
    without(table, paths, snakemake.params.exclude, snakemake.output.used)
