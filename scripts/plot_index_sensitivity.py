"""Draw the figure index_sensitivity: rank bands of counties and shares of the choices in building an index."""

from jianfu.core import logs
from jianfu.report.figures import index_sensitivity, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        index_sensitivity.draw,
        tables=[snakemake.input.counties, snakemake.input.shares, snakemake.input.roles],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
