"""Figure: rank bands of counties and the shares of the choices behind them, for one index."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from jianfu.release.outputs import WITHHELD
from jianfu.report.figures.style import ALERT, GREY, INK, empty, finish, new_figure

INDEX = "OD"
SHOWN = 30  # counties; with more, every n-th in the order of ranks


def draw(counties, shares, labels, synthetic=False):
    """Left: rank of each county with its bands; right: first-order and total shares by choice.

    counties: released columns index, county_code, county_name, rank, rank_low, rank_high, drawn_low, drawn_high,
    status. shares: released columns index, factor, first_order, total.
    """
    counties = counties[(counties["index"] == INDEX) & (counties["status"] != WITHHELD)]
    counties = counties.dropna(subset="rank").sort_values(["rank", "county_code"], kind="stable")
    shares = shares[shares["index"] == INDEX].dropna(subset="total")
    if counties.empty and shares.empty:
        figure = new_figure(6)
        empty(figure.subplots(), labels("fig_no_data"))
        return finish(figure, labels, (), synthetic)
    step = int(np.ceil(max(len(counties), 1) / SHOWN))
    counties = counties.iloc[::step]
    figure = new_figure(min(max(3.4 + 0.42 * len(counties), 6.5), 19))
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    handles = _ranks(left, counties, labels)
    _shares(right, shares, labels)
    return finish(figure, labels, [labels("fig_index_sensitivity_note")], synthetic, handles)


def _ranks(axes, counties, labels):
    if counties.empty:
        empty(axes, labels("fig_no_data"))
        return []
    y = np.arange(len(counties))
    wide = axes.hlines(y, counties["drawn_low"], counties["drawn_high"], color="#d5cfc2", linewidth=5)
    narrow = axes.hlines(y, counties["rank_low"], counties["rank_high"], color=INK, linewidth=1.4)
    axes.plot(counties["rank"], y, "o", color=ALERT, markersize=3.2)
    axes.set_yticks(y, counties["county_name"], fontsize=7)
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(labels("fig_rank_axis"))
    axes.tick_params(axis="y", length=0)
    narrow.set_label(labels("fig_rank_multiverse"))
    wide.set_label(labels("fig_rank_drawn"))
    return [narrow, wide]


def _shares(axes, shares, labels):
    if shares.empty:
        empty(axes, labels("fig_no_data"))
        return
    y = np.arange(len(shares))
    axes.barh(y, shares["total"], height=0.62, color="#d5cfc2", label=labels("fig_share_total"))
    axes.barh(y, shares["first_order"], height=0.34, color=INK, label=labels("fig_share_first"))
    axes.set_yticks(y, [labels(f"value_{factor}") for factor in shares["factor"]], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(labels("fig_share_axis"))
    axes.tick_params(axis="y", length=0)
    axes.legend(loc="lower right", fontsize=6.5, frameon=False)
    for at, value in zip(y, pd.to_numeric(shares["total"]), strict=True):
        axes.text(min(value, 0.9) + 0.015, at, f"{value:.2f}", va="center", fontsize=6.5, color=GREY)
