"""What runs again when a file of the code or the plan changes: the rules that use it, and no others.

Dry runs on the finished sample province. The record of the run (record_provenance) holds digests of the code, the plan
and the settings: it, and the report that quotes it, run again with every change of what the run is made of.
"""

import re

from conftest import snakemake

RECORD = {"record_provenance", "render_report"}
# what holds words: the page on data quality, the publications, the gate (notes), the tables
SAID = {"build_quality_report", "build_publication", "release_results", "tabulate_results"}
UNUSED = [
    "scripts/jianfu/statistics/meta.py",  # no model of the plan pools results
    "scripts/jianfu/models/estimators/meta.py",
    "scripts/jianfu/models/own_tables.py",
    "scripts/jianfu/study/summary.py",
    "scripts/jianfu/onboarding/draft.py",
]


def rerun(folder, *paths, line="# a change"):
    """Rules that a dry run lists after a further ``line`` in each file; the files are put back."""
    before = {path: (folder / path).read_bytes() for path in paths}
    try:
        for path, content in before.items():
            (folder / path).write_bytes(content + f"\n{line}\n".encode())
        plan = snakemake(folder, "--dry-run", "--cores", "1").stdout
    finally:
        for path, content in before.items():
            (folder / path).write_bytes(content)
    return set(re.findall(r"^(?:local)?rule (\w+):", plan, re.M)) - {"all"}


def figures(rules):
    return {name for name in rules if name.startswith("plot_")}


def test_a_module_that_no_model_of_the_plan_uses_reruns_nothing(finished):
    assert rerun(finished, *UNUSED) == set()


def test_a_message_reruns_nothing(finished):
    assert rerun(finished, "config/plan/messages.csv", line="a_new_message,新,new") == set()


def test_a_label_reruns_what_says_it(finished):
    """Publications, figures, tables and report: no ingestion, no index, no model."""
    rules = rerun(finished, "config/plan/labels.csv", line="a_new_label,新,new")
    assert figures(rules) and rules - figures(rules) == SAID | RECORD


def test_the_language_reruns_what_is_written_in_it(finished):
    rules = rerun(finished, "config/provinces/sample.yaml", line="language: en")
    assert figures(rules) and rules - figures(rules) == SAID | RECORD


def test_the_style_of_figures_reruns_figures_and_report(finished):
    rules = rerun(finished, "scripts/jianfu/report/figures/style.py")
    assert figures(rules) and rules - figures(rules) == RECORD


def test_an_estimator_of_the_plan_reruns_the_models_and_what_reads_them(finished):
    """The engine loads estimators by name; the rules follow them all the same."""
    rules = rerun(finished, "scripts/jianfu/models/estimators/mixed.py")
    assert {"fit_models", "release_results"} <= rules
    assert not {"ingest_table", "build_indices", "build_exposures", "build_hazard_cells"} & rules
