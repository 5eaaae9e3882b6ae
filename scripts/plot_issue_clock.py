"""Draw the figure issue_clock: weekday and hour of issue of tasks, rest-eve tasks marked.

1. Read the released data.
2. Draw, in the language of the settings.
3. Write PNG, PDF and SVG.

Fails when a label is not in the dictionary or a character has no glyph.
"""

from jianfu import logs
from jianfu.figures import issue_clock
from jianfu.figures.style import read_released, save
from jianfu.labels import Labels


def main(tables, language, labels, synthetic, dpi, paths):
    save(issue_clock.draw(*tables, Labels(language, labels), synthetic), paths, dpi)


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
