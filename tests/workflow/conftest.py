"""A copy of the repository in which the sample province has been run once, shared by the workflow tests."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ["Snakefile", "jianfu.py", "environment.yml", "requirements.txt", "profiles", "config", "workflow", "scripts"]
# Logs and benchmarks tell the time; everything else must be the same bytes on every run.
TIMED = ("logs", "benchmarks")
TOLD = "told.txt"  # in the folder of a run: what it said


def copy_repository(folder):
    """Copy what a run needs to ``folder``, with the byte code so that no copy compiles anew, and return it."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part)
        else:
            shutil.copy(source, folder / part)
    shutil.copytree(ROOT / "tests" / "data" / "sample", folder / "tests" / "data" / "sample")
    return folder


def snakemake(folder, *arguments, province="sample", check=True, key=None):
    """Run Snakemake in ``folder``, with a ``key`` for pseudonyms; returns the finished process with its output as text."""
    command = [sys.executable, "-m", "snakemake", *arguments, "--config", f"provinces={province}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JIANFU")}
    if key:
        environment["JIANFU_KEY"] = key
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    if check and done.returncode:
        raise AssertionError(f"snakemake {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done


def results(folder):
    return folder / "results" / "sample"


def digests(folder):
    """SHA-256 of every file under results/sample that does not tell the time."""
    return digests_of(results(folder))


def digests_of(base):
    """The same for the results of any province."""
    files = [
        path
        for path in sorted(base.rglob("*"))
        if path.is_file() and path.relative_to(base).parts[0] not in TIMED
    ]
    return {
        path.relative_to(base).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Folder in which the sample province has been run on two cores: make and make check."""
    folder = copy_repository(tmp_path_factory.mktemp("repository"))
    done = snakemake(folder, "all", "check", "answers", "--cores", "2")
    (folder / TOLD).write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder
