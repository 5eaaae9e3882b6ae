"""Figure: weekday and hour at which tasks are issued, with the rest-eve tasks marked."""

import numpy as np
from matplotlib.patches import Patch

from jianfu.report.figures.style import ALERT, BURDEN, INK, empty, finish, new_figure, wrap

MARKED, FEW = 0.1, 5  # a cell gets an outline from this share, and number, of rest-eve tasks
DAYS = 7


def draw(cells, labels, synthetic=False):
    """Heat map of the share of tasks by weekday and hour; above and beside it the sums by hour and by weekday.

    cells: released columns weekday (0 = Monday), hour, tasks, share, rest_eve_share. Outlined cells are those in which
    at least one task in ten, and five in all, are rest-eve tasks; the bars on the right show their share by weekday.
    """
    figure = new_figure(8.6)
    if cells.empty or cells["tasks"].sum() == 0:
        empty(figure.subplots(), labels("fig_no_minutes"))
        return finish(figure, labels, (), synthetic)
    share, eve = clock_matrices(cells)
    hours = np.flatnonzero(share.sum(axis=0) > 0)
    first, last = min(int(hours[0]), 7), max(int(hours[-1]), 20)
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 3.6), width_ratios=(4.6, 1))
    clock = figure.add_subplot(grid[1, 0])
    by_hour = figure.add_subplot(grid[0, 0], sharex=clock)
    by_day = figure.add_subplot(grid[1, 1], sharey=clock)
    marked = (eve >= MARKED) & (share * eve * cells["tasks"].sum() >= FEW)
    image = _clock(clock, share, marked, (first, last), labels)
    _bars_by_hour(by_hour, share, eve)
    _bars_by_day(by_day, share, eve, labels)
    bar = figure.colorbar(image, ax=[clock, by_hour], location="bottom", fraction=0.05, pad=0.02, aspect=45)
    bar.set_label(labels("fig_clock_share"))
    bar.outline.set_linewidth(0.5)
    legend = [
        Patch(facecolor="none", edgecolor=ALERT, linewidth=1.2, label=labels("fig_rest_eve_cell")),
        Patch(facecolor=ALERT, label=labels("fig_rest_eve")),
    ]
    total = int(cells["tasks"].sum())
    eve_total = float((cells["tasks"] * cells["rest_eve_share"].fillna(0)).sum() / total)
    note = labels("fig_clock_note", n=f"{total:,}", share=f"{100 * eve_total:.1f}")
    return finish(figure, labels, [note], synthetic, legend)


def clock_matrices(cells):
    """Share of all tasks, and share of rest-eve tasks within the cell, as two arrays of 7 weekdays by 24 hours."""
    share, eve = np.zeros((DAYS, 24)), np.zeros((DAYS, 24))
    day, hour = cells["weekday"].to_numpy(dtype=int), cells["hour"].to_numpy(dtype=int)
    share[day, hour] = cells["share"].to_numpy(dtype=float)
    eve[day, hour] = cells["rest_eve_share"].fillna(0).to_numpy(dtype=float)
    return share, eve


def _clock(axes, share, marked, hours, labels):
    shown = np.where(share > 0, 100 * share, np.nan)
    image = axes.imshow(
        shown, cmap=BURDEN, aspect="auto", vmin=0, interpolation="nearest", extent=(0, 24, DAYS - 0.5, -0.5)
    )
    _outline(axes, marked)
    axes.set_xlim(hours[0], hours[1] + 1)
    axes.set_xticks(range(hours[0], hours[1] + 2, 2 if hours[1] - hours[0] > 15 else 1))
    axes.set_yticks(range(DAYS), [labels(f"fig_weekday_{day}") for day in range(DAYS)])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(labels("fig_hour"))
    for y in np.arange(0.5, DAYS - 1):
        axes.axhline(y, color="white", linewidth=0.5)
    for x in range(hours[0] + 1, hours[1] + 1):
        axes.axvline(x, color="white", linewidth=0.5)
    axes.spines[:].set_visible(False)
    return image


def _outline(axes, marked):
    """Line around the marked cells: every edge that does not lie between two of them."""
    padded = np.pad(marked, 1)
    look = {"color": ALERT, "linewidth": 1.2, "solid_capstyle": "projecting", "clip_on": False, "zorder": 5}
    for day, hour in zip(*np.nonzero(marked), strict=True):
        y, x = day + 1, hour + 1
        if not padded[y - 1, x]:
            axes.plot([hour, hour + 1], [day - 0.5] * 2, **look)
        if not padded[y + 1, x]:
            axes.plot([hour, hour + 1], [day + 0.5] * 2, **look)
        if not padded[y, x - 1]:
            axes.plot([hour] * 2, [day - 0.5, day + 0.5], **look)
        if not padded[y, x + 1]:
            axes.plot([hour + 1] * 2, [day - 0.5, day + 0.5], **look)


def _bars_by_hour(axes, share, eve):
    middle = np.arange(24) + 0.5
    all_tasks, rest_eve = 100 * share.sum(axis=0), 100 * (share * eve).sum(axis=0)
    axes.bar(middle, all_tasks, width=0.9, color="#c9c3b5")
    axes.bar(middle, rest_eve, width=0.9, color=ALERT)
    axes.set_ylabel("%")
    axes.set_ylim(0, 1.1 * all_tasks.max())
    axes.tick_params(axis="x", labelbottom=False)


def _bars_by_day(axes, share, eve, labels):
    total = share.sum(axis=1)
    rest_eve = np.divide((share * eve).sum(axis=1), total, out=np.zeros(DAYS), where=total > 0)
    axes.barh(range(DAYS), 100 * rest_eve, height=0.7, color=ALERT)
    for day in np.flatnonzero(total > 0):
        axes.text(
            100 * rest_eve[day], day, f" {100 * rest_eve[day]:.0f}", va="center", fontsize=6.5, color=INK
        )
    axes.set_xlabel("\n".join(wrap(labels("fig_rest_eve_by_day"), 2.6, 7.5)), fontsize=7.5)
    axes.margins(x=0.25)
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", labelleft=False, length=0)
