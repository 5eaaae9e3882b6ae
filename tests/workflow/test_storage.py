"""A disk that is full, or a folder that is read-only: one sentence in the language of the system, and no traceback."""

import os
import shutil
import subprocess
import sys

import pytest
from conftest import copy_repository

FULL = "mkdir results && mount -t tmpfs -o size={size} none results"
READ_ONLY = 'mount --bind . . && mount -o remount,bind,ro "$PWD" && cd "$PWD"'
APART = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
SENTENCES = {"full": "磁盘已满，写不下了", "read-only": "文件夹或磁盘是只读的"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mounted", "why", "steps"),
    [
        (READ_ONLY, "read-only", 0),
        (FULL.format(size="40k"), "full", 0),  # before anything
        (FULL.format(size="1m"), "full", 2),  # while tables are read, two at a time
    ],
)
def test_what_cannot_be_stored_is_one_sentence(tmp_path, mounted, why, steps):
    if not shutil.which("unshare") or subprocess.run([*APART, "mount -t tmpfs none /mnt"]).returncode:
        pytest.skip("this system lets no process have mounts of its own")
    run = f'{mounted} && "{sys.executable}" jianfu.py run sample --cores 2'
    language = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*APART, run], cwd=copy_repository(tmp_path), env=language, capture_output=True, text=True
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if line]
    assert done.returncode and "Traceback" not in done.stdout + done.stderr
    assert 1 <= sum(SENTENCES[why] in line for line in said) <= max(1, steps), said
    assert steps or len(said) == 1
