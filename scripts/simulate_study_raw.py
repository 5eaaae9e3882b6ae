"""Take some provinces of the simulation study through raw exports.

1. Draw the province and write its raw exports to a temporary folder.
2. Ingest them, and build unit-months and indicators.
3. Fit the models of the study and write results/simulation_study/raw/<first draw>.parquet.

Fails where ingestion fails.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.models import engine
from jianfu.study import design, raw


def main(inputs, first, n, root, output):
    engine.LOGGER.setLevel("WARNING")
    study = read_yaml(inputs.pop("design"))
    inputs.pop("schema")
    setup = design.setup(**inputs)
    numbers = range(first, min(first + n, study["raw"]["draws"]))
    frames.store(pd.concat([raw.raw_draw(setup, study, k, root) for k in numbers], ignore_index=True), output)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        first=int(snakemake.wildcards.first),
        n=snakemake.params.n,
        root=snakemake.params.root,
        output=snakemake.output.draws,
    )
