"""Two provinces on a Slurm of two nodes on this machine, one of which dies in the middle: the bytes of a local run."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import ROOT, copy_repository, digests_of, snakemake

SLURM = Path(__file__).parent / "two_nodes.sh"
LOCK = ROOT / "requirements-slurm.txt"
PROVINCES = ("sample", "second")
GOAL = "indices"
# of a cluster without accounting, on nodes of one processor
ON_TWO_NODES = [
    *("--workflow-profile", "profiles/slurm", "--jobs", "4", "--cores", "2", "--max-threads", "1"),
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3"),
    *("--latency-wait", "15", "--default-resources", "slurm_account=x", "slurm_partition=main", "runtime=10"),
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(shutil.which, ("slurmctld", "slurmd", "sbatch", "munge"))) or os.geteuid() != 0,
        reason="no Slurm here that this user may start (slurmctld, slurmd, sbatch, munge; root)",
    ),
]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An interpreter that sees the packages of this one and, from their own lock, those of Slurm."""
    folder = tmp_path_factory.mktemp("plugin")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    found = folder / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    of = {
        each: subprocess.run([each, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
        for each in (sys.executable, str(found))
    }
    (Path(of[str(found)]) / "of_the_project.pth").write_text(of[sys.executable], encoding="utf-8")
    installed = subprocess.run(
        [found, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCK],
        capture_output=True,
        text=True,
    )
    if installed.returncode:
        pytest.skip(f"the plugin of requirements-slurm.txt cannot be installed: {installed.stderr[-300:]}")
    return str(found)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Folder of a running Slurm of the nodes n1 and n2."""
    folder = tmp_path_factory.mktemp("slurm")
    environment = {**os.environ, "SLURM_TEST_DIR": str(folder)}
    subprocess.run(["bash", SLURM, "start"], check=True, env=environment, stdout=subprocess.DEVNULL)
    starter = folder / "bin" / "srun"  # where the plugin starts a step, it has forgotten all variables of Slurm
    starter.parent.mkdir()
    starter.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
    starter.chmod(0o755)
    yield folder
    subprocess.run(["bash", SLURM, "stop"], check=True, env=environment)


def on_cluster(cluster):
    """Environment of a user of the cluster."""
    path = f"{cluster}/bin{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "SLURM_CONF": f"{cluster}/slurm.conf", "PATH": path}


def of_node(cluster, node):
    """Processes that Slurm's jobs have started on one node of this cluster, those that watch over them first."""
    found = []
    for process in psutil.process_iter():
        try:
            its = process.environ()
        except psutil.Error:
            continue
        if its.get("SLURMD_NODENAME") == node and its.get("SLURM_CONF") == str(cluster / "slurm.conf"):
            found.append(process)
    above = [parent for process in found for parent in process.parents() if parent.name() == "slurmstepd"]
    return list(dict.fromkeys([*above, *found]))


def lose_node(cluster, node, *, patience):
    """Wait for a job on the node, then end its daemon and everything that runs on it, as a power cut does."""
    end = time.monotonic() + patience
    while not (running := of_node(cluster, node)):
        assert time.monotonic() < end, f"no job came to {node} within {patience} s"
        time.sleep(0.2)
    time.sleep(4)
    os.kill(int((cluster / f"slurmd-{node}.pid").read_text()), signal.SIGKILL)
    for process in dict.fromkeys([*of_node(cluster, node), *running]):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def states(cluster):
    """``{node: state}`` as Slurm has them."""
    listed = subprocess.run(
        ["sinfo", "--noheader", "--Node", "--format=%N %T"],
        env=on_cluster(cluster),
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(line.split() for line in listed.stdout.splitlines())


def two_provinces(folder, *, pieces):
    """A copy of the repository with the sample province and another one of the same files, of which ``pieces`` jobs
    share those of a table (a block is one file here, as the sample is small)."""
    folder.mkdir()
    copy_repository(folder)
    library = folder / "scripts" / "jianfu" / "ingest" / "blocks.py"
    code = library.read_text(encoding="utf-8")
    assert "BLOCK_BYTES = 128 * 2**20" in code
    library.write_text(code.replace("BLOCK_BYTES = 128 * 2**20", "BLOCK_BYTES = 1"), encoding="utf-8")
    provinces = folder / "config" / "provinces"
    text = (provinces / "sample.yaml").read_text(encoding="utf-8").replace("示例省", "又一省")
    text = text.replace("  roster: opening\n", f"  roster: opening\n  pieces: {pieces}\n")
    (provinces / "second.yaml").write_text(text, encoding="utf-8")
    return folder


def test_two_provinces_on_two_nodes_of_which_one_dies(tmp_path, cluster, python):
    local, remote = two_provinces(tmp_path / "local", pieces=1), two_provinces(tmp_path / "remote", pieces=3)
    provinces = ",".join(PROVINCES)
    snakemake(local, GOAL, "--cores", "2", province=provinces)
    command = [python, "-m", "snakemake", GOAL, *ON_TWO_NODES, "--config", f"provinces={provinces}"]
    with open(tmp_path / "remote.log", "w", encoding="utf-8") as log:
        run = subprocess.Popen(command, cwd=remote, env=on_cluster(cluster), stdout=log, stderr=subprocess.STDOUT)
    lose_node(cluster, "n2", patience=240)
    assert run.wait(timeout=3600) == 0, (tmp_path / "remote.log").read_text(encoding="utf-8")[-3000:]
    assert states(cluster)["n2"].startswith("down")
    for province in PROVINCES:
        assert made(remote, province) == made(local, province)
    for spread in ("read_piece_tasks", "build_county_indicators"):
        assert len(list((remote / "results/second/benchmarks").glob(f"{spread}_*-of-3.tsv"))) == 3


def made(folder, province):
    """Digests of what a run made, without the record of how."""
    found = digests_of(folder / "results" / province)
    return {name: digest for name, digest in found.items() if not name.startswith("provenance/")}
