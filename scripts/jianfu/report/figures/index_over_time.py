"""Figure: monthly mean of the burden indices over units, with quartiles and policy dates."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from jianfu.indices.roles import drawn
from jianfu.report.figures.style import (
    GREY,
    INK,
    SERIES,
    band,
    blank,
    finish,
    month_axis,
    new_figure,
    not_provided,
    provided,
    remark,
    width_cm,
)

CIRCLED = "①②③④⑤⑥⑦⑧"
SHOWN_POLICIES = 8
POLICY = (0, (4, 2))
NUMBER_CM, BESIDE_CM = 0.32, 2.17  # between the numbers of two policies, beside the axes
LOCAL = "#9a9a9a"  # policies of some counties only


def draw(indices, roles, policies, quality, labels, synthetic=False) -> Figure:
    """One panel per index over the same months; policy dates as numbered lines, their names below the axes.

    indices: released columns index, month, mean, q25, q75, units; roles: those drawn
    (:func:`jianfu.indices.roles.drawn`). policies: name, start_date, counties (number of
    counties, empty = whole province). At most the last eight policy dates inside the months shown are drawn; where no
    policies were provided (quality: released table of rows by source table), the note says so.
    """
    names = drawn(roles)
    indices = indices[indices["index"].isin(names) & indices["mean"].notna()]
    if indices.empty:
        return blank(labels("fig_no_data"), labels, synthetic)
    figure = new_figure(2 * len(names))
    panels = figure.subplots(len(names), 1, sharex=True)
    months = pd.period_range(indices["month"].min(), indices["month"].max(), freq="M").astype(str)
    for place, (panel, name) in enumerate(zip(panels, names, strict=True)):
        series = indices[indices["index"] == name].set_index("month").reindex(months)
        look = SERIES[place % len(SERIES)]
        _panel(panel, series.assign(place=range(len(months))), look, labels(name), labels)
    dates = policy_dates(policies, months)
    _policy_lines(panels, dates)
    month_axis(panels[-1], months)
    panels[len(panels) // 2].set_ylabel(labels("fig_index_value"))
    legend = [
        Line2D([], [], color=INK, marker="o", label=labels("fig_mean")),
        Patch(facecolor=INK, alpha=0.2, linewidth=0, label=labels("fig_quartiles")),
    ]
    if dates:
        line = {"color": INK, "linewidth": 0.7, "linestyle": POLICY}
        legend.append(Line2D([], [], label=labels("fig_policy_line"), **line))
    key = _policy_key(dates, labels)
    if not provided(quality, "policies"):
        key = not_provided("policies", labels) + labels("fig_stop")
    return finish(figure, labels, [labels("fig_index_note"), key], synthetic, legend)


def _panel(panel, series, look, name, labels):
    look = {**look, "linestyle": "-"}  # one line to a panel
    band(panel, series, x="place", y="mean", low="q25", high="q75", **look)
    panel.axhline(50, color=GREY, linewidth=0.5, linestyle=(0, (1, 2)), zorder=0)
    panel.margins(x=0.015, y=0.08)
    low, high = panel.get_ylim()
    panel.set_ylim(low, high + 0.2 * (high - low))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
    panel.text(0.012, 0.955, name, transform=panel.transAxes, ha="left", va="top", fontsize=8, bbox=box)
    if series["mean"].isna().all():
        panel.set_yticks([])
        remark(panel, labels("fig_no_data"))


def policy_dates(policies, months) -> list[tuple]:
    """Policies that start inside ``months``: list of (position on the month axis, date text, name, counties)."""
    inside = policies[policies["start_date"].str[:7].isin(list(months))].sort_values(
        ["start_date", "name"], kind="stable"
    )
    position = {month: i for i, month in enumerate(months)}
    found = []
    for row in inside.tail(SHOWN_POLICIES).to_dict("records"):
        day = (int(row["start_date"][8:10] or 1) - 1) / 31
        found.append(
            (position[row["start_date"][:7]] + day - 0.5, row["start_date"], row["name"], row["counties"])
        )
    return found


def _policy_lines(axes, dates):
    """Lines through all panels; numbers above the first one, moved apart where they would touch."""
    left, right = axes[0].get_xlim()
    gap = (right - left) * NUMBER_CM / (width_cm() - BESIDE_CM)
    placed = spread([position for position, *_ in dates], gap, right)
    for number, ((position, _, _, counties), at) in enumerate(zip(dates, placed, strict=True)):
        color = INK if pd.isna(counties) else LOCAL
        for panel in axes:
            panel.axvline(position, color=color, linewidth=0.7, linestyle=POLICY, zorder=1)
        axes[0].annotate(
            CIRCLED[number],
            xy=(position, 1.0),
            xytext=(at, 1.04),
            xycoords=("data", "axes fraction"),
            textcoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=8.5,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "linewidth": 0.6, "color": INK, "shrinkA": 0, "shrinkB": 0},
        )


def spread(positions, gap, limit) -> list[float]:
    """Positions in order, moved right (and back from ``limit``) until neighbours are at least ``gap`` apart."""
    placed = []
    for position in positions:
        placed.append(max(position, placed[-1] + gap) if placed else position)
    for index in range(len(placed) - 1, -1, -1):
        ceiling = limit if index == len(placed) - 1 else placed[index + 1] - gap
        placed[index] = min(placed[index], ceiling)
    return placed


def _policy_key(dates, labels):
    if not dates:
        return ""
    entries = []
    for number, (_, date, name, counties) in enumerate(dates):
        where = "" if pd.isna(counties) else labels("fig_policy_counties", n=int(counties))
        entries.append(f"{CIRCLED[number]}{date[:10]} {labels.name(name)}{where}")
    return labels("fig_policies") + labels("fig_semicolon").join(entries) + labels("fig_stop")
