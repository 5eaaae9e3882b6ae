"""Figure: weekday and hour at which tasks are issued, with the rest-eve tasks marked."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from jianfu.report.figures.style import ALERT, INK, SAND, blank, finish, heatmap, new_figure, wrap

MARKED, FEW = 0.1, 5  # a cell gets an outline from this share, and number, of rest-eve tasks
DAYS, HOURS = 7, 24
BAR = {"errorbar": None, "native_scale": True, "saturation": 1, "linewidth": 0}


def draw(cells, labels, synthetic=False) -> Figure:
    """Heat map of the share of tasks by weekday and hour; above and beside it the sums by hour and by weekday.

    cells: released columns weekday (0 = Monday), hour, tasks, share, rest_eve_share. Outlined cells are those in which
    at least one task in ten, and five in all, are rest-eve tasks; the bars on the right show their share by weekday.
    """
    total = cells["tasks"].sum()
    if total == 0:
        return blank(labels("fig_no_minutes"), labels, synthetic)
    figure = new_figure(7.6)
    share, eve = clock_matrices(cells)
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 3.6), width_ratios=(4.6, 1))
    clock = figure.add_subplot(grid[1, 0])
    by_hour = figure.add_subplot(grid[0, 0], sharex=clock)
    by_day = figure.add_subplot(grid[1, 1], sharey=clock)
    _clock(clock, by_hour, share, labels)
    _outline(clock, (eve >= MARKED) & (share * eve * total >= FEW))
    _bars_by_hour(by_hour, share, eve)
    _bars_by_day(by_day, share, eve, labels)
    _axes(clock, share, labels)
    legend = [
        Patch(facecolor="none", edgecolor=ALERT, linewidth=1.2, label=labels("fig_rest_eve_cell")),
        Patch(facecolor=ALERT, label=labels("fig_rest_eve")),
    ]
    eve_total = (cells["tasks"] * cells["rest_eve_share"].fillna(0)).sum() / total
    note = labels("fig_clock_note", n=f"{int(total):,}", share=f"{100 * eve_total:.1f}")
    return finish(figure, labels, [note], synthetic, legend)


def clock_matrices(cells) -> tuple[np.ndarray, np.ndarray]:
    """Share of all tasks, and share of rest-eve tasks within the cell, as two arrays of 7 weekdays by 24 hours."""
    share, eve = np.zeros((DAYS, HOURS)), np.zeros((DAYS, HOURS))
    day, hour = cells["weekday"].to_numpy(dtype=int), cells["hour"].to_numpy(dtype=int)
    share[day, hour] = cells["share"].to_numpy(dtype=float)
    eve[day, hour] = cells["rest_eve_share"].fillna(0).to_numpy(dtype=float)
    return share, eve


def _clock(axes, above, share, labels):
    """The heat map; its colour bar lies below both axes."""
    days = [labels(f"fig_weekday_{day}") for day in range(DAYS)]
    shown = pd.DataFrame(np.where(share > 0, 100 * share, np.nan), index=days)
    bar = {"location": "bottom", "fraction": 0.05, "pad": 0.02, "aspect": 45}
    heatmap(axes, shown, labels("fig_clock_share"), bar=bar, beside=[above], vmin=0)


def _axes(axes, share, labels):
    """Hours from the first to the last with tasks, at least the usual day."""
    hours = np.flatnonzero(share.sum(axis=0) > 0)
    first, last = min(hours[0], 7), max(hours[-1], 20)
    axes.set(xlim=(first, last + 1), ylim=(DAYS, 0), xlabel=labels("fig_hour"))
    ticks = range(first, last + 2, 2 if last - first > 15 else 1)
    axes.set_xticks(ticks, ticks)


def _outline(axes, marked):
    """Line around the marked cells: every edge between a marked cell and one that is not."""
    padded = np.pad(marked, 1)
    level = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    upright = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    edges = [[(hour, day), (hour + 1, day)] for day, hour in level]
    edges += [[(hour, day), (hour, day + 1)] for day, hour in upright]
    look = {"colors": ALERT, "linewidths": 1.2, "capstyle": "projecting", "clip_on": False, "zorder": 5}
    axes.add_collection(LineCollection(edges, **look))


def _bars_by_hour(axes, share, eve):
    middle = np.arange(HOURS) + 0.5
    for height, color in ((share.sum(axis=0), SAND), ((share * eve).sum(axis=0), ALERT)):
        sns.barplot(x=middle, y=100 * height, width=0.9, color=color, ax=axes, **BAR)
    axes.set_ylabel("%")
    axes.tick_params(axis="x", labelbottom=False)


def _bars_by_day(axes, share, eve, labels):
    total, middle = share.sum(axis=1), np.arange(DAYS) + 0.5
    rest_eve = 100 * np.divide((share * eve).sum(axis=1), total, out=np.zeros(DAYS), where=total > 0)
    sns.barplot(x=rest_eve, y=middle, orient="y", width=0.7, color=ALERT, ax=axes, **BAR)
    for day in np.flatnonzero(total > 0):
        axes.text(rest_eve[day], middle[day], f" {rest_eve[day]:.0f}", va="center", fontsize=6.5, color=INK)
    axes.set_xlabel("\n".join(wrap(labels("fig_rest_eve_by_day"), 2.6, 7.5)), fontsize=7.5)
    axes.margins(x=0.25)
    axes.set_xlim(left=0)
    axes.grid(False)
    axes.tick_params(axis="y", labelleft=False, length=0)
