"""Draw the figure forest: the estimates behind the hypotheses with their robustness, placebo and control rows.

1. Read the released estimates and the plan's hypotheses and models.
2. Choose the estimates of the terms of interest and write them as forest.csv.
3. Draw, in the language of the settings; write PNG, PDF and SVG.

Fails when a label is not in the dictionary or a character has no glyph.
"""

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
            snakemake.output.csv,
        ),
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
