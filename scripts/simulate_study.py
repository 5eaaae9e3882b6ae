"""Simulate some provinces of one scenario of the study and fit the models through the code that real provinces use.

1. Draw the provinces, one seed each, at the level of the analysis tables.
2. Build indices, exposures, cells and scores, and fit the models of config/plan/simulation_study.yaml.
3. Fit them to true probabilities and conditional means where the study wants targets.
4. Write results/simulation_study/<scenario>/<first draw>.parquet.

Fails when a scenario or a model is not declared.
"""

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.models import engine
from jianfu.study import design, draws


def main(inputs, scenario, first, output):
    engine.LOGGER.setLevel("WARNING")
    study = read_yaml(inputs.pop("design"))
    setup = design.setup(**inputs)
    chunk = next(c for c in design.chunks(study) if (c.scenario, c.first) == (scenario, first))
    frames.store(draws.chunk_draws(setup, study, chunk), output)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        scenario=snakemake.wildcards.scenario,
        first=int(snakemake.wildcards.first),
        output=snakemake.output.draws,
    )
