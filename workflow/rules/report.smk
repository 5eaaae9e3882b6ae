"""From released files to tables and report.

REQUIRED INPUTS: estimates.csv, reasons.csv, disclosure_log.csv, tables/*.csv and figures/*.{png,csv} under
    results/{province}/release (all past the gate); provenance/config.yaml and run.json
OUTPUTS: tables/*.xlsx and the tables of results as CSV; brief, report and appendix as .docx, .pdf and .html; slides.pptx;
    tables/brief_numbers.csv, where each number of the brief comes from; index.html, the page to explore
"""

EXPLORED = [  # what the page to explore shows
    *(f"figures/{name}.csv" for name in ("index_over_time", "issue_clock", "county_indices", "county_ranks")),
    "figures/members_over_time.csv",
    *(
        f"figures/{name}.csv"
        for name in ("dose_response", "cumulative_incidence", "burnout_by_overload", "forest_all")
    ),
    *(f"tables/{name}.csv" for name in ("issuer_scorecard", "issuer_contributions", "scenario_effects")),
    "estimates.csv",
]
DOCUMENTS = ["brief", "report", "appendix"]
REPORT_FILES = [
    *(f"{name}.{language}.md.jinja" for name in [*DOCUMENTS, "words"] for language in ("zh", "en")),
    *(f"slides.{language}.jinja" for language in ("zh", "en")),
    "report.lua",
    "report.typ",
    "report.html",
    "report.css",
]

TABLES_FROM = {
    "estimates": "results/{province}/release/estimates.csv",
    "reasons": "results/{province}/release/reasons.csv",
    "released": expand("results/{{province}}/release/tables/{name}.csv", name=published(area="tables")),
    "hypotheses": settled("hypotheses.csv"),
    "models": settled("models.yaml"),
    "tables": plan("tables.yaml"),
    "outputs": plan("outputs.csv"),
    "labels": plan("labels.csv"),
}


rule tabulate_results:
    """Three-line tables of results and of what the gate released, as CSV and Excel."""
    input:
        **TABLES_FROM,
    output:
        csv=expand("results/{{province}}/release/tables/{name}.csv", name=RESULT_TABLES),
        xlsx=report(
            expand(
                "results/{{province}}/release/tables/{name}.xlsx",
                name=[*RESULT_TABLES, *published(area="tables")],
            ),
            caption="../report/tabulate_results.rst",
            category="Tables",
        ),
    log:
        "results/{province}/logs/tabulate_results.log",
    benchmark:
        "results/{province}/benchmarks/tabulate_results.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        release=folder_of("estimates"),
        language=setting("language"),
        confidence=setting("inference", "confidence"),
        synthetic=setting("province", "synthetic"),
        title="",
        code=code("tabulate_results"),
    script:
        "../../scripts/tabulate_results.py"


rule render_report:
    """Brief, report and appendix as Word, PDF and HTML, and slides, from one set of released results."""
    input:
        estimates="results/{province}/release/estimates.csv",
        reasons="results/{province}/release/reasons.csv",
        disclosure_log="results/{province}/release/disclosure_log.csv",
        released=expand("results/{{province}}/release/tables/{name}.csv", name=published(area="tables")),
        figures=expand(
            "results/{{province}}/release/figures/{name}.png", name=[*DRAWN["tables"], *DRAWN["estimates"]]
        ),
        data=expand(
            "results/{{province}}/release/figures/{name}.csv",
            name=[*published(area="figures"), *DRAWN["estimates"]],
        ),
        config="results/{province}/provenance/config.yaml",
        run="results/{province}/provenance/run.json",
        deviations="results/{province}/plan/deviations.csv",
        departures="results/{province}/plan/departures.csv",
        registrations="results/{province}/provenance/registrations.json",
        resolved="results/{province}/provenance/plan.json",
        hypotheses=settled("hypotheses.csv"),
        models=settled("models.yaml"),
        tables=plan("tables.yaml"),
        outputs=plan("outputs.csv"),
        indices=plan("indices.csv"),
        exits=plan("exits.yaml"),
        index_roles=settled("index_roles.csv"),
        tiers=settled("tiers.csv"),
        labels=plan("labels.csv"),
        references=plan("references.csv"),
        templates=[project("workflow", "report", file) for file in REPORT_FILES],
        own_template=own_template,
    output:
        docx=expand("results/{{province}}/release/{name}.docx", name=DOCUMENTS),
        pdf=report(
            expand("results/{{province}}/release/{name}.pdf", name=DOCUMENTS),
            caption="../report/render_report.rst",
            category="Report",
        ),
        html=expand("results/{{province}}/release/{name}.html", name=DOCUMENTS),
        slides="results/{province}/release/slides.pptx",
        numbers="results/{province}/release/tables/brief_numbers.csv",
    log:
        "results/{province}/logs/render_report.log",
    benchmark:
        "results/{province}/benchmarks/render_report.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        release=folder_of("estimates"),
        report=folder_of("templates"),
        earlier=content(earlier_results),
        language=setting("language"),
        code=code("render_report"),
    script:
        "../../scripts/render_report.py"


rule explore_results:
    """One offline page with the released numbers, filters and charts."""
    input:
        files=expand("results/{{province}}/release/{file}", file=EXPLORED),
        hypotheses=settled("hypotheses.csv"),
        models=settled("models.yaml"),
        indicators=plan("indicators.csv"),
        roles=settled("index_roles.csv"),
        exits=plan("exits.yaml"),
        labels=plan("labels.csv"),
        templates=[project("workflow", "report", f"explore.{kind}") for kind in ("html.jinja", "css", "js")],
    output:
        page="results/{province}/release/index.html",
    log:
        "results/{province}/logs/explore_results.log",
    benchmark:
        "results/{province}/benchmarks/explore_results.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        release=release_folder,
        names=setting("province", "name"),
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        templates=folder_of("templates"),
        code=code("explore_results"),
    script:
        "../../scripts/explore_results.py"
