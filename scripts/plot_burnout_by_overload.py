"""Draw the figure burnout_by_overload: mean burnout by exposure to overload, with the fitted line."""

from jianfu.core import logs
from jianfu.report.figures import burnout_by_overload, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        burnout_by_overload.draw,
        tables=[snakemake.input.bins, snakemake.input.quality],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
