"""Tables as journals print them, laid out from the long ones that the gate released."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.words import term_label, text_of
from jianfu.release.outputs import TOTAL
from jianfu.report.tables.table import (
    NOTHING,
    Figure,
    Table,
    bracketed,
    count,
    interval,
    number,
    p_text,
    starred,
)

GROUPS = {"cohort": "sample_by_cohort", "tertile": "sample_by_burden"}  # grouping: table
MEASURES = ("pseudo_r2", "r2", "r2_within")


def journal_tables(released: dict[str, pd.DataFrame], models: dict[str, dict], labels: Labels) -> list[Table]:
    """Sample by cohort and by burden, correlations, stepwise columns, slopes by group; of released tables by name."""
    sample = released["sample_by_group"]
    return [
        *(
            sample_table(sample[sample["grouping"] == grouping], name, labels)
            for grouping, name in GROUPS.items()
        ),
        correlation_table(released["correlation_pairs"], labels),
        stepwise_table(released["stepwise"], released["stepwise_fit"], models, labels),
        subgroup_table(released["subgroups"], models, labels),
    ]


def sample_table(sample: pd.DataFrame, name: str, labels: Labels) -> Table:
    """Table 1: a column per group, n (%) of shares and mean (SD) of numbers, which the name of each says, with those of
    whom it is known; the standardised difference last."""
    present = list(dict.fromkeys(sample["group"]))
    groups = [group for group in present if group != TOTAL] + [TOTAL]
    header = [labels("column_variable"), labels("column_known")]
    header += [
        labels("cohort_all") if group == TOTAL else _word(group, labels, "tertile") for group in groups
    ]
    rows, begins = [], []
    for variable, part in sample.groupby("variable", sort=False):
        levels = list(dict.fromkeys(part["level"].fillna("")))
        heading = text_of(f"variable_{variable}", labels, text_of(f"outcome_{variable}", labels, variable))
        known = part.loc[part["group"] == TOTAL, "of"]
        known = NOTHING if known.empty else count(known.iloc[0])
        if variable == "persons":
            known = ""
        else:
            heading = labels("sample_mean" if part["mean"].notna().any() else "sample_share", name=heading)
        if levels != [""]:
            begins.append(len(rows))
            rows.append((heading, known, *[""] * (len(groups) + 1)))
            known = ""
        for level in levels:
            own = part[part["level"].fillna("") == level].set_index("group")
            cells = [_sample_cell(own.loc[group]) if group in own.index else NOTHING for group in groups]
            last = number(own["difference"].get(TOTAL), 2)
            rows.append((_word(level, labels, variable) if level else heading, known, *cells, last))
    return Table(
        name,
        labels(f"table_{name}"),
        (*header, labels("column_difference_standardised")),
        tuple(rows) if len(sample) else (),
        tuple(begins),
        labels("source_sample_by_group"),
        (labels("note_sample_columns"),),
    )


def _sample_cell(row):
    if pd.isna(row["n"]):
        return NOTHING
    if pd.notna(row["mean"]):
        return f"{number(row['mean'], 2)} ({number(row['sd'], 2)})"
    return (
        count(row["n"]) if row["variable"] == "persons" else f"{count(row['n'])} ({number(row['share'], 1)}%)"
    )


def _word(level, labels, variable):
    """Words for a level of a variable."""
    keys = (f"value_{variable}_{level}", f"value_{level}")
    return next((labels(key) for key in keys if key in labels), str(level))


def correlation_table(pairs: pd.DataFrame, labels: Labels) -> Table:
    """The lower triangle of the correlations, variables numbered; the last of them needs no column."""
    order = list(dict.fromkeys([*pairs["column"], *pairs["row"]]))
    known = pairs.set_index(["row", "column"])["correlation"]
    rows = [
        (
            f"({place + 1}) {text_of(f'outcome_{row}', labels, text_of(row, labels, row))}",
            *(_correlation(known.get((row, column))) for column in order[:place]),
            *["1", *[""] * (len(order) - place - 1)][: len(order) - place - 1],
        )
        for place, row in enumerate(order)
    ]
    return Table(
        "correlation_matrix",
        labels("table_correlation_matrix"),
        (labels("column_variable"), *(f"({place + 1})" for place in range(len(order) - 1))),
        tuple(rows),
        (),
        labels("source_survey_response"),
        (labels("note_correlation_matrix", n=count(pairs["n"].max() if len(pairs) else None)),),
    )


def _correlation(value):
    """As correlations are printed, without the zero before the point."""
    text = number(value, 2)
    return Figure(text.replace("0.", ".", 1), text.value, text.form) if isinstance(text, Figure) else text


def stepwise_table(steps: pd.DataFrame, fits: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """A column per model and step: every coefficient with its error, then effects, observations and measures of fit."""
    columns = list(fits[["model", "step"]].itertuples(index=False, name=None))
    cells = steps.set_index(["model", "step", "term"])
    rows = []
    for term in dict.fromkeys(steps["term"]):
        own = [cells.loc[(*key, term)] if (*key, term) in cells.index else None for key in columns]
        rows.append((term_label(term, labels), *map(_estimate, own)))
        rows.append(("", *map(_error, own)))
    foot = len(rows)
    kept = fits.set_index(["model", "step"])
    rows.append((labels("row_step"), *(labels(f"step_{step}") for _, step in columns)))
    rows.append((labels("row_n_used"), *(count(kept.loc[key, "n_used"]) for key in columns)))
    for measure in MEASURES:
        rows.append((labels(f"row_{measure}"), *(number(kept.loc[key, measure], 3) for key in columns)))
    header = [labels("column_variable")]
    for place, (model, _) in enumerate(columns, start=1):
        header.append(f"({place})\n{_model(model, models, labels)}")
    return Table(
        "stepwise_columns",
        labels("table_stepwise_columns"),
        tuple(header),
        tuple(rows) if columns else (),
        (foot,),
        labels("source_stepwise"),
        (labels("note_stars"), labels("note_stepwise")),
    )


def _estimate(row):
    if row is None:
        return ""
    return NOTHING if pd.isna(row["estimate"]) else starred(row["estimate"], row["p_value"])


def _error(row):
    return "" if row is None or pd.isna(row["std_error"]) else bracketed(row["std_error"])


def _model(name, models, labels):
    return models[name][f"label_{labels.language}"] if name in models else name


def subgroup_table(slopes: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """A row per model and level: slope with its interval, then the p-value of the test that all are equal."""
    rows, begins, last = [], [], None
    for row in slopes.to_dict("records"):
        key = (row["model"], row["variable"])
        first = key != last
        if first and rows:
            begins.append(len(rows))
        last = key
        shown = pd.notna(row["estimate"])
        rows.append(
            (
                _model(row["model"], models, labels) if first else "",
                text_of(f"variable_{row['variable']}", labels, row["variable"]) if first else "",
                _word(row["level"], labels, row["variable"]),
                starred(row["estimate"], row["p_value"]) if shown else NOTHING,
                interval(row["ci_low"], row["ci_high"]) if shown else NOTHING,
                p_text(row["p_difference"]) if first and shown else "",
            )
        )
    keys = ("model", "variable", "level", "estimate", "interval", "p_equal")
    return Table(
        "subgroup_slopes",
        labels("table_subgroup_slopes"),
        tuple(labels(f"column_{key}") for key in keys),
        tuple(rows),
        tuple(begins),
        labels("source_stepwise"),
        (labels("note_stars"), labels("note_subgroup_slopes")),
        3,
    )
