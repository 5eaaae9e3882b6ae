"""The plan as it is applied in a province.

REQUIRED INPUTS: indices.parquet and unit_months.parquet; the models, hypotheses and specifications of config/plan.
OUTPUTS: own/<file> for every file of config/plan that the province overlays; tiers.csv, models.yaml, hypotheses.csv,
    index_roles.csv, specifications.yaml, uncertainty.yaml and scenarios.yaml under results/{province}/plan
"""


rule overlay_plan:
    """A file of the plan with what the province changes of it."""
    input:
        plan=lambda wildcards: common_plan(wildcards.file),
        tables=common_plan("overlays.yaml"),
    output:
        plan="results/{province}/plan/own/{file}",
    log:
        "results/{province}/logs/overlay_plan_{file}.log",
    benchmark:
        "results/{province}/benchmarks/overlay_plan_{file}.tsv"
    wildcard_constraints:
        file="|".join(map(re.escape, OVERLAYS)),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        overlay=lambda wildcards: overlaid_files(PLAN, SETTINGS[wildcards.province]["plan"])[wildcards.file],
        code=code("overlay_plan"),
    script:
        "../../scripts/overlay_plan.py"


rule settle_tiers:
    """Which tier of measurement the province stands on, and what names its exposures beside the models."""
    input:
        **canonical("tasks"),
        indices="results/{province}/restricted/indices.parquet",
        unit_months="results/{province}/restricted/unit_months.parquet",
        indicators=indicators_of_indices,
        indicator_plan=rows_of_indices,
        members=plan("indices.csv"),
        index_roles=plan("index_roles.csv"),
        tiers=plan("tiers.csv"),
        specifications=plan("specifications.yaml"),
        uncertainty=plan("uncertainty.yaml"),
        scenarios=plan("scenarios.yaml"),
    output:
        index_roles=settled("index_roles.csv"),
        specifications=settled("specifications.yaml"),
        uncertainty=settled("uncertainty.yaml"),
        scenarios=settled("scenarios.yaml"),
        tiers=settled("tiers.csv"),
    log:
        "results/{province}/logs/settle_tiers.log",
    benchmark:
        "results/{province}/benchmarks/settle_tiers.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        code=code("settle_tiers"),
    script:
        "../../scripts/settle_tiers.py"


rule settle_plan:
    """The models and hypotheses with the exposures of that tier."""
    input:
        tiers=settled("tiers.csv"),
        members=plan("indices.csv"),
        models=plan("models.yaml"),
        hypotheses=plan("hypotheses.csv"),
        definitions=plan("exits.yaml"),
    output:
        models=settled("models.yaml"),
        hypotheses=settled("hypotheses.csv"),
    log:
        "results/{province}/logs/settle_plan.log",
    benchmark:
        "results/{province}/benchmarks/settle_plan.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        min_cell=setting("disclosure", "min_cell"),
        code=code("settle_plan"),
    script:
        "../../scripts/settle_plan.py"
