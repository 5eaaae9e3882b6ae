"""The figure of the simulation study: where the tool holds, where it bends, and which falsification test rings then.

One line per scenario; dots are the judged terms of the three confirmatory hypotheses and the tests beside H2.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from jianfu.models.estimates import CHECK
from jianfu.report.figures.style import PALE, SERIES, finish, new_figure, points, save

TERMS = {"H1_burnout OD": "H1", "H2_exits OD": "H2", "H3_within_cohorts OD:cohort_90s": "H3"}
BESIDE = f"H2_exits{CHECK}"
# Panel: its title, the rows tested that it shows (all without any), the column of its dots.
PANELS = (("size", ("size",), "rejected"), ("coverage", ("size", "power"), "coverage"), ("bias", (), "bias"))
BELLS = "bells beside H2 ring"


def study_table(path) -> pd.DataFrame:
    """Table of the study from its CSV; a scenario is called `null`, which is no missing value."""
    return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False, na_values=[""])


def plot(*, table, design, paths) -> None:
    """Write the figure of ``table`` (as from :func:`jianfu.study.summary.summarise`) to ``paths``."""
    save(draw(table, design), paths, dpi=200)


def draw(table, design) -> Figure:
    """Size, coverage and bias of H1-H3 and how often the tests beside H2 ring, over the limits of ``design`` (grey)."""
    names = list(table["scenario"].unique())
    table = table.assign(line=table["scenario"].map(names.index), key=table["model"] + " " + table["term"])
    half = 2.6 * table["bias_mc_error"]
    table = table.assign(bias_low=table["bias"] - half, bias_high=table["bias"] + half)
    main = table[table["key"].isin(TERMS)]
    bells = table[table["model"].str.startswith(BESIDE) & (table["tested"] == "bell")]
    bells = bells.assign(key=bells["model"].str.removeprefix(BESIDE))
    figure = new_figure(8.5)
    panels = figure.subplots(1, 4, sharey=True)
    for axes, (title, tested, column) in zip(panels, PANELS, strict=False):
        part = main[main["tested"].isin(tested)] if tested else main
        if title in design["limits"]:
            axes.axvspan(*design["limits"][title], color=PALE, alpha=0.6, linewidth=0)
        _dots(axes, part, column, list(TERMS))
        axes.set_xlabel(title)
    _dots(panels[3], bells, "rejected", list(design["bells"]))
    panels[3].set_xlabel(BELLS)
    panels[0].set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    panels[0].invert_yaxis()
    _legend(panels[2], TERMS)
    _legend(panels[3], {name: name.replace("_", " ") for name in design["bells"]})
    note = (
        f"Simulation study, {_range(table[table['tested'] != 'bell'])} provinces per scenario "
        f"(bells {_range(table[table['tested'] == 'bell'])}), {table['date'].iloc[0]}; "
        f"bars: {design['mc_confidence']:.0%} Monte-Carlo interval; grey: limits of the study."
    )
    return finish(figure, None, [note])


def _dots(axes, rows, column, keys):
    """The dots of one panel, those of each key a little below those of the one before."""
    for shift, look, key in zip(np.linspace(-0.3, 0.3, len(keys)), _looks(), keys, strict=False):
        own = rows[rows["key"] == key]
        own = own.assign(place=own["line"] + shift)
        ends = {"low": f"{column}_low", "high": f"{column}_high"}
        points(axes, own, x=column, y="place", orient="y", **ends, **look)
    axes.grid(False)


def _range(rows):
    """Fewest and most provinces of a scenario."""
    counts = sorted(set(rows.groupby("scenario")["n_draws"].max()))
    return f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"


def _legend(axes, labels):
    handles = [
        Line2D([], [], linestyle="", markeredgecolor=look["color"], label=label, **look)
        for look, label in zip(_looks(), labels.values(), strict=False)
    ]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1), fontsize=6, handlelength=1)


def _looks():
    """Colours and markers of up to six keys: three filled, then three open."""
    return [
        {
            "color": one["color"],
            "marker": one["marker"],
            "markersize": 3.0,
            "markerfacecolor": inside or one["color"],
        }
        for inside in (None, "white")
        for one in SERIES
    ]
