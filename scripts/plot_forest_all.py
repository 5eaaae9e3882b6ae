"""Draw the figure forest_all: the deciding estimate of every hypothesis on one page."""

from jianfu.core import logs
from jianfu.report.figures import forest_all, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        forest_all.draw,
        tables=forest_all.read(
            snakemake.input.estimates,
            snakemake.input.hypotheses,
            snakemake.input.models,
            round(1 - snakemake.params.confidence, 6),
            snakemake.output.csv,
        ),
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
