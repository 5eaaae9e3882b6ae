"""Draw the figure specification_curve: every specification in the order of its estimate, and the choices behind it."""

from jianfu.core import logs
from jianfu.report.figures import run, specification_curve

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        specification_curve.draw,
        tables=[snakemake.input.curve, snakemake.input.summary],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
