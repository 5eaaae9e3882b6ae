"""Compute every publishable table from restricted data.

1. Burden: indices over time, counties by month, weekday and hour of issue, policy dates.
2. Outcomes: exits by exposure, cumulative incidence, burnout by exposure, sample flow.
3. Tables: descriptives, data quality, list of indicators.
4. Write one Parquet file per table; nothing may leave before `release_results` has passed it.

Nothing is suppressed here. Fails when the calendar does not cover the window.
"""

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.release.publications import build_all
from jianfu.survey.scoring import score_names

if __name__ == "__main__":
    logs.start(snakemake)
    build_all(
        inputs=dict(snakemake.input.items()),
        outputs=dict(snakemake.output.items()),
        scores_described=score_names(read_yaml(snakemake.input.scales)["scales"]),
        window=snakemake.params.window,
        calendar=snakemake.params.calendar,
        exclude=snakemake.params.exclude,
        language=snakemake.params.language,
    )
