"""Every log says when the script began and ended, and holds warnings and tracebacks; the screen stays readable."""

import hashlib
import json
import platform
import subprocess
import sys
from pathlib import Path

import pandas
import pytest
from ingest_cases import ROOT

from jianfu.core.content import file_digest, mapping_digest


def run(code, tmp_path, language="en", output=("a.csv",), plan=None):
    """Output and log of a script that starts logging and then runs ``code``; its province speaks ``language``.

    plan: {file of the plan that it reads: digest}.
    """
    log = tmp_path / "logs" / "rule.log"
    text = (
        "from types import SimpleNamespace\nfrom jianfu.core import logs\nfrom jianfu.core.errors import DataError\n"
        f"config, wildcards = {{'languages': {{'demo': {language!r}}}}}, {{'province': 'demo'}}\n"
        f"made = {{'output': {list(output)!r}, 'params': SimpleNamespace(code={dict(plan or {})!r}),"
        f" 'input': {[path for path in plan or () if path != 'library']!r}}}\n"
        f"logs.start(SimpleNamespace(log=[{str(log)!r}], config=config, wildcards=wildcards, **made))\n{code}\n"
    )
    (tmp_path / "script.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    return done, log.read_text(encoding="utf-8")


def test_log_has_beginning_and_end(tmp_path):
    done, log = run("pass", tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "started" in log and "ended" in log


def test_what_makes_the_results_is_recorded(tmp_path):
    run("pass", tmp_path)
    record = json.loads((tmp_path / "provenance" / "jobs" / "rule.json").read_text(encoding="utf-8"))
    assert record["results"] == ["a.csv"] and record["code"] == mapping_digest({})
    assert record["lock"] == hashlib.sha256((ROOT / "requirements.txt").read_bytes()).hexdigest()
    assert (
        record["packages"]["pandas"] == pandas.__version__ and record["python"] == platform.python_version()
    )


def test_warning_goes_to_the_log_only(tmp_path):
    done, log = run("import warnings; warnings.warn('the matrix is singular')", tmp_path)
    assert "the matrix is singular" in log and "singular" not in done.stderr


def test_expected_failure_is_one_sentence_on_screen_and_a_traceback_in_the_log(tmp_path):
    failure = "raise DataError('own_table_empty', file='roster.xlsx')"
    for language, sentence in (
        ("en", "roster.xlsx: the file is empty; save the table again."),
        ("zh", "roster.xlsx：文件是空的；请重新保存。"),
    ):
        done, log = run(failure, tmp_path, language)
        assert done.returncode == 1 and done.stderr.strip() == sentence
        assert "Traceback" in log and sentence in log


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_full_disk_is_one_sentence(tmp_path):
    done, log = run("open('/dev/full', 'w').write('x' * 100_000)", tmp_path, "zh")
    assert done.returncode == 1 and done.stderr.strip().startswith("磁盘已满，写不下了")
    assert "\n" not in done.stderr.strip() and "Traceback" in log


def test_unexpected_failure_names_the_log(tmp_path):
    done, log = run("1 / 0", tmp_path)
    assert "Traceback" not in done.stderr and "rule.log" in done.stderr
    assert "ZeroDivisionError" in log and "Traceback" in log


@pytest.mark.parametrize("moment", ["before", "meanwhile", "never"])
def test_a_file_of_the_plan_that_changes_before_or_while_a_job_reads_it_fails_the_job(tmp_path, moment):
    """Also where it is put back before the end: what was made of it would pass for what the plan says."""
    plan = tmp_path / "labels.csv"
    plan.write_text("key,zh,en\n", encoding="utf-8")
    held = {"labels.csv": file_digest(plan), "library": "abc"}
    code = "open('labels.csv', 'a').write('x'); open('labels.csv', 'w').write('key,zh,en\\n')"
    if moment == "before":
        plan.write_text("key,zh\n", encoding="utf-8")
    done, log = run(code if moment == "meanwhile" else "pass", tmp_path, "en", plan=held)
    if moment == "never":
        assert done.returncode == 0 and done.stderr == ""
    else:
        assert done.returncode == 1 and done.stderr.strip().startswith("labels.csv: the file changed while")
        assert "labels.csv" in log


def test_progress_shows_on_screen_and_in_the_log(tmp_path):
    done, log = run("logs.progress('simulating', seed=7)", tmp_path, "zh")
    assert "随机种子 7" in done.stderr and "随机种子 7" in log


def test_what_passes_shows_in_a_terminal_alone(tmp_path):
    call = "logs.passing('reading_file', file='tasks.csv')"
    done, log = run(call, tmp_path, "zh")
    assert done.stderr == "" and "正在读 tasks.csv" in log
    done, log = run("import sys; sys.stderr.isatty = lambda: True; " + call, tmp_path, "zh")
    assert done.stderr.endswith("\x1b[2K正在读 tasks.csv") and "正在读 tasks.csv" in log


def test_only_the_user_can_enter_the_restricted_folder(tmp_path):
    output = tmp_path / "results" / "demo" / "restricted" / "canonical" / "spells.parquet"
    output.parent.mkdir(parents=True)
    (tmp_path / "results" / "demo" / "restricted").chmod(0o755)
    done, _ = run("pass", tmp_path, output=[str(output)])
    assert done.returncode == 0
    assert (tmp_path / "results" / "demo" / "restricted").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "results" / "demo").stat().st_mode & 0o077
