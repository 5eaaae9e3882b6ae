"""Draw the figure county_heatmap: mean over-density index by county and month."""

from jianfu.core import logs
from jianfu.report.figures import county_heatmap, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        county_heatmap.draw,
        tables=[snakemake.input.cells, snakemake.input.roles],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
