"""Draw figures from released files, each as PNG, PDF and SVG; those made of estimates write the rows they show as CSV.

Fails when a label is not in the dictionary, a character has no glyph, or a file of boundaries changed while it was
read.
"""

from jianfu.core import logs
from jianfu.report.figures import every

if __name__ == "__main__":
    logs.start(snakemake)
    for figure, pictures in snakemake.output.items():
        every.plot(
            figure,
            files=list(snakemake.input[figure]),
            pictures=list(pictures),
            labels=snakemake.input.labels,
            settings=dict(snakemake.params.items()),
        )
