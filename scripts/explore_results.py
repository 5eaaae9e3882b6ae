"""Write the page to explore: released numbers with filters and charts, in one file that needs no network.

1. Read the released files that the page shows, cell by cell.
2. Put columns and values into words of both languages.
3. Fill the template with rows, words, style and script.

Fails when a label is missing. A view without data is left out.
"""

from jianfu.core import logs
from jianfu.report.explore.page import build_page

if __name__ == "__main__":
    logs.start(snakemake)
    build_page(
        files=snakemake.input.files,
        release=snakemake.params.release,
        plan={
            name: snakemake.input[name] for name in ("hypotheses", "models", "indicators", "roles", "exits")
        },
        labels=snakemake.input.labels,
        names=snakemake.params.names,
        language=snakemake.params.language,
        synthetic=snakemake.params.synthetic,
        templates=snakemake.params.templates,
        output=snakemake.output.page,
    )
