"""From raw exports to canonical tables.

REQUIRED INPUTS: the raw files of the province, as its `sources` name them.
OUTPUTS: results/{province}/restricted/canonical/*.parquet, quarantine/*.csv; row_counts.csv, columns.csv, notices.csv,
    quality_report.html, quality_summary.txt and rejects_checked.txt under results/{province}/quality; where the province
    leaves out units or apps, restricted/used/*.parquet; restricted/publish/left_out.parquet
"""


rule read_piece:
    """Some of the files of a large table, for ingest_table to put together: the rows are spread over jobs."""
    input:
        units=canonical_units,
        schema=project("workflow", "schemas", "canonical.yaml"),
        headings=plan("headings.csv"),
        values=plan("values.csv"),
        scales=survey_plan,
        titles=plan("titles.csv"),
    output:
        piece=temp(directory("results/{province}/restricted/pieces/{table}/{number}-of-{jobs}")),
    log:
        "results/{province}/logs/read_piece_{table}_{number}-of-{jobs}.log",
    benchmark:
        "results/{province}/benchmarks/read_piece_{table}_{number}-of-{jobs}.tsv"
    wildcard_constraints:
        table="|".join([*CANONICAL, "own_[a-z0-9_]+"]),
        number=r"\d+",
        jobs=r"\d+",
    priority: 1  # what is large begins first, so that other tables are read beside its end, which is one job
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
        disk_mb=of_raw(0.8),
    params:
        folder=raw_folder,
        settings=ingest_settings,
        share=share,
        raw=content(raw_files),
        holidays=content(holidays),
        labelled=content(labelled_titles),
        key=fingerprint,
        plan_dir=folder_of("headings"),
        code=code("read_piece"),
    script:
        "../../scripts/read_piece.py"


rule ingest_table:
    """One canonical table with its quarantine, counts, headings and notices."""
    input:
        simulated=simulated,
        pieces=pieces,
        units=canonical_units,
        schema=project("workflow", "schemas", "canonical.yaml"),
        headings=plan("headings.csv"),
        values=plan("values.csv"),
        scales=survey_plan,
        titles=plan("titles.csv"),
    output:
        canonical="results/{province}/restricted/canonical/{table}.parquet",
        quarantine="results/{province}/restricted/quarantine/{table}.csv",
        counts="results/{province}/restricted/ingest/{table}_counts.csv",
        columns="results/{province}/restricted/ingest/{table}_columns.csv",
        notices="results/{province}/restricted/ingest/{table}_notices.csv",
        titles="results/{province}/restricted/ingest/{table}_titles.csv",
        to_label="results/{province}/restricted/ingest/{table}_to_label.csv",
    log:
        "results/{province}/logs/ingest_table_{table}.log",
    benchmark:
        "results/{province}/benchmarks/ingest_table_{table}.tsv"
    wildcard_constraints:
        table="|".join([*CANONICAL, "own_[a-z0-9_]+"]),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
        disk_mb=spilled,
    params:
        folder=raw_folder,
        settings=ingest_settings,
        raw=content(raw_files),
        holidays=content(holidays),
        labelled=content(labelled_titles),
        key=fingerprint,
        plan_dir=folder_of("headings"),
        code=code("ingest_table"),
    script:
        "../../scripts/ingest_table.py"


rule count_rows:
    """What became of every raw row and every raw column, for all tables together."""
    input:
        simulated=simulated,
        counts=of_tables("results/{province}/restricted/ingest/{table}_counts.csv"),
        columns=of_tables("results/{province}/restricted/ingest/{table}_columns.csv"),
        notices=of_tables("results/{province}/restricted/ingest/{table}_notices.csv"),
    output:
        counts="results/{province}/quality/row_counts.csv",
        columns="results/{province}/quality/columns.csv",
        notices="results/{province}/quality/notices.csv",
    log:
        "results/{province}/logs/count_rows.log",
    benchmark:
        "results/{province}/benchmarks/count_rows.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        folder=raw_folder,
        sources=setting("sources"),
        raw=content(raw_files),
        code=code("count_rows"),
    script:
        "../../scripts/count_rows.py"


rule build_quality_report:
    """What became of every raw row, where the gaps are and what to do about it, as a web page and for the terminal."""
    input:
        counts="results/{province}/quality/row_counts.csv",
        columns="results/{province}/quality/columns.csv",
        notices="results/{province}/quality/notices.csv",
        titles="results/{province}/restricted/ingest/tasks_titles.csv",
        to_label="results/{province}/restricted/ingest/tasks_to_label.csv",
        quarantine=of_tables("results/{province}/restricted/quarantine/{table}.csv"),
        tables=of_tables("results/{province}/restricted/canonical/{table}.parquet"),
        indicators=plan("indicators.csv"),
        labels=plan("labels.csv"),
        headings=plan("headings.csv"),
        template=project("workflow", "report", "quality_report.html.jinja"),
    output:
        report="results/{province}/quality/quality_report.html",
        summary="results/{province}/quality/quality_summary.txt",
    log:
        "results/{province}/logs/build_quality_report.log",
    benchmark:
        "results/{province}/benchmarks/build_quality_report.tsv"
    priority: 1  # before check_rejects, which may stop the run
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        settings=quality_settings,
        quarantine=folder_of("quarantine"),
        code=code("build_quality_report"),
    script:
        "../../scripts/build_quality_report.py"


rule check_rejects:
    """Stop the run where a sheet has too many rejected rows; it reads the counts, not the page, which goes first."""
    input:
        counts="results/{province}/quality/row_counts.csv",
    output:
        checked="results/{province}/quality/rejects_checked.txt",
    log:
        "results/{province}/logs/check_rejects.log",
    benchmark:
        "results/{province}/benchmarks/check_rejects.tsv"
    priority: 100
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
    params:
        limit=setting("data", "max_reject_share"),
        report="results/{province}/quality/quality_report.html",
        quarantine="results/{province}/restricted/quarantine",
        code=code("check_rejects"),
    script:
        "../../scripts/check_rejects.py"


rule leave_out:
    """A canonical table without the rows that the province leaves out."""
    input:
        table="results/{province}/restricted/canonical/{table}.parquet",
        units="results/{province}/restricted/canonical/units.parquet",
        spells=lambda wildcards: (
            f"results/{wildcards.province}/restricted/canonical/spells.parquet"
            if wildcards.table == "survey"
            else []
        ),
    output:
        used="results/{province}/restricted/used/{table}.parquet",
    log:
        "results/{province}/logs/leave_out_{table}.log",
    benchmark:
        "results/{province}/benchmarks/leave_out_{table}.tsv"
    wildcard_constraints:
        table="|".join([*CANONICAL, "own_[a-z0-9_]+"]),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        exclude=setting("exclude"),
        code=code("leave_out"),
    script:
        "../../scripts/leave_out.py"


rule count_left_out:
    """How many rows of which table the province leaves out."""
    input:
        tables=of_tables("results/{province}/restricted/canonical/{table}.parquet"),
    output:
        **published_by("count_left_out"),
    log:
        "results/{province}/logs/count_left_out.log",
    benchmark:
        "results/{province}/benchmarks/count_left_out.tsv"
    priority: 100  # it may stop the run
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1500,
    params:
        file=lambda wildcards: display(own_file(wildcards.province)),
        exclude=setting("exclude"),
        code=code("count_left_out"),
    script:
        "../../scripts/count_left_out.py"
