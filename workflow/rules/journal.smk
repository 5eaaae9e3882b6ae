"""What the tables of a journal show beside the main models, before disclosure control.

REQUIRED INPUTS: canonical spells and units; survey_scores, hazard_cells, hazard_details (models.smk); exposures.parquet.
OUTPUTS: sample_by_group, correlation_pairs, stepwise, stepwise_fit and subgroups (Parquet) under
    results/{province}/restricted/publish
"""


rule build_journal_tables:
    """Sample by group, correlations, main models step by step with their fit, and their slopes by group."""
    input:
        **canonical("spells", "units"),
        survey_scores="results/{province}/restricted/survey_scores.parquet",
        flow_survey="results/{province}/restricted/flow_survey.csv",
        hazard_cells="results/{province}/restricted/hazard_cells.parquet",
        hazard_details="results/{province}/restricted/hazard_details.parquet",
        flow_exits="results/{province}/restricted/flow_exits.csv",
        exposures="results/{province}/restricted/exposures.parquet",
        plan=settled("models.yaml"),
        definitions=plan("exits.yaml"),
        roles=settled("index_roles.csv"),
        scales=plan("scales.yaml"),
        common=common_plan("scales.yaml"),
    output:
        **published_by("build_journal_tables"),
    log:
        "results/{province}/logs/build_journal_tables.log",
    benchmark:
        "results/{province}/benchmarks/build_journal_tables.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=estimation_mb,
    params:
        window=setting("data", "window"),
        reference=reference,
        inference=setting("inference"),
        least=setting("disclosure", "min_cell"),
        code=code("build_journal_tables", estimators),
    script:
        "../../scripts/build_journal_tables.py"
