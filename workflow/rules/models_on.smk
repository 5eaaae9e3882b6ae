"""Models on a ready analysis table of the user, by the engine of the declared hypotheses.

REQUIRED INPUTS: the file or files named under `models_on: data:` in the province file
OUTPUTS: results/{province}/release/estimates.csv and reasons.csv
"""


ruleorder: run_models_on > release_results


rule run_models_on:
    """Estimates of the models that the province file lists on its own table."""
    input:
        labels=plan("labels.csv"),
        reasons=plan("reasons.csv"),
    output:
        estimates="results/{province}/release/estimates.csv",
        reasons="results/{province}/release/reasons.csv",
    log:
        "results/{province}/logs/run_models_on.log",
    benchmark:
        "results/{province}/benchmarks/run_models_on.tsv"
    wildcard_constraints:
        province="|".join(name for name in SETTINGS if SETTINGS[name]["models_on"]) or "(?!)",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
    params:
        settings=setting("models_on"),
        tables=content(own_tables),
        inference=setting("inference"),
        disclosure=setting("disclosure"),
        synthetic=setting("province", "synthetic"),
        language=setting("language"),
        code=own_models_code,
    script:
        "../../scripts/run_models_on.py"
