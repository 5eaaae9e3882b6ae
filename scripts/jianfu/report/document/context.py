"""Numbers of the report, taken from released files and the stored settings only."""

import json
from pathlib import Path

import pandas as pd
import yaml

from jianfu.core.environment import environment
from jianfu.core.labels import Labels
from jianfu.indices.roles import leading, read_roles
from jianfu.models.estimates import missing
from jianfu.models.reasons import FAILURE, codes, has
from jianfu.models.verdicts import (
    FEW_CLUSTERS,
    VERDICTS,
    check_result,
    expects_zero,
    headlines,
    hypothesis_rows,
    uncorrected_clusters,
    usable,
)
from jianfu.models.words import label_of_tests, model_label, said, term_label, text_of, verdict_label
from jianfu.province.plan import read_deviations
from jianfu.province.reference import reference_window
from jianfu.release.accounts import ROW_OUTCOMES, SOURCE_TABLES
from jianfu.release.outputs import TOTAL
from jianfu.report.compare import read_result
from jianfu.report.document import facts
from jianfu.report.document.plan_tables import (
    deviations_table,
    disclosure_table,
    indicators_table,
    members_left_out,
    members_table,
    sources_table,
    tiers_used,
)
from jianfu.report.document.sections import report_sections
from jianfu.report.document.steering import before_after_table, departures_table, registration_facts
from jianfu.report.reading import read_release
from jianfu.report.tables.estimates import POLICY, of_interest
from jianfu.report.tables.robustness import paired_with_pooled
from jianfu.report.tables.table import count
from jianfu.report.tables.write import read_results

FIGURES = (
    "sample_flow",
    "index_over_time",
    "county_heatmap",
    "issue_clock",
    "dose_response",
    "cumulative_incidence",
    "burnout_by_overload",
    "forest",
    "forest_all",
    "policy_event_study",
    "index_sensitivity",
)
TABLES = (
    "data_quality",
    "descriptives",
    "response_rates",
    "members",
    "scale_quality",
    "invariance_verdicts",
    "main_regression",
    "hypotheses",
    "outflow_models",
    "mediation",
    "policy_models",
    "scenarios",
    "checks",
    "identification_main",
    "robustness_main",
    "fe_versus_pooled",
    "index_diagnostics",
    "index_shares",
    "deviations",
    "departures",
    "before_after",
    "sources",
    "disclosure",
    "indicator_list",
)


def collect(release: str | Path, config, run, deviations, plan, labels: Labels) -> dict:
    """Everything the template prints.

    release: folder with the released files; config: resolved settings (YAML); run: record of the run (JSON);
    deviations: what departs from the common plan (CSV); plan: paths of the plan's files by name (hypotheses, models,
    tables, indices, index_roles, tiers; resolved, registrations and departures of rule record_provenance).
    """
    settings = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    alpha = round(1 - settings["inference"]["confidence"], 6)
    results = read_results(release, plan, labels, alpha)
    log = read_release(Path(release, "disclosure_log.csv"))
    changed, steered = read_deviations(deviations), registration_facts(plan)
    earlier = settings["report"]["compared_with"]
    compared = (
        [before_after_table(*map(read_result, (earlier, Path(release).parent)), labels)] if earlier else []
    )
    some = {"deviations": changed, "departures": steered["departures"], "before_after": compared}
    empty = {name for name, rows in some.items() if not rows}
    shown = [name for name in TABLES if name not in empty]
    weights = pd.read_csv(plan["indices"], encoding="utf-8-sig")
    indicators, quality = results.released["indicator_list"], results.released["data_quality"]
    return {
        **identity(settings, labels),
        **numbers(results, alpha, labels),
        **report_sections(results, alpha, labels),
        **figure_numbers(release, leading(read_roles(plan["index_roles"]))),
        "confidence": f"{settings['inference']['confidence']:.0%}",
        "age90": age_range(settings["data"]["window"]),
        "settings": settings,
        "reference": reference_window(settings["data"]["window"], settings["indices"]),
        "rows": row_totals(quality),
        "supplied": supplied(quality),
        "left_out": members_left_out(weights, indicators),
        "tiers": tiers_used(read_release(plan["tiers"]), weights, indicators),
        "withheld": int(log["cells"].sum()),
        "deviations": changed,
        **steered,
        "compared": bool(compared),
        "versions": json.loads(Path(run).read_text(encoding="utf-8")) | environment(),
        "table_order": shown,
        "tables": results.tables
        | {
            "members": members_table(weights, indicators, labels),
            "indicator_list": indicators_table(indicators, labels),
            "deviations": deviations_table(changed, results.estimates, results.released["left_out"], labels),
            "departures": departures_table(steered["departures"], labels),
            **{table.name: table for table in compared},
            "disclosure": disclosure_table(log, labels),
            "sources": sources_table(FIGURES, shown, labels),
        },
    }


def identity(settings, labels: Labels) -> dict:
    """Title page: names, dates and the mark of synthetic data."""
    zh = labels.language == "zh"
    first, last = settings["data"]["window"]
    synthetic = settings["province"]["synthetic"]
    return {
        "language": labels.language,
        "province": settings["province"]["name"][labels.language],
        "title": settings["report"]["title"] or labels("report_title"),
        "institution": settings["report"]["institution"],
        "author": settings["report"]["author"],
        "date": settings["report"]["date"] or (month_zh(last) if zh else last),
        "window": [month_zh(first), month_zh(last)] if zh else [first, last],
        "months": len(pd.period_range(first, last, freq="M")),
        "mark": labels("synthetic_mark") if synthetic else "",
        "synthetic": synthetic,
    }


def numbers(results, alpha: float, labels: Labels) -> dict:
    """What the sentences say about the estimates."""
    estimates, models = results.estimates, results.models
    tested = hypothesis_rows(estimates, results.checks, results.hypotheses, alpha)
    found = dict.fromkeys(results.hypotheses["hypothesis"])
    for plan, row, *_ in tested:
        if found[plan["hypothesis"]] is None and row is not None and usable(row):
            found[plan["hypothesis"]] = facts.effect(row, alpha)
    return {
        "effects": found,
        "verdicts": by_verdict(tested),
        "checks": check_facts(estimates, alpha),
        "confirmed": [
            (
                plan["hypothesis"],
                verdict_label(result, labels),
                label_of_tests(tests, labels) if tests else "",
            )
            for plan, _, result, tests in tested
            if plan["family"] == "confirmatory"
        ],
        "others": other_cohorts(estimates, results.hypotheses, alpha),
        "sample": facts.sample_counts(estimates),
        "pairs": [
            (
                fixed["hypothesis"],
                term_label(fixed["term"], labels),
                facts.effect(fixed, alpha),
                facts.effect(pooled, alpha),
            )
            for fixed, pooled in paired_with_pooled(estimates, models)
            if usable(fixed) and usable(pooled)
        ],
        "failed": failed_models(of_interest(estimates, models), models, labels),
        "clusters": clusters_by_error(tested, labels),
        "few_events": models_with_few_events(of_interest(estimates, models), models, labels),
    }


def by_verdict(tested) -> list[tuple[str, list[str]]]:
    """Names of the hypotheses by the verdict of their weakest line, in the order of VERDICTS."""
    found = headlines(tested)
    groups = {key: [name for name, code in found.items() if code == key] for key in VERDICTS}
    return [(key, names) for key, names in groups.items() if names]


def figure_numbers(release: str | Path, index: str) -> dict:
    """What the sentences say about the figures; ``index``: the leading one."""
    data = {name: read_release(Path(release, "figures", f"{name}.csv")) for name in FIGURES[1:6]}
    return {
        "burden": facts.burden_change(data["index_over_time"], index),
        "counties": facts.county_range(data["county_heatmap"]),
        "rest_eve": facts.rest_eve_share(data["issue_clock"]),
        "dose": facts.dose_extremes(data["dose_response"]),
        "incidence": facts.final_incidence(data["cumulative_incidence"]),
        "ranks": facts.rank_stability(read_release(Path(release, "figures", "county_ranks.csv")), index),
    }


def month_zh(month) -> str:
    """``2024-03`` as ``2024年3月``."""
    year, number = month.split("-")
    return f"{year}年{int(number)}月"


def age_range(window, born=("1990-01", "1999-12")) -> list[int]:
    """Youngest and oldest age in full years that a person born between the two months has in the window."""
    first, last = (pd.Period(month, freq="M").ordinal for month in window)
    oldest, youngest = (pd.Period(month, freq="M").ordinal for month in born)
    return [(first - youngest) // 12, (last - oldest) // 12]


def row_totals(quality) -> dict:
    """Files and source rows in total, from the released counts, and the share of rejected records (per cent).

    A count that is withheld is None.
    """
    total = quality[quality["table"] == TOTAL].iloc[0]
    names = ("files", "rows_read", *ROW_OUTCOMES, "bad_cells")
    totals = {name: None if missing(total[name]) else int(total[name]) for name in names}
    records = [totals[name] for name in ("kept", "duplicate", "rejected")]
    known = None not in records and sum(records) > 0
    return totals | {"share": 100 * totals["rejected"] / sum(records) if known else None}


def supplied(quality) -> list[str]:
    """Names of the kinds of source tables that files were given for."""
    return quality.loc[quality["table"].isin(SOURCE_TABLES) & (quality["files"] > 0), "table"].tolist()


def clusters_by_error(tested, labels: Labels) -> list[tuple[str, list[str], bool]]:
    """Hypotheses with few clusters by kind of errors: list of (words, hypotheses, whether made for few clusters)."""
    found = {}
    for plan, row, result, _ in tested:
        if result.code != "not_tested" and row["n_clusters"] < FEW_CLUSTERS:
            key = (text_of(f"vcov_{row['vcov']}", labels, row["vcov"]), not uncorrected_clusters(row))
            found.setdefault(key, {})[plan["hypothesis"]] = True
    return [(words, list(names), fit) for (words, fit), names in found.items()]


def models_with_few_events(
    estimates: pd.DataFrame, models: dict[str, dict], labels: Labels
) -> list[tuple[str, str, str]]:
    """Usable models with few events: (hypothesis, model, number of events)."""
    rows = [row for row in estimates.to_dict("records") if usable(row) and has(row["reasons"], "few_events")]
    found = [(r["hypothesis"], model_label(r["model"], models, labels), count(r["n_events"])) for r in rows]
    return list(dict.fromkeys(found))


def other_cohorts(estimates: pd.DataFrame, hypotheses: pd.DataFrame, alpha: float) -> dict | None:
    """The burden term of the interaction model of H3: the association outside the 1990s cohort."""
    model = hypotheses.loc[hypotheses["hypothesis"] == "H3", "model"]
    rows = estimates[
        estimates["model"].isin(model) & (estimates["role"] == "primary") & (estimates["term"] == "OD")
    ]
    found = [row for row in rows.to_dict("records") if usable(row)]
    return facts.effect(found[0], alpha) if found else None


def check_facts(estimates: pd.DataFrame, alpha: float) -> list[dict]:
    """Effects of the placebo lead and of the negative controls, which are expected to be zero."""
    return [
        {"role": row["role"], "result": check_result(row, estimates, alpha), **facts.effect(row, alpha)}
        for row in estimates.to_dict("records")
        if usable(row) and expects_zero(row) and row["hypothesis"] not in POLICY
    ]


def failed_models(
    estimates: pd.DataFrame, models: dict[str, dict], labels: Labels
) -> list[tuple[str, str, str, str]]:
    """Models without an estimate: (hypothesis, model, terms, why) in words; an estimate without error counts as one.

    The terms of a model that share a reason stand together, of a curve the first and the last.
    """
    found = {}
    for row in estimates.to_dict("records"):
        if missing(row["estimate"]) or row["converged"] is False:
            why = said([reason for reason in row["reasons"] if codes()[reason.code].kind == FAILURE], labels)
            key = row["hypothesis"], model_label(row["model"], models, labels), why
            found.setdefault(key, {})[term_label(row["term"], labels)] = True
    return [
        (hypothesis, model, labels("list_comma").join(terms) if len(terms) <= 3 else _ends(terms), why)
        for (hypothesis, model, why), terms in ((key, list(names)) for key, names in found.items())
    ]


def _ends(terms):
    return f"{terms[0]} … {terms[-1]}"
