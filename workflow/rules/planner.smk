"""The planner of relief (`make planner`): scenarios and their combinations within a budget.

REQUIRED INPUTS: those of build_scenarios; the estimates of the province.
OUTPUTS: restricted/publish/relief_plan.parquet and release/planner under results/{province}, in it tables/relief_plan.xlsx
"""

RELIEF_OUTPUTS = read_outputs(ROOT / "config" / "plan" / "outputs_planner.csv")


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
        mem_mb=of_raw(1.0, 2000, most=7000),  # half of it is for the rows
    params:
        **SCENARIO_SETTINGS,
        measures=setting("planner", "measures"),
        fewer=setting("planner", "fewer"),
        code=code("build_relief_plan"),
    script:
        "../../scripts/build_relief_plan.py"


use rule release_results as release_relief_plan with:
    input:
        checked=CHECKED,
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
        earlier=content(earlier_vintage("release_relief_plan")),
        code=code("release_results", rule="release_relief_plan"),


rule tabulate_projections:
    """The combinations as a table in words."""
    input:
        projections="results/{province}/release/planner/tables/relief_plan.csv",
        estimates="results/{province}/release/planner/estimates.csv",
        reasons="results/{province}/release/planner/reasons.csv",
        hypotheses=settled("hypotheses.csv"),
        labels=plan("labels.csv"),
    output:
        xlsx="results/{province}/release/planner/tables/relief_plan.xlsx",
    log:
        "results/{province}/logs/tabulate_projections.log",
    benchmark:
        "results/{province}/benchmarks/tabulate_projections.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        language=setting("language"),
        confidence=setting("inference", "confidence"),
        synthetic=setting("province", "synthetic"),
        code=code("tabulate_projections"),
    script:
        "../../scripts/tabulate_projections.py"
