"""What every test may rely on: messages are in English unless the test itself speaks another language.

Several workers (``pytest -n``) share the tests by groups: a file is one, all tests of the finished sample run are one.
"""

import pytest

from jianfu.core.messages import speak


@pytest.fixture(autouse=True)
def _english():
    yield
    speak("en")


def pytest_collection_modifyitems(items):
    """Put the workflow's tests, the longest, first, and each test into the group that shares its fixtures."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)
    for item in items:
        group = "finished" if "finished" in item.fixturenames else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
