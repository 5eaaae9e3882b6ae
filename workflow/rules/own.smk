"""One figure or table once more, in the look that the province file gives it (setting ``own``; make figure, make table).

REQUIRED INPUTS: those of the figure or table (figures.smk, report.smk).
OUTPUTS: own/<name>.{png,pdf,svg}, own/<name>.{csv,xlsx,docx} under results/{province}
"""

for kind, drawn in DRAWN.items():
    for figure, files in drawn.items():

        rule:
            """Draw one figure once more, in the province's own look."""
            name:
                f"draw_own_{figure}"
            input:
                **{figure: of_province(files)},
                reasons=f"{RELEASED}/reasons.csv",
                labels=plan("labels.csv"),
            output:
                **{figure: [f"results/{{province}}/own/{figure}.{ending}" for ending in endings(kind)]},
            log:
                f"results/{{province}}/logs/own_{figure}.log",
            benchmark:
                f"results/{{province}}/benchmarks/own_{figure}.tsv"
            conda:
                "../../environment.yml"
            resources:
                mem_mb=1000,
            params:
                **FIGURE_SETTINGS.get(kind, {}),
                language=own("language", "language", name=figure),
                synthetic=setting("province", "synthetic"),
                dpi=own("dpi", "figures", "dpi", name=figure),
                look=own_look(figure),
                code=code("plot_figures", rule=f"draw_own_{figure}"),
            script:
                "../../scripts/plot_figures.py"


use rule tabulate_results as tabulate_own with:
    input:
        **TABLES_FROM,
        filter=project("workflow", "report", "report.lua"),
        own_template=own_template,
    output:
        csv=["results/{province}/own/{name}.csv"],
        xlsx=["results/{province}/own/{name}.xlsx"],
        docx="results/{province}/own/{name}.docx",
    log:
        "results/{province}/logs/own_{name}.log",
    benchmark:
        "results/{province}/benchmarks/own_{name}.tsv"
    wildcard_constraints:
        name="|".join([*RESULT_TABLES, *published(area="tables")]),
    params:
        language=own("language", "language"),
        title=lambda wildcards: SETTINGS[wildcards.province]["own"].get(wildcards.name, {}).get("title", ""),
        journal=lambda wildcards: SETTINGS[wildcards.province]["own"].get(wildcards.name, {}).get("journal"),
        code=code("tabulate_results", rule="tabulate_own"),
