"""Build the rates of voluntary exit by cohort and group of exposure.

1. Turn spells into person-months at risk and join the exposure to over-density of the month.
2. Divide the person-months into five groups of equal size by exposure.
3. Write dose_response.parquet: exits per 1,000 person-months with cluster-robust intervals.
"""

from jianfu import cells, frames, logs, response

GROUPS = 5


def main(spells, exposures, window, confidence, rates):
    months, _ = cells.person_months(frames.load(spells), window)
    frames.store(response.dose_response(months, frames.load(exposures), GROUPS, confidence), rates)


if __name__ == "__main__":
    logs.start(snakemake.log[0])
    main(
        spells=snakemake.input.spells,
        exposures=snakemake.input.exposures,
        window=snakemake.params.window,
        confidence=snakemake.params.confidence,
        rates=snakemake.output.rates,
    )
