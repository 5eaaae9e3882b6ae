"""What each run was made with.

REQUIRED INPUTS: the raw files of the province.
OUTPUTS: results/{province}/provenance/config.yaml and run.json
"""


rule record_provenance:
    """Store the resolved settings, library versions, seed and digests of the raw files."""
    input:
        raw=raw_files,
    output:
        config="results/{province}/provenance/config.yaml",
        run="results/{province}/provenance/run.json",
    log:
        "results/{province}/logs/record_provenance.log",
    benchmark:
        "results/{province}/benchmarks/record_provenance.tsv"
    params:
        settings=setting(),
        code=code("record_provenance"),
    conda:
        "../../environment.yml"
    script:
        "../../scripts/record_provenance.py"
