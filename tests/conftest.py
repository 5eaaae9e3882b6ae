"""What every test may rely on: messages are in English unless the test itself speaks another language.

As in a run, numerical libraries take one thread each: two processes with two threads each get in each other's way.
"""

import os
from pathlib import Path

import pytest

from jianfu.core.messages import speak

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
WHOLE_RUNS = Path(__file__).parent / "workflow"


@pytest.fixture(autouse=True)
def _english():
    yield
    speak("en")


def pytest_collection_modifyitems(items):
    """Whole runs first and in one process, as they share what they have run; the other files each in one."""
    items.sort(key=lambda item: WHOLE_RUNS not in item.path.parents)
    for item in items:
        whole = WHOLE_RUNS in item.path.parents
        item.add_marker(pytest.mark.xdist_group("whole runs" if whole else str(item.path)))
