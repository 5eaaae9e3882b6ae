"""The raw exports of an invented province.

REQUIRED INPUTS: the parameter file that the province file names under `simulate`.
OUTPUTS: results/{province}/simulated/raw and results/{province}/simulated/truth
"""


rule simulate_province:
    """Raw exports with known truth; the truth is kept apart and no other rule of a province reads it."""
    input:
        parameters=simulation_parameters,
        pattern=project("config", "simulation.yaml"),
    output:
        raw=directory("results/{province}/simulated/raw"),
        truth=directory("results/{province}/simulated/truth"),
    log:
        "results/{province}/logs/simulate_province.log",
    benchmark:
        "results/{province}/benchmarks/simulate_province.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=simulated_mb,
        disk_mb=of_raw(1.1),
    params:
        seed=setting("simulate", "seed"),
        code=code("simulate_province"),
    script:
        "../../scripts/simulate_province.py"
