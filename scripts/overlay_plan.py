"""Write a file of the plan as a province has it.

1. Change, add and switch off the rows that the province file names under `plan:`.
2. Write the file in the form of the common one.

Fails when a row is switched off that is not there, or a new one lacks what it needs.
"""

from pathlib import Path

from jianfu.config.overlay import write_plan_file
from jianfu.core import logs
from jianfu.province.plan import plan_content

if __name__ == "__main__":
    logs.start(snakemake)
    common = Path(snakemake.input.plan)
    content = plan_content(common.parent, snakemake.params.overlay, snakemake.wildcards.province)
    write_plan_file(content(common.name), snakemake.output.plan)
