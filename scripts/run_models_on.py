"""Fit the models that a province file lists on a ready table and write estimates.csv and reasons.csv.

1. Read the table or tables; merge levels with few persons or events, unless the table is declared public.
2. Fit every model of the list; one that the data do not support, or that did not converge, gives a row without figures
   and says why in `note`.
3. Withhold figures with too few persons or degrees of freedom behind them and round counts of persons, unless the table
   is declared public or its rows are results of other analyses.

Fails when a column that is calculated with holds text.
"""

from pathlib import Path

from jianfu.core import logs
from jianfu.core.content import unchanged
from jianfu.core.labels import Labels
from jianfu.models import own_tables
from jianfu.models.estimators.common import Settings
from jianfu.release.estimates import write_estimates
from jianfu.release.outputs import Limits
from jianfu.release.own_tables import released


def main(settings, inference, disclosure, province, synthetic, labels, folder):
    limits = Limits(**disclosure)
    inference = Settings(inference["confidence"], inference["bootstrap"], inference["seed"])
    rows = own_tables.estimates(settings, inference, province, least=limits.min_cell)
    mark = labels("synthetic_mark") if synthetic else ""
    write_estimates(released(rows, settings, limits), folder, labels, mark)


if __name__ == "__main__":
    logs.start(snakemake)
    with unchanged(snakemake.params.tables):
        main(
            settings=snakemake.params.settings,
            inference=snakemake.params.inference,
            disclosure=snakemake.params.disclosure,
            province=snakemake.wildcards.province,
            synthetic=snakemake.params.synthetic,
            labels=Labels(snakemake.params.language, snakemake.input.labels),
            folder=Path(snakemake.output.estimates).parent,
        )
