"""Draw the figure county_heatmap: mean over-density index by county and month.

1. Read the released data.
2. Draw, in the language of the settings.
3. Write PNG, PDF and SVG.

Fails when a label is not in the dictionary or a character has no glyph.
"""

from jianfu.core import logs
from jianfu.report.figures import run
from jianfu.report.figures.county_heatmap import draw

if __name__ == "__main__":
    logs.start(snakemake)
    run.plot(
        draw,
        tables=[snakemake.input.cells],
        labels=snakemake.input.labels,
        settings=dict(snakemake.params.items()),
        paths=snakemake.output[:3],
    )
