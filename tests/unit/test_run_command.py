"""The start program: lines of progress, one sentence where a run cannot go on, remains of killed runs cleared."""

import errno
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from jianfu.commands import run
from jianfu.commands.progress import Progress, duration, earlier_seconds
from jianfu.core.errors import ConfigError, storage_failure
from jianfu.core.messages import speak
from jianfu.core.reasons import Reason

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def told():
    return []


def record(event, text="", **values):
    return SimpleNamespace(event=event, getMessage=lambda: text, **values)


def steps(progress, *rules):
    """Jobs of these rules, begun and finished one after the other."""
    for number, rule in enumerate(rules):
        progress.event(record(LogEvent.JOB_INFO, jobid=number, rule_name=rule))
        progress.event(record(LogEvent.JOB_FINISHED, job_id=number))


def test_steps_and_the_time_they_took_before(told):
    progress = Progress(told.append, seconds={"read": 100.0, "fit": 300.0}, cores=2, goals=("all",))
    progress.event(record(LogEvent.RUN_INFO, stats={"read": 2, "fit": 1, "draw": 1, "all": 1, "total": 5}))
    assert told == [
        "4 steps, about 6 minutes to go."
    ]  # 2 x 100 + 300 + 200 (as the mean rule), two at a time
    steps(progress, "read", "read", "fit", "draw", "all")
    progress.finish(True)
    assert told[1].startswith("Preparing and checking: 1 of 4 steps done after 1 seconds, about")
    assert told[4].startswith("Preparing and checking: 4 of 4 steps done after 1 seconds.")
    assert told[5].startswith("Done, after") and len(told) == 6


def test_a_first_run_knows_its_steps_only(told):
    progress = Progress(told.append, seconds={}, cores=1)
    progress.event(record(LogEvent.RUN_INFO, stats={"read": 30, "total": 30}))
    steps(progress, *["read"] * 30)
    assert told[0] == "30 steps." and "30 of 30 steps done" in told[-1] and len(told) == 11


def test_nothing_to_do(told):
    Progress(told.append, seconds={}, cores=1).finish(True)
    assert told == ["Nothing to do: all results are up to date."]


def test_pages_show_as_soon_as_they_are_up_to_date(told, tmp_path):
    for name in ("old", "new", "unchanged"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    pages = {"kept": [tmp_path / "old"], "made": [tmp_path / "new"]}
    progress = Progress(told.append, seconds={}, cores=1, pages=pages)
    progress.event(record(LogEvent.RUN_INFO, stats={"made": 1, "late": 1, "total": 2}))
    assert told[0] == "old"
    steps(progress, "made")
    assert "new" in told
    (tmp_path / "late.log").write_text("12:00 ERROR Traceback", encoding="utf-8")
    progress.event(record(LogEvent.JOB_ERROR, rule_name="late", log=[str(tmp_path / "late.log")]))
    progress.finish(False)
    assert told.count("new") == 1
    assert told[-1].startswith("Stopped at the step late") and "late.log" in told[-1]


def test_a_job_that_the_system_ends_gives_no_reason(told, tmp_path):
    progress = Progress(told.append, seconds={}, cores=1)
    (tmp_path / "fit.log").write_text("12:00 INFO started", encoding="utf-8")
    for log in ("fit.log", "absent.log"):
        progress.event(record(LogEvent.JOB_ERROR, rule_name="fit", log=[str(tmp_path / log)]))
    progress.finish(False)
    assert len(told) == 2 and all("gave no reason" in line and "--cores 1" in line for line in told)


def test_a_dry_run_ends_without_the_pages_that_it_does_not_make(told, tmp_path):
    progress = Progress(told.append, seconds={}, cores=1, pages={"made": [tmp_path / "not there"]})
    progress.finish(True)
    assert len(told) == 1


def test_a_page_that_was_not_made_is_not_shown(told, tmp_path):
    (tmp_path / "stale").write_text("stale", encoding="utf-8")
    progress = Progress(told.append, seconds={}, cores=1, pages={"made": [tmp_path / "stale"]})
    progress.event(record(LogEvent.RUN_INFO, stats={"made": 1, "total": 1}))
    progress.finish(False)
    assert "stale" not in told and told[-1].strip().startswith("The run did not come to its end")


def test_a_job_that_failed_says_why_itself(told, tmp_path):
    progress = Progress(told.append, seconds={}, cores=1)
    (tmp_path / "fit.log").write_text("12:00 ERROR Traceback", encoding="utf-8")
    progress.event(record(LogEvent.ERROR, "CalledProcessError: ...", exception="RuleException"))
    progress.event(record(LogEvent.JOB_ERROR, rule_name="fit", log=[str(tmp_path / "fit.log")]))
    progress.event(record(LogEvent.ERROR, "At least one job failed", exception="WorkflowError"))
    progress.finish(False)
    assert len(told) == 1 and told[0].startswith("Stopped at the step fit")


@pytest.mark.parametrize(
    ("exception", "text", "holders", "sentence"),
    [
        ("LockException", "locked", [7], "Another run (process 7) is at work in this folder"),
        ("LockException", "locked", [], "This folder is locked by another run"),
        ("OSError", "[Errno 28] No space left on device: 'x'", [], "The disk is full"),
        ("OSError", "[Errno 30] Read-only file system: 'x'", [], "cannot be written"),
        ("WorkflowError", "a rule\n  is wrong", [], "The run stopped: a rule is wrong"),
        (
            "OSError",
            "Traceback (most recent call last):\n  File x\nOSError: x\n",
            [],
            "The run stopped: OSError: x",
        ),
    ],
)
def test_why_a_run_stops_is_one_sentence(told, exception, text, holders, sentence):
    progress = Progress(told.append, seconds={}, cores=1, lock_holders=holders)
    progress.event(record(LogEvent.ERROR, text, exception=exception))
    progress.event(record(LogEvent.ERROR, "and so on", exception="WorkflowError"))
    progress.finish(False)
    assert len(told) == 1 and sentence in told[0] and "\n" not in told[0].strip()


def test_the_words_are_those_of_the_user(told):
    speak("zh")
    progress = Progress(told.append, seconds={}, cores=1, lock_holders=[7])
    progress.event(record(LogEvent.ERROR, "locked", exception="LockException"))
    progress.finish(False)
    assert told[0].strip() == "另一次运行（进程 7）正在使用这个文件夹；请等它结束后再运行同一条命令。"
    assert duration(59.6) == "60 秒" and duration(200) == "3 分钟"


def test_seconds_of_earlier_runs_are_those_of_the_province_first(tmp_path):
    lines = {"own/read": "s\th\n2.5\t0", "own/ingest_table_tasks": "s\n4", "own/ingest_table_units": "s\n2"}
    for name, text in (lines | {"other/read": "s\n9", "other/fit": "s\n7", "own/killed": "s"}).items():
        path = tmp_path / name.replace("/", "/benchmarks/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".tsv").write_text(text, encoding="utf-8")
    found = earlier_seconds(tmp_path, ["own"])
    assert (found["read"], found["ingest_table"], found["fit"]) == (2.5, 3.0, 7.0) and "killed" not in found


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "a.csv"), "disk_full"),
        (PermissionError(errno.EACCES, "Permission denied", "a.csv"), "folder_read_only"),
        (RuntimeError("IO Error: Could not write file: No space left on device"), "disk_full"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.csv"), None),
        (ValueError("of something else"), None),
    ],
)
def test_what_the_system_does_not_store(error, code):
    found = storage_failure(error)
    assert (found and found.code) == code
    assert code is None or found == Reason(code, place=getattr(error, "filename", None) or os.getcwd())


def test_a_folder_that_takes_no_file_stops_before_anything(tmp_path, monkeypatch):
    run.check_writable(tmp_path)

    def refuse(**_):
        raise OSError(errno.EROFS, "Read-only file system", str(tmp_path / "results"))

    monkeypatch.setattr(run.tempfile, "TemporaryFile", refuse)
    with pytest.raises(ConfigError, match=f"{tmp_path} cannot be written: the folder or disk is read-only"):
        run.check_writable(tmp_path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the lock of a run."""
    monkeypatch.chdir(tmp_path)
    run.LOCKS.mkdir(parents=True)
    (run.LOCKS / "0.output.lock").write_text("results/sample/quality/quality_summary.txt\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def started():
    processes = []

    def start(folder, *arguments):
        processes.append(subprocess.Popen([sys.executable, "-c", SLEEP, *arguments], cwd=folder))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_the_lock_and_the_jobs_of_a_killed_run_are_cleared(folder, told, started):
    job = started(folder, f"{folder}/.snakemake/scripts/tmpabc.fit_models.py")
    other = started(folder.parent, f"{folder.parent}/.snakemake/scripts/tmpabc.fit_models.py")
    assert run.clear_remains(folder, told.append) == []
    assert not run.LOCKS.exists() and job.poll() is not None and other.poll() is None
    assert told == ["An earlier run was cut off; its lock has been cleared and the run goes on from there."]
    assert run.clear_remains(folder, told.append) == [] and len(told) == 1


def test_the_lock_of_a_run_that_goes_on_is_left_alone(folder, told, started, monkeypatch):
    going = started(folder, "-m", "snakemake")
    monkeypatch.setattr(run, "is_run", lambda words: "snakemake" in words)
    assert run.clear_remains(folder, told.append) == [going.pid]
    assert (run.LOCKS / "0.output.lock").exists() and told == [] and going.poll() is None


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["/x/.venv/bin/python", "/x/.venv/bin/snakemake", "--cores", "2"], True),
        (["python", "-m", "snakemake", "-n"], True),
        ([".venv/bin/python", "jianfu.py", "check"], True),
        (["python", "C:\\项目\\jianfu.py", "run", "demo"], True),
        (["python", "jianfu.py", "figure", "demo", "forest"], True),
        (["python", "jianfu.py", "bundle", "windows"], False),
        (
            ["ld.so", "--argv0", "python3", "--library-path", "lib", "python.bin", "jianfu.py", "run", "a"],
            True,
        ),
        (
            ["ld.so", "--argv0", "python3", "--library-path", "lib", "python.bin", "jianfu.py", "clean", "a"],
            False,
        ),
        (["vim", "jianfu.py"], False),
        (["vim", "Snakefile"], False),
        (["make", "all"], False),
        ([], False),
    ],
)
def test_which_processes_are_runs(words, answer):
    assert run.is_run(words) == answer


def test_results_without_their_record_are_made_anew(folder):
    marks = folder / "results" / "sample" / "benchmarks"
    assert not run.record_lost(["sample"])
    marks.mkdir(parents=True)
    (marks / "fit_models.tsv").touch()
    assert run.record_lost(["sample"]) and not run.record_lost(["demo"])
    run.RECORDS.mkdir()
    (run.RECORDS / "abc").touch()
    assert not run.record_lost(["sample"])
