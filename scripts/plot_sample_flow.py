"""Draw the figure sample_flow: from the rows of the source files to the analysed observations.

1. Read the released data.
2. Draw, in the language of the settings.
3. Write PNG, PDF and SVG.

Fails when a label is not in the dictionary or a character has no glyph.
"""

from jianfu import logs
from jianfu.figures import sample_flow
from jianfu.figures.style import read_released, save
from jianfu.labels import Labels


def main(tables, language, labels, synthetic, dpi, paths):
    save(sample_flow.draw(*tables, Labels(language, labels), synthetic), paths, dpi)


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        tables=[read_released(snakemake.input.flow), read_released(snakemake.input.quality)],
        language=snakemake.params.language,
        labels=snakemake.input.labels,
        synthetic=snakemake.params.synthetic,
        dpi=snakemake.params.dpi,
        paths=[snakemake.output.png, snakemake.output.pdf, snakemake.output.svg],
    )
