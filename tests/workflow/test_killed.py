"""Runs that are killed: the same command goes on with no work by hand and ends in the same bytes."""

import os
import random
import signal
import subprocess
import sys

import pytest
from conftest import copy_repository, digests

KILLED = 30
SECONDS = (3, 40)  # a run is killed between these: while it starts, reads, fits, draws
RUN = [sys.executable, "jianfu.py", "run", "sample", "--cores", "2"]


@pytest.mark.slow
def test_killed_runs_go_on_and_end_in_the_same_bytes(finished, tmp_path):
    folder, moment = copy_repository(tmp_path), random.Random(20260101)
    for number in range(KILLED):
        run = subprocess.Popen(RUN, cwd=folder, start_new_session=True)
        try:
            run.wait(moment.uniform(*SECONDS))
        except subprocess.TimeoutExpired:
            # every other time its jobs live on without it, as after the end of a session
            (os.killpg if number % 2 else os.kill)(run.pid, signal.SIGKILL)
            run.wait()
    last = subprocess.run(RUN, cwd=folder, capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    assert "Traceback" not in last.stdout + last.stderr
    found, other = digests(folder), digests(finished)
    assert len(found) > 100 and found == {name: other.get(name) for name in found}
