"""Fit the models that a province file lists on a ready table and write estimates.csv.

1. Read the table or tables.
2. Fit every model of the list; one that the data do not support, or that did not converge, gives a row without figures
   and the reason in `note`.
3. Withhold figures with too few persons or degrees of freedom behind them, unless the table is declared public or its
   rows are results of other analyses.

Fails when a column that is calculated with holds text.
"""

from jianfu.core import logs
from jianfu.core.labels import Labels
from jianfu.models import own_tables
from jianfu.models.estimators import Settings
from jianfu.release.gate import Limits
from jianfu.release.outputs import write_csv
from jianfu.release.own_tables import released as release_own_tables


def main(settings, inference, disclosure, province, synthetic, labels, estimates):
    rows = own_tables.estimates(
        settings, Settings(inference["confidence"], inference["bootstrap"], inference["seed"]), province
    )
    released = release_own_tables(rows, settings, Limits(**disclosure), labels("withheld_note"))
    if synthetic:
        released["note"] = (labels("synthetic_mark") + "; " + released["note"]).str.strip("; ")
    write_csv(released, estimates)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        settings=snakemake.params.settings,
        inference=snakemake.params.inference,
        disclosure=snakemake.params.disclosure,
        province=snakemake.wildcards.province,
        synthetic=snakemake.params.synthetic,
        labels=Labels(snakemake.params.language, snakemake.input.labels),
        estimates=snakemake.output.estimates,
    )
