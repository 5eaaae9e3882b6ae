"""Runs that are killed: the same command goes on with no work by hand and ends in the same bytes."""

import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
from conftest import copy_repository, digests, results

KILLED = 30
SECONDS = (3, 40)  # a run is killed between these: while it starts, reads, fits, draws
RUN = [sys.executable, "jianfu.py", "run", "sample", "--cores", "2"]


@pytest.mark.slow
def test_killed_runs_go_on_and_end_in_the_same_bytes(finished, tmp_path):
    """Whenever the runs have come to an end between two kills, the next begins anew, so that every kill hits one."""
    folder, moment, killed = copy_repository(tmp_path), random.Random(20260101), 0
    while killed < KILLED:
        run = subprocess.Popen(RUN, cwd=folder, start_new_session=True)
        try:
            assert run.wait(moment.uniform(*SECONDS)) == 0
            _assert_same_bytes(folder, finished)
            shutil.rmtree(results(folder))
        except subprocess.TimeoutExpired:
            # every other time its jobs live on without it, as after the end of a session
            (os.killpg if killed % 2 else os.kill)(run.pid, signal.SIGKILL)
            run.wait()
            killed += 1
    last = subprocess.run(RUN, cwd=folder, capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    assert "Traceback" not in last.stdout + last.stderr
    _assert_same_bytes(folder, finished)


def _assert_same_bytes(folder, finished):
    found, other = digests(folder), digests(finished)
    assert len(found) > 100 and found == {name: other.get(name) for name in found}
