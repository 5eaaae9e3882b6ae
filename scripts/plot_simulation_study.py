"""Draw size, coverage and power of the simulation study, with their Monte-Carlo intervals and the limits."""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.study.figure import plot

if __name__ == "__main__":
    logs.start(snakemake)
    plot(
        table=pd.read_csv(snakemake.input.table, encoding="utf-8-sig"),
        design=read_yaml(snakemake.input.design),
        paths=[snakemake.output.png, snakemake.output.svg],
    )
