"""The sentences of errors in the language of the user: config/plan/messages.csv (code, zh, en), else a label."""

import csv
import ctypes
import os
from functools import cache
from pathlib import Path

from jianfu.core.personal import mask_numbers
from jianfu.core.reasons import Reason, say

ROOT = Path(__file__).parents[3]
PLAN = ROOT / "config" / "plan"
WHEELS = "wheels"  # the folder that a bundle has and a checkout has not
PROGRAM = "{jianfu}"  # how sentences write what a command begins with
SEPARATORS = {"zh": "、", "en": ", "}
_spoken = {"language": "en"}


def speak(language: str) -> None:
    """Choose the language (zh or en) of this process's messages."""
    _spoken["language"] = language


def spoken() -> str:
    """The language chosen with :func:`speak`."""
    return _spoken["language"]


def system_language() -> str:
    """en where the system speaks English, else zh."""
    if os.name == "nt":
        return "en" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == 9 else "zh"
    named = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
    return "en" if named.startswith("en") else "zh"


@cache
def sentences(language: str) -> dict[str, str]:
    """``{code: sentence}`` of all labels and messages in one language."""
    found = {}
    for name, key in (("labels", "key"), ("messages", "code")):
        with open(PLAN / f"{name}.csv", encoding="utf-8-sig", newline="") as file:
            found |= {row[key]: row[language].replace(PROGRAM, program()) for row in csv.DictReader(file)}
    return found


def program() -> str:
    """What a command is typed with here: the start file on Windows and in a bundle, else Python."""
    if os.name == "nt":
        return "开始.bat"
    return "sh 开始.sh" if (ROOT / WHEELS).is_dir() else "python3 jianfu.py"


def words(code: str, /, **values) -> str:
    """The words of a code with its values, in the language chosen with :func:`speak`."""
    return message(Reason(code, **values))


def message(reason: Reason, language: str | None = None) -> str:
    """A reason as a sentence for the screen, in the language chosen with :func:`speak` unless one is named.

    ID and mobile numbers among its values are masked.
    """
    language = language or spoken()
    return mask_numbers(say(reason, sentences(language).__getitem__, SEPARATORS[language]))
