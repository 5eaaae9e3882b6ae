"""The simulation study (`make simulation-study`; not part of a province's run).

REQUIRED INPUTS: config/simulation.yaml and config/plan/simulation_study.yaml.
OUTPUTS: docs/simulation_study.csv, .png and .svg; docs/simulation_study_raw.csv; the estimates of all draws under
    results/simulation_study. A study that was stopped goes on where it stopped.
"""

STUDY = read_yaml(common_plan("simulation_study.yaml"))
STUDY_INPUTS = {
    "design": common_plan("simulation_study.yaml"),
    "parameters": project("config", "simulation.yaml"),
    "defaults": project("config", "default.yaml"),
    "models": common_plan("models.yaml"),
    "checks": common_plan("checks.yaml"),
    "hypotheses": common_plan("hypotheses.csv"),
    "indicators": common_plan("indicators.csv"),
    "members": common_plan("indices.csv"),
    "tiers": common_plan("tiers.csv"),
    "scales": common_plan("scales.yaml"),
    "definitions": common_plan("exits.yaml"),
}
RAW_AT_ONCE = 5  # draws through raw files per job


wildcard_constraints:
    scenario="|".join(scenario["name"] for scenario in STUDY["scenarios"]),
    first=r"\d+",


rule simulate_study:
    """Estimates of some draws of one scenario."""
    input:
        **STUDY_INPUTS,
    output:
        draws="results/simulation_study/{scenario}/{first}.parquet",
    log:
        "results/logs/simulate_study_{scenario}_{first}.log",
    benchmark:
        "results/benchmarks/simulate_study_{scenario}_{first}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        code=code("simulate_study", PLAN_ESTIMATORS),
    script:
        "../../scripts/simulate_study.py"


rule simulate_study_raw:
    """Estimates of some draws through raw exports: written, ingested and analysed."""
    input:
        **STUDY_INPUTS,
        schema=project("workflow", "schemas", "canonical.yaml"),
    output:
        draws="results/simulation_study/raw/{first}.parquet",
    log:
        "results/logs/simulate_study_raw_{first}.log",
    benchmark:
        "results/benchmarks/simulate_study_raw_{first}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
    params:
        root=lambda wildcards, input: str(Path(input.schema).parents[2]),
        n=RAW_AT_ONCE,
        code=code("simulate_study_raw", PLAN_ESTIMATORS),
    script:
        "../../scripts/simulate_study_raw.py"


rule build_simulation_study:
    """Bias, coverage, size and power of all scenarios, with Monte-Carlo errors."""
    input:
        design=common_plan("simulation_study.yaml"),
        draws=[
            f"results/simulation_study/{scenario['name']}/{first}.parquet"
            for scenario in STUDY["scenarios"]
            for first in range(0, scenario["draws"], STUDY["chunk"])
        ],
        raw=[
            f"results/simulation_study/raw/{first}.parquet"
            for first in range(0, STUDY["raw"]["draws"], RAW_AT_ONCE)
        ],
    output:
        table="docs/simulation_study.csv",
        raw="docs/simulation_study_raw.csv",
    log:
        "results/logs/build_simulation_study.log",
    benchmark:
        "results/benchmarks/build_simulation_study.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        confidence=read_yaml(str(ROOT / "config" / "default.yaml"))["inference"]["confidence"],
        code=code("build_simulation_study"),
    script:
        "../../scripts/build_simulation_study.py"


rule plot_simulation_study:
    """Size, coverage, bias and bells by scenario, with their Monte-Carlo intervals and the limits."""
    input:
        table="docs/simulation_study.csv",
        design=common_plan("simulation_study.yaml"),
    output:
        png="docs/simulation_study.png",
        svg="docs/simulation_study.svg",
    log:
        "results/logs/plot_simulation_study.log",
    benchmark:
        "results/benchmarks/plot_simulation_study.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        code=code("plot_simulation_study"),
    script:
        "../../scripts/plot_simulation_study.py"
