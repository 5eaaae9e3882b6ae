"""Draw the figure sample_flow: from the rows of the source files to the analysed observations."""

from jianfu.core import logs
from jianfu.report.figures import run, sample_flow

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        sample_flow.draw,
        tables=[snakemake.input.flow, snakemake.input.quality],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
