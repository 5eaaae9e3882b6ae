"""What scenarios project where the truth is known (`make simulation-study`; not part of a province's run).

REQUIRED INPUTS: config/simulation.yaml and config/plan/intervention_study.yaml.
OUTPUTS: docs/intervention_study.csv; all draws under results/intervention_study. A study that was stopped goes on where it
    stopped.
"""

INTERVENTIONS = read_yaml(common_plan("intervention_study.yaml"))


wildcard_constraints:
    world="|".join(INTERVENTIONS["worlds"]),


rule simulate_interventions:
    """Some provinces of one world with and without each intervention, and what scenarios project for them."""
    input:
        **(STUDY_INPUTS | {"design": common_plan("intervention_study.yaml")}),
        scenarios=common_plan("scenarios.yaml"),
    output:
        draws="results/intervention_study/{world}/{first}.parquet",
    log:
        "results/logs/simulate_interventions_{world}_{first}.log",
    benchmark:
        "results/benchmarks/simulate_interventions_{world}_{first}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        code=code("simulate_interventions", PLAN_ESTIMATORS),
    script:
        "../../scripts/simulate_interventions.py"


rule build_intervention_study:
    """Bias and coverage of projections by world and intervention, with Monte-Carlo errors."""
    input:
        design=common_plan("intervention_study.yaml"),
        draws=[
            f"results/intervention_study/{world}/{first}.parquet"
            for world, draws in INTERVENTIONS["draws"].items()
            for first in range(0, draws, INTERVENTIONS["chunk"])
        ],
    output:
        table="docs/intervention_study.csv",
    log:
        "results/logs/build_intervention_study.log",
    benchmark:
        "results/benchmarks/build_intervention_study.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        code=code("build_intervention_study"),
    script:
        "../../scripts/build_intervention_study.py"
