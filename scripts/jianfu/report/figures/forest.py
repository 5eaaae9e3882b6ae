"""Figure: estimates of the confirmatory hypotheses, with robustness, placebo and control rows in lighter ink."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from jianfu.config.files import read_yaml
from jianfu.core.spreadsheets import write_csv
from jianfu.models.estimates import is_check
from jianfu.models.term import Term
from jianfu.models.verdicts import Decided, hypothesis_rows, sign_text, summary, usable
from jianfu.models.words import model_label, term_label, text_of, verdict_label
from jianfu.report.figures.lines import Line, draw_blocks, legend_of
from jianfu.report.figures.style import GREY, INK, blank, finish
from jianfu.report.reading import read_estimates
from jianfu.report.tables.estimates import of_interest

CHECK = "#4f7ca8"
LOOKS = {
    "primary": {"marker": "s", "color": INK, "markersize": 5, "markerfacecolor": INK, "elinewidth": 1.3},
    "robustness": {"marker": "o", "color": GREY, "markersize": 3.8, "markerfacecolor": GREY},
    "pooled": {"marker": "D", "color": GREY, "markersize": 3.8, "markerfacecolor": "white"},
    "placebo": {"marker": "^", "color": CHECK, "markersize": 4.2, "markerfacecolor": "white"},
    "negative_control": {"marker": "v", "color": CHECK, "markersize": 4.2, "markerfacecolor": "white"},
}
ROLES = tuple(LOOKS)
FAMILY = "confirmatory"
MOST_TERMS = 3  # a model with more of them is a curve and has no place among single estimates


@cache  # the figures of a job ask for the same
def read_tested(
    estimates, hypotheses, models, alpha
) -> tuple[pd.DataFrame, pd.DataFrame, list[Decided], dict]:
    """Released estimates of the declared models and of the checks beside them, the plan's hypotheses with their
    verdicts, and models by name.

    estimates, hypotheses, models: paths; the reasons of the estimates lie beside them.
    """
    plan = pd.read_csv(hypotheses, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    by_name = {model["name"]: model for model in read_yaml(models)["models"]}
    released = read_estimates(Path(estimates).parent)
    declared, checks = released[~is_check(released)], released[is_check(released)]
    return declared, checks, hypothesis_rows(declared, checks, plan, alpha), by_name


def read(estimates, hypotheses, models, alpha, csv) -> tuple[pd.DataFrame, list[Decided], dict]:
    """Rows of the figure (also written to ``csv``), hypotheses with their verdicts and models by name, from paths.

    What the release says of synthetic data stands in the column ``note`` of the estimates.
    """
    declared, _, tested, by_name = read_tested(estimates, hypotheses, models, alpha)
    rows = forest_rows(declared, tested, by_name)
    write_csv(rows.drop(columns="reasons"), csv, digits=10)
    return rows, tested, by_name


def forest_rows(estimates, tested, models) -> pd.DataFrame:
    """Rows of the figure: usable estimates of the terms of interest, with ``panel`` and ``block``.

    panel: the common scale (:func:`panel_of`); block: the line of the plan (``tested``) under which the row stands (the
    one with its model and term, else the first of its hypothesis). Shown is the confirmatory family: the
    terms named in the plan, and the robustness rows and checks on the scale of its primary rows; curves are left out.
    """
    rows = of_interest(estimates, models)
    rows = rows[
        np.array([row["role"] in ROLES and usable(row) for row in rows.to_dict("records")], dtype=bool)
    ]
    plans = [line.plan for line in tested]
    exact = {(plan["model"], plan["term"]): i for i, plan in enumerate(plans) if plan["model"]}
    first = {plan["hypothesis"]: i for i, plan in reversed(list(enumerate(plans)))}
    pairs = list(zip(rows["model"], rows["term"], rows["hypothesis"], strict=True))
    panels = [panel_of(*pair) for pair in zip(rows["scale"].astype(str), rows["outcome"], strict=True)]
    named = np.array([(m, t) in exact for m, t, _ in pairs], dtype=bool)
    rows = rows.assign(
        panel=panels,
        block=[exact.get((m, t), first.get(h, len(plans))) for m, t, h in pairs],
        rank=rows["role"].map(ROLES.index),
    )
    main = rows["hypothesis"].isin([plan["hypothesis"] for plan in plans if plan["family"] == FAMILY])
    scales = set(zip(rows["hypothesis"][named], rows["panel"][named], strict=True))
    same = [pair in scales for pair in zip(rows["hypothesis"], rows["panel"], strict=True)]
    points = rows["model"].map(rows["model"].value_counts())
    shown = main & (named | (np.array(same, dtype=bool) & (points <= MOST_TERMS)))
    rows = rows[shown.to_numpy(dtype=bool)]
    rows = rows.sort_values(["block", "panel", "rank"], kind="stable", ignore_index=True)
    return rows.drop(columns="rank")


def _verdict_words(line: Decided, labels) -> str:
    """Verdict on a hypothesis and, where there are any, what its falsification tests say, in few words."""
    words = [verdict_label(line.verdict, labels)]
    words += [labels(f"tests_{summary(line.tests)[0]}")] if line.tests else []
    return labels("list_comma").join(words)


def panel_of(scale, outcome) -> str:
    """Panel of an estimate: hazard (log scale per SD), linear (in SD), log (other log scales), else its own outcome."""
    if scale.startswith("log_"):
        return "hazard" if scale.endswith("_per_sd") else "log"
    return "linear" if scale.startswith("sd") else f"unit_{outcome}"


def draw(rows, tested, models, labels, synthetic=False) -> Figure:
    """One block per hypothesis in the order of the plan, one panel per run of hypotheses on the same scale.

    rows: as from :func:`forest_rows`; tested: hypotheses with their verdicts; models: the plan.
    """
    if rows.empty:
        return blank(labels("fig_no_estimate"), labels, synthetic)
    runs = (rows["panel"] != rows["panel"].shift()).cumsum()
    blocks = [
        (_scale(part["panel"].iloc[0], labels), _lines(part, tested, models, labels))
        for _, part in rows.groupby(runs)
    ]
    words = {role: labels(f"role_{role}") for role in ROLES if (rows["role"] == role).any()}
    legend = legend_of(LOOKS, words)
    figure = draw_blocks(blocks, LOOKS)
    return finish(figure, labels, [labels("fig_forest_note")], synthetic, legend, handle=1.0)


def _scale(panel, labels):
    own = panel.removeprefix("unit_")
    return labels(f"fig_forest_{panel}") if own == panel else text_of(f"outcome_{own}", labels, own)


def _lines(rows, tested, models, labels):
    """A heading for each hypothesis and below it a line for each of its estimates."""
    found = []
    for heading, part in rows.groupby("hypothesis", sort=False):
        block = part["block"].min()
        if block < len(tested):
            plan = tested[block].plan
            words = {
                "sign": sign_text(plan["predicted_sign"]),
                "verdict": _verdict_words(tested[block], labels),
            }
            statement = plan[f"statement_{labels.language}"]
            heading = labels("fig_forest_heading", name=heading, statement=statement, **words)
        found.append(Line(heading))
        names = [model_label(name, models, labels) for name in part["model"]]
        for name, row in zip(names, part.to_dict("records"), strict=True):
            term = short_term(row["term"], labels)
            words = name if names.count(name) == 1 else labels("fig_forest_row", model=name, term=term)
            values = (row["estimate"], row["ci_low"], row["ci_high"])
            strong = row["role"] == "primary"
            found.append(Line(words, look=row["role"], drawn=values, printed=values, strong=strong))
    return found


def short_term(term, labels) -> str:
    """A term in few words: the name of the index and, of an interaction, the short name of the cohort."""
    parts = []
    for part in Term(term).names:
        stem, _, tail = part.partition("_")
        if f"short_{part}" in labels:
            parts.append(labels(f"short_{part}"))
        elif part not in labels and f"term_suffix_{tail}" in labels:
            parts.append(_index(stem, labels) + labels(f"term_suffix_{tail}"))
        else:
            parts.append(_index(part, labels))
    return " × ".join(parts)


def _index(term, labels):
    return labels(f"short_{term}") if f"short_{term}" in labels else term_label(term, labels)
