"""Simulate the raw exports of an invented province, and keep the truth apart from them.

1. Draw units, monthly counts, careers and survey answers from the parameters.
2. Write raw exports in the shapes that real offices produce, with duplicates and unusable rows added.
3. Write the truth: parameters, unobserved pressure, exact exit probabilities, conditional means, clean indicators.

Fails when the parameter file cannot be read or differs from config/simulation.yaml in its keys.
"""

from jianfu.core import logs
from jianfu.simulate.draw import draw
from jianfu.simulate.parameters import read_parameters
from jianfu.simulate.write import write_raw, write_truth


def main(parameters, pattern, seed, raw, truth, processes):
    parameters = read_parameters(parameters, pattern=pattern)
    logs.progress("simulating", seed=seed)
    drawn = draw(parameters, seed)
    write_raw(drawn, raw, parameters, processes=processes)
    write_truth(drawn, truth, parameters)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        parameters=snakemake.input.parameters,
        pattern=snakemake.input.pattern,
        seed=snakemake.params.seed,
        raw=snakemake.output.raw,
        truth=snakemake.output.truth,
        processes=snakemake.threads,
    )
