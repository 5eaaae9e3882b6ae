"""Build the cumulative incidence of leaving by cohort and burden tertile.

1. Turn spells into person-months at risk with the tenure at the post.
2. Put the units into tertiles by their mean exposure to over-density in the reference window.
3. Aalen-Johansen with delayed entry and competing exits, intervals from a bootstrap of units.
4. Write cumulative_incidence.parquet (no rows where too few persons are at risk).
"""

from jianfu.core import frames, logs
from jianfu.exits import cells, incidence
from jianfu.indices.construction import reference_window


def main(spells, exposures, window, reference, min_at_risk, inference, curves):
    months, _ = cells.person_months(frames.load(spells), window)
    result = incidence.cumulative_incidence(
        months,
        frames.load(exposures),
        reference_window(window, reference["reference_months"], reference["reference_window"]),
        min_at_risk,
        inference["bootstrap"],
        inference["seed"],
        inference["confidence"],
    )
    frames.store(result, curves)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        spells=snakemake.input.spells,
        exposures=snakemake.input.exposures,
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        min_at_risk=snakemake.params.min_at_risk,
        inference=snakemake.params.inference,
        curves=snakemake.output.curves,
    )
