"""Quality of the survey: reliability, structure and invariance of the scales, and response by group.

1. Read the respondents that were scored (straight-liners and hasty answers are out) and their items.
2. Alpha, omega, KMO, Bartlett, parallel analysis, ICC and rwg of every scale and subscale.
3. Factor model of every scale; its invariance over cohorts and waves.
4. Write one Parquet file per table; nothing may leave before `release_results` has passed it.

A scale that cannot be judged (few answers, a constant item) gives a row without figures and the reason.
"""

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.ingest import scale_keys
from jianfu.survey import scale_quality


def main(survey_scores, response, plan, survey, inference, outputs):
    answers = frames.load(survey_scores)
    keys = scale_keys.chosen(read_yaml(plan), survey["keys"], survey["ranges"])
    confidence, seed = inference["confidence"], inference["seed"]
    tables = {
        "scale_reliability": scale_quality.scale_reliability(answers, keys, confidence, seed=seed),
        "scale_structure": scale_quality.scale_structure(answers, keys),
        "measurement_invariance": scale_quality.measurement_invariance(answers, keys),
        "survey_response": pd.read_parquet(response),
    }
    for name, path in outputs.items():
        tables[name].to_parquet(path, compression="zstd", index=False)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        survey_scores=snakemake.input.survey_scores,
        response=snakemake.input.response,
        plan=snakemake.input.plan,
        survey=snakemake.params.survey,
        inference=snakemake.params.inference,
        outputs=dict(snakemake.output.items()),
    )
