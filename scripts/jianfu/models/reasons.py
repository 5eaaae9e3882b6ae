"""Everything that a model says of itself, as codes: why a figure is lacking, what limits it, how it was made.

A code is a row of config/plan/reasons.csv, its words are the label ``why_<code>`` of config/plan/labels.csv with the
values in their places; :func:`because` refuses what is not declared.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from jianfu.core.errors import NotEstimable
from jianfu.core.labels import Labels
from jianfu.core.messages import PLAN, SEPARATORS
from jianfu.core.reasons import Reason, say

FAILURE, CAUTION, REMARK, WITHHELD = "failure", "caution", "remark", "withheld"


@dataclass(frozen=True)
class Declared:
    """A code: its kind, the names of its values, and which of them count persons, events or observations.

    kind: ``failure`` why a figure is lacking, ``caution`` what limits the figures, ``remark`` how they were made,
    ``withheld`` what only the restricted results may tell, because it gives away the number of events.
    """

    kind: str
    values: tuple[str, ...]
    counts: tuple[str, ...] = ()


@cache
def codes() -> dict[str, Declared]:
    """Every declared code: config/plan/reasons.csv (code, kind, values, counts)."""
    with open(PLAN / "reasons.csv", encoding="utf-8-sig", newline="") as file:
        return {
            row["code"]: Declared(row["kind"], tuple(row["values"].split()), tuple(row["counts"].split()))
            for row in csv.DictReader(file)
        }


def because(code: str, /, **values) -> Reason:
    """A declared reason. Raises KeyError for an unknown code and TypeError for other values than it has."""
    names = codes()[code].values
    if set(values) != set(names):
        raise TypeError(f"{code} has the values {names}, not {tuple(values)}")
    return Reason(code, **values)


def unestimable(error: NotEstimable) -> Reason:
    """What the rows of a model say that stopped with ``error``."""
    return because("not_estimable", why=because(error.reason.code, **error.reason.values))


def failures(reasons: Sequence[Reason]) -> list[Reason]:
    """Why there is no estimate: the failures among the reasons, ``not_estimable`` opened."""
    found = [reason for reason in reasons if codes()[reason.code].kind == FAILURE]
    return [reason.values["why"] if reason.code == "not_estimable" else reason for reason in found]


def failure(reasons: Sequence[Reason]) -> Reason | None:
    """The first of :func:`failures`, or None."""
    return next(iter(failures(reasons)), None)


def has(reasons: Sequence[Reason], *codes: str) -> bool:
    """Whether one of the reasons has one of the codes."""
    return any(reason.code in codes for reason in reasons)


def degrees(reasons: Sequence[Reason]) -> float:
    """Degrees of freedom of the t distribution behind an interval; infinity where the reasons name none."""
    return next((one.data()["df"] for one in reasons if one.code in ("t", "satterthwaite")), float("inf"))


def in_words(
    reasons: Sequence[Reason], labels: Labels, name: Callable[[str], str] = str, between: str = "; "
) -> str:
    """Reasons in the language of ``labels``; ``name``: how a column, term or option among the values is called."""
    separator = SEPARATORS[labels.language]
    return between.join(
        say(reason, lambda code: labels(f"why_{code}"), separator, name) for reason in reasons
    )
