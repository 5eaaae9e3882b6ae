"""jianfu: from raw exports of a province to a report on administrative burden.

    snakemake                              the demonstration province (synthetic)
    snakemake --config provinces=sample    another province; several: provinces=a,b
    snakemake --config provinces=anhui provinces_dir=/path/to/files
    snakemake full --config provinces=anhui     the same and what takes longer
    snakemake indices --config provinces=anhui  up to the indices, or the steps of an indicator panel of your own
    snakemake models --config provinces=anhui   up to the estimates, or the models of a ready table
    snakemake check --config provinces=anhui    ingestion and its quality report only

Stages and their rules: workflow/rules/. Settings: config/settings.md; manual: config/README.md.
"""

import os
import re
import shutil
import sys
import time
from contextlib import suppress
from functools import cache
from math import ceil
from pathlib import Path

import psutil
from snakemake.io import flag, is_flagged
from snakemake.utils import min_version

min_version("9.0")

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from jianfu.province.panel_files import files_of
from jianfu.province.plan import overlaid_files, plan_content, plan_version
from jianfu.province.paths import PERSON_TABLES, RESULT_FILES, RESULT_TABLES
from jianfu.province.paths import map_files, province_file, registration_files
from jianfu.province.reference import reference_window
from jianfu.commands import needs
from jianfu.commands.settings import asked_scenarios, load_command, province_folders
from jianfu.province.rules import brings_ready_tables, leaves_out
from jianfu.core.errors import ConfigError, DataError
from jianfu.simulate.parameters import expected_bytes, read_parameters
from jianfu.release.outputs import read_outputs
from jianfu.config.files import display, read_yaml
from jianfu.config.overlay import read_plan_file, read_tables
from jianfu.core.content import Digests, mapping_digest
from jianfu.core.environment import environment_digest
from jianfu.core.keys import key_fingerprint, pseudonym_key
from jianfu.core.provenance import files_digest, modules_used
from jianfu.core.sources import matching_files
from jianfu.models.estimators.vocabulary import ESTIMATORS, modules_of
from jianfu.core.tables import CANONICAL, MEASURED, tables_added, raw_tables
from jianfu.ingest.blocks import PIECE_BYTES, blocks_of, pieces_of

# Results do not depend on the number of cores or on the run: one numerical thread per job, one order of hashing.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", RAYON_NUM_THREADS="1")
os.environ.update(PYTHONHASHSEED="0", MPLBACKEND="agg")

try:
    SETTINGS = load_command(config, workflow.basedir)
    for slug, settings in SETTINGS.items():
        folders = province_folders(workflow.basedir, config.get("provinces_dir"))
        file = display(province_file(slug, folders))
        if any(settings["exclude"][kind] for kind in ("counties", "unit_types", "apps", "topics")):
            from jianfu.ingest.excluded import check_excluded  # as below

            check_excluded(settings, workflow.basedir, file, f"results/{slug}/restricted/canonical")
        if settings["titles"]["rules"]:
            from jianfu.ingest.titles.rules import check_rules  # as below

            check_rules(
                Path(workflow.basedir) / "config" / "plan" / "titles.csv", settings["titles"]["rules"], file
            )
        asked = asked_scenarios(config) or settings["scenarios"]
        if asked != "all":
            from jianfu.scenarios.plan import chosen, read_scenarios

            declared = plan_content(Path(workflow.basedir) / "config" / "plan", settings["plan"], "")
            chosen(read_scenarios(declared("scenarios.yaml")), asked)
        if "scenarios" in settings["plan"]:
            from jianfu.ingest.schema import (
                arrow_schemas,
            )  # loads pandas and DuckDB, which only such a province needs here
            from jianfu.scenarios.plan_check import check_scenarios

            content = plan_content(Path(workflow.basedir) / "config" / "plan", settings["plan"], "")
            schema = Path(workflow.basedir) / "workflow" / "schemas" / "canonical.yaml"
            tables = arrow_schemas(schema, content("scales.yaml")["scales"], settings["sources"])
            check_scenarios(settings["plan"]["scenarios"], content("scenarios.yaml"), tables, file)
except ConfigError as error:
    sys.exit(f"\n{error}\n")
# how the scripts speak to each province; no trigger: another language re-runs only what is written in it
config["languages"] = {province: settings["language"] for province, settings in SETTINGS.items()}


wildcard_constraints:
    province="|".join(SETTINGS),


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/indices.smk"
include: "workflow/rules/plan.smk"
include: "workflow/rules/sensitivity.smk"
include: "workflow/rules/identification.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/scales.smk"
include: "workflow/rules/journal.smk"
include: "workflow/rules/scenarios.smk"
include: "workflow/rules/release.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
# What a run is made of stands above and is recorded; what is made beside a run, or of ready tables, stands below.
include: "workflow/rules/provenance.smk"
include: "workflow/rules/panel.smk"
include: "workflow/rules/models_on.smk"
include: "workflow/rules/full.smk"
include: "workflow/rules/planner.smk"
include: "workflow/rules/asked.smk"
include: "workflow/rules/programs.smk"
include: "workflow/rules/own.smk"
include: "workflow/rules/provinces.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/interventions.smk"


localrules:
    all,
    full,
    indices,
    models,
    scenarios,
    planner,
    exchange,
    provinces,
    check,


onstart:
    if workflow.local_exec:
        jobs = [
            (job.rule.name, job.resources.get("mem_mb", 0), job.resources.get("disk_mb", 0))
            for job in workflow.dag.needrun_jobs()
        ]
        for line in needs.told(
            needs.needs_of(jobs),
            memory=psutil.virtual_memory().available / 10**6,
            disk=shutil.disk_usage(os.curdir).free / 10**6,
        ):
            # one piece of text, as the lines of progress come from another thread
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


onsuccess:
    for province in SETTINGS:
        remove_left_over(province)


rule all:
    default_target: True
    input:
        [output for province in SETTINGS for output in final_outputs(province)],
        national_outputs() if len(released_provinces()) > 1 else [],


rule full:
    """What `all` makes and what takes longer (make full)."""
    input:
        rules.all.input,
        [output for province in SETTINGS for output in heavy_outputs(province)],


rule indices:
    """Up to the indices: of the burden, or of a user's own panel (make indices)."""
    input:
        [output for province in SETTINGS for output in index_outputs(province)],


rule models:
    """Up to the released estimates, without figures and report (make models)."""
    input:
        [page for province in SETTINGS for page in quality_pages(province)],
        expand("results/{province}/release/estimates.csv", province=SETTINGS),


rule scenarios:
    """Up to the scenarios and the scorecard of departments, or those that the command names alone (make scenarios)."""
    input:
        expand(f"{scenarios_folder()}/tables/scenarios.xlsx", province=SETTINGS),


rule planner:
    """Combinations of scenarios within a budget, past the gate (make planner)."""
    input:
        expand("results/{province}/release/planner/tables/relief_plan.xlsx", province=SETTINGS),


rule exchange:
    """The exchange package of every province (make exchange)."""
    input:
        expand(PACKAGE, province=released_provinces()),


rule provinces:
    """What all provinces of the command say together, with the packages of others (make provinces)."""
    input:
        national_outputs(),


rule check:
    """Ingestion and its quality report only (make check)."""
    input:
        expand(
            "results/{province}/quality/quality_{kind}",
            province=SETTINGS,
            kind=["report.html", "summary.txt"],
        ),


rule answers:
    """What can be answered before anything is fitted (the end of make check)."""
    input:
        expand("results/{province}/quality/answers.txt", province=SETTINGS),
