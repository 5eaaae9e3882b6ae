"""Evaluate the indicator table config/plan/indicators.csv on the canonical tables.

1. Switch off the indicators whose columns a province does not have, with a notice.
2. Evaluate all the others, one scan per source, unless other jobs have done so by county (build_county_indicators.py);
   those that a province adds are evaluated apart from the common ones.
3. Write indicators.parquet, indicator_notices.csv and the first steps: values before and after division.

Fails when an expression of the table cannot be evaluated or the calendar does not cover the window.
"""

from pathlib import Path

import pandas as pd

from jianfu.core import logs
from jianfu.core.calendar import calendar_of
from jianfu.core.spreadsheets import write_csv
from jianfu.core.tables import MEASURED
from jianfu.indicators.evaluation import evaluate
from jianfu.indicators.plan import read_rows
from jianfu.indicators.views import Means


def main(
    tables,
    unit_months,
    plan,
    common,
    window,
    reference,
    calendar,
    exclude,
    means,
    own,
    parts,
    indicators,
    raw,
    denominated,
    notices,
):
    """``common``: path of the common plan; own: whether the rows that it does not have are wanted, or those it has;
    parts: files of build_county_indicators.py, or none."""
    found = evaluate(
        tables,
        pd.read_parquet(unit_months),
        read_rows(plan, common, own),
        calendar_of(calendar),
        window,
        reference,
        exclude,
        means,
        parts,
    )
    for remark in found.notices.itertuples():
        logs.LOGGER.info("%s: %s %s %s", remark.indicator, remark.outcome, remark.column, remark.n or "")
    found.long().to_parquet(indicators, compression="zstd", index=False)
    for step, path in (("raw", raw), ("denominated", denominated)):
        found.step(step).to_parquet(
            path, compression="zstd", index=False, use_dictionary=["unit_code", "month"]
        )
    write_csv(found.notices, notices)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        tables={table: snakemake.input[table] for table in MEASURED}
        | {Path(path).stem: path for path in snakemake.input.get("own", ())},
        unit_months=snakemake.input.unit_months,
        plan=snakemake.input.plan,
        common=snakemake.input.common,
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        calendar=snakemake.params.calendar,
        exclude=snakemake.params.exclude,
        means=Means(snakemake.threads),
        own=snakemake.rule == "build_own_indicators",
        parts=snakemake.input.get("parts", ()),
        indicators=snakemake.output.indicators,
        raw=snakemake.output.raw,
        denominated=snakemake.output.denominated,
        notices=snakemake.output.notices,
    )
