"""Build the survey scores: one row per respondent and wave.

1. Place each respondent: unit, cohort, sex and tenure from the roster on the day of the fieldwork.
2. Leave out straight-liners, hasty answers and respondents who cannot be placed; count them by reason.
3. Score the scales by the keys of the plan and the province's coding.
4. Write survey_scores.parquet and flow_survey.csv.

A province without a survey gives tables without rows. Fails when a scoring key names no items.
"""

from jianfu import frames, logs, scales
from jianfu.config import read_yaml


def main(survey, spells, plan, settings, survey_scores, flow):
    keys = scales.with_ranges(read_yaml(plan)["scales"], settings["ranges"])
    scores, dropped = scales.survey_scores(
        frames.load(survey),
        frames.load(spells),
        keys,
        settings["min_answered"],
        settings["drop_straightliners"],
        settings["min_seconds"],
    )
    frames.store(scores, survey_scores)
    dropped.to_csv(flow, index=False, encoding="utf-8-sig")


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        survey=snakemake.input.survey,
        spells=snakemake.input.spells,
        plan=snakemake.input.plan,
        settings=snakemake.params.settings,
        survey_scores=snakemake.output.survey_scores,
        flow=snakemake.output.flow,
    )
