"""Build the targets of a simulated province: what every model would give on the true probabilities.

1. Join the person-months at risk with their true probabilities of leaving, and the scores with their conditional means.
2. Fit every declared model to expected counts and means instead of what happened.
3. Write targets.csv: one row per model and term, beside the truth and apart from everything the analysis reads.

Fails when a person-month at risk has no true probability: the truth is then that of another draw.
"""

from pathlib import Path

from jianfu import analysis, cells, frames, logs, models, targets
from jianfu.config import read_yaml
from jianfu.estimators import Settings


def main(inputs, window, selected, inference, table):
    truth = Path(inputs["truth"])
    plan = read_yaml(inputs["plan"])
    exposures, units = frames.load(inputs["exposures"]), frames.load(inputs["units"])
    months, flow = cells.person_months(frames.load(inputs["spells"]), window)
    expected = targets.expected_cells(months, frames.load(truth / "person_months.parquet"))
    _, respondents = analysis.read_survey(inputs)
    scores = targets.expected_scores(
        frames.load(inputs["survey_scores"]), frames.load(truth / "survey_truth.parquet")
    )
    tables = {
        "hazard_cells": analysis.hazard_table(expected, flow, exposures, units),
        "survey_scores": analysis.survey_table(scores, respondents, exposures, units),
    }
    settings = Settings(inference["confidence"], inference["bootstrap"], inference["seed"])
    specs = models.selected(plan["models"], selected)
    rows = targets.targets(specs, tables, plan["categories"], settings)
    rows.to_csv(table, index=False, encoding="utf-8-sig")


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        inputs=dict(snakemake.input.items()),
        window=snakemake.params.window,
        selected=snakemake.params.selected,
        inference=snakemake.params.inference,
        table=snakemake.output.targets,
    )
