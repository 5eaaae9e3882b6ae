"""Figure: effects of a staggered roll-out by months since its start, with simultaneous bands."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from jianfu.config.files import read_yaml
from jianfu.core.spreadsheets import write_csv
from jianfu.models.verdicts import usable
from jianfu.models.words import model_label
from jianfu.report.figures.style import GREY, INK, SERIES, blank, finish, new_figure, points

EVENT, OVERALL = "event_", "att"
SHOWN = ("cs",)  # estimator of the event studies that have a panel; the others stand in the tables
COLUMNS = 2


def read(estimates, models, alpha, csv) -> tuple[pd.DataFrame, dict]:
    """Rows of the figure (also written to ``csv``) and plan of the models by name, from the paths of the files."""
    by_name = {model["name"]: model for model in read_yaml(models)["models"]}
    rows = event_rows(pd.read_csv(estimates, encoding="utf-8-sig"), by_name)
    write_csv(rows, csv, digits=10)
    return rows, by_name


def event_rows(estimates, models) -> pd.DataFrame:
    """Usable estimates of the event studies of the plan, ordered by model and ``event`` (months since the start).

    The base month before the start, zero by definition, has no row; ``event`` is missing in the row of the mean effect.
    """
    wanted = [
        name
        for name, model in models.items()
        if model["estimator"] == "event_study" and model.get("options", {}).get("estimator", "cs") in SHOWN
    ]
    rows = estimates[estimates["model"].isin(wanted)]
    event = pd.to_numeric(rows["term"].str.removeprefix(EVENT).where(rows["term"].str.startswith(EVENT)))
    kept = np.array([usable(row) for row in rows.to_dict("records")], dtype=bool)
    rows = rows.assign(event=event)[kept & (event.notna() | (rows["term"] == OVERALL)).to_numpy()]
    order = rows["model"].map(wanted.index) if len(rows) else rows["model"]
    return rows.assign(order=order).sort_values(["order", "event"], ignore_index=True).drop(columns="order")


def draw(rows, models, labels, synthetic=False) -> Figure:
    """One panel per event study: estimates and simultaneous bands before (open) and after the start (filled)."""
    names = list(dict.fromkeys(rows["model"]))
    if not names:
        return blank(labels("fig_no_estimate"), labels, synthetic)
    lines = -(-len(names) // COLUMNS)
    figure = new_figure(4.9 * lines)
    panels = figure.subplots(lines, min(COLUMNS, len(names)), squeeze=False, sharex=True).ravel()
    for panel, name in zip(panels, names, strict=False):
        own = rows[(rows["model"] == name) & rows["event"].notna()]
        _panel(panel, own, model_label(name, models, labels))
    for panel in panels[:: min(COLUMNS, len(names))]:
        panel.set_ylabel(labels("fig_event_effect"))
    figure.align_ylabels(panels)
    for panel in panels[len(names) :]:
        panel.set_visible(False)
    notes = [labels("fig_event_note")]
    return finish(figure, labels, notes, synthetic, x_label=labels("fig_event_months"))


def _panel(panel, rows, title):
    panel.set_title(title)
    panel.axhline(0, color=INK, linewidth=0.6)
    panel.axvline(-0.5, color=GREY, linewidth=0.6, linestyle=(0, (3, 3)))
    for part, look, inside in (
        (rows[rows["event"] < 0], SERIES[0], "white"),
        (rows[rows["event"] >= 0], SERIES[1], SERIES[1]["color"]),
    ):
        mark = {"color": look["color"], "marker": look["marker"], "markerfacecolor": inside}
        points(panel, part, x="event", y="estimate", **mark)
