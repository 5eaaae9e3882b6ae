"""Reasons at the gate: what counts persons or events leaves coarsely or not at all, whoever wrote it."""

import json
from collections.abc import Iterable

from jianfu.core.errors import DataError
from jianfu.core.reasons import Reason, read_reasons, write_reasons
from jianfu.models.estimates import missing
from jianfu.models.reasons import WITHHELD, Declared, because, codes
from jianfu.release.outputs import FEW_DIGITS

# What bounds few events of a model: its clusters and levels (coefficients) and those left out, as each other has one.
BOUNDS, DF, EVENTLESS = ("clusters", "coefficients"), "df", "levels_without_events"


def coarse_count(count: float, min_cell: int) -> str:
    """A count of persons or events to the nearest multiple of ``min_cell`` (``~60``), or as ``<10`` if below it."""
    return f"<{min_cell}" if count < min_cell else f"~{int(count / min_cell + 0.5) * min_cell}"


def coarse(reasons: list[Reason], min_cell: int, scarce: bool = False) -> list[Reason]:
    """The reasons that may leave, their counts of persons or events coarse (:func:`coarse_count`).

    Other figures keep ``FEW_DIGITS`` significant digits, as more would tell a count (:mod:`jianfu.release.ledger`).
    ``scarce``: of a row with fewer than ``min_cell`` events behind it, where clusters, degrees of freedom and levels
    without events would bound them.

    Those that would tell a count by another figure are left out (kind ``withheld``), and so is what
    ``no_observations`` says of the rows dropped: :func:`with_dropped` fills it from what is released of them. Raises
    :class:`DataError` for a reason that is not declared in :mod:`jianfu.models.reasons`.
    """
    declared = [(reason, _declared(reason)) for reason in reasons]
    return [
        _coarse(reason, known, min_cell, scarce)
        for reason, known in declared
        if known.kind != WITHHELD and not (scarce and (reason.code == EVENTLESS or DF in known.values))
    ]


def _declared(reason: Reason) -> Declared:
    known = codes().get(reason.code)
    if known is None or set(known.values) != set(reason.values):
        raise DataError("undeclared_reason", code=reason.code, values=sorted(reason.values))
    return known


def _coarse(reason: Reason, known: Declared, min_cell: int, scarce: bool) -> Reason:
    def told(name, value):
        if isinstance(value, Reason):
            return _coarse(value, _declared(value), min_cell, scarce)
        if isinstance(value, list) and any(isinstance(item, Reason) for item in value):
            return coarse(value, min_cell, scarce)
        if name in known.counts or scarce and name in BOUNDS:
            return coarse_count(value, min_cell)
        if isinstance(value, float) and not value.is_integer():
            return float(f"{value:.{FEW_DIGITS}g}")
        return value

    if reason.code == "no_observations":
        return because("no_observations", reasons=[])
    return Reason(reason.code, **{name: told(name, value) for name, value in reason.values.items()})


def with_dropped(reasons: list[Reason], row: dict) -> list[Reason]:
    """Reasons of a released row in which ``no_observations`` names the dropped rows as the row itself does."""
    return [_with_dropped(reason, row) for reason in reasons]


def _with_dropped(reason: Reason, row: dict) -> Reason:
    if reason.code == "not_estimable":
        return because("not_estimable", why=_with_dropped(reason.values["why"], row))
    if reason.code != "no_observations":
        return reason
    drops = json.loads(row["dropped_by_reason"])
    told = [because("dropped", reason=name, n=n) for name, n in sorted(drops.items())]
    if not told:
        told = [because("not_published" if missing(row["n_read"]) else "none_read")]
    return because("no_observations", reasons=told)


def tells_counts(reasons: list[Reason]) -> bool:
    """Whether one of the reasons, or one within it, tells a count of persons or events."""
    for reason in reasons:
        known = _declared(reason)
        if known.kind == WITHHELD or known.counts:
            return True
        within = [value if isinstance(value, list) else [value] for value in reason.values.values()]
        if tells_counts([item for items in within for item in items if isinstance(item, Reason)]):
            return True
    return False


def coarse_texts(
    texts: Iterable[str], min_cell: int, scarce: Iterable[bool] | None = None
) -> tuple[list[str], int]:
    """The texts of a column (:func:`~jianfu.core.reasons.write_reasons`) as they may leave, and how many told counts;
    ``scarce``: which of them are of rows with few events, as in :func:`coarse`."""
    reasons = [read_reasons(text) for text in texts]
    few = [False] * len(reasons) if scarce is None else scarce
    made = [write_reasons(coarse(own, min_cell, one)) for own, one in zip(reasons, few, strict=True)]
    return made, sum(map(tells_counts, reasons))
