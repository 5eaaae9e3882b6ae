"""Evaluate the indicator table for some of the counties of a large province, for build_indicators.py to put together.

1. Take the counties that are the share of this job, and of tasks and app use the rows of their units.
2. Evaluate the rows of the plan as build_indicators.py does; write values and coverage into one file.

Fails as build_indicators.py does.
"""

import pandas as pd

from jianfu.core import logs
from jianfu.core.calendar import calendar_of
from jianfu.core.tables import MEASURED
from jianfu.indicators.evaluation import evaluate_counties
from jianfu.indicators.plan import read_rows
from jianfu.indicators.views import Means

if __name__ == "__main__":
    logs.start(snakemake)
    evaluate_counties(
        into=snakemake.output.part,
        number=int(snakemake.wildcards.number),
        jobs=int(snakemake.wildcards.jobs),
        tables={table: snakemake.input[table] for table in MEASURED},
        unit_months=pd.read_parquet(snakemake.input.unit_months),
        plan=read_rows(snakemake.input.plan, snakemake.input.common),
        calendar=calendar_of(snakemake.params.calendar),
        window=snakemake.params.window,
        reference_window=snakemake.params.reference,
        exclude=snakemake.params.exclude,
        means=Means(snakemake.threads),
    )
