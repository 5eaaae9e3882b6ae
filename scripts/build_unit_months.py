"""Build the frame of the analysis: one row per unit and month.

1. Find the unit-months in which the task log and the app statistics were kept.
2. Count the persons on the post at the end of the previous month and the statutory days.
3. Write unit_months.parquet, and coverage.csv for the data-quality report.

Fails when the statutory calendar does not cover the window.
"""

import pandas as pd

from jianfu.core import logs
from jianfu.core.calendar import calendar_of
from jianfu.core.spreadsheets import write_csv
from jianfu.indicators.unit_months import build_unit_months, logged_months


def main(units, spells, tasks, app_activity, window, calendar, excluded_months, unit_months, coverage):
    tasks_months, app_months = logged_months(tasks, app_activity, excluded_months)
    frame = build_unit_months(
        pd.read_parquet(units),
        pd.read_parquet(spells, columns=["person_key", "unit_code", "on_post", "spell_start", "spell_end"]),
        tasks_months,
        app_months,
        window,
        calendar_of(calendar),
    )
    frame.to_parquet(unit_months, compression="zstd", index=False)
    columns = ["unit_code", "month", "tasks_logged", "app_logged"]
    write_csv(frame[columns], coverage)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        units=snakemake.input.units,
        spells=snakemake.input.spells,
        tasks=snakemake.input.tasks,
        app_activity=snakemake.input.app_activity,
        window=snakemake.params.window,
        calendar=snakemake.params.calendar,
        excluded_months=snakemake.params.excluded_months,
        unit_months=snakemake.output.unit_months,
        coverage=snakemake.output.coverage,
    )
