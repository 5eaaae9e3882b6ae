"""What may leave: publishable tables, and the disclosure gate between restricted/ and release/.

REQUIRED INPUTS: unit_months, indicators, indices, hazard and survey results (models.smk), quality/*.csv.
OUTPUTS: restricted/publish/*.parquet; release/figures/*.csv, release/tables/*.csv, release/estimates.csv,
    release/reasons.csv and release/disclosure_log.csv under results/{province}
"""


rule build_publication:
    """Every publishable table, before disclosure control."""
    input:
        **canonical("units", "tasks", "spells", "policies", "app_activity"),
        unit_months="results/{province}/restricted/unit_months.parquet",
        indicators=all_indicators,
        indices="results/{province}/restricted/indices.parquet",
        person_counts="results/{province}/restricted/person_counts.parquet",
        exposures="results/{province}/restricted/exposures.parquet",
        chains="results/{province}/restricted/chains.parquet",
        scores="results/{province}/restricted/survey_scores.parquet",
        rates="results/{province}/restricted/dose_response.parquet",
        curves="results/{province}/restricted/cumulative_incidence.parquet",
        bins="results/{province}/restricted/burnout_bins.parquet",
        flow="results/{province}/restricted/flow.csv",
        row_counts="results/{province}/quality/row_counts.csv",
        headings="results/{province}/quality/columns.csv",
        absences="results/{province}/quality/notices.csv",
        notices=all_notices,
        unanchored="results/{province}/quality/index_notices.csv",
        indicator_plan=plan("indicators.csv"),
        index_plan=plan("indices.csv"),
        roles=settled("index_roles.csv"),
        scales=plan("scales.yaml"),
        labels=plan("labels.csv"),
        definitions=plan("exits.yaml"),
    output:
        **published_by("build_publication"),
    log:
        "results/{province}/logs/build_publication.log",
    benchmark:
        "results/{province}/benchmarks/build_publication.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        calendar=setting("calendar"),
        holidays=content(holidays),
        exclude=setting("exclude"),
        language=setting("language"),
        code=code("build_publication"),
    script:
        "../../scripts/build_publication.py"


rule release_results:
    """The disclosure gate: the only way from restricted/ to release/."""
    input:
        checked=CHECKED,
        published=expand("results/{{province}}/restricted/publish/{name}.parquet", name=published()),
        estimates="results/{province}/restricted/estimates_full.parquet",
        plan=plan("outputs.csv"),
        labels=plan("labels.csv"),
        reasons=plan("reasons.csv"),
    output:
        figures=expand("results/{{province}}/release/figures/{name}.csv", name=published(area="figures")),
        tables=expand("results/{{province}}/release/tables/{name}.csv", name=published(area="tables")),
        estimates="results/{province}/release/estimates.csv",
        reasons="results/{province}/release/reasons.csv",
        log="results/{province}/release/disclosure_log.csv",
    log:
        "results/{province}/logs/release_results.log",
    benchmark:
        "results/{province}/benchmarks/release_results.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        settings=setting("disclosure"),
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        earlier=content(earlier_vintage("release_results")),
        code=code("release_results"),
    script:
        "../../scripts/release_results.py"
