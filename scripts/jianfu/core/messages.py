"""The sentences of errors in the language of the user: config/plan/messages.csv (code, zh, en), else a label."""

import csv
from functools import cache
from pathlib import Path

from jianfu.core.personal import mask_numbers
from jianfu.core.reasons import Reason, say

PLAN = Path(__file__).parents[3] / "config" / "plan"
SEPARATORS = {"zh": "、", "en": ", "}
_spoken = {"language": "en"}


def speak(language: str) -> None:
    """Choose the language (zh or en) of this process's messages."""
    _spoken["language"] = language


def spoken() -> str:
    """The language chosen with :func:`speak`."""
    return _spoken["language"]


@cache
def sentences(language: str) -> dict[str, str]:
    """``{code: sentence}`` of all labels and messages in one language."""
    found = {}
    for name, key in (("labels", "key"), ("messages", "code")):
        with open(PLAN / f"{name}.csv", encoding="utf-8-sig", newline="") as file:
            found |= {row[key]: row[language] for row in csv.DictReader(file)}
    return found


def words(code: str, /, **values) -> str:
    """The words of a code with its values, in the language chosen with :func:`speak`."""
    return message(Reason(code, **values))


def message(reason: Reason, language: str | None = None) -> str:
    """A reason as a sentence for the screen, in the language chosen with :func:`speak` unless one is named.

    ID and mobile numbers among its values are masked.
    """
    language = language or spoken()
    return mask_numbers(say(reason, sentences(language).__getitem__, SEPARATORS[language]))
