"""From released files to figures.

REQUIRED INPUTS: release/estimates.csv and release/figures/*.csv (past the gate).
OUTPUTS: release/figures/*.{png,pdf,svg}, and the CSV of the figures made of estimates, under results/{province}
"""


rule plot_index_over_time:
    """Monthly mean of the burden indices with quartiles and policy dates."""
    input:
        indices="results/{province}/release/figures/index_over_time.csv",
        policies="results/{province}/release/figures/policy_dates.csv",
        quality="results/{province}/release/tables/data_quality.csv",
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/index_over_time.png",
            caption="../report/plot_index_over_time.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "index_over_time"},
        ),
        pdf="results/{province}/release/figures/index_over_time.pdf",
        svg="results/{province}/release/figures/index_over_time.svg",
    log:
        "results/{province}/logs/plot_index_over_time.log",
    benchmark:
        "results/{province}/benchmarks/plot_index_over_time.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_index_over_time"),
    script:
        "../../scripts/plot_index_over_time.py"


rule plot_county_heatmap:
    """Mean over-density index by county and month."""
    input:
        cells="results/{province}/release/figures/county_heatmap.csv",
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/county_heatmap.png",
            caption="../report/plot_county_heatmap.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "county_heatmap"},
        ),
        pdf="results/{province}/release/figures/county_heatmap.pdf",
        svg="results/{province}/release/figures/county_heatmap.svg",
    log:
        "results/{province}/logs/plot_county_heatmap.log",
    benchmark:
        "results/{province}/benchmarks/plot_county_heatmap.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_county_heatmap"),
    script:
        "../../scripts/plot_county_heatmap.py"


rule plot_issue_clock:
    """Weekday and hour of issue of tasks, with rest-eve tasks marked."""
    input:
        cells="results/{province}/release/figures/issue_clock.csv",
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/issue_clock.png",
            caption="../report/plot_issue_clock.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "issue_clock"},
        ),
        pdf="results/{province}/release/figures/issue_clock.pdf",
        svg="results/{province}/release/figures/issue_clock.svg",
    log:
        "results/{province}/logs/plot_issue_clock.log",
    benchmark:
        "results/{province}/benchmarks/plot_issue_clock.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_issue_clock"),
    script:
        "../../scripts/plot_issue_clock.py"


rule plot_dose_response:
    """Voluntary exits per 1,000 person-months by exposure and cohort."""
    input:
        cells="results/{province}/release/figures/dose_response.csv",
        quality="results/{province}/release/tables/data_quality.csv",
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/dose_response.png",
            caption="../report/plot_dose_response.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "dose_response"},
        ),
        pdf="results/{province}/release/figures/dose_response.pdf",
        svg="results/{province}/release/figures/dose_response.svg",
    log:
        "results/{province}/logs/plot_dose_response.log",
    benchmark:
        "results/{province}/benchmarks/plot_dose_response.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_dose_response"),
    script:
        "../../scripts/plot_dose_response.py"


rule plot_cumulative_incidence:
    """Cumulative incidence of leaving by cohort and burden tertile."""
    input:
        curves="results/{province}/release/figures/cumulative_incidence.csv",
        at_risk="results/{province}/release/figures/cumulative_incidence_at_risk.csv",
        quality="results/{province}/release/tables/data_quality.csv",
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/cumulative_incidence.png",
            caption="../report/plot_cumulative_incidence.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "cumulative_incidence"},
        ),
        pdf="results/{province}/release/figures/cumulative_incidence.pdf",
        svg="results/{province}/release/figures/cumulative_incidence.svg",
    log:
        "results/{province}/logs/plot_cumulative_incidence.log",
    benchmark:
        "results/{province}/benchmarks/plot_cumulative_incidence.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_cumulative_incidence"),
    script:
        "../../scripts/plot_cumulative_incidence.py"


rule plot_burnout_by_overload:
    """Mean burnout by exposure to overload, with the fitted line."""
    input:
        bins="results/{province}/release/figures/burnout_by_overload.csv",
        quality="results/{province}/release/tables/data_quality.csv",
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/burnout_by_overload.png",
            caption="../report/plot_burnout_by_overload.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "burnout_by_overload"},
        ),
        pdf="results/{province}/release/figures/burnout_by_overload.pdf",
        svg="results/{province}/release/figures/burnout_by_overload.svg",
    log:
        "results/{province}/logs/plot_burnout_by_overload.log",
    benchmark:
        "results/{province}/benchmarks/plot_burnout_by_overload.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_burnout_by_overload"),
    script:
        "../../scripts/plot_burnout_by_overload.py"


rule plot_sample_flow:
    """From the rows of the source files to the analysed observations."""
    input:
        flow="results/{province}/release/figures/sample_flow.csv",
        quality="results/{province}/release/tables/data_quality.csv",
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/sample_flow.png",
            caption="../report/plot_sample_flow.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "sample_flow"},
        ),
        pdf="results/{province}/release/figures/sample_flow.pdf",
        svg="results/{province}/release/figures/sample_flow.svg",
    log:
        "results/{province}/logs/plot_sample_flow.log",
    benchmark:
        "results/{province}/benchmarks/plot_sample_flow.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_sample_flow"),
    script:
        "../../scripts/plot_sample_flow.py"


rule plot_forest:
    """Estimates behind the confirmatory hypotheses, with robustness, placebo and control rows."""
    input:
        estimates="results/{province}/release/estimates.csv",
        hypotheses=plan("hypotheses.csv"),
        models=plan("models.yaml"),
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/forest.png",
            caption="../report/plot_forest.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "forest"},
        ),
        pdf="results/{province}/release/figures/forest.pdf",
        svg="results/{province}/release/figures/forest.svg",
        csv="results/{province}/release/figures/forest.csv",
    log:
        "results/{province}/logs/plot_forest.log",
    benchmark:
        "results/{province}/benchmarks/plot_forest.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_forest"),
    script:
        "../../scripts/plot_forest.py"


rule plot_forest_all:
    """The deciding estimate of every hypothesis on one page."""
    input:
        estimates="results/{province}/release/estimates.csv",
        hypotheses=plan("hypotheses.csv"),
        models=plan("models.yaml"),
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/forest_all.png",
            caption="../report/plot_forest_all.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "forest_all"},
        ),
        pdf="results/{province}/release/figures/forest_all.pdf",
        svg="results/{province}/release/figures/forest_all.svg",
        csv="results/{province}/release/figures/forest_all.csv",
    log:
        "results/{province}/logs/plot_forest_all.log",
    benchmark:
        "results/{province}/benchmarks/plot_forest_all.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        confidence=setting("inference", "confidence"),
        code=code("plot_forest_all"),
    script:
        "../../scripts/plot_forest_all.py"
