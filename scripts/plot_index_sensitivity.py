"""Draw the figure index_sensitivity: rank bands of counties and shares of the choices in building an index.

1. Read the released data.
2. Draw, in the language of the settings.
3. Write PNG, PDF and SVG.

Fails when a label is not in the dictionary or a character has no glyph.
"""

from jianfu.core import logs
from jianfu.report.figures import run
from jianfu.report.figures.index_sensitivity import draw

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        draw,
        tables=[snakemake.input.counties, snakemake.input.shares],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
