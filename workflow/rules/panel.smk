"""A user's own indicator panel: every step of its indices.

REQUIRED INPUTS: the files named under `indicators:` in the province file
OUTPUTS: results/{province}/release/panel: raw, denominated, screened, treated, normalised and aggregated values,
    weights and diagnostics (CSV), anchors.json; in a full run also multiverse, multiverse_shares and ranks
"""

PANEL_TABLES = "raw denominated screened treated normalised aggregated weights diagnostics".split()


rule build_panel:
    """Every step of the indices of a user's own panel, with weights, diagnostics and anchors."""
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
        files=content(panel_files),
        null_tokens=setting("data", "null_tokens"),
        code=code("build_panel"),
    script:
        "../../scripts/build_panel.py"


rule build_panel_multiverse:
    """The index of a user's own panel under every combination of choices (make full)."""
    output:
        expand(
            "results/{{province}}/release/panel/{table}.csv",
            table=["multiverse", "multiverse_shares", "ranks"],
        ),
    log:
        "results/{province}/logs/build_panel_multiverse.log",
    benchmark:
        "results/{province}/benchmarks/build_panel_multiverse.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        settings=setting("indicators"),
        files=content(panel_files),
        choices=setting("sensitivity"),
        null_tokens=setting("data", "null_tokens"),
        code=code("build_panel_multiverse"),
    script:
        "../../scripts/build_panel_multiverse.py"
