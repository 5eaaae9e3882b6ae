"""What the burden indices depend on.

REQUIRED INPUTS: indicators, unit_months and units under results/{province}/restricted.
OUTPUTS: restricted/publish/{index_diagnostics,index_multiverse,index_shares,county_ranks,index_interval}.parquet and
    restricted/rank_bands.parquet under results/{province}
"""


rule build_index_sensitivity:
    """Diagnostics, multiverse, rank bands and bootstrap of the burden indices."""
    input:
        **canonical("units"),
        indicators=indicators_of_indices,
        unit_months="results/{province}/restricted/unit_months.parquet",
        plan=rows_of_indices,
        members=plan("indices.csv"),
        tiers=settled("tiers.csv"),
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
        reference=reference,
        indices=setting("indices"),
        settings=setting("sensitivity"),
        inference=setting("inference"),
        code=code("build_index_sensitivity"),
    script:
        "../../scripts/build_index_sensitivity.py"
