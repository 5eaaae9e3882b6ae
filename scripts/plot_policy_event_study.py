"""Draw the figure policy_event_study: effects of the roll-out of relief rules by months since their start."""

from jianfu.core import logs
from jianfu.report.figures import policy_event_study, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        policy_event_study.draw,
        tables=policy_event_study.read(
            snakemake.input.estimates, snakemake.input.models, snakemake.output.csv
        ),
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
