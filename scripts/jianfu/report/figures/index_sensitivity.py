"""Figure: rank bands of counties and the shares of the choices behind them, for one index."""

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from jianfu.indices.roles import leading
from jianfu.release.outputs import WITHHELD
from jianfu.report.figures.style import ALERT, GREY, INK, SAND, blank, finish, new_figure, remark

SHOWN = 30  # counties; with more, every n-th in the order of ranks
BANDS = (  # columns of the ends, colour, line width, label
    ("drawn", SAND, 5, "fig_rank_drawn"),
    ("rank", INK, 1.4, "fig_rank_multiverse"),
)
SHARES = (("total", SAND, 0.62, "fig_share_total"), ("first_order", INK, 0.34, "fig_share_first"))


def draw(counties, shares, roles, labels, synthetic=False) -> Figure:
    """Left: rank of each county with its bands; right: first-order and total shares by choice.

    counties: released columns index, county_code, county_name, rank, rank_low, rank_high, drawn_low, drawn_high,
    status. shares: released columns index, factor, first_order, total. roles: of the indices, of which the leading
    one is shown.
    """
    index = leading(roles)
    counties = counties[(counties["index"] == index) & (counties["status"] != WITHHELD)]
    counties = counties.dropna(subset="rank").sort_values(["rank", "county_code"], kind="stable")
    shares = shares[shares["index"] == index].dropna(subset="total")
    if counties.empty and shares.empty:
        return blank(labels("fig_no_data"), labels, synthetic)
    counties = counties.iloc[:: -(-max(len(counties), 1) // SHOWN)]
    figure = new_figure(min(max(2.2 + 0.42 * len(counties), 5), 18))
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    for axes, rows, panel in ((left, counties, _ranks), (right, shares, _shares)):
        axes.grid(False)
        if rows.empty:
            axes.set_axis_off()
            remark(axes, labels("fig_no_data"))
        else:
            panel(axes, rows, labels)
            axes.set_ylim(len(rows) - 0.4, -0.6)
            axes.tick_params(axis="y", length=0)
    handles = [
        Line2D([], [], color=color, linewidth=width, solid_capstyle="butt", label=labels(key))
        for _, color, width, key in BANDS
    ]
    legend = [] if counties.empty else handles[::-1]
    return finish(figure, labels, [labels("fig_index_sensitivity_note")], synthetic, legend)


def _ranks(axes, counties, labels):
    y = np.arange(len(counties))
    for ends, color, width, _ in BANDS:
        axes.hlines(y, counties[f"{ends}_low"], counties[f"{ends}_high"], color=color, linewidth=width)
    sns.scatterplot(x=counties["rank"], y=y, color=ALERT, s=14, linewidth=0, zorder=3, ax=axes)
    axes.set_yticks(y, counties["county_name"].map(labels.name))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(labels("fig_rank_axis"))


def _shares(axes, shares, labels):
    shares = shares.assign(factor=[labels(f"value_{factor}") for factor in shares["factor"]])
    for column, color, width, key in SHARES:
        look = {
            "color": color,
            "saturation": 1,
            "linewidth": 0,
            "width": width,
            "label": labels(key),
            "legend": False,
        }
        sns.barplot(shares, x=column, y="factor", errorbar=None, ax=axes, **look)
    for place, value in enumerate(shares["total"]):
        axes.text(min(value, 0.9) + 0.015, place, f"{value:.2f}", va="center", fontsize=6.5, color=GREY)
    axes.set(xlim=(0, 1), xlabel=labels("fig_share_axis"), ylabel="")
    axes.legend(loc="lower right", fontsize=6.5)
