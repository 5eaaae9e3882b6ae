"""What every test may rely on: messages are in English unless the test itself speaks another language."""

import pytest

from jianfu.core.messages import speak


@pytest.fixture(autouse=True)
def _english():
    yield
    speak("en")
