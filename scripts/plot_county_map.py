"""Draw the figure county_map: burden of the counties and its change, on the boundaries that the province names."""

from jianfu.core import logs
from jianfu.core.content import unchanged
from jianfu.report.figures import county_map, run
from jianfu.report.figures.boundaries import read_boundaries

if __name__ == "__main__":
    logs.start(snakemake)
    settings = dict(snakemake.params.items())
    own = settings.pop("map")
    with unchanged(settings.pop("boundaries")):
        boundaries = read_boundaries(own["file"], own["code"], own["approval"])
    run.plot(
        county_map.draw,
        tables=[snakemake.input.cells, snakemake.input.roles, boundaries],
        labels=snakemake.input.labels,
        settings=settings,
        paths=snakemake.output[:3],
    )
