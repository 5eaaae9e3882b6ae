"""One source of truth for versions, and no address of a package registry anywhere."""

import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))


def pins(path):
    """Pinned packages of a lock file: {name: {versions}} (two versions where they differ by Python)."""
    found = {}
    for name, version in re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", path.read_text(), flags=re.M):
        found.setdefault(name, set()).add(version)
    return found


def test_development_lock_has_the_same_versions():
    runtime, development = pins(ROOT / "requirements.txt"), pins(ROOT / "requirements-dev.txt")
    assert runtime
    assert {name: development.get(name) for name in runtime} == runtime


def test_the_lock_for_slurm_changes_no_version_and_stands_apart():
    runtime, slurm = pins(ROOT / "requirements.txt"), pins(ROOT / "requirements-slurm.txt")
    added = slurm.keys() - runtime.keys()
    assert added == {"snakemake-executor-plugin-slurm", "snakemake-executor-plugin-slurm-jobstep"}
    assert all(slurm[name] <= runtime[name] for name in slurm.keys() - added)


def test_a_cluster_runs_as_one_machine_does():
    local, slurm = (
        yaml.safe_load((ROOT / "profiles" / name / "profile.yaml").read_text())
        for name in ("default", "slurm")
    )
    cores = local.pop("cores")
    assert cores and {key: slurm[key] for key in local} == local
    rules = set(re.findall(r"^rule (\w+):", "\n".join(f.read_text() for f in RULES), flags=re.M))
    assert slurm["set-resources"].keys() <= rules


def test_every_direct_dependency_is_locked():
    names = re.findall(r"^([A-Za-z0-9_.-]+)", (ROOT / "requirements.in").read_text(), flags=re.M)
    locked = pins(ROOT / "requirements.txt")
    assert names and all(name.lower().replace("_", "-") in locked for name in names)


def test_every_locked_package_has_a_hash():
    for lock in ("requirements.txt", "requirements-dev.txt", "requirements-slurm.txt"):
        blocks = re.split(r"^(?=[a-z0-9.-]+==)", (ROOT / lock).read_text(), flags=re.M)[1:]
        assert blocks and all("--hash=sha256:" in block for block in blocks)


def test_conda_environment_installs_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == ["--require-hashes", "-r requirements.txt"]


def test_no_file_names_a_package_registry():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    hosts = re.compile(r"(pypi\.(org|python)|pythonhosted|anaconda\.org|npmjs|index-url\s*[=h])", re.I)
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if path == Path(__file__) or not path.is_file() or "tests/data" in name:
            continue
        assert not hosts.search(path.read_bytes().decode("utf-8", "replace")), name
