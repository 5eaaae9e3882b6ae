"""What runs again when something changes: the rules that use it, and no others, whatever the times of files say.

Dry runs on the finished sample province, and on a province of real persons of which only some tables have been read.
The record of the run (record_provenance) holds digests of the code, the plan and the settings: it, and the report that
quotes it and the manifest of the release, run again with every change of what the run is made of.
"""

import codecs
import os
import re
import shutil
import time
from contextlib import contextmanager

import pytest
import yaml
from conftest import copy_repository, snakemake

LONG_AGO = 1_000_000_000
OWN_FILE = "周末消息.csv"
RAW = "tests/data/sample/raw"
RECORD = {"record_provenance", "render_report", "write_manifest"}
# what holds words: the page on data quality, the publications, the gate (notes), the tables, the page to explore
PAGE = "explore_results"
SAID = {"build_quality_report", "build_publication", "release_results", "tabulate_results", PAGE}
UNUSED = [
    "scripts/jianfu/statistics/meta.py",  # no model of the plan pools results
    "scripts/jianfu/models/estimators/meta.py",
    "scripts/jianfu/models/own_tables.py",
    "scripts/jianfu/study/summary.py",
    "scripts/jianfu/onboarding/draft.py",
]


@contextmanager
def changed(folder, *paths, line="# a change", when=None):
    """A further ``line`` in each file, saved at the time ``when`` if one is given; the files are put back."""
    before = {path: (folder / path).read_bytes() for path in paths}
    try:
        for path, content in before.items():
            (folder / path).write_bytes(content + f"\n{line}\n".encode())
            if when:
                os.utime(folder / path, (when, when))
        yield
    finally:
        for path, content in before.items():
            (folder / path).write_bytes(content)


def listed(folder, *arguments, **options):
    """What a dry run lists: names of rules, and the tables that would be read."""
    plan = snakemake(folder, *arguments, "--dry-run", "--cores", "1", **options).stdout
    rules = set(re.findall(r"^(?:local)?rule (\w+):", plan, re.M)) - {"all"}
    return rules, set(re.findall(r"wildcards: .*table=(\w+)", plan))


def rerun(folder, *paths, **change):
    with changed(folder, *paths, **change):
        return listed(folder)[0]


def figures(rules):
    return {name for name in rules if name.startswith("plot_")}


def test_a_module_that_no_model_of_the_plan_uses_reruns_nothing(finished):
    assert rerun(finished, *UNUSED) == set()


def test_new_times_rerun_nothing(finished):
    """Raw files, plan, templates and scripts saved again, or unpacked from a zip of another time zone."""
    parts = [file for part in (RAW, "config", "workflow", "scripts") for file in (finished / part).rglob("*")]
    for number, file in enumerate(file for file in parts if file.is_file()):
        when = (time.time(), time.time() + 8 * 3600)[number % 2]
        os.utime(file, (when, when))
    assert listed(finished) == (set(), set())


def test_an_older_raw_file_reruns_what_was_read_from_it(finished):
    with changed(finished, f"{RAW}/减负政策清单.csv", line="P99,另一项政策,2024-05-01,,", when=LONG_AGO):
        rules, tables = listed(finished)
    assert tables == {"policies"} and {"fit_models", "record_provenance"} <= rules
    assert not {"build_indicators", "build_indices", "build_hazard_cells", "build_survey_scores"} & rules


def test_an_older_plan_file_reruns_what_uses_it(finished):
    rules = rerun(finished, "config/plan/checks.yaml", when=LONG_AGO)
    assert {"fit_models", "record_provenance", "release_results"} <= rules
    assert not {"ingest_table", "build_indices", "build_hazard_cells", "settle_tiers", "settle_plan"} & rules


def test_the_lock_reruns_everything_that_computes(finished):
    rules = rerun(finished, "requirements.txt", when=LONG_AGO)
    logs = {path.stem for path in (finished / "results" / "sample" / "logs").glob("*.log")}
    made = {re.sub("ingest_table_.*", "ingest_table", name) for name in logs}
    assert rules == made - {"build_answers"}  # of make check


def test_a_message_reruns_nothing(finished):
    assert rerun(finished, "config/plan/messages.csv", line="a_new_message,新,new") == set()


def test_a_label_reruns_what_says_it(finished):
    """Publications, figures, tables and report: no ingestion, no index, no model."""
    rules = rerun(finished, "config/plan/labels.csv", line="a_new_label,新,new")
    assert figures(rules) and rules - figures(rules) == SAID | RECORD


def test_the_language_reruns_what_is_written_in_it(finished):
    rules = rerun(finished, "config/provinces/sample.yaml", line="language: en", when=LONG_AGO)
    assert figures(rules) and rules - figures(rules) == SAID | RECORD


def test_the_style_of_figures_reruns_figures_and_report(finished):
    rules = rerun(finished, "scripts/jianfu/report/figures/style.py", when=LONG_AGO)
    assert figures(rules) and rules - figures(rules) == {*RECORD, PAGE}  # which shows rows that a figure chooses


def test_the_map_reruns_what_draws_it(finished):
    """Other boundaries: the job that draws the map, and what shows or lists figures."""
    rules = rerun(finished, "config/provinces/maps/sample.geojson", line="", when=LONG_AGO)
    assert figures(rules) == {"plot_tables"} and rules - figures(rules) <= {*RECORD, PAGE}


def test_an_estimator_of_the_plan_reruns_the_models_and_what_reads_them(finished):
    """The engine loads estimators by name; the rules follow them all the same."""
    rules = rerun(finished, "scripts/jianfu/models/estimators/mixed.py")
    assert {"fit_models", "release_results"} <= rules
    assert not {"ingest_table", "build_indices", "build_exposures", "build_hazard_cells"} & rules


TABLES = ("spells", "survey", "app_activity")
KEY = "a key of one office, long enough to be one"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A copy of the repository in which tables of a province of real persons were read, with a calendar and a table of its
    own and the indicators of both kinds."""
    folder = copy_repository(tmp_path_factory.mktemp("repository"))
    province = yaml.safe_load((folder / "config/provinces/sample.yaml").read_text(encoding="utf-8"))
    province["province"]["synthetic"] = False
    province["calendar"] = {"holidays": "days.csv"}
    for source in province["sources"]:
        if source["table"] == "app_activity":
            source["files"] = ["政务应用使用情况_202401.csv"]  # a short run
    (folder / RAW / OWN_FILE).write_text("单位代码,月份,条数\n390121001,2024-01,5\n", encoding="utf-8")
    columns = {"单位代码": "unit_code", "条数": "n"}
    own = {"table": "own", "name": "messages", "files": [OWN_FILE], "columns": columns, "types": {"n": "count"}}
    province["sources"].append(own)
    indicator = {"label_zh": "消息", "source": "own_messages", "expression": "sum(n)", "needs": "n"}
    province["plan"] = {"indicators": {"X1": indicator}}
    (folder / "config/provinces/days.csv").write_text("date,is_workday\n2024-03-01,0\n", encoding="utf-8")
    text = yaml.safe_dump(province, allow_unicode=True)
    (folder / "config/provinces/real.yaml").write_text(text, encoding="utf-8")
    snakemake(folder, "--cores", "2", *targets(), province="real", key=KEY)
    return folder


def targets():
    indicators = [f"results/real/restricted/{kind}.parquet" for kind in ("indicators", "own_indicators")]
    return [f"results/real/restricted/canonical/{table}.parquet" for table in TABLES] + indicators


def tables_read_again(folder, key=KEY):
    return listed(folder, *targets(), province="real", key=key)[1]


def test_another_key_reads_the_persons_again(real):
    assert tables_read_again(real, KEY + " and another") == {"spells", "survey"}
    assert tables_read_again(real, codecs.BOM_UTF8.decode() + KEY + "\r\n") == set()


def test_the_key_is_in_no_file(real):
    for root in (real / "results", real / ".snakemake"):
        for path in root.rglob("*"):
            assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_a_day_of_the_own_calendar_reads_activity_again(real):
    with changed(real, "config/provinces/days.csv", line="2024-03-08,0", when=LONG_AGO):
        assert tables_read_again(real) == {"app_activity"}


def test_another_file_of_an_own_source_reruns_what_reads_it_alone(real):
    with changed(real, f"{RAW}/{OWN_FILE}", line="390121001,2024-02,6", when=LONG_AGO):
        rules, tables = listed(real, *targets(), province="real", key=KEY)
    assert tables == {"own_messages"} and rules == {"ingest_table", "build_own_indicators"}


def test_the_order_of_the_keys_of_sources_reruns_nothing(real):
    file = real / "config/provinces/real.yaml"
    before = file.read_text(encoding="utf-8")
    province = yaml.safe_load(before)
    province["sources"] = [dict(reversed(source.items())) for source in province["sources"]]
    try:
        file.write_text(yaml.safe_dump(province, allow_unicode=True, sort_keys=False), encoding="utf-8")
        assert listed(real, *targets(), province="real", key=KEY) == (set(), set())
    finally:
        file.write_text(before, encoding="utf-8")


def test_a_moved_folder_reruns_nothing(real, tmp_path):
    moved = tmp_path / "另一处 folder"
    shutil.copytree(real, moved)
    away = real.with_name("away")
    real.rename(away)
    try:
        assert listed(moved, *targets(), province="real", key=KEY) == (set(), set())
    finally:
        away.rename(real)


# ------------------------------------------------------------------------------------------------ the province's plan

SAMPLE = "config/provinces/sample.yaml"
OVERLAY = {"overlay_plan", *RECORD}
MEASURED = {"ingest_table", "build_indicators", "build_indices", "build_exposures", "settle_tiers"}
OWN_MODEL = """plan:
  models:
    P1: {label_zh: 甲, role: robustness, estimator: ols, data: survey_scores, outcome: meaning, terms: [OD], cluster: unit}"""
OWN_INDICATOR = """plan:
  indicators: {X1: {label_zh: 甲, source: tasks, expression: number(is_task)}}"""


def test_an_own_word_reruns_what_says_it(finished):
    rules = rerun(finished, SAMPLE, line="plan: {labels: {OD: {zh: 负担密度}}}")
    assert rules - figures(rules) == SAID | OVERLAY


def test_an_own_model_reruns_the_fits_and_what_reads_them(finished):
    rules = rerun(finished, SAMPLE, line=OWN_MODEL)
    assert {"overlay_plan", "settle_plan", "fit_models", "release_results"} <= rules
    assert not (MEASURED | {"build_hazard_cells", "build_survey_scores", "build_dose_response"}) & rules


def test_another_cut_of_cohorts_reruns_persons_and_no_measure_of_burden(finished):
    rules = rerun(finished, SAMPLE, line="plan: {cohorts: {85后: 1985}}")
    assert {"build_hazard_cells", "build_survey_scores", "fit_models"} <= rules
    assert not MEASURED & rules


def test_two_changes_at_once_rerun_what_each_reruns_alone(finished):
    """A raw file that the check of rejects reads too, and a cut of cohorts: persons are made anew."""
    with changed(finished, f"{RAW}/减负政策清单.csv", line="P99,另一项政策,2024-05-01,,"):
        rules = rerun(finished, SAMPLE, line="plan: {cohorts: {85后: 1985}}")
    assert {"ingest_table", "check_rejects", "build_hazard_cells", "build_survey_scores"} <= rules


def test_an_own_indicator_outside_the_indices_moves_no_index(finished):
    rules = rerun(finished, SAMPLE, line=OWN_INDICATOR)
    assert {"build_own_indicators", "fit_models", "build_publication"} <= rules
    assert not (MEASURED | {"build_check_exposures", "build_index_sensitivity", "build_hazard_cells"}) & rules


def test_an_excluded_topic_reruns_what_is_made_of_the_log(finished):
    rules = rerun(finished, SAMPLE, line="exclude: {topics: [减负]}")
    assert {"build_indicators", "build_indices", "count_left_out", "fit_models"} <= rules
    assert not {"ingest_table", "build_hazard_cells", "build_survey_scores", "leave_out"} & rules
