"""What became of the burden after relief rules.

REQUIRED INPUTS: estimates.csv past the gate (models with estimator event_study in config/plan/models.yaml)
OUTPUTS: figures/policy_event_study.{png,pdf,svg,csv} under results/{province}/release
"""


rule plot_policy_event_study:
    """Effects of a staggered roll-out by months since its start."""
    input:
        estimates="results/{province}/release/estimates.csv",
        models=plan("models.yaml"),
        labels=plan("labels.csv"),
    output:
        png=report(
            "results/{province}/release/figures/policy_event_study.png",
            caption="../report/plot_policy_event_study.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": "policy_event_study"},
        ),
        pdf="results/{province}/release/figures/policy_event_study.pdf",
        svg="results/{province}/release/figures/policy_event_study.svg",
        csv="results/{province}/release/figures/policy_event_study.csv",
    log:
        "results/{province}/logs/plot_policy_event_study.log",
    benchmark:
        "results/{province}/benchmarks/plot_policy_event_study.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        language=setting("language"),
        synthetic=setting("province", "synthetic"),
        dpi=setting("figures", "dpi"),
        code=code("plot_policy_event_study"),
    script:
        "../../scripts/plot_policy_event_study.py"
