"""Estimate the primary models with the uncertainty of the index inside.

1. Draw units (or counties) with replacement; make anchors, index, exposures and estimates anew.
2. Take intervals from the replicates, and correct the estimates by the reliability of the exposure within units.
3. Write robustness rows with the columns of the estimates to uncertainty.parquet.

An index that has no exposure in this province gives rows without figures that say why. Fails when a model named in
config/plan/uncertainty.yaml is not declared.
"""

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.models.tables.reading import read_hazard, read_survey
from jianfu.robustness.curve import province
from jianfu.robustness.uncertainty import rows


def main(inputs, settings, processes, output):
    plan, models = read_yaml(inputs["uncertainty"]), read_yaml(inputs["models"])
    cube, spec = province.read_index(inputs, settings, plan["index"])
    tables = {
        "hazard_cells": read_hazard(inputs, models)[0],
        "survey_scores": read_survey(inputs, models)[0],
    }
    estimates = frames.load(inputs["estimates"])
    frames.store(
        rows.build(cube, spec, tables, plan, models, settings["inference"], estimates, processes), output
    )


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        settings=dict(snakemake.params.items()),
        processes=snakemake.threads,
        output=snakemake.output.uncertainty,
    )
