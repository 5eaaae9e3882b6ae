"""Numbers of the report, taken from released files and the stored settings only."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import yaml

from jianfu.config.files import read_yaml
from jianfu.core.environment import environment
from jianfu.core.labels import Labels
from jianfu.indices.roles import leading, read_roles
from jianfu.models.estimates import missing
from jianfu.models.reasons import FAILURE, codes, has
from jianfu.models.term import Term
from jianfu.models.verdicts import (
    FEW_CLUSTERS,
    VERDICTS,
    Decided,
    check_result,
    expects_zero,
    headlines,
    hypothesis_rows,
    uncorrected_clusters,
    usable,
)
from jianfu.models.words import model_label, said, term_label, text_of
from jianfu.province.plan import read_deviations
from jianfu.province.reference import reference_window
from jianfu.release.accounts import ROW_OUTCOMES, SOURCE_TABLES
from jianfu.release.outputs import TOTAL
from jianfu.report.compare import read_result
from jianfu.report.document import facts
from jianfu.report.document.findings import findings
from jianfu.report.document.plan_tables import (
    deviations_table,
    disclosure_table,
    indicators_table,
    members_left_out,
    members_table,
    numbers_table,
    sources_table,
    tiers_table,
    tiers_used,
)
from jianfu.report.document.quotes import Quotes
from jianfu.report.document.sections import report_sections
from jianfu.report.document.steering import before_after_table, departures_table, registration_facts
from jianfu.report.reading import read_release
from jianfu.report.tables.estimates import POLICY, of_interest
from jianfu.report.tables.robustness import paired_with_pooled
from jianfu.report.tables.scenarios import EXITS, OUTCOMES, projections_table
from jianfu.report.tables.table import count
from jianfu.report.tables.write import read_results

FIGURES = {  # figure: the released data it is drawn from, the column that is drawn, how many values make a figure
    "sample_flow": ("figures/sample_flow", "n", 1),
    "index_over_time": ("figures/index_over_time", "mean", 2),
    "county_heatmap": ("figures/county_heatmap", "mean", 2),
    "county_map": ("figures/county_heatmap", "mean", 2),
    "issue_clock": ("figures/issue_clock", "tasks", 2),
    "contributions": ("tables/issuer_contributions", "points", 2),
    "departments": ("tables/issuer_scorecard", "tasks", 2),
    "cascade": ("figures/cascade", "mean", 1),
    "paper_electronic": ("figures/documents_over_time", "paper", 2),
    "app_rule": ("tables/app_rule_audit", "before", 1),
    "dose_response": ("figures/dose_response", "rate", 3),
    "predictions": ("figures/predictions", "estimate", 3),
    "cumulative_incidence": ("figures/cumulative_incidence", "cumulative_incidence", 4),
    "burnout_by_overload": ("figures/burnout_by_overload", "burnout_mean", 3),
    "forest": ("figures/forest", "estimate", 1),
    "forest_all": ("figures/forest_all", "estimate", 1),
    "within_between": ("figures/within_between", "estimate", 3),
    "mediation_paths": ("figures/mediation_paths", "estimate", 2),
    "policy_event_study": ("figures/policy_event_study", "estimate", 3),
    "scenarios": ("tables/scenario_effects", "estimate", 1),
    "index_sensitivity": ("figures/county_ranks", "rank", 2),
}
DRAWN = {
    "scenarios": [EXITS, OUTCOMES[0]]
}  # figure: the quantities of its data that are drawn, where not all are


def collect(release: str | Path, config, run, deviations, plan, labels: Labels) -> dict:
    """Everything the templates print.

    release: folder with the released files; config: resolved settings (YAML); run: record of the run (JSON);
    deviations: what departs from the common plan (CSV); plan: paths of the plan's files by name (hypotheses, models,
    tables, exits, indices, index_roles, tiers; resolved, registrations and departures of rule record_provenance).
    """
    settings = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    alpha = round(1 - settings["inference"]["confidence"], 6)
    results = read_results(release, plan, labels, alpha)
    tested = hypothesis_rows(results.estimates, results.checks, results.hypotheses, alpha)
    log = read_release(Path(release, "disclosure_log.csv"))
    estimates = pd.concat([results.estimates, results.checks], ignore_index=True)
    changed, steered = read_deviations(deviations), registration_facts(plan)
    earlier = settings["report"]["compared_with"]
    compared = (
        [before_after_table(*map(read_result, (earlier, Path(release).parent)), labels)] if earlier else []
    )
    weights = pd.read_csv(plan["indices"], encoding="utf-8-sig")
    indicators, quality = results.released["indicator_list"], results.released["data_quality"]
    quotes = Quotes(release)
    exits = read_yaml(plan["exits"])
    index, burden = leading(read_roles(plan["index_roles"])), burden_term(results.hypotheses)
    found = findings(results, tested, quotes, labels, focus=exits["focus"], burden=burden)
    tables = results.tables | {
        "answers": found["answers"],
        "supported": found["supported"],
        "projections": projections_table(results.released["scenario_effects"], labels),
        "members": members_table(weights, indicators, labels),
        "tiers": tiers_table(read_release(plan["tiers"]), results.estimates, results.models, labels),
        "indicator_list": indicators_table(indicators, labels),
        "deviations": deviations_table(changed, estimates, results.released["left_out"], labels),
        "departures": departures_table(steered["departures"], labels),
        **{table.name: table for table in compared},
        "disclosure": disclosure_table(log, labels),
        "brief_numbers": numbers_table(quotes.table(), labels),
    }
    drawn = [name for name in FIGURES if is_drawn(release, name)]
    tables["sources"] = sources_table(drawn, tables, labels)
    return {
        **identity(settings, labels),
        **numbers(results, tested, alpha, labels),
        **report_sections(results, alpha, labels, focus=exits["focus"], burden=burden),
        **figure_numbers(release, index, exits["focus"]),
        **channel_numbers(release, results.released, index, exits["focus"], labels),
        **found,
        "quotes": quotes,
        "confidence": f"{settings['inference']['confidence']:.0%}",
        "young": labels("short_cohort_90s"),
        "ways_out": facts.ways_out(exits, labels),
        "ages": age_range(settings["data"]["window"], *facts.born_in(exits)),
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
        "tables": tables,
        "needs": needs([*FIGURES, *tables], settings, labels),
        "drawn": drawn,
    }


def is_drawn(release: str | Path, name: str) -> bool:
    """True if the released data of a figure hold enough values for it to show something."""
    file, column, least = FIGURES[name]
    data = read_release(Path(release, f"{file}.csv"))
    if name in DRAWN and "quantity" in data:
        data = data[data["quantity"].isin(DRAWN[name])]
    return column in data and int(data[column].notna().sum()) >= least


def needs(names, settings, labels: Labels) -> dict[str, str]:
    """What each table or figure would need to show something, as a sentence with the number from the settings."""
    limits = settings["disclosure"] | {"months": settings["indices"]["reference_months"]}
    found = {}
    for name in names:
        title = next(labels(key) for key in (f"figure_{name}", f"table_{name}") if key in labels)
        why = labels(f"need_{name}", **limits) if f"need_{name}" in labels else labels("need_data")
        found[name] = labels("not_shown", title=title, need=why)
    return found


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


def numbers(results, tested: Sequence[Decided], alpha: float, labels: Labels) -> dict:
    """What the sentences say about the estimates; tested: the lines of the plan with what decides them."""
    estimates, models = results.estimates, results.models
    found = dict.fromkeys(results.hypotheses["hypothesis"])
    deciding = {(plan["model"], plan["term"]) for plan, *_ in tested}
    for plan, row, *_ in tested:
        if found[plan["hypothesis"]] is None and row is not None and usable(row):
            found[plan["hypothesis"]] = facts.effect(row, alpha)
    return {
        "effects": found,
        "verdicts": by_verdict(tested),
        "checks": check_facts(estimates, alpha),
        "others": other_cohorts(estimates, results.hypotheses, alpha) if found.get("H3") else None,
        "sample": facts.sample_counts(estimates),
        "pairs": [
            (
                fixed["hypothesis"],
                term_label(fixed["term"], labels),
                facts.effect(fixed, alpha),
                facts.effect(pooled, alpha),
                (fixed["model"], fixed["term"]) in deciding,
            )
            for fixed, pooled in paired_with_pooled(estimates, models)
            if usable(fixed) and usable(pooled)
        ],
        "failed": failed_models(of_interest(estimates, models), models, labels),
        "clusters": clusters_by_error(tested, labels),
        "all_few": all(
            row["n_clusters"] < FEW_CLUSTERS for _, row, result, _ in tested if result.code != "not_tested"
        ),
        "few_events": models_with_few_events(of_interest(estimates, models), models, labels),
    }


def by_verdict(tested) -> list[tuple[str, list[str]]]:
    """Names of the hypotheses by the verdict of their weakest line, in the order of VERDICTS."""
    found = headlines(tested)
    groups = {key: [name for name, code in found.items() if code == key] for key in VERDICTS}
    return [(key, names) for key, names in groups.items() if names]


def figure_numbers(release: str | Path, index: str, focus: str) -> dict:
    """What the sentences say about the figures; ``index``: the leading one; ``focus``: the cohort in question."""
    names = ("index_over_time", "county_heatmap", "issue_clock", "dose_response", "cumulative_incidence")
    data = {name: read_release(Path(release, "figures", f"{name}.csv")) for name in names}
    return {
        "burden": facts.burden_change(data["index_over_time"], index),
        "counties": facts.county_range(data["county_heatmap"]),
        "rest_eve": facts.rest_eve_share(data["issue_clock"]),
        "dose": facts.dose_extremes(data["dose_response"], focus),
        "incidence": facts.final_incidence(data["cumulative_incidence"], focus),
        "ranks": facts.rank_stability(read_release(Path(release, "figures", "county_ranks.csv")), index),
    }


def channel_numbers(release: str | Path, released: dict, index: str, focus: str, labels: Labels) -> dict:
    """What the sentences say of where burden comes from and of what models predict of the cohort ``focus``."""
    names = ("cascade", "documents_over_time", "predictions", "within_between")
    data = {name: read_release(Path(release, "figures", f"{name}.csv")) for name in names}
    indicators = released["indicator_list"]
    return {
        "composition": facts.composition(released["issuer_contributions"], indicators, index, labels),
        "steps": facts.cascade_steps(data["cascade"], labels),
        "documents": facts.documents_change(data["documents_over_time"]),
        "audit": facts.app_audit(released["app_rule_audit"]),
        "lasted": facts.relief_lasted(released["relief_monitor"], index),
        "apart": facts.apart(data["within_between"]),
        "predicted": facts.predicted_exits(data["predictions"], focus),
    }


def month_zh(month) -> str:
    """``2024-03`` as ``2024年3月``."""
    year, number = month.split("-")
    return f"{year}年{int(number)}月"


def age_range(window, first: int | None, last: int | None) -> list[int | None]:
    """Youngest and oldest age in the window, in full years, of those born from ``first`` to ``last`` (None: open)."""
    begins, ends = (pd.Period(month, freq="M").ordinal for month in window)
    youngest = None if last is None else (begins - pd.Period(f"{last}-12", freq="M").ordinal) // 12
    return [youngest, None if first is None else (ends - pd.Period(f"{first}-01", freq="M").ordinal) // 12]


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
) -> list[tuple[str, str, str, bool]]:
    """Usable models with few events: (hypothesis, model, number of events, whether the gate has rounded it)."""
    rows = [row for row in estimates.to_dict("records") if usable(row) and has(row["reasons"], "few_events")]
    found = [
        (
            hypothesis_of(row),
            model_label(row["model"], models, labels),
            count(row["n_events"]),
            has(row["reasons"], "rounded"),
        )
        for row in rows
    ]
    return list(dict.fromkeys(found))


def hypothesis_of(row) -> str:
    """The hypothesis of an estimate, empty where its model belongs to none."""
    return "" if missing(row["hypothesis"]) else row["hypothesis"]


def burden_term(hypotheses: pd.DataFrame) -> str:
    """The burden in the models of exits: that of H2, empty where it is not asked."""
    return next((Term(term).first for term in hypotheses.loc[hypotheses["hypothesis"] == "H2", "term"]), "")


def other_cohorts(estimates: pd.DataFrame, hypotheses: pd.DataFrame, alpha: float) -> dict | None:
    """The burden term of the interaction model of H3: the association outside the cohort in question."""
    own = hypotheses[hypotheses["hypothesis"] == "H3"]
    burden = estimates["term"].isin(Term(term).first for term in own["term"])
    rows = estimates[estimates["model"].isin(own["model"]) & (estimates["role"] == "primary") & burden]
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
            key = hypothesis_of(row), model_label(row["model"], models, labels), why
            found.setdefault(key, {})[term_label(row["term"], labels)] = True
    return [
        (hypothesis, model, labels("list_comma").join(terms) if len(terms) <= 3 else _ends(terms), why)
        for (hypothesis, model, why), terms in ((key, list(names)) for key, names in found.items())
    ]


def _ends(terms):
    return f"{terms[0]} … {terms[-1]}"
