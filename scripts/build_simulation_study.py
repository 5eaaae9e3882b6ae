"""Bring the draws of the simulation study together: docs/simulation_study.csv and docs/simulation_study_raw.csv.

1. Compare the draws made through raw files with the same draws made directly.
2. Compute bias, spread, size, power and coverage with Monte-Carlo errors, and judge them.

Both tables are written in any case. Fails when a size or a coverage lies outside the limits with its whole
Monte-Carlo interval, when a model without unit effects covers its target in half of the draws or more, or when a draw
gives other estimates through raw files.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.errors import DataError
from jianfu.core.spreadsheets import write_csv
from jianfu.study import summary


def main(design, draws, raw, confidence, table, raw_table):
    design = read_yaml(design)
    draws = pd.concat([frames.load(path) for path in draws], ignore_index=True)
    again = pd.concat([frames.load(path) for path in raw], ignore_index=True)
    same = draws[draws["seed"].isin(again["seed"]) & draws["model"].isin(again["model"])]
    compared = summary.compared(same, again, design["raw"]["tolerance"])
    result = summary.summarise(draws, design, confidence)
    for frame, path in ((compared, raw_table), (result, table)):
        write_csv(frame, path, digits=5)
    wrong = summary.failures(result)
    if len(wrong):
        rows = [f"{r.scenario} {r.model} {r.term} ({r.verdict})" for r in wrong.itertuples()]
        raise DataError("study_failed", path=str(table), rows=rows)
    if not compared["same"].all():
        raise DataError("study_differs_through_raw", path=str(raw_table))


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        design=snakemake.input.design,
        draws=snakemake.input.draws,
        raw=snakemake.input.raw,
        confidence=snakemake.params.confidence,
        table=snakemake.output.table,
        raw_table=snakemake.output.raw,
    )
