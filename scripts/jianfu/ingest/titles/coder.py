"""Titles coded by rules, every distinct title once and only for the columns that are asked for."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from jianfu.ingest.schema import Column
from jianfu.ingest.titles.deadlines import words_of
from jianfu.ingest.titles.rules import FLAGS, Rules

DEADLINE = "deadline_in_title"
COLUMNS = ("event_label", "topic", "veto_domain", *FLAGS, DEADLINE)
JUDGED = ("event_label", "topic")
COVERED = "〇"  # stands where a name or a negated part was
_STOPS = re.compile(r"[,;!?。]")
# digits of a year, a month, a number in a series or of a document, which no rule of the plan tells from others
_NUMBERS = re.compile(
    r"(?<![0-9])[0-9]{4}(?=[年〕])|(?<=〕)[0-9]+(?=号)|(?<![0-9.复])[0-9]{1,2}(?=月)|(?<=第)[0-9]+(?=[轮批期次季])"
)


def normal(title: str) -> str:
    """A title as the patterns meet it: NFKC, lower case, no spaces, every comma, semicolon and stop as 。."""
    return _STOPS.sub("。", "".join(unicodedata.normalize("NFKC", title).lower().split()))


def alike(title: str, rules: Rules) -> str:
    """A title as ``rules`` tell it from others: normal, with years, months and numbers of documents as 7777年, 77月
    unless rules of the province name digits."""
    text = normal(title)
    return text if rules.name_digits else _NUMBERS.sub(lambda match: "7" * len(match[0]), text)


def code_titles(
    titles: Iterable[str | None], rules: Rules, *, columns: Collection[str] = COLUMNS
) -> pd.DataFrame:
    """One row per title with ``columns`` of :data:`COLUMNS`: event_label, topic (one or two, comma between),
    veto_domain ("" where there is none), the flags (boolean) and deadline_in_title (the words, or "").

    A title that is missing or empty has nothing: "" and False; callers leave such rows out.
    """
    codes, distinct = pd.factorize(pd.Series(titles, dtype=object).fillna(""), use_na_sentinel=False)
    distinct = [str(title) for title in distinct]
    coded = _code(distinct, rules, rules.needed(columns))
    if DEADLINE in columns:
        coded[DEADLINE] = np.array(words_of(distinct), object)
    frame = pd.DataFrame(
        {name: coded[name] for name in COLUMNS if name in columns}, range(len(distinct)), dtype=object
    )
    flags = [name for name in FLAGS if name in columns]
    frame[flags] = frame[flags] == "1"
    return frame.iloc[codes].reset_index(drop=True)


def undecided(titles: Iterable[str], rules: Rules) -> np.ndarray:
    """How many of :data:`JUDGED` only the rule for what is left decides, for each title."""
    told = {column: tuple(rule for rule in own if rule.pattern.text) for column, own in rules.columns.items()}
    frame = code_titles(titles, replace(rules, columns=told), columns=JUDGED)
    return (frame == "").sum(axis=1).to_numpy()


def in_column(values: pd.Series, column: Column) -> pd.Series:
    """Values of the coder as they stand in a canonical column: of two topics the first, is_veto from the domain."""
    if column.arrow == pa.bool_():
        return values.astype(bool)
    return values.str.partition(",")[0] if column.title == "topic" else values


def _code(titles, rules, columns):
    """{column: values of the titles}, every column after those that its rules' conditions name."""
    texts = _readable(titles, rules)
    empty = np.array([not title.strip() for title in titles], bool)
    coded, seen = {}, {}
    for column in columns:
        blinding = tuple(pattern for pattern, blind in rules.negations if column in blind)
        if blinding not in seen:
            seen[blinding] = _covered(texts, blinding)
        beside = rules.beside if column == "topic" else frozenset()
        values = _values(seen[blinding], rules.columns[column], coded, beside)
        coded[column] = np.where(empty, "", values)
    return coded


def _readable(titles, rules):
    texts = pa.array([normal(title) for title in titles], pa.string())
    for pattern, right in rules.typos:
        texts = pattern.replaced(texts, right)
    return _covered(texts, rules.names)


def _covered(texts, patterns):
    for pattern in patterns:
        texts = pattern.replaced(texts, COVERED)
    return texts


def _values(texts, rules, coded, beside):
    """The value of the first rule that holds for each title; a second one, comma between, where one of the two is in
    ``beside``. A rule without a pattern is for what is left."""
    found, two = np.full(len(texts), "", object), np.zeros(len(texts), bool)
    for rule in rules:
        free = found == ""
        if beside and rule.pattern.text:
            pairs = True if rule.value in beside else pd.Index(found).isin(beside)
            free |= ~two & (found != rule.value) & pairs
        places = np.flatnonzero(free & _given(rule, coded, len(texts)))
        places = places[_holding(rule, texts.take(pa.array(places)))]
        two[places] = found[places] != ""
        found[places] = np.where(two[places], found[places] + ",", "") + rule.value
    return found


def _holding(rule, texts):
    """Mask of the texts in which the pattern is found and none of the exceptions."""
    held = rule.pattern.found(texts)
    if rule.exceptions and held.any():
        held[held] = ~rule.exceptions.found(texts.filter(pa.array(held)))
    return held


def _given(rule, coded, height):
    """Mask of the titles for which the conditions of a rule hold."""
    held = np.ones(height, bool)
    for column, wanted, among in rule.given:
        codes, values = pd.factorize(coded[column])
        held &= np.array([bool(among & set(v.split(","))) == wanted for v in values], bool)[codes]
    return held
