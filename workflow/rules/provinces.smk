"""Several provinces: what leaves one for the others (`make exchange`), and what all of them say together (`make provinces`).

REQUIRED INPUTS: a finished release of every province; packages of provinces elsewhere (`--config packages=FOLDER`).
OUTPUTS: release/exchange under results/{province}; results/provinces
"""

EXCHANGE_OUTPUTS = read_outputs(ROOT / "config" / "plan" / "outputs_exchange.csv")
PACKAGE = "results/{province}/release/exchange/{province}.zip"
COUNTY_TABLE = "results/{province}/release/exchange/tables/county_estimates.csv"
POOLED_TABLES = [
    *(
        "estimates",
        "pooled",
        "shrunken",
        "leave_one_out",
        "nested",
        "counties",
        "deviating",
        "matrix",
        "levels",
        "plans",
        "provinces",
    ),
]
FIRST = next(iter(SETTINGS))  # the province whose language and level of confidence hold for all together


rule build_exchange:
    """Common tier, covariances and counties of a province, before the gate."""
    input:
        **dict(rules.fit_models.input.items()),
        estimates="results/{province}/restricted/estimates_full.parquet",
        normalised="results/{province}/restricted/steps/normalised.parquet",
        anchors="results/{province}/restricted/anchors.json",
        pooling=common_plan("pooling.yaml"),
    output:
        **{name: f"results/{{province}}/restricted/publish/{name}.parquet" for name in EXCHANGE_OUTPUTS},
    log:
        "results/{province}/logs/build_exchange.log",
    benchmark:
        "results/{province}/benchmarks/build_exchange.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        reference=reference,
        exposure=setting("exposure"),
        inference=setting("inference"),
        code=code("build_exchange", estimators),
    script:
        "../../scripts/build_exchange.py"


use rule release_results as release_exchange with:
    input:
        checked=CHECKED,
        published=expand(
            "results/{{province}}/restricted/publish/{name}.parquet", name=list(EXCHANGE_OUTPUTS)
        ),
        estimates="results/{province}/restricted/estimates_full.parquet",
        plan=common_plan("outputs_exchange.csv"),
        labels=plan("labels.csv"),
    output:
        tables=expand("results/{{province}}/release/exchange/tables/{name}.csv", name=list(EXCHANGE_OUTPUTS)),
        # the package has those of the release; a gate of its own does not know what that released before
        estimates=temp("results/{province}/release/exchange/estimates.csv"),
        reasons=temp("results/{province}/release/exchange/reasons.csv"),
        log="results/{province}/release/exchange/disclosure_log.csv",
    log:
        "results/{province}/logs/release_exchange.log",
    benchmark:
        "results/{province}/benchmarks/release_exchange.tsv"
    params:
        earlier=content(earlier_vintage("release_exchange")),
        code=code("release_results", rule="release_exchange"),


rule write_exchange:
    """The exchange package: released results of the province as a whole, sealed."""
    input:
        estimates="results/{province}/release/estimates.csv",
        reasons="results/{province}/release/reasons.csv",
        manifest=MANIFEST,
        common_tier="results/{province}/release/exchange/tables/common_tier.csv",
        covariances="results/{province}/release/exchange/tables/covariances.csv",
        anchors="results/{province}/restricted/anchors.json",
        record="results/{province}/provenance/plan.json",
        models=settled("models.yaml"),
        hypotheses=settled("hypotheses.csv"),
        pooling=common_plan("pooling.yaml"),
        labels=plan("labels.csv"),
        template=project("workflow", "report", "exchange.txt.jinja"),
    output:
        PACKAGE,
    log:
        "results/{province}/logs/write_exchange.log",
    benchmark:
        "results/{province}/benchmarks/write_exchange.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        settings=setting(),
        codes=code_of_estimates,
        code=code("write_exchange"),
    script:
        "../../scripts/write_exchange.py"


rule pool_provinces:
    """What several provinces say together, from their exchange packages."""
    input:
        packages=[PACKAGE.format(province=province) for province in released_provinces()],
        counties=[COUNTY_TABLE.format(province=province) for province in released_provinces()],
        default=project("config", "default.yaml"),
        plan=[common_plan(name) for name in sorted({*OVERLAYS, "pooling.yaml", "tiers.csv", "overlays.yaml"})],
    output:
        **{name: f"results/provinces/{name}.csv" for name in POOLED_TABLES},
    log:
        "results/provinces/logs/pool_provinces.log",
    benchmark:
        "results/provinces/benchmarks/pool_provinces.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        further=content(further_packages),
        plan=folder_of("plan"),
        confidence=SETTINGS[FIRST]["inference"]["confidence"],
        levels={name: SETTINGS[name]["inference"]["confidence"] for name in released_provinces()},
        language=SETTINGS[FIRST]["language"],
        code=code("pool_provinces"),
    script:
        "../../scripts/pool_provinces.py"


rule render_provinces:
    """The forest, the levels of the common tier, and the national brief."""
    input:
        tables=expand("results/provinces/{name}.csv", name=POOLED_TABLES),
        labels=common_plan("labels.csv"),
        templates=[
            project("workflow", "report", name)
            for name in [
                "nation.zh.md.jinja",
                "nation.en.md.jinja",
                "report.lua",
                "report.typ",
                "report.html",
                "report.css",
            ]
        ],
    output:
        **{
            f"{name}_{kind}": f"results/provinces/{name}.{kind}"
            for name in ("forest", "levels")
            for kind in ("png", "pdf", "svg")
        },
        **{f"brief_{kind}": f"results/provinces/brief.{kind}" for kind in ("docx", "pdf", "html")},
    log:
        "results/provinces/logs/render_provinces.log",
    benchmark:
        "results/provinces/benchmarks/render_provinces.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=SETTINGS[FIRST]["language"],
        templates=folder_of("templates"),
        code=code("render_provinces"),
    script:
        "../../scripts/render_provinces.py"
