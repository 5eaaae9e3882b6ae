"""Write every table as CSV and Excel.

1. Read the released estimates and tables and the plan's hypotheses, models and table layout.
2. Build the main regression, verdict, check, robustness and comparison tables and lay out the released ones.
3. Write them as three-line tables (xlsx) and, for the tables built here, as CSV; one that a province wants for itself
   (make table) also as Word file.

Fails when config/plan/tables.yaml names a model that is not in the plan, or when a label is missing.
"""

from pathlib import Path

from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.report.document.single import write_table_docx
from jianfu.report.tables.write import write_tables

if __name__ == "__main__":
    logs.start(snakemake)
    tables, mark = write_tables(
        release=snakemake.params.release,
        plan={name: snakemake.input[name] for name in ("hypotheses", "models", "tables", "outputs")},
        labels=snakemake.input.labels,
        language=snakemake.params.language,
        confidence=snakemake.params.confidence,
        synthetic=snakemake.params.synthetic,
        title=snakemake.params.title,
        csv=snakemake.output.csv,
        xlsx=snakemake.output.xlsx,
    )
    if snakemake.output.get("docx"):
        write_table_docx(
            tables[snakemake.wildcards.name],
            snakemake.output.docx,
            mark=mark,
            labels=Labels(snakemake.params.language, snakemake.input.labels),
            templates=Path(snakemake.input.filter).parent,
            own_template=next(iter(snakemake.input.own_template), None),
            own_title=bool(snakemake.params.title),
            journal=snakemake.params.journal,
        )
