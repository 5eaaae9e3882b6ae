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
    """Whole runs first, as they take longest."""
    items.sort(key=lambda item: WHOLE_RUNS not in item.path.parents)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each file in one process, and all whole runs in one, as they share what they have run."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = Path(nodeid.partition("::")[0])
            return WHOLE_RUNS.name if WHOLE_RUNS.name in file.parts else str(file)

    return ByFile(config, log)
