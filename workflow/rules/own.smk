"""One figure or table once more, in the look that the province file gives it (setting ``own``; make figure, make table).

REQUIRED INPUTS: those of the figure or table (figures.smk, report.smk).
OUTPUTS: own/<name>.{png,pdf,svg}, own/<name>.{csv,xlsx,docx} under results/{province}
"""

for kind, drawn in {"tables": DRAWN_FROM_TABLES, "estimates": DRAWN_FROM_ESTIMATES}.items():

    rule:
        """Draw one figure once more, in the province's own look."""
        name:
            f"draw_own_from_{kind}"
        input:
            unpack(lambda wildcards, drawn=drawn: of_province(drawn[wildcards.name], wildcards)),
            **({} if kind == "tables" else FROM_ESTIMATES),
            labels=plan("labels.csv"),
        output:
            **{
                ending: f"results/{{province}}/own/{{name}}.{ending}"
                for ending in ("png", "pdf", "svg", *(["csv"] if kind == "estimates" else []))
            },
        log:
            "results/{province}/logs/own_{name}.log",
        benchmark:
            "results/{province}/benchmarks/own_{name}.tsv"
        wildcard_constraints:
            name="|".join(drawn),
        conda:
            "../../environment.yml"
        resources:
            mem_mb=1000,
        params:
            **MAP,
            language=own("language", "language"),
            synthetic=setting("province", "synthetic"),
            dpi=own("dpi", "figures", "dpi"),
            look=own_look,
            code=lambda wildcards, kind=kind: code(f"plot_{wildcards.name}", rule=f"draw_own_from_{kind}")(
                wildcards
            ),
            confidence=setting("inference", "confidence"),
        script:
            "../../scripts/plot_{wildcards.name}.py"


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
        code=code("tabulate_results", rule="tabulate_own"),
