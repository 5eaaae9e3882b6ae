"""What estimates say of themselves, in English, for tests."""

from pathlib import Path

from jianfu.core.labels import Labels
from jianfu.core.reasons import read_reasons
from jianfu.models.reasons import in_words

LABELS = Labels("en", str(Path(__file__).parents[1] / "config" / "plan" / "labels.csv"))


def told(rows):
    """The reasons of one row of estimates as text, or of a frame as a series of texts."""
    found = rows["reasons"]
    return _said(found) if isinstance(found, str) else found.map(_said)


def _said(text):
    return in_words(read_reasons(text), LABELS)
