"""Draw the figure county_heatmap: mean over-density index by county and month.

1. Read the released data.
2. Draw, in the language of the settings.
3. Write PNG, PDF and SVG.

Fails when a label is not in the dictionary or a character has no glyph.
"""

from jianfu import logs
from jianfu.figures import county_heatmap
from jianfu.figures.style import read_released, save
from jianfu.labels import Labels


def main(tables, language, labels, synthetic, dpi, paths):
    save(county_heatmap.draw(*tables, Labels(language, labels), synthetic), paths, dpi)


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        tables=[read_released(snakemake.input.cells)],
        language=snakemake.params.language,
        labels=snakemake.input.labels,
        synthetic=snakemake.params.synthetic,
        dpi=snakemake.params.dpi,
        paths=[snakemake.output.png, snakemake.output.pdf, snakemake.output.svg],
    )
