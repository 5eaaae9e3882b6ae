"""Simulate provinces with known truth and compare every interval with its target.

1. Draw the simulated province once per seed, at the level of the analysis tables.
2. Build indices, exposures, cells and scores, and fit the models, through the code that real provinces use.
3. Fit the same models to true probabilities and conditional means: the targets.
4. Write docs/coverage.csv: bias, spread, mean standard error and coverage of every term of interest.

Fails when the coverage of an exposure lies outside the 99 % binomial range, or the models without unit effects cover
their target in half of the draws or more.
"""

from jianfu import coverage, logs
from jianfu.errors import DataError


def main(inputs, seeds, processes, table):
    setup = coverage.setup(**inputs)
    draws = coverage.many_draws(setup, range(seeds[0], seeds[1] + 1), processes, logs.progress)
    result = coverage.summarise(draws, setup.settings["inference"]["confidence"])
    rounded = result.round(dict.fromkeys(result.select_dtypes("number"), 4))
    rounded.to_csv(table, index=False, encoding="utf-8-sig")
    wrong = coverage.failures(result)
    if len(wrong):
        terms = ", ".join(f"{row.model} {row.term} ({row.coverage:.2f})" for row in wrong.itertuples())
        raise DataError(f"{table}: the coverage is not as it should be for {terms}.")


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        inputs=dict(snakemake.input.items()),
        seeds=snakemake.params.seeds,
        processes=snakemake.threads,
        table=snakemake.output.coverage,
    )
