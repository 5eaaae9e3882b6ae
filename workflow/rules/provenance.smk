"""What each run was made with: settings, versions, raw files, and the code and plan of the rules read before this one.

REQUIRED INPUTS: the raw files of the province.
OUTPUTS: results/{province}/provenance/config.yaml and run.json; results/{province}/plan/deviations.csv
"""


rule record_provenance:
    """Store the resolved settings, library versions, seed and digests of the code and the raw files."""
    input:
        simulated=simulated,
        default=project("config", "default.yaml"),
        plan=[common_plan(name) for name in sorted(OVERLAYS)],
    output:
        config="results/{province}/provenance/config.yaml",
        run="results/{province}/provenance/run.json",
        deviations="results/{province}/plan/deviations.csv",
    log:
        "results/{province}/logs/record_provenance.log",
    benchmark:
        "results/{province}/benchmarks/record_provenance.tsv"
    conda:
        "../../environment.yml"
    params:
        settings=setting(),
        raw=content(raw_files),
        project=files_digest(USED, ROOT),
        code=code("record_provenance"),
    script:
        "../../scripts/record_provenance.py"
