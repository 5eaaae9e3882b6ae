"""Draw the figure issue_clock: weekday and hour of issue of tasks, rest-eve tasks marked."""

from jianfu.core import logs
from jianfu.report.figures import issue_clock, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        issue_clock.draw,
        tables=[snakemake.input.cells],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
