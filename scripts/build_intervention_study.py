"""Bring the draws of the study of interventions together: docs/intervention_study.csv.

The table is written in any case. Fails when a coverage lies outside the limits with its whole Monte-Carlo interval.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.errors import DataError
from jianfu.core.spreadsheets import write_csv
from jianfu.study.interventions import summarised


def main(design, draws, table):
    draws = pd.concat([frames.load(path) for path in draws], ignore_index=True)
    result = summarised(draws, read_yaml(design))
    write_csv(result, table, digits=5)
    wrong = result[result["verdict"] == "outside"]
    if len(wrong):
        rows = [f"{r.world} {r.intervention} {r.quantity} {r.group}" for r in wrong.itertuples()]
        raise DataError("study_failed", path=str(table), rows=rows)


if __name__ == "__main__":
    logs.start(snakemake)
    main(design=snakemake.input.design, draws=snakemake.input.draws, table=snakemake.output.table)
