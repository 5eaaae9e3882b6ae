"""Draw the figure forest: the estimates behind the hypotheses with their robustness, placebo and control rows.

1. Read the released estimates and the plan's hypotheses and models.
2. Choose the estimates of the terms of interest and write them as forest.csv.
3. Draw, in the language of the settings; write PNG, PDF and SVG.

Fails when a label is not in the dictionary or a character has no glyph.
"""

from jianfu import logs
from jianfu.figures import forest
from jianfu.figures.style import save
from jianfu.labels import Labels
from jianfu.outputs import write_csv


def main(estimates, hypotheses, models, language, labels, synthetic, dpi, csv, paths):
    words = Labels(language, labels)
    plan, by_name, rows = forest.read(estimates, hypotheses, models)
    write_csv(rows, csv, words("synthetic_mark") if synthetic else "")
    save(forest.draw(rows, plan, by_name, words, synthetic), paths, dpi)


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        estimates=snakemake.input.estimates,
        hypotheses=snakemake.input.hypotheses,
        models=snakemake.input.models,
        language=snakemake.params.language,
        labels=snakemake.input.labels,
        synthetic=snakemake.params.synthetic,
        dpi=snakemake.params.dpi,
        csv=snakemake.output.csv,
        paths=[snakemake.output.png, snakemake.output.pdf, snakemake.output.svg],
    )
