"""From released files to figures: every figure is drawn by its module from the files named here.

REQUIRED INPUTS: release/estimates.csv, release/figures/*.csv and release/tables/*.csv (past the gate).
OUTPUTS: release/figures/<figure>.{png,pdf,svg}, and the CSV of the figures made of estimates, under results/{province}
"""

RELEASED = "results/{province}/release"
QUALITY = f"{RELEASED}/tables/data_quality.csv"
# Files of every figure in the order in which its module reads them (jianfu.report.figures.every), by how it is drawn:
# from released tables, from rows of the estimates (which it writes as CSV too), or in a full run.
DRAWN = {
    "tables": {
        "index_over_time": [
            f"{RELEASED}/figures/index_over_time.csv",
            settled("index_roles.csv"),
            f"{RELEASED}/figures/policy_dates.csv",
            QUALITY,
        ],
        "county_heatmap": [f"{RELEASED}/figures/county_heatmap.csv", settled("index_roles.csv")],
        "county_map": [f"{RELEASED}/figures/county_heatmap.csv", settled("index_roles.csv")],
        "issue_clock": [f"{RELEASED}/figures/issue_clock.csv"],
        "dose_response": [f"{RELEASED}/figures/dose_response.csv", QUALITY, plan("exits.yaml")],
        "predictions": [f"{RELEASED}/figures/predictions.csv", plan("exits.yaml")],
        "cumulative_incidence": [
            f"{RELEASED}/figures/cumulative_incidence.csv",
            f"{RELEASED}/figures/cumulative_incidence_at_risk.csv",
            QUALITY,
        ],
        "burnout_by_overload": [f"{RELEASED}/figures/burnout_by_overload.csv", QUALITY],
        "sample_flow": [f"{RELEASED}/figures/sample_flow.csv", QUALITY],
        "departments": [
            f"{RELEASED}/tables/issuer_scorecard.csv",
            f"{RELEASED}/tables/issuer_contributions.csv",
            settled("index_roles.csv"),
        ],
        "contributions": [
            f"{RELEASED}/tables/issuer_contributions.csv",
            f"{RELEASED}/tables/indicator_list.csv",
            settled("index_roles.csv"),
        ],
        "paper_electronic": [f"{RELEASED}/figures/documents_over_time.csv"],
        "cascade": [f"{RELEASED}/figures/cascade.csv", f"{RELEASED}/tables/issuer_scorecard.csv"],
        "app_rule": [f"{RELEASED}/tables/app_rule_audit.csv"],
        "scenarios": [f"{RELEASED}/tables/scenario_effects.csv"],
        "index_sensitivity": [
            f"{RELEASED}/figures/county_ranks.csv",
            f"{RELEASED}/tables/index_shares.csv",
            settled("index_roles.csv"),
        ],
    },
    "estimates": {
        "forest": [f"{RELEASED}/estimates.csv", settled("hypotheses.csv"), settled("models.yaml")],
        "forest_all": [f"{RELEASED}/estimates.csv", settled("hypotheses.csv"), settled("models.yaml")],
        "within_between": [f"{RELEASED}/estimates.csv", settled("hypotheses.csv"), settled("models.yaml")],
        "mediation_paths": [f"{RELEASED}/estimates.csv", settled("hypotheses.csv"), settled("models.yaml")],
        "policy_event_study": [f"{RELEASED}/estimates.csv", settled("models.yaml")],
    },
    "specifications": {
        "specification_curve": [
            f"{RELEASED}/full/tables/specification_curve.csv",
            f"{RELEASED}/full/tables/specification_summary.csv",
        ],
    },
}
FIGURE_SETTINGS = {
    "tables": {"map": setting("map"), "boundaries": content(map_files_of)},
    "estimates": {"confidence": setting("inference", "confidence")},
}


def endings(kind):
    """Of the files of a figure."""
    return ["png", "pdf", "svg", *(["csv"] if kind == "estimates" else [])]


def pictures(kind):
    """{figure: its files}; those of a full run stand in a folder of their own."""
    folder = f"{RELEASED}/full/figures" if kind == "specifications" else f"{RELEASED}/figures"
    files = {figure: [f"{folder}/{figure}.{ending}" for ending in endings(kind)] for figure in DRAWN[kind]}
    for figure, (png, *others) in files.items():
        shown = report(
            png,
            caption=f"../report/plot_{figure}.rst",
            category="Figures",
            subcategory="{province}",
            labels={"figure": figure},
        )
        files[figure] = [shown, *others]
    return files


# Figures of one kind share a job: loading what draws them takes as long as drawing one.
for kind, drawn in DRAWN.items():

    rule:
        """Draw the figures of one kind from what has been released."""
        name:
            f"plot_{kind}"
        input:
            **{figure: of_province(files) for figure, files in drawn.items()},
            reasons=f"{RELEASED}/reasons.csv",
            labels=plan("labels.csv"),
        output:
            **pictures(kind),
        log:
            f"results/{{province}}/logs/plot_{kind}.log",
        benchmark:
            f"results/{{province}}/benchmarks/plot_{kind}.tsv"
        conda:
            "../../environment.yml"
        resources:
            mem_mb=1000,
        params:
            **FIGURE_SETTINGS.get(kind, {}),
            language=setting("language"),
            synthetic=setting("province", "synthetic"),
            dpi=setting("figures", "dpi"),
            code=code("plot_figures", rule=f"plot_{kind}"),
        script:
            "../../scripts/plot_figures.py"
