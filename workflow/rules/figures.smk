"""From released files to figures: every figure is drawn by scripts/plot_<figure>.py from the files named here.

REQUIRED INPUTS: release/estimates.csv, release/figures/*.csv and release/tables/*.csv (past the gate).
OUTPUTS: release/figures/<figure>.{png,pdf,svg}, and the CSV of the figures made of estimates, under results/{province}
"""

RELEASED = "results/{province}/release"
QUALITY = f"{RELEASED}/tables/data_quality.csv"
DRAWN_FROM_TABLES = {
    "index_over_time": {
        "indices": f"{RELEASED}/figures/index_over_time.csv",
        "roles": settled("index_roles.csv"),
        "policies": f"{RELEASED}/figures/policy_dates.csv",
        "quality": QUALITY,
    },
    "county_heatmap": {
        "cells": f"{RELEASED}/figures/county_heatmap.csv",
        "roles": settled("index_roles.csv"),
    },
    "county_map": {
        "cells": f"{RELEASED}/figures/county_heatmap.csv",
        "roles": settled("index_roles.csv"),
    },
    "issue_clock": {"cells": f"{RELEASED}/figures/issue_clock.csv"},
    "dose_response": {
        "cells": f"{RELEASED}/figures/dose_response.csv",
        "quality": QUALITY,
        "exits": plan("exits.yaml"),
    },
    "cumulative_incidence": {
        "curves": f"{RELEASED}/figures/cumulative_incidence.csv",
        "at_risk": f"{RELEASED}/figures/cumulative_incidence_at_risk.csv",
        "quality": QUALITY,
    },
    "burnout_by_overload": {"bins": f"{RELEASED}/figures/burnout_by_overload.csv", "quality": QUALITY},
    "sample_flow": {"flow": f"{RELEASED}/figures/sample_flow.csv", "quality": QUALITY},
    "index_sensitivity": {
        "counties": f"{RELEASED}/figures/county_ranks.csv",
        "shares": f"{RELEASED}/tables/index_shares.csv",
        "roles": settled("index_roles.csv"),
    },
    "specification_curve": {
        "curve": f"{RELEASED}/full/tables/specification_curve.csv",
        "summary": f"{RELEASED}/full/tables/specification_summary.csv",
    },
}
DRAWN_FROM_ESTIMATES = {
    "forest": {"hypotheses": settled("hypotheses.csv"), "models": settled("models.yaml")},
    "forest_all": {"hypotheses": settled("hypotheses.csv"), "models": settled("models.yaml")},
    "policy_event_study": {"models": settled("models.yaml")},
}
MAP = {"map": setting("map"), "boundaries": content(map_file)}
FROM_ESTIMATES = {"estimates": f"{RELEASED}/estimates.csv", "reasons": f"{RELEASED}/reasons.csv"}


def of_province(files, wildcards):
    """{name: path} of the wildcard province, of ``files`` as they stand among the inputs of a rule."""
    return {
        name: file(wildcards) if callable(file) else file.format(province=wildcards.province)
        for name, file in files.items()
    }


def pictures(figure):
    """PNG, PDF and SVG of a figure by name; those of a full run stand in a folder of their own."""
    folder = f"{RELEASED}/full/figures" if figure == "specification_curve" else f"{RELEASED}/figures"
    png = report(
        f"{folder}/{figure}.png",
        caption=f"../report/plot_{figure}.rst",
        category="Figures",
        subcategory="{province}",
        labels={"figure": figure},
    )
    return {"png": png, "pdf": f"{folder}/{figure}.pdf", "svg": f"{folder}/{figure}.svg"}


# The path of a script is looked up when its job runs, and the loop is over then: it follows params.figure, not figure.
for figure, tables in DRAWN_FROM_TABLES.items():

    rule:
        """Draw one figure from released tables."""
        name:
            f"plot_{figure}"
        input:
            **tables,
            labels=plan("labels.csv"),
        output:
            **pictures(figure),
        log:
            f"results/{{province}}/logs/plot_{figure}.log",
        benchmark:
            f"results/{{province}}/benchmarks/plot_{figure}.tsv"
        conda:
            "../../environment.yml"
        resources:
            mem_mb=1000,
        params:
            **(MAP if figure == "county_map" else {}),
            figure=figure,
            language=setting("language"),
            synthetic=setting("province", "synthetic"),
            dpi=setting("figures", "dpi"),
            code=code(f"plot_{figure}"),
        script:
            "../../scripts/plot_{params.figure}.py"


for figure, plans in DRAWN_FROM_ESTIMATES.items():

    rule:
        """Choose rows of the released estimates, write them as CSV, and draw them as one figure."""
        name:
            f"plot_{figure}"
        input:
            **plans,
            **FROM_ESTIMATES,
            labels=plan("labels.csv"),
        output:
            **pictures(figure),
            csv=f"{RELEASED}/figures/{figure}.csv",
        log:
            f"results/{{province}}/logs/plot_{figure}.log",
        benchmark:
            f"results/{{province}}/benchmarks/plot_{figure}.tsv"
        conda:
            "../../environment.yml"
        resources:
            mem_mb=1000,
        params:
            figure=figure,
            language=setting("language"),
            synthetic=setting("province", "synthetic"),
            dpi=setting("figures", "dpi"),
            confidence=setting("inference", "confidence"),
            code=code(f"plot_{figure}"),
        script:
            "../../scripts/plot_{params.figure}.py"
