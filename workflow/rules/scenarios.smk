"""What would have been: scenarios of config/plan/scenarios.yaml.

REQUIRED INPUTS: canonical tables, unit_months, indicators, anchors, exposures, hazard_cells and survey_scores.
OUTPUTS: restricted/publish/{scenario_effects,issuer_scorecard,issuer_contributions,relief_monitor,
    evaluation_ranks}.parquet under results/{province}
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
    "draws": setting("inference", "scenario_draws"),
    "holidays": content(holidays),
}


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
    priority: 1  # with fit_models the longest step: both begin as soon as they can, beside each other
    conda:
        "../../environment.yml"
    resources:
        mem_mb=of_raw(1.0, 2000, most=7000),  # half of it is for the rows
    params:
        **SCENARIO_SETTINGS,
        code=code("build_scenarios"),
    script:
        "../../scripts/build_scenarios.py"
