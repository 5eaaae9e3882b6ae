"""What each run was made with.

REQUIRED INPUTS: the raw files of the province.
OUTPUTS: results/{province}/provenance/config.yaml and run.json
"""

from jianfu.core.provenance import project_digest


rule record_provenance:
    """Store the resolved settings, library versions, seed and digests of the code and the raw files."""
    input:
        raw=raw_files,
    output:
        config="results/{province}/provenance/config.yaml",
        run="results/{province}/provenance/run.json",
    log:
        "results/{province}/logs/record_provenance.log",
    benchmark:
        "results/{province}/benchmarks/record_provenance.tsv"
    conda:
        "../../environment.yml"
    params:
        settings=setting(),
        project=project_digest(workflow.basedir),
        code=code("record_provenance"),
    script:
        "../../scripts/record_provenance.py"
