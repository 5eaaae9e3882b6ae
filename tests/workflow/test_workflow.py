"""The sample province from raw files to report, and what may be expected of every run."""

import csv
import json
import re
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from conftest import ROOT, TOLD, copy_repository, digests, results, snakemake
from release_attack import attack
from sample_identifiers import found_in, identifiers, text_of

FIGURES = [
    "index_over_time",
    "county_heatmap",
    "issue_clock",
    "dose_response",
    "cumulative_incidence",
    "burnout_by_overload",
    "forest",
    "sample_flow",
]

def test_the_fixed_outputs_exist(finished):
    base = results(finished)
    expected = [
        "quality/row_counts.csv",
        "quality/answers.txt",
        "restricted/indicators.parquet",
        "restricted/indices.parquet",
        "restricted/anchors.json",
        "release/estimates.csv",
        "release/disclosure_log.csv",
        "provenance/run.json",
        "release/manifest.json",
        "provenance/config.yaml",
        *(f"release/report.{kind}" for kind in ("docx", "pdf", "html")),
        *(f"release/figures/{name}.{kind}" for name in FIGURES for kind in ("png", "pdf", "svg", "csv")),
        *(f"release/tables/main_regression.{kind}" for kind in ("xlsx", "csv")),
    ]
    assert [name for name in expected if not (base / name).is_file()] == []


def test_every_job_declares_the_memory_that_it_takes_and_the_run_says_the_most(finished):
    told = (finished / TOLD).read_text(encoding="utf-8")
    declared = dict(re.findall(r"benchmark: (\S+)\n(?:    .*\n)*?    resources: .*?\bmem_mb=(\d+)", told))
    files = list((results(finished) / "benchmarks").glob("*.tsv"))
    assert len(declared) >= len(files) > 30
    taken = {}
    for file in files:
        with open(file, encoding="utf-8", newline="") as table:
            rss = next(csv.DictReader(table, delimiter="\t"))["max_rss"]
        taken[file.relative_to(finished).as_posix()] = float(rss) if rss not in ("NA", "-") else 0.0
    over = {name: mb for name, mb in taken.items() if mb * 1.048576 > int(declared[name])}
    assert not over
    most = max(map(int, declared.values())) / 1000
    assert f"约需内存 {most:.1f} GB" in told


def test_second_run_does_nothing(finished):
    done = snakemake(finished, "--cores", "2")
    assert "Nothing to be done" in done.stdout + done.stderr


@pytest.mark.slow
def test_one_core_gives_the_same_bytes(finished, tmp_path):
    other = copy_repository(tmp_path)
    snakemake(other, "all", "check", "answers", "--cores", "1")
    assert digests(other) == digests(finished)


def test_every_job_left_a_log_and_a_benchmark(finished):
    base = results(finished)
    logs = {
        path.relative_to(base / "logs").with_suffix("").as_posix() for path in (base / "logs").rglob("*.log")
    }
    marks = {
        p.relative_to(base / "benchmarks").with_suffix("").as_posix()
        for p in (base / "benchmarks").rglob("*.tsv")
    }
    assert logs == marks and len(logs) > 20


def test_library_change_reruns_the_rules_that_use_it(finished, tmp_path):
    library = finished / "scripts" / "jianfu" / "indices" / "construction.py"
    before = library.read_text(encoding="utf-8")
    try:
        library.write_text(before + "\n# a change\n", encoding="utf-8")
        plan = snakemake(finished, "--dry-run", "--cores", "1").stdout
    finally:
        library.write_text(before, encoding="utf-8")
    assert "build_indices" in plan and "build_exposures" in plan
    assert "ingest_table" not in plan and "build_hazard_cells" not in plan


def test_setting_change_reruns_only_what_uses_it(finished):
    province = finished / "config" / "provinces" / "sample.yaml"
    before = province.read_text(encoding="utf-8")
    try:
        province.write_text(before + "\ndisclosure: {dominance: 0.8}\n", encoding="utf-8")
        plan = snakemake(finished, "--dry-run", "--cores", "1").stdout
    finally:
        province.write_text(before, encoding="utf-8")
    assert "release_results" in plan
    assert "ingest_table" not in plan and "fit_models" not in plan


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "config/provinces/wrong.yaml：没有“exlcude”这个键；是不是“exclude”？"),
        ("en", "config/provinces/wrong.yaml: unknown key 'exlcude'; did you mean 'exclude'?"),
    ],
)
def test_misspelt_key_stops_before_any_job(finished, language, sentence):
    text = f"language: {language}\nexlcude: {{}}\n"
    (finished / "config" / "provinces" / "wrong.yaml").write_text(text, encoding="utf-8")
    done = snakemake(finished, "--cores", "1", province="wrong", check=False)
    assert done.returncode != 0
    output = done.stdout + done.stderr
    assert sentence in output
    assert "Traceback" not in output and "rule " not in output


def test_province_file_outside_the_repository(finished, tmp_path):
    overlay = yaml.safe_load((finished / "config" / "provinces" / "sample.yaml").read_text(encoding="utf-8"))
    overlay["data"]["folder"] = str(finished / "tests" / "data" / "sample" / "raw")
    overlay["map"]["file"] = str(finished / "config" / "provinces" / overlay["map"]["file"])
    (tmp_path / "elsewhere.yaml").write_text(yaml.safe_dump(overlay, allow_unicode=True), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1", "--config"]
    command += ["provinces=elsewhere", f"provinces_dir={tmp_path}"]
    done = subprocess.run(command, cwd=finished, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "results/elsewhere/release/report.docx" in done.stdout
    assert "results/sample" not in done.stdout


def test_two_provinces_share_no_file(finished):
    (finished / "config" / "provinces" / "twin.yaml").write_text(
        (finished / "config" / "provinces" / "sample.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    plan = snakemake(finished, "--dry-run", "--cores", "1", province="twin,sample").stdout
    outputs = [line for line in plan.splitlines() if line.strip().startswith("output:")]
    assert outputs
    made = [[part for part in line.split() if part.startswith("results/")] for line in outputs]
    assert all(len({part.split("/")[1] for part in parts}) == 1 for parts in made)
    again = [part for parts in made for part in parts if part.startswith("results/sample/")]
    assert again and all("/publish/" in part or "/exchange/" in part for part in again)  # for the picture of both


def test_estimates_have_the_fixed_columns_and_add_up(finished):
    with open(results(finished) / "release" / "estimates.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = (
        "province hypothesis model role specification outcome exposure term scale estimate std_error ci_low ci_high "
        "p_value p_adjusted n_read n_used n_dropped dropped_by_reason n_units n_clusters n_events converged vcov note"
    )
    assert [name for name in columns.split() if name not in rows[0]] == []
    assert {"H1", "H2", "H3", "H5b"} <= {row["hypothesis"] for row in rows}
    assert {"primary", "placebo", "negative_control"} <= {row["role"] for row in rows}
    for row in rows:
        dropped = json.loads(row["dropped_by_reason"] or "{}")
        if row["n_used"] and row["n_read"]:  # the gate blanks n_read where less than ten were dropped
            assert float(row["n_read"]) - sum(dropped.values()) == float(row["n_used"]), row["model"]


def test_resolved_configuration_is_stored(finished):
    stored = yaml.safe_load((results(finished) / "provenance" / "config.yaml").read_text(encoding="utf-8"))
    assert stored["exposure"]["lags"] == [1, 3] and stored["data"]["window"] == ["2024-01", "2025-06"]
    record = json.loads((results(finished) / "provenance" / "run.json").read_text(encoding="utf-8"))
    assert len(record["inputs"]) == len(list((finished / "tests/data/sample/raw").iterdir()))


def test_snakemake_report_is_made_offline(finished):
    snakemake(finished, "--cores", "1", "--report", "workflow_report.html")
    page = (finished / "workflow_report.html").read_text(encoding="utf-8")
    assert all(name in page for name in FIGURES)


def test_rules_scripts_logs_benchmarks_share_one_name():
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        for block in path.read_text(encoding="utf-8").split("\nrule ")[1:]:
            name = block.split(":")[0]
            assert f"scripts/{name}.py" in block, f"{path.name}: rule {name} has another script"
            assert f"/{name}" in block.split("log:")[1].split("benchmark:")[0], (
                f"{name}: log has another name"
            )
            assert f"/{name}" in block.split("benchmark:")[1].split("params:")[0], f"{name}: benchmark"
            follows = "code=own_models_code" if name == "run_models_on" else f'code=code("{name}"'
            assert follows in block, f"{name}: does not follow its code"
            assert (ROOT / "scripts" / f"{name}.py").is_file()


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "snakemake", "--lint"],
        ["-m", "snakefmt", "--check", "Snakefile", "workflow"],
        ["-m", "ruff", "check", "."],
        ["-m", "ruff", "format", "--check", "."],
    ],
    ids=["snakemake --lint", "snakefmt", "ruff check", "ruff format"],
)
def test_style_checks_are_clean(command):
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_raw_identifier_in_any_file_of_the_run(finished):
    """Names, ID numbers and phone numbers of the sample appear nowhere under results/ and in no metadata."""
    raw = identifiers(finished / "tests" / "data" / "sample" / "raw")
    assert len(raw) > 1000
    files = [path for path in (finished / ".snakemake").rglob("*") if path.is_file()]
    files += [path for path in results(finished).rglob("*") if path.is_file()]
    assert {".parquet", ".xlsx", ".docx", ".html", ".json", ".log", ".csv", ".svg"} <= {path.suffix for path in files}
    for path in files:
        assert not found_in(f"{path.name}\n{text_of(path)}", raw), path.name


def test_an_attack_recovers_no_small_group_from_the_release(finished):
    """Sums, digits of figures, rate ratios and intervals; the attack finds planted groups in test_release_attack."""
    assert attack(results(finished) / "release") == []


def _verify(folder):
    command = [sys.executable, "jianfu.py", "verify", "sample"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def test_a_release_that_was_changed_is_not_verified(finished):
    file = results(finished) / "release" / "disclosure_log.csv"
    kept = file.read_bytes()
    try:
        file.write_bytes(kept + b"\n")
        assert _verify(finished) == (1, "发布之后有改动：有 1 个文件不同，第一个是 disclosure_log.csv")
    finally:
        file.write_bytes(kept)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("tests/data/sample/raw/减负政策清单.csv", "\n", " \n", "原始文件有 1 个不同，第一个是 provenance/run.json 所列的 减负政策清单.csv"),
        ("config/provinces/sample.yaml", "示例省", "示例省份", "省份设置不同"),
        ("config/plan/indicators.csv", ",0.5,", ",0.6,", "分析计划不同"),
    ],
)
def test_what_changed_is_named_before_anything_is_made_again(finished, name, old, new, said):
    file = finished / name
    kept = file.read_bytes()
    try:
        file.write_bytes(kept.replace(old.encode(), new.encode(), 1))
        assert file.read_bytes() != kept
        assert _verify(finished) == (1, f"发布之后有改动：{said}")
    finally:
        file.write_bytes(kept)


@pytest.mark.slow
def test_a_release_is_made_again_to_the_byte(finished):
    code, said = _verify(finished)
    assert code == 0 and "逐字节相同" in said, said
