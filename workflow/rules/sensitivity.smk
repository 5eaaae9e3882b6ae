"""What the burden indices depend on.

REQUIRED INPUTS: indicators, unit_months and units under results/{province}/restricted; quality/index_notices.csv.
OUTPUTS: restricted/publish/{index_diagnostics,index_multiverse,index_shares,county_ranks,index_interval}.parquet and
    restricted/rank_bands.parquet under results/{province}
"""


rule build_index_sensitivity:
    """Diagnostics, multiverse, rank bands and bootstrap of the burden indices."""
    input:
        **canonical("units"),
        indicators="results/{province}/restricted/indicators.parquet",
        unit_months="results/{province}/restricted/unit_months.parquet",
        unanchored="results/{province}/quality/index_notices.csv",
        plan=plan("indicators.csv"),
        members=plan("indices.csv"),
    output:
        **published_by("build_index_sensitivity"),
        rank_bands="results/{province}/restricted/rank_bands.parquet",
    log:
        "results/{province}/logs/build_index_sensitivity.log",
    benchmark:
        "results/{province}/benchmarks/build_index_sensitivity.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        indices=setting("indices"),
        weights=setting("weights"),
        settings=setting("sensitivity"),
        inference=setting("inference"),
        code=code("build_index_sensitivity"),
    script:
        "../../scripts/build_index_sensitivity.py"


rule plot_index_sensitivity:
    """Rank bands of counties and the shares of the choices behind them."""
    input:
        counties="results/{province}/release/figures/county_ranks.csv",
        shares="results/{province}/release/tables/index_shares.csv",
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/index_sensitivity.png",
            caption="../report/plot_index_sensitivity.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "index_sensitivity"},
        ),
        pdf="results/{province}/release/figures/index_sensitivity.pdf",
        svg="results/{province}/release/figures/index_sensitivity.svg",
    log:
        "results/{province}/logs/plot_index_sensitivity.log",
    benchmark:
        "results/{province}/benchmarks/plot_index_sensitivity.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_index_sensitivity"),
    script:
        "../../scripts/plot_index_sensitivity.py"
