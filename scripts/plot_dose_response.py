"""Draw the figure dose_response: voluntary exits per 1,000 person-months by exposure and cohort.

1. Read the released data.
2. Draw, in the language of the settings.
3. Write PNG, PDF and SVG.

Fails when a label is not in the dictionary or a character has no glyph.
"""

from jianfu.core import logs
from jianfu.report.figures import run
from jianfu.report.figures.dose_response import draw

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        draw,
        tables=[snakemake.input.cells, snakemake.input.quality],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
