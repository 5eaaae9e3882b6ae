"""The figure of the simulation study: one dot per scenario and judged term, with its Monte-Carlo interval."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from jianfu.report.figures.style import PALE, SERIES, finish, new_figure, points, save

PANELS = (("size", "rejected", "Size"), ("coverage", "coverage", "Coverage"), ("power", "rejected", "Power"))


def label(row) -> str:
    """Name of a judged row: hypothesis and term."""
    return f"{row.hypothesis} {row.term}".replace(":cohort_90s", " × 90s")


def plot(*, table, design, paths) -> None:
    """Write the figure of ``table`` (as from :func:`jianfu.study.summary.summarise`) to ``paths``."""
    save(draw(table, design), paths, dpi=200)


def draw(table, design) -> Figure:
    """Size, coverage and power side by side, over the limits of ``design`` (grey)."""
    table = table[table["judged"]]
    table = table.assign(name=[label(row) for row in table.itertuples()])
    names = list(table["name"].unique())
    looks = _looks([scenario["name"] for scenario in design["scenarios"]])
    shifts = dict(zip(looks, np.linspace(-0.32, 0.32, len(looks)), strict=True))
    table = table.assign(place=table["name"].map(names.index) + table["scenario"].map(shifts))
    figure = new_figure(7.5)
    panels = figure.subplots(1, 3, sharey=True)
    for axes, (tested, column, title) in zip(panels, PANELS, strict=True):
        part = table if tested == "coverage" else table[table["tested"] == tested]
        if tested in design["limits"]:
            axes.axvspan(*design["limits"][tested], color=PALE, alpha=0.6, linewidth=0)
        for scenario, rows in part.groupby("scenario", sort=False):
            ends = {"low": f"{column}_low", "high": f"{column}_high"}
            points(axes, rows, x=column, y="place", orient="y", **ends, **looks[scenario])
        axes.grid(False)
        axes.set_xlabel(title)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    handles = [
        Line2D([], [], linestyle="", markeredgecolor=look["color"], label=scenario.replace("_", " "), **look)
        for scenario, look in looks.items()
    ]
    panels[-1].legend(handles=handles, loc="best", fontsize=6.5, handlelength=1)
    counts = sorted({f"{draws:,}" for draws in table["n_draws"]}, key=len)
    note = (
        f"Simulation study, {' or '.join(counts)} provinces per scenario, {table['date'].iloc[0]}; "
        f"bars: {design['mc_confidence']:.0%} Monte-Carlo interval; grey: limits of the study."
    )
    return finish(figure, None, [note])


def _looks(scenarios):
    """Colour and marker by pair of scenarios; the first of a pair is filled, the second open."""
    looks = {}
    for k, scenario in enumerate(scenarios):
        color, marker = (SERIES[k // 2 % len(SERIES)][key] for key in ("color", "marker"))
        inside = color if k % 2 == 0 else "white"
        looks[scenario] = {"color": color, "marker": marker, "markerfacecolor": inside, "markersize": 3.2}
    return looks
