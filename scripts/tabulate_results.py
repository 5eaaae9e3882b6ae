"""Write every table as CSV and Excel.

1. Read the released estimates and tables and the plan's hypotheses, models and table layout.
2. Build the main regression, verdict, check, robustness and comparison tables and lay out the released ones.
3. Write them as three-line tables (xlsx) and, for the tables built here, as CSV.

Fails when config/plan/tables.yaml names a model that is not in the plan, or when a label is missing.
"""

from jianfu.core import logs
from jianfu.report.tables.write import write_tables

if __name__ == "__main__":
    logs.start(snakemake)
    write_tables(
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
