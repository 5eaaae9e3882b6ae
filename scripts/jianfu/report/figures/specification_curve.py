"""Figure: the estimates of all specifications in their order, with intervals, above the choices that make them."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from jianfu.report.figures.style import ALERT, GREY, INK, PALE, SERIES, blank, finish, new_figure
from jianfu.report.tables.table import number

CHOICES = ("index", "lag", "link", "controls", "sample", "cluster")
LEVEL = 0.05
COLORS = {True: SERIES[0]["color"], False: GREY}  # by significance


def draw(curve, summary, labels, synthetic=False) -> Figure:
    """Estimates above, marks of the choices below; a specification that failed has no place and is counted.

    curve: released columns rank, index, lag, link, controls, sample, cluster, estimate, ci_low, ci_high, p_value;
    summary: one released row with counts, median, shares and p-values of the joint tests.
    """
    shown = curve[curve["estimate"].notna()].sort_values("rank")
    if shown.empty:
        return blank(labels("fig_no_data"), labels, synthetic)
    shown = shown.assign(place=range(1, len(shown) + 1), significant=shown["p_value"] < LEVEL)
    own = summary.iloc[0]
    figure = new_figure(14.5)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.5])
    above.vlines(shown["place"], shown["ci_low"], shown["ci_high"], color=PALE, linewidth=0.5)
    look = {"hue": "significant", "palette": COLORS, "s": 6, "linewidth": 0, "legend": False, "zorder": 3}
    sns.scatterplot(shown, x="place", y="estimate", ax=above, **look)
    above.axhline(0, color=INK, linewidth=0.6)
    above.axhline(own["median"], color=ALERT, linewidth=0.8, linestyle=(0, (4, 2)))
    above.set(xlabel="", ylabel=labels("fig_log_hazard_sd"))
    _choices(below, shown, labels)
    return finish(figure, labels, _notes(own, labels), synthetic, x_label=labels("fig_specification"))


def _choices(axes, shown, labels):
    """One line per value of a choice, marked where a specification has it; values that never differ have none."""
    marks, order = [], []
    for choice in CHOICES:
        line = labels(f"curve_{choice}") + ": " + shown[choice].astype(str)
        if len(line.unique()) > 1:
            marks.append(shown[["place"]].assign(line=line))
            order += sorted(line.unique())
    if marks:
        look = {"marker": "|", "s": 4, "linewidth": 0.5, "color": INK, "jitter": False}
        sns.stripplot(pd.concat(marks), x="place", y="line", order=order, ax=axes, **look)
    axes.grid(False)
    axes.set(xlabel="", ylabel="")
    axes.tick_params(axis="y", labelsize=6)


def _notes(own, labels):
    counts = labels(
        "fig_curve_note",
        n=int(own["specifications"]),
        failed=int(own["failed"]),
        median=number(own["median"]),
        share=f"{100 * own['share_positive_significant']:.0f}",
    )
    joint = labels("fig_curve_joint", permutations=int(own["permutations"]), p=f"{own['p_median']:.3f}")
    return [counts, joint]
