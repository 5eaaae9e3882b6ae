"""Draw the figure cumulative_incidence: leaving by cohort and burden tertile, with numbers at risk."""

from jianfu.core import logs
from jianfu.report.figures import cumulative_incidence, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        cumulative_incidence.draw,
        tables=[snakemake.input.curves, snakemake.input.at_risk, snakemake.input.quality],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
