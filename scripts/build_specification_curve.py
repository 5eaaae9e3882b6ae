"""Fit the primary association under every combination of choices that config/plan/specifications.yaml declares.

1. Make the index in every declared way, and its exposures with every lag.
2. Fit every link, set of controls, sample and level of clustering; failures stay as rows with their reason.
3. Test median and shares jointly by exchanging whole exposure series between units.
4. Write specifications.parquet, and specification_curve.parquet and specification_summary.parquet for the gate.

Fails when the varied model or a column of a sample is absent.
"""

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.indicators.plan import read_plan
from jianfu.models.tables.reading import read_hazard
from jianfu.robustness.curve import province


def main(inputs, settings, processes, full, curve, summary):
    plan, models = read_yaml(inputs["specifications"]), read_yaml(inputs["models"])
    table, _ = read_hazard(inputs, models)
    cube, spec = province.read_index(inputs, read_plan(inputs["indicator_plan"]), settings, plan["term"])
    inference = settings["inference"]
    rows, overall = province.curve(
        table, cube, spec, plan, models, inference["confidence"], inference["seed"], processes
    )
    frames.store(rows, full)
    frames.store(rows[province.PUBLISHED], curve)
    frames.store(overall, summary)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        settings=dict(snakemake.params.items()),
        processes=snakemake.threads,
        full=snakemake.output.specifications,
        curve=snakemake.output.specification_curve,
        summary=snakemake.output.specification_summary,
    )
