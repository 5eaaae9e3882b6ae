"""Draw the figure forest: the estimates behind the hypotheses with their robustness, placebo and control rows."""

from jianfu.core import logs
from jianfu.report.figures import forest, run

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        forest.draw,
        tables=forest.read(
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
