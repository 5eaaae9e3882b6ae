"""Build the rates of voluntary exit by cohort and group of exposure.

1. Turn spells into person-months at risk and join the exposure to the leading index of the month.
2. Divide the person-months into groups of equal size by exposure: five, three where one of five would hold fewer exits
   of the 90后, or of the others, than may be published, two where one of three would.
3. Write dose_response.parquet: exits per 1,000 person-months with cluster-robust intervals, and totals by cohort.
"""

from jianfu.core import frames, logs
from jianfu.exits.definitions import read_definitions
from jianfu.exits.person_months import person_months
from jianfu.indices.roles import leading, read_roles
from jianfu.models import response


def main(spells, exposures, definitions, roles, window, min_exits, confidence, rates):
    defined = read_definitions(definitions)
    months, _ = person_months(frames.load(spells), window, defined)
    found = response.dose_response(
        months,
        frames.load(exposures),
        exposure=leading(read_roles(roles)),
        focus=defined.focus,
        min_exits=min_exits,
        confidence=confidence,
    )
    frames.store(found, rates)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        spells=snakemake.input.spells,
        definitions=snakemake.input.definitions,
        roles=snakemake.input.roles,
        exposures=snakemake.input.exposures,
        window=snakemake.params.window,
        min_exits=snakemake.params.min_exits,
        confidence=snakemake.params.confidence,
        rates=snakemake.output.rates,
    )
