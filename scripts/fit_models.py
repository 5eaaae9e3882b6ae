"""Fit the declared models and write all estimates as tidy rows.

1. Join cells, exits, survey scores, unit-months, unit-years and chains with exposures and unit traits, and add the
   variables that the plan declares.
2. Fit every model of config/plan/models.yaml that the province did not switch off.
3. Adjust the p-values of the tested hypotheses within their families.
4. Make the checks of config/plan/checks.yaml beside every primary model; a primary estimate that does not differ from
   zero says what could have been detected.
5. Write estimates_full.parquet and flow.csv (from what was read to what H1 and H2 used).

A model that the data do not support, or that does not converge, gives rows without figures and the reason in `note`.
Fails when the model of a confirmatory hypothesis does not converge, unless `inference: allow_unconverged` is set.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.spreadsheets import write_csv
from jianfu.exits.definitions import read_definitions
from jianfu.exits.person_months import person_months
from jianfu.models import engine
from jianfu.models.checks import derived as checks
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import specs_of
from jianfu.models.tables.reading import read_tables


def main(inputs, window, reference, exposure, selected, inference, province, estimates, flow):
    plan = read_yaml(inputs["plan"])
    tables, flows = read_tables(inputs, plan, reference, exposure)
    specs = engine.selected(specs_of(plan), selected)
    settings = Settings(inference["confidence"], inference["bootstrap"], inference["seed"])
    rows = engine.fit_models(specs, tables, plan["categories"], settings, province)
    hypotheses = pd.read_csv(inputs["hypotheses"], dtype=str, encoding="utf-8-sig")
    confirmatory = hypotheses.loc[hypotheses["family"] == "confirmatory", "model"]
    engine.check_converged(rows[rows["model"].isin(confirmatory)], inference["allow_unconverged"])
    rows = engine.adjusted(rows, hypotheses)
    declared = read_yaml(inputs["checks"])["checks"]
    beside = checks.beside(declared, specs, rows, tables, plan["categories"], settings, province)
    rows = checks.with_detectable(rows, beside, settings.confidence)
    frames.store(pd.concat([rows, beside], ignore_index=True), estimates)
    months, _ = person_months(frames.load(inputs["spells"]), window, read_definitions(inputs["definitions"]))
    chain = engine.sample_flow(specs, tables, plan["categories"], flows, months)
    write_csv(chain, flow)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        exposure=snakemake.params.exposure,
        selected=snakemake.params.selected,
        inference=snakemake.params.inference,
        province=snakemake.wildcards.province,
        estimates=snakemake.output.estimates,
        flow=snakemake.output.flow,
    )
