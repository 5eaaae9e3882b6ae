"""Figure: cumulative incidence of leaving by cohort and burden tertile, with numbers at risk."""

import numpy as np
from matplotlib.lines import Line2D

from jianfu.figures.style import COHORTS, SERIES, finish, new_figure, remark

TERTILES = ("low", "middle", "high")


def draw(curves, at_risk, labels, synthetic=False):
    """One panel per cohort; curves with intervals per tertile, the numbers at risk as a table under the axis.

    curves: released columns cohort, tertile, time_months, cumulative_incidence, ci_low, ci_high; at_risk: cohort,
    tertile, time_months, n_at_risk. Curves are steps between the published points.
    """
    cohorts = [c for c in COHORTS if c in {*curves["cohort"], *at_risk["cohort"]}]
    rows = max(1, -(-len(cohorts) // 2))
    figure = new_figure(1.2 + 6.6 * rows)
    if not cohorts:
        return finish(figure, labels, [labels("fig_no_data")], synthetic)
    grid = figure.add_gridspec(2 * rows, 2, height_ratios=[3.2, 1] * rows)
    top = curves["ci_high"].max() if len(curves) else np.nan
    longest = max(at_risk["time_months"].max(), curves["time_months"].max() if len(curves) else 0)
    first = None
    for number, cohort in enumerate(cohorts):
        row, column = divmod(number, 2)
        panel = figure.add_subplot(grid[2 * row, column], sharex=first, sharey=first)
        table = figure.add_subplot(grid[2 * row + 1, column], sharex=panel)
        first = first or panel
        _curves(panel, curves[curves["cohort"] == cohort], labels)
        _numbers(table, at_risk[at_risk["cohort"] == cohort], column == 0, labels)
        panel.set_title(labels(COHORTS[cohort]), fontsize=8)
        panel.tick_params(labelleft=column == 0)
        if column == 0:
            panel.set_ylabel(labels("fig_cumulative_incidence"))
    first.set_xlim(at_risk["time_months"].min() - 0.02 * longest, 1.03 * longest)
    first.set_ylim(0, 100 * 1.05 * top if np.isfinite(top) else 1)
    ticks = sorted(set(at_risk["time_months"]))
    first.set_xticks(ticks)
    notes = [labels("fig_incidence_note")]
    return finish(figure, labels, notes, synthetic, _legend(labels), labels("fig_incidence_time"))


def _looks():
    return dict(zip(TERTILES, (SERIES[2], SERIES[1], SERIES[0]), strict=True))


def _curves(panel, curves, labels):
    if curves.empty:
        remark(panel, labels("fig_panel_withheld"))
    for tertile, look in _looks().items():
        rows = curves[curves["tertile"] == tertile].sort_values("time_months")
        if rows.empty:
            continue
        time = np.r_[0, rows["time_months"]]
        panel.step(
            time,
            np.r_[0, 100 * rows["cumulative_incidence"]],
            color=look["color"],
            linestyle=look["linestyle"],
            where="post",
        )
        panel.fill_between(
            time,
            np.r_[0, 100 * rows["ci_low"]],
            np.r_[0, 100 * rows["ci_high"]],
            step="post",
            color=look["color"],
            alpha=0.15,
            linewidth=0,
        )
    panel.tick_params(labelbottom=True)


def _numbers(table, at_risk, with_names, labels):
    """Numbers at risk: one line per tertile at the times of the axis ticks."""
    table.axis("off")
    table.set_ylim(-0.6, 3.4)
    for line, tertile in enumerate(TERTILES):
        for time, n in at_risk[at_risk["tertile"] == tertile][["time_months", "n_at_risk"]].to_numpy(
            dtype=float
        ):
            text = labels("fig_few") if np.isnan(n) else f"{int(n):,}"
            table.text(time, 2 - line, text, ha="center", va="center", fontsize=6.5)
        if with_names:
            table.text(
                -0.075, 2 - line, labels(f"fig_tertile_{tertile}"), ha="right", va="center", fontsize=6.5,
                transform=table.get_yaxis_transform(),
            )  # fmt: skip
    table.text(
        0.0,
        3.1,
        labels("fig_at_risk"),
        ha="left",
        va="center",
        fontsize=6.5,
        transform=table.get_yaxis_transform(),
    )


def _legend(labels):
    return [
        Line2D(
            [],
            [],
            color=look["color"],
            linestyle=look["linestyle"],
            label=labels(f"fig_tertile_{tertile}_long"),
        )
        for tertile, look in _looks().items()
    ]
