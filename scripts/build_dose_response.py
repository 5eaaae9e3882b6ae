"""Build the rates of voluntary exit by cohort and group of exposure.

1. Turn spells into person-months at risk and join the exposure to over-density of the month.
2. Divide the person-months into groups of equal size by exposure: five, three where one of five would hold fewer exits
   of the 90后, or of the others, than may be published, two where one of three would.
3. Write dose_response.parquet: exits per 1,000 person-months with cluster-robust intervals, and totals by cohort.
"""

from jianfu.core import frames, logs
from jianfu.exits import cells
from jianfu.models import response


def main(spells, exposures, window, min_exits, confidence, rates):
    months, _ = cells.person_months(frames.load(spells), window)
    frames.store(response.dose_response(months, frames.load(exposures), min_exits, confidence), rates)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        spells=snakemake.input.spells,
        exposures=snakemake.input.exposures,
        window=snakemake.params.window,
        min_exits=snakemake.params.min_exits,
        confidence=snakemake.params.confidence,
        rates=snakemake.output.rates,
    )
