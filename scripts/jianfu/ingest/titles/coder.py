"""Titles coded by rules, every distinct title once."""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from jianfu.ingest.titles.deadlines import deadline_words
from jianfu.ingest.titles.rules import CODED, FLAGS, Rules

MOST_TOPICS = 2
COVERED = "〇"  # stands where a name or a negated part was
_STOPS = re.compile(r"[,;!?。]")


def normal(title: str) -> str:
    """A title as the patterns meet it: NFKC, lower case, no spaces, every comma, semicolon and stop as 。."""
    return _STOPS.sub("。", "".join(unicodedata.normalize("NFKC", title).lower().split()))


def code_titles(titles: Iterable[str | None], rules: Rules) -> pd.DataFrame:
    """One row per title: event_label, topic (one or two, comma between), veto_domain ("" where there is none), the
    flags (boolean) and deadline_in_title (the words, "" where there are none).

    A title that is missing or empty has nothing: "" and False; callers leave such rows out.
    """
    codes, distinct = pd.factorize(pd.Series(titles, dtype=object).fillna(""), use_na_sentinel=False)
    coded = _code([str(title) for title in distinct], rules)
    return coded.iloc[codes].reset_index(drop=True)


def _code(titles, rules):
    texts = [_readable(normal(title), rules) for title in titles]
    empty = np.array([not title.strip() for title in titles], bool)
    coded = {}
    for column in CODED:
        blinding = [pattern for pattern, blind in rules.negations if column in blind]
        seen = [_covered(text, blinding) for text in texts] if blinding else texts
        most = MOST_TOPICS if column == "topic" else 1
        coded[column] = np.where(empty, "", _values(seen, rules.columns[column], coded, most))
    frame = pd.DataFrame(coded)[["event_label", "topic", "veto_domain", *FLAGS]]
    frame[list(FLAGS)] = frame[list(FLAGS)] == "1"
    frame["deadline_in_title"] = [deadline_words(title) for title in titles]
    return frame


def _readable(text, rules):
    for pattern, right in rules.typos:
        text = pattern.sub(right, text)
    return _covered(text, rules.names)


def _covered(text, patterns):
    for pattern in patterns:
        text = pattern.sub(COVERED, text)
    return text


def _values(texts, rules, coded, most):
    """The value of the first rule that holds for each title; up to ``most`` different ones, comma between. A rule
    without a pattern is for what is left."""
    found = [[] for _ in texts]
    for rule in rules:
        room = most if rule.pattern.pattern else 1
        for place in np.flatnonzero(_given(rule, coded, len(texts))):
            values = found[place]
            if len(values) < room and rule.value not in values and _holds(rule, texts[place]):
                values.append(rule.value)
    return [",".join(values) for values in found]


def _holds(rule, text):
    """Whether the pattern is in the text and none of the exceptions."""
    return rule.pattern.search(text) and not (rule.exceptions and rule.exceptions.search(text))


def _given(rule, coded, height):
    """Mask of the titles for which the conditions of a rule hold."""
    held = np.ones(height, bool)
    for column, wanted, among in rule.given:
        held &= np.array([bool(among & set(value.split(","))) for value in coded[column]], bool) == wanted
    return held
