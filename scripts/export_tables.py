"""Write the analysis tables for Stata, SPSS and R, with programs there that give the main table again.

1. Join cells, exits, survey scores, unit-months, unit-years and chains with exposures and unit traits.
2. Write every table as .dta and .sav, with labels of variables and values, and a list of all variables.
3. Write a do-file, an SPSS syntax and an R script that fit the columns of the main table of config/plan/tables.yaml
   again and show the figures of the estimates beside their own.

Rows of persons stay restricted: the folder is never released.
"""

from pathlib import Path

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.labels import Labels
from jianfu.models.programs.export import export_tables, words_of
from jianfu.models.spec import specs_of
from jianfu.models.tables.reading import read_tables

TABLE = "main_regression"


def main(inputs, reference, exposure, labels, title, synthetic, templates, folder):
    plan = read_yaml(inputs["plan"])
    tables, _ = read_tables(inputs, plan, reference, exposure)
    declared = {spec.name: spec for spec in specs_of(plan)}
    words = words_of(
        labels,
        plan=plan,
        indicators=pd.read_csv(inputs["indicator_plan"], dtype=str, encoding="utf-8-sig"),
        scales=read_yaml(inputs["scales"])["scales"],
        headings=pd.read_csv(inputs["headings"], dtype=str, encoding="utf-8-sig"),
        units=frames.load(inputs["units"]),
    )
    columns = read_yaml(inputs["layout"])[TABLE]
    export_tables(
        tables,
        [declared[name] for name in columns if name in declared],
        words,
        frames.load(inputs["estimates"]),
        title=title[labels.language] + (f" {labels('synthetic_mark')}" if synthetic else ""),
        templates=Path(templates),
        folder=Path(folder),
    )


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        reference=snakemake.params.reference,
        exposure=snakemake.params.exposure,
        labels=Labels(snakemake.params.language, snakemake.input.labels),
        title=snakemake.params.title,
        synthetic=snakemake.params.synthetic,
        templates=snakemake.params.templates,
        folder=snakemake.output.folder,
    )
