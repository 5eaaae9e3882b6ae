"""Every robustness model, and fixed effects beside pooled estimates."""

import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.verdicts import usable
from jianfu.models.words import model_label, outcome_label, term_label
from jianfu.report.tables.estimates import estimate_cells, estimates_table, of_interest
from jianfu.report.tables.table import NOTHING, Table, count, interval, number

JOINT = "joint_"  # what the names of models of several faces at once begin with


def robustness_table(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """Every robustness model: one row per term of interest."""
    shown = of_interest(estimates, models)
    rows = []
    for row in shown[shown["role"] == "robustness"].to_dict("records"):
        names = (
            row["hypothesis"],
            model_label(row["model"], models, labels),
            term_label(row["term"], labels),
        )
        rows.append((*names, *estimate_cells(row), count(row["n_used"]), count(row["n_events"])))
    keys = (
        "hypothesis",
        "model",
        "variable",
        "estimate",
        "std_error",
        "interval",
        "p_value",
        "n_used",
        "n_events",
    )
    return estimates_table("robustness", keys, rows, ("note_stars", "note_robustness"), labels, 3)


def joint_faces(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """The models of several faces at once: one row per outcome, a column per face, and how much further than each of
    the others the face reaches that the theory names (the contrasts of the model)."""
    joint, rows, header = [name for name in models if name.startswith(JOINT)], [], ()
    for name in joint:
        own = estimates[estimates["model"] == name]
        own = {row["term"]: row for row in own.to_dict("records") if usable(row)}
        if not own:
            continue
        faces, beyond = models[name]["terms"], models[name]["options"]["contrasts"]
        header = header or tuple(term_label(face, labels) for face in faces)
        told = [
            f"{term_label(term, labels)} {_over_interval(own[term])}" if term in own else NOTHING
            for term in beyond
        ]
        cells = [_over_interval(own[face]) if face in own else NOTHING for face in faces]
        rows.append((outcome_label(next(iter(own.values())), labels), *cells, "\n".join(told)))
    header = (labels("column_outcome"), *header, labels("column_beyond"))
    notes, source = (labels("note_joint_faces"),), labels("source_estimates")
    return Table("joint_faces", labels("table_joint_faces"), header, tuple(rows), (), source, notes, 1)


def _over_interval(row):
    return f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}"


def paired_with_pooled(estimates: pd.DataFrame, models: dict[str, dict]) -> list[tuple[dict, dict]]:
    """Primary rows and the pooled rows of the same hypothesis, outcome and term: list of (primary, pooled)."""
    shown = of_interest(estimates, models)
    pooled = shown[shown["role"] == "pooled"]
    pairs = []
    for row in shown[shown["role"] == "primary"].to_dict("records"):
        same = (
            pooled[["hypothesis", "outcome", "term"]] == [row["hypothesis"], row["outcome"], row["term"]]
        ).all(axis=1)
        pairs += [(row, other) for other in pooled[same].to_dict("records")[:1]]
    return pairs


def fe_versus_pooled(estimates: pd.DataFrame, models: dict[str, dict], labels: Labels) -> Table:
    """Fixed effects and pooled estimates side by side with their difference."""
    rows = []
    for fixed, pooled in paired_with_pooled(estimates, models):
        both = usable(fixed) and usable(pooled)
        difference = number(pooled["estimate"] - fixed["estimate"]) if both else NOTHING
        names = (fixed["hypothesis"], outcome_label(fixed, labels), term_label(fixed["term"], labels))
        rows.append((*names, *_with_error(fixed), *_with_error(pooled), difference))
    keys = ("hypothesis", "outcome", "variable", "fixed", "interval", "pooled", "interval", "difference")
    return estimates_table("fe_versus_pooled", keys, rows, ("note_stars", "note_fe_versus_pooled"), labels, 3)


def _with_error(row):
    estimate, error, limits, _ = estimate_cells(row)
    return (f"{estimate}\n{error}" if usable(row) else NOTHING), limits
