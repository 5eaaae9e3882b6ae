"""Estimate the primary models with the uncertainty of the index inside.

1. Draw units (or counties) with replacement; make anchors, index, exposures and estimates anew.
2. Take intervals from the replicates, and correct the estimates by the reliability of the exposure within units: by
   what is declared, by the agreement of its members, and by the errors of labels that were read from titles.
3. Write robustness rows with the columns of the estimates to uncertainty.parquet.

An index that has no exposure in this province gives rows without figures that say why. Fails when a model named in
config/plan/uncertainty.yaml is not declared.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.indicators.plan import read_plan
from jianfu.models.tables.reading import read_hazard, read_survey
from jianfu.robustness.curve import province
from jianfu.robustness.uncertainty import coding, rows


def main(inputs, settings, processes, output):
    plan, models = read_yaml(inputs["uncertainty"]), read_yaml(inputs["models"])
    cube, spec = province.read_index(inputs, read_plan(inputs["indicator_plan"]), settings, plan["index"])
    tables = {
        "hazard_cells": read_hazard(inputs, models)[0],
        "survey_scores": read_survey(inputs, models)[0],
    }
    coded = coding.count(tasks_by_label(inputs["tasks"]), frames.read_csv(inputs["title_errors"]), cube.grid)
    estimates = frames.load(inputs["estimates"])
    frames.store(
        rows.build(cube, spec, tables, plan, models, settings["inference"], estimates, coded, processes),
        output,
    )


def tasks_by_label(path):
    """Frame unit_code, month, event_label, is_coded (the label comes from the title) and n of the task table."""
    tasks = frames.load(path, columns=["unit_code", "issue_at", "event_label", "coded"])
    keys = {
        "unit_code": tasks["unit_code"],
        "month": tasks["issue_at"].dt.to_period("M").astype(str),
        "event_label": tasks["event_label"],
        "is_coded": tasks["coded"].fillna("").str.split().map(lambda columns: "event_label" in columns),
    }
    return pd.DataFrame(keys).value_counts(sort=False).reset_index(name="n")


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        settings=dict(snakemake.params.items()),
        processes=snakemake.threads,
        output=snakemake.output.uncertainty,
    )
