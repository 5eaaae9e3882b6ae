"""Figure: cumulative incidence of leaving by cohort and burden tertile, with numbers at risk."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from jianfu.report.figures.style import (
    SERIES,
    band,
    blank,
    finish,
    is_narrow,
    new_figure,
    not_provided,
    provided,
)

TERTILES = ("low", "middle", "high")
LOOKS = {tertile: {**look, "markersize": 2.4} for tertile, look in zip(TERTILES, SERIES[::-1], strict=True)}
SHARES = ["cumulative_incidence", "ci_low", "ci_high"]


def draw(curves, at_risk, quality, labels, synthetic=False) -> Figure:
    """One panel per cohort; curves with intervals per tertile, the numbers at risk as a table under the axis.

    curves: released columns cohort, tertile, time_months, cumulative_incidence, ci_low, ci_high, from_months (where the
    curve begins); at_risk: cohort, tertile, time_months, n_at_risk. Published points are joined by straight lines.
    Cohorts without any published point are left out; quality says whether there is a ledger of exits.
    """
    if not provided(quality, "ledger"):
        return blank(not_provided("ledger", labels), labels, synthetic)
    known = at_risk["cohort"].unique()
    cohorts = [cohort for cohort in known if cohort in set(curves["cohort"])]
    if not cohorts:
        return blank(labels("fig_panel_withheld"), labels, synthetic)
    columns = 1 if is_narrow() else min(2, len(cohorts))
    rows = -(-len(cohorts) // columns)
    figure = new_figure(4.7 * rows if rows > 1 else 6.1)
    grid = figure.add_gridspec(2 * rows, columns, height_ratios=[2.1, 1] * rows)
    top, first = curves["ci_high"].max(), None
    for number, cohort in enumerate(cohorts):
        row, column = divmod(number, columns)
        panel = figure.add_subplot(grid[2 * row, column], sharey=first)
        table = figure.add_subplot(grid[2 * row + 1, column], sharex=panel)
        first = first or panel
        own, own_at_risk = curves[curves["cohort"] == cohort], at_risk[at_risk["cohort"] == cohort]
        for tertile, look in LOOKS.items():
            _curve(panel, own[own["tertile"] == tertile], look)
        _numbers(table, own_at_risk, labels)
        _time_axis(panel, own_at_risk, own)
        panel.set_title(labels(f"value_{cohort}"))
        panel.tick_params(labelleft=column == 0, labelbottom=True)
        panel.set_ylabel(labels("fig_cumulative_incidence") if column == 0 else "")
    first.set_ylim(0, 100 * 1.05 * top if np.isfinite(top) else 1)
    notes = [labels("fig_incidence_note")]
    notes += [labels("fig_incidence_missing")] if len(cohorts) < len(known) else []
    legend = [
        Line2D([], [], label=labels(f"fig_tertile_{name}_long"), **look) for name, look in LOOKS.items()
    ]
    return finish(figure, labels, notes, synthetic, legend, labels("fig_incidence_time"))


def _curve(panel, rows, look):
    """One curve in percent, from zero at ``from_months``."""
    if rows.empty:
        return
    start = pd.DataFrame([{"time_months": rows["from_months"].iloc[0], **dict.fromkeys(SHARES, 0.0)}])
    rows = pd.concat([start, rows.sort_values("time_months")], ignore_index=True)
    rows[SHARES] *= 100
    band(panel, rows, x="time_months", y="cumulative_incidence", **look)


def _time_axis(panel, at_risk, curves):
    """Ticks where the numbers at risk stand; a little room on both sides."""
    ticks = sorted(set(at_risk["time_months"]))
    ends = [*ticks, *curves["time_months"], *curves["from_months"]]
    room = 0.05 * max(1, max(ends) - min(ends))
    panel.set_xlim(min(ends) - room, max(ends) + room)
    panel.set_xticks(ticks)


def _numbers(table, at_risk, labels):
    """Numbers at risk: one line per tertile at the times of the axis ticks."""
    table.axis("off")
    table.set_ylim(-0.6, 3.4)
    left = {"transform": table.get_yaxis_transform(), "va": "center", "fontsize": 6.5}
    table.text(-0.06, 3.1, labels("fig_at_risk"), ha="right", **left)
    for line, tertile in enumerate(TERTILES):
        table.text(-0.06, 2 - line, labels(f"fig_tertile_{tertile}"), ha="right", **left)
        rows = at_risk[at_risk["tertile"] == tertile][["time_months", "n_at_risk"]].to_numpy(dtype=float)
        for time, n in rows:
            text = labels("fig_few") if np.isnan(n) else f"{int(n):,}"
            table.text(time, 2 - line, text, ha="center", va="center", fontsize=6.5)
