"""What an estimate says of a hypothesis, and what the falsification tests beside it say of the estimate.

Decided from the figures of released estimates and the codes of their ``reasons``, by the rules of the theory (section
6): a hypothesis declares the smallest effect of interest, and the sign of an estimate that cannot be told from zero
decides nothing.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from jianfu.core.reasons import Reason
from jianfu.indices.exposures import ELSEWHERE, LEAD, Exposure
from jianfu.models.estimates import CHECK, missing
from jianfu.models.reasons import because, failures, has
from jianfu.models.term import Term
from jianfu.statistics import inference

VERDICTS = ("supported", "inconclusive", "negligible", "contrary", "not_tested")  # strongest first
DECIDING = ("primary", "robustness")  # roles of models that a hypothesis may name
EQUIVALENCE = 0.90  # level of the interval that two one-sided tests at 5 % leave
FEW_CLUSTERS = 40
SMALL_SAMPLE = ("CR2", "wild", "welch")  # errors made for few clusters
PASSED, FAILED, WEAK, NONE = "passed", "failed", "weak", "none"  # results of a falsification test
COMPANION = "companion"  # a row beside a test that is none itself
CONSTANT = "between"  # this one finds what does not change in a unit, which the estimate is without
SHARE = 0.5  # of the primary estimate, within which the interval of a test has to lie


@dataclass(frozen=True)
class Verdict:
    """One of :data:`VERDICTS`, and what it rests on: what limits the evidence, or why nothing was tested."""

    code: str
    reasons: tuple[Reason, ...] = ()


class Decided(NamedTuple):
    """A line of the plan with the estimate that decides it (None = no such row), its verdict, and the results of the
    falsification tests {name: :data:`PASSED` ...}."""

    plan: Mapping
    row: Mapping | None
    verdict: Verdict
    tests: Mapping[str, str] = {}


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


def narrower(row: Mapping, alpha: float, level: float = EQUIVALENCE) -> tuple[float, float]:
    """The interval of an estimate at ``level`` from its interval at 1 − ``alpha``: each side in proportion to the
    quantiles of its t distribution (those of the normal where the row names no degrees of freedom)."""
    df = next((reason.data()["df"] for reason in row["reasons"] if reason.code == "t"), float("inf"))
    share = inference.t_quantile(level, df) / inference.t_quantile(1 - alpha, df)
    below, above = (abs(row[end] - row["estimate"]) * share for end in ("ci_low", "ci_high"))
    return row["estimate"] - below, row["estimate"] + above


def verdict(row: Mapping | None, sign: str, smallest: float, alpha: float) -> Verdict:
    """Verdict on one estimate: predicted ``sign`` (``+``, ``-``, ``>=`` or ``=``), smallest effect of interest.

    ``negligible``: the 90 % interval lies within ± smallest; else ``supported`` or ``contrary`` by the adjusted p-value
    and the sign; else ``inconclusive``. For ``=`` the interval within ± smallest is support, and a significant estimate
    beyond it contrary. For ``>=`` (does not fall) it is support if the lower end lies above −smallest, and contrary if
    the upper one lies below. Limited evidence decides nothing.
    """
    if row is None or not usable(row):
        return Verdict("not_tested", () if row is None else tuple(failures(row["reasons"])))
    found = limits(row)
    return Verdict("inconclusive" if found else _code(row, sign, smallest, alpha), found)


def _code(row, sign, smallest, alpha):
    low, high = narrower(row, alpha)
    within = -smallest < low and high < smallest
    if sign == ">=":
        return "supported" if low > -smallest else "contrary" if high < -smallest else "inconclusive"
    if within:
        return "supported" if sign == "=" else "negligible"
    p_value = decisive_p(row)
    if missing(p_value) or p_value >= alpha:
        return "inconclusive"
    if sign == "=":
        return "contrary" if abs(row["estimate"]) > smallest else "inconclusive"
    return "supported" if (row["estimate"] > 0) == (sign == "+") else "contrary"


def sign_of(text: str) -> str:
    """``+``, ``-``, ``>=`` or ``=`` from the plan's predicted sign (``+``, ``>0``, ``−``, ``≥ 0``, ``≈ 0`` …)."""
    text = str(text).strip()
    if text.startswith((">=", "≥")):
        return ">="
    return "+" if "+" in text or ">" in text else "-" if set("-−<") & set(text) else "="


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
    estimates: pd.DataFrame, checks: pd.DataFrame, hypotheses: pd.DataFrame, alpha: float
) -> list[Decided]:
    """Every line of the plan with the estimate that decides it, its verdict, and what the tests beside it say.

    estimates: rows of the declared models; checks: rows of the checks beside them; hypotheses: the plan, with the
    smallest effect of interest of each line.
    """
    beside = {(row["model"], row["term"]): row for row in checks.to_dict("records")}
    found = []
    for plan, row in deciding_estimates(estimates, hypotheses):
        result = verdict(row, sign_of(plan["predicted_sign"]), float(plan["smallest"]), alpha)
        tests = {}
        if result.code != "not_tested":
            tests = {
                name: judged(beside.get((f"{plan['model']}{CHECK}{check}", term)), row, alpha)
                for name, (check, term) in falsifications(plan["term"]).items()
            }
        found.append(Decided(plan, row, result, tests))
    return found


def headlines(tested: Iterable[Decided]) -> dict[str, str]:
    """{hypothesis: verdict of its weakest line}; lines that were not tested count only where no other was."""
    found = {}
    for line in tested:
        found.setdefault(line.plan["hypothesis"], []).append(line.verdict.code)
    return {
        name: max([code for code in codes if code != "not_tested"] or codes, key=VERDICTS.index)
        for name, codes in found.items()
    }


# ------------------------------------------------------------------------------------------------ falsification tests


def falsifications(term: str) -> dict[str, tuple[str, str]]:
    """Tests that should find nothing, {name: (check beside the model, its term)}, for a term of interest.

    The first part of an interaction carries the change: the lead of ``OD:cohort_90s`` is ``OD_lead:cohort_90s``. A
    shock that all cohorts of a unit share makes exits come in bursts and leaves an interaction alone.
    """
    first, *rest = Term(term).names
    tail = "".join(f":{part}" for part in rest)
    return {
        "lead": ("lead", changed(term, variant=LEAD)),
        "retirement": ("retirement", term),
        "elsewhere": ("elsewhere", changed(term, variant=ELSEWHERE)),
        "between": ("within_between", f"between({first}, unit){tail}"),
        "year_before": ("year_before", term),
        "later": ("later", f"{first}_later{tail}"),
        **({} if rest else {"bursts": ("bursts", "bursts(unit)")}),
    }


def judged(row: Mapping | None, primary: Mapping | None, alpha: float) -> str:
    """What one falsification test says.

    :data:`FAILED` if it differs from zero, :data:`PASSED` if its 90 % interval lies within half of the primary
    estimate, else :data:`WEAK`; :data:`NONE` where there is no such test or nobody at risk.
    """
    if row is None or not usable(row) or missing(row["ci_low"]):
        return NONE
    if row["p_value"] < alpha:
        return WEAK if limits(row) else FAILED
    if primary is None or not usable(primary):
        return WEAK
    low, high = narrower(row, alpha)
    bound = SHARE * abs(primary["estimate"])
    return PASSED if -bound < low and high < bound and not limits(row) else WEAK


def summary(tests: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """All tests of a hypothesis in one word, and the names of those that say it: one that failed outweighs one that
    is too weak to tell, and that one those that passed.

    :data:`CONSTANT` says nothing of the estimate: where units differ for good it fails whether that is right or wrong
    (in 71 to 100 % of the provinces of the simulation study, and no more often with shocks that bias it).
    """
    for result in (FAILED, WEAK, PASSED):
        names = tuple(name for name, found in tests.items() if found == result and name != CONSTANT)
        if names:
            return result, names
    return NONE, ()


def changed(term: str, **changes) -> str:
    """A term with its first exposure changed: ``changed("OD:cohort_90s", variant=LEAD)`` is ``OD_lead:cohort_90s``."""
    first, *rest = Term(term).names
    return Term.product([dataclasses.replace(Exposure.of(first), **changes).term, *rest])


def expects_zero(row: Mapping) -> bool:
    """True if zero is expected: negative controls, and the lead (not the lag beside it) or false date of a placebo."""
    lead = any(Exposure.of(part).variant == LEAD for part in Term(row["term"]).names)
    return row["role"] == "negative_control" or (row["role"] == "placebo" and (lead or row["term"] == "att"))


def check_result(row: Mapping, estimates: pd.DataFrame, alpha: float) -> str:
    """What a declared placebo or negative control says, as :func:`judged` of the primary estimate of the same
    hypothesis and variable; :data:`COMPANION` for a row of such a model of which zero is not expected."""
    if usable(row) and not expects_zero(row):
        return COMPANION
    main = "" if missing(row["term"]) else changed(row["term"], variant="")  # a model without terms has none
    same = (estimates[["hypothesis", "role", "term"]] == [row["hypothesis"], "primary", main]).all(axis=1)
    found = [other for other in estimates[same].to_dict("records") if usable(other)]
    return judged(row, found[0] if found else None, alpha)
