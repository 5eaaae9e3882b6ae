"""Build the cumulative incidence of leaving by cohort and burden tertile.

1. Turn spells into person-months at risk with the tenure at the post.
2. Put the units into tertiles by their mean exposure to the leading index in the reference window.
3. Aalen-Johansen with delayed entry and competing exits, intervals from a bootstrap of units.
4. Write cumulative_incidence.parquet (no rows where too few persons are at risk).
"""

from jianfu.core import frames, logs
from jianfu.exits import incidence
from jianfu.exits.definitions import read_definitions
from jianfu.exits.person_months import person_months
from jianfu.indices.roles import leading, read_roles


def main(spells, exposures, definitions, roles, window, reference, min_at_risk, inference, curves):
    months, _ = person_months(frames.load(spells), window, read_definitions(definitions))
    result = incidence.cumulative_incidence(
        months,
        frames.load(exposures),
        reference,
        exposure=leading(read_roles(roles)),
        min_at_risk=min_at_risk,
        replicates=inference["bootstrap"],
        seed=inference["seed"],
        confidence=inference["confidence"],
    )
    frames.store(result, curves)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        spells=snakemake.input.spells,
        definitions=snakemake.input.definitions,
        roles=snakemake.input.roles,
        exposures=snakemake.input.exposures,
        window=snakemake.params.window,
        reference=snakemake.params.reference,
        min_at_risk=snakemake.params.min_at_risk,
        inference=snakemake.params.inference,
        curves=snakemake.output.curves,
    )
