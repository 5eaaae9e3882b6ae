"""Stop the run where too many rows of a sheet were rejected.

1. Compare the rejected share of every sheet with the limit.
2. Note that all sheets passed.

Fails when a sheet exceeds data.max_reject_share; the quality report and the quarantine are already written.
"""

from jianfu.core import logs
from jianfu.ingest.quality import pass_rejects

if __name__ == "__main__":
    logs.start(snakemake)
    pass_rejects(
        counts_path=snakemake.input.counts,
        limit=snakemake.params.limit,
        quarantine_folder=snakemake.params.quarantine,
        report=snakemake.params.report,
        checked_path=snakemake.output.checked,
    )
