"""What an estimate says of a hypothesis or a check: decided from its figures and the codes of its reasons.

Rows are those of the released estimates, with ``reasons`` as a list of :class:`~jianfu.core.reasons.Reason`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from jianfu.core.reasons import Reason
from jianfu.indices.exposures import LEAD, Exposure
from jianfu.models.estimates import missing
from jianfu.models.reasons import because, failures, has

VERDICTS = ("supported", "limited", "direction_only", "open", "not_supported", "contrary", "not_tested")
INSIGNIFICANT = ("direction_only", "open", "not_supported")  # verdicts whose power a reader has to know
DECIDING = ("primary", "robustness")  # roles of models that a hypothesis may name
FEW_CLUSTERS = 40
SMALL_SAMPLE = ("CR2", "wild", "welch")  # errors made for few clusters


@dataclass(frozen=True)
class Verdict:
    """One of :data:`VERDICTS`, and what it rests on: what limits the evidence, or why nothing was tested."""

    code: str
    reasons: tuple[Reason, ...] = ()


def usable(row: Mapping) -> bool:
    """True if the row carries an estimate with a standard error from a fit that converged."""
    return not missing(row["estimate"]) and not missing(row["std_error"]) and row["converged"] is not False


def decisive_p(row: Mapping) -> float:
    """The adjusted p-value where there is one, else that of the row."""
    return row["p_value"] if missing(row["p_adjusted"]) else row["p_adjusted"]


def uncorrected_clusters(row: Mapping) -> bool:
    """True if clusters, or treated ones, are too few for the errors that the row carries."""
    few = not missing(row["n_clusters"]) and row["n_clusters"] < FEW_CLUSTERS
    few = few or has(row["reasons"], "few_treated", "few_treated_uncorrected")
    return few and not any(kind in str(row["vcov"]) for kind in SMALL_SAMPLE)


def limits(row: Mapping) -> tuple[Reason, ...]:
    """What limits the evidence of an estimate: few events, or few clusters without a correction."""
    found = [because("few_events")] if has(row["reasons"], "few_events") else []
    if uncorrected_clusters(row):
        found.append(because("few_clusters", clusters=int(row["n_clusters"])))
    return tuple(found)


def verdict(row: Mapping | None, sign: str, alpha: float) -> Verdict:
    """Verdict on one estimate.

    ``sign`` is the predicted one (``+``, ``-``, ``>=``, ``0`` or ``=``); the adjusted p-value decides where there is
    one. For ``0`` the question is only whether the estimate differs from zero; for ``=`` the p-value is that of a test
    of equivalence to zero, and the question stays ``open`` where it is not shown. For ``>=`` (does not fall) an
    estimate that does not differ from zero leaves the question ``open`` whatever its sign: its interval holds a fall.
    Where the evidence is limited there is no ``supported`` and no ``contrary``.
    """
    if row is None or not usable(row):
        return Verdict("not_tested", () if row is None else tuple(failures(row["reasons"])))
    found = limits(row)
    return Verdict(_code(row, sign, alpha, limited=bool(found)), found)


def _code(row, sign, alpha, limited):
    p_value = decisive_p(row)
    significant = not missing(p_value) and p_value < alpha
    against = "not_supported" if limited else "contrary"
    if sign == "=":
        return ("limited" if limited else "supported") if significant else "open"
    if sign == "0":
        return against if significant else "supported"
    if sign == ">=" and not significant:
        return "open"
    agrees = row["estimate"] < 0 if sign == "-" else row["estimate"] > 0
    if not agrees:
        return against if significant else "not_supported"
    if not significant:
        return "direction_only"
    return "limited" if limited else "supported"


def sign_of(text: str) -> str:
    """``+``, ``-``, ``>=``, ``=`` or ``0`` from the plan's predicted sign (``+``, ``>0``, ``−``, ``≥ 0``, ``=`` …)."""
    text = str(text).strip()
    if text == "=":
        return "="
    if text.startswith((">=", "≥")):
        return ">="
    return "+" if "+" in text or ">" in text else "-" if set("-−<") & set(text) else "0"


def sign_text(text: str) -> str:
    """The plan's predicted sign in print: minus as minus, equivalence to zero as ``≈ 0``, no fall as ``≥ 0``."""
    return {"-": "−", "=": "≈ 0", ">=": "≥ 0"}.get(sign_of(text), sign_of(text))


def deciding_estimates(
    estimates: pd.DataFrame, hypotheses: pd.DataFrame
) -> list[tuple[dict, Mapping | None]]:
    """The plan's hypotheses with the estimate that decides: list of (plan row, estimate row or None)."""
    deciding = estimates[estimates["role"].isin(DECIDING)]
    found = []
    for plan in hypotheses.to_dict("records"):
        rows = deciding[(deciding["model"] == plan["model"]) & (deciding["term"] == plan["term"])]
        found.append((plan, rows.iloc[0] if len(rows) else None))
    return found


def hypothesis_rows(
    estimates: pd.DataFrame, hypotheses: pd.DataFrame, alpha: float
) -> list[tuple[dict, Mapping | None, Verdict]]:
    """The plan's hypotheses with the estimate that decides and its verdict."""
    return [
        (plan, row, verdict(row, sign_of(plan["predicted_sign"]), alpha))
        for plan, row in deciding_estimates(estimates, hypotheses)
    ]


def changed(term: str, **changes) -> str:
    """A term with its first exposure changed: ``changed("OD:cohort_90s", variant=LEAD)`` is ``OD_lead:cohort_90s``."""
    first, *rest = term.split(":")
    return ":".join([dataclasses.replace(Exposure.of(first), **changes).term, *rest])


def is_lead(term: str) -> bool:
    """True if a part of the term is an exposure after the month at risk."""
    return any(Exposure.of(part).variant == LEAD for part in str(term).split(":"))


def expects_zero(row: Mapping) -> bool:
    """True if zero is expected: negative controls, and the lead (not the lag beside it) or false date of a placebo."""
    placebo = row["role"] == "placebo" and (is_lead(row["term"]) or row["term"] == "att")
    return row["role"] == "negative_control" or placebo


def check_result(row: Mapping, estimates: pd.DataFrame, alpha: float) -> str:
    """Key of the result of one check.

    not_tested, companion; zero: like zero, and the interval excludes the main estimate (the primary one of the same
    hypothesis and variable); no_evidence: like zero, but not to be told from the main estimate; not_zero;
    not_zero_limited: differs from zero on limited evidence.
    """
    if not usable(row):
        return "not_tested"
    if not expects_zero(row):
        return "companion"
    if row["p_value"] < alpha:
        return "not_zero_limited" if limits(row) else "not_zero"
    main = changed(row["term"], variant="")
    same = (estimates[["hypothesis", "role", "term"]] == [row["hypothesis"], "primary", main]).all(axis=1)
    found = [other["estimate"] for other in estimates[same].to_dict("records") if usable(other)][:1]
    apart = found and not row["ci_low"] <= found[0] <= row["ci_high"]
    return "zero" if apart else "no_evidence"
