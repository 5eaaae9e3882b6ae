"""Table of the checks beside the primary models, from released estimates."""

import re

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.estimates import CHECK, missing
from jianfu.models.term import figure_of
from jianfu.models.verdicts import usable
from jianfu.models.words import model_label, term_label, text_of
from jianfu.report.tables.table import NOTHING, Table, bracketed, interval, number, p_text, starred

KEYS = ("hypothesis", "model", "check", "variable", "estimate", "std_error", "interval", "p_value")
GROUP_MEAN = "between"


def identification_table(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """Every check beside every primary model: one row per figure, in the order of the models.

    estimates: released rows of checks; models: entries of the plan by name.
    """
    rows = []
    for row in estimates.to_dict("records"):
        model, check = row["model"].split(CHECK, 1)
        names = (
            row["hypothesis"],
            model_label(model, models, labels),
            text_of(f"beside_{check}", labels, check),
            figure_label(row["term"], labels),
        )
        rows.append((*names, *_cells(row)))
    header = tuple(labels(f"column_{key}") for key in KEYS)
    notes = (labels("note_stars"), labels("note_identification"))
    title, source = labels("table_identification"), labels("source_estimates")
    return Table("identification", title, header, tuple(rows), (), source, notes, 4)


def _cells(row):
    if missing(row["estimate"]):
        return (NOTHING,) * 4
    if not usable(row):
        return (number(row["estimate"]), *(NOTHING,) * 3)
    limits = NOTHING if missing(row["ci_low"]) else interval(row["ci_low"], row["ci_high"])
    p_value = NOTHING if missing(row["p_value"]) else p_text(row["p_value"])
    return starred(row["estimate"], row["p_value"]), bracketed(row["std_error"]), limits, p_value


def _detail(text, labels):
    """Words for what stands behind the term: '2 x cohort', '90后', '90后 - others', 'not 90后'."""
    times = re.fullmatch(r"([\d.]+) x (\w+)", text)
    if times:
        return f"{times[1]} × {text_of(f'detail_{times[2]}', labels, times[2])}"
    if text.startswith("not "):
        level = text.removeprefix("not ")
        return labels("detail_not", level=text_of(f"detail_{level}", labels, level))
    level, less, _ = text.partition(" - others")
    level = text_of(f"detail_{level}", labels, level)
    return labels("detail_less_others", level=level) if less else level


def figure_label(term, labels: Labels) -> str:
    """Words for a term or a figure of it: ``e_value(OD)`` is the label of the figure with that of the term."""
    figure, inside = figure_of(str(term))
    if figure and f"figure_{figure}" in labels:
        inner, *rest = re.split(r"[;,] ", inside)
        words = [labels(f"figure_{figure}"), term_label(inner, labels)]
        if figure != GROUP_MEAN:
            words += [_detail(part, labels) for part in rest]
        return " · ".join(words)
    if "):" in str(term):
        first, rest = str(term).split("):", 1)
        return f"{figure_label(first + ')', labels)} × {term_label(rest, labels)}"
    return text_of(f"figure_{term}", labels, term_label(term, labels))
