"""The rules of the title coder as data: config/plan/titles.csv and a province's own rows on top."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.spelling import did_you_mean
from jianfu.ingest.titles.search import Search

FLAGS = (
    "asks_table",
    "asks_text",
    "asks_photo",
    "asks_video",
    "asks_app",
    "has_score",
    "has_material_list",
    "has_rectify",
    "disguised",
    "emergency",
    "template",
    "ranking",
    "relief",
)
CODED = (
    "relief",
    "event_label",
    "topic",
    "veto_domain",
    *(flag for flag in FLAGS if flag not in ("relief", "disguised")),
    "disguised",
)
HELPERS = ("word", "typo", "name", "negation", "beside")  # rows that are no value of a column
OWN_PRIORITY = 1000  # rows of a province stand before those of the plan
_WORD = re.compile(r"\{([a-z_]+)\}")
_ANY_DIGIT = re.compile(r"\\d|0-9|\{[0-9, ]+\}")  # in a pattern: what tells no digit from another
_CONDITION = re.compile(r"([a-z_]+)(!?=)(\S+)")


@dataclass(frozen=True)
class Rule:
    """``column`` gets ``value`` where ``pattern`` is found, ``exceptions`` is not, and every condition of ``given``
    (column, whether one of the values is wanted or none, values) holds; a higher priority goes first."""

    column: str
    value: str
    pattern: Search
    exceptions: Search | None = None
    given: tuple[tuple[str, bool, frozenset], ...] = ()
    priority: int = 0


@dataclass(frozen=True)
class Rules:
    """``columns``: rules of each coded column, first one first. ``typos``: (pattern, right wording). ``names``:
    patterns in which no word counts. ``negations``: (pattern, columns that do not see what it covers). ``beside``:
    topics that stand beside another one; of two topics one is such. ``name_digits``: whether a province's own rules
    tell digits apart."""

    columns: Mapping[str, tuple[Rule, ...]]
    typos: tuple[tuple[Search, str], ...]
    names: tuple[Search, ...]
    negations: tuple[tuple[Search, frozenset], ...]
    beside: frozenset[str]
    name_digits: bool

    def needed(self, columns: Iterable[str]) -> tuple[str, ...]:
        """``columns`` and those that conditions of their rules name, in the order in which they are coded."""
        needed = set(columns)
        for column in reversed(CODED):
            if column in needed:
                needed |= {name for rule in self.columns[column] for name, _, _ in rule.given}
        return tuple(column for column in CODED if column in needed)


def load_rules(path: Path | str, own: Iterable[Mapping] = ()) -> Rules:
    """Rules of the plan (CSV column, value, priority, pattern, exceptions, given) with a province's ``own`` rows first.

    ``{word}`` in a pattern stands for the alternatives of the row ``word`` of that value. ``given`` holds conditions on
    columns coded before, such as ``event_label=调研|观摩 relief!=1``. Patterns are Python's and meet titles in normal
    form (:func:`jianfu.ingest.titles.coder.normal`); a rule without a pattern is for what is left. Raises ConfigError
    on an unknown column or word, a condition that is none and a pattern that does not compile.
    """
    rows, own = pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records"), list(own)
    patterns = [str(row.get(name) or "") for row in own for name in ("pattern", "exceptions")]
    name_digits = any(re.search("[0-9]", _ANY_DIGIT.sub("", pattern)) for pattern in patterns)
    rows = [{**row, "priority": int(row["priority"] or 0)} for row in rows]
    rows = [{**row, "priority": row.get("priority", 0) + OWN_PRIORITY} for row in own] + rows
    for row in rows:
        if row["column"] not in (*CODED, *HELPERS):
            advice = did_you_mean(row["column"], [*CODED, *HELPERS])
            raise ConfigError("title_rule_column", column=row["column"], advice=advice)
    words = {}
    for row in rows:
        if row["column"] == "word":
            alternatives = _spelled(row["pattern"], words)
            known = words.get(row["value"])
            words[row["value"]] = f"{known}|{alternatives}" if known else alternatives
    made = [_rule(row, words) for row in rows if row["column"] != "word"]
    made.sort(key=lambda rule: -rule.priority)
    return Rules(
        {column: tuple(rule for rule in made if rule.column == column) for column in CODED},
        tuple((rule.pattern, rule.value) for rule in made if rule.column == "typo"),
        tuple(rule.pattern for rule in made if rule.column == "name"),
        tuple((rule.pattern, frozenset(rule.value.split())) for rule in made if rule.column == "negation"),
        frozenset(rule.value for rule in made if rule.column == "beside"),
        name_digits,
    )


def check_rules(path: Path | str, own: Iterable[Mapping], file: str) -> None:
    """Raise :class:`ConfigError` for the first of a province's ``own`` rules that cannot be; file: its file."""
    try:
        load_rules(path, own)
    except ConfigError as error:
        raise ConfigError("in_file", file=file, what=error.reason) from None


def _rule(row, words):
    pattern, exceptions = (
        _compiled(row.get(name) or "", row["column"], words) for name in ("pattern", "exceptions")
    )
    given = tuple(_condition(text, row["column"]) for text in (row.get("given") or "").split())
    return Rule(
        row["column"],
        str(row.get("value") or ""),
        pattern,
        exceptions if row.get("exceptions") else None,
        given,
        row["priority"],
    )


def _compiled(text, column, words):
    try:
        return Search(_spelled(text, words))
    except re.error as error:
        raise ConfigError("title_rule_pattern", pattern=text, column=column) from error


def _condition(text, column):
    match, before = _CONDITION.fullmatch(text), CODED[: CODED.index(column)] if column in CODED else ()
    if not match or match[1] not in before:
        raise ConfigError("title_rule_given", given=text, column=column, known=list(before))
    return match[1], match[2] == "=", frozenset(match[3].split("|"))


def _spelled(pattern, words):
    """The pattern with every ``{word}`` replaced by its alternatives."""

    def alternatives(match):
        if match[1] not in words:
            raise ConfigError("title_rule_word", word=match[1], known=sorted(words))
        return f"(?:{words[match[1]]})"

    return _WORD.sub(alternatives, pattern)
