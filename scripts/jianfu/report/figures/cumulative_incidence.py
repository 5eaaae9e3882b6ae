"""Figure: cumulative incidence of leaving by cohort and burden tertile, with numbers at risk."""

import numpy as np
from matplotlib.lines import Line2D

from jianfu.report.figures.style import COHORTS, SERIES, empty, finish, new_figure, not_provided, provided

TERTILES = ("low", "middle", "high")


def draw(curves, at_risk, quality, labels, synthetic=False):
    """One panel per cohort; curves with intervals per tertile, the numbers at risk as a table under the axis.

    curves: released columns cohort, tertile, time_months, cumulative_incidence, ci_low, ci_high, from_months (where the
    curve begins); at_risk: cohort, tertile, time_months, n_at_risk. Published points are joined by straight lines.
    Cohorts without any published point are left out; quality says whether there is a ledger of exits.
    """
    given = provided(quality, "ledger")
    cohorts = [c for c in COHORTS if c in set(curves["cohort"])] if given else []
    rows = max(1, -(-len(cohorts) // 2))
    figure = new_figure(1.2 + 6.4 * rows)
    if not cohorts:
        text = labels("fig_panel_withheld") if given else not_provided("ledger", labels)
        empty(figure.subplots(), text)
        return finish(figure, labels, (), synthetic)
    grid = figure.add_gridspec(2 * rows, 2, height_ratios=[3.2, 1] * rows)
    top, first = curves["ci_high"].max(), None
    for number, cohort in enumerate(cohorts):
        row, column = divmod(number, 2)
        panel = figure.add_subplot(grid[2 * row, column], sharey=first)
        table = figure.add_subplot(grid[2 * row + 1, column], sharex=panel)
        first = first or panel
        own = at_risk[at_risk["cohort"] == cohort]
        _curves(panel, curves[curves["cohort"] == cohort])
        _numbers(table, own, labels)
        _time_axis(panel, own, curves[curves["cohort"] == cohort])
        panel.set_title(labels(COHORTS[cohort]), fontsize=8)
        panel.tick_params(labelleft=column == 0, labelbottom=True)
        if column == 0:
            panel.set_ylabel(labels("fig_cumulative_incidence"))
    first.set_ylim(0, 100 * 1.05 * top if np.isfinite(top) else 1)
    notes = [labels("fig_incidence_note")]
    notes += [labels("fig_incidence_missing")] if len(cohorts) < len(COHORTS) - 1 else []
    return finish(figure, labels, notes, synthetic, _legend(labels), labels("fig_incidence_time"))


def _looks():
    return dict(zip(TERTILES, (SERIES[2], SERIES[1], SERIES[0]), strict=True))


def _curves(panel, curves):
    for tertile, look in _looks().items():
        rows = curves[curves["tertile"] == tertile].sort_values("time_months")
        if rows.empty:
            continue
        time = np.r_[rows["from_months"].iloc[0], rows["time_months"]]
        value, low, high = (
            np.r_[0, 100 * rows[name]] for name in ("cumulative_incidence", "ci_low", "ci_high")
        )
        line = {"color": look["color"], "linestyle": look["linestyle"]}
        panel.fill_between(time, low, high, color=look["color"], alpha=0.15, linewidth=0)
        panel.plot(time, value, marker=look["marker"], markersize=2.4, **line)


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


def _legend(labels):
    return [
        Line2D([], [], markersize=2.4, label=labels(f"fig_tertile_{tertile}_long"), **look)
        for tertile, look in _looks().items()
    ]
