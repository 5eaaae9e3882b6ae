"""Render the report as Word, PDF and HTML.

1. Collect the numbers from the released files and the stored settings.
2. Fill the template of the province's language: one Markdown source.
3. Convert it to Word, PDF and HTML, with the marks of synthetic data where they apply.

Fails when the template names something that does not exist, or when pandoc or typst reports an error.
"""

from jianfu.core import logs
from jianfu.report.document.build import build_report

if __name__ == "__main__":
    logs.start(snakemake)
    build_report(
        release=snakemake.params.release,
        config=snakemake.input.config,
        run=snakemake.input.run,
        deviations=snakemake.input.deviations,
        plan={
            name: snakemake.input[name]
            for name in (
                "hypotheses",
                "models",
                "tables",
                "outputs",
                "indices",
                "index_roles",
                "tiers",
                "resolved",
                "registrations",
                "departures",
            )
        },
        labels=snakemake.input.labels,
        report=snakemake.params.report,
        language=snakemake.params.language,
        docx=snakemake.output.docx,
        pdf=snakemake.output.pdf,
        html=snakemake.output.html,
    )
