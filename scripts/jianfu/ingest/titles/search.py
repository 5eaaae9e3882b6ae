"""Patterns of Python met in many texts at once.

Arrow searches without lookahead and lookbehind, but many times faster than Python. A pattern that has them is searched
without them first, which finds all that the pattern finds and more; only these texts are searched by Python.
"""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ASSERTION = re.compile(r"\(\?<?[=!]")
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)  # an escape, a class or one character
_PYTHON_ALONE = re.compile(r"\\[A-OQRT-Za-oq-z]|\{,|\[\[")  # what Arrow reads otherwise than Python


class Search:
    """A pattern to be found in texts. Raises re.error where it does not compile."""

    def __init__(self, pattern: str):
        self.text = pattern
        self._python = re.compile(pattern)
        self._wide = widened(pattern)
        if _PYTHON_ALONE.search(self._wide) or not _known_to_arrow(self._wide):
            self._wide = ""

    def found(self, texts: pa.Array) -> np.ndarray:
        """Boolean array: texts (no nulls) in which the pattern is."""
        hits = pc.match_substring_regex(texts, self._wide).to_numpy(zero_copy_only=False)
        if self._wide != self.text:
            hits = hits.copy()
            doubtful = texts.filter(pa.array(hits)).to_pylist()
            hits[hits] = [bool(self._python.search(text)) for text in doubtful]
        return hits

    def replaced(self, texts: pa.Array, by: str) -> pa.Array:
        """The texts with ``by``, a template of :func:`re.sub`, for everything that the pattern finds."""
        hits = self.found(texts)
        if not hits.any():
            return texts
        new = [self._python.sub(by, text) for text in texts.filter(pa.array(hits)).to_pylist()]
        return pc.replace_with_mask(texts, pa.array(hits), pa.array(new, pa.string()))


def widened(pattern: str) -> str:
    """A pattern that is found wherever ``pattern`` is: without (?=…), (?!…), (?<=…), (?<!…), any numeral for \\d."""
    kept, depth, place = [], 0, 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)[0]
        if depth:
            depth += (token == "(") - (token == ")")
        elif _ASSERTION.match(pattern, place):
            depth = 1
        else:
            kept.append(token.replace(r"\d", r"\pN") if token != r"\\" else token)
        place += len(token)
    return "".join(kept)


def _known_to_arrow(pattern):
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        return False
    return True
