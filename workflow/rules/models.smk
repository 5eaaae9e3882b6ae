"""From canonical tables and exposures to estimates and the curves behind the figures.

REQUIRED INPUTS: canonical spells, survey and units; exposures.parquet.
OUTPUTS: hazard_cells, hazard_details, tenure_cells, exits, survey_scores, person_counts, chains, task_years, estimates_full, cumulative_incidence, dose_response, burnout_bins
    (Parquet) and flow.csv under results/{province}/restricted; targets.csv of a simulated province
"""

# What the analysis tables are made of, whether on what happened or on what was to be expected.
MODEL_INPUTS = {
    **canonical("units", "spells", "unit_year", "policies"),
    "unit_months": "results/{province}/restricted/unit_months.parquet",
    "indicators": all_indicators,
    "indices": "results/{province}/restricted/indices.parquet",
    "exposures": "results/{province}/restricted/exposures.parquet",
    "tenure_cells": "results/{province}/restricted/tenure_cells.parquet",
    "exits": "results/{province}/restricted/exits.parquet",
    "flow_exits": "results/{province}/restricted/flow_exits.csv",
    "survey_scores": "results/{province}/restricted/survey_scores.parquet",
    "flow_survey": "results/{province}/restricted/flow_survey.csv",
    "chains": "results/{province}/restricted/chains.parquet",
    "task_years": "results/{province}/restricted/task_years.parquet",
    "plan": settled("models.yaml"),
    "indicator_plan": plan("indicators.csv"),
    "definitions": plan("exits.yaml"),
}


rule build_hazard_cells:
    """Person-months at risk and exits by unit, month and group."""
    input:
        **canonical("spells"),
        definitions=plan("exits.yaml"),
    output:
        hazard_cells="results/{province}/restricted/hazard_cells.parquet",
        hazard_details="results/{province}/restricted/hazard_details.parquet",
        hazard_own="results/{province}/restricted/hazard_own.parquet",
        tenure_cells="results/{province}/restricted/tenure_cells.parquet",
        exits="results/{province}/restricted/exits.parquet",
        person_counts="results/{province}/restricted/person_counts.parquet",
        flow="results/{province}/restricted/flow_exits.csv",
    log:
        "results/{province}/logs/build_hazard_cells.log",
    benchmark:
        "results/{province}/benchmarks/build_hazard_cells.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        code=code("build_hazard_cells"),
    script:
        "../../scripts/build_hazard_cells.py"


rule build_survey_scores:
    """Scale scores of every respondent, with unit, cohort, sex and tenure."""
    input:
        **canonical("survey", "spells", "units"),
        plan=plan("scales.yaml"),
        common=common_plan("scales.yaml"),
        definitions=plan("exits.yaml"),
    output:
        survey_scores="results/{province}/restricted/survey_scores.parquet",
        flow="results/{province}/restricted/flow_survey.csv",
        response="results/{province}/restricted/survey_response.parquet",
    log:
        "results/{province}/logs/build_survey_scores.log",
    benchmark:
        "results/{province}/benchmarks/build_survey_scores.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        settings=setting("survey"),
        code=code("build_survey_scores"),
    script:
        "../../scripts/build_survey_scores.py"


rule build_task_tables:
    """Links of parent and child tasks, and tasks and artefacts by unit and year."""
    input:
        **canonical(*MEASURED),
        unit_months="results/{province}/restricted/unit_months.parquet",
    output:
        chains="results/{province}/restricted/chains.parquet",
        task_years="results/{province}/restricted/task_years.parquet",
    log:
        "results/{province}/logs/build_task_tables.log",
    benchmark:
        "results/{province}/benchmarks/build_task_tables.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        reference=reference,
        calendar=setting("calendar"),
        holidays=content(holidays),
        exclude=setting("exclude"),
        code=code("build_task_tables"),
    script:
        "../../scripts/build_task_tables.py"


rule build_answers:
    """What can be answered before anything is fitted, and which column would unlock most."""
    input:
        **MODEL_INPUTS,
        **canonical("tasks"),
        hazard_cells="results/{province}/restricted/hazard_cells.parquet",
        hazard_details="results/{province}/restricted/hazard_details.parquet",
        hazard_own="results/{province}/restricted/hazard_own.parquet",
        check_exposures="results/{province}/restricted/check_exposures.parquet",
        hypotheses=settled("hypotheses.csv"),
        tiers=settled("tiers.csv"),
        notices=all_notices,
        members=plan("indices.csv"),
        keepers=plan("keepers.csv"),
        headings=plan("headings.csv"),
        labels=plan("labels.csv"),
    output:
        answers="results/{province}/quality/answers.csv",
        text="results/{province}/quality/answers.txt",
    log:
        "results/{province}/logs/build_answers.log",
    benchmark:
        "results/{province}/benchmarks/build_answers.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        reference=reference,
        exposure=setting("exposure"),
        inference=setting("inference"),
        language=setting("language"),
        code=code("build_answers", estimators),
    script:
        "../../scripts/build_answers.py"


rule fit_models:
    """All declared models and the checks beside the primary ones, as one tidy table of estimates."""
    input:
        **MODEL_INPUTS,
        hazard_cells="results/{province}/restricted/hazard_cells.parquet",
        hazard_details="results/{province}/restricted/hazard_details.parquet",
        hazard_own="results/{province}/restricted/hazard_own.parquet",
        check_exposures="results/{province}/restricted/check_exposures.parquet",
        checks=plan("checks.yaml"),
        hypotheses=settled("hypotheses.csv"),
    output:
        estimates="results/{province}/restricted/estimates_full.parquet",
        flow="results/{province}/restricted/flow.csv",
    log:
        "results/{province}/logs/fit_models.log",
    benchmark:
        "results/{province}/benchmarks/fit_models.tsv"
    priority: 1  # with build_scenarios the longest step
    conda:
        "../../environment.yml"
    resources:
        mem_mb=estimation_mb,
    params:
        window=setting("data", "window"),
        reference=reference,
        exposure=setting("exposure"),
        selected=setting("models"),
        inference=setting("inference"),
        code=code("fit_models", estimators),
    script:
        "../../scripts/fit_models.py"


rule build_cumulative_incidence:
    """Cumulative incidence of leaving by cohort and burden tertile."""
    input:
        **canonical("spells"),
        exposures="results/{province}/restricted/exposures.parquet",
        definitions=plan("exits.yaml"),
        roles=settled("index_roles.csv"),
    output:
        curves="results/{province}/restricted/cumulative_incidence.parquet",
    log:
        "results/{province}/logs/build_cumulative_incidence.log",
    benchmark:
        "results/{province}/benchmarks/build_cumulative_incidence.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        reference=reference,
        min_at_risk=setting("disclosure", "min_cell"),
        inference=setting("inference"),
        code=code("build_cumulative_incidence"),
    script:
        "../../scripts/build_cumulative_incidence.py"


rule build_dose_response:
    """Rates of voluntary exit by cohort and group of exposure."""
    input:
        **canonical("spells"),
        exposures="results/{province}/restricted/exposures.parquet",
        definitions=plan("exits.yaml"),
        roles=settled("index_roles.csv"),
    output:
        rates="results/{province}/restricted/dose_response.parquet",
    log:
        "results/{province}/logs/build_dose_response.log",
    benchmark:
        "results/{province}/benchmarks/build_dose_response.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        min_exits=setting("disclosure", "min_cell"),
        confidence=setting("inference", "confidence"),
        code=code("build_dose_response"),
    script:
        "../../scripts/build_dose_response.py"


rule build_burnout_bins:
    """Burnout against exposure, net of controls and effects, with the line of H1."""
    input:
        **canonical("units"),
        survey_scores="results/{province}/restricted/survey_scores.parquet",
        flow_survey="results/{province}/restricted/flow_survey.csv",
        exposures="results/{province}/restricted/exposures.parquet",
        plan=settled("models.yaml"),
    output:
        bins="results/{province}/restricted/burnout_bins.parquet",
    log:
        "results/{province}/logs/build_burnout_bins.log",
    benchmark:
        "results/{province}/benchmarks/build_burnout_bins.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        confidence=setting("inference", "confidence"),
        code=code("build_burnout_bins", estimators),
    script:
        "../../scripts/build_burnout_bins.py"


rule build_targets:
    """What every model would give on the true probabilities of a simulated province."""
    input:
        **MODEL_INPUTS,
        truth="results/{province}/simulated/truth",
    output:
        targets="results/{province}/simulated/targets.csv",
    log:
        "results/{province}/logs/build_targets.log",
    benchmark:
        "results/{province}/benchmarks/build_targets.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=estimation_mb,
    params:
        window=setting("data", "window"),
        reference=reference,
        exposure=setting("exposure"),
        selected=setting("models"),
        inference=setting("inference"),
        code=code("build_targets", estimators),
    script:
        "../../scripts/build_targets.py"
