"""Render brief, report and appendix as Word, PDF and HTML, and slides.

1. Collect the numbers from the released files and the stored settings.
2. Fill the templates of the province's language: one Markdown source per document.
3. Convert each to Word, PDF and HTML, with the marks of synthetic data where they apply.

Fails when a template names something that does not exist, or when pandoc or typst reports an error.
"""

from pathlib import Path

from jianfu.core import logs
from jianfu.report.document.build import build_documents

if __name__ == "__main__":
    logs.start(snakemake)
    kinds = {kind: snakemake.output[kind] for kind in ("docx", "pdf", "html")}
    build_documents(
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
                "exits",
                "index_roles",
                "tiers",
                "resolved",
                "registrations",
                "departures",
            )
        },
        labels=snakemake.input.labels,
        references=snakemake.input.references,
        templates=snakemake.params.report,
        own_template=next(iter(snakemake.input.own_template), None),
        language=snakemake.params.language,
        outputs={
            Path(kinds["docx"][n]).stem: {kind: files[n] for kind, files in kinds.items()}
            for n in range(len(kinds["docx"]))
        },
        slides=snakemake.output.slides,
        numbers=snakemake.output.numbers,
    )
