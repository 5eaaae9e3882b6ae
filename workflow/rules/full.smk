"""What only a full run makes: the specification curve, and the uncertainty of the index inside the estimates.

REQUIRED INPUTS: indicators, unit_months, exposures, hazard cells, survey scores and estimates of the province.
OUTPUTS: results/{province}/release/full: estimates.csv, tables/specification_*.csv, figures/specification_curve.*,
    index.html, the page to explore with the specification curve in it
"""

FULL_OUTPUTS = read_outputs(ROOT / "config" / "plan" / "outputs_full.csv")
FULL_INPUTS = {
    "hazard_cells": "results/{province}/restricted/hazard_cells.parquet",
    "flow_exits": "results/{province}/restricted/flow_exits.csv",
    "exposures": "results/{province}/restricted/exposures.parquet",
    **canonical("units"),
    "indicators": indicators_of_indices,
    "unit_months": "results/{province}/restricted/unit_months.parquet",
    "models": settled("models.yaml"),
    "indicator_plan": rows_of_indices,
    "index_plan": plan("indices.csv"),
}


rule build_specification_curve:
    """The primary association under every declared combination of choices, with its joint test."""
    input:
        **FULL_INPUTS,
        specifications=settled("specifications.yaml"),
    output:
        specifications="results/{province}/restricted/specifications.parquet",
        specification_curve="results/{province}/restricted/publish/specification_curve.parquet",
        specification_summary="results/{province}/restricted/publish/specification_summary.parquet",
    log:
        "results/{province}/logs/build_specification_curve.log",
    benchmark:
        "results/{province}/benchmarks/build_specification_curve.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=2000,
    params:
        reference=reference,
        indices=setting("indices"),
        exposure=setting("exposure"),
        inference=setting("inference"),
        code=code("build_specification_curve"),
    script:
        "../../scripts/build_specification_curve.py"


rule build_coefficient_shares:
    """The primary coefficient under every way to build its index, and the exact shares of its variance."""
    input:
        **FULL_INPUTS,
        specifications=settled("specifications.yaml"),
    output:
        coefficient_multiverse="results/{province}/restricted/publish/coefficient_multiverse.parquet",
        coefficient_shares="results/{province}/restricted/publish/coefficient_shares.parquet",
    log:
        "results/{province}/logs/build_coefficient_shares.log",
    benchmark:
        "results/{province}/benchmarks/build_coefficient_shares.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
    params:
        reference=reference,
        indices=setting("indices"),
        exposure=setting("exposure"),
        sensitivity=setting("sensitivity"),
        code=code("build_coefficient_shares"),
    script:
        "../../scripts/build_coefficient_shares.py"


rule build_uncertainty:
    """The primary estimates with the uncertainty of the index inside."""
    input:
        **FULL_INPUTS,
        **canonical("tasks"),
        survey_scores="results/{province}/restricted/survey_scores.parquet",
        flow_survey="results/{province}/restricted/flow_survey.csv",
        estimates="results/{province}/restricted/estimates_full.parquet",
        uncertainty=settled("uncertainty.yaml"),
        title_errors=plan("title_errors.csv"),
    output:
        uncertainty="results/{province}/restricted/uncertainty.parquet",
    log:
        "results/{province}/logs/build_uncertainty.log",
    benchmark:
        "results/{province}/benchmarks/build_uncertainty.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=2000,
    params:
        reference=reference,
        indices=setting("indices"),
        exposure=setting("exposure"),
        inference=setting("inference"),
        code=code("build_uncertainty", estimators),
    script:
        "../../scripts/build_uncertainty.py"


rule build_romano_wolf:
    """Romano-Wolf p-values of the declared hypotheses, by a joint cluster score bootstrap."""
    input:
        **dict(rules.fit_models.input.items()),
        estimates="results/{province}/restricted/estimates_full.parquet",
    output:
        romano_wolf="results/{province}/restricted/publish/romano_wolf.parquet",
    log:
        "results/{province}/logs/build_romano_wolf.log",
    benchmark:
        "results/{province}/benchmarks/build_romano_wolf.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        reference=reference,
        exposure=setting("exposure"),
        inference=setting("inference"),
        code=code("build_romano_wolf", estimators),
    script:
        "../../scripts/build_romano_wolf.py"


use rule release_results as release_full_results with:
    input:
        checked=CHECKED,
        published=expand("results/{{province}}/restricted/publish/{name}.parquet", name=list(FULL_OUTPUTS)),
        estimates="results/{province}/restricted/uncertainty.parquet",
        plan=plan("outputs_full.csv"),
        labels=plan("labels.csv"),
    output:
        tables=expand("results/{{province}}/release/full/tables/{name}.csv", name=list(FULL_OUTPUTS)),
        estimates="results/{province}/release/full/estimates.csv",
        reasons="results/{province}/release/full/reasons.csv",
        log="results/{province}/release/full/disclosure_log.csv",
    log:
        "results/{province}/logs/release_full_results.log",
    benchmark:
        "results/{province}/benchmarks/release_full_results.tsv"
    params:
        earlier=content(earlier_vintage("release_full_results")),
        code=code("release_results", rule="release_full_results"),


use rule explore_results as explore_full_results with:
    input:
        files=expand(
            "results/{{province}}/release/{file}", file=[*EXPLORED, "full/tables/specification_curve.csv"]
        ),
        hypotheses=settled("hypotheses.csv"),
        models=settled("models.yaml"),
        indicators=plan("indicators.csv"),
        labels=plan("labels.csv"),
        templates=rules.explore_results.input.templates,
    output:
        page="results/{province}/release/full/index.html",
    log:
        "results/{province}/logs/explore_full_results.log",
    benchmark:
        "results/{province}/benchmarks/explore_full_results.tsv"
    params:
        code=code("explore_results", rule="explore_full_results"),
