"""What each run was made with: settings, versions, raw files, and the code and plan of the rules read before this one.

REQUIRED INPUTS: the raw files of the province.
OUTPUTS: results/{province}/release/manifest.json; results/{province}/provenance/config.yaml, run.json, plan.json and registrations.json;
    results/{province}/plan/deviations.csv and departures.csv
"""


rule record_provenance:
    """Store resolved settings and plan, seed, digests of code, plan and raw files, and how the plan was registered."""
    input:
        simulated=simulated,
        default=project("config", "default.yaml"),
        plan=[common_plan(name) for name in sorted(OVERLAYS)],
    output:
        config="results/{province}/provenance/config.yaml",
        run="results/{province}/provenance/run.json",
        plan="results/{province}/provenance/plan.json",
        registrations="results/{province}/provenance/registrations.json",
        deviations="results/{province}/plan/deviations.csv",
        departures="results/{province}/plan/departures.csv",
    log:
        "results/{province}/logs/record_provenance.log",
    benchmark:
        "results/{province}/benchmarks/record_provenance.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        settings=setting(),
        raw=content(raw_files),
        common=plan_version(PLAN),
        registered=content(registrations),
        project=files_digest(USED, ROOT),
        code=code("record_provenance"),
    script:
        "../../scripts/record_provenance.py"


rule write_manifest:
    """The digests of everything in the release and of what it was made of, once all of it is there."""
    input:
        final=lambda wildcards: released_outputs(wildcards.province),
        run="results/{province}/provenance/run.json",
    output:
        manifest="results/{province}/release/manifest.json",
    log:
        "results/{province}/logs/write_manifest.log",
    benchmark:
        "results/{province}/benchmarks/write_manifest.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        code=code("write_manifest"),
    script:
        "../../scripts/write_manifest.py"
