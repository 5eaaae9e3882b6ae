"""Exposures for the checks beside the primary models.

REQUIRED INPUTS: canonical tables, unit_months, indicators and exposures of the province.
OUTPUTS: check_exposures.parquet under results/{province}/restricted
"""


rule build_check_exposures:
    """Exposures without emergency tasks, after the survey, and the intensity of logging."""
    input:
        **canonical(*MEASURED),
        own=canonical_own,
        unit_months="results/{province}/restricted/unit_months.parquet",
        indicators=indicators_of_indices,
        exposures="results/{province}/restricted/exposures.parquet",
        plan=rows_of_indices,
        members=plan("indices.csv"),
    output:
        exposures="results/{province}/restricted/check_exposures.parquet",
    log:
        "results/{province}/logs/build_check_exposures.log",
    benchmark:
        "results/{province}/benchmarks/build_check_exposures.tsv"
    priority: 1  # fit_models waits for it
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        reference=reference,
        indices=setting("indices"),
        exclude=setting("exclude"),
        exposure=setting("exposure"),
        calendar=setting("calendar"),
        holidays=content(holidays),
        code=code("build_check_exposures"),
    script:
        "../../scripts/build_check_exposures.py"
