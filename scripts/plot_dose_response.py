"""Draw the figure dose_response: voluntary exits per 1,000 person-months by exposure and cohort."""

from functools import partial

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.report.figures import dose_response, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        partial(dose_response.draw, focus=read_yaml(snakemake.input.exits)["focus"]),
        tables=[snakemake.input.cells, snakemake.input.quality],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
