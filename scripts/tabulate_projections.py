"""Write projections that were asked for beside a run as a table in words (make planner, make scenarios SCENARIOS=...).

1. Read what the gate let pass of them and of the estimates, and decide the hypotheses behind the projections.
2. Write the table.
"""

from pathlib import Path

import pandas as pd

from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.models.estimates import is_check
from jianfu.models.verdicts import headlines, hypothesis_rows
from jianfu.report.reading import read_estimates, read_release
from jianfu.report.tables.scenarios import relief_table, scenario_table
from jianfu.report.tables.table import write_xlsx

TABLES = {"relief_plan": relief_table, "scenario_effects": scenario_table}


def main(inputs, output, language, confidence, synthetic):
    words, everything = Labels(language, inputs["labels"]), read_estimates(Path(inputs["estimates"]).parent)
    beside = is_check(everything)
    plan = pd.read_csv(inputs["hypotheses"], encoding="utf-8-sig", dtype=str, keep_default_na=False)
    decided = hypothesis_rows(everything[~beside], everything[beside], plan, round(1 - confidence, 6))
    made = TABLES[Path(inputs["projections"]).stem]
    table = made(read_release(inputs["projections"]), headlines(decided), words)
    write_xlsx(table, output, words("synthetic_mark") if synthetic else "")


if __name__ == "__main__":
    logs.start(snakemake)
    names = ("language", "confidence", "synthetic")
    main(
        inputs=dict(snakemake.input.items()),
        output=snakemake.output.xlsx,
        **{name: snakemake.params[name] for name in names},
    )
