"""Store what a run was made with.

1. Write the resolved settings of the province as YAML, and its plan with the version of the common one as JSON.
2. Write the seed and the SHA-256 of the code and of every raw file as JSON.
3. List what departs from the common plan, and from the plan that was registered before.

Fails when a raw file cannot be read, or a registration was changed after it was made.
"""

from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.core import logs
from jianfu.core.files import write_json
from jianfu.core.provenance import record_provenance
from jianfu.province.plan import deviations, plan_content, write_deviations
from jianfu.province.record import departures, plan_record
from jianfu.province.registration import binding, read_registration, summary


def main(settings, province, common, registered, inputs, outputs):
    plan = Path(inputs["plan"][0]).parent
    write_deviations(deviations(plan, settings, read_yaml(inputs["default"])), outputs["deviations"])
    record = plan_record(plan, plan_content(plan, settings["plan"], province), settings)
    write_json({"common": common, **record}, outputs["plan"])
    found = [read_registration(path) for path in registered]
    held = binding(found)
    write_json([summary(one, one is held) for one in found], outputs["registrations"])
    write_deviations(departures(plan, held.record, record) if held else [], outputs["departures"])


if __name__ == "__main__":
    logs.start(snakemake)
    record_provenance(
        province=snakemake.wildcards.province,
        settings=snakemake.params.settings,
        inputs=[*snakemake.params.raw, *snakemake.input.simulated],
        code=snakemake.params.project,
        config_path=snakemake.output.config,
        run_path=snakemake.output.run,
    )
    main(
        settings=snakemake.params.settings,
        province=snakemake.wildcards.province,
        common=snakemake.params.common,
        registered=snakemake.params.registered,
        inputs=dict(snakemake.input.items()),
        outputs=dict(snakemake.output.items()),
    )
