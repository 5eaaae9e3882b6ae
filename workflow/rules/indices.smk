"""From canonical tables to indicators, indices and exposures.

REQUIRED INPUTS: results/{province}/restricted/canonical/*.parquet, checked for rejected rows.
OUTPUTS: unit_months, indicators (own_indicators where the province adds some), indices, exposures (Parquet) and anchors.json under results/{province}/restricted;
    every step from raw values to indices under results/{province}/restricted/steps; indices and exposures on the scale
    of common anchors (indices_common, exposures_common), without rows where the province names none;
    coverage.csv, indicator_notices.csv and index_notices.csv under results/{province}/quality
"""


rule build_unit_months:
    """Units and months of the analysis, with headcount, statutory days and what was logged."""
    input:
        **canonical("units", "spells", "tasks", "app_activity"),
    output:
        unit_months="results/{province}/restricted/unit_months.parquet",
        coverage="results/{province}/quality/coverage.csv",
    log:
        "results/{province}/logs/build_unit_months.log",
    benchmark:
        "results/{province}/benchmarks/build_unit_months.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        calendar=setting("calendar"),
        holidays=content(holidays),
        excluded_months=setting("exclude", "months"),
        code=code("build_unit_months"),
    script:
        "../../scripts/build_unit_months.py"


rule build_county_indicators:
    """The indicators of some of the counties, for build_indicators to put together: the rows are spread over jobs."""
    input:
        **canonical(*MEASURED),
        unit_months="results/{province}/restricted/unit_months.parquet",
        common=common_plan("indicators.csv"),
        plan=common_rows,
    output:
        part=temp("results/{province}/restricted/pieces/indicators/{number}-of-{jobs}.npz"),
    log:
        "results/{province}/logs/build_county_indicators_{number}-of-{jobs}.log",
    benchmark:
        "results/{province}/benchmarks/build_county_indicators_{number}-of-{jobs}.tsv"
    wildcard_constraints:
        number=r"\d+",
        jobs=r"\d+",
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        reference=reference,
        calendar=setting("calendar"),
        holidays=content(holidays),
        exclude=setting("exclude"),
        code=code("build_county_indicators"),
    script:
        "../../scripts/build_county_indicators.py"


rule build_indicators:
    """All indicators of the plan by unit and month, and notices about those that cannot be had."""
    input:
        **canonical(*MEASURED),
        unit_months="results/{province}/restricted/unit_months.parquet",
        common=common_plan("indicators.csv"),
        plan=common_rows,
        parts=county_parts,
    output:
        indicators="results/{province}/restricted/indicators.parquet",
        raw="results/{province}/restricted/steps/raw.parquet",
        denominated="results/{province}/restricted/steps/denominated.parquet",
        notices="results/{province}/quality/indicator_notices.csv",
    log:
        "results/{province}/logs/build_indicators.log",
    benchmark:
        "results/{province}/benchmarks/build_indicators.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=1500,
    params:
        window=setting("data", "window"),
        reference=reference,
        calendar=setting("calendar"),
        holidays=content(holidays),
        exclude=setting("exclude"),
        code=code("build_indicators"),
    script:
        "../../scripts/build_indicators.py"


use rule build_indicators as build_own_indicators with:
    input:
        **canonical(*MEASURED),
        own=canonical_own,
        unit_months="results/{province}/restricted/unit_months.parquet",
        common=common_plan("indicators.csv"),
        plan=plan("indicators.csv"),
    output:
        indicators="results/{province}/restricted/own_indicators.parquet",
        raw="results/{province}/restricted/steps/own_raw.parquet",
        denominated="results/{province}/restricted/steps/own_denominated.parquet",
        notices="results/{province}/quality/own_indicator_notices.csv",
    log:
        "results/{province}/logs/build_own_indicators.log",
    benchmark:
        "results/{province}/benchmarks/build_own_indicators.tsv"
    params:
        code=code("build_indicators", rule="build_own_indicators"),


rule build_indices:
    """Indices by unit and month, and the anchors that fix their scale."""
    input:
        indicators=indicators_of_indices,
        unit_months="results/{province}/restricted/unit_months.parquet",
        plan=rows_of_indices,
        members=plan("indices.csv"),
        made_anchors=made_anchors,
    output:
        indices="results/{province}/restricted/indices.parquet",
        common="results/{province}/restricted/indices_common.parquet",
        anchors="results/{province}/restricted/anchors.json",
        screened="results/{province}/restricted/steps/screened.parquet",
        imputed="results/{province}/restricted/steps/imputed.parquet",
        treated="results/{province}/restricted/steps/treated.parquet",
        normalised="results/{province}/restricted/steps/normalised.parquet",
        aggregated="results/{province}/restricted/steps/aggregated.parquet",
        notices="results/{province}/quality/index_notices.csv",
    log:
        "results/{province}/logs/build_indices.log",
    benchmark:
        "results/{province}/benchmarks/build_indices.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        anchors=content(common_anchors),
        frozen=content(frozen_anchors),
        reference=reference,
        settings=setting("indices"),
        exposure=setting("exposure"),
        code=code("build_indices"),
    script:
        "../../scripts/build_indices.py"


rule build_exposures:
    """Standardised exposures: months before, months after (placebo), months before a survey."""
    input:
        indicators=indicators_of_indices,
        unit_months="results/{province}/restricted/unit_months.parquet",
        anchors="results/{province}/restricted/anchors.json",
        plan=rows_of_indices,
        members=plan("indices.csv"),
        made_anchors=made_anchors,
    output:
        exposures="results/{province}/restricted/exposures.parquet",
        common="results/{province}/restricted/exposures_common.parquet",
    log:
        "results/{province}/logs/build_exposures.log",
    benchmark:
        "results/{province}/benchmarks/build_exposures.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        anchors=content(common_anchors),
        common_anchors=setting("indices", "anchors"),
        exposure=setting("exposure"),
        code=code("build_exposures"),
    script:
        "../../scripts/build_exposures.py"
