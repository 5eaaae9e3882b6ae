"""Draw size, coverage and power of the simulation study, with their Monte-Carlo intervals and the limits."""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.study.figure import plot


def main(table, design, png, svg):
    plot(pd.read_csv(table, encoding="utf-8-sig"), read_yaml(design), (png, svg))


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        table=snakemake.input.table,
        design=snakemake.input.design,
        png=snakemake.output.png,
        svg=snakemake.output.svg,
    )
