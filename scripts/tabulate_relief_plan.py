"""Write the combinations of relief as a table in words (make planner).

1. Read what the gate released of them and of the estimates, and decide the hypotheses behind the projections.
2. Write release/planner/tables/relief_plan.xlsx.
"""

from pathlib import Path

import pandas as pd

from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.models.estimates import is_check
from jianfu.models.verdicts import headlines, hypothesis_rows
from jianfu.report.reading import read_estimates, read_release
from jianfu.report.tables.scenarios import relief_table
from jianfu.report.tables.table import write_xlsx


def main(inputs, output, language, confidence, synthetic):
    words, everything = Labels(language, inputs["labels"]), read_estimates(Path(inputs["estimates"]).parent)
    beside = is_check(everything)
    plan = pd.read_csv(inputs["hypotheses"], encoding="utf-8-sig", dtype=str, keep_default_na=False)
    decided = hypothesis_rows(everything[~beside], everything[beside], plan, round(1 - confidence, 6))
    table = relief_table(read_release(inputs["combinations"]), headlines(decided), words)
    write_xlsx(table, output, words("synthetic_mark") if synthetic else "")


if __name__ == "__main__":
    logs.start(snakemake)
    names = ("language", "confidence", "synthetic")
    main(
        inputs=dict(snakemake.input.items()),
        output=snakemake.output.xlsx,
        **{name: snakemake.params[name] for name in names},
    )
