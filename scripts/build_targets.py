"""Build the targets of a simulated province: what every model would give on the true probabilities.

1. Put the true probabilities of leaving, conditional means of scores and expected yearly outcomes beside the data.
2. Fit every declared model to expected counts and means instead of what happened.
3. Write targets.csv: one row per model and term, beside the truth and apart from everything the analysis reads.

Fails when a person-month at risk has no true probability: the truth is then that of another draw.
"""

from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.spreadsheets import write_csv
from jianfu.exits.definitions import read_definitions
from jianfu.exits.person_months import person_months
from jianfu.indicators.plan import read_plan
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import specs_of
from jianfu.models.tables.reading import assemble, read_frames
from jianfu.study import targets

TRUTH = ("person_months", "survey_truth", "unit_month_truth", "unit_year_truth")


def main(inputs, window, reference, exposure, selected, inference, table):
    plan = read_yaml(inputs["plan"])
    found, flows = read_frames(inputs)
    truth = {name: frames.load(Path(inputs["truth"], f"{name}.parquet")) for name in TRUTH}
    months, flows["hazard_cells"] = person_months(
        found["spells"], window, read_definitions(inputs["definitions"]), details=True
    )
    expected = targets.expected_frames(found, months, truth)
    tables = assemble(expected, flows, plan, read_plan(inputs["indicator_plan"]), reference, exposure)
    settings = Settings(inference["confidence"], bootstrap=0)
    specs = engine.selected(specs_of(plan), selected)
    rows = targets.targets(specs, tables, plan["variables"], plan["categories"], settings)
    write_csv(rows, table)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        exposure=snakemake.params.exposure,
        selected=snakemake.params.selected,
        inference=snakemake.params.inference,
        table=snakemake.output.targets,
    )
