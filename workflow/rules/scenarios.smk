"""What would have been: scenarios of config/plan/scenarios.yaml.

REQUIRED INPUTS: canonical tables, unit_months, indicators, anchors, exposures, hazard_cells and survey_scores.
OUTPUTS: restricted/publish/{scenario_effects,issuer_scorecard,issuer_contributions,relief_monitor,
    evaluation_ranks}.parquet under results/{province}; of the planner release/planner
"""


SCENARIO_INPUTS = {
    **canonical(*MEASURED, "policies"),
    "own": canonical_own,
    "unit_months": "results/{province}/restricted/unit_months.parquet",
    "indicators": indicators_of_indices,
    "anchors": "results/{province}/restricted/anchors.json",
    "exposures": "results/{province}/restricted/exposures.parquet",
    "hazard_cells": "results/{province}/restricted/hazard_cells.parquet",
    "flow_exits": "results/{province}/restricted/flow_exits.csv",
    "survey_scores": "results/{province}/restricted/survey_scores.parquet",
    "flow_survey": "results/{province}/restricted/flow_survey.csv",
    "models": settled("models.yaml"),
    "scenarios": settled("scenarios.yaml"),
    "tiers": settled("tiers.csv"),
    "indicator_plan": rows_of_indices,
    "members": plan("indices.csv"),
    "attribution": plan("attribution.csv"),
}
SCENARIO_SETTINGS = {
    "window": setting("data", "window"),
    "reference": reference,
    "calendar": setting("calendar"),
    "exclude": setting("exclude"),
    "exposure": setting("exposure"),
    "indices": setting("indices"),
    "selected": setting("scenarios"),
    "seed": setting("inference", "seed"),
    "holidays": content(holidays),
}
RELIEF_OUTPUTS = read_outputs(ROOT / "config" / "plan" / "outputs_planner.csv")


rule build_scenarios:
    """Edited rows, the burden made of them with the stored anchors, and what the models project."""
    input:
        **SCENARIO_INPUTS,
    output:
        **published_by("build_scenarios"),
    log:
        "results/{province}/logs/build_scenarios.log",
    benchmark:
        "results/{province}/benchmarks/build_scenarios.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=2000,
    params:
        **SCENARIO_SETTINGS,
        code=code("build_scenarios"),
    script:
        "../../scripts/build_scenarios.py"


rule build_relief_plan:
    """Combinations of scenarios within a budget, and the frontier of what they avoid."""
    input:
        **SCENARIO_INPUTS,
    output:
        relief_plan="results/{province}/restricted/publish/relief_plan.parquet",
    log:
        "results/{province}/logs/build_relief_plan.log",
    benchmark:
        "results/{province}/benchmarks/build_relief_plan.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=2000,
    params:
        **SCENARIO_SETTINGS,
        code=code("build_relief_plan"),
    script:
        "../../scripts/build_relief_plan.py"


use rule release_results as release_relief_plan with:
    input:
        published=expand("results/{{province}}/restricted/publish/{name}.parquet", name=list(RELIEF_OUTPUTS)),
        estimates="results/{province}/restricted/estimates_full.parquet",
        plan=plan("outputs_planner.csv"),
        labels=plan("labels.csv"),
    output:
        tables=expand("results/{{province}}/release/planner/tables/{name}.csv", name=list(RELIEF_OUTPUTS)),
        estimates="results/{province}/release/planner/estimates.csv",
        reasons="results/{province}/release/planner/reasons.csv",
        log="results/{province}/release/planner/disclosure_log.csv",
    log:
        "results/{province}/logs/release_relief_plan.log",
    benchmark:
        "results/{province}/benchmarks/release_relief_plan.tsv"
    params:
        code=code("release_results", rule="release_relief_plan"),
