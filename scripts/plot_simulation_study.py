"""Draw size, coverage and power of the simulation study, with their Monte-Carlo intervals and the limits."""

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.study.figure import plot, study_table

if __name__ == "__main__":
    logs.start(snakemake)
    plot(
        table=study_table(snakemake.input.table),
        design=read_yaml(snakemake.input.design),
        paths=[snakemake.output.png, snakemake.output.svg],
    )
