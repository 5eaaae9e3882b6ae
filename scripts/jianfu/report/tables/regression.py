"""Regression tables: one column per model, two rows per term."""

import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.models.term import names_of
from jianfu.models.verdicts import FEW_CLUSTERS, usable
from jianfu.models.words import outcome_label, part_labels, text_of
from jianfu.report.tables.estimates import of_interest
from jianfu.report.tables.table import NOTHING, Table, bracketed, count, number, ratio, starred

LOG_SCALES = ("log_hazard", "log_rate")


def regression_table(
    name, columns, estimates: pd.DataFrame, models: dict[str, dict], labels: Labels
) -> Table:
    """One column per model, two rows per term (estimate with stars, standard error), then effects and counts.

    The label of an interaction stands on both rows.

    columns: names of models, in order; a model without a row in ``estimates`` has no column; without any estimate the
    table has no rows. Raises :class:`ConfigError` for a name that is not in the plan.
    """
    unknown = [model for model in columns if model not in models]
    if unknown:
        raise ConfigError("layout_without_model", table=name, model=unknown[0])
    shown = of_interest(estimates, models)
    fits = [rows for rows in (shown[shown["model"] == model] for model in columns) if len(rows)]
    terms = list(dict.fromkeys(term for fit in fits for term in fit["term"]))
    rows = []
    for term in terms:
        cells = [_first(fit[fit["term"] == term]) for fit in fits]
        main, *factors = part_labels(term, labels)
        rows.append((main, *map(_estimate_cell, cells)))
        rows.append(("".join(f"× {factor}" for factor in factors), *map(_error_cell, cells)))
    heads = [_first(fit) for fit in fits]
    known = any(usable(row) for fit in fits for row in fit.to_dict("records"))
    header = [labels("column_variable")]
    for position, head in enumerate(heads, start=1):
        header.append(f"({position})\n{head['hypothesis']}\n{outcome_label(head, labels)}")
    notes = [labels("note_stars"), labels("note_errors"), labels("note_scales")]
    notes += [labels("note_few_clusters", n=FEW_CLUSTERS)] if few_clusters(shown) else []
    return Table(
        name,
        labels(f"table_{name}"),
        tuple(header),
        (*rows, *_foot(heads, models, labels)) if known else (),
        (len(rows),) if known else (),
        labels("source_estimates"),
        tuple(notes),
    )


def _first(rows):
    return rows.iloc[0] if len(rows) else None


def _estimate_cell(row):
    if row is None:
        return ""
    return starred(row["estimate"], row["p_value"]) if usable(row) else NOTHING


def _error_cell(row):
    return "" if row is None or not usable(row) else bracketed(row["std_error"])


def _foot(heads, models, labels):
    """Rows below the coefficients: estimator, effects, controls, errors, counts, ratio of the first term, rate."""

    def line(key, cell):
        return (labels(f"row_{key}"), *map(cell, heads))

    def yes(found):
        return labels("yes" if found else "no")

    def listed(head, key):
        names = models[head["model"]].get(key) or []
        return {*names_of(names)}

    lines = [
        line("estimator", lambda h: labels(f"estimator_{models[h['model']]['estimator']}")),
        line("unit_effects", lambda h: yes(listed(h, "effects") & {"unit", "person"})),
        line("time_effects", lambda h: yes(listed(h, "effects") & {"month", "wave"})),
        line("controls", lambda h: yes(listed(h, "controls"))),
        line(
            "vcov",
            lambda h: NOTHING if missing(h["vcov"]) else text_of(f"vcov_{h['vcov']}", labels, h["vcov"]),
        ),
    ]
    for key in ("n_used", "n_events", "n_units", "n_clusters"):
        lines.append(line(key, lambda h, key=key: count(h[key])))
    return [*lines, line("ratio", _ratio), line("events_per_1000", _events_per_1000)]


def _ratio(head):
    """The ratio that a coefficient on a log scale stands for."""
    known = usable(head) and str(head["scale"]).startswith(LOG_SCALES)
    return ratio(head["estimate"]) if known else NOTHING


def _events_per_1000(head):
    """Events per 1,000 observations: the level that the coefficients are to be read against."""
    known = not missing(head["n_events"]) and not missing(head["n_used"])
    return number(1000 * head["n_events"] / head["n_used"], 2) if known else NOTHING


def few_clusters(estimates: pd.DataFrame) -> bool:
    """True if a primary model has too few clusters for the usual cluster-robust errors."""
    clusters = estimates.loc[estimates["role"] == "primary", "n_clusters"].dropna()
    return bool((clusters < FEW_CLUSTERS).any())
