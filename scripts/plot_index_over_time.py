"""Draw the figure index_over_time: monthly mean of the burden indices with quartiles and policy dates."""

from jianfu.core import logs
from jianfu.report.figures import index_over_time, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        index_over_time.draw,
        tables=[snakemake.input[name] for name in ("indices", "roles", "policies", "quality")],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
