"""Figure: the deciding estimate of every hypothesis on one page, a panel for each family of scales."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from jianfu.config.files import read_yaml
from jianfu.release.outputs import write_csv
from jianfu.report.figures.forest import QUIET, panel_of, short_term
from jianfu.report.figures.style import GREY, INK, empty, finish, new_figure, text_width
from jianfu.report.tables.checks import is_check
from jianfu.report.tables.results import hypothesis_rows, model_label, sign_text, usable
from jianfu.report.tables.table import interval, number

PANELS = ("linear", "hazard", "log", "own")
WIDTHS = (6.6, 4.5, 3.2)  # of labels, plot and numbers
ROW_CM = 0.36
LONG_LABEL = 24  # em: longer labels are set smaller
FILLED = {"marker": "s", "markersize": 4.5, "color": INK, "markerfacecolor": INK}
OPEN = {"marker": "s", "markersize": 4.5, "color": GREY, "markerfacecolor": "white"}


def read(estimates, hypotheses, models, alpha, csv):
    """Rows of the figure (also written to ``csv``) and plan of the models by name, from the paths of the files."""
    plan = pd.read_csv(hypotheses, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    by_name = {model["name"]: model for model in read_yaml(models)["models"]}
    released = pd.read_csv(estimates, encoding="utf-8-sig")
    rows = deciding_rows(released[~is_check(released)], plan, alpha)
    write_csv(rows, csv)
    return rows, by_name


def deciding_rows(estimates, hypotheses, alpha):
    """The usable estimate that decides each line of the plan, with ``panel``, ``sign`` and ``significant``.

    panel: hazard, linear, log, or own for a scale of its own. ``significant`` goes by the adjusted p-value where there
    is one. ``x``, ``x_low`` and ``x_high`` are what is drawn: the estimate and its interval, in the panel own divided
    by the standard error, since its rows have no unit in common.
    """
    found = []
    for plan, row, _ in hypothesis_rows(estimates, hypotheses, alpha):
        if row is None or not usable(row):
            continue
        panel = panel_of(str(row["scale"]), row["outcome"])
        panel = panel if panel in PANELS else "own"
        p_value = row["p_value"] if pd.isna(row["p_adjusted"]) else row["p_adjusted"]
        scaled = [row[key] for key in ("estimate", "ci_low", "ci_high")]
        if panel == "own":
            scaled = [value / row["std_error"] for value in scaled]
        found.append(
            dict(row)
            | {"panel": panel, "sign": sign_text(plan["predicted_sign"]), "significant": p_value < alpha}
            | dict(zip(("x", "x_low", "x_high"), scaled, strict=True))
        )
    columns = [*estimates.columns, "panel", "sign", "significant", "x", "x_low", "x_high"]
    rows = pd.DataFrame(found, columns=columns)
    order = rows["panel"].map(PANELS.index) if len(rows) else rows["panel"]
    return (
        rows.assign(order=order).sort_values("order", kind="stable", ignore_index=True).drop(columns="order")
    )


def draw(rows, models, labels, synthetic=False):
    """One line per row of :func:`deciding_rows`: name on the left, interval in the middle, numbers on the right."""
    if rows.empty:
        figure = new_figure(5)
        empty(figure.subplots(), labels("fig_no_data"))
        return finish(figure, labels, (), synthetic)
    parts = [(name, rows[rows["panel"] == name]) for name in PANELS if (rows["panel"] == name).any()]
    counts = [len(part) for _, part in parts]
    figure = new_figure(1.6 + 1.1 * len(parts) + ROW_CM * sum(counts))
    figure.get_layout_engine().set(wspace=0, w_pad=0)
    grid = figure.add_gridspec(len(parts), 3, height_ratios=[n + 0.6 for n in counts], width_ratios=WIDTHS)
    for place, (name, part) in enumerate(parts):
        axes = [figure.add_subplot(grid[place, column]) for column in range(3)]
        _panel(axes, part, labels(f"fig_forest_{name}"), models, labels)
    legend = [
        Line2D([], [], linestyle="", label=labels(f"fig_forest_{key}"), **look)
        for key, look in (("significant", FILLED), ("insignificant", OPEN))
    ]
    return finish(figure, labels, [labels("fig_forest_all_note")], synthetic, legend, handle=1.0)


def _panel(axes, part, x_label, models, labels):
    text, plot, numbers = axes
    for axis in axes:
        axis.set_ylim(len(part) - 0.5, -0.5)
        axis.set_yticks([])
        axis.spines[:].set_visible(False)
    for axis in (text, numbers):
        axis.set_xlim(0, 1)
        axis.set_xticks([])
    plot.spines["bottom"].set_visible(True)
    plot.axvline(0, color=INK, linewidth=0.6, zorder=1)
    for position, row in enumerate(part.to_dict("records")):
        look = FILLED if row["significant"] else OPEN
        color = INK if row["significant"] else QUIET
        words = labels(
            "fig_forest_row",
            model=model_label(row["model"], models, labels),
            term=short_term(row["term"], labels),
        )
        words = labels("fig_forest_all_row", name=row["hypothesis"], words=words, sign=row["sign"])
        size = 6.8 if text_width(words) < LONG_LABEL else 6.8 * LONG_LABEL / text_width(words)
        text.text(0.0, position, words, va="center", fontsize=max(size, 4.8), color=color).set_in_layout(
            False
        )
        plot.plot([row["x_low"], row["x_high"]], [position] * 2, color=look["color"], linewidth=1.0)
        plot.plot([row["x"]], [position], linestyle="", **look)
        shown = f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}"
        numbers.text(0.99, position, shown, va="center", ha="right", fontsize=6.5, color=color).set_in_layout(
            False
        )
    plot.set_xlabel(x_label)
    plot.margins(x=0.06)
    plot.grid(axis="x", color="#e6e6e6", linewidth=0.5)
    plot.set_axisbelow(True)
    low, high = plot.get_xlim()
    plot.set_xlim(min(low, 0 - 0.02 * np.ptp([low, high])), max(high, 0.02 * np.ptp([low, high])))
