"""What the sentences on checks, survey scales, leaving and policies say, from released estimates and tables."""

from collections.abc import Mapping, Sequence

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.models.verdicts import FEW_CLUSTERS, PASSED, WEAK, judged, usable
from jianfu.models.words import outcome_label
from jianfu.report.document import facts
from jianfu.report.tables.effects import excess_rows, is_log, percent
from jianfu.report.tables.identification_main import beside, confirmatory
from jianfu.report.tables.table import number

PLACEBOS = ("lead", "retirement")
WAYS = ("H2_resign", "H2_select_exam", "H2_transfer")
SEGMENTED = ("H14_formal", "H14_disguised", "H14_total")
ROLLOUT = ("H14_formal_rollout", "H14_disguised_rollout")
PLACEBO_DATE = "H14_formal_placebo"
DOCUMENTS = ("H15_paper", "H15_electronic", "H15_total")
SILENT = {"above": "H1_silent_above", "below": "H1_silent_below", "stayed": "H1_stayed"}
EXITS_BY_MEDIATION = ("H5a_burnout_to_exits", "H5b_meaning_to_exits")


def report_sections(results, alpha: float, labels: Labels, *, focus: str, burden: str) -> dict:
    """Values of the template by name; what a province lacks is None or empty.

    results: as :func:`jianfu.report.tables.write.read_results` gives them; focus: the cohort in question; burden: the
    term of the burden in models of exits.
    """
    estimates, checks, models = results.estimates, results.checks, results.models
    beside_them = beside_facts(results, alpha)
    return {
        "beside": beside_them,
        "quiet": quiet_placebos(beside_them),
        "excess": excess_facts(checks, alpha, focus),
        "ways": [
            (outcome_label(row, labels), facts.effect(row, alpha))
            for row in (_row(estimates, name, burden) for name in WAYS)
            if row is not None
        ],
        "lags": _effect(_row(estimates, "H2_distributed_lag", f"{burden}_cumulative"), alpha),
        "curve": curve_facts(estimates, alpha, burden),
        "mediated": mediation_facts(estimates, alpha),
        "policy": policy_facts(estimates, models, alpha, labels),
        "scales": scale_facts(results.released, labels),
        "response": response_facts(results.released["survey_response"]),
        "silent": silent_facts(estimates, alpha, burden),
        "weights": weight_range(results.released["survey_response"]),
    }


def _row(estimates, model, term):
    rows = estimates[(estimates["model"] == model) & (estimates["term"] == term)].to_dict("records")
    return rows[0] if rows and usable(rows[0]) else None


def _effect(row, alpha):
    return None if row is None else facts.effect(row, alpha)


def silent_facts(estimates: pd.DataFrame, alpha: float, burden: str) -> dict:
    """H1 if those who did not answer lie above or below those who did, and with weights for those who left; None where
    there is no such estimate."""
    return {key: _effect(_row(estimates, name, burden), alpha) for key, name in SILENT.items()}


def beside_facts(results, alpha: float) -> list[dict]:
    """Placebos and sensitivity of every confirmatory hypothesis that has an estimate.

    One dict each: name; placebos {lead, retirement: effect, with the ``result`` of the test}; robustness_value (per
    cent), e_value, low and high (one county left out), detectable: texts, None where there is none.
    """
    found = []
    for plan, primary in confirmatory(results.estimates, results.hypotheses):
        if primary is None:
            continue
        rows = beside(results.checks, plan, results.levels)
        values = {name: None if row is None else number(row["estimate"]) for name, row in rows.items()}
        strength = rows["robustness_value"]
        found.append(
            values
            | {
                "name": plan["hypothesis"],
                "placebos": {
                    name: facts.effect(rows[name], alpha) | {"result": judged(rows[name], primary, alpha)}
                    for name in PLACEBOS
                    if rows[name] is not None and usable(rows[name])
                },
                "robustness_value": None if strength is None else number(100 * strength["estimate"], 1),
            }
        )
    return found


def quiet_placebos(beside: Sequence[Mapping]) -> dict[str, dict[str, list[str]]]:
    """{result: {placebo: hypotheses beside which it stands with this result}} of those that do not differ from zero:
    passed, or too weak to tell; of :func:`beside_facts`."""
    found = {PASSED: {}, WEAK: {}}
    for placebo in PLACEBOS:
        for one in beside:
            e = one["placebos"].get(placebo)
            if e is not None and not e["significant"] and e["result"] in found:
                found[e["result"]].setdefault(placebo, []).append(one["name"])
    return found


def excess_facts(checks: pd.DataFrame, alpha: float, focus: str) -> dict:
    """Excess exits per 1,000 person-months: of all, and of the cohort ``focus`` less the others; None where missing."""
    all_persons = excess_rows(checks, "H2_exits").get("")
    young = excess_rows(checks, "H3_within_cohorts").get(f"{focus} - others")
    pairs = {"all": all_persons, "young": young}
    return {
        key: _effect(row if row is not None and usable(row) else None, alpha) for key, row in pairs.items()
    }


def curve_facts(estimates: pd.DataFrame, alpha: float, burden: str) -> dict | None:
    """Ends of the dose-response curve against the mean of the exposure; None if either is missing."""
    low, high = (_effect(_row(estimates, "H2_spline", f"{burden}={end}"), alpha) for end in (-2, 2))
    return {"low": low, "high": high} if low and high else None


def mediation_facts(estimates: pd.DataFrame, alpha: float) -> dict:
    """Indirect association with exits through burnout and meaning, per 1,000 person-months: {hypothesis: effect}."""
    rows = estimates[estimates["model"].isin(EXITS_BY_MEDIATION)]
    rows = rows[rows["term"].astype(str).str.endswith("_indirect")]
    return {row["hypothesis"]: facts.effect(row, alpha) for row in rows.to_dict("records") if usable(row)}


def policy_facts(estimates: pd.DataFrame, models: dict[str, dict], alpha: float, labels: Labels) -> dict:
    """Changes after relief rules (provincial date, roll-out by county, placebo date), and trends of documents."""
    return {
        "levels": [
            (outcome_label(row, labels), _changed(row, models, alpha))
            for row in (_row(estimates, name, "level_relief_national") for name in SEGMENTED)
            if row is not None
        ],
        "rollout": [
            (outcome_label(row, labels), facts.effect(row, alpha), early_months(estimates, row["model"]))
            for row in (_row(estimates, name, "att") for name in ROLLOUT)
            if row is not None
        ],
        "few_counties": few_counties(estimates),
        "placebo": _effect(_row(estimates, PLACEBO_DATE, "att"), alpha),
        "documents": [
            (outcome_label(row, labels), facts.effect(row, alpha))
            for row in (_row(estimates, name, "trend") for name in DOCUMENTS)
            if row is not None
        ],
    }


def few_counties(estimates: pd.DataFrame) -> int | None:
    """Counties behind the roll-out with the fewest, where these are few clusters, else None."""
    rows = (_row(estimates, name, "att") for name in ROLLOUT)
    fewest = min((int(row["n_clusters"]) for row in rows if row is not None), default=None)
    return fewest if fewest is not None and fewest < FEW_CLUSTERS else None


def _changed(row, models, alpha):
    """An effect with ``percent`` where it is a change of a logarithm, else None there."""
    if row is None:
        return None
    return facts.effect(row, alpha) | {"percent": percent(row) if is_log(row["model"], models) else None}


def early_months(estimates: pd.DataFrame, model) -> tuple[int, int]:
    """Months before the start in an event study, and those whose band excludes zero: (all, apart)."""
    rows = estimates[(estimates["model"] == model) & estimates["term"].astype(str).str.startswith("event_-")]
    rows = rows[rows["ci_low"].notna()]
    return len(rows), int(((rows["ci_low"] > 0) | (rows["ci_high"] < 0)).sum())


def scale_facts(released, labels: Labels) -> dict | None:
    """Range of alpha, how many scales and groupings were tested for invariance, which groupings, and which of them do
    not reach the scalar model: None where nothing is published."""
    alpha = released["scale_reliability"]["alpha"].dropna()
    invariance = released["measurement_invariance"].drop_duplicates(["scale", "grouping"])
    tested = invariance[invariance["verdict"].map(lambda verdict: not missing(verdict))]
    weak = [
        (
            labels(f"outcome_{row['scale']}"),
            labels(f"value_{row['grouping']}"),
            labels(f"value_verdict_{row['verdict']}"),
        )
        for row in tested.to_dict("records")
        if row["verdict"] != "scalar"
    ]
    if alpha.empty:
        return None
    return {
        "low": number(alpha.min(), 2),
        "high": number(alpha.max(), 2),
        "tested": len(tested),
        "groupings": [labels(f"value_{name}") for name in dict.fromkeys(tested["grouping"])],
        "weak": weak,
    }


def response_facts(response: pd.DataFrame) -> list[tuple[str, str]]:
    """Response rate of each wave as (wave, per cent), from the row of all persons."""
    rows = response[(response["level"] == "all") & response["rate"].notna()].drop_duplicates("wave")
    return [(f"{row['wave']:.0f}", number(100 * row["rate"], 0)) for row in rows.to_dict("records")]


def weight_range(response: pd.DataFrame) -> dict | None:
    """Smallest and largest mean weight of the groups shown; None where none is."""
    weights = response.loc[response["level"] != "all", "weight"].dropna()
    return {"low": number(weights.min(), 2), "high": number(weights.max(), 2)} if len(weights) else None
