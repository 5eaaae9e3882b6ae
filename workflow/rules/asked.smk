"""Some scenarios beside what is published (`make scenarios SCENARIOS=S1,S4`): the release and its report stay as they are.

REQUIRED INPUTS: those of build_scenarios; the estimates of the province.
OUTPUTS (asked: ids with commas): restricted/asked/{asked} and, past the gate, scenarios/{asked} under results/{province}, in it tables/scenarios.xlsx
"""

ASKED_TABLES = ["scenario_effects", "evaluation_ranks"]


rule ask_scenarios:
    """What the models project of the scenarios that the command names."""
    input:
        **SCENARIO_INPUTS,
    output:
        **{name: f"results/{{province}}/restricted/asked/{{asked}}/{name}.parquet" for name in ASKED_TABLES},
    log:
        "results/{province}/logs/ask_scenarios_{asked}.log",
    benchmark:
        "results/{province}/benchmarks/ask_scenarios_{asked}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=of_raw(1.0, 2000, most=7000),  # half of it is for the rows
    params:
        **SCENARIO_SETTINGS | {"selected": lambda wildcards: wildcards.asked.split(",")},
        code=code("ask_scenarios"),
    script:
        "../../scripts/ask_scenarios.py"


use rule release_results as release_asked_scenarios with:
    input:
        checked=CHECKED,
        published=expand("results/{{province}}/restricted/asked/{{asked}}/{name}.parquet", name=ASKED_TABLES),
        estimates="results/{province}/restricted/estimates_full.parquet",
        plan=plan("outputs.csv"),
        labels=plan("labels.csv"),
    output:
        tables=expand(
            "results/{province}/scenarios/{asked}/tables/{name}.csv", name=ASKED_TABLES, allow_missing=True
        ),
        estimates="results/{province}/scenarios/{asked}/estimates.csv",
        reasons="results/{province}/scenarios/{asked}/reasons.csv",
        log="results/{province}/scenarios/{asked}/disclosure_log.csv",
    log:
        "results/{province}/logs/release_asked_scenarios_{asked}.log",
    benchmark:
        "results/{province}/benchmarks/release_asked_scenarios_{asked}.tsv"
    params:
        earlier=content(earlier_vintage("release_results")),
        code=code("release_results", rule="release_asked_scenarios"),


use rule tabulate_projections as tabulate_asked_scenarios with:
    input:
        projections="results/{province}/scenarios/{asked}/tables/scenario_effects.csv",
        estimates="results/{province}/scenarios/{asked}/estimates.csv",
        reasons="results/{province}/scenarios/{asked}/reasons.csv",
        hypotheses=settled("hypotheses.csv"),
        labels=plan("labels.csv"),
    output:
        xlsx="results/{province}/scenarios/{asked}/tables/scenarios.xlsx",
    log:
        "results/{province}/logs/tabulate_asked_scenarios_{asked}.log",
    benchmark:
        "results/{province}/benchmarks/tabulate_asked_scenarios_{asked}.tsv"
    params:
        code=code("tabulate_projections", rule="tabulate_asked_scenarios"),
