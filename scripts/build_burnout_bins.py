"""Build the points and the line of burnout against exposure to over-density.

1. Take the rows of the model H1_burnout.
2. Replace exposure and standardised burnout by what controls and effects do not explain, plus their means.
3. Average them in groups by exposure; the slope of the line is the estimate of H1.
4. Write burnout_bins.parquet (no rows for a province without a survey).
"""

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.models import response
from jianfu.models.spec import spec_of
from jianfu.models.tables.reading import read_survey

MODEL = "H1_burnout"
GROUPS = 20


def main(inputs, confidence, bins):
    plan = read_yaml(inputs["plan"])
    spec = spec_of(plan, MODEL)
    table = read_survey(inputs, plan)[0]
    frames.store(response.burnout_bins(spec, table, plan["categories"], GROUPS, confidence), bins)


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        confidence=snakemake.params.confidence,
        bins=snakemake.output.bins,
    )
