"""Wordings: how they are compared, and how wide they stand in a terminal."""

import re
import unicodedata


def normal_wording(text):
    """A wording for lookup: half-width, without blanks, capitals."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def width(text: str) -> int:
    """Columns that a text fills in a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, columns: int, right: bool = False) -> str:
    """A text filled up with blanks, or cut with an ellipsis."""
    if width(text) > columns:
        while width(text) > columns - 2:
            text = text[:-1]
        text += "…"
    blanks = " " * (columns - width(text))
    return blanks + text if right else text + blanks
