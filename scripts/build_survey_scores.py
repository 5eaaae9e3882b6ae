"""Build the survey scores: one row per respondent and wave.

1. Place each respondent: unit, cohort, sex and tenure from the roster on the day of the fieldwork.
2. Leave out straight-liners, hasty answers and respondents who cannot be placed; count them by reason.
3. Score the scales by the keys of the plan and the province's coding.
4. Weigh the respondents by the inverse of their probability of responding.
5. Write survey_scores.parquet, flow_survey.csv and the response by group, survey_response.parquet.

A province without a survey gives tables without rows. Fails when a scoring key names no items, or
when spells and survey were read under different keys for pseudonyms.
"""

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.keys import check_one_key
from jianfu.core.spreadsheets import write_csv
from jianfu.exits.definitions import read_definitions
from jianfu.ingest import scale_keys
from jianfu.survey import nonresponse, scoring


def main(survey, spells, units, plan, common, definitions, settings, survey_scores, flow, response):
    check_one_key(spells, survey)
    answers, posts, defined = frames.load(survey), frames.load(spells), read_definitions(definitions)
    own = read_yaml(plan)
    scores, dropped = scoring.survey_scores(
        answers,
        posts,
        scale_keys.chosen(own, settings["keys"], settings["ranges"]),
        defined,
        min_answered=settings["min_answered"],
        drop_straightliners=settings["drop_straightliners"],
        min_seconds=settings["min_seconds"],
        added={*own["scales"]} - {*read_yaml(common)["scales"]},
    )
    scores, by_group = nonresponse.weighted(scores, answers, posts, frames.load(units), defined)
    frames.store(scores, survey_scores)
    by_group.to_parquet(response, compression="zstd", index=False)
    write_csv(dropped, flow)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        survey=snakemake.input.survey,
        spells=snakemake.input.spells,
        units=snakemake.input.units,
        plan=snakemake.input.plan,
        common=snakemake.input.common,
        definitions=snakemake.input.definitions,
        settings=snakemake.params.settings,
        survey_scores=snakemake.output.survey_scores,
        flow=snakemake.output.flow,
        response=snakemake.output.response,
    )
