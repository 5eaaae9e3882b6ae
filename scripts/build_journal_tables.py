"""Build what the tables of a journal show beside the main models, before disclosure control.

1. Persons and answers by cohort and by tertile of burden: numbers, shares, means, SD and standardised differences.
2. Correlations of the scales and the indices before the fieldwork.
3. The main models column by column: terms alone, with controls, with effects; every coefficient and measures of fit.
4. Their slopes by position, kind of post, type of unit and hardship.
5. What the models predict over the exposure by cohort: exits per 1,000 and month, and how burnout differs.

A province without a survey has no rows of the survey.
"""

from dataclasses import replace

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.exits.definitions import read_definitions
from jianfu.exits.incidence import burden_tertiles
from jianfu.exits.person_months import person_months
from jianfu.indices.roles import leading, read_roles
from jianfu.models import journal, predictions
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import spec_of
from jianfu.models.tables.reading import read_hazard, read_survey
from jianfu.models.tables.variables import derive
from jianfu.release.ledger import of_rounded_events
from jianfu.release.sample_by_group import persons_of, sample_by_group
from jianfu.survey.scoring import VISIBLE

MODELS = ("H1_burnout", "H2_exits")
COHORT, BY_COHORT = "cohort", "H3_within_cohorts"  # and the model of exits in which the burden differs by it
GROUPS = ("position", "bianzhi", "unit_type", "area")


def main(inputs, window, reference, inference, least, outputs):
    plan, settings = read_yaml(inputs["plan"]), Settings(inference["confidence"], 0, inference["seed"])
    categories, roles = plan["categories"], read_roles(inputs["roles"])
    survey = _with_groups(derive(read_survey(inputs, plan)[0], plan["variables"]["survey_scores"]))
    cells = read_hazard(inputs, plan)[0]
    details = read_hazard({**inputs, "hazard_cells": inputs["hazard_details"]}, plan)[0]
    details = _with_groups(derive(details, plan["variables"]["hazard_details"]))
    specs = [spec_of(plan, name) for name in MODELS]
    tables = {"survey_scores": survey, "hazard_cells": cells}
    steps, fits = journal.stepwise(specs, tables, categories, settings)
    groups = journal.subgroups(
        specs, GROUPS, {**tables, "hazard_cells": details}, categories, settings, least=least
    )
    definitions = read_definitions(inputs["definitions"])
    predicted = [
        predictions.differences_over(specs[0], survey, categories, COHORT, settings, least=least),
        of_rounded_events(
            predictions.hazards_over(spec_of(plan, BY_COHORT), cells, categories, COHORT, settings), least
        ),
    ]
    keys, common = (read_yaml(inputs[name])["scales"] for name in ("scales", "common"))
    usual = [name for name in keys if name in common and not common[name].get("rare")]
    rare = [*(name for name in keys if name not in usual), VISIBLE]
    order = {cohort: place for place, cohort in enumerate(definitions.cohorts)}
    predicted = [
        part.sort_values("group", key=lambda names: names.map(order), kind="stable") for part in predicted
    ]
    indices = [name for name in roles["index"] if name in survey.frame]
    exposures = frames.load(inputs["exposures"])
    months, _ = person_months(frames.load(inputs["spells"]), window, definitions, details=True)
    persons = persons_of(months, frames.load(inputs["units"]), exposures, index=leading(roles))
    tertiles = burden_tertiles(exposures, reference, exposure=leading(roles))
    made = {
        "sample_by_group": sample_by_group(persons, survey.frame, tertiles, [*usual, *rare], least=least),
        "correlation_pairs": journal.correlations(survey.frame, [*usual, *indices], rare),
        "stepwise": steps,
        "stepwise_fit": fits,
        "subgroups": groups,
        "predictions": pd.concat(predicted, ignore_index=True),
    }
    for name, path in outputs.items():
        frames.store(made[name], path)


def _with_groups(table):
    """The table with ``position`` (leader or staff) and ``area`` (hardship or other), where they are known."""
    groups = {
        "position": ("leader", ("staff", "leader")),
        "area": ("hardship", ("other_area", "hardship_area")),
    }
    added = {
        name: table.frame[column].map(dict(enumerate(names)))
        for name, (column, names) in groups.items()
        if column in table.frame
    }
    return replace(table, frame=table.frame.assign(**added))


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        inference=snakemake.params.inference,
        least=snakemake.params.least,
        outputs=dict(snakemake.output.items()),
    )
