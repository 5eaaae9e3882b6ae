"""Build what the models need of the task log beyond the indicators.

1. Follow every task to its parent task: one row per link with the ln ratio of what both demand.
2. Count tasks and required artefacts by unit and year, with the months in which the log was kept.
3. Write chains.parquet and task_years.parquet; parts of the log that are excluded count nowhere.

A province without parent tasks gives chains without rows. Fails when the calendar does not cover the window.
"""

import pandas as pd

from jianfu.core import frames, logs
from jianfu.core.calendar import calendar_of
from jianfu.core.tables import MEASURED
from jianfu.indicators.task_tables import build_task_tables


def main(tables, unit_months, window, reference, calendar, exclude, chains, task_years):
    links, years = build_task_tables(
        tables,
        pd.read_parquet(unit_months),
        calendar_of(calendar),
        window,
        reference,
        exclude,
    )
    frames.store(links, chains)
    frames.store(years, task_years)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        tables={table: snakemake.input[table] for table in MEASURED},
        unit_months=snakemake.input.unit_months,
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        calendar=snakemake.params.calendar,
        exclude=snakemake.params.exclude,
        chains=snakemake.output.chains,
        task_years=snakemake.output.task_years,
    )
