"""Adjust the tests of the declared hypotheses by a joint cluster score bootstrap (Romano and Wolf).

1. Take the efficient scores of every tested term by unit.
2. Multiply them by the same random weights in all tests of a family, and step down.
3. Write romano_wolf.parquet for the gate; a model without an estimate has no test.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.models.spec import specs_of
from jianfu.models.tables.reading import read_tables
from jianfu.robustness import joint_tests

REPLICATES = 9999


def main(inputs, reference, exposure, inference, output):
    estimates = frames.load(inputs.pop("estimates"))
    plan = read_yaml(inputs["plan"])
    hypotheses = pd.read_csv(inputs["hypotheses"], dtype=str, encoding="utf-8-sig")
    tables, _ = read_tables(inputs, plan, reference, exposure)
    table = joint_tests.romano_wolf_table(
        specs_of(plan), tables, plan["categories"], hypotheses, estimates, REPLICATES, inference["seed"]
    )
    scores = ["p_score", "p_romano_wolf"]
    table[scores] = table[scores].mask(table["p_value"].isna())
    frames.store(table, output)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        reference=snakemake.params.reference,
        exposure=snakemake.params.exposure,
        inference=snakemake.params.inference,
        output=snakemake.output.romano_wolf,
    )
