"""Build the exposures that only the identification checks use.

1. Evaluate the members of the indices again without the tasks tagged as emergency, and standardise as usual.
2. Standardise the share of automatically recorded tasks in the same way.
3. Give the leads a name under which the survey waves find them; write check_exposures.parquet.

What the province's columns do not allow is left out. Fails when an expression of the indicator table is wrong.
"""

from pathlib import Path

from jianfu.core import frames, logs
from jianfu.core.calendar import calendar_of
from jianfu.core.tables import MEASURED
from jianfu.indicators.plan import read_plan
from jianfu.indices.specification import index_spec, read_members
from jianfu.models.checks.exposures import check_exposures


def main(inputs, window, reference, indices, exclude, exposure, calendar, exposures):
    plan = read_plan(inputs["plan"])
    members = read_members(inputs["members"], plan)
    frames.store(
        check_exposures(
            {table: inputs[table] for table in MEASURED} | {Path(path).stem: path for path in inputs["own"]},
            *(frames.load(inputs[name]) for name in ("unit_months", "indicators", "exposures")),
            plan,
            index_spec(members, reference, settings=indices, exposure=exposure),
            calendar_of(calendar),
            window,
            exclude,
        ),
        exposures,
    )


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        indices=snakemake.params.indices,
        exclude=snakemake.params.exclude,
        exposure=snakemake.params.exposure,
        calendar=snakemake.params.calendar,
        exposures=snakemake.output.exposures,
    )
