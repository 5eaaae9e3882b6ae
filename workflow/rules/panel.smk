"""A user's own indicator panel: every step of its indices.

REQUIRED INPUTS: the files named under `indicators:` in the province file
OUTPUTS: results/{province}/release/panel: raw, denominated, screened, treated, normalised and aggregated values,
    weights and diagnostics (CSV), anchors.json
"""

PANEL_TABLES = "raw denominated screened treated normalised aggregated weights diagnostics".split()


rule build_panel:
    """Every step of the indices of a user's own panel, with weights, diagnostics and anchors."""
    input:
        files=panel_files,
    output:
        expand("results/{{province}}/release/panel/{table}.csv", table=PANEL_TABLES),
        anchors="results/{province}/release/panel/anchors.json",
    log:
        "results/{province}/logs/build_panel.log",
    benchmark:
        "results/{province}/benchmarks/build_panel.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        settings=setting("indicators"),
        null_tokens=setting("data", "null_tokens"),
        code=code("build_panel"),
    script:
        "../../scripts/build_panel.py"
