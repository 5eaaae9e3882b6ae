"""Quality of the survey's reflective scales, before disclosure control.

REQUIRED INPUTS: survey_scores and survey_response (models.smk).
OUTPUTS: scale_reliability, scale_structure, measurement_invariance and survey_response (Parquet) under
    results/{province}/restricted/publish
"""


rule build_scale_quality:
    """Reliability, factor structure and invariance of the survey scales, and response by group."""
    input:
        survey_scores="results/{province}/restricted/survey_scores.parquet",
        response="results/{province}/restricted/survey_response.parquet",
        plan=plan("scales.yaml"),
    output:
        **published_by("build_scale_quality"),
    log:
        "results/{province}/logs/build_scale_quality.log",
    benchmark:
        "results/{province}/benchmarks/build_scale_quality.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        survey=setting("survey"),
        inference=setting("inference"),
        code=code("build_scale_quality"),
    script:
        "../../scripts/build_scale_quality.py"
