"""Build the hazard cells: person-months at risk and exits by unit, month and group.

1. Turn spells into person-months at risk: on the post at the end of the month before.
2. Collapse them to unit x month x cohort x sex x tenure band x lock x aged 50 and more, and to finer cells with role
   and time since the end of the minimum service, and to those with the roster's own columns.
3. Write hazard_cells.parquet, hazard_details.parquet, hazard_own.parquet, tenure_cells.parquet (by month of tenure),
   exits.parquet (one row per voluntary exit), person_counts.parquet (by cohort and unit) and flow_exits.csv (what was
   dropped and why).

Fails when the spells lack a column that the risk set needs.
"""

from jianfu.core import frames, logs
from jianfu.core.spreadsheets import write_csv
from jianfu.exits import cells
from jianfu.exits.definitions import read_definitions
from jianfu.exits.person_months import person_months


def main(
    spells,
    definitions,
    window,
    hazard_cells,
    hazard_details,
    hazard_own,
    tenure_cells,
    exits,
    person_counts,
    flow,
):
    months, dropped = person_months(frames.load(spells), window, read_definitions(definitions), details=True)
    frames.store(cells.hazard_cells(months), hazard_cells)
    frames.store(cells.hazard_cells(months, keys=cells.DETAILS), hazard_details)
    frames.store(cells.own_cells(months), hazard_own)
    frames.store(cells.tenure_cells(months), tenure_cells)
    frames.store(cells.exits(months), exits)
    frames.store(cells.person_counts(months), person_counts)
    write_csv(dropped, flow)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        spells=snakemake.input.spells,
        definitions=snakemake.input.definitions,
        window=snakemake.params.window,
        hazard_cells=snakemake.output.hazard_cells,
        hazard_details=snakemake.output.hazard_details,
        hazard_own=snakemake.output.hazard_own,
        tenure_cells=snakemake.output.tenure_cells,
        exits=snakemake.output.exits,
        person_counts=snakemake.output.person_counts,
        flow=snakemake.output.flow,
    )
