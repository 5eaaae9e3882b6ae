"""The analysis tables for Stata, SPSS and R, with programs there that give the main table again (`make stata`).

REQUIRED INPUTS: those of fit_models; the estimates of the province.
OUTPUTS: restricted/stata under results/{province}: <table>.dta, <table>.sav, main_table.do, main_table.R, main_table.sps,
    variables.csv
"""

PROGRAMS = ("do", "R", "sps")


rule export_tables:
    """Analysis tables as .dta and .sav, and programs that fit the main table again and show our figures beside theirs."""
    input:
        **MODEL_INPUTS,
        hazard_cells="results/{province}/restricted/hazard_cells.parquet",
        hazard_details="results/{province}/restricted/hazard_details.parquet",
        hazard_own="results/{province}/restricted/hazard_own.parquet",
        check_exposures="results/{province}/restricted/check_exposures.parquet",
        estimates="results/{province}/restricted/estimates_full.parquet",
        layout=plan("tables.yaml"),
        scales=plan("scales.yaml"),
        headings=plan("headings.csv"),
        labels=plan("labels.csv"),
        templates=[project("workflow", "programs", f"main_table.{program}.jinja") for program in PROGRAMS],
    output:
        folder=directory("results/{province}/restricted/stata"),
    log:
        "results/{province}/logs/export_tables.log",
    benchmark:
        "results/{province}/benchmarks/export_tables.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
    params:
        reference=reference,
        exposure=setting("exposure"),
        language=setting("language"),
        title=lambda wildcards: SETTINGS[wildcards.province]["province"]["name"],
        synthetic=setting("province", "synthetic"),
        templates=folder_of("templates"),
        code=code("export_tables", estimators),
    script:
        "../../scripts/export_tables.py"
